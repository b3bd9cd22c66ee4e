"""Colours and measures: one table per scheme, from which the palette and the style sheet are made.

Widgets that paint themselves ask ``tokens(palette)``; nobody else writes a colour.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QPalette

UNIT = 4
"""The grid: every margin, gap and height is a multiple of it."""

TEXT_WIDTH = 720
"""Columns of text are no wider than this many pixels: longer lines are hard to read."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The colours of a scheme, ``#rrggbb``. ``*_soft`` are backgrounds under text of the same name.

    ``text`` and ``mute`` are readable (4.5:1) on every background; ``line`` and ``line_strong`` are decoration.
    """

    dark: bool
    window: str
    side: str
    card: str
    bubble: str
    hover: str
    selected: str
    line: str
    line_strong: str
    text: str
    mute: str
    accent: str
    on_accent: str
    accent_hover: str
    accent_soft: str
    warning: str
    warning_soft: str
    error: str
    error_soft: str
    second: str
    """A second series in a chart; never for controls."""


LIGHT = Tokens(
    dark=False,
    window="#ffffff",
    side="#f7f7f8",
    card="#ffffff",
    bubble="#f1f2f6",
    hover="#eeeeef",
    selected="#e6eafa",
    line="#e4e4e7",
    line_strong="#c9c9cf",
    text="#18181b",
    mute="#5d5d66",
    accent="#3548c8",
    on_accent="#ffffff",
    accent_hover="#2a3aa6",
    accent_soft="#eaeefd",
    warning="#8f5206",
    warning_soft="#fdf3dc",
    error="#b91c1c",
    error_soft="#fdecec",
    second="#9a4a12",
)

DARK = Tokens(
    dark=True,
    window="#1b1c1f",
    side="#141517",
    card="#222327",
    bubble="#292b2f",
    hover="#2a2c30",
    selected="#2b3152",
    line="#313338",
    line_strong="#4a4d54",
    text="#ececee",
    mute="#a6a8b0",
    accent="#a0b0ff",
    on_accent="#10153a",
    accent_hover="#bac6ff",
    accent_soft="#252b49",
    warning="#f2b84b",
    warning_soft="#352a14",
    error="#ff8f8f",
    error_soft="#3a1e1f",
    second="#f0a26b",
)


def tokens(palette: QPalette) -> Tokens:
    """The tokens behind ``palette``, for widgets and delegates that paint themselves."""
    # The colour of lines tells: a style sheet changes a widget's colours of ground and text, and never this one.
    return DARK if palette.color(QPalette.ColorRole.Mid).lightness() < 128 else LIGHT


def contrast(first: str, second: str) -> float:
    """The contrast ratio of two colours, 1 to 21, by WCAG 2.2 (relative luminance of sRGB)."""
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    def linear(channel: float) -> float:
        return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)

    red, green, blue = (linear(int(colour[at : at + 2], 16) / 255) for at in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue

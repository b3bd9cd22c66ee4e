"""The fonts that ship with the app: Inter for the interface, JetBrains Mono for JSON."""

from __future__ import annotations

from functools import cache

from PySide6.QtGui import QFont, QFontDatabase
from PySide6.QtWidgets import QApplication

from ftdesk import resources

BODY = 14
CAPTION = 12

# Each weight is a file of its own: Qt smears a synthesised one. What the frame does not show waits until it is used.
_INTERFACE = ("Inter-Regular.ttf", "Inter-SemiBold.ttf")
_RICH = ("Inter-Medium.ttf", "Inter-Bold.ttf")
_MONO = ("JetBrainsMono-Regular.ttf", "JetBrainsMono-Bold.ttf")


def install_fonts(application: QApplication) -> None:
    """Make Inter the application's font. Characters it lacks come from the system's fonts."""
    _load(_INTERFACE)
    application.setFont(interface_font())


def interface_font(size: int = BODY, weight: QFont.Weight = QFont.Weight.Normal) -> QFont:
    """``size`` in pixels at 100 %."""
    if weight in (QFont.Weight.Medium, QFont.Weight.Bold):
        load_rich_fonts()
    font = QFont("Inter")
    font.setPixelSize(size)
    font.setWeight(weight)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font


def load_rich_fonts() -> None:
    """The weights that Markdown uses."""
    _load(_RICH)


def mono_font(size: int = 13) -> QFont:
    _load(_MONO)
    font = QFont("JetBrains Mono")
    font.setPixelSize(size)
    font.setStyleHint(QFont.StyleHint.Monospace)
    # Ligatures would show "//" and "!=" as other signs than those that stand in the data.
    font.setFeature(QFont.Tag("calt"), 0)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font


@cache
def _load(names: tuple[str, ...]) -> None:
    for name in names:
        QFontDatabase.addApplicationFont(str(resources.path(f"fonts/{name}")))

"""Word differences in a text view: beside each other, or one text as a change of the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor

from ftdesk.playground.diff import Span
from ftdesk.ui.text import SafeText, visible
from ftdesk.ui.tokens import Tokens, tokens

Side = Literal["only_a", "only_b"]


def show_side(view: SafeText, spans: Sequence[Span], side: Side) -> None:
    """One of the two texts, with the words marked that only it has."""
    table = tokens(view.palette())
    _write(
        view,
        [(span.text, _added(table) if span.kind == side else None) for span in spans if span.kind in ("same", side)],
    )


def show_changes(view: SafeText, spans: Sequence[Span]) -> None:
    """Text B, with what it lacks of text A struck out and what it has beyond it underlined."""
    table = tokens(view.palette())
    looks = {"same": None, "only_a": _missing(table), "only_b": _added(table)}
    _write(view, [(span.text, looks[span.kind]) for span in spans])


def _write(view: SafeText, pieces: Sequence[tuple[str, QTextCharFormat | None]]) -> None:
    view.clear()
    cursor = QTextCursor(view.document())
    plain = QTextCharFormat()
    for text, look in pieces:
        cursor.insertText(visible(text), look or plain)


# Underlining and striking out say it without colour as well.


def _added(table: Tokens) -> QTextCharFormat:
    look = QTextCharFormat()
    look.setBackground(QColor(table.accent_soft))
    look.setForeground(QColor(table.accent))
    look.setFontUnderline(True)
    return look


def _missing(table: Tokens) -> QTextCharFormat:
    look = QTextCharFormat()
    look.setBackground(QColor(table.error_soft))
    look.setForeground(QColor(table.error))
    look.setFontStrikeOut(True)
    return look

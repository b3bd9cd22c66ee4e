"""An editor for JSON: monospaced, coloured, with the first mistake marked where it is."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSignalBlocker, QTimer, Signal
from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QTextEdit, QWidget

from ftdesk.dataset.spans import JsonSyntaxError, parse
from ftdesk.overrides import override
from ftdesk.ui.editor import TextEditor
from ftdesk.ui.fonts import mono_font
from ftdesk.ui.json_highlighter import JsonHighlighter
from ftdesk.ui.long_lines import place_in_pieces, whole
from ftdesk.ui.text import original
from ftdesk.ui.tokens import tokens
from ftdesk.ui.widgets import restyle

_LOOK_MS = 150


class JsonEditor(TextEditor):
    """``problem_changed`` tells the first mistake in words, or an empty text, soon after every change."""

    problem_changed = Signal(str)

    def __init__(self, name: str, *, object_only: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.setProperty("kind", "field")
        self.setFont(mono_font())
        self._object_only = object_only
        self._highlighter = JsonHighlighter(self.document(), self.palette())
        self._look = QTimer(self)
        self._look.setSingleShot(True)
        self._look.setInterval(_LOOK_MS)
        self._look.timeout.connect(self.look)
        self.textChanged.connect(self._look.start)
        self.problem = ""

    @override
    def show_text(self, text: str) -> None:
        with QSignalBlocker(self._look):
            super().show_text(text)
        self.look()

    def look(self) -> None:
        """Find the first mistake and mark it."""
        self._look.stop()
        if self.is_loading:
            self._look.start()
            return
        problem, position = ("", -1) if self.is_partial else self._first_mistake(whole(self._raw()))
        self._mark(position)
        restyle(self, "broken", "true" if problem else "false")
        if problem != self.problem:
            self.problem = problem
            self.problem_changed.emit(problem)

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_highlighter"):
            self._highlighter.recolour(self.palette(), self.firstVisibleBlock())

    def _first_mistake(self, shown: str) -> tuple[str, int]:
        if not shown.strip():
            return self.tr("The line is blank."), 0
        try:
            node = parse(shown)
        except JsonSyntaxError as error:
            place = self.tr("line {line}, column {column}").format(
                line=shown.count("\n", 0, error.position) + 1,
                column=error.position - shown.rfind("\n", 0, error.position),
            )
            # A mistake may be quoted with the character that made it.
            return original(self.tr("At {place}: {mistake}.").format(place=place, mistake=error)), error.position
        if self._object_only and node.keys is None:
            return self.tr("An example is an object in braces."), node.start
        return "", -1

    def _mark(self, position: int) -> None:
        """Underline the character at ``position``, or the last one before the end."""
        if position < 0:
            self.setExtraSelections([])
            return
        shown = self._raw()
        position = min(place_in_pieces(shown, position), max(0, len(shown) - 1))
        colours = tokens(self.palette())
        look = QTextCharFormat()
        look.setBackground(QColor(colours.error_soft))
        look.setUnderlineColor(QColor(colours.error))
        look.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
        cursor = QTextCursor(self.document())
        start = len(shown[:position].encode("utf-16-le", "surrogatepass")) // 2
        cursor.setPosition(start)
        cursor.movePosition(QTextCursor.MoveOperation.NextCharacter, QTextCursor.MoveMode.KeepAnchor)
        marked = QTextEdit.ExtraSelection()
        marked.format = look
        marked.cursor = cursor
        self.setExtraSelections([marked])

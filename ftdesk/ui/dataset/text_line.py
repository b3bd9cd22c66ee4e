"""A field for a short text: names and ids."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QWidget

from ftdesk.ui.text import editable, original


class TextLine(QLineEdit):
    """A short text: ``committed`` when it was changed and the keyboard goes elsewhere, or with Enter."""

    committed = Signal(object)

    def __init__(self, name: str, object_name: str, hint: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = ""
        self.setAccessibleName(name)
        self.setObjectName(object_name)
        self.setPlaceholderText(hint)
        self.editingFinished.connect(self.commit)

    def show_text(self, text: str) -> None:
        """Show ``text``; what was typed meanwhile stays, unless it is another than was shown before."""
        # A field of one line would show a line end as something else, and give that back.
        shown = editable(text).replace("\n", "⟦U+000A⟧")
        if shown != self._shown:
            self._shown = shown
            self.setText(self._shown)
            self.setCursorPosition(0)

    def commit(self) -> None:
        if self.text() != self._shown:
            self._shown = self.text()
            self.committed.emit(original(self._shown))

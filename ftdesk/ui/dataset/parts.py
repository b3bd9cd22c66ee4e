"""What a message's content is made of, one widget each: text, tool calls, images, and whatever else stands there."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ftdesk.dataset.spans import JsonSyntaxError, dump
from ftdesk.ui.editor import TextEditor
from ftdesk.ui.fonts import mono_font
from ftdesk.ui.json_text import spread
from ftdesk.ui.text import Label, visible
from ftdesk.ui.tokens import UNIT

_MOST_JSON = 4_000
_MOST_IMAGE_BYTES = 4 << 20
_THUMBNAIL = QSize(240, 180)


class MessageText(QWidget):
    """The text of a message in an editor; where there is too much of it, a sentence says so."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.editor = TextEditor(name)
        self.editor.setPlaceholderText(self.tr("Empty"))
        self._note = Label("", "warning", wrap=True)
        self._note.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT)
        column.addWidget(self.editor)
        column.addWidget(self._note)

    def show_text(self, text: str) -> None:
        self.editor.show_text(text)
        if self.editor.is_partial:
            self._note.setText(
                self.tr("This text has {size} characters, too many to edit here. Only its beginning is shown.").format(
                    size=f"{len(text):,}"
                )
            )
        self._note.setVisible(self.editor.is_partial)


class JsonView(Label):
    """Any value, spread out and read-only. It is edited as raw JSON."""

    def __init__(self, value: Any, parent: QWidget | None = None) -> None:
        super().__init__("", "mute", wrap=True, parent=parent)
        self.setFont(mono_font(12))
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.show_value(value)

    def show_value(self, value: Any) -> None:
        text = dump(value)
        if len(text) <= _MOST_JSON:
            try:
                text = spread(text)
            except JsonSyntaxError:  # deeper than anybody reads
                text = text[:_MOST_JSON]
        self.setText(visible(text[:_MOST_JSON]) + ("…" if len(text) > _MOST_JSON else ""))

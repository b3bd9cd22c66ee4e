"""Which call a tool message answers: its id, and the way to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from ftdesk.dataset.tool_calls import rename_answer
from ftdesk.ui.dataset.context import CardContext
from ftdesk.ui.dataset.text_line import TextLine
from ftdesk.ui.fonts import mono_font
from ftdesk.ui.text import one_line
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Button, Chip

_WIDTH = 60 * UNIT


class AnsweredCall(QWidget):
    edited = Signal(str, object)
    jump_requested = Signal(int)
    """Show the message with this number, counted from 1."""

    def __init__(self, message: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._message = message
        self._asked_by: int | None = None
        self._id = TextLine(
            self.tr("Id of the call that message {number} answers").format(number=message + 1),
            f"message_{message}_call_id",
            self.tr("Id of the call"),
        )
        self._id.setFont(mono_font(12))
        self._id.setMaximumWidth(_WIDTH)
        self._id.committed.connect(self._rename)
        self._link = Button("", self._jump, kind="link")
        self._link.setObjectName(f"message_{message}_call")
        self._unpaired = Chip(self.tr("answers no call"), "warning")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * UNIT)
        for widget in (self._id, self._link, self._unpaired):
            row.addWidget(widget)
        row.addStretch()

    def show_message(self, message: Mapping[str, Any], context: CardContext) -> None:
        call_id = message.get("tool_call_id")
        self._id.show_text(call_id if isinstance(call_id, str) else "")
        self._asked_by = context.asked_by
        self._link.setVisible(self._asked_by is not None)
        self._unpaired.setVisible(self._asked_by is None)
        words = self.tr("Answers {name} in message {number}").replace("{number}", str(self._asked_by))
        self._link.setText(words.replace("{name}", one_line(context.asked, 40)).replace("&", "&&"))

    def commit(self) -> None:
        self._id.commit()

    def _rename(self, call_id: str) -> None:
        title = self.tr("Change the call that message {number} answers").format(number=self._message + 1)
        self.edited.emit(title, lambda line: rename_answer(line, self._message, call_id))

    def _jump(self) -> None:
        if self._asked_by is not None:
            self.jump_requested.emit(self._asked_by)

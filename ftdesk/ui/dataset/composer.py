"""The next message: role, text, Ctrl+Enter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from ftdesk.dataset.record import ROLES
from ftdesk.overrides import override
from ftdesk.ui.dataset.edits import unanswered_calls
from ftdesk.ui.editor import TextEditor
from ftdesk.ui.text import Label, set_tooltip
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Button, Choice, Surface

_MOST_HEIGHT = 50 * UNIT


class Composer(Surface):
    """Emits ``message_written`` with a message in OpenAI's shape. What is typed stays when the example changes."""

    message_written = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("card", 0, 2 * UNIT, parent)
        self.column.setContentsMargins(3 * UNIT, 3 * UNIT, 2 * UNIT, 2 * UNIT)
        self._calls: list[str] = []
        self._chosen_by_hand = False
        self.text = _ComposerText(self.tr("Next message"))
        self.text.setObjectName("message_composer")
        self.text.setPlaceholderText(self.tr("Write the next message…"))
        self.text.limit_height(_MOST_HEIGHT)
        self.text.send_pressed.connect(self.add)
        self.role = Choice(self.tr("Role of the next message"))
        self.role.setObjectName("composer_role")
        words = (self.tr("System"), self.tr("Developer"), self.tr("User"), self.tr("Assistant"), self.tr("Tool"))
        for role, title in zip(ROLES, words, strict=True):
            self.role.addItem(title, role)
        self.role.activated.connect(self._remember_choice)
        self._add = Button(self.tr("Add"), self.add, kind="primary")
        self._add.setObjectName("add_message_button")
        self._add.setAccessibleName(self.tr("Add message"))
        set_tooltip(self._add, self.tr("Add the message to the example  Ctrl+Enter"))
        row = QHBoxLayout()
        row.addWidget(self.role)
        row.addWidget(Label(self.tr("Ctrl+Enter adds it"), "caption"))
        row.addStretch()
        row.addWidget(self._add)
        self.column.addWidget(self.text)
        self.column.addLayout(row)

    def suggest_role(self, messages: Sequence[Any]) -> None:
        """Choose whose turn it is after ``messages``, unless the user has chosen while writing."""
        self._calls = unanswered_calls(list(messages))
        if self._chosen_by_hand and self.text.text:
            return
        self._chosen_by_hand = False
        last = messages[-1].get("role") if messages and isinstance(messages[-1], Mapping) else None
        role = {"user": "assistant", "tool": "assistant"}.get(str(last), "user")
        if self._calls:
            role = "tool"
        self.role.setCurrentIndex(self.role.findData(role))

    def add(self) -> None:
        """Hand over what is written."""
        text = self.text.text
        if not text.strip():
            self.text.setFocus()
            return
        message: dict[str, Any] = {"role": self.role.currentData(), "content": text}
        if message["role"] == "tool" and self._calls:
            message = {"role": "tool", "tool_call_id": self._calls[0], "content": text}
        self.text.replace_text("")
        self._chosen_by_hand = False
        self.message_written.emit(message)
        self.text.setFocus()

    def _remember_choice(self) -> None:
        self._chosen_by_hand = True


class _ComposerText(TextEditor):
    send_pressed = Signal()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.MetaModifier)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and control:
            self.send_pressed.emit()
            return
        super().keyPressEvent(event)

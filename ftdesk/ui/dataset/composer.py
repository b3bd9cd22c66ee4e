"""The next message: role, text, Ctrl+Enter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QWidget

from ftdesk.dataset.document import Document
from ftdesk.dataset.record import ROLES
from ftdesk.overrides import override
from ftdesk.ui.dataset.edits import unanswered_calls
from ftdesk.ui.prompt_edit import PromptEdit
from ftdesk.ui.text import Label, set_tooltip
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Button, Choice, Surface

_MOST_HEIGHT = 50 * UNIT


class Composer(Surface):
    """Emits ``message_written`` with a message in OpenAI's shape. What is typed stays when the example changes.

    It waits with its dataset when another is opened, until the window is closed.
    """

    message_written = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("card", 0, 2 * UNIT, parent)
        self.column.setContentsMargins(3 * UNIT, 3 * UNIT, 2 * UNIT, 2 * UNIT)
        self._calls: list[str] = []
        self._chosen_by_hand = False
        self._dataset: Document | None = None
        self._drafts: dict[Path, _Draft] = {}
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

    def change_dataset(self, dataset: Document | None) -> None:
        """Put what is written aside, and show what was written for ``dataset``."""
        left, self._dataset = self._dataset, dataset
        if left is not None and left.place is not None and self.text.text:
            self._drafts[left.place] = _Draft(self.text.text, self.role.currentIndex(), self._chosen_by_hand)
        draft = self._drafts.pop(dataset.place, None) if dataset is not None and dataset.place is not None else None
        self.text.replace_text(draft.text if draft is not None else "")
        self._chosen_by_hand = draft is not None and draft.chosen_by_hand
        if draft is not None:
            self.role.setCurrentIndex(draft.role)

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


@dataclass(frozen=True, slots=True)
class _Draft:
    text: str
    role: int
    chosen_by_hand: bool


class _ComposerText(PromptEdit):
    """Undo takes back what is written here; when nothing is left of that, what was done to the dataset."""

    @override
    def _step(self, event: QKeyEvent) -> Callable[[], None] | None:
        written = self.document()
        if event.matches(QKeySequence.StandardKey.Undo) and not written.isUndoAvailable():
            return None
        if event.matches(QKeySequence.StandardKey.Redo) and not written.isRedoAvailable():
            return None
        return super()._step(event)

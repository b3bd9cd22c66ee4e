"""The turns before the prompt: what all models are told alike."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from ftdesk.dataset.record import content_text
from ftdesk.hosts.types import Message
from ftdesk.ui.text import ElidedLabel, Label
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Button, IconButton

_MOST_HEIGHT = 30 * UNIT


class Turns(QScrollArea):
    """One line a turn; hidden while there is none. ``taken_back`` carries the index of a user's turn to edit again."""

    taken_back = Signal(int)
    cleared = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("turns_view")
        self.setAccessibleName(self.tr("Conversation so far"))
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.hide()

    def show_turns(self, turns: Sequence[Message]) -> None:
        page = QWidget()
        page.setProperty("kind", "page")
        column = QVBoxLayout(page)
        column.setContentsMargins(2 * UNIT, 0, 2 * UNIT, 0)
        column.setSpacing(UNIT)
        head = QHBoxLayout()
        head.addWidget(Label(self.tr("Conversation so far"), "caption"))
        head.addStretch()
        head.addWidget(Button(self.tr("Start over"), self.cleared.emit, kind="link"))
        column.addLayout(head)
        for index, turn in enumerate(turns):
            column.addLayout(self._row(index, turn))
        column.addStretch()
        # The button that was pressed may be on the old page, so it goes later.
        old = self.takeWidget()
        if old is not None:
            old.deleteLater()
        self.setWidget(page)
        self.setVisible(bool(turns))
        self.setFixedHeight(min(page.sizeHint().height() + UNIT, _MOST_HEIGHT))
        self.verticalScrollBar().setValue(self.verticalScrollBar().maximum())

    def _row(self, index: int, turn: Message) -> QHBoxLayout:
        role = str(turn.get("role", ""))
        name = Label(role, "caption")
        name.setFixedWidth(20 * UNIT)
        row = QHBoxLayout()
        row.setSpacing(2 * UNIT)
        row.addWidget(name)
        row.addWidget(ElidedLabel(content_text(turn.get("content")) or self.tr("(tool calls)")), 1)
        if role == "user" and isinstance(turn.get("content"), str):
            row.addWidget(
                IconButton(
                    "pencil",
                    self.tr("Edit this turn; what follows is dropped"),
                    lambda: self.taken_back.emit(index),
                    size=14,
                )
            )
        return row

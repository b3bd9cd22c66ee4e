"""A part of a message's content with what can be done to it: move it among the others, remove it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ftdesk.dataset.content_parts import move_part, remove_part
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import IconButton


class PartFrame(QWidget):
    restructured = Signal(str, object)

    def __init__(self, view: QWidget, message: int, place: int, total: int) -> None:
        super().__init__()
        self._message, self._place = message, place
        buttons = QHBoxLayout()
        buttons.setSpacing(0)
        number = place + 1
        for icon_name, name, do, able in (
            ("arrow-up", self.tr("Move part {number} up"), lambda: self._move(-1), place > 0),
            ("arrow-down", self.tr("Move part {number} down"), lambda: self._move(1), place + 1 < total),
            ("x", self.tr("Remove part {number}"), self._remove, True),
        ):
            button = IconButton(icon_name, name.format(number=number), do, size=12)
            button.setObjectName(f"message_{message}_part_{place}_{icon_name}")
            button.setEnabled(able)
            buttons.addWidget(button)
        side = QVBoxLayout()
        side.addLayout(buttons)
        side.addStretch()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * UNIT)
        row.addWidget(view, 1, Qt.AlignmentFlag.AlignTop)
        row.addLayout(side)

    def _move(self, by: int) -> None:
        title = self.tr("Move a part of message {number}").format(number=self._message + 1)
        to = self._place + by
        self.restructured.emit(title, lambda line: move_part(line, self._message, self._place, to))

    def _remove(self) -> None:
        title = self.tr("Remove a part of message {number}").format(number=self._message + 1)
        self.restructured.emit(title, lambda line: remove_part(line, self._message, self._place))

"""All shortcuts on one page."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QGridLayout, QVBoxLayout, QWidget

from ftdesk.ui.commands import Command
from ftdesk.ui.text import Label
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Button, Column


class ShortcutsDialog(QDialog):
    def __init__(self, commands: Sequence[Command], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("shortcuts_dialog")
        self.setWindowTitle(self.tr("Keyboard shortcuts"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(120 * UNIT, min(160 * UNIT, parent.height() - 16 * UNIT))
        page = Column(self.tr("Keyboard shortcuts"))
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(6 * UNIT)
        self._grid.setVerticalSpacing(2 * UNIT)
        self._grid.setColumnStretch(0, 1)
        page.column.addLayout(self._grid)
        page.column.addStretch(1)
        for place in dict.fromkeys(command.place for command in commands):
            self._title(place or self.tr("Everywhere"))
            for command in commands:
                if command.place == place and command.keys:
                    self._row(command.text, command.keys)
        self._title(self.tr("In a text"))
        self._row(self.tr("Next field"), "Tab")
        self._row(self.tr("Add the message that is written"), "Ctrl+Enter")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 4 * UNIT, 4 * UNIT)
        column.addWidget(page)
        column.addWidget(Button(self.tr("Close"), self.accept), 0, Qt.AlignmentFlag.AlignRight)

    def _title(self, text: str) -> None:
        row = self._grid.rowCount()
        if row > 1:
            self._grid.setRowMinimumHeight(row, 3 * UNIT)
        self._grid.addWidget(Label(text, "heading"), row + 1, 0, 1, 2)

    def _row(self, text: str, keys: str) -> None:
        row = self._grid.rowCount()
        self._grid.addWidget(Label(text), row, 0)
        self._grid.addWidget(Label(keys, "mute"), row, 1, Qt.AlignmentFlag.AlignRight)

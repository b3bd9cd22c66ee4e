"""The place Dataset."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtWidgets import QVBoxLayout

from ftdesk.ui.desk import Desk
from ftdesk.ui.panel import Panel
from ftdesk.ui.widgets import EmptyState


class DatasetPanel(Panel):
    place: ClassVar[str] = "dataset"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        column = QVBoxLayout(self)
        welcome = EmptyState(
            "message-square",
            self.tr("Write the examples a model learns from"),
            self.tr(
                "Open a JSONL file, start a new one, or try the sample. It all works on this computer, without a key."
            ),
        )
        welcome.offer(self.tr("Try the sample"), desk.files.try_sample, primary=True)
        welcome.offer(self.tr("Open…"), desk.files.choose_and_open)
        welcome.offer(self.tr("New dataset"), desk.files.new)
        column.addWidget(welcome)

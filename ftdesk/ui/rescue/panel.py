"""The place Rescue."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtWidgets import QVBoxLayout

from ftdesk.ui.desk import Desk
from ftdesk.ui.panel import Panel
from ftdesk.ui.widgets import EmptyState


class RescuePanel(Panel):
    place: ClassVar[str] = "rescue"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        column = QVBoxLayout(self)
        column.addWidget(
            EmptyState(
                "life-buoy",
                self.tr("Nothing to take home yet"),
                self.tr("When a host closes, take your files, jobs and answers out of it while it still answers."),
            )
        )

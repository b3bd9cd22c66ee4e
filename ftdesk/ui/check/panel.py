"""The place Check."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtWidgets import QVBoxLayout

from ftdesk.ui.desk import Desk
from ftdesk.ui.panel import Panel
from ftdesk.ui.widgets import EmptyState


class CheckPanel(Panel):
    place: ClassVar[str] = "check"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        column = QVBoxLayout(self)
        column.addWidget(
            EmptyState(
                "list-checks", self.tr("Nothing to check yet"), self.tr("Open a dataset and its findings appear here.")
            )
        )

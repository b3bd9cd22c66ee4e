"""The place Jobs."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtWidgets import QVBoxLayout

from ftdesk.ui.desk import Desk
from ftdesk.ui.panel import Panel
from ftdesk.ui.widgets import EmptyState


class JobsPanel(Panel):
    place: ClassVar[str] = "jobs"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        column = QVBoxLayout(self)
        column.addWidget(
            EmptyState(
                "activity",
                self.tr("No training yet"),
                self.tr("Train a model on the open dataset and follow it here: progress, loss, checkpoints and cost."),
            )
        )

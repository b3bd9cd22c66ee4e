"""The place Evaluation."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtWidgets import QVBoxLayout

from ftdesk.ui.desk import Desk
from ftdesk.ui.panel import Panel
from ftdesk.ui.widgets import EmptyState


class EvaluationPanel(Panel):
    place: ClassVar[str] = "evaluation"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        column = QVBoxLayout(self)
        column.addWidget(
            EmptyState(
                "scale",
                self.tr("No evaluation yet"),
                self.tr("Score models on examples they were not trained on, and get a verdict."),
            )
        )

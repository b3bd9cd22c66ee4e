"""The place Playground."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtWidgets import QVBoxLayout

from ftdesk.ui.desk import Desk
from ftdesk.ui.panel import Panel
from ftdesk.ui.widgets import EmptyState


class PlaygroundPanel(Panel):
    place: ClassVar[str] = "playground"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        column = QVBoxLayout(self)
        column.addWidget(
            EmptyState(
                "columns-2",
                self.tr("Nothing to compare yet"),
                self.tr("Send one prompt to two models and read their answers side by side."),
            )
        )

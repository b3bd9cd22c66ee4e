"""Which examples are listed: all, or those on which A and B did in one certain way."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QWidget

from ftdesk.hosts.types import ModelName
from ftdesk.ui.evaluation.outcomes import OUTCOMES, Outcome, Outcomes
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Button


class OutcomeFilter(QWidget):
    chosen = Signal(object)
    """An ``Outcome``, or ``None`` for all."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._titles: dict[Outcome | None, str] = {
            None: self.tr("All"),
            "both_right": self.tr("Both right"),
            "only_a": self.tr("Only A"),
            "only_b": self.tr("Only B"),
            "both_wrong": self.tr("Both wrong"),
        }
        self._group = QButtonGroup(self)
        self._buttons: dict[Outcome | None, Button] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(UNIT)
        for outcome, title in self._titles.items():
            button = Button(title, kind="quiet")
            button.setObjectName(f"filter_{outcome or 'all'}")
            button.setCheckable(True)
            button.clicked.connect(lambda *_, outcome=outcome: self.chosen.emit(outcome))
            self._group.addButton(button)
            self._buttons[outcome] = button
            row.addWidget(button)
        self._buttons[None].setChecked(True)

    def show_models(self, models: Sequence[ModelName]) -> None:
        """With a single model there is nothing to tell apart."""
        for outcome in OUTCOMES:
            self._buttons[outcome].setVisible(len(models) > 1)
        self._buttons[None].setChecked(True)
        self.chosen.emit(None)

    def show_counts(self, outcomes: Outcomes) -> None:
        counts = outcomes.counts()
        for outcome, button in self._buttons.items():
            number = len(outcomes.items) if outcome is None else counts[outcome]
            button.setText(f"{self._titles[outcome]}  {number:,}")

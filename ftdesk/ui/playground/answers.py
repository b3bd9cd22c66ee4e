"""The panes side by side, and what is said of them together: the same model twice, the difference, the preferred."""

from __future__ import annotations

import random
from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ftdesk.hosts.types import ModelName
from ftdesk.playground.diff import Span
from ftdesk.playground.service import panes_served_alike
from ftdesk.ui.models import Offer
from ftdesk.ui.playground.pane import LETTERS, Pane
from ftdesk.ui.text import Label, visible
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Surface

FEWEST, MOST = 2, len(LETTERS)


class Answers(QWidget):
    """Two to four panes. At most one answer is preferred."""

    changed = Signal()
    """A pane came or went, or another model was chosen."""
    model_picked = Signal()
    """The user has chosen a model."""
    preference_changed = Signal()
    continue_wanted = Signal(object)
    """The pane whose answer becomes part of the conversation."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.panes: list[Pane] = []
        self._offers: Sequence[Offer] = ()
        self._formatted = False
        self._blind = False
        self._warning = Surface("warning", 2 * UNIT, 0)
        self._warning_text = Label("", "warning", wrap=True)
        self._warning_text.setObjectName("same_model_warning")
        self._warning.column.addWidget(self._warning_text)
        self._warning.hide()
        self._row = QHBoxLayout()
        self._row.setSpacing(3 * UNIT)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * UNIT)
        column.addWidget(self._warning)
        column.addLayout(self._row, 1)
        for _ in range(FEWEST):
            self.add_pane()

    @property
    def preferred(self) -> Pane | None:
        return next((pane for pane in self.panes if pane.is_preferred), None)

    @property
    def models(self) -> list[ModelName | None]:
        return [pane.model.chosen for pane in self.panes]

    def add_pane(self) -> None:
        if len(self.panes) == MOST:
            return
        pane = Pane(len(self.panes))
        pane.model.offer(self._offers)
        pane.set_formatted(on=self._formatted)
        pane.model_chosen.connect(self._models_changed)
        pane.model_picked.connect(self.model_picked)
        pane.preferred.connect(lambda on: self._prefer(pane, on=on))
        pane.continue_wanted.connect(lambda: self.continue_wanted.emit(pane))
        pane.close_wanted.connect(self.remove_pane)
        self.panes.append(pane)
        self._row.addWidget(pane, 1)
        self._pane_count_changed()

    def remove_pane(self) -> None:
        """Take the last pane away; names are given in order, so the others keep theirs."""
        if len(self.panes) > FEWEST:
            pane = self.panes.pop()
            self._row.removeWidget(pane)
            pane.hide()
            pane.deleteLater()
            self._pane_count_changed()

    def offer(self, offers: Sequence[Offer]) -> None:
        self._offers = offers
        for pane in self.panes:
            pane.model.offer(offers)

    def ask(self, reference: str | None) -> list[Pane]:
        """Begin anew; returns the panes that have a model."""
        self._warning.hide()
        for pane in self.panes:
            pane.ask(pane.model.chosen, reference)
        return [pane for pane in self.panes if pane.asked is not None]

    def shuffle(self) -> None:
        """Deal the chosen models out to other panes, so that nobody knows which is which."""
        models = self.models
        random.shuffle(models)
        for pane, model in zip(self.panes, models, strict=True):
            pane.model.choose(model)

    def set_blind(self, *, on: bool) -> None:
        self._blind = on
        for pane in self.panes:
            pane.set_blind(on=on)
        self.warn_of_same_model()

    def set_formatted(self, *, on: bool) -> None:
        self._formatted = on
        for pane in self.panes:
            pane.set_formatted(on=on)

    def show_diff(self, spans: Sequence[Span]) -> None:
        """Mark what only A and only B say, in the first two panes."""
        self.panes[0].show_diff(spans, "only_a")
        self.panes[1].show_diff(spans, "only_b")

    def hide_diff(self) -> None:
        for pane in self.panes:
            pane.hide_diff()

    def warn_of_same_model(self) -> None:
        """Say so where two panes were answered by one model: comparing them is vain."""
        asked = [pane for pane in self.panes if pane.asked is not None]
        models = [pane.asked for pane in asked if pane.asked is not None]
        answers = {number: pane.answer for number, pane in enumerate(asked) if pane.answer is not None}
        groups = panes_served_alike(models, answers)
        if not groups or self._blind:
            self._warning.hide()
            return
        names = self.tr(" and ").join(asked[number].letter for number in groups[0])
        served = answers[groups[0][0]].served_model
        text = self.tr("{panes} were answered by the same model, {model}: comparing them tells nothing.")
        self._warning_text.setText(visible(text.format(panes=names, model=served)))
        self._warning.show()

    def _prefer(self, pane: Pane, *, on: bool) -> None:
        if on:
            for other in self.panes:
                if other is not pane:
                    other.prefer.setChecked(False)
        self.preference_changed.emit()

    def _models_changed(self) -> None:
        self.changed.emit()

    def _pane_count_changed(self) -> None:
        for pane in self.panes:
            pane.close_button.setVisible(len(self.panes) > FEWEST and pane is self.panes[-1])
        self.changed.emit()

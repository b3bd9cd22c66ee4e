"""One example of an evaluation: the question, the reference, and each answer as a change of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from ftdesk.dataset.record import content_text
from ftdesk.evaluation.types import EvaluationItem, ItemScored
from ftdesk.hosts.types import ModelName
from ftdesk.overrides import override
from ftdesk.playground.diff import Span, word_diff
from ftdesk.ui.diff_text import show_changes
from ftdesk.ui.evaluation.outcomes import ItemOutcome, Outcomes
from ftdesk.ui.evaluation.score_bars import LETTERS
from ftdesk.ui.fitted_text import FittedText
from ftdesk.ui.tasks import Tasks
from ftdesk.ui.text import ElidedLabel, Label
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Chip, Column, Surface

_MOST_HEIGHT = 60 * UNIT
_SHARED = 0.25


class ItemDetail(Column):
    """Differences are found in a thread: two long texts may take half a second."""

    def __init__(self, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("The chosen example"), parent=parent)
        self._tasks = tasks
        self._shown: tuple[ItemOutcome, Outcomes] | None = None
        self._answers = 0
        self._diffs: list[tuple[FittedText, tuple[Span, ...]]] = []
        self._cards = QWidget()
        self.column.addWidget(self._cards)
        self.column.addStretch()

    def show_item(self, outcome: ItemOutcome | None, outcomes: Outcomes) -> None:
        """``None`` empties the place."""
        self._shown = None if outcome is None else (outcome, outcomes)
        self._answers = 0 if outcome is None else len(outcome.answers)
        self._diffs = []
        self._tasks.cancel("item diff")
        page = Surface("page", 0, 3 * UNIT)
        page.column.addWidget(self._heading(outcome))
        if outcome is not None:
            question = self._plain(self.tr("Question"), _conversation(outcome.item))
            page.column.addWidget(_card(self.tr("Question"), question, _system(outcome.item)))
            reference = self._plain(self.tr("Reference"), outcome.item.reference)
            reference.setObjectName("evaluation_reference")
            page.column.addWidget(_card(self.tr("Reference"), reference))
            for letter, model in zip(LETTERS, outcomes.models, strict=False):
                page.column.addWidget(self._answer(letter, model, outcome))
            self._tasks.start("item diff", self._compare(outcome, outcomes))
        self.column.replaceWidget(self._cards, page)
        self._cards.hide()
        self._cards.deleteLater()
        self._cards = page

    def refresh(self) -> None:
        """Show answers that have come since."""
        if self._shown is not None and len(self._shown[0].answers) != self._answers:
            self.show_item(*self._shown)

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            for view, spans in self.__dict__.get("_diffs", []):
                show_changes(view, spans)

    def _heading(self, outcome: ItemOutcome | None) -> Label:
        if outcome is None:
            return Label(self.tr("Choose an example to see its answers."), "mute", wrap=True)
        return Label(self.tr("Line {line}").format(line=outcome.item.line), "heading")

    def _plain(self, name: str, text: str) -> FittedText:
        view = FittedText(name, _MOST_HEIGHT)
        view.show_plain(text)
        return view

    def _answer(self, letter: str, model: ModelName, outcome: ItemOutcome) -> Surface:
        scored = outcome.answers.get(model)
        view = self._plain(self.tr("Answer {letter}").format(letter=letter), _answer_text(scored))
        view.setObjectName(f"evaluation_answer_{letter.lower()}")
        card = Surface("card", 3 * UNIT, UNIT)
        head = QHBoxLayout()
        head.addWidget(ElidedLabel(f"{letter}  {model}", "caption"), 1)
        is_right = outcome.is_right(model)
        if is_right is not None:
            text = (
                self.tr("right") if is_right else self.tr("no answer") if scored and scored.error else self.tr("wrong")
            )
            head.addWidget(Chip(text, "accent" if is_right else "error"))
        card.column.addLayout(head)
        card.column.addWidget(view)
        card.setProperty("answer_of", str(model))
        return card

    async def _compare(self, outcome: ItemOutcome, outcomes: Outcomes) -> None:
        for letter, model in zip(LETTERS, outcomes.models, strict=False):
            scored = outcome.answers.get(model)
            view = self._cards.findChild(FittedText, f"evaluation_answer_{letter.lower()}")
            if scored is None or scored.error is not None or view is None:
                continue
            spans = await asyncio.to_thread(word_diff, outcome.item.reference, scored.answer)
            if _is_a_change(spans):
                self._diffs.append((view, spans))
                show_changes(view, spans)


def _card(title: str, view: FittedText, above: str = "") -> Surface:
    card = Surface("code", 3 * UNIT, UNIT)
    card.column.addWidget(Label(title, "caption"))
    if above:
        card.column.addWidget(ElidedLabel(above, "caption"))
    card.column.addWidget(view)
    return card


def _is_a_change(spans: Sequence[Span]) -> bool:
    """Whether the answer is a variant of the reference; else the two are easier to read apart."""
    same = sum(len(span.text) for span in spans if span.kind == "same")
    longest = max(sum(len(span.text) for span in spans if span.kind in ("same", side)) for side in ("only_a", "only_b"))
    return same != longest and same >= longest * _SHARED


def _system(item: EvaluationItem) -> str:
    """The system prompt, which most examples of a file have in common."""
    first = item.prompt[0] if item.prompt else {}
    return content_text(first.get("content")) if first.get("role") == "system" else ""


def _conversation(item: EvaluationItem) -> str:
    """The messages with their roles; a single question stands alone."""
    messages = [message for message in item.prompt if message.get("role") != "system"]
    if len(messages) == 1:
        return content_text(messages[0].get("content"))
    return "\n\n".join(f"{message.get('role', '')}: {content_text(message.get('content'))}" for message in messages)


def _answer_text(scored: ItemScored | None) -> str:
    if scored is None:
        return "…"
    return scored.error if scored.error is not None else scored.answer

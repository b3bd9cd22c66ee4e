"""What an evaluation has told so far: every example with every model's answer, and who was right."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from ftdesk.evaluation.statistics import wilson_interval
from ftdesk.evaluation.types import EvaluationFinished, EvaluationItem, ItemScored, ModelScore
from ftdesk.hosts.types import ModelName

Outcome = Literal["both_right", "only_a", "only_b", "both_wrong"]
OUTCOMES: tuple[Outcome, ...] = ("both_right", "only_a", "only_b", "both_wrong")


@dataclass(slots=True)
class ItemOutcome:
    """One example. ``answers`` fills up as the models answer."""

    item: EvaluationItem
    answers: dict[ModelName, ItemScored] = field(default_factory=dict)

    def is_right(self, model: ModelName) -> bool | None:
        """``None`` while there is no answer. Without one in the end, it counts as wrong."""
        scored = self.answers.get(model)
        return None if scored is None else scored.score is not None and scored.score >= 1


class Outcomes:
    """A projection of the events of one evaluation of ``models``; the first two are called A and B."""

    def __init__(self, models: Sequence[ModelName] = ()) -> None:
        self.models = tuple(models)
        self.items: dict[int, ItemOutcome] = {}
        self.done = 0
        self.total = 0
        self.result: EvaluationFinished | None = None

    def expect(self, items: Sequence[EvaluationItem]) -> None:
        """All examples that will be asked, in the order of the file."""
        self.items = {item.line: ItemOutcome(item) for item in items}

    def apply(self, event: ItemScored | EvaluationFinished) -> None:
        if isinstance(event, EvaluationFinished):
            self.result = event
            return
        self.items.setdefault(event.item.line, ItemOutcome(event.item)).answers[event.model] = event
        self.done, self.total = event.done, event.total

    def outcome(self, item: ItemOutcome) -> Outcome | None:
        """How A and B did; ``None`` until both have answered, or where there is only one model."""
        if len(self.models) < 2:
            return None
        a, b = (item.is_right(model) for model in self.models[:2])
        if a is None or b is None:
            return None
        return ("both_right" if b else "only_a") if a else ("only_b" if b else "both_wrong")

    def counts(self) -> Counter[Outcome]:
        found = (self.outcome(item) for item in self.items.values())
        return Counter(outcome for outcome in found if outcome is not None)

    def scores(self) -> list[ModelScore]:
        """Per model, the final score or that of the answers so far."""
        if self.result is not None:
            return list(self.result.models)
        return [score for model in self.models if (score := self._score_so_far(model)) is not None]

    def _score_so_far(self, model: ModelName) -> ModelScore | None:
        judged = [right for item in self.items.values() if (right := item.is_right(model)) is not None]
        if not judged:
            return None
        failed = sum(1 for item in self.items.values() if model in item.answers and item.answers[model].score is None)
        correct = sum(judged)
        return ModelScore(model, correct, correct / len(judged), wilson_interval(correct, len(judged)), failed)

    def answered(self, model: ModelName) -> int:
        return sum(model in item.answers for item in self.items.values())

"""What an evaluation tells on its way and what it concludes, in the shape of ``evaluate --json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ftdesk.hosts.types import Message, ModelName

Interval = tuple[float, float]
Verdict = Literal["better", "worse", "undecided"]


@dataclass(frozen=True, slots=True)
class EvaluationItem:
    """One held-out example: the messages up to the reference answer, and that answer. ``line`` counts from 1.

    ``tools`` are those the example was written with: a model trained on them expects to see them.
    """

    line: int
    prompt: tuple[Message, ...]
    reference: str
    tools: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class ItemScored:
    """One model answered one item. ``score`` is between 0 and 1, or ``None`` when no answer could be had."""

    item: EvaluationItem
    model: ModelName
    answer: str
    score: float | None
    error: str | None
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class ModelScore:
    """``interval`` is the 95 % Wilson interval of ``score``; ``failed`` items count as wrong."""

    model: ModelName
    correct: int
    score: float
    interval: Interval
    failed: int


@dataclass(frozen=True, slots=True)
class PairedDifference:
    """Model ``b`` against model ``a`` on the same items: ``difference`` is b minus a."""

    a: ModelName
    b: ModelName
    difference: float
    interval: Interval
    p_value: float
    test: str
    only_a: int
    only_b: int
    verdict: Verdict
    sentence: str


@dataclass(frozen=True, slots=True)
class EvaluationFinished:
    file: str
    grader: str
    examples: int
    models: tuple[ModelScore, ...]
    pairs: tuple[PairedDifference, ...]


EvaluationEvent = ItemScored | EvaluationFinished

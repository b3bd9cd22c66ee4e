"""What the engine asks of something that trains: plan a job, take optimiser steps, save, and answer prompts.

A trainer knows nothing of HTTP, SQLite or processes. The trainer process owns the loop, the clock and the checkpoints,
so every trainer pauses, resumes and survives a kill in the same way.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol

Method = Literal["supervised", "dpo"]
Example = Mapping[str, Any]
"""One parsed line of a training file, in OpenAI's shape for its method."""


@dataclass(frozen=True, slots=True)
class BaseModel:
    """A model that can be trained and asked. ``context_length`` is in the model's own tokens."""

    id: str
    name: str
    description: str
    parameters: int
    context_length: int
    methods: tuple[Method, ...]


@dataclass(frozen=True, slots=True)
class TrainingPlan:
    """Hyperparameters with every ``"auto"`` resolved. ``extras`` holds the trainer's own, by their documented names."""

    method: Method
    n_epochs: int
    batch_size: int
    learning_rate_multiplier: float
    beta: float | None = None
    extras: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TrainingData:
    """Parsed examples in file order; validation may be empty."""

    training: Sequence[Example]
    validation: Sequence[Example]


@dataclass(frozen=True, slots=True)
class StepMetrics:
    """One optimiser step. Losses are nats per trained token; accuracies are shares of trained tokens predicted right.

    ``trained_tokens`` is the running total over the whole job, the number a host would bill.
    Validation figures are measured on one batch, and only on the steps where the trainer takes the time.
    """

    step: int
    train_loss: float
    train_accuracy: float
    trained_tokens: int
    valid_loss: float | None = None
    valid_accuracy: float | None = None


@dataclass(frozen=True, slots=True)
class ValidationMetrics:
    """Mean over the whole validation file."""

    loss: float
    accuracy: float


class UnsupportedRequestError(Exception):
    """The trainer cannot do what was asked. The server turns it into a 400 that names ``param``."""

    def __init__(self, message: str, *, param: str | None = None, code: str = "unsupported_value") -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.code = code


class TrainingRun(Protocol):
    """A job in memory. The same inputs and seed give the same steps bit for bit, also across save and resume."""

    @property
    def step(self) -> int:
        """Optimiser steps done so far."""

    @property
    def total_steps(self) -> int: ...

    @property
    def steps_per_epoch(self) -> int: ...

    def advance(self) -> StepMetrics:
        """Take one optimiser step. Call only while ``step < total_steps``."""

    def validate(self) -> ValidationMetrics | None:
        """Measure the whole validation file; ``None`` without one."""

    def save_state(self, path: Path) -> None:
        """Write all that a later ``resume`` needs to ``path``, atomically (temporary file, fsync, replace)."""

    def export(self, path: Path) -> None:
        """Write the weights that ``Trainer.load`` serves to ``path``, atomically."""


@dataclass(frozen=True, slots=True)
class SamplingOptions:
    """How to draw an answer. Temperature 0 is greedy; ``max_tokens`` counts the model's own tokens."""

    temperature: float = 1.0
    top_p: float = 1.0
    max_tokens: int = 256
    seed: int | None = None
    stop: tuple[str, ...] = ()


@dataclass(slots=True)
class Answer:
    """Counts of an answer, filled while its text is drawn. ``finish_reason`` is OpenAI's word, once it has ended."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    finish_reason: Literal["stop", "length"] | None = None


class ChatModel(Protocol):
    """Weights loaded for answering."""

    def stream(self, messages: Sequence[Mapping[str, Any]], options: SamplingOptions, answer: Answer) -> Iterator[str]:
        """Yield the answer in pieces of valid Unicode text and keep ``answer`` up to date.

        Raises ``UnsupportedRequestError`` before the first piece if the prompt has images or does not fit the context.
        Closing the iterator stops the work.
        """


class Trainer(Protocol):
    """One way to train: a family of base models and how to train, load and check for them."""

    @property
    def base_models(self) -> tuple[BaseModel, ...]: ...

    def base_weights(self, model_id: str) -> Path:
        """The file that ``load`` and ``start`` take for an untrained base model."""

    def plan(self, method: Method, hyperparameters: Mapping[str, Any], examples: int) -> TrainingPlan:
        """Resolve ``"auto"`` and check ranges. Raises ``UnsupportedRequestError`` for what it cannot honour."""

    def check_example(self, method: Method, example: Example) -> None:
        """Raise ``UnsupportedRequestError`` for what this trainer cannot learn from (images, too long, …)."""

    def start(self, weights: Path, data: TrainingData, plan: TrainingPlan, seed: int) -> TrainingRun:
        """Begin a job from base weights or from those of an earlier job."""

    def resume(self, state: Path, data: TrainingData, plan: TrainingPlan, seed: int) -> TrainingRun:
        """Go on from ``TrainingRun.save_state``; the rest of the loss curve equals that of an uninterrupted job."""

    def load(self, weights: Path) -> ChatModel: ...

"""The practice model as a ``Trainer``: what it offers, how ``"auto"`` is resolved, what it refuses.

numpy is imported when a job starts or a model is loaded, not before.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftdesk import resources
from ftdesk.engine.trainers.protocol import (
    BaseModel,
    Example,
    Method,
    TrainingData,
    TrainingPlan,
    UnsupportedRequestError,
)
from ftdesk.engine.trainers.tiny.encoding import encode, preference_turns, supervised_turns
from ftdesk.engine.trainers.tiny.hyperparameters import resolve
from ftdesk.engine.trainers.tiny.tokenizer import Tokenizer

if TYPE_CHECKING:
    from ftdesk.engine.trainers.tiny.serving import TinyChatModel
    from ftdesk.engine.trainers.tiny.training import TinyRun

CONTEXT = 1024
BASE_MODEL = BaseModel(
    id="tiny",
    name="Practice model (built in, 0.9 M parameters)",
    description=(
        "Runs and trains on this computer to practise the whole workflow: it learns short, regular tasks from your "
        "examples within a minute, knows almost nothing else, and says nothing about how a large model would do."
    ),
    parameters=919_296,
    context_length=CONTEXT,
    methods=("supervised", "dpo"),
)


class TinyTrainer:
    """Implements ``Trainer`` for ``weights.npz`` and ``tokenizer.json`` in ``folder``, by default those that ship."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = resources.path("models/tiny") if folder is None else folder

    @property
    def base_models(self) -> tuple[BaseModel, ...]:
        return (BASE_MODEL,)

    def base_weights(self, model_id: str) -> Path:
        if model_id != BASE_MODEL.id:
            raise UnsupportedRequestError(
                f"There is no base model {model_id!r} here.", param="model", code="model_not_found"
            )
        return self._folder / "weights.npz"

    def plan(self, method: Method, hyperparameters: Mapping[str, Any], examples: int) -> TrainingPlan:
        return resolve(method, hyperparameters, examples)

    def check_example(self, method: Method, example: Example) -> None:
        conversations = preference_turns(example) if method == "dpo" else (supervised_turns(example),)
        for turns in conversations:
            length = len(encode(self._tokenizer, turns).ids)
            if length > CONTEXT:
                raise UnsupportedRequestError(
                    f"The example has {length} tokens; the practice model reads at most {CONTEXT}.",
                    param="messages" if method == "supervised" else "input.messages",
                    code="context_length_exceeded",
                )

    def start(self, weights: Path, data: TrainingData, plan: TrainingPlan, seed: int) -> TinyRun:
        from ftdesk.engine.trainers.tiny.training import TinyRun
        from ftdesk.engine.trainers.tiny.weights import load_weights

        return TinyRun(self._tokenizer, *load_weights(weights), data, plan, seed)

    def resume(self, state: Path, data: TrainingData, plan: TrainingPlan, seed: int) -> TinyRun:
        run = self.start(self.base_weights(BASE_MODEL.id), data, plan, seed)
        run.restore(state)
        return run

    def load(self, weights: Path) -> TinyChatModel:
        from ftdesk.engine.trainers.tiny.serving import TinyChatModel
        from ftdesk.engine.trainers.tiny.weights import load_weights

        return TinyChatModel(self._tokenizer, *load_weights(weights))

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        return Tokenizer.load(self._folder / "tokenizer.json")

"""A trainer that is quick and honest: next-byte counts in pure Python, learned from the assistant's messages.

It implements the whole protocol, so that the life of a job can be tested without waiting for a neural network. The
model ``bigram-slow`` takes its time for each step, so that there is time to interrupt it.
"""

from __future__ import annotations

import errno
import itertools
import json
import math
import os
import random
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ftdesk.engine.trainers.protocol import (
    Answer,
    BaseModel,
    Example,
    Method,
    SamplingOptions,
    StepMetrics,
    TrainingData,
    TrainingPlan,
    UnsupportedRequestError,
    ValidationMetrics,
)

CONTEXT = 256
SLOW_STEP_SECONDS = 0.05
START, END = 256, 257
SYMBOLS = 258
Counts = dict[int, dict[int, float]]


def write_whole(path: Path, value: object) -> None:
    temporary = path.with_name(path.name + ".tmp")
    with temporary.open("w") as file:
        json.dump(value, file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def read_counts(path: Path) -> Counts:
    stored = json.loads(path.read_text())
    return {int(a): {int(b): n for b, n in row.items()} for a, row in stored.items()}


def text_of(message: Mapping[str, Any]) -> str:
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    if any(part.get("type") != "text" for part in content):
        raise UnsupportedRequestError(
            "Images are not supported by this model.", param="messages", code="unsupported_content"
        )
    return "".join(part["text"] for part in content)


def trained_texts(method: Method, example: Example) -> tuple[str, str]:
    """What to raise and, for preferences, what to lower."""
    if method == "dpo":
        return text_of(example["preferred_output"][0]), text_of(example["non_preferred_output"][0])
    return "\n".join(text_of(m) for m in example["messages"] if m["role"] == "assistant"), ""


def pairs(text: str) -> list[tuple[int, int]]:
    symbols = [START, *text.encode(), END]
    return list(itertools.pairwise(symbols))


def share(counts: Counts, before: int, after: int) -> float:
    row = counts.get(before, {})
    return (max(row.get(after, 0.0), 0.0) + 0.01) / (sum(max(n, 0.0) for n in row.values()) + 0.01 * SYMBOLS)


def measure(counts: Counts, texts: Sequence[str]) -> tuple[float, float, int]:
    """Mean loss in nats, share of bytes guessed right, number of bytes."""
    loss, right, number = 0.0, 0, 0
    for before, after in (pair for text in texts for pair in pairs(text)):
        row = counts.get(before, {})
        loss -= math.log(share(counts, before, after))
        right += bool(row) and max(row, key=lambda symbol: (row[symbol], -symbol)) == after
        number += 1
    return loss / number, right / number, number


class BigramRun:
    def __init__(self, counts: Counts, data: TrainingData, plan: TrainingPlan, seed: int, pace: float) -> None:
        self._counts = counts
        self._training = [trained_texts(plan.method, example) for example in data.training]
        self._validation = [trained_texts(plan.method, example)[0] for example in data.validation]
        self._plan = plan
        self._seed = seed
        self._pace = pace
        self._step = 0
        self._tokens = 0

    @property
    def step(self) -> int:
        return self._step

    @property
    def steps_per_epoch(self) -> int:
        return math.ceil(len(self._training) / self._plan.batch_size)

    @property
    def total_steps(self) -> int:
        return self.steps_per_epoch * self._plan.n_epochs

    def advance(self) -> StepMetrics:
        time.sleep(self._pace)
        epoch, position = divmod(self._step, self.steps_per_epoch)
        order = list(range(len(self._training)))
        random.Random(f"{self._seed} {epoch}").shuffle(order)  # noqa: S311 - repeatable on purpose
        size = self._plan.batch_size
        batch = [self._training[i] for i in order[position * size : (position + 1) * size]]
        loss, accuracy, tokens = measure(self._counts, [better for better, _ in batch])
        if any("FULL DISK" in better for better, _ in batch):
            raise OSError(errno.ENOSPC, "No space left on device")
        if any("EXPLODE" in better for better, _ in batch):
            raise ValueError("this example cannot be learned")
        if any("DIVERGE" in better for better, _ in batch):
            loss = math.nan
        for better, worse in batch:
            for text, sign in ((better, 1.0), (worse, -(self._plan.beta or 0.0))):
                for before, after in pairs(text) if text else ():
                    row = self._counts.setdefault(before, {})
                    row[after] = row.get(after, 0.0) + sign * self._plan.learning_rate_multiplier
        self._step += 1
        self._tokens += tokens
        valid = measure(self._counts, self._validation[:size]) if self._validation and self._step % 3 == 0 else None
        return StepMetrics(
            step=self._step,
            train_loss=loss,
            train_accuracy=accuracy,
            trained_tokens=self._tokens,
            valid_loss=valid[0] if valid else None,
            valid_accuracy=valid[1] if valid else None,
        )

    def validate(self) -> ValidationMetrics | None:
        return ValidationMetrics(*measure(self._counts, self._validation)[:2]) if self._validation else None

    def save_state(self, path: Path) -> None:
        write_whole(path, {"counts": self._counts, "step": self._step, "tokens": self._tokens})

    def restore(self, path: Path) -> None:
        stored = json.loads(path.read_text())
        self._counts = {int(a): {int(b): n for b, n in row.items()} for a, row in stored["counts"].items()}
        self._step, self._tokens = stored["step"], stored["tokens"]

    def export(self, path: Path) -> None:
        write_whole(path, self._counts)


class BigramModel:
    """Answers a prompt with FOREVER until it is stopped, and writes to ``notes`` how many symbols an answer took."""

    def __init__(self, counts: Counts, pace: float, notes: Path) -> None:
        self._counts = counts
        self._pace = pace
        self._notes = notes

    def stream(self, messages: Sequence[Mapping[str, Any]], options: SamplingOptions, answer: Answer) -> Iterator[str]:
        prompt = "".join(map(text_of, messages))
        answer.prompt_tokens = len(prompt.encode())
        if answer.prompt_tokens >= CONTEXT:
            raise UnsupportedRequestError("The prompt is too long.", param="messages", code="context_length_exceeded")
        if "BREAK" in prompt:
            return self._broken()
        return self._noted(self._draw(options, answer, forever="FOREVER" in prompt), answer)

    def _noted(self, drawn: Iterator[str], answer: Answer) -> Iterator[str]:
        try:
            yield from drawn
        finally:
            # Only where a test has asked for it: the folder of models may be the one that ships.
            if self._notes.exists():
                self._notes.write_text(str(answer.completion_tokens))

    def _broken(self) -> Iterator[str]:
        yield "so far"
        raise ValueError("a bug in the model")

    def _draw(self, options: SamplingOptions, answer: Answer, *, forever: bool) -> Iterator[str]:
        rng = random.Random(options.seed)  # noqa: S311 - repeatable on purpose
        symbol, drawn = START, bytearray()
        while answer.completion_tokens < options.max_tokens:
            time.sleep(self._pace)
            row = {after: n for after, n in self._counts.get(symbol, {}).items() if n > 0} or {END: 1.0}
            if options.temperature == 0:
                symbol = max(row, key=lambda after: (row[after], -after))
            else:
                symbol = rng.choices(list(row), list(row.values()))[0]
            answer.completion_tokens += 1
            if forever:
                symbol = 33
            if symbol == END:
                answer.finish_reason = "stop"
                return
            drawn.append(symbol)
            if any(drawn.endswith(stop.encode()) for stop in options.stop):
                answer.finish_reason = "stop"
                return
            yield chr(symbol) if symbol < 128 else "?"
        answer.finish_reason = "length"


class BigramTrainer:
    """``models`` may hold ``NAME/weights.json``; a model without a file answers “hm”."""

    def __init__(self, models: Path) -> None:
        self._models = models

    @property
    def base_models(self) -> tuple[BaseModel, ...]:
        about = "Counts which byte follows which."
        return (
            BaseModel("bigram", "Bigram counts", about, SYMBOLS**2, CONTEXT, ("supervised", "dpo")),
            BaseModel("bigram-slow", "Bigram counts, slowly", about, SYMBOLS**2, CONTEXT, ("supervised",)),
        )

    def base_weights(self, model_id: str) -> Path:
        return self._models / model_id / "weights.json"

    def plan(self, method: Method, hyperparameters: Mapping[str, Any], examples: int) -> TrainingPlan:  # noqa: ARG002
        given = {name: value for name, value in hyperparameters.items() if value != "auto"}
        for name in given.keys() - {"n_epochs", "batch_size", "learning_rate_multiplier", "beta"}:
            raise UnsupportedRequestError(f"There is no hyperparameter '{name}'.", param=name, code="unknown_parameter")
        if given.get("batch_size", 1) > 64:
            raise UnsupportedRequestError("The batch size is at most 64.", param="batch_size")
        return TrainingPlan(
            method,
            given.get("n_epochs", 3),
            given.get("batch_size", 4),
            float(given.get("learning_rate_multiplier", 1.0)),
            float(given.get("beta", 0.1)) if method == "dpo" else None,
        )

    def check_example(self, method: Method, example: Example) -> None:
        if method == "supervised":
            for message in example["messages"]:
                text_of(message)

    def start(self, weights: Path, data: TrainingData, plan: TrainingPlan, seed: int) -> BigramRun:
        return BigramRun(self._read(weights), data, plan, seed, self._pace(weights))

    def resume(self, state: Path, data: TrainingData, plan: TrainingPlan, seed: int) -> BigramRun:
        # The pace is part of the test, not of the model: whatever was interrupted was slow.
        run = BigramRun({}, data, plan, seed, SLOW_STEP_SECONDS)
        run.restore(state)
        return run

    def load(self, weights: Path) -> BigramModel:
        return BigramModel(self._read(weights), self._pace(weights), self._models / "drawn")

    def _read(self, weights: Path) -> Counts:
        if weights.is_relative_to(self._models) and not weights.exists():
            return {START: {104: 1.0}, 104: {109: 1.0}, 109: {END: 1.0}}
        return read_counts(weights)

    def _pace(self, weights: Path) -> float:
        return SLOW_STEP_SECONDS if "slow" in weights.parent.name else 0.0


TRAINERS = (BigramTrainer,)

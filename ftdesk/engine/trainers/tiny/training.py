"""A job of the practice model in memory: which examples a step sees, one optimiser step, its saved state."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ftdesk.engine.trainers.protocol import StepMetrics, TrainingData, TrainingPlan, ValidationMetrics
from ftdesk.engine.trainers.tiny.augmentation import Augmentation, analyse
from ftdesk.engine.trainers.tiny.encoding import Turn, encode, preference_turns, supervised_turns
from ftdesk.engine.trainers.tiny.memory import Memory
from ftdesk.engine.trainers.tiny.model import Parameters
from ftdesk.engine.trainers.tiny.objective import Example, Sums, Unit, preference_pass, supervised_pass
from ftdesk.engine.trainers.tiny.optimizer import Adam, schedule
from ftdesk.engine.trainers.tiny.tokenizer import Tokenizer
from ftdesk.engine.trainers.tiny.weights import read_arrays, save_weights, write_arrays
from ftdesk.errors import FtdeskError

LEARNING_RATE = 1e-3
PREFERENCE_RATE = 1e-4
MEMORY_RATE = 0.8
VALIDATION_INTERVAL = 5
_STATE_FORMAT = 1


class TinyRun:
    """Implements ``TrainingRun``.

    Nothing is drawn from a running random state: order, augmentation and dropout of a step follow from the seed, the
    epoch and the example. So weights, optimiser and step are all there is to save.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        parameters: Parameters,
        memory: Memory,
        data: TrainingData,
        plan: TrainingPlan,
        seed: int,
    ) -> None:
        self._tokenizer = tokenizer
        self._parameters = parameters
        self._memory = memory
        self._adam = Adam(parameters)
        self._plan = plan
        self._seed = seed % 2**63
        self._preference = plan.method == "dpo"
        self._reference = {name: value.copy() for name, value in parameters.items()} if self._preference else {}
        self._augmentation = None if self._preference else Augmentation(**plan.extras)
        self._turns = [_turns(example, self._preference) for example in data.training]
        self._variable = [] if self._preference else analyse([turns[0] for turns in self._turns])
        labelled = [example.labelled for example in self._variable] or [False] * len(self._turns)
        self._plain = [self._unit(turns, labelled=flag) for turns, flag in zip(self._turns, labelled, strict=True)]
        self._validation = [self._unit(_turns(example, self._preference)) for example in data.validation]
        self._step = 0
        self._trained_tokens = 0

    @property
    def step(self) -> int:
        return self._step

    @property
    def total_steps(self) -> int:
        return self.steps_per_epoch * self._plan.n_epochs

    @property
    def steps_per_epoch(self) -> int:
        return math.ceil(len(self._turns) / self._plan.batch_size)

    def advance(self) -> StepMetrics:
        """One optimiser step. For preferences, accuracy is the share of pairs whose preferred answer gained more."""
        epoch, position = divmod(self._step, self.steps_per_epoch)
        order = self._generator(epoch).permutation(len(self._turns))
        chosen = order[position * self._plan.batch_size : (position + 1) * self._plan.batch_size]
        gradients: Parameters = {}
        scale = schedule(self._step, self.total_steps) * self._plan.learning_rate_multiplier
        if self._augmentation is None:
            sums = self._preferences([self._plain[index] for index in chosen], gradients)
            self._adam.update(self._parameters, gradients, PREFERENCE_RATE * scale)
        else:
            units = [self._varied(self._augmentation, epoch, int(index)) for index in chosen]
            dropout = self._generator(epoch, position, 1)
            sums = supervised_pass(self._parameters, self._memory, units, gradients, dropout, MEMORY_RATE * scale)
            self._adam.update(self._parameters, gradients, LEARNING_RATE * scale)
        self._step += 1
        self._trained_tokens += sum(example.length for index in chosen for example in self._plain[index])
        valid = self._validation_batch() if self._validation and self._step % VALIDATION_INTERVAL == 0 else None
        return StepMetrics(
            step=self._step,
            train_loss=sums.mean_loss,
            train_accuracy=sums.accuracy,
            trained_tokens=self._trained_tokens,
            valid_loss=valid.mean_loss if valid else None,
            valid_accuracy=valid.accuracy if valid else None,
        )

    def validate(self) -> ValidationMetrics | None:
        if not self._validation:
            return None
        sums = self._measure(self._validation)
        return ValidationMetrics(sums.mean_loss, sums.accuracy)

    def save_state(self, path: Path) -> None:
        touched = np.flatnonzero((self._memory.squares != 0) | self._memory.table.any(-1))
        facts = {"format": _STATE_FORMAT, "step": self._step, "trained_tokens": self._trained_tokens}
        arrays: dict[str, NDArray[Any]] = {"facts": np.array(json.dumps(facts))}
        for prefix, values in self._state_arrays().items():
            arrays |= {f"{prefix}/{name}": value for name, value in values.items()}
        arrays |= {"memory/rows": touched, "memory/values": self._memory.table[touched]}
        arrays["memory/squares"] = self._memory.squares[touched]
        write_arrays(path, arrays)

    def restore(self, path: Path) -> None:
        """Take over what ``save_state`` wrote. Raises ``FtdeskError`` if the file is damaged."""
        arrays = read_arrays(path)
        try:
            facts = json.loads(str(arrays["facts"]))
            for prefix, values in self._state_arrays().items():
                for name, value in values.items():
                    value[...] = arrays[f"{prefix}/{name}"]
            rows = arrays["memory/rows"]
            self._memory.table[:] = 0
            self._memory.squares[:] = 0
            self._memory.table[rows] = arrays["memory/values"]
            self._memory.squares[rows] = arrays["memory/squares"]
            self._step = self._adam.steps = int(facts["step"])
            self._trained_tokens = int(facts["trained_tokens"])
        except (KeyError, ValueError, IndexError) as error:
            raise FtdeskError(
                f"The saved training state {path} cannot be read.", str(error), "Start the job again."
            ) from error

    def export(self, path: Path) -> None:
        save_weights(path, self._parameters, self._memory)

    def _state_arrays(self) -> dict[str, Parameters]:
        return {
            "parameters": self._parameters,
            "first": self._adam.first,
            "second": self._adam.second,
            "reference": self._reference,
        }

    def _generator(self, *key: int) -> np.random.Generator:
        return np.random.default_rng([self._seed, *key])

    def _unit(self, turns: Sequence[list[Turn]], *, labelled: bool = False) -> Unit:
        return tuple(Example.prepare(encode(self._tokenizer, one), labelled=labelled) for one in turns)

    def _varied(self, augmentation: Augmentation, epoch: int, index: int) -> Unit:
        example = self._variable[index]
        turns = augmentation.apply(example, self._generator(epoch, index, 2))
        return self._plain[index] if turns == example.turns else self._unit([turns], labelled=example.labelled)

    def _preferences(self, units: Sequence[Unit], gradients: Parameters | None = None) -> Sums:
        beta = self._plan.beta or 0.0
        return preference_pass(self._parameters, self._memory, self._reference, units, beta, gradients)

    def _validation_batch(self) -> Sums:
        order = self._generator(self._step, 0, 3).permutation(len(self._validation))
        return self._measure([self._validation[index] for index in order[: self._plan.batch_size]])

    def _measure(self, units: Sequence[Unit]) -> Sums:
        if self._preference:
            return self._preferences(units)
        return supervised_pass(self._parameters, self._memory, units)


def _turns(example: Any, preference: bool) -> tuple[list[Turn], ...]:
    return preference_turns(example) if preference else (supervised_turns(example),)

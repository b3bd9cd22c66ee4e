"""The shape of a host profile."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ftdesk.errors import InputError
from ftdesk.hosts.types import JobStatus, Method


@dataclass(frozen=True, slots=True)
class Hyperparameter:
    """One setting of a method, by the name that is sent. The lower bound itself is not allowed where ``above``."""

    name: str
    label: str
    kind: Literal["integer", "number"] = "number"
    minimum: float = 0.0
    maximum: float = float("inf")
    above: bool = False
    help: str = ""

    def check(self, value: float | str) -> None:
        """Raises ``InputError`` unless ``value`` is ``"auto"`` or a number within the bounds."""
        if value == "auto":
            return
        if isinstance(value, str) or not self._holds(float(value)):
            raise InputError(f"{self.label} cannot be {value}.", hint=f"Give {self._range()}, or leave it out.")

    def _holds(self, value: float) -> bool:
        is_kind = math.isfinite(value) and (self.kind == "number" or value == int(value))
        return is_kind and self.minimum <= value <= self.maximum and not (self.above and value == self.minimum)

    def _range(self) -> str:
        noun = "a whole number" if self.kind == "integer" else "a number"
        low = f"above {self.minimum:g}" if self.above else f"from {self.minimum:g}"
        return f"{noun} {low}" + ("" if self.maximum == float("inf") else f" up to {self.maximum:g}")


@dataclass(frozen=True, slots=True)
class HostProfile:
    """What a host can do and how it differs from OpenAI. ``source`` says where that was read, ``as_of`` when."""

    name: str
    title: str
    as_of: str
    source: str
    base_url: str = ""
    """Where it is; empty when each user has an address of their own, like ``base_url_example``."""
    base_url_example: str = ""
    inference_base_url: str = ""
    """Where its models answer, when that is elsewhere."""
    key_help: str = ""
    methods: Mapping[Method, tuple[Hyperparameter, ...]] = field(default_factory=dict)
    trainable_models: tuple[str, ...] = ()
    """Base models that it trains, as far as they were listed; empty when only the host itself can tell."""
    suffix_pattern: str = ".{1,64}"
    suffix_rule: str = "1 to 64 characters"
    keeps_metadata: bool = True
    """Whether a job's metadata comes back, so that it can be found by the launch token in it."""
    answer_limit_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    statuses: Mapping[str, JobStatus] = field(default_factory=dict)
    """The host's own words for the status of a job, beyond OpenAI's."""

    def check(self, method: Method, hyperparameters: Mapping[str, float | int | str], suffix: str | None) -> None:
        """Raises ``InputError`` for what this host would refuse after the upload."""
        if method not in self.methods:
            known = ", ".join(self.methods)
            raise InputError(f"{self.title} does not train by “{method}”.", hint=f"It knows: {known}.")
        schema = {parameter.name: parameter for parameter in self.methods[method]}
        for name, value in hyperparameters.items():
            if name not in schema:
                raise InputError(
                    f"{self.title} has no setting “{name}” for {method}.", hint=f"It has: {', '.join(schema)}."
                )
            schema[name].check(value)
        if suffix is not None and not (suffix.isprintable() and re.fullmatch(self.suffix_pattern, suffix)):
            raise InputError(f"“{suffix}” cannot be a suffix on {self.title}.", hint=f"Give {self.suffix_rule}.")


N_EPOCHS = Hyperparameter("n_epochs", "Epochs", "integer", 1, 50, help="How often training goes through all examples.")
BATCH_SIZE = Hyperparameter("batch_size", "Batch size", "integer", 1, 256, help="Examples per step.")
LEARNING_RATE_MULTIPLIER = Hyperparameter(
    "learning_rate_multiplier", "Learning rate multiplier", above=True, help="Scales the host's own learning rate."
)
BETA = Hyperparameter(
    "beta", "Beta", maximum=2, above=True, help="How closely the new model keeps to the old one: higher is closer."
)
SUPERVISED = (N_EPOCHS, BATCH_SIZE, LEARNING_RATE_MULTIPLIER)
DPO = (*SUPERVISED, BETA)

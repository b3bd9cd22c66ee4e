"""Hyperparameters of the practice model: their ranges, and what ``"auto"`` becomes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ftdesk.engine.trainers.protocol import Method, TrainingPlan, UnsupportedRequestError

Range = tuple[float, float]

_INTEGERS: dict[str, Range] = {"n_epochs": (1, 50), "batch_size": (1, 256)}
"""OpenAI's limits."""
_RATES: dict[str, Range] = {"learning_rate_multiplier": (0.001, 100.0)}
_PREFERENCE: dict[str, Range] = {"beta": (0.0, 2.0)}
_SUPERVISED: dict[str, Range] = {
    "prompt_word_dropout": (0.0, 0.5),
    "slot_replacement": (0.0, 1.0),
    "label_prompts": (0.0, 1.0),
}
_AUTO_SUPERVISED = {"prompt_word_dropout": 0.15, "slot_replacement": 0.5, "label_prompts": 0.4}

_AUTO_STEPS = 240
_AUTO_EPOCHS: Range = (3, 25)


def resolve(method: Method, hyperparameters: Mapping[str, Any], examples: int) -> TrainingPlan:
    """The plan for ``examples`` training examples.

    ``"auto"`` and missing values become: batches of 8, 16 from 1,000 examples, 32 from 4,000; as many epochs as make
    about 240 steps, between 3 and 25, or 1 to 3 from 1,000 examples on; a learning-rate multiplier of 1; beta 0.1; and
    the shares of ``augmentation.py`` in ``_AUTO_SUPERVISED``.

    Raises ``UnsupportedRequestError`` for unknown names and for values that are no numbers or out of range.
    """
    own = _PREFERENCE if method == "dpo" else _SUPERVISED
    ranges = _INTEGERS | _RATES | own
    for name in hyperparameters:
        if name not in ranges:
            raise UnsupportedRequestError(
                f"The practice model has no hyperparameter {name!r} for {method}; it has {', '.join(ranges)}.",
                param=_param(method, name),
                code="unknown_parameter",
            )
    given = {
        name: _number(method, name, value, ranges[name])
        for name, value in hyperparameters.items()
        if not _is_auto(value)
    }
    batch_size = int(given.get("batch_size", _auto_batch_size(examples)))
    return TrainingPlan(
        method=method,
        n_epochs=int(given.get("n_epochs", _auto_epochs(examples, batch_size))),
        batch_size=batch_size,
        learning_rate_multiplier=given.get("learning_rate_multiplier", 1.0),
        beta=given.get("beta", 0.1) if method == "dpo" else None,
        extras={} if method == "dpo" else {name: given.get(name, auto) for name, auto in _AUTO_SUPERVISED.items()},
    )


def _is_auto(value: object) -> bool:
    return value is None or value == "auto"


def _auto_batch_size(examples: int) -> int:
    return 8 if examples < 1000 else 16 if examples < 4000 else 32


def _auto_epochs(examples: int, batch_size: int) -> int:
    steps_per_epoch = max(1, -(-examples // batch_size))
    fewest, most = _AUTO_EPOCHS if examples < 1000 else (1, 3)
    return int(min(most, max(fewest, round(_AUTO_STEPS / steps_per_epoch))))


def _number(method: Method, name: str, value: object, limits: Range) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or (name in _INTEGERS and value != int(value)):
        kind = "a whole number" if name in _INTEGERS else "a number"
        raise UnsupportedRequestError(f'{name} must be {kind} or "auto", not {value!r}.', param=_param(method, name))
    low, high = limits
    if not low <= value <= high:
        raise UnsupportedRequestError(
            f"{name} must be between {low:g} and {high:g}, not {value:g}.", param=_param(method, name)
        )
    return float(value)


def _param(method: Method, name: str) -> str:
    return f"method.{method}.hyperparameters.{name}"

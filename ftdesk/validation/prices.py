"""What hosts charge: dated data in ``resources/prices``, one TOML file for each host.

A file of the same form in the folder ``prices`` of the user's configuration replaces a shipped one, or adds a host,
without a new version of ftdesk. A price that is not known is left out, never guessed.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path
from typing import Any

from ftdesk import resources
from ftdesk.errors import InputError
from ftdesk.storage.folders import Folders
from ftdesk.validation.requirements import base_model

_KEYS = frozenset(
    {
        "title", "as_of", "source", "note", "training_tokens_per_second", "automatic_epochs", "automatic_steps",
        "models", "serving",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ModelPrice:
    """What one model costs, in dollars for a million tokens; ``None`` where that is not known.

    ``match`` are patterns of its names, ``training`` is for each token that is read in each epoch, and the others are
    for asking the tuned model. ``as_of`` and ``source`` say when and where that was read.
    """

    match: tuple[str, ...]
    training: float | None
    input: float | None
    cached_input: float | None
    output: float | None
    as_of: date
    source: str
    note: str


@dataclass(frozen=True, slots=True)
class Serving:
    """A way in which a host lets a tuned model answer. ``per_hour`` dollars are due even if nobody asks it.

    ``None``: an hourly price that is not known. ``per_token``: the prices for tokens are due as well. ``lasts_hours``:
    the host ends it by itself.
    """

    name: str
    per_hour: float | None
    per_token: bool
    lasts_hours: int | None
    note: str


@dataclass(frozen=True, slots=True)
class EpochsByReads:
    """So many epochs that an example is read often enough in all: ``usual`` ones, more of few, fewer of many examples.

    OpenAI's cookbook estimates the automatic choice so.
    """

    usual: int
    fewest_reads: int
    most_reads: int | None
    most: int

    def epochs(self, examples: int) -> int:
        """Epochs for so many examples."""
        count = max(1, examples)
        if count * self.usual < self.fewest_reads:
            return min(self.most, max(self.usual, self.fewest_reads // count))
        if self.most_reads is not None and count * self.usual > self.most_reads:
            return max(1, self.most_reads // count)
        return self.usual


@dataclass(frozen=True, slots=True)
class EpochsBySteps:
    """As many epochs as make ``steps`` steps of ``batch_size`` examples, from ``from_examples`` examples on."""

    from_examples: int
    steps: int
    batch_size: int
    fewest: int
    most: int

    def epochs(self, examples: int) -> int:
        """Epochs for so many examples."""
        steps_per_epoch = max(1, math.ceil(examples / self.batch_size))
        return min(self.most, max(self.fewest, round(self.steps / steps_per_epoch)))


@dataclass(frozen=True, slots=True)
class AutomaticEpochs:
    """What a host makes of ``auto``. ``published`` is false where that is an estimate; ``note`` says whose."""

    rules: tuple[EpochsByReads | EpochsBySteps, ...]
    published: bool
    note: str

    def epochs(self, examples: int) -> int:
        """Epochs for so many examples."""
        fitting = [rule for rule in self.rules if not isinstance(rule, EpochsBySteps) or rule.from_examples <= examples]
        return (fitting or list(self.rules))[-1].epochs(examples)


@dataclass(frozen=True, slots=True)
class PriceList:
    """All prices of one host."""

    host: str
    title: str
    as_of: date
    source: str
    note: str
    automatic_epochs: AutomaticEpochs
    models: tuple[ModelPrice, ...]
    serving: tuple[Serving, ...]
    training_tokens_per_second: float | None

    def price_of(self, model: str) -> ModelPrice | None:
        """The first entry that fits the model, fine-tuned or not; ``None`` where nothing is known of it."""
        name = base_model(model)
        return next((price for price in self.models if any(fnmatchcase(name, each) for each in price.match)), None)


def all_prices() -> tuple[PriceList, ...]:
    """Those of every host that is known, the user's own files included, by name.

    Raises ``InputError`` for a file of the user that cannot be used.
    """
    users = Folders.of_user().prices
    return _load(users, _stamp(users))


def shipped_prices() -> tuple[PriceList, ...]:
    """Those that come with ftdesk, by name."""
    return _load(None, ())


def prices_of(host: str) -> PriceList | None:
    """Those of one host, or ``None`` where none are known. Raises ``InputError`` for a file that cannot be used."""
    return next((prices for prices in all_prices() if prices.host == host), None)


@lru_cache(maxsize=4)
def _load(users: Path | None, stamp: tuple[tuple[str, int], ...]) -> tuple[PriceList, ...]:  # noqa: ARG001 - the key
    paths = _files(resources.path("prices")) | (_files(users) if users is not None else {})
    return tuple(_read(paths[host]) for host in sorted(paths))


def _stamp(folder: Path) -> tuple[tuple[str, int], ...]:
    """What changes when a file in the folder does, so that a price is used as soon as it is written down."""
    try:
        return tuple(sorted((path.name, path.stat().st_mtime_ns) for path in _files(folder).values()))
    except OSError:  # one has just gone; the next look is another
        return ()


def _files(folder: Path) -> dict[str, Path]:
    try:
        return {path.stem: path for path in folder.iterdir() if path.suffix == ".toml"}
    except OSError:  # mostly, there is no such folder
        return {}


def _read(path: Path) -> PriceList:
    try:
        return parse_prices(path.read_text(encoding="utf-8"), path.stem)
    except (OSError, ValueError) as error:  # TOML and UTF-8 errors are ValueErrors
        reason = str(error).rstrip(".").replace("\n", " ")
        raise InputError(
            f"The prices in {path} cannot be used: {reason}.",
            hint="Correct the file, or remove it to use those that come with ftdesk.",
        ) from error


def parse_prices(text: str, host: str) -> PriceList:
    """Prices from TOML. Raises ``ValueError`` that names the key."""
    table = _Table(tomllib.loads(text), "")
    table.allow(_KEYS)
    as_of, source = table.day("as_of"), table.text("source")
    epochs = table.part("automatic_epochs")
    epochs.allow({"usual", "fewest_reads", "most_reads", "most", "published", "source", "note"})
    by_steps = tuple(_by_steps(part) for part in table.parts("automatic_steps"))
    return PriceList(
        host=host,
        title=table.text("title", host),
        as_of=as_of,
        source=source,
        note=table.text("note", ""),
        automatic_epochs=AutomaticEpochs(
            rules=by_steps or (_by_reads(epochs),),
            published=bool(by_steps) or epochs.flag("published"),
            note=epochs.text("note", ""),
        ),
        models=tuple(_model(part, as_of, source) for part in table.parts("models")),
        serving=tuple(_serving(part) for part in table.parts("serving")),
        training_tokens_per_second=table.amount("training_tokens_per_second"),
    )


def _by_reads(table: _Table) -> EpochsByReads:
    return EpochsByReads(
        usual=table.number("usual", 3),
        fewest_reads=table.number("fewest_reads", 1),
        most_reads=table.number("most_reads", 0) or None,
        most=table.number("most", 50),
    )


def _by_steps(table: _Table) -> EpochsBySteps:
    table.allow({"from_examples", "steps", "batch_size", "fewest", "most"})
    return EpochsBySteps(
        from_examples=table.number("from_examples", 0),
        steps=table.number("steps"),
        batch_size=table.number("batch_size"),
        fewest=table.number("fewest"),
        most=table.number("most"),
    )


def _model(table: _Table, as_of: date, source: str) -> ModelPrice:
    table.allow({"match", "training", "input", "cached_input", "output", "as_of", "source", "note"})
    return ModelPrice(
        match=tuple(name.lower() for name in table.texts("match")),
        training=table.amount("training"),
        input=table.amount("input"),
        cached_input=table.amount("cached_input"),
        output=table.amount("output"),
        as_of=table.day("as_of", as_of),
        source=table.text("source", source),
        note=table.text("note", ""),
    )


def _serving(table: _Table) -> Serving:
    table.allow({"name", "per_hour", "per_token", "lasts_hours", "note"})
    return Serving(
        name=table.text("name"),
        per_hour=table.amount("per_hour"),
        per_token=table.flag("per_token"),
        lasts_hours=table.number("lasts_hours", 0) or None,
        note=table.text("note", ""),
    )


class _Table:
    """A TOML table that says where a value of the wrong kind stands. Every method may raise ``ValueError``."""

    def __init__(self, values: Mapping[str, Any], place: str) -> None:
        self._values = values
        self._place = place

    def allow(self, keys: frozenset[str] | set[str]) -> None:
        unknown = self._values.keys() - keys
        if unknown:
            raise ValueError(f"the key {self._place}{min(unknown)} is not known")

    def text(self, key: str, default: str | None = None) -> str:
        value = self._values.get(key, default)
        if not isinstance(value, str):
            raise ValueError(f"{self._place}{key} must be a text")
        return value

    def texts(self, key: str) -> list[str]:
        values = self._values.get(key)
        if not (isinstance(values, list) and values and all(isinstance(value, str) for value in values)):
            raise ValueError(f"{self._place}{key} must be a list of texts")
        return values

    def day(self, key: str, default: date | None = None) -> date:
        value = self._values.get(key, default)
        if type(value) is not date:
            raise ValueError(f"{self._place}{key} must be a date, such as 2026-11-22")
        return value

    def amount(self, key: str) -> float | None:
        """A number from 0, or ``None`` where it is not given."""
        value = self._values.get(key)
        if value is None:
            return None
        if type(value) not in {int, float} or not 0 <= value < math.inf:
            raise ValueError(f"{self._place}{key} must be a number from 0")
        return float(value)

    def number(self, key: str, default: int | None = None) -> int:
        value = self._values.get(key, default)
        if type(value) is not int or value < 0:
            raise ValueError(f"{self._place}{key} must be a whole number from 0")
        return value

    def flag(self, key: str) -> bool:
        value = self._values.get(key, False)
        if not isinstance(value, bool):
            raise ValueError(f"{self._place}{key} must be true or false")
        return value

    def part(self, key: str) -> _Table:
        value = self._values.get(key, {})
        if not isinstance(value, dict):
            raise ValueError(f"{self._place}{key} must be a table")
        return _Table(value, f"{self._place}{key}.")

    def parts(self, key: str) -> list[_Table]:
        values = self._values.get(key, [])
        if not (isinstance(values, list) and all(isinstance(value, dict) for value in values)):
            raise ValueError(f"{self._place}{key} must be tables, each begun with [[{key}]]")
        return [_Table(value, f"{self._place}{key}[{index}].") for index, value in enumerate(values)]

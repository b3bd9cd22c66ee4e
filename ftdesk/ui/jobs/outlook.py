"""What can be said before a launch about the data that would be sent: errors, parts, tokens, cost and time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from ftdesk.errors import InputError
from ftdesk.hosts.types import LOCAL
from ftdesk.jobs.types import Job
from ftdesk.ui.checking import Checking
from ftdesk.ui.jobs.estimate import expected_seconds
from ftdesk.ui.jobs.training_data import TrainingData
from ftdesk.ui.jobs.wording import duration, money
from ftdesk.ui.prices import amount
from ftdesk.ui.text import plural
from ftdesk.validation.cost import CostEstimate, Size, estimate
from ftdesk.validation.prices import PriceList
from ftdesk.validation.requirements import requirements_of, token_limit_of


def _tr(text: str) -> str:
    return QCoreApplication.translate("Launch", text)


@dataclass(frozen=True, slots=True)
class Outlook:
    """Everything is about ``data``, by what ``checking`` knows of the rows it was made from."""

    data: TrainingData
    checking: Checking
    host: str
    profile: str
    model: str
    prices: PriceList | None

    def parts(self) -> str:
        """How many examples go where."""
        names = {"train": _tr("train"), "validation": _tr("validate"), "test": _tr("test")}
        parts = [f"{len(rows):,} {names[part]}" for part, rows in self.data.rows.items()]
        if self.data.left_out:
            one, many = _tr("1 line left out: no example"), _tr("{number} lines left out: no examples")
            parts.append(plural(len(self.data.left_out), one, many))
        return " · ".join(parts)

    def rejection(self) -> str:
        """Why the host would reject the file, as far as the check can tell; empty when it would not."""
        training = self.data.rows.get("train", ())
        least = _least_examples(self.profile)
        if len(training) < least:
            return _tr("The host asks for at least {least} examples to train on; these are {count}.").format(
                least=least, count=len(training)
            )
        if not self.checking.count("error"):
            return ""
        sent = {row for part, rows in self.data.rows.items() if part != "test" for row in rows}
        wrong = {
            row
            for row, finding in self.checking.all_findings()
            if finding.severity == "error" and (row in sent or row < 0)
        }
        if not wrong:
            return ""
        line = min(wrong) + 1
        where = _tr("the first is line {line}").format(line=line) if line else _tr("see Check")
        what = plural(len(wrong), _tr("1 error"), _tr("{number} errors"))
        return _tr("{errors}: the host would reject this file ({where}).").format(errors=what, where=where)

    def acceptance(self) -> str:
        """What to know although nothing is wrong."""
        warnings = self.checking.count("warning")
        if not warnings:
            return _tr("No errors and no warnings.")
        what = plural(warnings, _tr("1 warning"), _tr("{number} warnings"))
        return _tr("No errors, {warnings} (see Check).").format(warnings=what)

    def expectation(self, epochs: int | None, past: Sequence[Job]) -> str:
        """Tokens × epochs, cost, and how long it may take. ``epochs`` is ``None`` for the host's choice."""
        cost = self.cost(epochs)
        told = [self._tokens(epochs, cost), self._price(cost)]
        rough = cost.seconds if cost is not None else None
        seconds = expected_seconds(self.host, _size(self.data.training), epochs, past, rough)
        if seconds is not None:
            told.append(_tr("about {time}").format(time=duration(_rounded(seconds))))
        return " · ".join(told)

    def cost(self, epochs: int | None) -> CostEstimate | None:
        """What the host would bill; ``None`` where none of its prices are known."""
        return None if self.prices is None else estimate(self.prices, self._training_size(), self.model, epochs)

    def _training_size(self) -> Size:
        """What is trained on, up to the host's limit. How much are answers is known of the dataset as a whole."""
        training, summary = self.data.rows.get("train", ()), self.checking.summary
        counts = [self.checking.tokens(row) or 0 for row in training]
        limit = _token_limit(self.profile, self.model)
        cut = 0 if limit is None else sum(max(0, count - limit) for count in counts)
        share = summary.trained / summary.tokens if summary and summary.tokens else 0.0
        answers = max(0, round(sum(counts) * share) - cut)
        return Size(len(training), sum(counts) - cut, answers, exact=summary is not None and summary.exact)

    def _tokens(self, epochs: int | None, cost: CostEstimate | None) -> str:
        tokens = cost.size.tokens if cost is not None else self._training_size().tokens
        if cost is None and epochs is None:
            return _tr("{tokens} tokens × automatic epochs").format(tokens=f"{tokens:,}")
        number = cost.epochs if cost is not None else epochs or 1
        times = plural(number, _tr("1 epoch"), _tr("{number} epochs"))
        if cost is not None and cost.epochs_assumed:
            times = _tr("perhaps {epochs} (the host chooses)").format(epochs=times)
        text = _tr("{tokens} tokens × {times} = {total} tokens")
        return text.format(tokens=f"{tokens:,}", times=times, total=f"{tokens * number:,}")

    def _price(self, cost: CostEstimate | None) -> str:
        if self.host == LOCAL:
            return money(None, LOCAL)
        if cost is None or cost.training is None or cost.price is None:
            return _tr("billed by the host; its price is not known here")
        text = _tr("about {cost} ({rate} a million tokens, prices of {day})").format(
            cost=amount(cost.training), rate=amount(cost.price.training), day=f"{cost.as_of:%Y-%m-%d}"
        )
        hourly = [each.serving.per_hour for each in cost.serving if each.serving.lasts_hours is None]
        known = [price for price in hourly if price is not None]
        if known and min(known) > 0:
            text += " · " + _tr("then {price} an hour while it is deployed").format(price=amount(min(known)))
        return text


def _least_examples(host: str) -> int:
    try:
        return requirements_of(host).min_examples
    except InputError:
        return 1


def _token_limit(host: str, model: str) -> int | None:
    try:
        return token_limit_of(host, model)
    except InputError:
        return None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _rounded(seconds: float) -> float:
    """As exact as a guess is: to 5 s below a minute, to half a minute above."""
    step = 5 if seconds < 60 else 30
    return max(step, round(seconds / step) * step)

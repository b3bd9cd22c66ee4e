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
from ftdesk.ui.text import plural
from ftdesk.validation.requirements import requirements_of


def _tr(text: str) -> str:
    return QCoreApplication.translate("Launch", text)


@dataclass(frozen=True, slots=True)
class Outlook:
    """Everything is about ``data``, by what ``checking`` knows of the rows it was made from."""

    data: TrainingData
    checking: Checking
    host: str

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
        least = _least_examples(self.host)
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
        training = self.data.rows.get("train", ())
        tokens = sum(self.checking.tokens(row) or 0 for row in training)
        told = [_tr("{tokens} tokens × automatic epochs").format(tokens=f"{tokens:,}")]
        if epochs is not None:
            told = [
                _tr("{tokens} tokens × {epochs} epochs = {total} tokens").format(
                    tokens=f"{tokens:,}", epochs=epochs, total=f"{tokens * epochs:,}"
                )
            ]
        told.append(money(None, LOCAL) if self.host == LOCAL else _tr("billed by the host"))
        size = _size(self.data.training)
        seconds = expected_seconds(self.host, tokens, size, len(training), epochs, past)
        if seconds is not None:
            told.append(_tr("about {time}").format(time=duration(_rounded(seconds))))
        return " · ".join(told)


def _least_examples(host: str) -> int:
    try:
        return requirements_of(host).min_examples
    except InputError:
        return 1


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _rounded(seconds: float) -> float:
    """As exact as a guess is: to 5 s below a minute, to half a minute above."""
    step = 5 if seconds < 60 else 30
    return max(step, round(seconds / step) * step)

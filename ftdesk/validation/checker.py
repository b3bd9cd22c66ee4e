"""Checks single lines, as they are typed, and whole files, with progress and bounded memory.

Cheap to import; the token vocabulary is loaded when the first example is counted.
"""

from __future__ import annotations

import os
from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Literal

from ftdesk.dataset.record import kind_of
from ftdesk.errors import InputError
from ftdesk.storage.files import read_at
from ftdesk.validation.cache import CheckCache, whole_key
from ftdesk.validation.findings import METHODS, Finding, HostVerdict, Method, Report, Severity
from ftdesk.validation.indexes import INDEXES, Sizes
from ftdesk.validation.likenesses import MOST_CHARACTERS, Likenesses
from ftdesk.validation.line_checker import DATASET_RULES, LIKENESS_RULES, LineChecker
from ftdesk.validation.parallel import CheckedPart, FileIdentity, PartChecker, check_in_order
from ftdesk.validation.reading import open_training_file, read_lines_from, split_lines
from ftdesk.validation.record import read_line
from ftdesk.validation.requirements import (
    DEFAULT_HOST,
    Requirements,
    Verdict,
    requirements_or_default,
    usable_requirements,
)
from ftdesk.validation.rule import Against
from ftdesk.validation.tally import PlacedVerdict, RecordResult, Tally, facts_in

__all__ = ["CheckEvent", "CheckFinished", "CheckProgress", "Checker", "MethodChoice", "RecordResult"]

MethodChoice = Literal["auto", "supervised", "preference", "reinforcement"]

_HEAD = 256 * 1024
"""So many bytes at a time are looked at until the method is known."""
_IN_MEMORY = 1000
"""Lines in memory that are checked at a time."""


@dataclass(frozen=True, slots=True)
class CheckProgress:
    """So much of the file is checked."""

    done_bytes: int
    total_bytes: int
    lines: int


@dataclass(frozen=True, slots=True)
class CheckFinished:
    report: Report


CheckEvent = CheckProgress | CheckFinished
"""What a check of a file yields: progress, and at the end the report."""


class Checker:
    """Checks lines for one method, one host and one model, and counts what is wrong for every other host.

    With ``"auto"`` the method is that of most examples at the beginning of the first file that is checked. A checker
    remembers what the dataset rules must know of that file, so that an edited line is checked against all others with
    ``recheck``. ``against`` is a test file whose questions must not occur.
    """

    def __init__(
        self,
        method: MethodChoice = "auto",
        *,
        model: str | None = None,
        requirements: Requirements | None = None,
        count_tokens: bool = True,
        against: Against | None = None,
    ) -> None:
        self.requirements = requirements or requirements_or_default(DEFAULT_HOST)
        others = (other for other in usable_requirements() if other.host != self.requirements.host)
        self.hosts: tuple[Requirements, ...] = (self.requirements, *others)
        """The chosen host first. A verdict has a severity for each."""
        self.against = against or Against()
        self.line_checker = LineChecker(
            None if method == "auto" else method,
            self.hosts,
            model,
            asked=method != "auto",
            count_tokens=count_tokens,
        )
        self._clear()

    @property
    def method(self) -> Method | None:
        """The method of the file, as soon as it is known."""
        return self.line_checker.method

    @method.setter
    def method(self, method: Method) -> None:
        self.line_checker.method = method

    def check_record(self, line_number: int, raw: bytes) -> RecordResult:
        """Check one line, without its LF, by itself. Never raises, whatever the bytes."""
        return self.line_checker.check_one(line_number, raw)

    def recheck(
        self, key: int, line_number: int, before: RecordResult | None, raw: bytes | None
    ) -> RecordResult | None:
        """Check one line again after an edit, and tell the dataset rules, at the cost of one look-up.

        ``key`` is the line's number when its file was checked, or any other number for a new line. ``before`` is the
        result for the old text, ``None`` for a new line; ``raw`` is the new text, ``None`` for a line that was removed.
        """
        self._remember_waiting()
        self._compare_waiting()
        if before is not None:
            for index, fact in zip(self._indexes, before.facts, strict=True):
                index.remove(key, fact)
            self._likenesses.remove(key)
        if raw is None:
            return None
        self._likenesses.add(key, raw)
        result = self.check_record(line_number, raw)
        for index, fact in zip(self._indexes, result.facts, strict=True):
            index.add(key, fact)
        return result

    def remember(self, key: int, tally: Tally, lines: Sequence[bytes]) -> None:
        """Tell the dataset rules of lines whose keys are ``key`` and those after it, and of their tally."""
        self._waiting.append((key, tally.facts))
        self._remember_waiting()
        for number, raw in enumerate(lines, key):
            self._likenesses.add(number, raw)

    def forget(self, key: int, facts: Iterable[int]) -> None:
        """Tell the dataset rules that a line has gone; ``facts`` are its numbers in the columns of its tally."""
        self._remember_waiting()
        for index, fact in zip(self._indexes, facts_in(array("Q", facts)), strict=True):
            index.remove(key, fact)
        self._likenesses.remove(key)

    def dataset_findings(self, line_of: Callable[[int], int] = lambda key: key) -> list[Finding]:
        """What is wrong now with the examples as a whole. ``line_of`` gives the present line number of a key."""
        return self.judge_dataset(line_of)[0]

    def judge_dataset(
        self, line_of: Callable[[int], int] = lambda key: key
    ) -> tuple[list[Finding], list[PlacedVerdict]]:
        """The same, with the verdict on each problem, also of those that are none for the chosen host."""
        self._remember_waiting()
        self._compare_waiting()
        indexes = dict(zip(INDEXES, self._indexes, strict=True))
        found = chain(
            ((rule, *found) for rule in DATASET_RULES for found in rule.check(indexes[rule.index], line_of)),
            ((rule, *found) for rule in LIKENESS_RULES for found in rule.check(self._likenesses, line_of)),
        )
        return self.line_checker.judge(
            (rule, None if key is None else line_of(key), problem) for rule, key, problem in found
        )

    def check_file(self, path: Path, *, workers: int = 1, cache: CheckCache | None = None) -> Iterator[CheckEvent]:
        """Check a file: progress on the way and the report at the end. The file is only read.

        A plain generator that may run in any thread; close it to stop. With more than one of ``workers``, a large
        file is shared out to so many processes. With a ``cache``, what has not changed since it was last checked is
        not checked again, wherever it stands now. Raises ``InputError`` for a file that cannot be read, is empty or is
        not text.
        """
        file, _ = open_training_file(path)
        with file:
            identity = FileIdentity.of(os.fstat(file.fileno()))
            self._settle_method_of(file.fileno(), identity.size)
            ends_without_lf = read_at(file.fileno(), identity.size - 1, 1) != b"\n"
        self._clear(ends_without_lf=ends_without_lf)
        with PartChecker(self.line_checker, path, identity, cache) as parts:
            yield from self._sum_up(check_in_order(parts, workers), str(path), identity.size, parts)
        if cache is not None:
            cache.trim()

    def check_lines(self, lines: Sequence[bytes], name: str = "") -> Report:
        """Check lines that are in memory already, each without its LF."""
        size = sum(len(line) + 1 for line in lines)
        self._settle_method(lines, first=True)
        blocks = (lines[start : start + _IN_MEMORY] for start in range(0, len(lines), _IN_MEMORY))
        parts = (CheckedPart(self.line_checker.check(block, first=at == 0), size) for at, block in enumerate(blocks))
        self._clear()
        self._compare(lines, size)
        events = self._sum_up(parts, name, size)
        return next(event.report for event in events if isinstance(event, CheckFinished))

    def _sum_up(
        self, checked: Iterable[CheckedPart], name: str, size: int, parts: PartChecker | None = None
    ) -> Iterator[CheckEvent]:
        total, keys, all_known = Tally(), [], True
        for tally, done, key, was_known in checked:
            self._waiting.append((total.lines + 1, tally.facts))
            all_known = all_known and was_known
            if not all_known:
                self._remember_waiting()
            keys.append(key)
            tally.shift(total.lines)
            total.merge(tally)
            yield CheckProgress(done, size, total.lines)
        cache = parts.cache if parts is not None else None
        key = whole_key(parts.settings, keys, self.against) if parts is not None else b""
        across = cache.find_tally(key) if cache is not None and all_known else None
        self._uncompared = parts
        if across is None:
            across = self._across()
            if cache is not None:
                cache.keep(key, across.to_bytes())
        total.merge(across)
        yield CheckFinished(self._report(total, name, size))

    def _compare(self, lines: Iterable[bytes], size: int) -> None:
        """Take in all lines for the likeness rules, unless there are more than they compare."""
        if size <= MOST_CHARACTERS or self.against.name:
            for key, raw in enumerate(lines, 1):
                self._likenesses.add(key, raw)

    def _compare_waiting(self) -> None:
        """Take in the lines of the file that was checked, unless that has happened or it is another file now."""
        parts, self._uncompared = self._uncompared, None
        if parts is None:
            return
        with suppress(InputError):
            if parts.is_open:
                self._compare(parts.lines(), parts.identity.size)
            else:
                with parts:
                    self._compare(parts.lines(), parts.identity.size)

    def _across(self) -> Tally:
        """What is wrong with the examples as a whole."""
        tally = Tally()
        tally.findings, verdicts = self.judge_dataset()
        tally.add_verdicts(verdicts)
        return tally

    def _remember_waiting(self) -> None:
        for first_line, facts in self._waiting:
            for index, column in zip(self._indexes, facts, strict=True):
                for key, fact in enumerate(facts_in(column), first_line):
                    index.add(key, fact)
        self._waiting.clear()

    def _settle_method_of(self, descriptor: int, size: int) -> None:
        """Look at the beginning of a file until an example says what its method is."""
        for start in range(0, size, _HEAD):
            if self.method is None:
                lines = split_lines(read_lines_from(descriptor, start, min(start + _HEAD, size)))
                self._settle_method(lines, first=start == 0)

    def _settle_method(self, lines: Iterable[bytes], *, first: bool) -> None:
        """If the method is not known, it becomes that of most of these lines, if they hold any example."""
        if self.line_checker.method is None:
            self.line_checker.method = _prevailing_method(lines, first=first)

    def _report(self, tally: Tally, name: str, size: int) -> Report:
        lines = self.line_checker
        tally.findings.sort(key=lambda finding: (finding.line is None, finding.line or 0))
        return Report(
            file=name,
            method=self.method or "supervised",
            lines=tally.lines,
            examples=tally.examples,
            bytes=size,
            host=self.requirements.host,
            findings=tuple(tally.findings),
            tokens=tally.token_summary(lines.encoding, exact=lines.is_known_encoding) if lines.count_tokens else None,
            example_tokens=tally.example_tokens(),
            example_answers=tally.example_answers(),
            hosts=self.host_verdicts(tally.verdicts),
        )

    def host_verdicts(self, verdicts: Mapping[Verdict, int]) -> dict[str, HostVerdict]:
        """The errors and warnings of every host, the chosen one first, from how often each verdict was given."""
        counts = {}
        for position, host in enumerate(self.hosts):
            graves: Counter[Severity | None] = Counter()
            for verdict, number in verdicts.items():
                graves[verdict[position]] += number
            counts[host.host] = HostVerdict(graves["error"], graves["warning"])
        return counts

    def _clear(self, *, ends_without_lf: bool = False) -> None:
        self._indexes = [index() for index in INDEXES]
        for index in self._indexes:
            if isinstance(index, Sizes):
                index.bytes = -ends_without_lf
        self._likenesses = Likenesses(self.against)
        # Facts that the indexes are told as soon as somebody asks them: where all is in the cache, nobody does.
        self._waiting: list[tuple[int, list[array[int]]]] = []
        self._uncompared = None


def _prevailing_method(lines: Iterable[bytes], *, first: bool) -> Method | None:
    """The method of most of these lines, or ``None`` if none of them is an example."""
    kinds: Counter[Method] = Counter()
    for position, raw in enumerate(lines):
        value = read_line(raw, first=first and position == 0).value
        if isinstance(value, dict):
            kind = kind_of(value)
            kinds[kind if kind in METHODS else "supervised"] += 1
    if not kinds:
        return None
    if kinds["preference"] > kinds["supervised"] + kinds["reinforcement"]:
        return "preference"
    return "reinforcement" if kinds["reinforcement"] > kinds["supervised"] else "supervised"

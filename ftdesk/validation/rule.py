"""What a rule is.

A rule is one function with a stable code, a severity, the reason why it exists, and a bad and a good example of its
own, which are its first test. There are four kinds: a line rule looks at the text of one line, a record rule at the
example that it holds, a token rule at how many tokens that has, and a dataset rule at what one example has to do with
the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol

from ftdesk.validation.findings import Fix, Method, Severity
from ftdesk.validation.record import Example, Line
from ftdesk.validation.requirements import Requirements
from ftdesk.validation.tokens import ExampleTokens

Fact = int | None
"""What a dataset rule remembers of one line: small, so that millions fit. ``None``: the line does not concern it."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What a rule says of one line. The frame adds the line number and the rule's code and severity.

    ``severity`` overrides the rule's own, for a case that is less grave than the usual one.
    """

    message: str
    path: str | None = None
    column: int | None = None
    severity: Severity | None = None
    fix: Fix | None = None


class Index(Protocol):
    """The memory of a dataset rule.

    A line is known by a key of the caller's choice that stays the same while lines move. Adding or removing one line
    costs one look-up, whatever the size of the dataset.
    """

    def add(self, key: int, fact: Fact) -> None: ...

    def remove(self, key: int, fact: Fact) -> None:
        """``fact`` is what was added for ``key``."""

    def problems(self, line_of: Callable[[int], int]) -> Iterator[tuple[int | None, Problem]]:
        """Everything wrong now, with the key of its line, or ``None`` for the dataset as a whole.

        ``line_of`` gives the present line number of a key.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """``title`` names the rule in a list; ``why`` is for the person who asks what is bad about it.

    ``good`` and ``bad`` are the content of a file without and with the problem, when checked for ``method``.
    """

    code: str
    severity: Severity
    title: str
    why: str
    good: bytes
    bad: bytes
    method: Method | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRule(Rule):
    check: Callable[[Line], Iterable[Problem]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRule(Rule):
    """``reads_text`` rules look into the words. The others see structure only and are skipped for plain examples."""

    check: Callable[[Example], Iterable[Problem]]
    reads_text: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRule(Rule):
    """Asked only where tokens are counted and the model's limit is known."""

    check: Callable[[ExampleTokens, int], Iterable[Problem]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetRule(Rule):
    """``fact`` is taken where the line is parsed, maybe in another process; the index lives where the dataset is."""

    fact: Callable[[Line], Fact]
    index: Callable[[Requirements], Index]


def line_rule(
    code: str, severity: Severity, title: str, *, why: str, good: bytes, bad: bytes
) -> Callable[[Callable[[Line], Iterable[Problem]]], LineRule]:
    """Make a function on a line a rule."""

    def make(check: Callable[[Line], Iterable[Problem]]) -> LineRule:
        return LineRule(code=code, severity=severity, title=title, why=why, good=good, bad=bad, check=check)

    return make


def record_rule(
    code: str,
    severity: Severity,
    title: str,
    *,
    why: str,
    good: bytes,
    bad: bytes,
    method: Method | None = None,
    reads_text: bool = False,
) -> Callable[[Callable[[Example], Iterable[Problem]]], RecordRule]:
    """Make a function on an example a rule."""

    def make(check: Callable[[Example], Iterable[Problem]]) -> RecordRule:
        return RecordRule(
            code=code,
            severity=severity,
            title=title,
            why=why,
            good=good,
            bad=bad,
            method=method,
            check=check,
            reads_text=reads_text,
        )

    return make


def token_rule(
    code: str, severity: Severity, title: str, *, why: str, good: bytes, bad: bytes
) -> Callable[[Callable[[ExampleTokens, int], Iterable[Problem]]], TokenRule]:
    """Make a function on the tokens of an example, and the most that the model takes, a rule."""

    def make(check: Callable[[ExampleTokens, int], Iterable[Problem]]) -> TokenRule:
        return TokenRule(code=code, severity=severity, title=title, why=why, good=good, bad=bad, check=check)

    return make


def dataset_rule(
    code: str,
    severity: Severity,
    title: str,
    *,
    why: str,
    good: bytes,
    bad: bytes,
    index: Callable[[Requirements], Index],
) -> Callable[[Callable[[Line], Fact]], DatasetRule]:
    """Make a function that takes a fact from a line, and an index of such facts, a rule."""

    def make(fact: Callable[[Line], Fact]) -> DatasetRule:
        return DatasetRule(
            code=code, severity=severity, title=title, why=why, good=good, bad=bad, fact=fact, index=index
        )

    return make

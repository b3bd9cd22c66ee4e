"""What a rule is.

A rule is one function with a stable code, a severity, the reason why it exists, and a bad and a good example of its
own, which are its first test. There are six kinds: a line rule looks at the text of one line, a record rule at the
form of the example that it holds, a text rule at its words, a token rule at how many tokens that has, a dataset rule
at what one example has to do with the others, and a likeness rule at which are almost the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ftdesk.validation.findings import Method, Severity
from ftdesk.validation.problem import Problem
from ftdesk.validation.record import Example, Line
from ftdesk.validation.scanning import Passage
from ftdesk.validation.tokens import ExampleTokens

if TYPE_CHECKING:
    from ftdesk.validation.likenesses import Likenesses

__all__ = [
    "Against",
    "DatasetRule",
    "Fact",
    "Index",
    "LikenessRule",
    "LineRule",
    "Problem",
    "RecordRule",
    "Rule",
    "TextRule",
    "TokenRule",
    "dataset_rule",
    "likeness_rule",
    "line_rule",
    "record_rule",
    "text_rule",
    "token_rule",
]

Fact = int | None
"""What an index remembers of one line, below 2⁶³: small, so that millions fit. ``None``: nothing."""

LineOf = Callable[[int], int]
"""Gives the present number of the line that is known by a key."""


@dataclass(frozen=True, slots=True)
class Against:
    """A test file: its name, and the numbers of its questions with the line on which each stands first.

    ``folded`` has the numbers of the questions without case and punctuation. ``signatures`` are those that likeness is
    judged by, with their lines, and ``template`` is what was left out of them.
    """

    name: str = ""
    questions: Mapping[int, int] = field(default_factory=dict)
    folded: Mapping[int, int] = field(default_factory=dict)
    signatures: tuple[tuple[int, bytes], ...] = ()
    template: frozenset[str] = frozenset()


class Index(Protocol):
    """What is remembered of a dataset for the rules that ask about it. Several rules may ask the same index.

    A line is known by a key of the caller's choice that stays the same while lines move. Adding or removing one line
    costs one look-up, whatever the size of the dataset.
    """

    @staticmethod
    def fact(line: Line) -> Fact:
        """What it remembers of a line. Taken where the line is parsed, maybe in another process."""

    def add(self, key: int, fact: Fact) -> None: ...

    def remove(self, key: int, fact: Fact) -> None:
        """``fact`` is what was added for ``key``."""


_AnyIndex = TypeVar("_AnyIndex", bound=Index)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """``title`` names the rule in a list; ``why`` is for the person who asks what is bad about it.

    ``good`` and ``bad`` are the content of a file without and with the problem, when checked for ``method`` and, if it
    is a problem for some hosts only, for ``host``.
    """

    code: str
    severity: Severity
    title: str
    why: str
    good: bytes
    bad: bytes
    method: Method | None = None
    host: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LineRule(Rule):
    check: Callable[[Line], Iterable[Problem]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRule(Rule):
    """Sees structure only, and is skipped for plain examples, which have none that could be wrong."""

    check: Callable[[Example], Iterable[Problem]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRule(Rule):
    """Looks into the words. ``suspects`` says of a plain example, at next to no cost, whether that could find anything.

    It may suspect too much, never too little. Where it ``reads_bytes`` of the line alone, it is asked of any example.
    Nothing is asked of lines, of any kind, where ``notices``, as cautious and given many at once, sees nothing.
    """

    check: Callable[[Example], Iterable[Problem]]
    suspects: Callable[[Line], bool]
    notices: Callable[[Passage], bool] | None = None
    reads_bytes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRule(Rule):
    """Asked where tokens are counted and an example is longer than some host takes."""

    check: Callable[[ExampleTokens], Iterable[Problem]]


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetRule(Rule):
    """``check`` asks the index for all that is wrong now, with the key of its line, or ``None`` for the whole file."""

    check: Callable[[Any, LineOf], Iterable[tuple[int | None, Problem]]]
    index: type[Index]


@dataclass(frozen=True, slots=True, kw_only=True)
class LikenessRule(Rule):
    """``check`` asks which examples are alike, where there are not too many to compare, with keys as dataset rules."""

    check: Callable[[Likenesses, LineOf], Iterable[tuple[int | None, Problem]]]


def line_rule(
    code: str, severity: Severity, title: str, *, why: str, good: bytes, bad: bytes, host: str | None = None
) -> Callable[[Callable[[Line], Iterable[Problem]]], LineRule]:
    """Make a function on a line a rule."""

    def make(check: Callable[[Line], Iterable[Problem]]) -> LineRule:
        return LineRule(code=code, severity=severity, title=title, why=why, good=good, bad=bad, host=host, check=check)

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
    host: str | None = None,
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
            host=host,
            check=check,
        )

    return make


def text_rule(
    code: str,
    severity: Severity,
    title: str,
    *,
    why: str,
    good: bytes,
    bad: bytes,
    suspects: Callable[[Line], bool],
    notices: Callable[[Passage], bool] | None = None,
    reads_bytes: bool = False,
) -> Callable[[Callable[[Example], Iterable[Problem]]], TextRule]:
    """Make a function on the words of an example a rule."""

    def make(check: Callable[[Example], Iterable[Problem]]) -> TextRule:
        return TextRule(
            code=code,
            severity=severity,
            title=title,
            why=why,
            good=good,
            bad=bad,
            suspects=suspects,
            notices=notices,
            reads_bytes=reads_bytes,
            check=check,
        )

    return make


def token_rule(
    code: str, severity: Severity, title: str, *, why: str, good: bytes, bad: bytes
) -> Callable[[Callable[[ExampleTokens], Iterable[Problem]]], TokenRule]:
    """Make a function on the tokens of an example a rule."""

    def make(check: Callable[[ExampleTokens], Iterable[Problem]]) -> TokenRule:
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
    index: type[_AnyIndex],
) -> Callable[[Callable[[_AnyIndex, LineOf], Iterator[tuple[int | None, Problem]]]], DatasetRule]:
    """Make a question to an index a rule."""

    def make(check: Callable[[_AnyIndex, LineOf], Iterator[tuple[int | None, Problem]]]) -> DatasetRule:
        return DatasetRule(
            code=code, severity=severity, title=title, why=why, good=good, bad=bad, index=index, check=check
        )

    return make


def likeness_rule(
    code: str, severity: Severity, title: str, *, why: str, good: bytes, bad: bytes
) -> Callable[[Callable[[Likenesses, LineOf], Iterator[tuple[int | None, Problem]]]], LikenessRule]:
    """Make a question about examples that are alike a rule."""

    def make(check: Callable[[Likenesses, LineOf], Iterator[tuple[int | None, Problem]]]) -> LikenessRule:
        return LikenessRule(code=code, severity=severity, title=title, why=why, good=good, bad=bad, check=check)

    return make

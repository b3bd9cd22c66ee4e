"""What is found in a block of lines, as numbers rather than objects where there are many: it crosses processes."""

from __future__ import annotations

import json
import sys
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, replace
from typing import Any, NamedTuple

from ftdesk.validation.findings import Finding, TokenSummary
from ftdesk.validation.requirements import Verdict
from ftdesk.validation.rule import Fact
from ftdesk.validation.tokens import ExampleTokens

COUNTED, ESTIMATED, BLANK, OVER_LIMIT = 1, 2, 4, 8
"""Flags of a line: its tokens are counted; that is an estimate; it is blank; the model takes no example so long."""

PlacedVerdict = tuple[int | None, Verdict]
"""With the line of the problem, ``None`` for the dataset as a whole."""

_NO_FACT = 0xFFFF_FFFF_FFFF_FFFF
_LENGTH = 8


class RecordResult(NamedTuple):
    """What is known about one line.

    ``facts`` is what the indexes remember of it. ``tokens`` is ``None`` where nothing was counted.
    """

    findings: tuple[Finding, ...]
    facts: tuple[Fact, ...]
    blank: bool
    tokens: ExampleTokens | None = None


class Tally:
    """What is known about lines that follow each other.

    ``flags``, ``totals`` and ``trained`` have one number for each line, the last two in tokens; ``facts`` one column
    for each index. ``verdicts`` says how often each was given, for problems of any host, and ``placed_verdicts`` on
    which lines of this one block; sums of several blocks do not keep those. The lines of ``findings`` are counted from
    the first line of the file, or from 1 where that is not known.
    """

    __slots__ = ("facts", "findings", "flags", "placed_verdicts", "totals", "trained", "verdicts")

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.verdicts: Counter[Verdict] = Counter()
        self.placed_verdicts: list[PlacedVerdict] = []
        self.facts: list[array[int]] = []
        self.flags = bytearray()
        self.totals = array("I")
        self.trained = array("I")

    @staticmethod
    def of_lines(findings: list[Finding], facts: Iterable[Sequence[Fact]], count: int) -> Tally:
        """The tally of ``count`` lines before any flag is set. ``facts`` are the columns."""
        tally = Tally()
        tally.findings = findings
        tally.facts = [_column(column) for column in facts]
        tally.flags = bytearray(count)
        tally.totals = array("I", bytes(4 * count))
        tally.trained = array("I", bytes(4 * count))
        return tally

    @property
    def lines(self) -> int:
        return len(self.flags)

    @property
    def examples(self) -> int:
        """How many lines are not blank."""
        return self.lines - self.count(BLANK)

    def count(self, flag: int) -> int:
        """How many lines have this flag."""
        return sum(self.flags.count(flags) for flags in range(16) if flags & flag)

    def set_tokens(self, line: int, tokens: ExampleTokens) -> None:
        """Take in the tokens of a line, which is counted from 0."""
        self.flags[line] |= COUNTED if tokens.exact else COUNTED | ESTIMATED
        self.totals[line] = tokens.total
        self.trained[line] = tokens.trained

    def add_verdicts(self, verdicts: Sequence[PlacedVerdict]) -> None:
        self.placed_verdicts += verdicts
        self.verdicts.update(verdict for _, verdict in verdicts)

    def merge(self, block: Tally) -> None:
        """Take in the block of lines that follows, except for its facts."""
        self.findings += block.findings
        self.verdicts.update(block.verdicts)
        self.flags += block.flags
        self.totals += block.totals
        self.trained += block.trained

    def shift(self, lines: int) -> None:
        """Count the lines of findings from ``lines`` further on."""
        if lines:
            self.findings = [replace(finding, line=lines + (finding.line or 0)) for finding in self.findings]

    def example_tokens(self) -> array[int]:
        """The tokens of each example that could be counted."""
        return self._of_counted(self.totals)

    def example_answers(self) -> array[int]:
        """The trained tokens of the same examples."""
        return self._of_counted(self.trained)

    def _of_counted(self, column: array[int]) -> array[int]:
        return array("I", (number for number, flags in zip(column, self.flags, strict=True) if flags & COUNTED))

    def token_summary(self, encoding: str, *, exact: bool) -> TokenSummary:
        """Percentiles are counts that occur: the nearest rank. ``exact`` says whether the model's encoding is known."""
        counts = sorted(self.example_tokens()) or [0]
        return TokenSummary(
            encoding=encoding,
            exact=exact and not self.count(ESTIMATED),
            total=sum(counts),
            trained=sum(self.trained),
            min=counts[0],
            median=counts[_rank(len(counts), 50)],
            p95=counts[_rank(len(counts), 95)],
            max=counts[-1],
            over_limit=self.count(OVER_LIMIT),
        )

    def to_bytes(self) -> bytes:
        """For another process, or a later run, with the same rules."""
        findings = json.dumps([astuple(finding) for finding in self.findings]).encode()
        lines_of: dict[Verdict, list[int | None]] = {}
        for line, verdict in self.placed_verdicts:
            lines_of.setdefault(verdict, []).append(line)
        verdicts = json.dumps(list(lines_of.items())).encode()
        parts = [
            findings,
            verdicts,
            bytes(self.flags),
            *(_packed(column) for column in (self.totals, self.trained, *self.facts)),
        ]
        return b"".join(len(part).to_bytes(_LENGTH, "little") + part for part in parts)

    @staticmethod
    def from_bytes(packed: bytes) -> Tally:
        """The tally that ``to_bytes`` has packed. Raises ``ValueError`` for anything else."""
        parts = list(_parts(packed))
        if len(parts) < 5:
            raise ValueError("this is no packed tally")
        tally = Tally()
        try:
            tally.findings = [Finding(*map(_shared, fields)) for fields in json.loads(parts[0])]
            for fields, lines in json.loads(parts[1]):
                verdict = tuple(map(_shared, fields))
                tally.add_verdicts([(line, verdict) for line in lines])
        except TypeError as error:
            raise ValueError("these are other findings") from error
        tally.flags = bytearray(parts[2])
        tally.totals, tally.trained = (_unpacked("I", part) for part in parts[3:5])
        tally.facts = [_unpacked("Q", part) for part in parts[5:]]
        if any(len(column) != tally.lines for column in (tally.totals, tally.trained, *tally.facts)):
            raise ValueError("the columns of a packed tally have different lengths")
        return tally


def facts_in(column: array[int]) -> Iterator[Fact]:
    """What an index remembers of each line, from its column in a tally."""
    return (None if fact == _NO_FACT else fact for fact in column)


def _rank(count: int, percent: int) -> int:
    """The index of the smallest value that ``percent`` of ``count`` sorted values do not exceed."""
    return -(-count * percent // 100) - 1


def _column(facts: Sequence[Fact]) -> array[int]:
    try:
        return array("Q", facts)  # type: ignore[arg-type]
    except TypeError:
        return array("Q", [_NO_FACT if fact is None else fact for fact in facts])


def _shared(value: Any) -> Any:
    """The same object for equal texts: findings of one kind have most of them in common."""
    return sys.intern(value) if type(value) is str else value


def _packed(column: array[int]) -> bytes:
    if sys.byteorder == "big":
        column = array(column.typecode, column)
        column.byteswap()
    return column.tobytes()


def _unpacked(typecode: str, packed: bytes) -> array[int]:
    column = array(typecode, packed)
    if sys.byteorder == "big":
        column.byteswap()
    return column


def _parts(packed: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(packed):
        begin = at + _LENGTH
        at = begin + int.from_bytes(packed[at:begin], "little")
        if at > len(packed):
            raise ValueError("a packed tally ends too early")
        yield packed[begin:at]

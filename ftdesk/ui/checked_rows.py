"""What is known of each row of the open dataset: numbers in arrays, so that a million rows cost a few megabytes."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ftdesk.validation.findings import Finding

NOT_COUNTED = 0xFFFF_FFFF
"""Instead of a number of tokens."""
_MOST_SHARED = 50_000


@dataclass(slots=True)
class Stretch:
    """Rows that stand together: ``count`` from ``row`` on, the first of which was ``offset`` when they were asked."""

    row: int
    offset: int
    count: int


class CheckedRows:
    """Rows are those of the document now; ``splice`` moves them along.

    ``found`` counts findings by severity. Rows whose findings are about the text before an edit are not checked, but
    keep them, so that nothing flickers while somebody types.
    """

    def __init__(self, count: int = 0) -> None:
        self.counts: Counter[str] = Counter()
        self._tokens = array("I", [NOT_COUNTED]) * count
        self._checked = bytearray(count)
        self._has_findings = bytearray(count)
        self._findings: list[tuple[Finding, ...]] = [()] * count
        # Findings of one kind are mostly equal in all but their row, which they do not hold.
        self._shared: dict[tuple[Any, ...], tuple[Finding]] = {}

    def __len__(self) -> int:
        return len(self._checked)

    def is_checked(self, row: int) -> bool:
        return 0 <= row < len(self) and bool(self._checked[row])

    def tokens(self, row: int) -> int | None:
        if not 0 <= row < len(self) or self._tokens[row] == NOT_COUNTED:
            return None
        return self._tokens[row]

    def findings(self, row: int) -> tuple[Finding, ...]:
        return self._findings[row] if 0 <= row < len(self) else ()

    def rows_with_findings(self) -> Iterator[int]:
        """In order."""
        row = self._has_findings.find(1)
        while row >= 0:
            yield row
            row = self._has_findings.find(1, row + 1)

    def splice(self, row: int, removed: int, inserted: int) -> None:
        """Rows were removed and others inserted. Where one replaces another, what was known stays until then."""
        kept = min(removed, inserted)
        for at in range(row, row + removed):
            if at < row + kept:
                self._checked[at] = 0
            elif self._has_findings[at]:
                self._discount(at)
        begin, end, fresh = row + kept, row + removed, inserted - kept
        if begin == end and not fresh:
            return
        self._tokens[begin:end] = array("I", [NOT_COUNTED]) * fresh
        self._checked[begin:end] = bytes(fresh)
        self._has_findings[begin:end] = bytes(fresh)
        self._findings[begin:end] = [()] * fresh

    def fill(
        self, stretches: Sequence[Stretch], tokens: array[int], found: Sequence[tuple[int, Sequence[Any]]]
    ) -> None:
        """Take in an answer: the tokens of each line asked for, and the fields of findings with the line's number."""
        of_line: dict[int, list[Sequence[Any]]] = {}
        for line, finding in found:
            of_line.setdefault(line, []).append(finding)
        for stretch in stretches:
            row, end, offset = stretch.row, stretch.row + stretch.count, stretch.offset
            at = self._has_findings.find(1, row, end)
            while at >= 0:
                self._discount(at)
                self._findings[at] = ()
                self._has_findings[at] = 0
                at = self._has_findings.find(1, at + 1, end)
            self._tokens[row:end] = tokens[offset : offset + stretch.count]
            self._checked[row:end] = b"\1" * stretch.count
            for line, fields in of_line.items():
                if offset <= line < offset + stretch.count:
                    self._set(row + line - offset, fields)

    def _set(self, row: int, found: list[Sequence[Any]]) -> None:
        shared = [self._share(tuple(fields)) for fields in found]
        findings = shared[0] if len(shared) == 1 else tuple(finding for (finding,) in shared)
        self._findings[row] = findings
        self._has_findings[row] = 1
        self.counts.update(finding.severity for finding in findings)

    def _share(self, fields: tuple[Any, ...]) -> tuple[Finding]:
        known = self._shared.get(fields)
        if known is None:
            known = (finding_of(None, fields),)
            if len(self._shared) < _MOST_SHARED:
                self._shared[fields] = known
        return known

    def _discount(self, row: int) -> None:
        self.counts.subtract(finding.severity for finding in self._findings[row])


def moved(stretches: Sequence[Stretch], row: int, removed: int, inserted: int) -> list[Stretch]:
    """Where rows stand after a splice; those that were removed or replaced are left out."""
    after: list[Stretch] = []
    for stretch in stretches:
        end = stretch.row + stretch.count
        before = min(end, row) - stretch.row
        if before > 0:
            after.append(Stretch(stretch.row, stretch.offset, before))
        first = max(stretch.row, row + removed)
        if first < end:
            after.append(Stretch(first + inserted - removed, stretch.offset + first - stretch.row, end - first))
    return after


def finding_of(line: int | None, fields: Sequence[Any]) -> Finding:
    """A finding as the checking process sends it."""
    severity, rule, message, path, column, fix = fields
    return Finding(line, column, path, rule, severity, message, fix)

"""What is known of a dataset as a whole, once all of it is checked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ftdesk.ui.checked_rows import finding_of
from ftdesk.validation.findings import Finding, HostVerdict


@dataclass(frozen=True, slots=True)
class Summary:
    """The dataset as a whole. ``bars`` are ``(from, to, examples)`` of a histogram of tokens.

    ``hosts`` says of every host that is known, the chosen one first, how many errors and warnings it would find,
    and ``read`` how many tokens of the dataset it reads, and how many of those are trained.
    """

    method: str
    examples: int
    tokens: int
    trained: int
    exact: bool
    median: int
    longest: int
    limit: int | None
    over_limit: int
    bars: tuple[tuple[int, int, int], ...]
    hosts: Mapping[str, HostVerdict]
    read: Mapping[str, tuple[int, int]]

    @staticmethod
    def of(answer: dict[str, Any]) -> Summary:
        """The summary in an answer of the checking process, its findings left out."""
        bars = tuple((low, high, examples) for low, high, examples in answer["bars"])
        hosts = {host: HostVerdict(errors, warnings) for host, errors, warnings in answer["hosts"]}
        read = {host: (tokens, trained) for host, (tokens, trained) in answer["read"].items()}
        return Summary(**{**answer, "bars": bars, "hosts": hosts, "read": read})


@dataclass(frozen=True, slots=True)
class MessageTokens:
    """The tokens of each message of ``line``; of a preference example, those of its answers last.

    ``limit`` is how many of an example the host's models read, ``None`` where that is not known.
    """

    line: bytes
    counts: tuple[int, ...]
    limit: int | None


class FindingsAcross:
    """What is wrong with examples because of others, by row, and ``whole``: with no row in particular."""

    def __init__(self, found: Iterable[tuple[int | None, Sequence[Any]]] = ()) -> None:
        """``found`` are the fields of findings with the number of the line, ``None`` for the dataset as a whole."""
        self.whole: list[Finding] = []
        self.counts: Counter[str] = Counter()
        self._rows: dict[int, list[Finding]] = {}
        for line, fields in found:
            finding = finding_of(line, fields)
            self.counts[finding.severity] += 1
            if line is None:
                self.whole.append(finding)
            else:
                self._rows.setdefault(line - 1, []).append(finding)

    def of_row(self, row: int) -> Sequence[Finding]:
        return self._rows.get(row, ())

    def rows(self) -> list[int]:
        """The rows that have findings, in order."""
        return sorted(self._rows)

    def splice(self, row: int, removed: int, inserted: int) -> None:
        """Rows were removed and others inserted. One that was replaced keeps its findings for the time being."""
        if removed == inserted or not self._rows:
            return
        self._rows = {
            at if at < row else at + inserted - removed: findings
            for at, findings in self._rows.items()
            if at < row or at >= row + removed
        }

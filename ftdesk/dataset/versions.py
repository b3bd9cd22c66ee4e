"""What differs between an earlier version of a file and the rows of now, and the change that brings it back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ftdesk.dataset.changes import Splice
from ftdesk.dataset.lines import FileLines
from ftdesk.dataset.merge import matches
from ftdesk.dataset.rows import Rows


@dataclass(frozen=True, slots=True)
class VersionDifference:
    """``restoring`` makes the version of the rows it was compared with; the counts say what happened since then."""

    restoring: tuple[Splice, ...]
    added: int
    removed: int
    changed: int

    @property
    def is_none(self) -> bool:
        return not self.restoring


class ComparingStoppedError(Exception):
    """Somebody called ``stop``."""


class VersionComparison:
    """Compares in a thread. Only digests of lines are in memory, and the lines that differ."""

    def __init__(self, version: Path, rows: Rows) -> None:
        self._version = version
        self._rows = rows
        self._is_stopped = False

    def stop(self) -> None:
        """End before the next line. Call it from any thread."""
        self._is_stopped = True

    def compare(self) -> VersionDifference:
        """Raises ``InputError`` when the version cannot be read, ``ComparingStoppedError`` after ``stop``."""
        with closing(FileLines(self._version)) as lines:
            return self._difference(lines)

    def _difference(self, version: FileLines) -> VersionDifference:
        now = list(self._digests(self._rows))
        then = list(self._digests(version.read(line) for line in range(len(version))))
        splices: list[Splice] = []
        added = removed = changed = 0
        row = line = 0
        for next_row, next_line in [*matches(now, then), (len(now), len(then))]:
            if (next_row, next_line) != (row, line):
                here, there = range(row, next_row), range(line, next_line)
                splices.append(Splice(row, tuple(map(self._rows.line, here)), tuple(map(version.read, there))))
                both = min(len(here), len(there))
                changed += both
                added += len(here) - both
                removed += len(there) - both
            row, line = next_row + 1, next_line + 1
        # Last place first, so that no splice moves the rows of the next.
        return VersionDifference(tuple(reversed(splices)), added, removed, changed)

    def _digests(self, lines: Iterable[bytes]) -> Iterator[bytes]:
        for line in lines:
            if self._is_stopped:
                raise ComparingStoppedError
            yield hashlib.blake2b(line, digest_size=16).digest()


def count_lines(path: Path) -> int:
    """Lines of a file. Raises ``InputError``."""
    with closing(FileLines(path)) as lines:
        return len(lines)

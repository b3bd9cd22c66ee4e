"""The rows of a dataset: lines of its file as they stand there, and edited lines on top."""

from __future__ import annotations

import os
from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ftdesk.dataset.changes import Splice
from ftdesk.dataset.lines import FileLines
from ftdesk.storage.files import FileRange

_BLOCK, _BLOCK_BYTES = 4096, 1 << 20
_LOOK_BYTES = 1 << 16


class FileStretch(NamedTuple):
    """``rows`` lines that stand from ``start`` to ``end`` of a file; ``stat`` is what that was when it was indexed."""

    path: Path
    stat: os.stat_result
    rows: int
    start: int
    end: int


class Rows:
    """A row is the number of a line in the file, or -1 - the index of an edited line: 8 bytes; the text stays on disk.

    Without a file, all rows are edited ones.
    """

    def __init__(self, base: FileLines | None, *, final_newline: bool = True) -> None:
        self.base = base
        self.final_newline = base.final_newline if base is not None and len(base) else final_newline
        """Whether an LF follows the last row. Files that lack it go on lacking it."""
        self._numbers = array("q", range(len(base) if base is not None else 0))
        self._edited: list[bytes] = []
        self.size = base.stat.st_size if base is not None else 0
        """How many bytes ``pieces`` has at most."""

    def __len__(self) -> int:
        return len(self._numbers)

    def line(self, row: int) -> bytes:
        """The bytes of a row without its LF. Raises ``InputError`` when the file was changed in place."""
        number = self._numbers[row]
        if number < 0:
            return self._edited[-1 - number]
        if self.base is None:
            raise IndexError(row)
        return self.base.read(number)

    def some(self, row: int, most_rows: int, most_bytes: int) -> list[bytes]:
        """Rows from ``row`` on, at least one: as many as one look at the disk gives. Raises as ``line`` does."""
        first = self._numbers[row]
        if first < 0 or self.base is None:
            return [self.line(row)]
        return self.base.read_some(first, self._consecutive(row, most_rows), most_bytes)

    def check(self) -> None:
        """Raises ``InputError`` when another program has written into the file that untouched rows stand in."""
        if self.base is not None:
            self.base.check()

    def __iter__(self) -> Iterator[bytes]:
        """All lines, as often as wanted."""
        return self.lines()

    def lines(self) -> Iterator[bytes]:
        return (self.line(row) for row in range(len(self)))

    def fit(self, splices: Sequence[Splice]) -> bool:
        """Whether ``splices``, one after the other, remove what stands here. Raises ``InputError`` as ``line`` does."""
        rows = self if len(splices) == 1 else self.snapshot()
        of_file: dict[int, bytes] = {}
        for splice in splices:
            if not rows.has_edited(splice, of_file):
                return False
            if rows is not self:
                rows.put(splice)
        return self._are_in_file(of_file)

    def has_edited(self, splice: Splice, of_file: dict[int, bytes]) -> bool:
        """Whether the edited rows that ``splice`` removes stand here. Those of the file go to ``of_file``."""
        end = splice.row + len(splice.removed)
        if not 0 <= splice.row <= end <= len(self):
            return False
        for number, line in zip(self._numbers[splice.row : end], splice.removed, strict=True):
            if number >= 0:
                of_file[number] = line
            elif self._edited[-1 - number] != line:
                return False
        return True

    def _are_in_file(self, wanted: Mapping[int, bytes]) -> bool:
        """Whether the file has these lines. Those of a change of all rows are looked at many at a time."""
        numbers = sorted(wanted)
        at = 0
        while at < len(numbers) and self.base is not None:
            first = numbers[at]
            found = self.base.read_some(first, min(_BLOCK, numbers[-1] - first + 1), _LOOK_BYTES)
            if any(wanted.get(number, line) != line for number, line in enumerate(found, first)):
                return False
            at = bisect_left(numbers, first + len(found), at)
        return True

    def whole(self) -> list[bytes]:
        """All lines, read many at a time. Raises as ``line`` does."""
        lines: list[bytes] = []
        while len(lines) < len(self):
            lines += self.some(len(lines), _BLOCK, _BLOCK_BYTES)
        return lines

    def over(self, lines: Sequence[bytes]) -> list[bytes]:
        """All lines, where those of the file are read already: a line that is in both is in memory once."""
        return [lines[number] if number >= 0 else self._edited[-1 - number] for number in self._numbers]

    def put(self, splice: Splice) -> None:
        """Let ``splice`` happen. Edited lines that go are kept: a snapshot or an undo may still want them."""
        first = -1 - len(self._edited)
        self._edited.extend(splice.inserted)
        self.size += sum(map(len, splice.inserted)) + len(splice.inserted)
        numbers = array("q", range(first, first - len(splice.inserted), -1))
        self._numbers[splice.row : splice.row + len(splice.removed)] = numbers

    def snapshot(self) -> Rows:
        """The rows as they are now, whatever is done to these afterwards."""
        copy = Rows(None, final_newline=self.final_newline)
        copy.base = self.base
        copy._numbers = array("q", self._numbers)
        copy._edited = self._edited
        copy.size = self.size
        return copy

    def duplicate(self) -> Rows:
        """A snapshot that outlives these rows, for a thread. Close its ``base`` in the end, if it has one."""
        copy = self.snapshot()
        copy.base = self.base.duplicate() if self.base is not None else None
        return copy

    def chunks(self) -> Iterator[bytes]:
        """The whole content, in pieces that fit into memory. Raises ``OSError`` and ``InputError``."""
        for piece in self.pieces():
            if isinstance(piece, bytes):
                yield piece
            else:
                yield from piece.read()

    def pieces(self) -> Iterator[bytes | FileRange]:
        """Edited rows as bytes, and each run of untouched lines as one range of the file they stand in."""
        row, count = 0, len(self._numbers)
        while row < count:
            first = self._numbers[row]
            if first < 0 or self.base is None:
                line = self._edited[-1 - first]
                row += 1
                yield line + b"\n" if row < count or self.final_newline or not line else line
                continue
            length = self._run(row)
            row += length
            wanted = row < count or self.final_newline
            yield self.base.range_of(first, length, final_newline=wanted)
            if wanted and not self.base.ends_with_newline(first + length - 1):
                yield b"\n"

    def stretch(self, row: int, most_rows: int, part: int) -> FileStretch | None:
        """Rows from ``row`` on that are consecutive lines of the file; ``None`` for an edited row.

        At most ``most_rows``, and only lines that begin in the same ``part`` bytes of the file, counted from its
        beginning: who reads a file in such parts reads the same.
        """
        first = self._numbers[row]
        if first < 0 or self.base is None:
            return None
        length = self._consecutive(row, min(most_rows, self.base.lines_in_part(first, part)))
        place = self.base.range_of(first, length, final_newline=True)
        return FileStretch(self.base.path, self.base.stat, length, place.start, place.start + place.length)

    def _consecutive(self, row: int, most: int) -> int:
        """How many rows from ``row`` on, of the next ``most``, are consecutive lines of the file."""
        first, numbers = self._numbers[row], self._numbers[row : row + most]
        length = len(numbers)
        if numbers == array("q", range(first, first + length)):
            return length
        return next(at for at in range(length) if numbers[at] != first + at)

    def _run(self, row: int) -> int:
        """How many rows from ``row`` on are consecutive lines of the file. Compared in blocks, which is fast."""
        numbers, first, length = self._numbers, self._numbers[row], 1
        left = len(numbers) - row
        while length < left:
            size = min(_BLOCK, left - length)
            begin = row + length
            if numbers[begin : begin + size] == array("q", range(first + length, first + length + size)):
                length += size
            else:
                while numbers[row + length] == first + length:
                    length += 1
                break
        return length

"""Writing a dataset as it was at one moment, while it may go on changing."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path

from ftdesk.dataset.backups import Backups
from ftdesk.dataset.journal import FileState, Journal
from ftdesk.dataset.lines import FileLines
from ftdesk.storage.files import FileRange, write_atomic


class Content:
    """The rows of a document at one moment, as bytes to write."""

    def __init__(
        self, base: FileLines | None, rows: array[int], overlay: Sequence[bytes], *, final_newline: bool
    ) -> None:
        self._base = base
        self._rows = rows
        self._overlay = overlay
        self._final_newline = final_newline

    def chunks(self) -> Iterator[bytes]:
        """The content in memory-sized pieces."""
        for piece in self.pieces():
            if isinstance(piece, bytes):
                yield piece
            else:
                yield from piece.read()

    def pieces(self) -> Iterator[bytes | FileRange]:
        """Edited rows as bytes, and each run of untouched lines as one range of the file they stand in."""
        row, count = 0, len(self._rows)
        while row < count:
            first = self._rows[row]
            if first < 0 or self._base is None:
                line = self._overlay[-1 - first]
                row += 1
                yield line + b"\n" if row < count or self._final_newline or not line else line
                continue
            length = self._run(row)
            row += length
            wanted = row < count or self._final_newline
            yield self._base.range_of(first, length, final_newline=wanted)
            if wanted and not self._base.ends_with_newline(first + length - 1):
                yield b"\n"

    def _run(self, row: int) -> int:
        """How many rows from ``row`` on are consecutive lines of the file. Compared in blocks, which is fast."""
        first, length = self._rows[row], 1
        block = 4096
        while self._rows[row + length : row + length + block] == array(
            "q", range(first + length, first + length + min(block, len(self._rows) - row - length))
        ):
            length += min(block, len(self._rows) - row - length)
            if row + length == len(self._rows):
                return length
        while row + length < len(self._rows) and self._rows[row + length] == first + length:
            length += 1
        return length


class Saving:
    """One save. Only ``write`` takes time, and it touches nothing that editing changes."""

    def __init__(
        self,
        target: Path,
        content: Content,
        journal: Journal | None,
        backups: Backups | None,
        *,
        other: bool,
        position: int,
    ) -> None:
        self.target = target
        self.other = other
        self.position = position
        self.result: FileLines | None = None
        self.state: FileState | None = None
        """How the written file is recognised, known before it has its name."""
        self._backups = backups
        self._content = content
        self._journal = journal
        self._journaled = journal.changes if journal else 0

    def write(self) -> None:
        """Write the file and index it. Raises ``StorageError``; the old file is then whole."""
        if self._backups and self.target.exists():
            self._backups.keep(self.target)
        write_atomic(self.target, self._content.pieces(), new_file_mode=0o644, before_replace=self._note)
        self.result = FileLines(self.target)

    def _note(self, written: os.stat_result) -> None:
        self.state = FileState.of(written)
        if self._journal and self._journal.path.exists():
            self._journal.note(self.state, after=self._journaled)

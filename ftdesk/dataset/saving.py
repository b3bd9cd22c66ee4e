"""Writing a dataset as it was at one moment, while it may go on changing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ftdesk.dataset.backups import Backups
from ftdesk.dataset.journal import FileState, Journal
from ftdesk.dataset.lines import FileLines
from ftdesk.dataset.rows import Rows
from ftdesk.storage.files import FileRange, write_atomic

_CHUNK = 16 << 20
"""So many bytes are copied between two looks at how far it is."""


@dataclass(slots=True)
class Saving:
    """One save. Only ``write`` takes time, and it touches nothing that editing changes.

    ``position`` is the length of the undo history, ``performed`` the number of changes since the file was last read or
    written, both at the moment whose rows are saved. ``other`` tells that another file becomes the document's.
    """

    target: Path
    rows: Rows
    journal: Journal | None
    backups: Backups | None
    other: bool
    position: int
    performed: int
    result: FileLines | None = None
    state: FileState | None = field(default=None, init=False)
    """How the written file is recognised, known before it has its name."""
    _journaled: int = field(default=0, init=False)
    _written: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self._journaled = self.journal.changes if self.journal else 0

    @property
    def share(self) -> float:
        """How much is written, 0 to 1. What follows is waiting for the disk."""
        return min(1.0, self._written / self.rows.size) if self.rows.size else 1.0

    def write(self) -> None:
        """Write the file and index it. Raises ``StorageError`` and ``InputError``; the file is whole then, too."""
        if self.rows.base is not None:
            self.rows.base.check()
        if self.backups and self.target.exists():
            self.backups.keep(self.target)
        write_atomic(self.target, self._pieces(), new_file_mode=0o644, before_replace=self._note)
        self.result = FileLines(self.target)

    def _pieces(self) -> Iterator[bytes | FileRange]:
        for piece in self.rows.pieces():
            for part in (piece,) if isinstance(piece, bytes) else piece.parts(_CHUNK):
                yield part
                self._written += len(part) if isinstance(part, bytes) else part.length

    def _note(self, written: os.stat_result) -> None:
        if self.rows.base is not None:
            self.rows.base.check()
        self.state = FileState.of(written)
        if self.journal and self.journal.path.exists():
            self.journal.note(self.state, after=self._journaled)

"""Writing a dataset as it was at one moment, while it may go on changing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from ftdesk.dataset.backups import Backup, Backups
from ftdesk.dataset.file_state import FileState
from ftdesk.dataset.history import Moment
from ftdesk.dataset.journal import Journal
from ftdesk.dataset.lines import FileLines, unreadable
from ftdesk.dataset.rows import Rows
from ftdesk.errors import InputError, StorageError
from ftdesk.storage.files import FileRange, remove_left_over, write_atomic

_CHUNK = 16 << 20
"""So many bytes are copied between two looks at how far it is."""


@dataclass(slots=True)
class Saving:
    """One save. Only ``write`` takes time, and it touches nothing that editing changes.

    ``moment`` is when the rows were as they are saved. ``other`` tells that another file becomes the document's,
    ``seen`` what stood at ``target`` when the user said that it may be replaced.
    """

    target: Path
    rows: Rows
    journal: Journal | None
    backups: Backups | None
    seen: FileState | None
    other: bool
    moment: Moment
    result: FileLines | None = None
    state: FileState | None = field(default=None, init=False)
    """How the written file is recognised, known before it has its name."""
    outdated: bool = field(default=False, init=False)
    """The document has been read from the disk again since: these rows are no longer its own."""
    _backup: Backup | None = field(default=None, init=False)
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
        try:
            with self._own_rows() as rows:
                rows.check()
                remove_left_over(self.target)
                write_atomic(
                    self.target,
                    self._pieces(rows),
                    new_file_mode=0o666,
                    before_replace=lambda written: self._prepare(rows, written),
                )
        except BaseException:
            # A backup may be a link: as long as the file is not replaced, it would follow what is written into that.
            if self.backups and self._backup and FileState.at(self.target) != self.state:
                self.backups.drop(self._backup)
            raise
        result = FileLines(self.target)
        if FileState.of(result.stat) != self.state:
            result.close()
            raise InputError(
                f"{self.target} was replaced by another program as soon as it was saved.",
                hint="Merge with it, or save under another name.",
            )
        self.result = result

    @contextmanager
    def _own_rows(self) -> Iterator[Rows]:
        """The rows in a file of their own: the document closes its when it is read from the disk again."""
        try:
            rows = self.rows.duplicate()
        except OSError as error:
            source = self.rows.base.path if self.rows.base else self.target
            raise (outdated(self.target) if self.outdated else unreadable(source, error)) from error
        try:
            if self.outdated:
                raise outdated(self.target)
            yield rows
        finally:
            if rows.base is not None:
                rows.base.close()

    def _pieces(self, rows: Rows) -> Iterator[bytes | FileRange]:
        for piece in rows.pieces():
            for part in (piece,) if isinstance(piece, bytes) else piece.parts(_CHUNK):
                yield part
                self._written += len(part) if isinstance(part, bytes) else part.length

    def _prepare(self, rows: Rows, written: os.stat_result) -> None:
        """All is on disk and lacks but its name: the last look at whether it may have that."""
        rows.check()
        if self.outdated:
            raise outdated(self.target)
        # Its own state, if an earlier attempt replaced the file and failed after that.
        if FileState.at(self.target) not in (self.seen, self.state):
            raise InputError(
                f"{self.target} was changed by another program while it was being saved.",
                hint="Merge with it, or save under another name.",
            )
        if self.backups and self.seen:
            self._backup = self.backups.keep(self.target)
        self.state = FileState.of(written)
        if self.journal and self.journal.path.exists():
            # The journal's disk may be full where the file's is not. Without this line, a crash before the journal is
            # renewed has the edits in the file and, put aside, in the journal: no reason not to save.
            with suppress(StorageError):
                self.journal.note(self.state, after=self._journaled)


def outdated(target: Path) -> InputError:
    """The rows were merged or read again while they were being saved."""
    return InputError(f"The rows are no longer those that were to be saved as {target}.", hint="Save again.")

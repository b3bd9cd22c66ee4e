"""Merging an open dataset with what another program has made of its file, while the window goes on."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Self

from ftdesk.dataset.changes import Change, Splice
from ftdesk.dataset.lines import FileLines
from ftdesk.dataset.merge import difference, merge, replay
from ftdesk.dataset.rows import Rows


class Merging:
    """One merge. Only ``compare`` takes time, and it touches nothing that editing changes.

    ``mine`` is a duplicate of the document's rows, ``performed`` what was done to them since its file was read.
    ``is_intact`` tells whether the lines of that file can still be read, or were written over in place.
    """

    def __init__(self, path: Path, mine: Rows, performed: tuple[Change, ...], is_intact: bool) -> None:
        self._path = path
        self._mine = mine
        self._is_intact = is_intact
        self.performed = performed
        self.theirs: FileLines | None = None
        """The file as it is now, until the document stands on it."""
        self.splices: tuple[Splice, ...] = ()
        """What makes the merged rows of ``theirs``."""
        self.conflicts = 0

    def compare(self) -> None:
        """Read the file and merge. Raises ``InputError`` when it cannot be read."""
        self.theirs = FileLines(self._path)
        theirs = Rows(self.theirs).whole()
        if self._is_intact:
            before = Rows(self._mine.base).whole()
            merged = merge(before, self._mine.over(before), theirs)
        else:  # what the lines were is gone, but not what was done to them
            merged = replay(self.performed, theirs)
        self.splices, self.conflicts = tuple(difference(theirs, merged.lines)), merged.conflicts

    def close(self) -> None:
        with ExitStack() as files:
            for lines in (self._mine.base, self.theirs):
                if lines is not None:
                    files.callback(lines.close)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

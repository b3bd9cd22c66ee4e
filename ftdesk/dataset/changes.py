"""The one way in which a dataset changes, and what observers hear of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Splice:
    """``removed`` lines stand at ``row`` and give way to ``inserted``. Lines are bytes without their LF."""

    row: int
    removed: tuple[bytes, ...]
    inserted: tuple[bytes, ...]

    @property
    def inverse(self) -> Splice:
        return Splice(self.row, self.inserted, self.removed)


@dataclass(frozen=True, slots=True)
class Change:
    """Splices in order, done and undone as one. ``title`` says what it did, for the undo menu."""

    title: str
    splices: tuple[Splice, ...]

    @property
    def inverse(self) -> Change:
        return Change(self.title, tuple(splice.inverse for splice in reversed(self.splices)))


class DocumentObserver(Protocol):
    """Hears of every splice before and after it, so that a Qt model can bracket it, and of the saved state."""

    def splicing(self, row: int, removed: int, inserted: int) -> None:
        """The document still is as it was."""

    def spliced(self, row: int, removed: int, inserted: int) -> None: ...

    def state_changed(self) -> None:
        """Modified, saved, undo or redo became different."""

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
class Labels:
    """What a person has noted about an example. It is no part of the training data."""

    tags: frozenset[str] = frozenset()
    note: str = ""


@dataclass(frozen=True, slots=True)
class LabelChange:
    """The labels of the lines with one content become others. ``key`` is that content's digest."""

    key: str
    before: Labels
    after: Labels

    @property
    def inverse(self) -> LabelChange:
        return LabelChange(self.key, self.after, self.before)


@dataclass(frozen=True, slots=True)
class Change:
    """Splices in order, and labels, done and undone as one. ``title`` says what it did, for the undo menu."""

    title: str
    splices: tuple[Splice, ...]
    labels: tuple[LabelChange, ...] = ()

    @property
    def inverse(self) -> Change:
        return Change(
            self.title,
            tuple(splice.inverse for splice in reversed(self.splices)),
            tuple(label.inverse for label in reversed(self.labels)),
        )


class DocumentObserver(Protocol):
    """Hears of every splice before and after it, so that a Qt model can bracket it, and of the saved state."""

    def splicing(self, row: int, removed: int, inserted: int) -> None:
        """The document still is as it was."""

    def spliced(self, row: int, removed: int, inserted: int) -> None: ...

    def state_changed(self) -> None:
        """Modified, saved, undo or redo became different."""

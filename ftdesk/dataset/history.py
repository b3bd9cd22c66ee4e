"""What was done to a dataset and what of it was undone, and where between the two it was saved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ftdesk.dataset.changes import Change


@dataclass(frozen=True, slots=True)
class Moment:
    """``done`` is how long the undo history was, ``performed`` how many changes there were since the file was read."""

    done: int
    performed: int


class History:
    """Undo and redo without limit."""

    def __init__(self) -> None:
        self._done: list[Change] = []
        self._undone: list[Change] = []
        self.performed: list[Change] = []
        """All that happened since the file was read or written, undo and redo as well: what the journal holds."""
        self._saved_at: int | None = 0

    @property
    def is_saved(self) -> bool:
        """Whether the rows are those of the file. Labels are not in the file."""
        if self._saved_at is None:
            return False
        ahead = max(0, self._saved_at - len(self._done))
        since = self._done[self._saved_at :] + self._undone[len(self._undone) - ahead :]
        return not any(change.splices for change in since)

    @property
    def undoable(self) -> Change | None:
        """What ``undo`` would take back."""
        return self._done[-1] if self._done else None

    @property
    def redoable(self) -> Change | None:
        return self._undone[-1] if self._undone else None

    @property
    def depth(self) -> int:
        """How many changes ``undo`` can take back, one after another."""
        return len(self._done)

    @property
    def now(self) -> Moment:
        return Moment(len(self._done), len(self.performed))

    def add(self, change: Change) -> None:
        """``change`` is done, and what was undone before is gone."""
        self._undone.clear()
        if self._saved_at is not None and self._saved_at > len(self._done):
            self._saved_at = None  # what was saved lay in the redos, and no way leads there any more
        self._done.append(change)

    def undo(self) -> Change:
        """The change to take back now. Raises ``IndexError`` where there is none."""
        self._undone.append(self._done.pop())
        return self._undone[-1]

    def redo(self) -> Change:
        """The change to do again now. Raises ``IndexError`` where there is none."""
        self._done.append(self._undone.pop())
        return self._done[-1]

    def since(self, moment: Moment) -> list[Change]:
        """What was performed after ``moment``."""
        return self.performed[moment.performed :]

    def save(self, moment: Moment) -> None:
        """The file holds the rows of ``moment`` now."""
        meanwhile = self.since(moment)
        undoable = [change for change in self._done[moment.done :] if change.splices] == meanwhile
        self._saved_at = moment.done if undoable else None
        self.performed = meanwhile

    def recover(self, changes: Sequence[Change]) -> None:
        """``changes`` of an earlier run are done again. Those that took back or repeated another count as that."""
        for change in changes:
            if self._done and change == self._done[-1].inverse:
                self.undo()
            elif self._undone and change == self._undone[-1]:
                self.redo()
            else:
                self._undone.clear()
                self._done.append(change)
        self.performed.extend(changes)

"""Actions as rows: what the command palette and the list of shortcuts show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget


@dataclass(frozen=True, slots=True)
class Command:
    """An action with what a person reads of it. ``place`` is where it works; empty means everywhere."""

    action: QAction
    place: str

    @property
    def text(self) -> str:
        return self.action.text().replace("&", "")

    @property
    def keys(self) -> str:
        return self.action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)

    def matches(self, words: Sequence[str]) -> bool:
        """Whether every word is in the text, the place or the shortcut. ``words`` are in lower case."""
        where = f"{self.text} {self.place} {self.keys}".casefold()
        return all(word in where for word in words)


def commands_of(widget: QWidget, place: str = "") -> Iterable[Command]:
    """The actions of ``widget`` that can be done now."""
    return [Command(action, place) for action in widget.actions() if action.isEnabled() and action.text()]

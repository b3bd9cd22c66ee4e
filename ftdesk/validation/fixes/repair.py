"""What a repair is: from one line and the place of a finding to the few characters that have to change."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from ftdesk.dataset.spans import JsonText, Node, Path, find
from ftdesk.validation.findings import Fix
from ftdesk.validation.paths import resolve

_MESSAGE = re.compile(r"(?:(input)\.)?(messages|preferred_output|non_preferred_output)\[([0-9]+)\]")
_UNIT = re.compile(r"\\u[0-9a-fA-F]{4}|\\.|[^\\]", re.DOTALL)


class Edit(NamedTuple):
    """The characters from ``start`` to ``end`` (exclusive) of a line give way to ``text``."""

    start: int
    end: int
    text: str


class Place:
    """Where a finding is: the line as text with positions, its value, and the finding's path."""

    def __init__(self, line: JsonText, value: Any, path: str | None) -> None:
        self.line = line
        self.value = value
        self._path = path or ""

    @property
    def path(self) -> Path | None:
        """The finding's path in steps; ``None`` when nothing stands there, or when two things could be meant."""
        return resolve(self.line.root, self._path)

    @property
    def message(self) -> Path | None:
        """The path of the message that the finding is in."""
        match = _MESSAGE.match(self._path)
        if match is None:
            return None
        path: Path = (*([match[1]] if match[1] else []), match[2], int(match[3]))
        return path if self.has(path) else None

    def node(self, path: Path) -> Node:
        """What stands at ``path``, which must be there."""
        return find(self.line.root, path)

    def has(self, path: Path) -> bool:
        """Whether anything stands at ``path``."""
        try:
            find(self.line.root, path)
        except KeyError:
            return False
        return True

    def at(self, path: Path) -> Any:
        """The value at ``path``, which must be there."""
        value = self.value
        for step in path:
            value = value[step]
        return value

    def source(self, node: Node) -> str:
        """The text of ``node`` as the line has it."""
        return self.line.text[node.start : node.end]

    def replacing(self, path: Path, value: Any) -> list[Edit]:
        """``value`` instead of what stands at ``path``."""
        node = self.node(path)
        return [Edit(node.start, node.end, self.line.written(value))]

    def characters(self, node: Node) -> Iterator[tuple[Edit, str]]:
        """Each character of a text: the edit that removes it as it is written, and the character."""
        position = node.start + 1
        while position < node.end - 1:
            match = _UNIT.match(self.line.text, position)
            if match is None:
                return
            written = match[0]
            character = written if len(written) == 1 else json.loads(f'"{written}"')
            yield Edit(position, match.end(), ""), character
            position = match.end()


@dataclass(frozen=True, slots=True)
class Repair:
    """``title`` says what it does, as an order. ``safe``: what is trained, and what was meant, stay the same.

    ``edits`` gives what to change, nothing where the repair does not fit; ``None`` stands for removing the line.
    """

    code: Fix
    title: str
    safe: bool
    edits: Callable[[Place], list[Edit]] | None


def repair(code: Fix, title: str, *, safe: bool) -> Callable[[Callable[[Place], list[Edit]]], Repair]:
    """Make a function from a place to edits a repair."""
    return lambda edits: Repair(code, title, safe, edits)

"""JSON that remembers where it stood, so that an edit changes the bytes of one value and no others.

``json`` forgets key order details, escapes, ``1.0`` against ``1``, big integers and duplicate keys; a line that is
parsed and written again is a different line. Here a value is replaced inside the text instead.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from json.decoder import scanstring  # type: ignore[attr-defined]  # undocumented, but what the json package itself uses
from typing import Any

from ftdesk.errors import InputError

Path = tuple[str | int, ...]
"""Keys and indexes from the root to a value: ``("messages", 2, "content")``."""

MAX_DEPTH = 200
"""No training example nests deeper; hostile input does, and would exhaust the stack."""

_SPACE = re.compile(r"[ \t\r\n]*")
_SCALAR = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?|true|false|null")
_SURROGATE = re.compile("[\ud800-\udfff]")


class JsonSyntaxError(ValueError):
    """``position`` counts characters from 0."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


@dataclass(slots=True)
class Node:
    """A value between ``start`` and ``end`` (exclusive). A container has its children, an object also its keys.

    ``key_starts[i]`` is where the key of ``children[i]`` begins.
    """

    start: int
    end: int
    keys: list[str] | None = None
    key_starts: list[int] = field(default_factory=list)
    children: list[Node] | None = None


def parse(text: str) -> Node:
    """The tree of positions of ``text``. Raises ``JsonSyntaxError``."""
    position = _skip(text, 1 if text.startswith("\ufeff") else 0)
    node = _value(text, position, 0)
    end = _skip(text, node.end)
    if end != len(text):
        raise JsonSyntaxError("there is more text after the end of the object", end)
    return node


def find(root: Node, path: Path) -> Node:
    """The node at ``path``. Of duplicate keys the last counts, as it does for every parser. Raises ``KeyError``."""
    node = root
    for step in path:
        children = node.children or []
        if isinstance(step, int) and node.keys is None and node.children is not None and 0 <= step < len(children):
            node = children[step]
        elif isinstance(step, str) and node.keys is not None and step in node.keys:
            node = children[len(node.keys) - 1 - node.keys[::-1].index(step)]
        else:
            raise KeyError(path)
    return node


def removal(parent: Node, index: int) -> tuple[int, int]:
    """From where to where the member or item number ``index`` of ``parent`` stands, with the one comma it needs."""
    children = parent.children or []
    starts = [child.start for child in children] if parent.keys is None else parent.key_starts
    if index + 1 < len(children):
        return starts[index], starts[index + 1]
    return (children[index - 1].end if index else starts[index]), children[index].end


class JsonText:
    """One line of a file as text that is edited in place. ``bytes(text)`` gives the line back.

    Raises ``InputError`` when the line is not UTF-8 or not JSON, or has no such place: it is edited as raw text then.
    """

    def __init__(self, line: bytes) -> None:
        try:
            self.text = line.decode("utf-8")
            self.root = parse(self.text)
        except UnicodeDecodeError as error:
            raise InputError("The line is not valid UTF-8.", hint="Edit it as raw text.") from error
        except JsonSyntaxError as error:
            raise InputError(f"The line is not valid JSON: {error}.", hint="Edit it as raw text.") from error
        # New text follows the manner of the old: escapes only where the line escapes, spaces only where it has them.
        self._ascii = self.text.isascii() and "\\u" in self.text
        self.comma = ", " if re.search(r'[\]}"\de], ["{\[\d]', self.text) or "," not in self.text else ","
        self.colon = ": " if '": ' in self.text or '":' not in self.text else ":"

    def __bytes__(self) -> bytes:
        return self.text.encode("utf-8")

    def written(self, value: Any) -> str:
        """``value`` as this line would write it."""
        return dump(value, ascii_only=self._ascii, separators=(self.comma, self.colon))

    def raw(self, path: Path) -> str:
        """The value at ``path`` as the line writes it."""
        node = self._find(path)
        return self.text[node.start : node.end]

    def replace(self, path: Path, value: Any) -> None:
        """Put ``value`` in the place of the one at ``path``."""
        node = self._find(path)
        self._splice(node.start, node.end, self.written(value))

    def with_values(self, values: Mapping[Path, Any]) -> bytes:
        """The line with each value in the place of the one at its path. No path may lead into another.

        This text stays as it is: where many lines are edited, parsing each a second time would cost half the time.
        """
        nodes = sorted(((self._find(path), value) for path, value in values.items()), key=lambda pair: pair[0].start)
        pieces, end = [], 0
        for node, value in nodes:
            pieces += [self.text[end : node.start], self.written(value)]
            end = node.end
        return "".join([*pieces, self.text[end:]]).encode("utf-8")

    def set_key(self, path: Path, key: str, value: Any) -> None:
        """Replace or append the member ``key`` of the object at ``path``."""
        node = self._find(path)
        if node.keys is None or node.children is None:
            raise _no_place(path)
        if key in node.keys:
            self.replace((*path, key), value)
            return
        member = f"{self.written(key)}{self.colon}{self.written(value)}"
        at = node.children[-1].end if node.children else node.start + 1
        self._splice(at, at, (self.comma if node.children else "") + member)

    def remove(self, path: Path) -> None:
        """Remove the member or item at ``path`` and the one comma that went with it.

        Of a duplicate key all members go: an earlier one would come to count.
        """
        key = path[-1]
        self._find(path)
        for index in [key] if isinstance(key, int) else self._places_of(path[:-1], key):
            self._splice(*removal(self._find(path[:-1]), index), "")

    def _places_of(self, path: Path, key: str) -> list[int]:
        """The numbers of the members with ``key``, last first."""
        keys = self._find(path).keys or []
        return [index for index in reversed(range(len(keys))) if keys[index] == key]

    def insert(self, path: Path, index: int, value: Any) -> None:
        """Insert an item into the array at ``path`` before ``index``."""
        self._insert_text(path, index, self.written(value))

    def move(self, path: Path, index: int, to: int) -> None:
        """Move an item of the array at ``path``; it keeps its bytes. ``to`` is its index afterwards."""
        node = self._find((*path, index))
        item = self.text[node.start : node.end]
        self.remove((*path, index))
        self._insert_text(path, to, item)

    def _insert_text(self, path: Path, index: int, item: str) -> None:
        node = self._find(path)
        if node.keys is not None or node.children is None:
            raise _no_place(path)
        if not node.children:
            self._splice(node.start + 1, node.start + 1, item)
        elif index < len(node.children):
            start = node.children[index].start
            self._splice(start, start, item + self.comma)
        else:
            end = node.children[-1].end
            self._splice(end, end, self.comma + item)

    def _find(self, path: Path) -> Node:
        try:
            return find(self.root, path)
        except KeyError as error:
            raise _no_place(path) from error

    def _splice(self, start: int, end: int, replacement: str) -> None:
        self.text = self.text[:start] + replacement + self.text[end:]
        self.root = parse(self.text)


def _no_place(path: Path) -> InputError:
    steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")
    return InputError(f"The line has no {steps} for this.", hint="Edit it as raw text.")


def dump(
    value: Any, *, ascii_only: bool = False, separators: Sequence[str] = (", ", ": "), allow_nan: bool = True
) -> str:
    """JSON on one line. A lone surrogate has no UTF-8, so it is always written as an escape.

    Without ``allow_nan`` a number that JSON has no digits for, ``NaN`` or an infinity, raises ``ValueError``.
    """
    text = json.dumps(value, ensure_ascii=ascii_only, separators=(separators[0], separators[1]), allow_nan=allow_nan)
    return _SURROGATE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def _skip(text: str, position: int) -> int:
    match = _SPACE.match(text, position)
    return match.end() if match else position


def _value(text: str, position: int, depth: int) -> Node:
    if depth > MAX_DEPTH:
        raise JsonSyntaxError(f"it nests deeper than {MAX_DEPTH} levels", position)
    first = text[position : position + 1]
    if first == "{":
        return _object(text, position, depth)
    if first == "[":
        return _array(text, position, depth)
    if first == '"':
        return Node(position, _string(text, position)[1])
    match = _SCALAR.match(text, position)
    if not match:
        raise JsonSyntaxError("a value is missing" if first in ",]}" else f"{first!r} does not begin a value", position)
    return Node(position, match.end())


def _array(text: str, start: int, depth: int) -> Node:
    children: list[Node] = []
    position = _skip(text, start + 1)
    if text[position : position + 1] == "]":
        return Node(start, position + 1, children=children)
    while True:
        child = _value(text, position, depth + 1)
        children.append(child)
        position = _skip(text, child.end)
        mark = text[position : position + 1]
        if mark == "]":
            return Node(start, position + 1, children=children)
        if mark != ",":
            raise JsonSyntaxError("a comma or ] is missing", position)
        position = _skip(text, position + 1)


def _object(text: str, start: int, depth: int) -> Node:
    node = Node(start, start, keys=[], children=[])
    keys, children = node.keys or [], node.children or []
    position = _skip(text, start + 1)
    if text[position : position + 1] != "}":
        while True:
            if text[position : position + 1] != '"':
                raise JsonSyntaxError("a key in double quotes is missing", position)
            key, after = _string(text, position)
            colon = _skip(text, after)
            if text[colon : colon + 1] != ":":
                raise JsonSyntaxError("a colon is missing", colon)
            child = _value(text, _skip(text, colon + 1), depth + 1)
            keys.append(key)
            node.key_starts.append(position)
            children.append(child)
            position = _skip(text, child.end)
            mark = text[position : position + 1]
            if mark == "}":
                break
            if mark != ",":
                raise JsonSyntaxError("a comma or } is missing", position)
            position = _skip(text, position + 1)
    node.keys, node.children, node.end = keys, children, position + 1
    return node


def _string(text: str, start: int) -> tuple[str, int]:
    try:
        value, end = scanstring(text, start + 1, True)
    except json.JSONDecodeError as error:
        raise JsonSyntaxError(error.msg.lower(), error.pos) from error
    return str(value), int(end)

"""Leads from the path of a finding back to the characters of its line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ftdesk.dataset.spans import JsonSyntaxError, Node, Path, find, parse
from ftdesk.validation.wording import member

_INDEX = re.compile(r"\[([0-9]+)\]")
_USUAL = re.compile(r"\.([A-Za-z_][A-Za-z0-9_-]{0,63})(?=[.\[]|\Z)")
_QUOTE_END = re.compile(r"”\](?=[.\[]|\Z)")
_LAST_STEP = re.compile(r"(?:\.|^)[^.\[\]]*$|\[[^\[\]]*\]$")


def resolve(root: Node, path: str) -> Path | None:
    """The steps of ``path``; ``None`` when nothing stands there, or when two things could be meant."""
    found = set(_matches(root, path, root=True))
    return found.pop() if len(found) == 1 else None


def tree_of(raw: bytes) -> Node | None:
    """Where the values of a line stand, in characters after a byte order mark; ``None`` for a line that is no JSON."""
    try:
        return parse(raw.decode("utf-8").removeprefix("\ufeff"))
    except (UnicodeDecodeError, JsonSyntaxError, RecursionError):
        return None


def span_of(root: Node, path: str) -> tuple[int, int]:
    """First and last column (exclusive, from 1, in characters) of the value at ``path`` in the line of ``tree_of``.

    Where the value itself is missing, those of the object that should have it.
    """
    steps = resolve(root, path)
    while steps is None and path:
        path = _LAST_STEP.sub("", path) if _LAST_STEP.search(path) else ""
        steps = resolve(root, path)
    node = find(root, steps or ())
    return node.start + 1, node.end + 1


def _matches(node: Node, path: str, *, root: bool = False) -> Iterator[Path]:
    """All ways to read ``path``. Unusual keys are clipped in it, so there may be several."""
    if not path:
        yield ()
    elif node.keys is not None:
        if root and not path.startswith("["):
            path = f".{path}"  # as further in
        for key, end in _first_keys(node.keys, path):
            yield from ((key, *rest) for rest in _matches(find(node, (key,)), path[end:]))
    elif node.children is not None and (match := _INDEX.match(path)) and int(match[1]) < len(node.children):
        index = int(match[1])
        yield from ((index, *rest) for rest in _matches(node.children[index], path[match.end() :]))


def _first_keys(keys: Sequence[str], path: str) -> Iterator[tuple[str, int]]:
    """Those of ``keys`` that ``path`` may begin with, and where its next step begins.

    An object may have thousands of keys, each with a finding, so they are looked up rather than written one by one.
    """
    if match := _USUAL.match(path):
        if match[1] in keys:
            yield match[1], match.end()
        return
    for match in _QUOTE_END.finditer(path) if path.startswith("[“") else ():
        shown = path[2 : match.start()]
        if "\\" not in shown and not shown.endswith("…"):
            if shown in keys and member("", shown) == path[: match.end()]:
                yield shown, match.end()
        else:
            alike = (key for key in dict.fromkeys(keys) if member("", key) == path[: match.end()])
            yield from ((key, match.end()) for key in alike)

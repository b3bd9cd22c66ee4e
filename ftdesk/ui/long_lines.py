"""Lines too long for Qt to lay out while somebody types, shown in pieces that end in a visible mark.

Qt lays out a paragraph as a whole: at 20,000 characters a key takes 14 ms, at 2,000,000 seconds. The mark and the line
end after it are no part of the text; ``ftdesk.ui.text.original`` takes them out again.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from ftdesk.ui.text import BREAK, editable

LONGEST_LINE = 8_000
"""Characters in one line from which it is shown in pieces. Laying out so many takes some 5 ms."""

PART = 1 << 15
"""Characters that are shown at once. With highlighting, Qt takes some 25 ms for them."""

_PIECE = 1_000
_LOOK_BACK = 200
_BREAKS = re.compile(f"{BREAK}\n?")


def in_pieces(shown: str) -> str:
    """``shown``, a text without breaks, with one after every piece of its long lines; at a space where there is one."""
    if len(shown) <= LONGEST_LINE:
        return shown
    lines = shown.split("\n")
    if max(map(len, lines)) <= LONGEST_LINE:
        return shown
    return "\n".join(f"{BREAK}\n".join(_pieces(line)) if len(line) > LONGEST_LINE else line for line in lines)


def in_parts(text: str) -> Iterator[str]:
    """What is shown of ``text``, ``PART`` characters at a time: Qt takes a while for millions."""
    start = 0
    while len(text) - start > PART:
        end = start + PART
        line_end = text.rfind("\n", end - PART // 2, end)
        end, joint = (line_end + 1, "") if line_end >= 0 else (end, f"{BREAK}\n")
        yield in_pieces(editable(text[start:end])) + joint
        start = end
    yield in_pieces(editable(text[start:]))


def whole(shown: str) -> str:
    """``shown`` without its breaks; other tokens stay."""
    return _BREAKS.sub("", shown) if BREAK in shown else shown


def place_in_pieces(shown: str, position: int) -> int:
    """Where the character at ``position`` of ``whole(shown)`` stands in ``shown``."""
    for found in _BREAKS.finditer(shown):
        if found.start() > position:
            break
        position += found.end() - found.start()
    return position


def _pieces(line: str) -> Iterator[str]:
    start = 0
    while len(line) - start > _PIECE:
        end = _cut(line, start + _PIECE)
        yield line[start:end]
        start = end
    yield line[start:]


def _cut(line: str, end: int) -> int:
    """The best place to cut at or before ``end``: after a space, not inside a token, not before what joins on."""
    space = line.rfind(" ", end - _LOOK_BACK, end) + 1
    if space:
        return space
    at = end
    while at > end - _LOOK_BACK and _joins(line, at):
        at -= 1
    token = line.rfind("⟦", end - _LOOK_BACK, at)
    return token if token >= 0 and line.find("⟧", token, at) < 0 else at


def _joins(line: str, at: int) -> bool:
    """Whether the character at ``at`` belongs to the one before it."""
    return bool(unicodedata.combining(line[at])) or line[at] in "\u200d\ufe0f" or line[at - 1] == "\u200d"

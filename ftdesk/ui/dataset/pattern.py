"""What find and replace looks for, and what it puts there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtCore import QRegularExpression, QRegularExpressionMatch

from ftdesk.dataset.spans import dump
from ftdesk.ui.text import original

_MOST_STEPS = 500_000
"""Steps after which a match gives up; some 10 ms. Qt's own limit is twenty times as many."""

_LONE = re.compile("[\ud800-\udfff]")
_REFERENCE = re.compile(r"(\\[nt\\$]|\$[$&])|[\\$](?:(\d{1,2})|\{(\w+)\}|g<(\w+)>)")
_SIGNS: dict[str, str | int] = {"\\n": "\n", "\\t": "\t", "\\\\": "\\", "\\$": "$", "$$": "$", "$&": 0}


class GaveUpError(Exception):
    """The pattern takes too many steps on this text."""


@dataclass(frozen=True, slots=True)
class Found:
    """A place in a text, by its characters, and what shall stand there."""

    start: int
    end: int
    replacement: str


class Pattern:
    r"""A text or a regular expression to find, and its replacement. ``problem`` says why it cannot be used.

    In the replacement of an expression ``\1``, ``$1``, ``${name}`` and ``$&`` are what its groups found.
    """

    def __init__(
        self, find: str, replacement: str, *, regex: bool = False, case: bool = False, whole: bool = False
    ) -> None:
        find = original(find)
        options = QRegularExpression.PatternOption
        source = find if regex else QRegularExpression.escape(find)
        if whole:
            source = rf"(?<!\w)(?:{source})(?!\w)"
        flags = options.UseUnicodePropertiesOption | options.MultilineOption
        if not case:
            flags |= options.CaseInsensitiveOption
        self._expression = QRegularExpression(f"(*LIMIT_MATCH={_MOST_STEPS}){source}", flags)
        self._mark = b"" if regex else _mark(find, case=case)
        self._case = case
        self._template: list[str | int] = [original(replacement)]
        self.problem = ""
        if not self._expression.isValid() or find.startswith("(*"):
            self.problem = f"Not a usable pattern: {self._expression.errorString()}."
        elif regex:
            self._template, self.problem = _template(original(replacement), self._expression)

    def may_be_in(self, line: bytes) -> bool:
        """False only where no text of this line can have it; most lines need not be parsed."""
        if not self._mark or not line.isascii() or b"\\u" in line:
            return True
        return self._mark in (line if self._case else line.lower())

    def changes(self, text: str) -> Iterator[Found]:
        """Every place that becomes another. Raises ``GaveUpError``."""
        # A lone surrogate is no character to Qt; another sign of the same width keeps the places.
        found = self._expression.globalMatch(_LONE.sub("\ufffd", text))
        place = _Places(text)
        while found.hasNext():
            match = found.next()
            start, end = place.of(match.capturedStart()), place.of(match.capturedEnd())
            replacement = "".join(
                part if isinstance(part, str) else self._group(text, match, part) for part in self._template
            )
            if replacement != text[start:end]:
                yield Found(start, end, replacement)
        if not found.isValid():
            raise GaveUpError

    def apply(self, text: str) -> str:
        """``text`` with every place replaced. Raises ``GaveUpError``."""
        pieces, end = [], 0
        for found in self.changes(text):
            pieces += [text[end : found.start], found.replacement]
            end = found.end
        return "".join([*pieces, text[end:]])

    def _group(self, text: str, match: QRegularExpressionMatch, group: int) -> str:
        captured = str(match.captured(group))
        if "\ufffd" not in captured:
            return captured
        place = _Places(text)
        return text[place.of(match.capturedStart(group)) : place.of(match.capturedEnd(group))]


class _Places:
    """From Qt's places in a text, which count UTF-16 units, to Python's. Asked in rising order it reads once."""

    def __init__(self, text: str) -> None:
        self._units = b"" if text.isascii() or max(text) <= "\uffff" else text.encode("utf-16-le", "surrogatepass")
        self._unit = self._index = 0

    def of(self, unit: int) -> int:
        if not self._units:
            return unit
        if unit < self._unit:
            self._unit = self._index = 0
        self._index += len(self._units[2 * self._unit : 2 * unit].decode("utf-16-le", "surrogatepass"))
        self._unit = unit
        return self._index


def _mark(find: str, *, case: bool) -> bytes:
    """What a line of plain letters must have to hold ``find``; empty where JSON may write it in several ways."""
    if not find.isascii() or "/" in find or not find.isprintable():
        return b""
    mark = dump(find)[1:-1].encode()
    return mark if case else mark.lower()


def _template(replacement: str, expression: QRegularExpression) -> tuple[list[str | int], str]:
    """The replacement as texts and numbers of groups, and what is wrong with it."""
    names = expression.namedCaptureGroups()
    parts: list[str | int] = []
    end = 0
    for match in _REFERENCE.finditer(replacement):
        sign, number, braced, angled = match.groups()
        name = braced or angled
        parts.append(replacement[end : match.start()])
        end = match.end()
        if sign:
            parts.append(_SIGNS[sign])
            continue
        group = int(number) if number else names.index(name) if name in names else int(name) if name.isdigit() else -1
        if not 0 <= group <= expression.captureCount():
            return [], f"The pattern has no group {name or number}."
        parts.append(group)
    return [*parts, replacement[end:]], ""

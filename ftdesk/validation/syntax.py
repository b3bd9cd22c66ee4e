"""Says in plain words why a line is not JSON, and where. Only lines that the strict parser has refused come here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ftdesk.dataset.spans import JsonSyntaxError, Node, parse
from ftdesk.validation.wording import member, quoted

_SPACE = " \t\r\n"
_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|.)")
_PARSER_PLACE = re.compile(r" at line \d+ column (\d+)$")
_FOREIGN_WORDS = {
    "NaN": "JSON has no NaN",
    "Infinity": "JSON has no Infinity",
    "-Infinity": "JSON has no Infinity",
    "True": "true is written in small letters",
    "False": "false is written in small letters",
    "None": "None is Python; JSON writes null",
    "undefined": "undefined is JavaScript; JSON writes null",
}
_IN_STRING = (
    ("unterminated string", "the text that begins here has no closing quote"),
    ("invalid \\uxxxx escape", "\\u must be followed by four hexadecimal digits"),
    ("invalid \\escape", "this backslash begins no escape that JSON knows; a backslash itself is written \\\\"),
)


@dataclass(frozen=True, slots=True)
class SyntaxProblem:
    """``column`` counts characters from 1.

    ``reason`` goes on where “Not valid JSON: ” left off, without a full stop.
    """

    column: int
    reason: str


@dataclass(frozen=True, slots=True)
class DuplicateKey:
    """A key that stands again in the same object; ``column`` is that of the later one."""

    column: int
    path: str
    key: str


def explain(text: str, parser_says: str) -> SyntaxProblem:
    """Why ``text`` is not JSON. ``parser_says`` is the message of the parser that refused it."""
    if text.startswith("\ufeff"):
        return SyntaxProblem(1, "the line begins with an invisible byte order mark (U+FEFF)")
    try:
        parse(text)
    except JsonSyntaxError as error:
        return _explain_at(text, error.position, str(error))
    return _explain_beyond_grammar(text, parser_says)


def duplicate_keys(text: str) -> tuple[DuplicateKey, ...]:
    """All keys of ``text``, which is valid JSON, that stand twice in one object."""
    return tuple(_duplicates(parse(text), ""))


def _duplicates(node: Node, path: str) -> Iterator[DuplicateKey]:
    seen: set[str] = set()
    for index, child in enumerate(node.children or ()):
        if node.keys is None:
            child_path = f"{path}[{index}]"
        else:
            key = node.keys[index]
            child_path = member(path, key)
            if key in seen:
                yield DuplicateKey(node.key_starts[index] + 1, child_path, key)
            seen.add(key)
        yield from _duplicates(child, child_path)


def _explain_at(text: str, position: int, grammar_says: str) -> SyntaxProblem:
    """Reasons that people recognise, by what stands at ``position`` and before it; else what the grammar says."""
    for beginning, reason in _IN_STRING:
        if grammar_says.startswith(beginning):
            return SyntaxProblem(position + 1, reason)
    if grammar_says.startswith("invalid control character"):
        escape = json.dumps(text[position])[1:-1]
        return SyntaxProblem(position + 1, f"{_control(text[position])} in a text is written {escape}")
    before = text[:position].rstrip(_SPACE)
    here = text[position:]
    if not here:
        reason = "the line ends before the object is closed; an example must stand on one line"
        return SyntaxProblem(len(before) + 1, reason)
    if before.endswith(",") and here[:1] in {"}", "]"}:
        return SyntaxProblem(len(before), "a comma stands after the last item")
    reason = (
        _foreign(here)
        or _number(before, here, touching=len(before) == position)
        or _between_values(before, here, grammar_says)
        or grammar_says
    )
    return SyntaxProblem(position + 1, reason)


def _foreign(here: str) -> str | None:
    """Marks of other languages than JSON."""
    first = here[:1]
    if first < " ":
        return f"{_control(first)} stands outside a text"
    if first == "'":
        return "JSON takes straight double quotes, not single ones"
    if first in "“”„‘’«»":
        return f"JSON takes straight double quotes, not {first}"
    if here.startswith(("//", "/*", "#")):
        return "JSON has no comments"
    return next((reason for word, reason in _FOREIGN_WORDS.items() if here.startswith(word)), None)


def _control(character: str) -> str:
    names = {"\t": "a tab", "\0": "a NUL character"}
    return names.get(character, f"the control character U+{ord(character):04X}")


def _number(before: str, here: str, *, touching: bool) -> str | None:
    """Numbers that other languages allow."""
    first = here[:1]
    if first == "+":
        return "a number begins with a digit or a minus sign, not with a plus sign"
    if first == "." and not before[-1:].isdigit():
        return "a number begins with a digit; write 0 before the decimal point"
    if first == "." and touching:
        return "a digit must follow the decimal point"
    if touching and first.isdigit() and before[-1:] == "0":
        return "a number does not begin with 0"
    return None


def _between_values(before: str, here: str, grammar_says: str) -> str | None:
    """What is missing, or too much, between two values."""
    if grammar_says.startswith("there is more text"):
        if here.startswith(","):
            return "a comma follows the object; in JSONL nothing stands between lines"
        if here.startswith("{"):
            return "a second object follows on the same line; each example needs a line of its own"
        return None
    if not grammar_says.startswith("a comma or"):
        return None
    if before.endswith('"') and here[0] not in '"{[}],:;=-0123456789':
        return 'the text ended at the quote before this; a quote inside a text is written \\"'
    if here[0] in '"{[-0123456789tfn':
        return "a comma is missing before this"
    return None


def _explain_beyond_grammar(text: str, parser_says: str) -> SyntaxProblem:
    """The grammar has no objection, the parser has: characters and numbers that no program could use."""
    lone = _lone_surrogate(text)
    if lone is not None:
        escape = text[lone : lone + 6]
        return SyntaxProblem(lone + 1, f"{escape} is half of a character pair, and the other half is missing")
    words, place, _ = _PARSER_PLACE.split(parser_says) if _PARSER_PLACE.search(parser_says) else (parser_says, "1", "")
    position = len(text.encode()[: max(int(place) - 1, 0)].decode(errors="ignore"))
    if words == "number out of range":
        start = len(text[: position + 1].rstrip("0123456789"))
        return SyntaxProblem(start + 1, f"the number {quoted(text[start:], 12)} has too many digits")
    return SyntaxProblem(position + 1, words)


def _lone_surrogate(text: str) -> int | None:
    """Where an escape stands for half a character outside the basic plane, and the other half does not follow."""
    high: int | None = None
    for escape in _ESCAPE.finditer(text):
        unit = int(escape[1] or "0", 16)
        if high is not None:
            if 0xDC00 <= unit <= 0xDFFF and escape.start() == high + 6:
                high = None
                continue
            return high
        if 0xDC00 <= unit <= 0xDFFF:
            return escape.start()
        if 0xD800 <= unit <= 0xDBFF:
            high = escape.start()
    return high

"""Rules about the text of one line, before anybody asks what it means."""

from __future__ import annotations

from collections.abc import Iterator

from ftdesk.validation.record import ABSENT, BYTE_ORDER_MARK, Line
from ftdesk.validation.rule import Problem, line_rule
from ftdesk.validation.wording import kind_of, quoted

_GOOD = b'{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}\n'


@line_rule(
    "invalid-json",
    "error",
    "The line is not valid JSON",
    why="Hosts refuse the whole file for one line that is not JSON, some of them only after the upload.",
    good=_GOOD,
    bad=b'{"messages": [{"role": "user" "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}\n',
)
def invalid_json(line: Line) -> Iterator[Problem]:
    if line.syntax:
        yield Problem(f"Not valid JSON: {line.syntax.reason}.", column=line.syntax.column)


@line_rule(
    "invalid-utf8",
    "error",
    "The line is not UTF-8",
    why="JSON files are UTF-8. A byte of another encoding cannot be read, so the host refuses the file.",
    good=_GOOD,
    bad=b'{"messages": [{"role": "user", "content": "Caf\xe9?"}, {"role": "assistant", "content": "Yes"}]}\n',
)
def invalid_utf8(line: Line) -> Iterator[Problem]:
    if line.bad_byte is not None:
        byte = line.body[line.bad_byte]
        yield Problem(
            f"Byte {line.bad_byte + 1} of the line (0x{byte:02X}) is not UTF-8; save the file as UTF-8.",
            column=line.column,
        )


@line_rule(
    "not-an-object",
    "error",
    "The line is JSON, but not an object",
    why="Every line of a training file is one example, and an example is an object in braces.",
    good=_GOOD,
    bad=b'[{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]\n',
)
def not_an_object(line: Line) -> Iterator[Problem]:
    if line.value is not ABSENT and not isinstance(line.value, dict):
        yield Problem(f"The line holds {kind_of(line.value)}; an example is an object in braces.", column=1)


@line_rule(
    "blank-line",
    "warning",
    "The line is blank",
    why="JSONL has one example on every line. Some programs skip a blank line, others refuse the file or count lines "
    "wrongly.",
    good=_GOOD + _GOOD.replace(b"Hi", b"Good day"),
    bad=_GOOD + b"\n" + _GOOD.replace(b"Hi", b"Good day"),
)
def blank_line(line: Line) -> Iterator[Problem]:
    if line.blank:
        yield Problem("The line is blank.", fix="remove-line")


@line_rule(
    "duplicate-key",
    "warning",
    "A key stands twice in one object",
    why="Of two members with the same key, programs silently keep one, mostly the last: the other text is never "
    "trained on.",
    good=_GOOD,
    bad=b'{"messages": [{"role": "user", "content": "Hi", "content": "Hey"},'
    b' {"role": "assistant", "content": "Hello"}]}\n',
)
def duplicate_key(line: Line) -> Iterator[Problem]:
    for duplicate in line.duplicates:
        yield Problem(
            f"The key {quoted(duplicate.key)} stands twice in the same object; only the last one counts.",
            path=duplicate.path,
            column=duplicate.column,
            fix="remove-duplicate-key",
        )


@line_rule(
    "byte-order-mark",
    "warning",
    "The file begins with a byte order mark",
    why="Many programs take these three invisible bytes for a part of the first line, which then is no JSON. Azure "
    "wants them.",
    good=_GOOD,
    bad=BYTE_ORDER_MARK + _GOOD,
)
def byte_order_mark(line: Line) -> Iterator[Problem]:
    if line.first and line.raw.startswith(BYTE_ORDER_MARK):
        yield Problem(
            "The file begins with an invisible byte order mark, which some hosts refuse.",
            column=1,
            fix="remove-byte-order-mark",
        )


@line_rule(
    "byte-order-mark-missing",
    "hint",
    "The file does not begin with a byte order mark",
    why="Azure documents that a training file is UTF-8 with a byte order mark; whether it refuses others is not said.",
    good=BYTE_ORDER_MARK + _GOOD,
    bad=_GOOD,
    host="azure",
)
def byte_order_mark_missing(line: Line) -> Iterator[Problem]:
    if line.first and not line.raw.startswith(BYTE_ORDER_MARK):
        yield Problem("The file does not begin with a byte order mark.", feature="no-byte-order-mark")

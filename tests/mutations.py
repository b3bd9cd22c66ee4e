"""Lines as nobody would write them: examples of every rule, torn, crossed, repeated and filled with hostile values.

The same for every run with the same seed.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

from ftdesk import resources
from ftdesk.validation.rules import RULES

HOSTILE_BYTES = [
    *(b"\0", b"\xff", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\r", b"\\", b'"', b"{", b"}", b"[", b"]", b",", b":", b"\\u"),
    *(b"\\ud800", b"\\udc00", b"NaN", b"1e999", b"-0", b"\xe2\x80\xa8", b"\xe2\x80\xae", b"<|endoftext|>", b"\x1b[31m"),
]
HOSTILE_VALUES: list[Any] = [
    *(None, True, 0, -1, 1.5, 10**40, "", " ", "\ufeff", "\u202e", "a" * 3000, "'ſ\u0c5c's", [], {}, [[]]),
    *(
        [{}],
        {"": ""},
        {"type": "text", "text": "x"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA"}},
    ),
    *(
        {"url": "https://[::1"},
        "data:image/gif;base64,",
        "assistant",
        "user",
        "tool",
        "developer",
        "system",
        "function",
    ),
    *({"$ref": "#"}, {"type": "object", "properties": {"a": {"$ref": "file:///etc/passwd"}}}, {"pattern": "(a+)+$"}),
    *("{{name}}", "TODO", "sk-" + "a" * 48, "4111 1111 1111 1111", "a@b.example", "GB82 WEST 1234 5698 7654 32", "1"),
]
KEYS = [
    *("messages", "role", "content", "name", "weight", "tools", "tool_calls", "tool_call_id", "function", "arguments"),
    *("parameters", "properties", "type", "text", "image_url", "url", "detail", "refusal", "function_call", "id"),
    *("input", "preferred_output", "non_preferred_output", "parallel_tool_calls", "reference_answer", "audio", "enum"),
]


def seeds() -> list[bytes]:
    """Lines to begin with."""
    lines = [line for rule in RULES for text in (rule.good, rule.bad) for line in text.split(b"\n") if line]
    for path in sorted(resources.path("samples").glob("*.jsonl")):
        lines += path.read_bytes().split(b"\n")[:20]
    return list(dict.fromkeys(line for line in lines if len(line) < 20_000))


def mutated_lines(count: int, seed: int = 1) -> Iterator[bytes]:
    """``count`` lines; one in two thousand is long."""
    source = random.Random(seed)  # noqa: S311 - the same lines in every run
    lines = seeds()
    for number in range(count):
        line = source.choice(lines)
        for _ in range(source.choice((1, 1, 2, 4))):
            line = source.choice(_CHANGES)(line, lines, source)
        if number % 2000 == 1999:
            line = _grow(line, source)
        yield line.replace(b"\n", b" ")


def _flip(line: bytes, _: list[bytes], source: random.Random) -> bytes:
    at = source.randrange(len(line) + 1)
    return line[:at] + bytes([source.randrange(256)]) + line[at + 1 :]


def _insert(line: bytes, _: list[bytes], source: random.Random) -> bytes:
    at = source.randrange(len(line) + 1)
    return line[:at] + source.choice(HOSTILE_BYTES) + line[at:]


def _cut(line: bytes, _: list[bytes], source: random.Random) -> bytes:
    at = source.randrange(len(line) + 1)
    return line[:at] + line[at + source.randrange(1, 40) :]


def _repeat(line: bytes, _: list[bytes], source: random.Random) -> bytes:
    at, size = source.randrange(len(line) + 1), source.randrange(1, 200)
    return line[: at + size] + line[at : at + size] * source.randrange(3) + line[at + size :]


def _cross(line: bytes, lines: list[bytes], source: random.Random) -> bytes:
    other = source.choice(lines)
    return line[: source.randrange(len(line) + 1)] + other[source.randrange(len(other) + 1) :]


def _graft(line: bytes, lines: list[bytes], source: random.Random) -> bytes:
    """Put a hostile value, or one of another line, somewhere into the tree; rename, drop or double keys."""
    try:
        value = json.loads(line)
        other = json.loads(source.choice(lines))
    except (ValueError, RecursionError):
        return line
    place = value
    while isinstance(place, (dict, list)) and place:
        key = source.choice(list(place)) if isinstance(place, dict) else source.randrange(len(place))
        inner = place[key]
        if not (isinstance(inner, (dict, list)) and inner) or source.random() < 0.3:
            _change(place, key, other, source)
            break
        place = inner
    return json.dumps(value, ensure_ascii=source.random() < 0.5).encode("utf-8", "surrogatepass")


def _change(place: Any, key: Any, other: Any, source: random.Random) -> None:
    kind = source.randrange(5)
    if kind == 0:
        del place[key]
    elif kind == 1 and isinstance(place, dict):
        place[source.choice(KEYS)] = place.pop(key)
    elif kind == 2 and isinstance(other, dict) and other:
        place[key] = source.choice(list(other.values()))
    elif kind == 3 and isinstance(place, list):
        place.append(place[key])
    else:
        place[key] = source.choice(HOSTILE_VALUES)


def _grow(line: bytes, source: random.Random) -> bytes:
    filler = source.choice(
        [b" ", b"a", b"ab ", b"1", b"@", "字".encode(), b"\\n", b"[", b'{"a":', b"sk-", b"4111 ", b"a@"]
    )
    size = source.choice((20_000, 200_000))
    if source.random() < 0.5:
        return b'{"messages": [{"role": "user", "content": "' + filler * (size // len(filler)) + b'"}]}'
    at = source.randrange(len(line) + 1)
    return line[:at] + filler * (size // len(filler)) + line[at:]


_FILLERS = [b" ", b"a", b"ab ", b"1", b"@", "字".encode(), b"\\n", b"[", b'{"a":', b"sk-", b"4111 ", b"a@"]
_CHANGES: list[Callable[[bytes, list[bytes], random.Random], bytes]] = [
    _flip,
    _insert,
    _cut,
    _repeat,
    _cross,
    _graft,
    _graft,
    _graft,
]

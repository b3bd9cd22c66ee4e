"""Where the texts of an example stand: the places that find and replace goes through."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ftdesk.dataset.spans import Path

Part = Literal["system", "user", "assistant", "tool", "calls", "tools", "other"]
"""``system`` is developer as well; ``calls`` are names and arguments of tool calls; ``tools`` their definitions."""

PARTS: tuple[Part, ...] = ("system", "user", "assistant", "tool", "calls", "tools", "other")

_BY_ROLE: dict[Any, Part] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
    "function": "tool",
}
_OUTPUTS = ("preferred_output", "non_preferred_output")


@dataclass(frozen=True, slots=True)
class TextField:
    """A text and the ``path`` to it."""

    path: Path
    text: str
    part: Part


def text_fields(value: Mapping[str, Any]) -> Iterator[TextField]:
    """Every text of an example that a person wrote, in its order. Ids, roles, types and image addresses are none."""
    for key, item in value.items():
        if key == "messages" or key in _OUTPUTS:
            yield from _messages((key,), item)
        elif key == "input" and isinstance(item, Mapping):
            for inner, content in item.items():
                if inner == "messages":
                    yield from _messages((key, inner), content)
                else:
                    yield from _texts((key, inner), content, "tools" if inner == "tools" else "other")
        else:
            yield from _texts((key,), item, "tools" if key == "tools" else "other")


def message_number(path: Path) -> int | None:
    """The number of the message that ``path`` leads into, from 1; ``None`` outside the conversation."""
    at = 2 if path[:1] == ("input",) else 1
    number = path[at] if len(path) > at and path[at - 1] in ("messages", *_OUTPUTS) else None
    return number + 1 if isinstance(number, int) else None


def _messages(path: Path, messages: Any) -> Iterator[TextField]:
    for index, message in enumerate(messages if isinstance(messages, list) else ()):
        if isinstance(message, Mapping):
            yield from _message((*path, index), message)


def _message(path: Path, message: Mapping[str, Any]) -> Iterator[TextField]:
    role = message.get("role")
    part = _BY_ROLE.get(role, "other") if isinstance(role, str) else "other"
    for key, item in message.items():
        if key in ("content", "refusal"):
            if isinstance(item, str):
                yield TextField((*path, key), item, part)
            for place, piece in enumerate(item if isinstance(item, list) else ()):
                for inner in ("text", "refusal"):
                    if isinstance(piece, Mapping) and isinstance(piece.get(inner), str):
                        yield TextField((*path, key, place, inner), piece[inner], part)
        elif key == "name" and isinstance(item, str):
            yield TextField((*path, key), item, "other")
        elif key == "tool_calls":
            for place, call in enumerate(item if isinstance(item, list) else ()):
                function = call.get("function") if isinstance(call, Mapping) else None
                for inner in ("name", "arguments"):
                    if isinstance(function, Mapping) and isinstance(function.get(inner), str):
                        yield TextField((*path, key, place, "function", inner), function[inner], "calls")


def _texts(path: Path, value: Any, part: Part) -> Iterator[TextField]:
    """Every text below ``value``, however deep. What says the type of a tool or of a parameter is no text."""
    waiting = [(path, value)]
    while waiting:
        at, item = waiting.pop()
        if isinstance(item, str):
            if not (part == "tools" and at[-1] == "type"):
                yield TextField(at, item, part)
        elif isinstance(item, Mapping | list):
            inner = item.items() if isinstance(item, Mapping) else enumerate(item)
            waiting.extend(reversed([((*at, step), held) for step, held in inner]))

"""One line, parsed when somebody looks at it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from ftdesk.dataset.spans import JsonSyntaxError, parse

Kind = Literal["supervised", "preference", "reinforcement", "broken", "blank"]


def _refuse(constant: str) -> None:
    raise ValueError(constant)


# NaN and Infinity are Python's; no host reads them.
_DECODER = json.JSONDecoder(parse_constant=_refuse)

_LONG_LINE = 1 << 18

ROLES: tuple[str, ...] = ("system", "developer", "user", "assistant", "tool")


@dataclass(frozen=True, slots=True)
class Record:
    """A line as an example; where it is none, ``value`` is empty and ``problem`` says why. ``column`` counts from 1."""

    kind: Kind
    value: Mapping[str, Any]
    problem: str = ""
    column: int | None = None

    @property
    def messages(self) -> Sequence[Any]:
        """The conversation: ``messages``, or those of a preference example's ``input``. Items may be of any type."""
        holder: Any = self.value.get("input") if self.kind == "preference" else self.value
        messages = holder.get("messages") if isinstance(holder, Mapping) else None
        return messages if isinstance(messages, list) else ()

    @property
    def preview(self) -> str:
        """What tells this example from others: the text of its first user message, else of its first message."""
        texts = [
            (message.get("role"), content_text(message.get("content")))
            for message in self.messages
            if isinstance(message, Mapping)
        ]
        for role, text in texts:
            if role == "user" and text.strip():
                return text
        return next((text for _, text in texts if text.strip()), "")


def read_record(line: bytes) -> Record:
    """Parse a line. Never raises: a line that is no example says why."""
    return _read_once(line) if len(line) > _LONG_LINE else _read(line)


@lru_cache(maxsize=4)
def _read_once(line: bytes) -> Record:
    """An edit looks at its line several times, and of a long one each look would be felt."""
    return _read(line)


def _read(line: bytes) -> Record:
    if not line.strip():
        return Record("blank", {}, "The line is blank.")
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        return Record("broken", {}, f"Byte {error.start + 1} is not valid UTF-8.", error.start + 1)
    text = text.removeprefix("\ufeff")
    try:
        value = _DECODER.decode(text)
    except (ValueError, RecursionError):
        return _broken(text)
    if not isinstance(value, dict):
        return Record("broken", {}, "The line is JSON, but not an object in braces.", 1)
    return Record(kind_of(value), value)


def content_text(content: Any) -> str:
    """The text of a message's content: the string itself, or the text parts of a list."""
    if isinstance(content, str):
        return content
    if isinstance(content, list):
        parts = [part.get("text") for part in content if isinstance(part, Mapping)]
        return "\n".join(text for text in parts if isinstance(text, str))
    return ""


def _broken(text: str) -> Record:
    try:
        parse(text)
    except JsonSyntaxError as error:
        column = error.position + 1
        return Record("broken", {}, f"Not valid JSON: at column {column} {error}.", column)
    if text.startswith("\ufeff"):
        return Record("broken", {}, "A second byte order mark begins the line.", 1)
    # All else that JSON allows and ``json`` refuses: Python reads no integer of more than 4,300 digits.
    return Record("broken", {}, "A number in the line has too many digits.", None)


def kind_of(value: Mapping[str, Any]) -> Kind:
    """What an object was meant to be, by its keys."""
    if "preferred_output" in value or "non_preferred_output" in value or ("input" in value and "messages" not in value):
        return "preference"
    messages = value.get("messages")
    answered = isinstance(messages, list) and any(
        isinstance(message, Mapping) and message.get("role") == "assistant" for message in messages
    )
    extra = set(value) - {"messages", "tools", "parallel_tool_calls", "functions"}
    return "reinforcement" if extra and isinstance(messages, list) and messages and not answered else "supervised"

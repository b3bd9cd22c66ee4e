"""Examples from text that somebody copied: JSON lines, a JSON array, messages, or a conversation in plain words."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from ftdesk.dataset.record import kind_of
from ftdesk.dataset.spans import dump
from ftdesk.errors import InputError

MOST_CHARACTERS = 4_000_000
"""Longer text belongs into a file, which is read without holding anybody up."""

_ROLES = {
    "system": "system",
    "developer": "developer",
    "user": "user",
    "human": "user",
    "you": "user",
    "you said": "user",
    "customer": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "chatgpt": "assistant",
    "chatgpt said": "assistant",
}
_TURN = re.compile(
    rf"^[ \t>*#_]*({'|'.join(sorted(_ROLES, key=len, reverse=True))})[*_]*[ \t]*:[ \t*_]*", re.IGNORECASE
)


def examples_from_text(text: str) -> list[bytes]:
    """One line for each example in ``text``; JSON lines stay as they are. Raises ``InputError``."""
    if len(text) > MOST_CHARACTERS:
        raise InputError("The copied text is too long to be pasted.", hint="Save it as a file and open that.")
    text = text.strip().removeprefix("\ufeff")
    lines = [line for line in text.splitlines() if line.strip()]
    if lines and all(line.lstrip().startswith("{") for line in lines):
        values = [_parsed(line) for line in lines]
        if all(map(_is_example, values)):
            return [line.strip().encode("utf-8") for line in lines]
        if all(map(_is_message, values)):
            return [_example(values)]
    found = _from_json(_parsed(text)) or _from_words(text)
    if not found:
        raise InputError(
            "The copied text is no example.",
            hint="JSON lines, a list of messages, or turns that begin with “User:” and “Assistant:” can be pasted.",
        )
    return found


def _from_json(value: Any) -> list[bytes]:
    if _is_example(value):
        return [_line(value)]
    if _is_message(value):
        return [_example([value])]
    if isinstance(value, list) and value and all(map(_is_message, value)):
        return [_example(value)]
    if isinstance(value, list) and value and all(map(_is_example, value)):
        return [_line(item) for item in value]
    return []


def _from_words(text: str) -> list[bytes]:
    messages: list[dict[str, str]] = []
    for line in text.splitlines():
        turn = _TURN.match(line)
        if turn:
            messages.append({"role": _ROLES[turn.group(1).lower()], "content": line[turn.end() :]})
        elif messages:
            messages[-1]["content"] += f"\n{line}"
        elif line.strip():
            return []
    for message in messages:
        message["content"] = message["content"].strip()
    return [_example(messages)] if messages else []


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _is_example(value: Any) -> bool:
    return isinstance(value, Mapping) and (isinstance(value.get("messages"), list) or kind_of(value) == "preference")


def _is_message(value: Any) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("role"), str) and "messages" not in value


def _example(messages: list[Any]) -> bytes:
    return _line({"messages": messages})


def _line(value: Any) -> bytes:
    return dump(value).encode("utf-8")

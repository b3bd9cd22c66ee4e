"""What an example asks, as the part that must not be on both sides of a split."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ftdesk.dataset.folding import folded
from ftdesk.dataset.record import Record, content_text

_SYSTEM = ("system", "developer")  # no set: the role of a broken message may be of a type that has no hash
_NOT_COMPARED = frozenset({"role", "content", "weight", "name", "tool_call_id"})


def _question(record: Record) -> list[Any]:
    """The conversation without the last answer."""
    messages = list(record.messages)
    last = messages[-1] if messages else None
    if len(messages) > 1 and isinstance(last, Mapping) and last.get("role") == "assistant":
        messages.pop()
    return messages


def asked(record: Record) -> list[Any]:
    """What an example asks, folded. Without a conversation, all it holds."""
    return [_folded_message(message) for message in _question(record)] or [dict(record.value)]


def turns(record: Record) -> Iterator[tuple[Any, Any]]:
    """Role and folded message of each turn of the question, without system prompts."""
    for message in _question(record):
        role = message.get("role") if isinstance(message, Mapping) else None
        if role not in _SYSTEM:
            yield role, _folded_message(message)


def asked_text(record: Record) -> str:
    """What tells the question from others, for near duplicates; empty where an image or the like decides.

    Not the system prompt: many examples have the same one, and it would be most of what they say.
    """
    texts: list[str] = []
    for message in _question(record):
        if not isinstance(message, Mapping):
            return ""
        if message.get("role") in _SYSTEM:
            continue
        text, other_parts, other_keys = _folded_message(message)
        if other_parts:
            return ""
        texts.append(text)
        texts.extend(map(str, other_keys.values()))
    return "\n".join(texts) if record.messages else json.dumps(record.value, ensure_ascii=False, sort_keys=True)


def _folded_message(message: Any) -> Any:
    """The folded text of a message, and all else that tells it from others: images, tool calls.

    Ids of calls and names of speakers tell nothing: they differ each time the same is asked.
    """
    if not isinstance(message, Mapping):
        return [message]
    content = message.get("content")
    parts = content if isinstance(content, list) else []
    other_parts = [part for part in parts if not (isinstance(part, Mapping) and isinstance(part.get("text"), str))]
    other_keys = {key: value for key, value in message.items() if key not in _NOT_COMPARED and value}
    if isinstance(calls := other_keys.get("tool_calls"), list):
        other_keys["tool_calls"] = [_without_id(call) for call in calls]
    return [folded(content_text(content)), other_parts, other_keys]


def _without_id(call: Any) -> Any:
    return {key: value for key, value in call.items() if key != "id"} if isinstance(call, Mapping) else call

"""What decides of which widgets a card is made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ftdesk.ui.dataset.parts_view import kinds_of

_SHOWN_ELSEWHERE = frozenset({"role", "content", "tool_calls", "weight", "name", "tool_call_id"})


def shape(message: Any, kind: str) -> tuple[Any, ...]:
    """What decides of which widgets a card is made. Messages of one shape can take each other's card."""
    if not isinstance(message, Mapping):
        return ("", repr(message)[:200])
    content = message.get("content")
    if isinstance(content, list):
        content_shape: Any = kinds_of(content)
    else:
        content_shape = "text" if isinstance(content, str) else type(content).__name__
    calls = message.get("tool_calls")
    fields = tuple(other_fields(message))
    shown = ("name" in message, isinstance(message.get("refusal"), str))
    return (
        message.get("role"),
        content_shape,
        len(calls) if isinstance(calls, list) else repr(calls),
        fields,
        shown,
        kind,
    )


def other_fields(message: Mapping[str, Any]) -> list[str]:
    """What has no widget of its own: shown as JSON, and kept."""
    known = _SHOWN_ELSEWHERE | {"refusal"} if isinstance(message.get("refusal"), str) else _SHOWN_ELSEWHERE
    return [key for key in message if key not in known]

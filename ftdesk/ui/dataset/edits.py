"""Edits that a card can make, as functions from a line to a line. The panel applies them to the row that is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ftdesk.dataset.conversation import messages_path
from ftdesk.dataset.spans import JsonSyntaxError, JsonText, Path
from ftdesk.ui.json_text import gather

Edit = Callable[[bytes], bytes]
"""Raises ``InputError`` for a line that cannot be edited so."""


def replace_value(path: Path, value: Any) -> Edit:
    """Put ``value`` at ``path`` of the example."""

    def edit(line: bytes) -> bytes:
        text = JsonText(line)
        text.replace(path, value)
        return bytes(text)

    return edit


def replace_in_message(message: int, path: Path, value: Any) -> Edit:
    """Put ``value`` at ``path`` of a message, wherever the example keeps its messages."""
    return lambda line: replace_value((*messages_path(line), message, *path), value)(line)


def arguments_as_sent(shown: str, before: str) -> str:
    """The text of a tool call's arguments after an edit of their spread-out form: on one line if it is JSON."""
    try:
        return gather(shown, before)
    except JsonSyntaxError:
        return shown


def unanswered_calls(messages: list[Any]) -> list[str]:
    """Ids of tool calls that no tool message answers, in order."""
    asked: list[str] = []
    for message in messages:
        if not isinstance(message, Mapping):
            continue
        calls = message.get("tool_calls")
        asked += [
            call["id"]
            for call in (calls if isinstance(calls, list) else ())
            if isinstance(call, Mapping) and isinstance(call.get("id"), str)
        ]
        if message.get("role") == "tool" and message.get("tool_call_id") in asked:
            asked.remove(message["tool_call_id"])
    return asked

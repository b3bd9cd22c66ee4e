"""Edits that a card can make, as functions from a line to a line. The panel applies them to the row that is shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ftdesk.dataset.conversation import messages_path
from ftdesk.dataset.spans import JsonSyntaxError, JsonText, Path, dump, find
from ftdesk.dataset.tool_calls import set_in_tool
from ftdesk.errors import InputError
from ftdesk.ui.json_text import gather, spread

_LONE = re.compile("[\ud800-\udfff]")

Edit = Callable[[bytes], bytes]
"""Raises ``InputError`` for a line that cannot be edited so."""


def replace_value(path: Path, value: Any) -> Edit:
    """Put ``value`` at ``path`` of the example."""

    def edit(line: bytes) -> bytes:
        text = JsonText(line)
        text.replace(path, value)
        return bytes(text)

    return edit


def set_value(path: Path, key: str, value: Any) -> Edit:
    """Replace or append the member ``key`` of the object at ``path``."""

    def edit(line: bytes) -> bytes:
        text = JsonText(line)
        text.set_key(path, key, value)
        return bytes(text)

    return edit


def remove_value(path: Path) -> Edit:
    """Remove what stands at ``path``."""

    def edit(line: bytes) -> bytes:
        text = JsonText(line)
        text.remove(path)
        return bytes(text)

    return edit


def replace_in_message(message: int, path: Path, value: Any) -> Edit:
    """Put ``value`` at ``path`` of a message, wherever the example keeps its messages."""
    return lambda line: replace_value((*messages_path(line), message, *path), value)(line)


def replace_json(path: Path, shown: str) -> Edit:
    """Put JSON as it was typed at ``path``, on one line. What is no JSON makes the line a broken one, and is kept."""

    def edit(line: bytes) -> bytes:
        text = JsonText(line)
        node = find(text.root, path)
        try:
            value = gather(shown, text.text)
        except JsonSyntaxError:
            value = " ".join(part.strip() for part in shown.split("\n"))
        value = _LONE.sub(lambda match: f"\\u{ord(match.group()):04x}", value)
        return (text.text[: node.start] + value + text.text[node.end :]).encode("utf-8")

    return edit


def replace_parameters(tool: int, shown: str) -> Edit:
    """Put the parameters of a tool as they were typed."""

    def edit(line: bytes) -> bytes:
        path: Path = (*messages_path(line)[:-1], "tools", tool, "function", "parameters")
        try:
            find(JsonText(line).root, path)
        except KeyError:
            return replace_json(path, shown)(set_in_tool(line, tool, "parameters", {}))
        return replace_json(path, shown)(line)

    return edit


def shown_json(line: bytes, path: Path, value: Any) -> str:
    """The value at ``path`` of a line for an editor, spread out: its own characters, 1.50 as well as escapes."""
    try:
        return spread(JsonText(line).raw(path))
    except (InputError, KeyError, JsonSyntaxError):  # deeper than anybody reads
        return dump(value)


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

"""How the messages of an example belong together: which answers which call, and which tools may be called."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ftdesk.dataset.record import Record
from ftdesk.dataset.spans import dump
from ftdesk.dataset.tool_calls import calls_of, tool_name, tools_of


@dataclass(frozen=True, slots=True)
class CardContext:
    """What a card must know of what is around it. Numbers of messages count from 1."""

    index: int
    total: int
    kind: str
    answered_by: Sequence[int | None] = ()
    """For each of the message's calls the message that answers it."""
    asked_by: int | None = None
    """The message with the call that this one answers."""
    asked: str = ""
    """The name of the tool that was called."""
    tools: Mapping[str, str] = field(default_factory=dict)
    """The parameters of every tool, as JSON, by its name."""


def contexts_of(record: Record) -> list[CardContext]:
    """The context of every message of an example."""
    messages = record.messages
    names: dict[str, tuple[int, str]] = {}
    answers: dict[str, int] = {}
    for index, message in enumerate(messages):
        for call_id, name in _calls(message):
            names.setdefault(call_id, (index + 1, name))
        if isinstance(message, Mapping) and message.get("role") == "tool":
            answered = message.get("tool_call_id")
            if isinstance(answered, str):
                answers.setdefault(answered, index + 1)
    # Only who calls a tool asks for its parameters, and writing them out again takes a while.
    tools = _parameters(record) if names else {}
    contexts = []
    for index, message in enumerate(messages):
        answered = message.get("tool_call_id") if isinstance(message, Mapping) else None
        asked_by, asked = names.get(answered, (None, "")) if isinstance(answered, str) else (None, "")
        by = tuple(answers.get(call_id) for call_id, _ in _calls(message))
        contexts.append(CardContext(index, len(messages), record.kind, by, asked_by, asked, tools))
    return contexts


def _parameters(record: Record) -> dict[str, str]:
    found = {}
    for tool in tools_of(record.value, preference=record.kind == "preference"):
        function = tool.get("function") if isinstance(tool, Mapping) else None
        if tool_name(tool) and isinstance(function, Mapping):
            found[tool_name(tool)] = dump(function.get("parameters", {}))
    return found


def _calls(message: Any) -> list[tuple[str, str]]:
    """Id and name of every call of a message; empty texts where they are missing."""
    found = []
    for call in calls_of(message):
        call_id = call.get("id") if isinstance(call, Mapping) else None
        found.append((call_id if isinstance(call_id, str) else "", tool_name(call)))
    return found

"""Recognises usual examples with tools or weights, so that a check need not ask every rule about them."""

from __future__ import annotations

from typing import Any

_KEYS = frozenset({"messages", "tools", "parallel_tool_calls"})


def is_regular(value: Any) -> bool:
    """Whether this is a usual example in which tools may be called and answers may have a weight.

    It is like a plain one, and beside that has tools with a name each, and calls of these, each answered once before
    anybody else speaks; an answer in words is at the end, and one at least is trained. Only rules that look into
    arguments and schemas, and those about what hosts do not take, can have anything to say about it.
    """
    if type(value) is not dict or value.keys() - _KEYS or type(value.get("parallel_tool_calls", True)) is not bool:
        return False
    messages = value.get("messages")
    names = _names_of(value.get("tools", []))
    return type(messages) is list and names is not None and _are_regular(messages, names)


def _are_regular(messages: list[Any], names: set[str]) -> bool:
    waiting: set[str] = set()
    speaker = ""
    user = trained = False
    for message in messages:
        if type(message) is not dict or type(message.get("role")) is not str:
            return False
        if message["role"] == "tool":
            if not _is_answer(message, waiting):
                return False
            waiting.remove(message["tool_call_id"])
            continue
        before, speaker = speaker, message["role"]
        if waiting or not _may_follow(speaker, before):
            return False
        user = user or speaker == "user"
        if "tool_calls" in message:
            waiting = _calls_in(message, names) if speaker == "assistant" else set()
            trained = True
            if not waiting:
                return False
        elif not _is_said(message):
            return False
        else:
            trained = trained or (speaker == "assistant" and message.get("weight") != 0)
    return user and trained and messages[-1]["role"] == "assistant" and "tool_calls" not in messages[-1]


def _is_said(message: dict[str, Any]) -> bool:
    """Whether somebody says something, with nothing beside it but the weight of an answer."""
    if not _has_words(message):
        return False
    if len(message) == 2:
        return True
    weight = message.get("weight")
    return len(message) == 3 and message["role"] == "assistant" and type(weight) is int and weight in (0, 1)


def _has_words(message: dict[str, Any]) -> bool:
    content = message.get("content")
    return type(content) is str and content != "" and not content.isspace()


def _may_follow(speaker: str, before: str) -> bool:
    """The system speaks first or not at all. Who else speaks after whom is nobody's business."""
    return speaker in ("user", "assistant") or (speaker == "system" and before == "")


def _is_answer(message: dict[str, Any], waiting: set[str]) -> bool:
    identity = message.get("tool_call_id")
    return len(message) == 3 and type(identity) is str and identity in waiting and _has_words(message)


def _names_of(tools: Any) -> set[str] | None:
    """The names of the offered tools, or ``None`` if one has not the usual shape or the name of another."""
    names: set[str] = set()
    for tool in tools if type(tools) is list else (None,):
        if type(tool) is not dict or len(tool) != 2 or tool.get("type") != "function":
            return None
        function = tool.get("function")
        name = function.get("name") if type(function) is dict else None
        if type(name) is not str or not name or name in names:
            return None
        names.add(name)
    return names


def _calls_in(message: dict[str, Any], names: set[str]) -> set[str]:
    """The ids of the calls of known tools, or none if anything has not the usual shape, or an id is that of another."""
    if message.get("content") is None:
        if len(message) != 2 + ("content" in message):
            return set()
    elif len(message) != 3 or not _has_words(message):
        return set()
    calls = message["tool_calls"]
    ids: set[str] = set()
    for call in calls if type(calls) is list else ():
        identity = call.get("id") if type(call) is dict else None
        if type(identity) is not str or not identity or identity in ids or not _is_call(call, names):
            return set()
        ids.add(identity)
    return ids


def _is_call(call: dict[str, Any], names: set[str]) -> bool:
    function = call.get("function")
    if len(call) != 3 or call.get("type") != "function" or type(function) is not dict or len(function) != 2:
        return False
    name = function.get("name")
    return type(name) is str and name in names and type(function.get("arguments")) is str

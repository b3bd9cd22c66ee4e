"""Edits of tools, their calls and their answers: what belongs together changes together.

Every function takes a line and gives back the line with that one thing changed; ``message``, ``call`` and ``tool`` are
indexes. All raise ``InputError`` when the line is broken or has no such thing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ftdesk.dataset.conversation import messages_path
from ftdesk.dataset.record import read_record
from ftdesk.dataset.spans import JsonText, Path
from ftdesk.errors import InputError

_MOST_DEPTH = 12


def tools_of(value: Mapping[str, Any], *, preference: bool) -> Sequence[Any]:
    """The tool definitions of an example; of a preference example those of its ``input``."""
    holder: Any = value.get("input") if preference else value
    tools = holder.get("tools") if isinstance(holder, Mapping) else None
    return tools if isinstance(tools, list) else ()


def add_call(line: bytes, message: int) -> bytes:
    """Append a call of the first tool there is, with an id that no other call has."""
    record = read_record(line)
    tools = tools_of(record.value, preference=record.kind == "preference")
    name = next((tool_name(tool) for tool in tools if tool_name(tool)), "")
    call = {"id": _fresh_id(record.messages), "type": "function", "function": {"name": name, "arguments": "{}"}}
    text, path = JsonText(line), (*messages_path(line), message)
    calls = _message(record.messages, message).get("tool_calls")
    if isinstance(calls, list):
        text.insert((*path, "tool_calls"), len(calls), call)
    else:
        text.set_key(path, "tool_calls", [call])
    return bytes(text)


def remove_call(line: bytes, message: int, call: int) -> bytes:
    """Remove a call; with the last one the list goes, and the message has a text to be written in its place."""
    found = _message(read_record(line).messages, message)
    text, path = JsonText(line), (*messages_path(line), message)
    _call(found, call)
    if len(found["tool_calls"]) > 1:
        text.remove((*path, "tool_calls", call))
        return bytes(text)
    text.remove((*path, "tool_calls"))
    if found.get("content") is None:
        text.set_key(path, "content", "")
    return bytes(text)


def set_in_call(line: bytes, message: int, call: int, key: str, value: str) -> bytes:
    """Set the ``name`` or the ``arguments`` of the function that is called."""
    found = _call(_message(read_record(line).messages, message), call)
    text, path = JsonText(line), (*messages_path(line), message, "tool_calls", call)
    if isinstance(found.get("function"), Mapping):
        text.set_key((*path, "function"), key, value)
    else:
        text.set_key(path, "function", {key: value})
    return bytes(text)


def rename_call(line: bytes, message: int, call: int, name: str) -> bytes:
    """Give a call another id, and the tool messages that answer it with it."""
    messages = read_record(line).messages
    found = _call(_message(messages, message), call)
    old, path = found.get("id"), messages_path(line)
    text = JsonText(line)
    if isinstance(old, str) and old and sum(other == old for other in _ids(messages)) == 1:
        for index in _answers(messages, old):
            text.replace((*path, index, "tool_call_id"), name)
    text.set_key((*path, message, "tool_calls", call), "id", name)
    return bytes(text)


def rename_answer(line: bytes, message: int, name: str) -> bytes:
    """Give a tool message another ``tool_call_id``, and the call that it answers, if it does, with it."""
    messages = read_record(line).messages
    old = _message(messages, message).get("tool_call_id")
    for index, other in enumerate(messages):
        for call, found in enumerate(calls_of(other)):
            if isinstance(old, str) and old and isinstance(found, Mapping) and found.get("id") == old:
                return rename_call(line, index, call, name)
    text = JsonText(line)
    text.set_key((*messages_path(line), message), "tool_call_id", name)
    return bytes(text)


def answer_call(line: bytes, message: int, call: int) -> bytes:
    """Insert an empty tool message that answers a call, after the answers of the calls before it."""
    record = read_record(line)
    messages = record.messages
    found = _call(_message(messages, message), call)
    call_id = found.get("id")
    text, path = JsonText(line), messages_path(line)
    if not isinstance(call_id, str) or not call_id:
        call_id = _fresh_id(messages)
        text.set_key((*path, message, "tool_calls", call), "id", call_id)
    earlier = {item.get("id") for item in calls_of(messages[message])[:call] if isinstance(item, Mapping)}
    place = message + 1
    while place < len(messages) and _is_tool(messages[place]) and messages[place].get("tool_call_id") in earlier:
        place += 1
    text.insert(path, place, {"role": "tool", "tool_call_id": call_id, "content": ""})
    return bytes(text)


def define_tool(line: bytes, name: str, arguments: Any = None) -> bytes:
    """Append a tool definition, with parameters of the types that ``arguments`` have."""
    record = read_record(line)
    tool = {
        "type": "function",
        "function": {"name": name, "description": "", "parameters": schema_like(arguments or {})},
    }
    holder = messages_path(line)[:-1]
    text = JsonText(line)
    value: Any = record.value.get("input") if holder else record.value
    if isinstance(value, Mapping) and isinstance(value.get("tools"), list):
        text.insert((*holder, "tools"), len(value["tools"]), tool)
    else:
        text.set_key(holder, "tools", [tool])
    return bytes(text)


def set_in_tool(line: bytes, tool: int, key: str, value: Any) -> bytes:
    """Set ``name``, ``description`` or ``parameters``. Calls of a tool that gets another name get it, too."""
    record = read_record(line)
    tools = tools_of(record.value, preference=record.kind == "preference")
    if not (
        tool < len(tools) and isinstance(tools[tool], Mapping) and isinstance(tools[tool].get("function"), Mapping)
    ):
        raise InputError(f"The line has no tool {tool + 1} with a function.", hint="Edit it as raw JSON.")
    text, path = JsonText(line), messages_path(line)
    text.set_key((*path[:-1], "tools", tool, "function"), key, value)
    old = tool_name(tools[tool])
    if key == "name" and old and sum(tool_name(other) == old for other in tools) == 1:
        for index, message in enumerate(record.messages):
            for place, call in enumerate(calls_of(message)):
                if tool_name(call) == old:
                    text.replace((*path, index, "tool_calls", place, "function", "name"), value)
    return bytes(text)


def remove_tool(line: bytes, tool: int) -> bytes:
    """Remove a definition; with the last one the list goes, since an empty one is refused by hosts."""
    record = read_record(line)
    tools = tools_of(record.value, preference=record.kind == "preference")
    path: Path = (*messages_path(line)[:-1], "tools")
    text = JsonText(line)
    text.remove((*path, tool) if len(tools) > 1 else path)
    return bytes(text)


def schema_like(value: Any, depth: int = 0) -> dict[str, Any]:
    """A JSON Schema that ``value`` meets, by the types of what is in it."""
    if isinstance(value, Mapping):
        schema: dict[str, Any] = {"type": "object"}
        if depth < _MOST_DEPTH:
            schema["properties"] = {key: schema_like(item, depth + 1) for key, item in value.items()}
            schema["required"] = list(value)
        return schema
    if isinstance(value, list):
        kinds = [schema_like(item, depth + 1) for item in value[:1]] if depth < _MOST_DEPTH else []
        alike = bool(kinds) and all(schema_like(item, depth + 1) == kinds[0] for item in value)
        return {"type": "array", "items": kinds[0]} if alike else {"type": "array", "items": {}}
    for kind, name in ((bool, "boolean"), (str, "string"), (int, "integer"), (float, "number")):
        if isinstance(value, kind):
            return {"type": name}
    return {"type": "null"} if depth == 0 else {}


def tool_name(item: Any) -> str:
    """The function's name of a tool or of a call; empty where it has none."""
    function = item.get("function") if isinstance(item, Mapping) else None
    name = function.get("name") if isinstance(function, Mapping) else None
    return name if isinstance(name, str) else ""


def calls_of(message: Any) -> Sequence[Any]:
    """The tool calls of a message, of whatever type they are."""
    calls = message.get("tool_calls") if isinstance(message, Mapping) else None
    return calls if isinstance(calls, list) else ()


def _ids(messages: Sequence[Any]) -> Iterator[str]:
    for message in messages:
        for call in calls_of(message):
            if isinstance(call, Mapping) and isinstance(call.get("id"), str):
                yield call["id"]


def _fresh_id(messages: Sequence[Any]) -> str:
    taken = {*_ids(messages), *(m.get("tool_call_id") for m in messages if _is_tool(m) and _has_text_id(m))}
    number = 1
    while f"call_{number}" in taken:
        number += 1
    return f"call_{number}"


def _has_text_id(message: Mapping[str, Any]) -> bool:
    return isinstance(message.get("tool_call_id"), str)


def _is_tool(message: Any) -> bool:
    return isinstance(message, Mapping) and message.get("role") == "tool"


def _answers(messages: Sequence[Any], call_id: str) -> list[int]:
    return [i for i, message in enumerate(messages) if _is_tool(message) and message.get("tool_call_id") == call_id]


def _message(messages: Sequence[Any], index: int) -> Mapping[str, Any]:
    message = messages[index] if index < len(messages) else None
    if not isinstance(message, Mapping):
        raise InputError(f"The line has no message {index + 1}.", hint="Edit it as raw JSON.")
    return message


def _call(message: Mapping[str, Any], call: int) -> Mapping[str, Any]:
    calls = calls_of(message)
    found = calls[call] if call < len(calls) else None
    if not isinstance(found, Mapping):
        raise InputError(f"The message has no tool call {call + 1}.", hint="Edit it as raw JSON.")
    return found

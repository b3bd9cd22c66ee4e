"""What the conversions of all shapes share: reading parts of a row, with a reason where one is not what it has to be.

They take out of the row what they read (see ``Shape``), and raise ``NotConvertibleError``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ftdesk.dataset.spans import dump

Example = dict[str, Any]


class NotConvertibleError(ValueError):
    """The row lacks something, or holds something the example format has no place for."""


def present(row: Mapping[str, Any], *keys: str) -> Sequence[str]:
    """``keys`` if all of them have a value, else nothing."""
    return keys if all(row.get(key) not in (None, "") for key in keys) else ()


def text_in(row: dict[str, Any], key: str) -> str:
    """The text under ``key``, which has to be there."""
    value = row.pop(key, None)
    if not isinstance(value, str):
        raise NotConvertibleError(f"“{key}” is not a text")
    return value


def optional_text_in(row: dict[str, Any], *keys: str) -> str:
    """The text under the first of ``keys`` that has a value, or an empty one."""
    key = next((key for key in keys if row.get(key) not in (None, "")), None)
    return "" if key is None else text_in(row, key)


def system_in(row: dict[str, Any]) -> list[Any]:
    """The system prompt of a row as messages: one or none."""
    text = optional_text_in(row, "system", "system_prompt")
    return [turn_of("system", text)] if text else []


def refuse_apart(row: Mapping[str, Any]) -> None:
    """Refuse a row that keeps what is talked about in a field of its own."""
    for key in ("context", "image", "images", "video", "videos", "audio", "audios"):
        if row.get(key):
            raise NotConvertibleError(f"the conversation may mean nothing without “{key}”, which has no place in it")


def turn_of(role: str, text: str) -> dict[str, Any]:
    """A message."""
    return {"role": role, "content": text}


def messages_in(value: Any, where: str) -> list[Any]:
    """A list of messages, also where a table could only hold it as JSON text."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError as error:
            raise NotConvertibleError(f"“{where}” is a text and not a list of messages") from error
    if not (isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value)):
        raise NotConvertibleError(f"“{where}” is not a list of messages")
    return [_with_written_arguments(message) for message in value]


def _with_written_arguments(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """Chat templates want the arguments of a call as an object; OpenAI's format has them as text."""
    calls = message.get("tool_calls")
    return {**message, "tool_calls": list(map(_written, calls))} if isinstance(calls, list) else message


def _written(call: Any) -> Any:
    function = call.get("function") if isinstance(call, Mapping) else None
    if not (isinstance(function, Mapping) and isinstance(function.get("arguments"), Mapping)):
        return call
    return {**call, "function": {**function, "arguments": dump(function["arguments"], allow_nan=False)}}


def tools_in(row: dict[str, Any]) -> dict[str, Any]:
    """The definitions of tools as a member of an example: a list, or JSON text, of functions, framed or bare."""
    value = row.pop("tools", None)
    if isinstance(value, str) and value:
        value = parsed_text(value, "tools")
    if not value:
        return {}
    if not (isinstance(value, list) and all(isinstance(item, Mapping) for item in value)):
        raise NotConvertibleError("“tools” is not a list of definitions")
    return {"tools": [_framed(item) for item in value]}


def _framed(tool: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"type": "function", "function": tool} if "name" in tool and "function" not in tool else tool


def parsed_text(text: str, key: str) -> Any:
    """The value of JSON text that stands under ``key``."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise NotConvertibleError(f"“{key}” is a text and not JSON") from error

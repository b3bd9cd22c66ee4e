"""What a row looks like for other programs. What a layout has no room for is refused with a reason, never dropped."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ftdesk.dataset.formats.conversion import NotConvertibleError
from ftdesk.dataset.formats.separated import PREFERENCE_COLUMNS, SUPERVISED_COLUMNS
from ftdesk.dataset.record import Record

_OUTPUTS = ("preferred_output", "non_preferred_output")


def _openai(record: Record) -> dict[str, Any]:
    return dict(record.value)


def _trl(record: Record) -> dict[str, Any]:
    """TRL's conversational shapes: messages, or prompt with chosen and rejected. Other fields are columns beside."""
    if record.kind != "preference":
        if not _is_answer(record.messages[-1:]):
            raise NotConvertibleError("it does not end with an answer")
        return {**record.value, "messages": list(map(_plain, record.messages))}
    asked, answers = record.value.get("input"), [record.value.get(key) for key in _OUTPUTS]
    if not (isinstance(asked, Mapping) and record.messages and all(map(_is_answer, answers))):
        raise NotConvertibleError("it is not a question with one better and one worse answer")
    beside = [
        *((key, value) for key, value in record.value.items() if key not in ("input", *_OUTPUTS)),
        *((key, value) for key, value in asked.items() if key != "messages"),
    ]
    row: dict[str, Any] = {
        "prompt": list(map(_plain, record.messages)),
        "chosen": list(map(_plain, answers[0] or ())),
        "rejected": list(map(_plain, answers[1] or ())),
    }
    for key, value in beside:
        if key in row:
            raise NotConvertibleError(f"“{key}” would be there twice")
        row[key] = value
    return row


def _is_answer(messages: Any) -> bool:
    return (
        isinstance(messages, list | tuple)
        and len(messages) == 1
        and isinstance(messages[0], Mapping)
        and messages[0].get("role") == "assistant"
    )


def _plain(message: Any) -> dict[str, Any]:
    """A message as chat templates expect it: without a weight, and with a call's arguments as an object."""
    if not isinstance(message, Mapping):
        raise NotConvertibleError("a message is not an object")
    if message.get("weight") not in (None, 1):
        raise NotConvertibleError(f"TRL trains on every answer, and one here has weight {message['weight']}")
    plain = {key: value for key, value in message.items() if key != "weight"}
    if isinstance(plain.get("tool_calls"), list):
        plain["tool_calls"] = [_called(call) for call in plain["tool_calls"]]
    return plain


def _called(call: Any) -> Any:
    function = call.get("function") if isinstance(call, Mapping) else None
    if not isinstance(function, Mapping) or not isinstance(function.get("arguments"), str):
        return call
    try:
        arguments = json.loads(function["arguments"])
    except (ValueError, RecursionError) as error:
        raise NotConvertibleError("the arguments of a call are not JSON") from error
    if not isinstance(arguments, dict):
        raise NotConvertibleError("the arguments of a call are not an object")
    return {**call, "function": {**function, "arguments": arguments}}


def _columns(record: Record) -> dict[str, Any]:
    """One question and one answer as columns of text."""
    if record.kind == "preference":
        _refuse_others(record.value, "input", *_OUTPUTS)
        _refuse_others(record.value.get("input"), "messages")
        answers = [_only_text(record.value.get(key)) for key in _OUTPUTS]
        return dict(zip(PREFERENCE_COLUMNS, (*_asked(record.messages), *answers), strict=True))
    _refuse_others(record.value, "messages")
    if not _is_answer(record.messages[-1:]):
        raise NotConvertibleError("it does not end with an answer")
    asked, answer = _asked(record.messages[:-1]), _only_text(record.messages[-1:])
    return dict(zip(SUPERVISED_COLUMNS, (*asked, answer), strict=True))


def _asked(messages: Iterable[Any]) -> tuple[str, str]:
    """The system prompt, if there is one, and the question."""
    messages = list(messages)
    roles = [message.get("role") if isinstance(message, Mapping) else None for message in messages]
    if "developer" in roles:
        raise NotConvertibleError("a table has no column for a developer's message")
    if roles not in (["user"], ["system", "user"]):
        raise NotConvertibleError("a table has room for one question and one answer, and this is a conversation")
    return _only_text(messages[:-1]) if len(messages) > 1 else "", _only_text(messages[-1:])


def _only_text(messages: Any) -> str:
    if not isinstance(messages, list | tuple) or len(messages) != 1 or not isinstance(messages[0], Mapping):
        raise NotConvertibleError("it has not exactly one answer")
    (message,) = messages
    text = message.get("content")
    if message.get("tool_calls") or not isinstance(text, str):
        raise NotConvertibleError("a table holds texts, and a message here is more than that")
    if not text:
        raise NotConvertibleError("a message is empty, which a table cannot tell from none")
    if message.get("weight") not in (None, 1):
        raise NotConvertibleError("a table has no column for the weight of an answer")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise NotConvertibleError("a text holds half of a character, which only JSON can write") from error
    _refuse_others(message, "role", "content", "weight")
    return text


def _refuse_others(holder: Any, *keys: str) -> None:
    for key, value in holder.items() if isinstance(holder, Mapping) else ():
        if key not in keys and value not in (None, "", [], {}):
            raise NotConvertibleError(f"a table has no column for “{key}”")


LAYOUTS: dict[str, Callable[[Record], dict[str, Any]]] = {"openai": _openai, "trl": _trl, "columns": _columns}
"""By name. Each raises ``NotConvertibleError``."""

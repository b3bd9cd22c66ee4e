"""What a row means: how each widely used shape of training data becomes an example in OpenAI's format.

A shape recognises a row by its keys, says why, and converts it. What it cannot convert it refuses with a reason, and
what it had no use for stays in the row, to be told: nothing is dropped or guessed silently.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ftdesk.dataset.spans import dump

Example = dict[str, Any]


class NotConvertibleError(ValueError):
    """The row lacks something, or holds something the example format has no place for."""


@dataclass(frozen=True, slots=True)
class Shape:
    """``recognise`` gives the keys by which it knew the row, or nothing.

    ``convert`` takes out of the row what it uses, so that what is left in it is what an example has no place for. It
    raises ``NotConvertibleError`` where the example would mean something else without that.
    """

    name: str
    title: str
    recognise: Callable[[Mapping[str, Any]], Sequence[str]]
    convert: Callable[[dict[str, Any]], Example]


_SHAREGPT_ROLES = {
    "system": "system",
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "assistant": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "chatgpt": "assistant",
    "tool": "tool",
    "observation": "tool",
    "function_response": "tool",
}


def _present(row: Mapping[str, Any], *keys: str) -> Sequence[str]:
    return keys if all(row.get(key) not in (None, "") for key in keys) else ()


def _text(row: dict[str, Any], key: str) -> str:
    value = row.pop(key, None)
    if not isinstance(value, str):
        raise NotConvertibleError(f"“{key}” is not a text")
    return value


def _optional_text(row: dict[str, Any], *keys: str) -> str:
    """The first of ``keys`` that has a value."""
    key = next((key for key in keys if row.get(key) not in (None, "")), None)
    return "" if key is None else _text(row, key)


def _system(row: dict[str, Any]) -> list[Any]:
    text = _optional_text(row, "system", "system_prompt")
    return [{"role": "system", "content": text}] if text else []


def _refuse_apart(row: Mapping[str, Any]) -> None:
    """Refuse a row that keeps what is talked about in a field of its own."""
    for key in ("context", "image", "images", "video", "videos", "audio", "audios"):
        if row.get(key):
            raise NotConvertibleError(f"the conversation may mean nothing without “{key}”, which has no place in it")


def _turn(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "content": text}


def _messages(value: Any, where: str) -> list[Any]:
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


def _tools(row: dict[str, Any]) -> dict[str, Any]:
    """The definitions of tools as a member of an example: a list, or JSON text, of functions, framed or bare."""
    value = row.pop("tools", None)
    if isinstance(value, str) and value:
        value = _parsed(value, "tools")
    if not value:
        return {}
    if not (isinstance(value, list) and all(isinstance(item, Mapping) for item in value)):
        raise NotConvertibleError("“tools” is not a list of definitions")
    return {"tools": [_framed(item) for item in value]}


def _framed(tool: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"type": "function", "function": tool} if "name" in tool and "function" not in tool else tool


def _parsed(text: str, key: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise NotConvertibleError(f"“{key}” is a text and not JSON") from error


def _openai_keys(row: Mapping[str, Any]) -> Sequence[str]:
    if row.get("preferred_output") is not None:
        return _present(row, "input", "preferred_output", "non_preferred_output")
    return _present(row, "messages")


def _from_openai(row: dict[str, Any]) -> Example:
    example = dict(row)
    row.clear()
    for key in ("messages", "preferred_output", "non_preferred_output"):
        if example.get(key) is not None:
            example[key] = _messages(example[key], key)
    for key in ("tools", "input") if "preferred_output" in example else ("tools",):
        if isinstance(text := example.get(key), str):
            example[key] = _parsed(text, key) if text else None
    return example


def _from_sharegpt(row: dict[str, Any]) -> Example:
    _refuse_apart(row)
    key = "conversation" if _present(row, "conversation") else "conversations"
    messages = _system(row)
    for number, turn in enumerate(_messages(row.pop(key, None), key), start=1):
        rest = dict(turn)
        speaker = rest.pop("from", None) if "from" in rest else rest.pop("role", None)
        role = _SHAREGPT_ROLES.get(str(speaker).lower())
        text = rest.pop("value", None) if "value" in rest else rest.pop("content", None)
        if role is None:
            raise NotConvertibleError(f"turn {number} is from “{speaker}”, which is no role")
        if role == "tool":
            raise NotConvertibleError(f"turn {number} is a tool's answer without the id of its call")
        if not isinstance(text, str):
            raise NotConvertibleError(f"turn {number} has no text")
        message = _turn(role, text)
        if role == "assistant" and (weight := rest.pop("weight", None)) is not None:
            if weight not in (0, 1):
                raise NotConvertibleError(f"turn {number} has the weight {weight}, and an example knows only 0 and 1")
            message["weight"] = int(weight)
        elif rest.get("weight") == 0:
            del rest["weight"]  # nobody trains on a question anyway
        messages.append(message)
        row.update({f"{key}.{name}": value for name, value in rest.items()})
    return {"messages": messages, **_tools(row)}


def _from_alpaca(row: dict[str, Any]) -> Example:
    _refuse_apart(row)
    messages = _system(row)
    history = row.pop("history", None) or []
    if not isinstance(history, list):
        raise NotConvertibleError("“history” is not a list")
    for number, past in enumerate(history, start=1):
        if not (isinstance(past, list) and len(past) == 2 and all(isinstance(text, str) for text in past)):
            raise NotConvertibleError(f"entry {number} of “history” is not a question with its answer")
        messages += [_turn("user", past[0]), _turn("assistant", past[1])]
    instruction, extra = _text(row, "instruction"), _optional_text(row, "input")
    messages.append(_turn("user", f"{instruction}\n\n{extra}" if extra else instruction))
    return {"messages": [*messages, _turn("assistant", _text(row, "output"))]}


def _pair_keys(row: Mapping[str, Any]) -> Sequence[str]:
    for prompt in ("prompt", "question", "query", "input", "user"):
        for answer in ("completion", "answer", "response", "output", "assistant"):
            if found := _present(row, prompt, answer):
                return found
    return ()


def _from_pair(row: dict[str, Any]) -> Example:
    keys = _pair_keys(row)
    if not keys:
        raise NotConvertibleError("there is no prompt with its completion")
    _refuse_apart(row)
    messages = _system(row)
    if all(isinstance(row[key], list) for key in keys):
        for key in keys:
            messages += _messages(row.pop(key), key)
    else:
        messages += [_turn("user", _text(row, keys[0])), _turn("assistant", _text(row, keys[1]))]
    return {"messages": messages, **_tools(row)}


def _from_chosen(row: dict[str, Any]) -> Example:
    """TRL's preference shape: texts or lists of messages, with the prompt apart or as the common beginning of both."""
    _refuse_apart(row)
    answers: dict[str, list[Any]] = {}
    for key in ("chosen", "rejected"):
        value = row.pop(key, None)
        answers[key] = [_turn("assistant", value)] if isinstance(value, str) else _messages(value, key)
    before = _asked(row.pop("prompt", None), *answers.values())
    for key, answer in answers.items():
        if answer[: len(before)] == before:
            del answer[: len(before)]
        if len(answer) != 1:
            raise NotConvertibleError(f"“{key}” has {len(answer)} messages after the prompt, where a preference has 1")
    return {
        "input": {"messages": [*_system(row), *before], **_tools(row)},
        "preferred_output": answers["chosen"],
        "non_preferred_output": answers["rejected"],
    }


def _asked(prompt: Any, chosen: list[Any], rejected: list[Any]) -> list[Any]:
    """What stands before the two answers, by ``prompt`` and by what both begin with; they must not contradict."""
    shared = 0
    while shared < min(len(chosen), len(rejected)) - 1 and chosen[shared] == rejected[shared]:
        shared += 1
    common = chosen[:shared]
    if not prompt:
        if not common:
            raise NotConvertibleError("there is no prompt before the two answers")
        return common
    before = [_turn("user", prompt)] if isinstance(prompt, str) else _messages(prompt, "prompt")
    if common and common[-len(before) :] != before:
        raise NotConvertibleError("“prompt” is not what both answers begin with")
    return common or before


def _log_keys(row: Mapping[str, Any]) -> Sequence[str]:
    for request in ("request", "body", "input"):
        value = row.get(request)
        if isinstance(value, Mapping) and "messages" in value and isinstance(row.get("response"), Mapping):
            return (request, "response")
    return ()


def _from_log(row: dict[str, Any]) -> Example:
    """A chat completion request with its response, as proxies and batch files log them.

    Of the request its messages and tools are the example; how it was sampled and billed says nothing to learn.
    """
    keys = _log_keys(row)
    if not keys:
        raise NotConvertibleError("there is no request with its response")
    request, response = row.pop(keys[0]), row.pop(keys[1])
    body = response.get("body", response)
    choices = body.get("choices") if isinstance(body, Mapping) else None
    if not (isinstance(choices, list) and choices and isinstance(choices[0], Mapping)):
        raise NotConvertibleError("the response has no answer")
    if len(choices) > 1:
        raise NotConvertibleError(f"the response has {len(choices)} answers, and an example has one")
    answer = choices[0].get("message")
    if not isinstance(answer, Mapping):
        raise NotConvertibleError("the response has no answer")
    if answer.get("audio"):
        raise NotConvertibleError("the answer is sound, which an example has no place for")
    kept = {key: answer[key] for key in _ANSWERED if answer.get(key) is not None}
    row.update({f"message.{key}": value for key, value in answer.items() if key not in _ANSWERED})
    example: Example = {"messages": [*_messages(request["messages"], "messages"), {"role": "assistant", **kept}]}
    for key in ("tools", "parallel_tool_calls", "functions"):
        if request.get(key) is not None:
            example[key] = request[key]
    return example


_ANSWERED = ("role", "content", "tool_calls", "function_call", "refusal")


def _from_chatgpt(row: dict[str, Any]) -> Example:
    """A conversation of ChatGPT's data export: a tree, of which the branch that was shown last is taken.

    The title, the times and the ids around it are the export's own; what a tool was asked and answered is counted.
    """
    nodes, at = row["mapping"], row["current_node"]
    row.clear()
    branch: list[Any] = []
    while at is not None and at in nodes and len(branch) <= len(nodes):
        branch.append(nodes[at].get("message") or {})
        at = nodes[at].get("parent")
    messages = []
    for message in reversed(branch):
        role, content = (message.get("author") or {}).get("role"), message.get("content") or {}
        kind, parts = content.get("content_type"), content.get("parts") or []
        is_text = kind in ("text", "multimodal_text") and all(isinstance(part, str) for part in parts)
        text = "".join(parts) if is_text else ""
        files = (message.get("metadata") or {}).get("attachments")
        if role == "user" and (files or (kind == "multimodal_text" and not is_text)):
            raise NotConvertibleError("a question comes with an image or a file, which the export holds apart")
        if role in ("user", "assistant", "system") and text.strip():
            messages.append(_turn(role, text))
        elif content and (text.strip() or not is_text):
            row[f"mapping.{role}.{kind}"] = content
    if not any(message["role"] == "assistant" for message in messages):
        raise NotConvertibleError("the conversation has no answer in text")
    return {"messages": messages}


SHAPES: tuple[Shape, ...] = (
    Shape("openai", "OpenAI", _openai_keys, _from_openai),
    Shape("chatgpt", "ChatGPT data export", lambda row: _present(row, "mapping", "current_node"), _from_chatgpt),
    Shape("log", "Requests with responses", _log_keys, _from_log),
    Shape(
        "sharegpt",
        "ShareGPT",
        lambda row: _present(row, "conversations") or _present(row, "conversation"),
        _from_sharegpt,
    ),
    Shape("trl-preference", "TRL preference", lambda row: _present(row, "chosen", "rejected"), _from_chosen),
    Shape("alpaca", "Alpaca", lambda row: _present(row, "instruction", "output"), _from_alpaca),
    Shape("prompt-completion", "Prompt and completion", _pair_keys, _from_pair),
)

"""What a row means: how each widely used shape of training data becomes an example in OpenAI's format.

A shape recognises a row by its keys, says why, and converts it. What it cannot convert it refuses with a reason:
nothing is dropped or guessed silently.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Example = dict[str, Any]


class NotConvertibleError(ValueError):
    """The row lacks something, or holds something the example format has no place for."""


@dataclass(frozen=True, slots=True)
class Shape:
    """``recognise`` gives the keys by which it knew the row, or nothing. ``convert`` raises ``NotConvertibleError``."""

    name: str
    title: str
    recognise: Callable[[Mapping[str, Any]], Sequence[str]]
    convert: Callable[[Mapping[str, Any]], Example]


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


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    if not isinstance(value, str):
        raise NotConvertibleError(f"“{key}” is not a text")
    return value


def _conversation(*turns: tuple[str, str]) -> Example:
    return {"messages": [{"role": role, "content": text} for role, text in turns if text or role != "system"]}


def _messages(value: Any, where: str) -> list[Any]:
    """A list of messages, also where a table could only hold it as JSON text."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError as error:
            raise NotConvertibleError(f"“{where}” is a text and not a list of messages") from error
    if not (isinstance(value, list) and value and all(isinstance(item, Mapping) for item in value)):
        raise NotConvertibleError(f"“{where}” is not a list of messages")
    return [_without_nulls(item) for item in value]


def _without_nulls(value: Any) -> Any:
    """Tables fill every key that any row has with null; an example must not carry those."""
    if isinstance(value, Mapping):
        return {
            key: _without_nulls(item)
            for key, item in value.items()
            if item is not None or (key == "content" and value.get("tool_calls"))
        }
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _openai_keys(row: Mapping[str, Any]) -> Sequence[str]:
    if row.get("preferred_output") is not None:
        return _present(row, "input", "preferred_output", "non_preferred_output")
    return _present(row, "messages")


def _from_openai(row: Mapping[str, Any]) -> Example:
    example = {key: value for key, value in row.items() if value is not None}
    for key in ("messages", "preferred_output", "non_preferred_output"):
        if key in example:
            example[key] = _messages(example[key], key)
    for key in ("tools", "input"):
        if isinstance(example.get(key), str):
            example[key] = _parsed(example[key], key)
    return {key: _without_nulls(value) for key, value in example.items()}


def _parsed(text: str, key: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise NotConvertibleError(f"“{key}” is a text and not JSON") from error


def _from_sharegpt(row: Mapping[str, Any]) -> Example:
    turns = _messages(row.get("conversations", row.get("conversation")), "conversations")
    messages = []
    system = row.get("system") or row.get("system_prompt")
    if isinstance(system, str) and system:
        messages.append({"role": "system", "content": system})
    for number, turn in enumerate(turns, start=1):
        speaker = turn.get("from", turn.get("role"))
        role = _SHAREGPT_ROLES.get(str(speaker).lower())
        text = turn.get("value", turn.get("content"))
        if role is None:
            raise NotConvertibleError(f"turn {number} is from “{speaker}”, which is no role")
        if role == "tool":
            raise NotConvertibleError(f"turn {number} is a tool's answer without the id of its call")
        if not isinstance(text, str):
            raise NotConvertibleError(f"turn {number} has no text")
        messages.append({"role": role, "content": text})
    return {"messages": messages}


def _from_alpaca(row: Mapping[str, Any]) -> Example:
    instruction, extra = _text(row, "instruction"), row.get("input") or ""
    if not isinstance(extra, str):
        raise NotConvertibleError("“input” is not a text")
    turns = [("system", str(row.get("system") or ""))]
    for number, past in enumerate(row.get("history") or [], start=1):
        if not (isinstance(past, Sequence) and len(past) == 2):
            raise NotConvertibleError(f"entry {number} of “history” is not a question with its answer")
        turns += [("user", str(past[0])), ("assistant", str(past[1]))]
    turns += [("user", f"{instruction}\n\n{extra}" if extra else instruction), ("assistant", _text(row, "output"))]
    return _conversation(*turns)


def _pair_keys(row: Mapping[str, Any]) -> Sequence[str]:
    for prompt in ("prompt", "question", "query", "input", "user"):
        for answer in ("completion", "answer", "response", "output", "assistant"):
            if found := _present(row, prompt, answer):
                return found
    return ()


def _from_pair(row: Mapping[str, Any]) -> Example:
    keys = _pair_keys(row)
    if not keys:
        raise NotConvertibleError("there is no prompt with its completion")
    prompt, answer = row[keys[0]], row[keys[1]]
    if isinstance(prompt, list) and isinstance(answer, list):
        return {"messages": [*_messages(prompt, keys[0]), *_messages(answer, keys[1])]}
    return _conversation(
        ("system", str(row.get("system") or "")), ("user", _text(row, keys[0])), ("assistant", _text(row, keys[1]))
    )


def _from_chosen(row: Mapping[str, Any]) -> Example:
    """TRL's preference shape: texts or lists of messages, with the prompt apart or as the common beginning of both."""
    chosen, rejected, prompt = row.get("chosen"), row.get("rejected"), row.get("prompt")
    if isinstance(chosen, str) and isinstance(rejected, str):
        chosen, rejected = ([{"role": "assistant", "content": text}] for text in (chosen, rejected))
    chosen, rejected = _messages(chosen, "chosen"), _messages(rejected, "rejected")
    if isinstance(prompt, str) and prompt:
        before: list[Any] = [{"role": "user", "content": prompt}]
    elif prompt:
        before = _messages(prompt, "prompt")
    else:
        shared = 0
        while shared < min(len(chosen), len(rejected)) - 1 and chosen[shared] == rejected[shared]:
            shared += 1
        before = chosen[:shared]
    chosen, rejected = chosen[-1:], rejected[-1:]
    if not before:
        raise NotConvertibleError("there is no prompt before the two answers")
    system = row.get("system")
    if isinstance(system, str) and system:
        before = [{"role": "system", "content": system}, *before]
    return {"input": {"messages": before}, "preferred_output": chosen, "non_preferred_output": rejected}


def _log_keys(row: Mapping[str, Any]) -> Sequence[str]:
    for request in ("request", "body", "input"):
        value = row.get(request)
        if isinstance(value, Mapping) and "messages" in value and isinstance(row.get("response"), Mapping):
            return (request, "response")
    return ()


def _from_log(row: Mapping[str, Any]) -> Example:
    """A chat completion request with its response, as proxies and batch files log them."""
    keys = _log_keys(row)
    request, response = row[keys[0]], row["response"]
    body = response.get("body", response)
    choices = body.get("choices") if isinstance(body, Mapping) else None
    if not (isinstance(choices, list) and choices and isinstance(choices[0], Mapping)):
        raise NotConvertibleError("the response has no answer")
    answer = choices[0].get("message")
    if not isinstance(answer, Mapping):
        raise NotConvertibleError("the response has no answer")
    kept = {key: answer[key] for key in ("role", "content", "tool_calls", "refusal") if answer.get(key) is not None}
    example: Example = {"messages": [*_messages(request["messages"], "messages"), {"role": "assistant", **kept}]}
    for key in ("tools", "parallel_tool_calls"):
        if request.get(key) is not None:
            example[key] = request[key]
    return example


def _from_chatgpt(row: Mapping[str, Any]) -> Example:
    """A conversation of ChatGPT's data export: a tree, of which the branch that was shown last is taken."""
    nodes, at = row["mapping"], row.get("current_node")
    branch: list[Any] = []
    while at is not None and at in nodes and len(branch) <= len(nodes):
        branch.append(nodes[at].get("message"))
        at = nodes[at].get("parent")
    messages = []
    for message in reversed(branch):
        role = ((message or {}).get("author") or {}).get("role")
        content = (message or {}).get("content") or {}
        parts = content.get("parts") or []
        text = "".join(part for part in parts if isinstance(part, str))
        if role in ("user", "assistant", "system") and content.get("content_type") == "text" and text.strip():
            messages.append({"role": role, "content": text})
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

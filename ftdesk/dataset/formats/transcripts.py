"""Conversations that a program recorded: requests with their responses, ChatGPT's data export."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ftdesk.dataset.formats.conversion import Example, NotConvertibleError, messages_in, turn_of


def log_keys(row: Mapping[str, Any]) -> Sequence[str]:
    """The keys of a request and its response, if a row has them."""
    for request in ("request", "body", "input"):
        value = row.get(request)
        if isinstance(value, Mapping) and "messages" in value and isinstance(row.get("response"), Mapping):
            return (request, "response")
    return ()


def from_log(row: dict[str, Any]) -> Example:
    """A chat completion request with its response, as proxies and batch files log them.

    Of the request its messages and tools are the example; how it was sampled and billed says nothing to learn.
    """
    keys = log_keys(row)
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
    example: Example = {"messages": [*messages_in(request["messages"], "messages"), {"role": "assistant", **kept}]}
    for key in ("tools", "parallel_tool_calls", "functions"):
        if request.get(key) is not None:
            example[key] = request[key]
    return example


_ANSWERED = ("role", "content", "tool_calls", "function_call", "refusal")


def from_chatgpt(row: dict[str, Any]) -> Example:
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
            messages.append(turn_of(role, text))
        elif content and (text.strip() or not is_text):
            row[f"mapping.{role}.{kind}"] = content
    if not any(message["role"] == "assistant" for message in messages):
        raise NotConvertibleError("the conversation has no answer in text")
    return {"messages": messages}

"""The words of an example, wherever they stand, for the rules that look into them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ftdesk.validation.record import Example, Message


def texts_of(example: Example) -> Iterator[tuple[str, str]]:
    """Path and text of all that is said in an example: contents, refusals, and the arguments of calls."""
    for message in example.messages:
        content = message.content
        if type(content) is str:
            yield message.content_path, content
        elif isinstance(content, list):
            yield from _parts(message)
        refusal = message.value.get("refusal")
        if isinstance(refusal, str):
            yield f"{message.path}.refusal", refusal
        for index, call in enumerate(message.tool_calls):
            arguments = _member(_member(call, "function"), "arguments")
            if isinstance(arguments, str):
                yield f"{message.path}.tool_calls[{index}].function.arguments", arguments
        arguments = _member(message.value.get("function_call"), "arguments")
        if isinstance(arguments, str):
            yield f"{message.path}.function_call.arguments", arguments


def answers_of(example: Example) -> Iterator[tuple[str, str, str]]:
    """Path and text of all that a model learns to say, and the user's text before it, or ``""``."""
    asked = ""
    for message in example.messages:
        text = message.content
        if not isinstance(text, str):
            continue
        if message.role == "user":
            asked = text
        elif message.role == "assistant" and message.value.get("weight") != 0:
            yield message.content_path, text, asked


def _parts(message: Message) -> Iterator[tuple[str, str]]:
    for index, part in enumerate(message.content):
        for kind in ("text", "refusal"):
            text = _member(part, kind)
            if isinstance(text, str):
                yield f"{message.content_path}[{index}].{kind}", text


def _member(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None

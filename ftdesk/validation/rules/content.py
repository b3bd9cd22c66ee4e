"""Rules about what a message holds, and whether it is learned."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ftdesk.validation.findings import Severity
from ftdesk.validation.record import ABSENT, Example, Message
from ftdesk.validation.rule import Problem, record_rule
from ftdesk.validation.wording import kind_of, quoted

_GOOD = (
    b'{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello", "weight": 0},'
    b' {"role": "user", "content": [{"type": "text", "text": "How are you?"}]},'
    b' {"role": "assistant", "content": "Fine", "weight": 1}]}\n'
)


@record_rule(
    "missing-content",
    "error",
    "A message has no content",
    why="Every message needs a content, except an assistant message that calls a tool or refuses. Hosts refuse the "
    "file.",
    good=_GOOD,
    bad=b'{"messages": [{"role": "user"}, {"role": "assistant", "content": "Hello"}]}\n',
)
def missing_content(example: Example) -> Iterator[Problem]:
    for message in example.messages:
        if message.content is ABSENT or message.content is None:
            null_allowed = message.role == "function" and message.content is None
            if not (null_allowed or message.says_without_content):
                yield Problem(f"{_the(message)} has no content.", message.content_path)


@record_rule(
    "empty-content",
    "error",
    "A message is empty",
    why="Blank text is hardly meant. An empty answer teaches the model to say nothing; an empty question asks nothing.",
    good=_GOOD,
    bad=b'{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": " "}]}\n',
)
def empty_content(example: Example) -> Iterator[Problem]:
    prompt = example.prompt.messages
    answers = sum(message.role == "assistant" for message in prompt)
    for index, message in enumerate(example.messages):
        if _is_empty(message.content) and not message.says_without_content:
            # What is left is to be an example: an answer stays, and each output of a preference is one message.
            can_go = index < len(prompt) > 1 and (message.role != "assistant" or answers > 1)
            # A tool may well have nothing to say.
            severity: Severity = "hint" if message.role in {"tool", "function"} else "error"
            yield Problem(
                f"{_the(message)} is empty.",
                message.content_path,
                severity=severity,
                fix="remove-message" if can_go else None,
            )


@record_rule(
    "content-not-text",
    "error",
    "A content is neither text nor a list of parts",
    why="Content is a text or a list of parts: text anywhere but in a tool's answer, images from the user only. Hosts "
    "refuse the rest.",
    good=_GOOD,
    bad=b'{"messages": [{"role": "user", "content": {"text": "Hi"}}, {"role": "assistant", "content": "Hello"}]}\n',
)
def content_not_text(example: Example) -> Iterator[Problem]:
    for message in example.messages:
        content = message.content
        if content is ABSENT or content is None or isinstance(content, str):
            continue
        if not isinstance(content, list):
            yield Problem(f"The content must be a text, not {kind_of(content)}.", message.content_path)
        elif message.role in {"tool", "function"}:
            yield Problem(
                f"The content of a {message.role} message must be a text, not a list.",
                message.content_path,
                fix="join-text-parts",
            )
        else:
            for index, part in enumerate(content):
                reason = _part_problem(part, message.role)
                if reason:
                    yield Problem(reason, f"{message.content_path}[{index}]")
            if len(content) > 1 and any(isinstance(part, dict) and part.get("type") == "refusal" for part in content):
                yield Problem("A part of type refusal must be the only one.", message.content_path)


@record_rule(
    "invalid-weight",
    "error",
    "A weight is not 0 or 1",
    why="The weight of an assistant message says whether it is learned: 1 yes, 0 no. There is nothing between.",
    good=_GOOD,
    bad=b'{"messages": [{"role": "user", "content": "Hi"},'
    b' {"role": "assistant", "content": "Hello", "weight": 0.5}]}\n',
)
def invalid_weight(example: Example) -> Iterator[Problem]:
    for message in example.messages:
        weight = message.value.get("weight", ABSENT)
        if weight is ABSENT:
            continue
        path = f"{message.path}.weight"
        if message.role != "assistant":
            yield Problem("Only assistant messages have a weight.", path, severity="warning", fix="remove-key")
        elif type(weight) is not int or weight not in {0, 1}:
            given = quoted(repr(weight), 20) if type(weight) in {int, float} else kind_of(weight)
            yield Problem(
                f"The weight must be the whole number 0 or 1, not {given}.",
                path,
                fix=None if meant_weight(weight) is None else "coerce-weight",
            )


@record_rule(
    "nothing-trained",
    "warning",
    "No message is learned",
    why="With weight 0 on every assistant message nothing is learned from the example, yet its tokens are paid for.",
    good=_GOOD,
    bad=b'{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello", "weight": 0}]}\n',
)
def nothing_trained(example: Example) -> Iterator[Problem]:
    weights = [message.value.get("weight") for message in example.prompt.messages if message.role == "assistant"]
    if example.method == "supervised" and weights and all(type(weight) is int and weight == 0 for weight in weights):
        yield Problem("Every assistant message has weight 0, so nothing is learned.", example.prompt.path)


def meant_weight(weight: Any) -> int | None:
    """0 or 1, where it is clear that this was meant: 1.0, true, “1”."""
    if isinstance(weight, str):
        word = weight.strip().lower()
        return {"0": 0, "0.0": 0, "false": 0, "1": 1, "1.0": 1, "true": 1}.get(word)
    return int(weight) if isinstance(weight, bool | int | float) and weight in {0, 1} else None


def _the(message: Message) -> str:
    """The message with its role, as a sentence begins. A role that is not known has a finding of its own."""
    known = message.role in {"system", "developer", "user", "assistant", "tool", "function"}
    return f"The {message.role} message" if known else "The message"


def _is_empty(content: Any) -> bool:
    if isinstance(content, str):
        return not content.strip()
    if not isinstance(content, list):
        return False
    return all(
        isinstance(part, dict)
        and part.get("type") == "text"
        and isinstance(part.get("text"), str)
        and not part["text"].strip()
        for part in content
    )


def _part_problem(part: Any, role: str | None) -> str | None:
    if not isinstance(part, dict):
        return f"A part of a content must be an object with a type, not {kind_of(part)}."
    match part.get("type"):
        case "text":
            return None if isinstance(part.get("text"), str) else "A part of type text needs a “text” that is a text."
        case "refusal" if role == "assistant":
            return None if isinstance(part.get("refusal"), str) else "A part of type refusal needs a “refusal” text."
        case "image_url" if role == "user":
            image = part.get("image_url")
            has_address = isinstance(image, dict) and isinstance(image.get("url"), str)
            return None if has_address else "A part of type image_url needs an “image_url” with a “url”."
        case "image_url":
            return "Only user messages can hold images."
        case str(kind):
            return f"Parts of type {quoted(kind)} are not supported in training."
        case _:
            return "A part of a content needs a type, such as text."

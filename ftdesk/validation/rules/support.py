"""Rules about what only some hosts take, and about what a method needs beside the form."""

from __future__ import annotations

from collections.abc import Iterator

from ftdesk.validation.problem import Feature
from ftdesk.validation.record import ABSENT, Example
from ftdesk.validation.rule import Problem, record_rule

_WEIGHTED = (
    b'{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello", "weight": 0},'
    b' {"role": "user", "content": "Who are you?"}, {"role": "assistant", "content": "A clerk."}]}\n'
)
_PROMPT = b'{"messages": [{"role": "user", "content": "2 + 2?"}], "answer": "4"}\n'
_NO_REFERENCE = frozenset({"messages", "tools", "parallel_tool_calls", "response_format"})
_MESSAGES: dict[Feature, str] = {
    "images": "The host does not train on images.",
    "message-weight": "The host does not document weights of messages; it may learn from every assistant message.",
    "name": "The host does not document names in messages.",
    "parallel-tool-calls": "The host does not document “parallel_tool_calls”.",
    "preference": "The host does not document training on preference examples.",
    "reinforcement": "The host does not document training on reinforcement examples.",
    "tools": "The host does not train on tool calls.",
}


@record_rule(
    "not-supported",
    "warning",
    "The host does not take a part of the example",
    why="Hosts took over OpenAI's format, but not all of it. What a host does not know it refuses or ignores.",
    good=_WEIGHTED.replace(b', "weight": 0', b""),
    bad=_WEIGHTED,
    host="nebius",
)
def not_supported(example: Example) -> Iterator[Problem]:
    for feature, path in _features(example).items():
        yield Problem(_MESSAGES[feature], path, feature=feature)


def _features(example: Example) -> dict[Feature, str | None]:
    """What the example makes use of, and the first place where it does."""
    found: dict[Feature, str | None] = {}
    if example.method != "supervised":
        found[example.method] = None
    prefix = "input." if example.method == "preference" else ""
    if example.tools is not ABSENT:
        found["tools"] = f"{prefix}tools"
    holder = example.value.get("input") if prefix else example.value
    if isinstance(holder, dict) and "parallel_tool_calls" in holder:
        found["parallel-tool-calls"] = f"{prefix}parallel_tool_calls"
    for message in example.messages:
        if message.role == "assistant" and "weight" in message.value:
            found.setdefault("message-weight", f"{message.path}.weight")
        if "name" in message.value:
            found.setdefault("name", f"{message.path}.name")
        if message.tool_calls:
            found.setdefault("tools", f"{message.path}.tool_calls")
        if isinstance(message.content, list) and any(
            isinstance(part, dict) and part.get("type") == "image_url" for part in message.content
        ):
            found.setdefault("images", message.content_path)
    return found


@record_rule(
    "reinforcement-no-reference",
    "hint",
    "There is nothing to compare an answer with",
    why="A grader compares the answer with fields of the example, such as a reference. Without any, only a grader that "
    "needs none can score it.",
    method="reinforcement",
    good=_PROMPT,
    bad=_PROMPT.replace(b', "answer": "4"', b""),
)
def reinforcement_no_reference(example: Example) -> Iterator[Problem]:
    if example.method != "reinforcement" or not example.value.keys() <= _NO_REFERENCE:
        return
    # An answer at the end has its own finding.
    if example.prompt.messages and example.prompt.messages[-1].role != "assistant":
        yield Problem("The example has no field beside its messages that a grader could compare an answer with.")

"""What the models are asked, where it comes from, and the example that an answer becomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ftdesk.dataset.record import Record, content_text
from ftdesk.dataset.spans import dump
from ftdesk.evaluation.types import EvaluationItem
from ftdesk.hosts.types import Message


@dataclass(frozen=True, slots=True)
class Question:
    """A conversation to go on with. ``prompt`` is its last message where that is a user's text, else empty.

    ``reference`` is the answer that the example has, if it comes from one; ``is_held_out`` tells that it must not be
    trained on.
    """

    system: str = ""
    turns: tuple[Message, ...] = ()
    prompt: str = ""
    reference: str | None = None
    tools: tuple[Mapping[str, Any], ...] = ()
    is_held_out: bool = False

    def edited(self, system: str, prompt: str) -> Question:
        """The question as it stands in the composer. Another prompt is no longer that of the example."""
        question = replace(self, system=system, prompt=prompt)
        return question if prompt == self.prompt else replace(question, reference=None, is_held_out=False)

    @property
    def asked(self) -> list[Message]:
        """The prompt as a message, if there is one."""
        return [{"role": "user", "content": self.prompt}] if self.prompt.strip() else []

    @property
    def messages(self) -> list[Message]:
        """As they are sent."""
        system = [{"role": "system", "content": self.system}] if self.system.strip() else []
        return [*system, *self.turns, *self.asked]


def question_of(record: Record) -> Question | None:
    """What an example asks, and its answer; ``None`` for a line that asks nothing."""
    messages = [message for message in record.messages if isinstance(message, Mapping)]
    outputs = record.value.get("preferred_output") if record.kind == "preference" else None
    if isinstance(outputs, list):
        messages += [message for message in outputs if isinstance(message, Mapping)]
    reference = None
    if messages and messages[-1].get("role") == "assistant":
        reference = content_text(messages.pop().get("content"))
    holder = record.value.get("input") if record.kind == "preference" else record.value
    tools = holder.get("tools") if isinstance(holder, Mapping) else None
    usable = [tool for tool in tools if isinstance(tool, Mapping)] if isinstance(tools, list) else []
    return _question(messages, reference, usable)


def question_of_item(item: EvaluationItem) -> Question | None:
    question = _question(item.prompt, item.reference, item.tools)
    return None if question is None else replace(question, is_held_out=True)


def example_line(question: Question, answer: Message) -> bytes:
    """A training example: the question and ``answer``."""
    example: dict[str, Any] = {"messages": [*question.messages, answer]}
    if question.tools:
        example["tools"] = list(question.tools)
    return dump(example).encode("utf-8")


def preference_line(question: Question, preferred: Message, other: Message) -> bytes:
    """A preference example: the question and two answers."""
    asked: dict[str, Any] = {"messages": question.messages, "tools": list(question.tools), "parallel_tool_calls": True}
    if not question.tools:
        asked = {"messages": question.messages}
    example = {"input": asked, "preferred_output": [preferred], "non_preferred_output": [other]}
    return dump(example).encode("utf-8")


def _question(
    messages: Sequence[Message], reference: str | None, tools: Sequence[Mapping[str, Any]]
) -> Question | None:
    turns = [{key: value for key, value in message.items() if key != "weight"} for message in messages]
    system = prompt = ""
    if turns and turns[0].get("role") == "system" and isinstance(turns[0].get("content"), str):
        system = str(turns.pop(0)["content"])
    if turns and turns[-1].get("role") == "user" and isinstance(turns[-1].get("content"), str):
        prompt = str(turns.pop()["content"])
    if not (turns or prompt):
        return None
    return Question(system, tuple(turns), prompt, reference, tuple(tools))

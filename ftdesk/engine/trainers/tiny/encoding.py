"""The chat template: OpenAI messages to turns of text, and turns to the ids the model reads.

A conversation is ``<role> text <end>`` for each message; the model is asked to go on after ``<assistant>``. Developer
messages are system messages, function results are tool results. A tool call is written as one JSON line ``{"name": …,
"arguments": {…}}`` in the assistant's text, so the model learns and answers it as text. Definitions of tools are not
shown to the model: which tools there are it learns from the calls in the examples.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ftdesk.engine.trainers.protocol import Example, UnsupportedRequestError
from ftdesk.engine.trainers.tiny.tokenizer import ASSISTANT, END, SYSTEM, TOOL, USER, Tokenizer

_ROLES = {
    "system": SYSTEM, "developer": SYSTEM, "user": USER, "assistant": ASSISTANT, "tool": TOOL, "function": TOOL,
}  # fmt: skip
_TEXT_PARTS = {"text": "text", "input_text": "text", "output_text": "text", "refusal": "refusal"}


@dataclass(frozen=True, slots=True)
class Turn:
    """One message as text. ``role`` is a special token; ``weight`` tells whether an assistant's text is learnt from."""

    role: int
    text: str
    weight: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """A trained answer in a conversation: its tokens are ``ids[start:stop]``; ``prompt`` is the text it answers."""

    start: int
    stop: int
    prompt: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """Ids of a conversation and its trained answers."""

    ids: tuple[int, ...]
    answers: tuple[Answer, ...]

    @property
    def trained_tokens(self) -> int:
        return sum(answer.stop - answer.start for answer in self.answers)


def supervised_turns(example: Example) -> list[Turn]:
    """Turns of ``{"messages": […]}``; every assistant message without ``"weight": 0`` is learnt from."""
    turns = read_messages(example.get("messages"), "messages")
    if not any(turn.weight for turn in turns):
        raise UnsupportedRequestError("The example has no assistant message to learn from.", param="messages")
    return turns


def preference_turns(example: Example) -> tuple[list[Turn], list[Turn]]:
    """The conversation with the preferred and with the other answer. Only the last message of each is learnt from."""
    source = example.get("input")
    prompt = read_messages(source.get("messages") if isinstance(source, Mapping) else None, "input.messages")
    prompt = [Turn(turn.role, turn.text) for turn in prompt]
    return tuple([*prompt, *_output(example, name)] for name in ("preferred_output", "non_preferred_output"))  # type: ignore[return-value]


def _output(example: Example, name: str) -> list[Turn]:
    turns = read_messages(example.get(name), name)
    if not turns or turns[-1].role != ASSISTANT:
        raise UnsupportedRequestError(f"{name} must end with an assistant message.", param=name)
    return [*(Turn(turn.role, turn.text) for turn in turns[:-1]), Turn(ASSISTANT, turns[-1].text, 1.0)]


def read_messages(messages: object, param: str) -> list[Turn]:
    """Turns of a list of OpenAI messages. Raises ``UnsupportedRequestError`` naming the part that is not text."""
    if not isinstance(messages, Sequence) or isinstance(messages, str) or not messages:
        raise UnsupportedRequestError(f"{param} must be a list with at least one message.", param=param)
    return [_read_message(message, f"{param}[{index}]") for index, message in enumerate(messages)]


def _read_message(message: object, param: str) -> Turn:
    if not isinstance(message, Mapping):
        raise UnsupportedRequestError(f"{param} must be an object.", param=param)
    role = _ROLES.get(str(message.get("role")))
    if role is None:
        raise UnsupportedRequestError(
            f"The practice model does not know the role {message.get('role')!r}.", param=f"{param}.role"
        )
    text = _content_text(message.get("content"), f"{param}.content")
    if role != ASSISTANT:
        return Turn(role, text)
    if message.get("audio"):
        raise UnsupportedRequestError("The practice model reads text only, not audio.", param=f"{param}.audio")
    lines = [text, *([str(message["refusal"])] if message.get("refusal") else []), *_call_lines(message)]
    weight = 0.0 if message.get("weight") == 0 else 1.0
    return Turn(role, "\n".join(line for line in lines if line), weight)


def _content_text(content: object, param: str) -> str:
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if not isinstance(content, Sequence):
        raise UnsupportedRequestError(f"{param} must be text.", param=param)
    texts = []
    for part in content:
        kind = part.get("type") if isinstance(part, Mapping) else None
        if kind not in _TEXT_PARTS:
            raise UnsupportedRequestError(f"The practice model reads text only, not {_described(kind)}.", param=param)
        texts.append(str(part.get(_TEXT_PARTS[kind], "")))
    return "\n".join(texts)


def _described(kind: object) -> str:
    names = {
        "image_url": "images",
        "input_image": "images",
        "input_audio": "audio",
        "file": "files",
        "input_file": "files",
    }
    return names.get(str(kind), f"content of type {kind!r}")


def _call_lines(message: Mapping[str, Any]) -> Iterator[str]:
    calls = [call.get("function") for call in message.get("tool_calls") or ()]
    for function in [*calls, message.get("function_call")]:
        if isinstance(function, Mapping):
            yield json.dumps({"name": function.get("name"), "arguments": _arguments(function)}, ensure_ascii=False)


def _arguments(function: Mapping[str, Any]) -> object:
    """The arguments as an object; OpenAI carries them as JSON in a string."""
    arguments = function.get("arguments")
    if not isinstance(arguments, str):
        return arguments
    try:
        return json.loads(arguments)
    except ValueError:
        return arguments


def encode(tokenizer: Tokenizer, turns: Sequence[Turn]) -> Conversation:
    """Ids of all turns. The end of an answer is learnt with it."""
    ids: list[int] = []
    answers: list[Answer] = []
    prompt: list[str] = []
    for turn in turns:
        ids.append(turn.role)
        start = len(ids)
        ids += tokenizer.encode(turn.text)
        ids.append(END)
        if turn.role == ASSISTANT:
            if turn.weight:
                answers.append(Answer(start, len(ids), "\n".join(prompt)))
            prompt = []
        elif turn.role != SYSTEM:
            prompt.append(turn.text)
    return Conversation(tuple(ids), tuple(answers))


def encode_prompt(tokenizer: Tokenizer, turns: Sequence[Turn]) -> tuple[list[int], str]:
    """Ids up to where the answer begins, and the text it answers."""
    open_answer = encode(tokenizer, [*turns, Turn(ASSISTANT, "", 1.0)])
    return list(open_answer.ids[:-1]), open_answer.answers[-1].prompt

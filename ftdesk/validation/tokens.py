"""How many tokens an example has, by the published rules. Texts are collected first and counted many at a time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from ftdesk.validation.counters import TokenCounter
from ftdesk.validation.record import Example, Message

# <|im_start|>, <|im_sep|> and <|im_end|> round a message; the answer is primed with three more (OpenAI cookbook, “How
# to count tokens with tiktoken”).
_PER_MESSAGE = 3
_PER_EXAMPLE = 3
_PER_NAME = 1
# system, user and assistant are a token each in every encoding.
_PER_PLAIN_MESSAGE = _PER_MESSAGE + 1
# The cookbook's estimate for tools, GPT-4o and later.
_PER_TOOL = 7
_AFTER_TOOLS = 12
_BEFORE_PROPERTIES = 3
_PER_PROPERTY = 3
_BEFORE_ENUM = -3
_PER_ENUM_ITEM = 3
_PER_TOOL_CALL = 3
# An image of 1024 × 1024 in high detail: 85 + 4 tiles of 170 (vision guide). Its real size is not known here.
_PER_IMAGE = 765
_PER_IMAGE_LOW_DETAIL = 85


class ExampleTokens(NamedTuple):
    """Tokens of one example.

    ``total`` counts everything in it. ``trained`` is what a model learns to write: the assistant messages that have not
    weight 0, or both outputs of a preference example. ``longest`` is the longest text that the model sees at once: of a
    preference example the prompt with the longer output. ``messages`` has a count for each message, those of the
    outputs last. ``exact`` is false when there is more than text, for which only estimates are published.
    """

    total: int
    trained: int
    longest: int
    messages: tuple[int, ...]
    exact: bool


class TokenBatch:
    """Examples whose texts are counted in one call, which is several times as fast as one call for each text."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._examples: list[Example | list[dict[str, str]]] = []

    def add(self, example: Example) -> None:
        """Take in an example of any shape."""
        self._examples.append(example)
        _tokens_of(example, self._collect)

    def add_plain(self, messages: list[dict[str, str]]) -> None:
        """Take in the messages of a plain supervised example (``is_plain``)."""
        self._examples.append(messages)
        self._texts += [message["content"] for message in messages]

    def count(self, counter: TokenCounter) -> list[ExampleTokens]:
        """The tokens of each example, in the order in which they came."""
        numbers = iter(counter.count_all(self._texts))
        # The same formula that has collected the texts asks for their counts in the same order.
        return [
            _tokens_of_plain(example, numbers)
            if type(example) is list
            else _tokens_of(example, lambda _: next(numbers))  # type: ignore[arg-type]
            for example in self._examples
        ]

    def _collect(self, text: str) -> int:
        self._texts.append(text)
        return 0


def _tokens_of(example: Example, count_text: Callable[[str], int]) -> ExampleTokens:
    """Whatever is malformed counts nothing and makes the result an estimate."""
    count = _MessageCount(count_text)
    messages, answers = [], []
    prompt = trained = 0
    for message in example.prompt.messages:
        number, words = count.of(message)
        messages.append(number)
        prompt += number
        if example.method == "supervised" and _is_trained(message):
            trained += words
    for output in example.outputs:
        counts = [count.of(message) for message in output.messages]
        messages += [number for number, _ in counts]
        answers.append(sum(number for number, _ in counts))
        trained += sum(words for _, words in counts)
    before_outputs = prompt + count.of_tools(example.tools) + _PER_EXAMPLE
    return ExampleTokens(
        total=before_outputs + sum(answers),
        trained=trained,
        longest=before_outputs + max(answers, default=0),
        messages=tuple(messages),
        exact=count.exact and example.method == "supervised",
    )


def _tokens_of_plain(messages: Sequence[Mapping[str, str]], words: Iterator[int]) -> ExampleTokens:
    """The same for a plain supervised example, ``words`` being the counts of its contents."""
    trained = 0
    counts = []
    for message in messages:
        number = next(words)
        counts.append(_PER_PLAIN_MESSAGE + number)
        if message["role"] == "assistant":
            trained += number
    total = sum(counts) + _PER_EXAMPLE
    return ExampleTokens(total, trained, total, tuple(counts), exact=True)


class _MessageCount:
    """Counts messages, and notes whether that was more than an estimate."""

    def __init__(self, count_text: Callable[[str], int]) -> None:
        self._text = count_text
        self.exact = True

    def of(self, message: Message) -> tuple[int, int]:
        """The tokens of a message, and how many of them are what it says."""
        words = self._words(message)
        number = _PER_MESSAGE + self._text(message.role or "") + words
        name = message.value.get("name")
        return number + self._text(name) + _PER_NAME if isinstance(name, str) else number, words

    def _words(self, message: Message) -> int:
        """The content, or what an assistant says instead of one."""
        content = message.value.get("content")
        if isinstance(content, str):
            number = self._text(content)
        else:
            number = sum(self._part(part) for part in content) if isinstance(content, list) else 0
            self.exact = self.exact and content is None
        refusal = message.value.get("refusal")
        if isinstance(refusal, str):
            number += self._text(refusal)
            self.exact = False
        for call in (*message.tool_calls, message.value.get("function_call")):
            number += self._call(call)
        return number

    def of_tools(self, tools: Any) -> int:
        """The cookbook's formula for the offered tools."""
        functions = [tool["function"] for tool in tools if _has_function(tool)] if isinstance(tools, list) else []
        if not functions:
            return 0
        self.exact = False
        return _AFTER_TOOLS + sum(self._tool(function) for function in functions)

    def _tool(self, function: Mapping[str, Any]) -> int:
        number = _PER_TOOL + self._text(f"{function.get('name')}:{_without_stop(function.get('description'))}")
        parameters = function.get("parameters")
        properties = parameters.get("properties") if isinstance(parameters, Mapping) else None
        if not isinstance(properties, Mapping) or not properties:
            return number
        return number + _BEFORE_PROPERTIES + sum(self._property(*item) for item in properties.items())

    def _property(self, name: str, schema: Any) -> int:
        if not isinstance(schema, Mapping):
            return _PER_PROPERTY + self._text(name)
        number = _PER_PROPERTY
        values = schema.get("enum")
        if isinstance(values, list):
            number += _BEFORE_ENUM + sum(_PER_ENUM_ITEM + self._text(str(value)) for value in values)
        return number + self._text(f"{name}:{schema.get('type')}:{_without_stop(schema.get('description'))}")

    def _call(self, call: Any) -> int:
        """A tool call, or a function call in the older way, which is the function itself."""
        if not isinstance(call, Mapping):
            return 0
        self.exact = False
        function = call["function"] if _has_function(call) else call
        arguments = function.get("arguments")
        text = arguments if isinstance(arguments, str) else json.dumps(arguments)
        return _PER_TOOL_CALL + self._text(str(function.get("name"))) + self._text(text)

    def _part(self, part: Any) -> int:
        if not isinstance(part, Mapping):
            return 0
        for kind in ("text", "refusal"):
            if isinstance(part.get(kind), str):
                return self._text(part[kind])
        image = part.get("image_url")
        if not isinstance(image, Mapping):
            return 0
        return _PER_IMAGE_LOW_DETAIL if image.get("detail") == "low" else _PER_IMAGE


def _is_trained(message: Message) -> bool:
    weight = message.value.get("weight")
    return message.role == "assistant" and not (type(weight) is int and weight == 0)


def _has_function(value: Any) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("function"), Mapping)


def _without_stop(description: Any) -> str:
    return description.removesuffix(".") if isinstance(description, str) else ""

"""How many tokens an example has, by the published rules. Texts are collected first and counted many at a time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ftdesk.validation.counters import TokenCounter
from ftdesk.validation.image_tokens import tokens_of_image
from ftdesk.validation.record import Example, Message

# <|im_start|>, <|im_sep|> and <|im_end|> round a message; the answer is primed with three more (OpenAI cookbook, “How
# to count tokens with tiktoken”).
_PER_MESSAGE = 3
_PER_EXAMPLE = 3
_PER_NAME = 1
# These are a token each in every encoding.
_ONE_TOKEN_ROLES = frozenset({"system", "user", "assistant", "tool", "developer", "function"})
_PER_PLAIN_MESSAGE = _PER_MESSAGE + 1
# The cookbook's estimate for tools, GPT-4o and later.
_PER_TOOL = 7
_AFTER_TOOLS = 12
_BEFORE_PROPERTIES = 3
_PER_PROPERTY = 3
_BEFORE_ENUM = -3
_PER_ENUM_ITEM = 3
_PER_TOOL_CALL = 3


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
        self._plans: list[_Plan | list[dict[str, str]]] = []

    def add(self, example: Example) -> None:
        """Take in an example of any shape."""
        self._plans.append(_Plan.of(example, self._texts))

    def add_plain(self, messages: list[dict[str, str]]) -> None:
        """Take in the messages of a plain supervised example (``is_plain``)."""
        self._plans.append(messages)
        self._texts += [message["content"] for message in messages]

    def count(self, counter: TokenCounter) -> list[ExampleTokens]:
        """The tokens of each example, in the order in which they came."""
        counts = counter.count_all(self._texts)
        tokens: list[ExampleTokens] = []
        at = 0
        for plan in self._plans:
            if isinstance(plan, list):
                tokens.append(_tokens_of_plain(plan, counts[at : at + len(plan)]))
                at += len(plan)
            else:
                tokens.append(plan.tokens(counts))
                at = plan.end
        return tokens


def _tokens_of_plain(messages: Sequence[Mapping[str, str]], words: Sequence[int]) -> ExampleTokens:
    """``words`` are the counts of the contents."""
    trained = 0
    for message, number in zip(messages, words, strict=True):
        if message["role"] == "assistant":
            trained += number
    counts = tuple([_PER_PLAIN_MESSAGE + number for number in words])
    total = sum(counts) + _PER_EXAMPLE
    return ExampleTokens(total, trained, total, counts, exact=True)


class _Share(NamedTuple):
    """Part of an example: its texts from ``start`` to ``end`` in a batch, up to ``said`` those that it says.

    ``fixed`` tokens come on top, of which ``fixed_said`` are said.
    """

    start: int
    said: int
    end: int
    fixed: int
    fixed_said: int
    is_trained: bool


class _Plan(NamedTuple):
    """How the tokens of an example follow from the counts of its texts.

    ``outputs`` are the messages of each answer of a preference example. What is malformed counts nothing.
    """

    prompt: list[_Share]
    outputs: list[list[_Share]]
    tools: _Share
    end: int
    exact: bool

    @staticmethod
    def of(example: Example, texts: list[str]) -> _Plan:
        """The plan of ``example``, whose texts are added to ``texts``."""
        collect = _Collector(texts)
        supervised = example.method == "supervised"
        prompt = [
            collect.message(message, is_trained=supervised and _is_trained(message))
            for message in example.prompt.messages
        ]
        outputs = [
            [collect.message(message, is_trained=True) for message in output.messages] for output in example.outputs
        ]
        tools = collect.tools(example.tools)
        return _Plan(prompt, outputs, tools, len(texts), collect.exact and supervised)

    def tokens(self, counts: Sequence[int]) -> ExampleTokens:
        """``counts`` are those of all texts of the batch."""
        messages = []
        answers = []
        trained = prompt = 0
        for start, said, end, fixed, fixed_said, is_trained in self.prompt:
            number = fixed + sum(counts[start:end])
            messages.append(number)
            prompt += number
            if is_trained:
                trained += fixed_said + sum(counts[start:said])
        for output in self.outputs:
            answer = 0
            for start, said, end, fixed, fixed_said, _ in output:
                number = fixed + sum(counts[start:end])
                messages.append(number)
                answer += number
                trained += fixed_said + sum(counts[start:said])
            answers.append(answer)
        before_outputs = prompt + self.tools.fixed + sum(counts[self.tools.start : self.tools.end]) + _PER_EXAMPLE
        return ExampleTokens(
            total=before_outputs + sum(answers),
            trained=trained,
            longest=before_outputs + max(answers, default=0),
            messages=tuple(messages),
            exact=self.exact,
        )


class _Collector:
    """Adds the texts of messages to a list, and notes whether their count is more than an estimate."""

    def __init__(self, texts: list[str]) -> None:
        self._texts = texts
        self.exact = True

    def message(self, message: Message, *, is_trained: bool) -> _Share:
        texts = self._texts
        start = len(texts)
        said = self._words(message)
        end_of_words = len(texts)
        fixed = said + _PER_MESSAGE
        if message.role in _ONE_TOKEN_ROLES:
            fixed += 1
        elif message.role:
            texts.append(message.role)
        name = message.value.get("name")
        if isinstance(name, str):
            texts.append(name)
            fixed += _PER_NAME
        return _Share(start, end_of_words, len(texts), fixed, said, is_trained)

    def tools(self, tools: Any) -> _Share:
        """The cookbook's formula for the offered tools."""
        start = len(self._texts)
        functions = [tool["function"] for tool in tools if _has_function(tool)] if isinstance(tools, list) else []
        fixed = 0
        if functions:
            self.exact = False
            fixed = _AFTER_TOOLS + sum(map(self._tool, functions))
        return _Share(start, start, len(self._texts), fixed, 0, is_trained=False)

    def _words(self, message: Message) -> int:
        """The content, or what an assistant says instead of one; what that has on top of its texts."""
        fixed = 0
        content = message.value.get("content")
        if isinstance(content, str):
            self._texts.append(content)
        elif content is not None:
            self.exact = False
            fixed = sum(map(self._part, content)) if isinstance(content, list) else 0
        refusal = message.value.get("refusal")
        if isinstance(refusal, str):
            self._texts.append(refusal)
            self.exact = False
        call = message.value.get("function_call")
        if call is not None:
            fixed += self._call(call)
        return fixed + sum(map(self._call, message.tool_calls))

    def _tool(self, function: Mapping[str, Any]) -> int:
        self._texts.append(f"{function.get('name')}:{_without_stop(function.get('description'))}")
        parameters = function.get("parameters")
        properties = parameters.get("properties") if isinstance(parameters, Mapping) else None
        if not isinstance(properties, Mapping) or not properties:
            return _PER_TOOL
        return _PER_TOOL + _BEFORE_PROPERTIES + sum(self._property(*item) for item in properties.items())

    def _property(self, name: str, schema: Any) -> int:
        if not isinstance(schema, Mapping):
            self._texts.append(name)
            return _PER_PROPERTY
        fixed = _PER_PROPERTY
        values = schema.get("enum")
        if isinstance(values, list):
            self._texts += [str(value) for value in values]
            fixed += _BEFORE_ENUM + _PER_ENUM_ITEM * len(values)
        self._texts.append(f"{name}:{schema.get('type')}:{_without_stop(schema.get('description'))}")
        return fixed

    def _call(self, call: Any) -> int:
        """A tool call, or a function call in the older way, which is the function itself."""
        if not isinstance(call, Mapping):
            return 0
        self.exact = False
        function = call["function"] if _has_function(call) else call
        arguments = function.get("arguments")
        self._texts += (
            str(function.get("name")),
            arguments if isinstance(arguments, str) else json.dumps(arguments),
        )
        return _PER_TOOL_CALL

    def _part(self, part: Any) -> int:
        if not isinstance(part, Mapping):
            return 0
        for kind in ("text", "refusal"):
            if isinstance(part.get(kind), str):
                self._texts.append(part[kind])
                return 0
        image = part.get("image_url")
        return tokens_of_image(image) if isinstance(image, Mapping) else 0


def _is_trained(message: Message) -> bool:
    weight = message.value.get("weight")
    return message.role == "assistant" and not (type(weight) is int and weight == 0)


def _has_function(value: Any) -> bool:
    return isinstance(value, Mapping) and isinstance(value.get("function"), Mapping)


def _without_stop(description: Any) -> str:
    return description.removesuffix(".") if isinstance(description, str) else ""

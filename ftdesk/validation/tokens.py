"""How many tokens an example has, offline, by the published rules.

The vocabulary ships with ftdesk and is loaded when the first text is counted: that takes a few tenths of a second in
which no other thread runs, so the window counts in another process.
"""

from __future__ import annotations

import json
import re
from binascii import a2b_base64
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from ftdesk import resources
from ftdesk.validation.record import Example, Message
from ftdesk.validation.requirements import base_model

if TYPE_CHECKING:
    from tiktoken import Encoding

O200K_BASE = "o200k_base"
O200K_BASE_SHA256 = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"
"""Of the published rank file, which ships compressed."""

# How o200k_base cuts a text into pieces before it merges bytes, and its two special tokens: part of the encoding's
# definition, as published in tiktoken (MIT licence).
_O200K_PATTERN = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
    r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_O200K_SPECIAL = {"<|endoftext|>": 199_999, "<|endofprompt|>": 200_018}
_O200K_MODELS = ("gpt-4o", "chatgpt-4o", "gpt-4.1", "gpt-4.5", "gpt-5", "o1", "o3", "o4")

# <|im_start|>, <|im_sep|> and <|im_end|> round a message; the answer is primed with three more (OpenAI cookbook, “How
# to count tokens with tiktoken”).
_PER_MESSAGE = 3
_PER_EXAMPLE = 3
_PER_NAME = 1
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

# tiktoken's regular expressions give up, with a panic, on about a million white-space characters in a row. Texts are
# cut long before that, between two words where there are any: the count then is the same as without a cut.
_LONGEST_PIECE = 200_000
_BETWEEN_WORDS = re.compile(r"(?<=[A-Za-z])(?= [A-Za-z])")

_SHORT = 64
_MOST_CACHED = 50_000


class TokenCounter(Protocol):
    """Counts the tokens of texts in one vocabulary."""

    @property
    def encoding(self) -> str: ...

    def count(self, text: str) -> int: ...


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


class TiktokenCounter:
    """The reference: tiktoken with the shipped vocabulary. Remembers the counts of texts that it has seen."""

    encoding = O200K_BASE

    def __init__(self) -> None:
        self._counts: dict[str | bytes, int] = {}

    def count(self, text: str) -> int:
        key = text if len(text) <= _SHORT else blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
        number = self._counts.get(key)
        if number is None:
            if len(self._counts) >= _MOST_CACHED:
                self._counts.clear()
            encode = _load_o200k_base().encode_ordinary
            short = len(text) <= _LONGEST_PIECE
            number = len(encode(text)) if short else sum(len(encode(piece)) for piece in _pieces(text))
            self._counts[key] = number
        return number


@cache
def shared_counter() -> TokenCounter:
    """The counter of this process: one vocabulary and one memory of counts for all checks."""
    return TiktokenCounter()


def has_known_encoding(model: str | None) -> bool:
    """Whether ``model``, fine-tuned or not, is known to count in o200k_base. For all others that is an estimate."""
    return model is not None and base_model(model).startswith(_O200K_MODELS)


def count_example(example: Example, counter: TokenCounter) -> ExampleTokens:
    """Count an example. Whatever is malformed counts nothing and makes the result an estimate."""
    count = _MessageCount(counter)
    prompt = [count.of(message) for message in example.prompt.messages]
    outputs = [[count.of(message) for message in output.messages] for output in example.outputs]
    tools = count.of_tools(example.tools)
    before_outputs = sum(prompt) + tools + _PER_EXAMPLE
    answers = [sum(output) for output in outputs]
    if example.method == "supervised":
        trained = sum(count.of_words(message) for message in example.prompt.messages if _is_trained(message))
    else:
        trained = sum(count.of_words(message) for output in example.outputs for message in output.messages)
    return ExampleTokens(
        total=before_outputs + sum(answers),
        trained=trained,
        longest=before_outputs + max(answers, default=0),
        messages=(*prompt, *(number for output in outputs for number in output)),
        exact=count.exact and example.method == "supervised",
    )


def count_plain(messages: Sequence[Mapping[str, str]], counter: TokenCounter) -> ExampleTokens:
    """The same for the messages of a plain supervised example, without reading it as one first."""
    count = counter.count
    trained = 0
    counts = []
    for message in messages:
        words = count(message["content"])
        counts.append(_PER_MESSAGE + count(message["role"]) + words)
        if message["role"] == "assistant":
            trained += words
    total = sum(counts) + _PER_EXAMPLE
    return ExampleTokens(total, trained, total, tuple(counts), exact=True)


class _MessageCount:
    """Counts messages, and notes whether that was more than an estimate."""

    def __init__(self, counter: TokenCounter) -> None:
        self._text = counter.count
        self.exact = True

    def of(self, message: Message) -> int:
        number = _PER_MESSAGE + self._text(message.role or "") + self.of_words(message)
        name = message.value.get("name")
        return number + self._text(name) + _PER_NAME if isinstance(name, str) else number

    def of_words(self, message: Message) -> int:
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


def _pieces(text: str) -> Iterator[str]:
    start = 0
    while len(text) - start > _LONGEST_PIECE:
        boundary = _BETWEEN_WORDS.search(text, start + _LONGEST_PIECE // 2, start + _LONGEST_PIECE)
        end = boundary.start() if boundary else start + _LONGEST_PIECE
        yield text[start:end]
        start = end
    yield text[start:]


@cache
def _load_o200k_base() -> Encoding:
    """Build the encoding from the shipped file; tiktoken itself would download it.

    Raises ``FtdeskError`` if it is missing.
    """
    import lzma

    from tiktoken import Encoding

    words = lzma.decompress(resources.path(f"vocabularies/{O200K_BASE}.tiktoken.xz").read_bytes()).split()
    ranks = dict(zip(map(a2b_base64, words[::2]), map(int, words[1::2]), strict=True))
    return Encoding(O200K_BASE, pat_str=_O200K_PATTERN, mergeable_ranks=ranks, special_tokens=_O200K_SPECIAL)

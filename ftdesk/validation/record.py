"""One line as the rules see it: its text, and the example in it.

Reading never fails; it yields a value and what is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from jiter import from_json

from ftdesk.validation.findings import Method
from ftdesk.validation.syntax import DuplicateKey, SyntaxProblem, duplicate_keys, explain

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_NEVER_WITHOUT_CONTENT = frozenset({"system", "developer", "user", "tool", "function"})
_OUTPUTS = ("preferred_output", "non_preferred_output")


class Absent:
    """The type of ``ABSENT``, which stands for a value that is not there. ``None`` is JSON's null."""

    def __bool__(self) -> bool:
        return False


ABSENT: Final = Absent()


# What follows are named tuples because millions are made: a frozen dataclass takes three times as long.


class Message(NamedTuple):
    """A message object. ``role`` is ``None`` when it is missing or no text, ``content`` is ``ABSENT`` when missing.

    ``tool_calls`` are the calls that it makes; items may be of any type.
    """

    value: Mapping[str, Any]
    path: str
    role: str | None
    content: Any
    tool_calls: Sequence[Any]

    @staticmethod
    def at(path: str, value: Mapping[str, Any]) -> Message:
        role = value.get("role")
        calls = value.get("tool_calls")
        return Message(
            value,
            path,
            role if isinstance(role, str) else None,
            value.get("content", ABSENT),
            calls if isinstance(calls, list) else (),
        )

    @property
    def content_path(self) -> str:
        return f"{self.path}.content"

    @property
    def says_without_content(self) -> bool:
        """Whether the message calls a tool or refuses, so that it needs no content."""
        if self.role in _NEVER_WITHOUT_CONTENT:
            return False
        refusal = self.value.get("refusal")
        call = self.value.get("function_call")
        calls = self.tool_calls or (isinstance(call, dict) and "name" in call and "arguments" in call)
        return bool(calls or (isinstance(refusal, str) and refusal))


class Conversation(NamedTuple):
    """What stands at ``path``, where a list of messages belongs, and those of its items that are objects."""

    path: str
    value: Any
    messages: tuple[Message, ...]

    @staticmethod
    def at(path: str, value: Any) -> Conversation:
        items = value if isinstance(value, list) else ()
        messages = [Message.at(f"{path}[{index}]", item) for index, item in enumerate(items) if isinstance(item, dict)]
        return Conversation(path, value, tuple(messages))


class Example(NamedTuple):
    """The object of a line, read by ``method``.

    ``file_method`` is the method of the whole file, if known, and ``asked`` whether a person chose it. ``prompt`` is
    the conversation, of a preference example its ``input``; ``outputs`` are the two answers of a preference example.
    ``messages`` are all of them. ``tools`` is what stands under that key beside the messages, or ``ABSENT``.
    """

    value: Mapping[str, Any]
    method: Method
    file_method: Method | None
    asked: bool
    prompt: Conversation
    outputs: tuple[Conversation, ...]
    messages: tuple[Message, ...]
    tools: Any


class Line(NamedTuple):
    """One line without its LF.

    ``value`` is ``ABSENT`` unless the line is JSON. ``first`` is true for the first line of a file. ``plain`` is what
    ``is_plain`` says. ``bad_byte`` is the offset of the first byte that is not UTF-8, a byte order mark not counted,
    and ``column`` the character at which it stands, from 1.
    """

    raw: bytes
    first: bool
    value: Any = ABSENT
    plain: bool = False
    bad_byte: int | None = None
    column: int | None = None
    syntax: SyntaxProblem | None = None
    duplicates: tuple[DuplicateKey, ...] = ()

    @property
    def blank(self) -> bool:
        return self.value is ABSENT and not self.body.strip()

    @property
    def body(self) -> bytes:
        """The line without a byte order mark, which only the first line of a file may carry."""
        return self.raw.removeprefix(BYTE_ORDER_MARK) if self.first else self.raw


def read_line(raw: bytes, *, first: bool = False) -> Line:
    """Read a line; never raises.

    Valid is what RFC 8259 allows, with no NaN, no half surrogate pair, no endless number.
    """
    try:
        value = from_json(raw, allow_inf_nan=False, cache_mode="keys", catch_duplicate_keys=True)
    except ValueError:
        return _read_with_care(raw, first=first)
    return Line(raw, first, value, is_plain(value))


def is_plain(value: Any) -> bool:
    """Whether this is the most usual example: a system message or none, then users and assistants, an assistant last.

    Messages hold a role and a text that is not blank, and nothing else. No structural rule can have anything to say
    about it, so a check need not run them; most files consist of nothing else.
    """
    if type(value) is not dict or len(value) != 1:
        return False
    messages = value.get("messages")
    if type(messages) is not list:
        return False
    role = None
    user = False
    for message in messages:
        if type(message) is not dict or len(message) != 2:
            return False
        content = message.get("content")
        if type(content) is not str or not content or content.isspace():
            return False
        before, role = role, message.get("role")
        if role == "user":
            user = True
        elif role != "assistant" and (role != "system" or before is not None):
            return False
    return user and role == "assistant"


def read_example(value: Mapping[str, Any], method: Method, file_method: Method | None, *, asked: bool) -> Example:
    """The example in an object, its conversations found where ``method`` has them."""
    if method != "preference":
        prompt = Conversation.at("messages", value.get("messages", ABSENT))
        return Example(value, method, file_method, asked, prompt, (), prompt.messages, value.get("tools", ABSENT))
    source = value.get("input")
    holder = source if isinstance(source, dict) else {}
    prompt = Conversation.at("input.messages", holder.get("messages", ABSENT))
    outputs = tuple(Conversation.at(key, value.get(key, ABSENT)) for key in _OUTPUTS)
    messages = prompt.messages + outputs[0].messages + outputs[1].messages
    return Example(value, method, file_method, asked, prompt, outputs, messages, holder.get("tools", ABSENT))


def _read_with_care(raw: bytes, *, first: bool) -> Line:
    """The slow way, for what the parser refused: a byte order mark, bytes that are no text, no JSON, duplicate keys."""
    body = raw.removeprefix(BYTE_ORDER_MARK) if first else raw
    if not body.strip():
        return Line(raw, first)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        column = len(body[: error.start].decode("utf-8")) + 1
        return Line(raw, first, bad_byte=error.start, column=column)
    try:
        value = from_json(body, allow_inf_nan=False, cache_mode="keys")
    except ValueError as error:
        return Line(raw, first, syntax=explain(text, str(error)))
    return Line(raw, first, value, is_plain(value), duplicates=duplicate_keys(text))

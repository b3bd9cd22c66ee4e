"""Rules about the frame of an example: its keys, its list of messages, and whether it is of the kind that was meant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ftdesk.validation.findings import Fix, Method, Severity
from ftdesk.validation.record import ABSENT, Conversation, Example
from ftdesk.validation.rule import Problem, record_rule
from ftdesk.validation.wording import kind_of, member, quoted

_GOOD = b'{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}\n'
_PREFERENCE = (
    b'{"input": {"messages": [{"role": "user", "content": "Hi"}]},'
    b' "preferred_output": [{"role": "assistant", "content": "Hello"}],'
    b' "non_preferred_output": [{"role": "assistant", "content": "What?"}]}\n'
)

_TOP_LEVEL_KEYS: dict[Method, frozenset[str]] = {
    "supervised": frozenset({"messages", "tools", "parallel_tool_calls", "functions"}),
    "preference": frozenset({"input", "preferred_output", "non_preferred_output"}),
}
_INPUT_KEYS = frozenset({"messages", "tools", "parallel_tool_calls"})
# `weight` outside an assistant message has a rule of its own, invalid-weight.
_MESSAGE_KEYS = frozenset({"role", "content", "name", "weight"})
_ROLE_KEYS: dict[str | None, frozenset[str]] = {
    "assistant": _MESSAGE_KEYS | {"tool_calls", "function_call", "refusal"},
    "tool": _MESSAGE_KEYS | {"tool_call_id"},
}
RENAMED = {"preferred_completion": "preferred_output", "non_preferred_completion": "non_preferred_output"}
"""Keys of an older form of the format, by what they are called now."""
_OTHER_NAMES = frozenset(
    {"text", "value", "from", "prompt", "completion", "instruction", "input", "output", "response", "answer"}
    | {"question", "conversation", "chosen", "rejected", "system", "thinking", "reasoningcontent", "reasoning"}
)
"""What other programs call that which is trained, folded as by ``_folded``: nobody should lose it to a repair."""
_SAYING = ("content", "tool_calls", "function_call", "refusal")


@record_rule(
    "missing-messages",
    "error",
    "The example has no list of messages",
    why="The conversation is what is trained on. Without the key messages, and a list there, the host refuses the "
    "file.",
    good=_GOOD,
    bad=b'{"prompt": "Hi", "completion": "Hello"}\n',
)
def missing_messages(example: Example) -> Iterator[Problem]:
    prompt = example.prompt
    if prompt.value is ABSENT:
        if "prompt" in example.value and "completion" in example.value:
            message = "The example has no messages; prompt and completion are the format of older models."
            yield Problem(message, prompt.path, extra="prompt-completion")
        else:
            yield Problem(f"The example has no “{prompt.path}”.", prompt.path)
    elif not isinstance(prompt.value, list):
        yield Problem(f"“{prompt.path}” must be a list of messages, not {kind_of(prompt.value)}.", prompt.path)


@record_rule(
    "empty-messages",
    "error",
    "The list of messages is empty",
    why="An example without messages teaches nothing; hosts ask for at least one.",
    good=_GOOD,
    bad=b'{"messages": []}\n',
)
def empty_messages(example: Example) -> Iterator[Problem]:
    if example.prompt.value == []:
        holds_nothing = example.value in ({"messages": []}, {"input": {"messages": []}})
        yield Problem(
            "The list of messages is empty.", example.prompt.path, fix="remove-line" if holds_nothing else None
        )


@record_rule(
    "message-not-object",
    "error",
    "A message is not an object",
    why="A message is an object with a role and a content. Hosts refuse the file for anything else in the list.",
    good=_GOOD,
    bad=b'{"messages": ["Hi", {"role": "assistant", "content": "Hello"}]}\n',
)
def message_not_object(example: Example) -> Iterator[Problem]:
    for conversation in (example.prompt, *example.outputs):
        if isinstance(conversation.value, list):
            for index, item in enumerate(conversation.value):
                if not isinstance(item, dict):
                    yield Problem(
                        f"The message is {kind_of(item)}; it must be an object with a role and a content.",
                        f"{conversation.path}[{index}]",
                    )


@record_rule(
    "unknown-key",
    "error",
    "A key is not part of the format",
    why="OpenAI refuses a file with an extra key beside messages and tools. In a message, what it does not know is "
    "not learned.",
    good=_GOOD,
    bad=b'{"messages": [{"role": "user", "content": "Hi"},'
    b' {"role": "assistant", "content": "Hello"}], "source": "chat"}\n',
)
def unknown_key(example: Example) -> Iterator[Problem]:
    known = _TOP_LEVEL_KEYS.get(example.method)
    if known is not None and example.prompt.value is not ABSENT:
        is_whole = bool(example.prompt.messages) and (example.method == "supervised" or known <= example.value.keys())
        yield from _unknown(example.value, "", known, "error", "example", is_whole=is_whole)
    holder = example.value.get("input")
    if example.method == "preference" and isinstance(holder, dict):
        yield from _unknown(holder, "input", _INPUT_KEYS, "error", "input", is_whole="messages" in holder)
    for message in example.messages:
        known = _ROLE_KEYS.get(message.role, _MESSAGE_KEYS)
        value = message.value
        if not value.keys() <= known:
            is_whole = "role" in value and any(value.get(key) for key in _SAYING)
            yield from _unknown(value, message.path, known, "warning", "message", is_whole=is_whole)


def _unknown(
    value: Iterable[str], path: str, known: frozenset[str], severity: Severity, holder: str, *, is_whole: bool
) -> Iterator[Problem]:
    """Keys that are not ``known``. Where the holder lacks something, it may be in one of them: then none may go."""
    for key in value:
        if key not in known:
            renamed = f"; it is called “{RENAMED[key]}” now" if key in RENAMED else ""
            fix: Fix | None = "rename-key" if renamed else "remove-key" if is_whole else None
            yield Problem(
                f"The key {quoted(key)} is not part of the format{renamed}.",
                member(path, key),
                severity=severity,
                fix=None if fix == "remove-key" and _is_other_name(key, known) else fix,
                extra=f"{holder}.{key}",
            )


def _is_other_name(key: str, known: frozenset[str]) -> bool:
    """Whether ``key`` seems to stand for one of the ``known``: “Content”, “toolCalls”, “tool_call”, “text”."""
    folded = _folded(key)
    return folded in _OTHER_NAMES or folded in {_folded(name) for name in known}


def _folded(key: str) -> str:
    return key.casefold().replace("_", "").replace("-", "").strip().removesuffix("s")


@record_rule(
    "invalid-value",
    "error",
    "A value is of the wrong kind",
    why="A name and a refusal are texts, parallel_tool_calls is true or false, functions are a list. Hosts refuse the "
    "file for anything else.",
    good=_GOOD,
    bad=_GOOD.replace(b'"user", ', b'"user", "name": 5, '),
)
def invalid_value(example: Example) -> Iterator[Problem]:
    is_preference = example.method == "preference"
    holder = example.value.get("input") if is_preference else example.value
    if isinstance(holder, dict):
        path = "input" if is_preference else ""
        yield from _of_wrong_kind(holder, path, "parallel_tool_calls", bool, "true or false")
    if example.method == "supervised":
        yield from _of_wrong_kind(example.value, "", "functions", list, "a list")
    for message in example.messages:
        yield from _of_wrong_kind(message.value, message.path, "name", str, "a text")
        if message.role == "assistant" and message.value.get("refusal") is not None:
            yield from _of_wrong_kind(message.value, message.path, "refusal", str, "a text")


def _of_wrong_kind(value: Mapping[str, Any], path: str, key: str, kind: type, wanted: str) -> Iterator[Problem]:
    if key in value and not isinstance(value[key], kind):
        yield Problem(f"“{key}” must be {wanted}, not {kind_of(value[key])}.", member(path, key))


@record_rule(
    "mixed-methods",
    "error",
    "The example is of another kind than the rest of the file",
    why="A job trains with one method, so all lines of its file have the same shape. One line of another kind fails "
    "the job.",
    good=_GOOD + _GOOD.replace(b"Hi", b"Good day"),
    bad=_GOOD + _GOOD.replace(b"Hi", b"Good day") + _PREFERENCE,
)
def mixed_methods(example: Example) -> Iterator[Problem]:
    if not example.asked and example.file_method not in {None, example.method}:
        yield Problem(f"This is a {example.method} example, but the file begins with {example.file_method} examples.")


@record_rule(
    "method-mismatch",
    "error",
    "The example does not fit the training method",
    why="Each method reads its own shape: supervised a whole conversation, preference two answers, reinforcement a "
    "prompt only.",
    method="preference",
    good=_PREFERENCE,
    bad=_GOOD,
)
def method_mismatch(example: Example) -> Iterator[Problem]:
    if not example.asked:
        return
    if example.file_method != example.method:
        yield Problem(f"This is a {example.method} example, but the method is {example.file_method}.")
    elif example.method == "reinforcement" and _ends_with_answer(example.prompt):
        yield Problem(
            "The example ends with an answer, but reinforcement wants the prompt only.",
            example.prompt.messages[-1].path,
            severity="warning",
        )


def _ends_with_answer(conversation: Conversation) -> bool:
    return bool(conversation.messages) and conversation.messages[-1].role == "assistant"

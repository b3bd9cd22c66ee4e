"""Rules about tools: which are offered, which are called, and which call an answer belongs to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jiter import from_json

from ftdesk.validation.findings import Fix
from ftdesk.validation.record import ABSENT, Example, Message
from ftdesk.validation.rule import Problem, record_rule
from ftdesk.validation.wording import kind_of, quoted

_TOOLS = (
    b'"tools": [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object",'
    b' "properties": {}}}}]'
)
_CALL = (
    b'{"role": "assistant", "tool_calls": [{"id": "c1", "type": "function",'
    b' "function": {"name": "weather", "arguments": "{\\"city\\": \\"Oslo\\"}"}}]}'
)
_GOOD = (
    b'{"messages": [{"role": "user", "content": "Rain in Oslo?"}, ' + _CALL + b","
    b' {"role": "tool", "tool_call_id": "c1", "content": "dry"}, {"role": "assistant", "content": "No."}], '
    + _TOOLS
    + b"}\n"
)


@record_rule(
    "tool-call-malformed",
    "error",
    "A tool call has not the right shape",
    why="A tool call is an object with id, type “function” and a function with name and arguments. Hosts refuse "
    "anything else.",
    good=_GOOD,
    bad=_GOOD.replace(b'"id": "c1", ', b""),
)
def tool_call_malformed(example: Example) -> Iterator[Problem]:
    for message in example.messages:
        calls = message.value.get("tool_calls")
        path = f"{message.path}.tool_calls"
        if calls is not None and not isinstance(calls, list):
            yield Problem(f"The tool calls must be a list, not {kind_of(calls)}.", path)
        for index, call in enumerate(message.tool_calls):
            reason = _call_problem(call)
            if reason:
                yield Problem(reason, f"{path}[{index}]")
        older = message.value.get("function_call")
        reason = None if older is None else _function_call_problem(older)
        if reason:
            yield Problem(reason, f"{message.path}.function_call")


@record_rule(
    "tool-call-unanswered",
    "error",
    "A tool call has no answer",
    why="When the conversation goes on after a tool call, the answer of the tool must come first; only the last "
    "message may wait.",
    good=_GOOD,
    bad=_GOOD.replace(b' {"role": "tool", "tool_call_id": "c1", "content": "dry"},', b""),
)
def tool_call_unanswered(example: Example) -> Iterator[Problem]:
    for message, answers, follower in _exchanges(example):
        fix: Fix | None = "pair-tool-calls" if answers else None
        if follower is not None and follower.tool_calls and not answers:
            fix = "merge-tool-calls"
        ended = follower is None and not example.outputs
        answered = {answer.value.get("tool_call_id") for answer in answers if _call_id(answer.value, "tool_call_id")}
        for index, call in enumerate(message.tool_calls):
            identifier = _call_id(call, "id")
            if identifier is not None and identifier not in answered and not (ended and not answers):
                yield Problem(
                    f"The tool call {quoted(identifier)} has no answer.",
                    f"{message.path}.tool_calls[{index}]",
                    fix=fix,
                )


@record_rule(
    "tool-answer-unpaired",
    "error",
    "An answer of a tool belongs to no call",
    why="A tool message answers a call of the assistant message before it, named by tool_call_id. Hosts refuse one "
    "without a call.",
    good=_GOOD,
    bad=_GOOD.replace(b'"tool_call_id": "c1"', b'"tool_call_id": "c2"'),
)
def tool_answer_unpaired(example: Example) -> Iterator[Problem]:
    open_calls: set[str] = set()
    for message in example.prompt.messages:
        if message.role != "tool":
            open_calls = {identifier for call in message.tool_calls if (identifier := _call_id(call, "id"))}
            continue
        identifier = _call_id(message.value, "tool_call_id")
        path = f"{message.path}.tool_call_id"
        if identifier is None:
            yield Problem(
                "The tool message does not say which call it answers (tool_call_id).", path, fix="pair-tool-calls"
            )
        elif identifier in open_calls:
            open_calls.remove(identifier)
        else:
            yield Problem(f"No tool call {quoted(identifier)} waits for this answer.", path, fix="pair-tool-calls")


@record_rule(
    "tool-unknown",
    "warning",
    "A tool is called that is not offered",
    why="The model learns to call what it is offered in tools. A call of anything else teaches it to invent tools.",
    good=_GOOD,
    bad=_GOOD.replace(_TOOLS, _TOOLS.replace(b"weather", b"time")),
)
def tool_unknown(example: Example) -> Iterator[Problem]:
    offered = _offered(example.tools)
    for message in example.messages:
        for index, call in enumerate(message.tool_calls):
            name = _function(call).get("name")
            if isinstance(name, str) and name not in offered:
                reason = "is not in the list of tools" if offered else "is called, but the example offers no tools"
                yield Problem(
                    f"The tool {quoted(name)} {reason}.",
                    f"{message.path}.tool_calls[{index}].function.name",
                )


@record_rule(
    "tool-arguments-not-json",
    "error",
    "The arguments of a tool call are not JSON",
    why="Arguments are JSON written as a text. Anything else is refused, or teaches the model to write calls that "
    "fail.",
    good=_GOOD,
    bad=_GOOD.replace(b'"{\\"city\\": \\"Oslo\\"}"', b'{"city": "Oslo"}'),
)
def tool_arguments_not_json(example: Example) -> Iterator[Problem]:
    for message in example.messages:
        for path, function in _called_functions(message):
            arguments = function.get("arguments", ABSENT)
            if arguments is ABSENT:
                continue
            if not isinstance(arguments, str):
                yield Problem(
                    f"The arguments must be JSON written as a text, not {kind_of(arguments)}.",
                    path,
                    fix="encode-arguments" if isinstance(arguments, dict) else None,
                )
            elif not _is_json(arguments):
                # Hosts take any text here; it is what the model would learn to write.
                yield Problem("The arguments are not valid JSON.", path, severity="warning")


def _exchanges(example: Example) -> Iterator[tuple[Message, list[Message], Message | None]]:
    """Each prompt message with tool calls, the tool messages right after it, and the message that follows, if any."""
    messages = example.prompt.messages
    for position, message in enumerate(messages):
        if message.tool_calls:
            after = position + 1
            while after < len(messages) and messages[after].role == "tool":
                after += 1
            follower = messages[after] if after < len(messages) else None
            yield message, list(messages[position + 1 : after]), follower


def _called_functions(message: Message) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for index, call in enumerate(message.tool_calls):
        yield f"{message.path}.tool_calls[{index}].function.arguments", _function(call)
    older = message.value.get("function_call")
    if isinstance(older, dict):
        yield f"{message.path}.function_call.arguments", older


def _call_problem(call: Any) -> str | None:
    if not isinstance(call, dict):
        return f"A tool call must be an object, not {kind_of(call)}."
    function = call.get("function")
    checks = (
        (_call_id(call, "id") is None, "The tool call has no id."),
        (call.get("type", "function") != "function", "The type of a tool call must be “function”."),
        (not isinstance(function, dict), "The tool call has no function."),
        (not isinstance(_function(call).get("name"), str), "The function of the tool call has no name."),
        ("arguments" not in _function(call), "The function of the tool call has no arguments."),
    )
    return next((reason for wrong, reason in checks if wrong), None)


def _function_call_problem(call: Any) -> str | None:
    if not isinstance(call, dict):
        return f"A function call must be an object, not {kind_of(call)}."
    if not isinstance(call.get("name"), str):
        return "The function call has no name."
    return None if "arguments" in call else "The function call has no arguments."


def _call_id(value: Any, key: str) -> str | None:
    identifier = value.get(key) if isinstance(value, dict) else None
    return identifier if isinstance(identifier, str) and identifier else None


def _function(call: Any) -> Mapping[str, Any]:
    function = call.get("function") if isinstance(call, dict) else None
    return function if isinstance(function, dict) else {}


def _offered(tools: Any) -> set[str]:
    names = (_function(tool).get("name") for tool in tools) if isinstance(tools, list) else ()
    return {name for name in names if isinstance(name, str)}


def _is_json(text: str) -> bool:
    try:
        from_json(text.encode(), allow_inf_nan=False)
    except ValueError:
        return False
    return True

"""Rules about the tools that an example offers, and whether calls fit them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from jiter import from_json

from ftdesk.validation.problem import Measure
from ftdesk.validation.record import ABSENT, Example, Message
from ftdesk.validation.rule import Problem, record_rule
from ftdesk.validation.schemas import ToolSchema, schema_of
from ftdesk.validation.wording import kind_of, quoted, visible

_TOOLS = (
    b'"tools": [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object",'
    b' "properties": {"city": {"type": "string"}, "unit": {"enum": ["C", "F"]}}, "required": ["city"]}}}]'
)
_GOOD = (
    b'{"messages": [{"role": "user", "content": "Rain in Oslo?"}, {"role": "assistant", "tool_calls": [{"id": "c1",'
    b' "type": "function", "function": {"name": "weather", "arguments": "{\\"city\\": \\"Oslo\\"}"}}]}], '
    + _TOOLS
    + b"}\n"
)
_TOOL_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MOST_VIOLATIONS = 3
_LONGEST_REASON = 160


@record_rule(
    "tool-schema-invalid",
    "error",
    "A tool is not described as hosts want it",
    why="A tool is a function with a name and parameters, and these are a JSON Schema of an object. Hosts refuse a "
    "file with anything else.",
    good=_GOOD,
    bad=_GOOD.replace(b'"type": "string"', b'"type": "text"'),
)
def tool_schema_invalid(example: Example) -> Iterator[Problem]:
    if example.tools is not ABSENT and not isinstance(example.tools, list):
        yield Problem(f"The tools must be a list, not {kind_of(example.tools)}.", _path(example))
        return
    names: set[str] = set()
    for path, tool in _tools(example):
        function = tool.get("function") if isinstance(tool, dict) else None
        name = function.get("name") if isinstance(function, dict) else None
        reason = _shape_problem(tool, function, name)
        if reason is None and name in names:
            reason = f"The tool {quoted(str(name))} stands twice in the list."
        if reason:
            yield Problem(reason, path)
            continue
        names.add(str(name))
        schema = _schema(function)
        if schema and schema.problem:
            yield Problem(
                f"The parameters are no JSON Schema: {_reason(schema.problem)}.", f"{path}.function.parameters"
            )
    if isinstance(example.tools, list):
        yield Problem(
            f"The example offers {len(example.tools):,} tools; the host takes {{limit}}.",
            _path(example),
            measure=Measure("max_tools", len(example.tools)),
        )


@record_rule(
    "tool-arguments-schema",
    "warning",
    "Arguments do not fit the tool's parameters",
    why="A model that learns calls which break the tool's own schema will write calls that fail.",
    good=_GOOD,
    bad=_GOOD.replace(b'\\"city\\"', b'\\"town\\"'),
)
def tool_arguments_schema(example: Example) -> Iterator[Problem]:
    schemas = {}
    for _, tool in _tools(example):
        function = tool.get("function") if isinstance(tool, dict) else None
        schema = _schema(function)
        if schema is not None and isinstance(function, dict):
            schemas[str(function.get("name"))] = schema
    if not schemas:
        return
    for path, name, arguments in _calls(example):
        value = _decoded(arguments)
        schema = schemas.get(name)
        if schema is None or value is ABSENT or isinstance(value, str):
            continue
        for violation in islice(schema.violations(value), _MOST_VIOLATIONS):
            yield Problem(f"The arguments do not fit the tool {quoted(name)}: {_reason(violation)}.", path)


@record_rule(
    "tool-arguments-double-encoded",
    "warning",
    "Arguments are encoded twice",
    why="Arguments are a JSON text once. Encoded twice, they are a text within the text, and the model learns to write "
    "calls that no program can read.",
    good=_GOOD,
    bad=_GOOD.replace(b'"{\\"city\\": \\"Oslo\\"}"', b'"\\"{\\\\\\"city\\\\\\": \\\\\\"Oslo\\\\\\"}\\""'),
)
def tool_arguments_double_encoded(example: Example) -> Iterator[Problem]:
    for path, _, arguments in _calls(example):
        inner = _decoded(arguments)
        if isinstance(inner, str) and isinstance(_decoded(inner), dict | str):
            yield Problem("The arguments are encoded as JSON twice.", path, fix="decode-arguments")


def _path(example: Example) -> str:
    return "input.tools" if example.method == "preference" else "tools"


def _tools(example: Example) -> Iterator[tuple[str, Any]]:
    for index, tool in enumerate(example.tools if isinstance(example.tools, list) else ()):
        yield f"{_path(example)}[{index}]", tool


def _shape_problem(tool: Any, function: Any, name: Any) -> str | None:
    checks = (
        (not isinstance(tool, dict), f"A tool must be an object, not {kind_of(tool)}."),
        (isinstance(tool, dict) and tool.get("type") != "function", "The type of a tool must be “function”."),
        (not isinstance(function, dict), "The tool has no function."),
        (not isinstance(name, str), "The function of the tool has no name."),
        (
            isinstance(name, str) and not _TOOL_NAME.fullmatch(name),
            "The name of a tool has up to 64 letters, digits, underscores and dashes.",
        ),
    )
    return next((reason for wrong, reason in checks if wrong), None)


def _schema(function: Any) -> ToolSchema | None:
    """The schema of a function's parameters; a function without any takes no arguments."""
    parameters = function.get("parameters") if isinstance(function, dict) else None
    if parameters is None:
        return None
    if not isinstance(parameters, Mapping):
        return ToolSchema(f"they are {kind_of(parameters)}, not an object", None)
    if parameters.get("type", "object") != "object":
        return ToolSchema("their type must be “object”", None)
    return schema_of(parameters)


def _calls(example: Example) -> Iterator[tuple[str, str, str]]:
    """Path of the arguments, name and arguments of every call whose arguments are a text."""
    for message in example.messages:
        for path, function in _functions(message):
            arguments, name = function.get("arguments"), function.get("name")
            if isinstance(arguments, str) and isinstance(name, str):
                yield path, name, arguments


def _functions(message: Message) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for index, call in enumerate(message.tool_calls):
        function = call.get("function") if isinstance(call, dict) else None
        if isinstance(function, dict):
            yield f"{message.path}.tool_calls[{index}].function.arguments", function


def _decoded(text: str) -> Any:
    try:
        return from_json(text.encode(), allow_inf_nan=False)
    except ValueError:
        return ABSENT


def _reason(message: str) -> str:
    """The words of the validator, which quote the schema, on one line and not too long."""
    line = visible(message.split("\n", 1)[0]).rstrip(".")
    return line if len(line) <= _LONGEST_REASON else line[: _LONGEST_REASON - 1] + "…"

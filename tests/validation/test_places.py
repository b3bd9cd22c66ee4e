"""Which rule speaks for which mistake, how gravely, and where exactly."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from ftdesk.validation.checker import Checker, MethodChoice
from ftdesk.validation.findings import METHODS, Finding
from ftdesk.validation.schemas import schema_of

USER = {"role": "user", "content": "Rain in Oslo?"}
ANSWER = {"role": "assistant", "content": "No."}
TOOLS = [
    {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {"city": {}}}}}
]


def call(identifier: Any = "c1", name: Any = "weather", arguments: Any = '{"city": "Oslo"}') -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": identifier, "type": "function", "function": function}],
    }


def tool(identifier: Any = "c1", content: Any = "dry") -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": identifier, "content": content}


TWO_CALLS = [*call("c1")["tool_calls"], *call("c2")["tool_calls"]]


def preference(**changes: Any) -> dict[str, Any]:
    example: dict[str, Any] = {
        "input": {"messages": [USER]},
        "preferred_output": [ANSWER],
        "non_preferred_output": [{"role": "assistant", "content": "Perhaps."}],
    }
    return {key: value for key, value in {**example, **changes}.items() if value != "gone"}


def check(value: Any, method: MethodChoice = "auto") -> list[Finding]:
    return list(Checker(method, count_tokens=False).check_record(7, json.dumps(value).encode()).findings)


def places(findings: list[Finding]) -> list[tuple[str, str, str | None]]:
    return [(finding.rule, finding.severity, finding.path) for finding in findings]


CLEAN: dict[str, Any] = {
    "a question and an answer": {"messages": [USER, ANSWER]},
    "a system message first": {"messages": [{"role": "system", "content": "Be brief."}, USER, ANSWER]},
    "an answer in several lines": {"messages": [USER, {"role": "assistant", "content": "E11.22\nN18.3"}]},
    "weights of both kinds": {"messages": [USER, {**ANSWER, "weight": 0}, USER, {**ANSWER, "weight": 1}]},
    "names": {"messages": [{**USER, "name": "Ann"}, {**ANSWER, "name": "bot"}]},
    "a refusal instead of content": {"messages": [USER, {"role": "assistant", "content": None, "refusal": "No."}]},
    "a null refusal beside content": {"messages": [USER, {**ANSWER, "refusal": None}]},
    "text parts": {"messages": [{"role": "user", "content": [{"type": "text", "text": "Rain?"}]}, ANSWER]},
    "an image from the user": {
        "messages": [
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "What is it?"},
                    {"type": "image_url", "image_url": {"url": "https://example.org/cat.png", "detail": "low"}},
                ],
            },
            ANSWER,
        ]
    },
    "an answer that calls a tool": {"messages": [USER, call()], "tools": TOOLS, "parallel_tool_calls": False},
    "a tool call, answered": {"messages": [USER, call(), tool(), ANSWER], "tools": TOOLS},
    "two calls at once, answered in the other order": {
        "messages": [
            USER,
            {"role": "assistant", "tool_calls": TWO_CALLS},
            tool("c2"),
            tool("c1"),
            ANSWER,
        ],
        "tools": TOOLS,
    },
    "the same id again in a later turn": {
        "messages": [USER, call(), tool(), ANSWER, USER, call(), tool(), ANSWER],
        "tools": TOOLS,
    },
    "a call with empty content": {"messages": [USER, {**call(), "content": ""}], "tools": TOOLS},
    "a function call in the older way": {
        "messages": [
            USER,
            {"role": "assistant", "content": None, "function_call": {"name": "weather", "arguments": "{}"}},
            {"role": "function", "name": "weather", "content": "dry"},
            ANSWER,
        ],
        "functions": [{"name": "weather"}],
    },
    "two answers": preference(),
    "two answers, after a tool call": preference(
        input={"messages": [USER, call(), tool()], "tools": TOOLS, "parallel_tool_calls": True}
    ),
    "an answer against a tool call": preference(
        input={"messages": [USER], "tools": TOOLS}, non_preferred_output=[call()]
    ),
    "a prompt with a reference": {"messages": [USER], "reference_answer": {"rain": False}},
    "a prompt with a developer message": {"messages": [{"role": "developer", "content": "x"}, USER], "id": 1},
}


# Training lines as OpenAI's API reference gives them for its three methods.
DOCUMENTED = [
    {
        "messages": [
            {"role": "user", "content": "What is the weather in San Francisco?"},
            {
                "role": "assistant",
                "tool_calls": [
                    {
                        "id": "call_id",
                        "type": "function",
                        "function": {
                            "name": "get_current_weather",
                            "arguments": '{"location": "San Francisco, USA", "format": "celsius"}',
                        },
                    }
                ],
            },
        ],
        "parallel_tool_calls": False,
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "get_current_weather",
                    "description": "Get the current weather",
                    "parameters": {
                        "type": "object",
                        "properties": {
                            "location": {
                                "type": "string",
                                "description": "The city and country, eg. San Francisco, USA",
                            },
                            "format": {"type": "string", "enum": ["celsius", "fahrenheit"]},
                        },
                        "required": ["location", "format"],
                    },
                },
            }
        ],
    },
    {
        "input": {"messages": [{"role": "user", "content": "What is the weather in San Francisco?"}]},
        "preferred_output": [
            {"role": "assistant", "content": "The weather in San Francisco is 70 degrees Fahrenheit."}
        ],
        "non_preferred_output": [
            {"role": "assistant", "content": "The weather in San Francisco is 21 degrees Celsius."}
        ],
    },
    {
        "messages": [{"role": "user", "content": "Count the hydrogen bond donors of CCN(CC)CCC(=O)c1sc(N)nc1C."}],
        "reference_answer": {"donor_bond_counts": 5, "acceptor_bond_counts": 7},
    },
]


def talk(*texts: str, system: str = "") -> dict[str, Any]:
    roles = ["user", "assistant"] * len(texts)
    turns = [{"role": role, "content": text} for role, text in zip(roles, texts, strict=False)]
    return {"messages": [{"role": "system", "content": system}, *turns] if system else turns}


# After the shapes of public samples that hosts have trained on: a character, a judge of sentiment, JSON out of a text,
# codes, functions chosen for a drone, a picture described, several turns of which one is learned, other languages.
ACCEPTED = [
    talk("What's the capital of France?", "Paris, as if everyone doesn't know that already.", system="Be sarcastic."),
    talk("I loved this film!!! 10/10 :-)", "positive"),
    talk("Extract the name: “Ann (41) from Oslo”", '{"name": "Ann", "age": 41, "city": "Oslo"}'),
    talk("Pat. c/o chest pain, hx of DM II; BP 150/95", "E11.9\nI10\nR07.9"),
    talk("Summarize:\n\n# Title\n\n* one\n* two\n\n| a | b |\n|---|---|\n| 1 | 2 |", "- Two points."),
    talk("Write a query for all users", "```sql\nSELECT * FROM users WHERE id > 10; -- TODO index\n```"),
    talk("Translate to German: The cheque is in the post.", "Der Scheck ist in der Post."),
    talk("把这句话翻译成英文：今天天气很好。", "The weather is nice today."),
    talk("ترجم إلى الإنجليزية: صباح الخير", "Good morning."),
    talk("Hi", "Hello! How can I help?", "Who are you?", "The shop's assistant.", system="You work in a shop."),
    {
        "messages": [
            *talk("Take off.", system="You fly a drone.")["messages"],
            {
                "role": "assistant",
                "tool_calls": [
                    {
                        "id": "call_id",
                        "type": "function",
                        "function": {"name": "takeoff_drone", "arguments": '{"altitude": 100}'},
                    }
                ],
            },
        ],
        "parallel_tool_calls": False,
        "tools": [
            {
                "type": "function",
                "function": {
                    "name": "takeoff_drone",
                    "description": "Initiate the drone's takeoff sequence.",
                    "parameters": {
                        "type": "object",
                        "properties": {"altitude": {"type": "integer", "description": "Metres above the ground."}},
                        "required": ["altitude"],
                    },
                },
            }
        ],
    },
    {
        "messages": [
            {"role": "system", "content": "You name cheeses."},
            {"role": "user", "content": "What is this cheese?"},
            {
                "role": "user",
                "content": [{"type": "image_url", "image_url": {"url": "https://upload.example.org/danbo_cheese.jpg"}}],
            },
            {"role": "assistant", "content": "Danbo"},
        ]
    },
]


@pytest.mark.parametrize("value", ACCEPTED, ids=range(len(ACCEPTED)))
def test_nothing_is_found_in_examples_after_public_samples(value: dict[str, Any]) -> None:
    assert check(value) == []
    assert check(value, "supervised") == []


@pytest.mark.parametrize(("value", "method"), list(zip(DOCUMENTED, METHODS, strict=True)))
def test_documented_lines_are_taken_for_what_they_are(value: dict[str, Any], method: MethodChoice) -> None:
    assert check(value, method) == []
    checker = Checker(count_tokens=False)
    assert checker.check_lines([json.dumps(value).encode()]).method == method


@pytest.mark.parametrize("name", CLEAN)
def test_nothing_is_found_in_what_hosts_take(name: str) -> None:
    assert check(CLEAN[name]) == []


def test_plain_findings_name_the_line() -> None:
    assert {finding.line for finding in check({"messages": [{}]})} == {7}


BROKEN: list[tuple[Any, list[tuple[str, str, str | None]]]] = [
    ([1, 2], [("not-an-object", "error", None)]),
    ("text", [("not-an-object", "error", None)]),
    (None, [("not-an-object", "error", None)]),
    ({}, [("missing-messages", "error", "messages")]),
    ({"message": [USER, ANSWER]}, [("missing-messages", "error", "messages")]),
    ({"prompt": "Hi", "completion": "Hello"}, [("missing-messages", "error", "messages")]),
    ({"messages": None}, [("missing-messages", "error", "messages")]),
    ({"messages": {"role": "user"}}, [("missing-messages", "error", "messages")]),
    ({"messages": "Hi"}, [("missing-messages", "error", "messages")]),
    ({"messages": []}, [("empty-messages", "error", "messages")]),
    ({"messages": [USER, "Hi", ANSWER]}, [("message-not-object", "error", "messages[1]")]),
    ({"messages": [USER, None, ANSWER]}, [("message-not-object", "error", "messages[1]")]),
    ({"messages": [USER, {"content": "Hi"}, ANSWER]}, [("missing-role", "error", "messages[1]")]),
    ({"messages": [USER, {"role": None, "content": "Hi"}, ANSWER]}, [("missing-role", "error", "messages[1]")]),
    ({"messages": [USER, {"role": "bot", "content": "Hi"}]}, [("unknown-role", "error", "messages[1].role")]),
    ({"messages": [USER, {"role": "", "content": "Hi"}]}, [("unknown-role", "error", "messages[1].role")]),
    ({"messages": [USER, {"role": 3, "content": "Hi"}]}, [("unknown-role", "error", "messages[1].role")]),
    ({"messages": [USER, {"role": ["user"], "content": "Hi"}]}, [("unknown-role", "error", "messages[1].role")]),
    ({"messages": [USER, {"role": "Assistant", "content": "Hi"}]}, [("unknown-role", "error", "messages[1].role")]),
    (
        {"messages": [{"role": "developer", "content": "Be brief."}, USER, ANSWER]},
        [("unknown-role", "warning", "messages[0].role")],
    ),
    ({"messages": [USER]}, [("no-assistant", "error", "messages")]),
    ({"messages": [{"role": "system", "content": "Be brief."}, USER]}, [("no-assistant", "error", "messages")]),
    ({"messages": [USER, ANSWER, USER]}, [("last-not-assistant", "warning", "messages[2]")]),
    ({"messages": [{"role": "system", "content": "Be brief."}, ANSWER]}, [("no-user", "hint", "messages")]),
    (
        {"messages": [USER, {"role": "system", "content": "Be brief."}, ANSWER]},
        [("system-not-first", "hint", "messages[1]")],
    ),
    ({"messages": [{"role": "user"}, ANSWER]}, [("missing-content", "error", "messages[0].content")]),
    ({"messages": [{"role": "user", "content": None}, ANSWER]}, [("missing-content", "error", "messages[0].content")]),
    ({"messages": [USER, {"role": "assistant"}]}, [("missing-content", "error", "messages[1].content")]),
    (
        {"messages": [USER, {"role": "assistant", "content": None, "tool_calls": []}]},
        [("missing-content", "error", "messages[1].content")],
    ),
    ({"messages": [USER, {"role": "assistant", "content": ""}]}, [("empty-content", "error", "messages[1].content")]),
    (
        {"messages": [USER, {"role": "assistant", "content": " \n\t\u3000"}]},
        [("empty-content", "error", "messages[1].content")],
    ),
    ({"messages": [{"role": "user", "content": ""}, ANSWER]}, [("empty-content", "error", "messages[0].content")]),
    (
        {"messages": [{"role": "system", "content": ""}, USER, ANSWER]},
        [("empty-content", "error", "messages[0].content")],
    ),
    ({"messages": [{"role": "user", "content": []}, ANSWER]}, [("empty-content", "error", "messages[0].content")]),
    (
        {"messages": [{"role": "user", "content": [{"type": "text", "text": " "}]}, ANSWER]},
        [("empty-content", "error", "messages[0].content")],
    ),
    (
        {"messages": [USER, call(), tool(content=""), ANSWER], "tools": TOOLS},
        [("empty-content", "hint", "messages[2].content")],
    ),
    ({"messages": [{"role": "user", "content": 5}, ANSWER]}, [("content-not-text", "error", "messages[0].content")]),
    ({"messages": [{"role": "user", "content": {}}, ANSWER]}, [("content-not-text", "error", "messages[0].content")]),
    (
        {"messages": [USER, {"role": "assistant", "content": False}]},
        [("content-not-text", "error", "messages[1].content")],
    ),
    (
        {"messages": [{"role": "user", "content": ["Hi"]}, ANSWER]},
        [("content-not-text", "error", "messages[0].content[0]")],
    ),
    (
        {"messages": [{"role": "user", "content": [{"type": "text"}]}, ANSWER]},
        [("content-not-text", "error", "messages[0].content[0]")],
    ),
    (
        {"messages": [{"role": "user", "content": [{"type": "input_audio"}]}, ANSWER]},
        [("content-not-text", "error", "messages[0].content[0]")],
    ),
    (
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": "https://x"}]}, ANSWER]},
        [("content-not-text", "error", "messages[0].content[0]")],
    ),
    (
        {
            "messages": [
                USER,
                {"role": "assistant", "content": [{"type": "image_url", "image_url": {"url": "https://x"}}]},
            ]
        },
        [("content-not-text", "error", "messages[1].content[0]")],
    ),
    (
        {"messages": [USER, call(), tool(content=[{"type": "text", "text": "dry"}]), ANSWER], "tools": TOOLS},
        [("content-not-text", "error", "messages[2].content")],
    ),
    ({"messages": [USER, {**ANSWER, "weight": 0.5}]}, [("invalid-weight", "error", "messages[1].weight")]),
    ({"messages": [USER, {**ANSWER, "weight": 2}]}, [("invalid-weight", "error", "messages[1].weight")]),
    ({"messages": [USER, {**ANSWER, "weight": True}]}, [("invalid-weight", "error", "messages[1].weight")]),
    ({"messages": [USER, {**ANSWER, "weight": "1"}]}, [("invalid-weight", "error", "messages[1].weight")]),
    ({"messages": [USER, {**ANSWER, "weight": 1.0}]}, [("invalid-weight", "error", "messages[1].weight")]),
    ({"messages": [{**USER, "weight": 1}, ANSWER]}, [("invalid-weight", "warning", "messages[0].weight")]),
    ({"messages": [USER, {**ANSWER, "weight": 0}]}, [("nothing-trained", "warning", "messages")]),
    ({"messages": [USER, ANSWER], "source": "chat"}, [("unknown-key", "error", "source")]),
    ({"messages": [USER, ANSWER], "weight": 1}, [("unknown-key", "error", "weight")]),
    ({"messages": [USER, ANSWER], "a b\n": 1}, [("unknown-key", "error", "[“a b\\n”]")]),
    ({"messages": [{**USER, "mood": "sad"}, ANSWER]}, [("unknown-key", "warning", "messages[0].mood")]),
    ({"messages": [{**USER, "tool_call_id": "c1"}, ANSWER]}, [("unknown-key", "warning", "messages[0].tool_call_id")]),
    (
        {"messages": [USER, call(), ANSWER], "tools": TOOLS},
        [("tool-call-unanswered", "error", "messages[1].tool_calls[0]")],
    ),
    (
        {"messages": [USER, {"role": "assistant", "tool_calls": TWO_CALLS}, tool("c1")], "tools": TOOLS},
        [
            ("last-not-assistant", "warning", "messages[2]"),
            ("tool-call-unanswered", "error", "messages[1].tool_calls[1]"),
        ],
    ),
    ({"messages": [USER, ANSWER, {"role": "bot", "content": "x"}]}, [("unknown-role", "error", "messages[2].role")]),
    (
        {"messages": [{"role": "user", "tool_calls": call()["tool_calls"]}, ANSWER], "tools": TOOLS},
        [
            ("unknown-key", "warning", "messages[0].tool_calls"),
            ("missing-content", "error", "messages[0].content"),
            ("tool-call-unanswered", "error", "messages[0].tool_calls[0]"),
        ],
    ),
    (
        {"messages": [USER, call("c1"), tool("c2"), ANSWER], "tools": TOOLS},
        [
            ("tool-call-unanswered", "error", "messages[1].tool_calls[0]"),
            ("tool-answer-unpaired", "error", "messages[2].tool_call_id"),
        ],
    ),
    (
        {"messages": [USER, call(), tool(), tool(), ANSWER], "tools": TOOLS},
        [("tool-answer-unpaired", "error", "messages[3].tool_call_id")],
    ),
    (
        {"messages": [USER, tool(), ANSWER], "tools": TOOLS},
        [("tool-answer-unpaired", "error", "messages[1].tool_call_id")],
    ),
    (
        {"messages": [USER, call(), {"role": "tool", "content": "dry"}, ANSWER], "tools": TOOLS},
        [
            ("tool-call-unanswered", "error", "messages[1].tool_calls[0]"),
            ("tool-answer-unpaired", "error", "messages[2].tool_call_id"),
        ],
    ),
    (
        {"messages": [USER, call(name="time")], "tools": TOOLS},
        [("tool-unknown", "warning", "messages[1].tool_calls[0].function.name")],
    ),
    ({"messages": [USER, call()]}, [("tool-unknown", "warning", "messages[1].tool_calls[0].function.name")]),
    (
        {"messages": [USER, call(arguments={"city": "Oslo"})], "tools": TOOLS},
        [("tool-arguments-not-json", "error", "messages[1].tool_calls[0].function.arguments")],
    ),
    (
        {"messages": [USER, call(arguments="city=Oslo")], "tools": TOOLS},
        [("tool-arguments-not-json", "warning", "messages[1].tool_calls[0].function.arguments")],
    ),
    (
        {"messages": [USER, call(arguments="")], "tools": TOOLS},
        [("tool-arguments-not-json", "warning", "messages[1].tool_calls[0].function.arguments")],
    ),
    (
        {"messages": [USER, call(arguments='{"x": NaN}')], "tools": TOOLS},
        [("tool-arguments-not-json", "warning", "messages[1].tool_calls[0].function.arguments")],
    ),
    (
        {"messages": [USER, call(identifier=None)], "tools": TOOLS},
        [("tool-call-malformed", "error", "messages[1].tool_calls[0]")],
    ),
    ({"messages": [USER, {**ANSWER, "tool_calls": {}}]}, [("tool-call-malformed", "error", "messages[1].tool_calls")]),
    (
        {"messages": [USER, {**ANSWER, "tool_calls": ["weather"]}]},
        [("tool-call-malformed", "error", "messages[1].tool_calls[0]")],
    ),
    (preference(preferred_output="gone"), [("preference-missing-output", "error", "preferred_output")]),
    (preference(non_preferred_output=None), [("preference-missing-output", "error", "non_preferred_output")]),
    (preference(preferred_output=[]), [("preference-output-count", "error", "preferred_output")]),
    (preference(preferred_output=[ANSWER, ANSWER]), [("preference-output-count", "error", "preferred_output")]),
    (preference(preferred_output="No."), [("preference-output-count", "error", "preferred_output")]),
    (preference(preferred_output=[USER]), [("preference-output-role", "error", "preferred_output[0].role")]),
    (preference(preferred_output=["No."]), [("message-not-object", "error", "preferred_output[0]")]),
    (preference(non_preferred_output=[ANSWER]), [("preference-identical", "warning", "non_preferred_output")]),
    (
        preference(preferred_output=[{"role": "assistant", "content": ""}]),
        [("empty-content", "error", "preferred_output[0].content")],
    ),
    (preference(input="gone"), [("missing-messages", "error", "input.messages")]),
    (preference(input={"messages": []}), [("empty-messages", "error", "input.messages")]),
    (preference(input={"messages": [{"role": "user"}]}), [("missing-content", "error", "input.messages[0].content")]),
    (preference(source="chat"), [("unknown-key", "error", "source")]),
    (preference(input={"messages": [USER], "mood": 1}), [("unknown-key", "error", "input.mood")]),
    (
        preference(input={"messages": [USER, call()], "tools": TOOLS}),
        [("tool-call-unanswered", "error", "input.messages[1].tool_calls[0]")],
    ),
]


ARGUMENTS = "messages[1].tool_calls[0].function.arguments"
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string", "pattern": "^[A-Z]"}, "days": {"type": "integer", "maximum": 14}},
    "required": ["city"],
    "additionalProperties": False,
}
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4//8/AAX+Av4N70a4AAAAAElFTkSuQmCC"


def offering(parameters: Any, name: Any = "weather") -> list[dict[str, Any]]:
    return [{"type": "function", "function": {"name": name, "parameters": parameters}}]


def calling(arguments: str, parameters: Any = SCHEMA) -> dict[str, Any]:
    return {"messages": [USER, call(arguments=arguments)], "tools": offering(parameters)}


def showing(url: str, **more: Any) -> dict[str, Any]:
    parts = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": url, **more}}]
    return {"messages": [{"role": "user", "content": parts}, ANSWER]}


CLEAN |= {
    "arguments that fit": calling('{"city": "Oslo", "days": 3}'),
    "a tool without parameters": {
        "messages": [USER, ANSWER],
        "tools": [{"type": "function", "function": {"name": "a"}}],
    },
    "parameters without a type": calling('{"a": 1}', {}),
    "a schema of an older draft": calling('{"a": 1}', {"$schema": "http://json-schema.org/draft-07/schema#"}),
    "a pattern that looks ahead": calling('{"a": "xy"}', {"properties": {"a": {"pattern": "^(?=x).y$"}}}),
    "a schema that refers to its own parts": calling(
        '{"a": 1}', {"$defs": {"n": {"type": "integer"}}, "properties": {"a": {"$ref": "#/$defs/n"}}}
    ),
    "a schema that contains itself": calling('{"a": {"a": 1}}', {"properties": {"a": {"$ref": "#"}}}),
    "a text that is an argument": calling('{"city": "{\\"a\\": 1}"}', {"type": "object"}),
    "an image in the text": showing(f"data:image/png;base64,{PIXEL}", detail="high"),
    "an image at an address with a query": showing("https://example.org/a?b=c.gif"),
}

IMAGE = "messages[0].content[1].image_url.url"
BROKEN += [
    (calling("{}"), [("tool-arguments-schema", "warning", ARGUMENTS)]),
    (calling('{"city": 3}'), [("tool-arguments-schema", "warning", ARGUMENTS)]),
    (calling('{"city": "oslo"}'), [("tool-arguments-schema", "warning", ARGUMENTS)]),
    (calling('{"city": "Oslo", "day": 1}'), [("tool-arguments-schema", "warning", ARGUMENTS)]),
    (calling('{"days": 15}'), [("tool-arguments-schema", "warning", ARGUMENTS)] * 2),
    (calling("[]"), [("tool-arguments-schema", "warning", ARGUMENTS)]),
    (calling(json.dumps('{"city": "Oslo"}')), [("tool-arguments-double-encoded", "warning", ARGUMENTS)]),
    (calling("{}", {"type": "objct"}), [("tool-schema-invalid", "error", "tools[0].function.parameters")]),
    (calling("{}", {"type": "string"}), [("tool-schema-invalid", "error", "tools[0].function.parameters")]),
    (calling("{}", {"properties": []}), [("tool-schema-invalid", "error", "tools[0].function.parameters")]),
    (calling("{}", []), [("tool-schema-invalid", "error", "tools[0].function.parameters")]),
    (calling("{}", {"$ref": "#/$defs/a"}), [("tool-schema-invalid", "error", "tools[0].function.parameters")]),
    (
        calling("{}", {"properties": {"a": {"pattern": 5}}}),
        [("tool-schema-invalid", "error", "tools[0].function.parameters")],
    ),
    ({"messages": [USER, ANSWER], "tools": {}}, [("tool-schema-invalid", "error", "tools")]),
    ({"messages": [USER, ANSWER], "tools": ["weather"]}, [("tool-schema-invalid", "error", "tools[0]")]),
    ({"messages": [USER, ANSWER], "tools": [{"name": "weather"}]}, [("tool-schema-invalid", "error", "tools[0]")]),
    ({"messages": [USER, ANSWER], "tools": offering({}, "a b")}, [("tool-schema-invalid", "error", "tools[0]")]),
    ({"messages": [USER, ANSWER], "tools": offering({}) * 2}, [("tool-schema-invalid", "error", "tools[1]")]),
    (
        {"messages": [USER, ANSWER], "tools": [offering({}, f"t{number}")[0] for number in range(129)]},
        [("tool-schema-invalid", "error", "tools")],
    ),
    (
        preference(input={"messages": [USER], "tools": offering({"type": 1})}),
        [("tool-schema-invalid", "error", "input.tools[0].function.parameters")],
    ),
    (showing("data:image/gif;base64,R0lGODlhAQABAAAAACw="), [("image-format", "warning", IMAGE)]),
    (showing("data:image/png,abc"), [("image-format", "warning", IMAGE)]),
    (showing("data:image/png;base64,%%%"), [("image-format", "warning", IMAGE)]),
    (showing(f"data:image/jpeg;base64,{PIXEL}"), [("image-format", "warning", IMAGE)]),
    (showing(f"data:image/png;base64,{PIXEL[:34]}M{PIXEL[35:]}"), [("image-format", "warning", IMAGE)]),
    (showing("file:///home/me/a.png"), [("image-format", "warning", IMAGE)]),
    (showing("https://example.org/a.svg?b"), [("image-format", "warning", IMAGE)]),
    (showing("https://example.org/a.png", detail="best"), [("image-format", "warning", IMAGE[:-3] + "detail")]),
    (
        {
            "messages": [
                {"role": "user", "content": showing("https://x.org/a")["messages"][0]["content"][1:] * 11},
                ANSWER,
            ]
        },
        [("image-limit", "error", "messages")],
    ),
]


HOSTILE_SCHEMAS: list[dict[str, Any]] = [
    {"$schema": "http://127.0.0.1:9/meta.json"},
    {"$dynamicRef": "#a"},
    {"properties": {"a": {"pattern": "^(a+)+$"}}},
    {"properties": {"a": {"pattern": "^(?=(a+)+$)(a|aa)+$"}}},
    {"properties": {"a": {"pattern": "((a{900}){900}){900}"}}},
    {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]},
    {"minimum": 10**400, "multipleOf": 1e-300, "enum": [[], {}], "required": ["b"]},
]


@pytest.mark.parametrize("schema", HOSTILE_SCHEMAS, ids=range(len(HOSTILE_SCHEMAS)))
def test_no_schema_is_too_hostile(schema: dict[str, Any]) -> None:
    arguments = json.dumps({"a": "a" * 5_000 + "!", "b": [[[{"a": 1}]]]})
    for finding in check(calling(arguments, schema)):
        assert finding.rule in {"tool-schema-invalid", "tool-arguments-schema"}
        assert len(finding.message) < 300


def test_a_schema_whose_references_multiply_is_not_tried() -> None:
    twice = {
        str(level): {"anyOf": [{"$ref": f"#/$defs/{level + 1}"}, {"$ref": f"#/$defs/{level + 1}"}]}
        for level in range(40)
    }
    many = schema_of({"$ref": "#/$defs/0", "$defs": {**twice, "40": {"type": "string"}}})
    named = {"definitions": {"$ref": "#/$defs/0"}}
    hidden = schema_of({"properties": named, "$defs": {**twice, "40": {"type": "string"}}})
    assert hidden.validator is None
    few = schema_of({"$ref": "#/$defs/37", "$defs": {**twice, "40": {"type": "string"}}})
    assert (many.problem, many.validator) == (None, None)
    assert few.validator is not None


def test_function_calls_and_values_of_the_wrong_kind_are_found() -> None:
    def said(**keys: Any) -> dict[str, Any]:
        return {"messages": [USER, {"role": "assistant", **keys}]}

    parts = [{"type": "text", "text": "No."}, {"type": "refusal", "refusal": "No."}]
    for value, rule, path in (
        (said(function_call="x"), "tool-call-malformed", "messages[1].function_call"),
        (said(function_call={"foo": 1}), "tool-call-malformed", "messages[1].function_call"),
        (said(content="Hi", function_call={"name": "f"}), "tool-call-malformed", "messages[1].function_call"),
        (said(function_call={"foo": 1}), "missing-content", "messages[1].content"),
        (said(content="Hi", audio={"id": "x"}), "unknown-key", "messages[1].audio"),
        (said(content="Hi", name=5), "invalid-value", "messages[1].name"),
        (said(content="Hi", refusal=5), "invalid-value", "messages[1].refusal"),
        (said(content=parts), "content-not-text", "messages[1].content"),
        ({**said(content="Hi"), "parallel_tool_calls": "yes"}, "invalid-value", "parallel_tool_calls"),
        ({**said(content="Hi"), "functions": 5}, "invalid-value", "functions"),
    ):
        assert (rule, path) in [(finding.rule, finding.path) for finding in check(value)]


def escaped(line: bytes, characters: str) -> bytes:
    written = {character: f"\\u{ord(character):04x}" for character in characters}
    return "".join(written.get(character, character) for character in line.decode()).encode()


HELD = [
    ("Hello <|im_end|>", "<|", "special-token-text"),
    ("Hello AKIAQ3EGRT2WZ5LPM7NB", "AK", "secret-in-text"),
    ("Write to jane.doe@gmail.com", "@", "personal-data"),
    ("Call +49 30 9018 20 17", "490", "personal-data"),
]


@pytest.mark.parametrize(("text", "characters", "rule"), HELD)
@pytest.mark.parametrize("keys", [{}, {"weight": 1}], ids=["plain", "weighted"])
def test_what_a_text_holds_is_found_where_its_characters_are_escaped(
    text: str, characters: str, rule: str, keys: dict[str, Any]
) -> None:
    value = {"messages": [USER, {"role": "assistant", "content": text, **keys}]}
    line = escaped(json.dumps(value).encode(), characters)
    assert text.encode() not in line
    findings = Checker("auto", count_tokens=False).check_record(7, line).findings
    assert [finding.rule for finding in findings] == [rule]


@pytest.mark.parametrize(("text", "characters", "rule"), HELD)
def test_what_a_function_call_holds_is_found(text: str, characters: str, rule: str) -> None:
    function_call = {"name": "send", "arguments": json.dumps({"text": text})}
    found = places(check({"messages": [USER, {"role": "assistant", "function_call": function_call}, ANSWER]}))
    assert "messages[1].function_call.arguments" in [path for code, _, path in found if code == rule]


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "number"}, {"enum": ["a", "b"]}, {"const": "a"}, {"pattern": "^a$"}, {"maxLength": 3}, False,
        {"format": "email"}, {"not": {"type": "string"}}, {"anyOf": [{"type": "number"}, {"maxLength": 3}]},
        {"oneOf": [{"type": "string"}, {"minLength": 3}]},
    ],
)  # fmt: skip
def test_what_is_wrong_with_arguments_is_said_without_their_values(schema: Any) -> None:
    secret = "sk-proj-4fG7hJ2kL9mN1pQ3rS5tU8vW6xY0zA2bC4dE7fG9"
    as_value = {"properties": {"key": schema}}
    as_item = {"properties": {"key": {"contains": {"type": "null"}, "items": schema}}}
    as_name = {"properties": {"key": {"additionalProperties": schema, "propertyNames": {"maxLength": 3}}}}
    for parameters, key in ((as_value, secret), (as_item, [secret, secret]), (as_name, {secret: secret})):
        found = list(schema_of(parameters).violations({"key": key}))
        assert found or schema == {"format": "email"}
        assert secret[8:] not in " ".join(found)


def test_what_is_wrong_with_arguments_names_place_and_expectation() -> None:
    schema = schema_of({
        "properties": {"city": {"properties": {"size": {"type": "number"}}}, "unit": {"enum": ["C", "F"]}},
        "additionalProperties": False,
    })  # fmt: skip
    found = list(schema.violations({"city": {"size": "9"}, "unit": "K", "town": 1}))
    assert found == [
        'city.size: the value is not of type "number"',
        'unit: the value is not one of "C" or "F"',
        "additional properties are not allowed (town)",
    ]


@pytest.mark.parametrize(
    "pattern",
    ["^.{1,4096}$", r"^[\s\S]{1,4000}$", "^.{0,65535}$", r"^[\p{L}]{1,100}$", r"^[\w-.]+$", "[^]", "a{,3}"],
)
def test_a_pattern_that_cannot_be_tried_does_not_make_a_schema_invalid(pattern: str) -> None:
    pattern_of_value = {"properties": {"city": {"pattern": pattern}}, "required": ["unit"]}
    pattern_of_key = {"patternProperties": {pattern: {}}, "additionalProperties": False, "required": ["unit"]}
    for parameters in (pattern_of_value, pattern_of_key):
        schema = schema_of(parameters)
        assert schema.problem is None
        assert list(schema.violations({"city": "Oslo"})) == ['"unit" is a required property']


def test_patterns_that_can_be_tried_are_tried_beside_one_that_cannot() -> None:
    pattern = {"enum": [{"pattern": "[^]"}], "pattern": "[^]"}
    schema = schema_of({"properties": {"a": {"pattern": "^b$"}, "pattern": pattern, "c": {"pattern": r"^[\w-.]+$"}}})
    assert schema.problem is None
    assert list(schema.violations({"a": "b", "c": "%", "pattern": {"pattern": "[^]"}})) == []
    assert list(schema.violations({"a": "c", "pattern": {}})) == [
        'a: the value does not match "^b$"',
        'pattern: the value is not one of {"pattern":"[^]"}',
    ]


def test_a_schema_of_an_unknown_dialect_is_tried_as_the_newest() -> None:
    schema = schema_of({"$schema": "https://example.com/dialect", "properties": {"a": {"type": "number"}}})
    assert schema.problem is None
    assert list(schema.violations({"a": "b"})) == ['a: the value is not of type "number"']


def test_an_invalid_schema_is_told_though_a_pattern_cannot_be_tried() -> None:
    schema = schema_of({"$schema": "no:dialect", "pattern": "[^]", "type": "text"})
    assert schema.problem == "\"text\" is not valid under any of the schemas listed in the 'anyOf' keyword"


def test_a_schema_nested_or_chained_too_deeply_is_not_tried() -> None:
    chained = {str(level): {"$ref": f"#/$defs/{level + 1}"} for level in range(2_000)}
    nested: dict[str, Any] = {}
    for _ in range(5_000):
        nested = {"not": nested}
    assert schema_of({"$ref": "#/$defs/0", "$defs": {**chained, "2000": {}}}).validator is None
    assert schema_of(nested).validator is None


@pytest.fixture
def asked_for() -> Iterator[tuple[str, list[str]]]:
    """The address of a server whose schemas take nothing, and what it was asked for."""
    paths: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            paths.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"not": {}}')

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", paths
    server.shutdown()
    thread.join()
    server.server_close()


def test_no_schema_reaches_the_network_or_a_file(asked_for: tuple[str, list[str]], tmp_path: Path) -> None:
    address, paths = asked_for
    (tmp_path / "a.json").write_text('{"not": {}}', encoding="utf-8")
    for reference in (f"{address}/a.json", (tmp_path / "a.json").as_uri()):
        for schema in ({"$ref": reference}, {"properties": {"a": {"$ref": reference}}}):
            (finding,) = check(calling('{"a": 1}', schema))
            assert finding.rule == "tool-schema-invalid"
        assert check(calling('{"a": 1}', {"$schema": reference})) == []
    assert paths == []


@pytest.mark.parametrize(
    ("value", "expected"), BROKEN, ids=[f"{index}-{rows[0][0]}" for index, (_, rows) in enumerate(BROKEN)]
)
def test_a_mistake_is_found_once_and_in_its_place(value: Any, expected: list[tuple[str, str, str | None]]) -> None:
    assert places(check(value)) == expected


def test_several_mistakes_in_one_example_are_all_found() -> None:
    value = {"messages": [{"role": "usr", "content": ""}, {"content": 3}, "x", {**ANSWER, "weight": 7}], "id": 1}
    assert sorted(places(check(value))) == [
        ("content-not-text", "error", "messages[1].content"),
        ("empty-content", "error", "messages[0].content"),
        ("invalid-weight", "error", "messages[3].weight"),
        ("message-not-object", "error", "messages[2]"),
        ("missing-role", "error", "messages[1]"),
        ("unknown-key", "error", "id"),
        ("unknown-role", "error", "messages[0].role"),
    ]


@pytest.mark.parametrize(
    ("role", "advice"),
    [
        ("Assistant", "“assistant” is probably meant"),
        ("asistant", "“assistant” is probably meant"),
        ("sytem", "“system” is probably meant"),
        (" user", "“user” is probably meant"),
        ("gpt", "“assistant” is probably meant"),
        ("human", "“user” is probably meant"),
        ("moderator", "use system, user, assistant or tool"),
    ],
)
def test_an_unknown_role_comes_with_advice(role: str, advice: str) -> None:
    (finding,) = check({"messages": [USER, ANSWER, {"role": role, "content": "x"}, ANSWER]})
    assert advice in finding.message


def test_an_older_name_of_an_output_comes_with_the_new_one() -> None:
    value = preference(preferred_output="gone", preferred_completion=[ANSWER])
    messages = [finding.message for finding in check(value)]
    assert "The key “preferred_completion” is not part of the format; it is called “preferred_output” now." in messages


@pytest.mark.parametrize("method", ["supervised", "reinforcement"])
def test_a_preference_example_does_not_fit_another_method(method: MethodChoice) -> None:
    assert places(check(preference(), method)) == [("method-mismatch", "error", None)]


def test_a_supervised_example_does_not_fit_preference() -> None:
    assert places(check({"messages": [USER, ANSWER]}, "preference")) == [("method-mismatch", "error", None)]


def test_an_object_of_no_kind_is_read_as_the_method_that_was_asked_for() -> None:
    rules = {rule for rule, _, _ in places(check({"id": 1}, "preference"))}
    assert rules == {"missing-messages", "preference-missing-output"}


def test_reinforcement_wants_a_prompt_without_an_answer() -> None:
    assert places(check({"messages": [USER, ANSWER]}, "reinforcement")) == [
        ("method-mismatch", "warning", "messages[1]")
    ]


def test_reinforcement_takes_any_further_key() -> None:
    assert check({"messages": [USER], "item": {"deep": [1]}, "weight": 3}, "reinforcement") == []


def test_supervised_refuses_the_keys_of_reinforcement() -> None:
    value = {"messages": [USER], "reference_answer": "No."}
    assert places(check(value, "supervised")) == [
        ("unknown-key", "error", "reference_answer"),
        ("no-assistant", "error", "messages"),
    ]


def test_text_of_the_data_is_quoted_short_and_with_controls_visible() -> None:
    value = {"messages": [USER, ANSWER, {"role": "\x1b[31m\n" + "x" * 500, "content": "Hi"}, ANSWER]}
    (finding,) = check(value)
    assert "\x1b" not in finding.message
    assert "\n" not in finding.message
    assert len(finding.message) < 150

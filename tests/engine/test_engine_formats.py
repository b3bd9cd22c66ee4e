from __future__ import annotations

import json
from typing import Any

import pytest
from running import chat, preference

from ftdesk.engine.jobs import formats
from ftdesk.engine.jobs.formats import SPECIAL_TOKENS, FormatError, check_shape, not_a_dictionary, parse_line

USER = {"role": "user", "content": "q"}
ANSWER = {"role": "assistant", "content": "a"}
CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "low"}}
DEEP = b'{"messages": ' + b"[" * 200_000

GOOD: list[dict[str, Any]] = [
    chat("q", "a"),
    {"messages": [{"role": "system", "content": "s"}, USER, ANSWER | {"weight": 0, "name": "bob"}]},
    {"messages": [USER | {"content": [{"type": "text", "text": "look"}, IMAGE]}, ANSWER]},
    {"messages": [USER, ANSWER | {"content": [{"type": "text", "text": "a"}]}]},
    {"messages": [USER, {"role": "assistant", "refusal": "no"}]},
    {
        "messages": [
            USER,
            {"role": "assistant", "content": None, "tool_calls": [CALL]},
            {"role": "tool", "tool_call_id": "c", "content": "42"},
            ANSWER,
        ],
        "tools": [TOOL],
        "parallel_tool_calls": False,
    },
    {"messages": [USER, {"role": "assistant", "function_call": {"name": "f", "arguments": "{}"}}], "functions": [{}]},
]

BAD: list[tuple[dict[str, Any], str]] = [
    ({"messages": {}}, 'Example 7, key "messages": Input should be a valid list'),
    ({"messages": []}, 'Example 7, key "messages": List should have at least 1 item'),
    ({"messages": ["q"]}, "Example 7, message 1: Input should be a valid dictionary"),
    ({"messages": [USER, {"content": "a"}]}, "Example 7, message 2 Discriminator 'role' is missing in value"),
    (
        {"messages": [USER, ANSWER | {"role": "bot"}]},
        "message 2 Input tag 'bot' found using 'role' does not match any of the expected tags: 'system', 'user', 'as",
    ),
    ({"messages": [USER | {"role": ["user"]}]}, "Example 7, message 1 Input tag ['user'] found using 'role'"),
    ({"messages": [USER]}, "Example 7 has no message with role 'assistant'"),
    ({"messages": [{"role": "user"}, ANSWER]}, 'Example 7, message 1, key "content": Input should be a valid string'),
    ({"messages": [USER, {"role": "assistant"}]}, 'message 2, key "content": Input should be a valid string'),
    ({"messages": [USER, ANSWER | {"content": 3}]}, 'message 2, key "content": Input should be a valid string'),
    ({"messages": [USER, ANSWER | {"content": []}]}, 'message 2, key "content": Input should be a valid string'),
    ({"messages": [USER, ANSWER | {"content": [IMAGE]}]}, 'key "content": Input should be a valid content part'),
    ({"messages": [USER | {"content": ["q"]}, ANSWER]}, 'key "content": Input should be a valid content part'),
    ({"messages": [USER | {"content": [{"type": "text"}]}, ANSWER]}, 'key "content.text": Field required'),
    (
        {"messages": [USER | {"content": [{"type": "image_url", "image_url": {}}]}, ANSWER]},
        'key "content.image_url.url": Field required',
    ),
    (
        {"messages": [USER, ANSWER, {"role": "tool", "tool_call_id": "c", "content": [{"type": "text", "text": "4"}]}]},
        'Example 7, message 3, key "content": Input should be a valid string',
    ),
    (
        {"messages": [USER, ANSWER, {"role": "tool", "content": "4"}]},
        'message 3, key "tool_call_id": Input should be a valid string',
    ),
    ({"messages": [USER | {"weight": 1}, ANSWER]}, 'message 1, key "weight": Extra inputs are not permitted'),
    ({"messages": [USER, ANSWER | {"weight": 2}]}, 'message 2, key "weight": Input should be 0 or 1'),
    ({"messages": [USER, ANSWER | {"weight": True}]}, 'message 2, key "weight": Input should be 0 or 1'),
    ({"messages": [USER, ANSWER | {"weight": [1]}]}, 'message 2, key "weight": Input should be 0 or 1'),
    ({"messages": [USER, ANSWER | {"audio": {}}]}, 'message 2, key "audio": Extra inputs are not permitted'),
    ({"messages": [USER, ANSWER | {"tool_calls": {}}]}, 'key "tool_calls": Input should be a valid list'),
    ({"messages": [USER, ANSWER | {"tool_calls": ["f"]}]}, 'key "tool_calls": Input should be a valid function call'),
    (
        {"messages": [USER, ANSWER | {"tool_calls": [CALL | {"function": {"name": "f", "arguments": {}}}]}]},
        'tool_calls.function, key "arguments": Input should be a valid string',
    ),
    (chat("q", "a") | {"tools": {}}, 'Example 7, key "tools": Input should be a valid list'),
    (chat("q", "a") | {"tools": [{"name": "f"}]}, 'Example 7, key "tools": Input should be a valid function'),
]

BAD_PREFERENCES: list[tuple[dict[str, Any], str]] = [
    ({"input": {}, "preferred_output": []}, "Example 7 is missing key 'non_preferred_output'"),
    (preference("q", "a", "b") | {"input": []}, 'Example 7, key "input": Input should be a valid dictionary'),
    (preference("q", "a", "b") | {"input": {"tools": []}}, "Example 7 is missing key 'messages'"),
    (preference("q", "a", "b") | {"input": {"messages": [USER], "x": 1}}, 'Example 7 contains an extra "x".'),
    (preference("q", "a", "b") | {"preferred_output": [ANSWER, ANSWER]}, "List should have exactly 1 item"),
    (preference("q", "a", "b") | {"preferred_output": "a"}, "List should have exactly 1 item"),
    (preference("q", "a", "b") | {"non_preferred_output": [USER]}, "Input should be a message with role 'assistant'"),
]


@pytest.mark.parametrize("example", GOOD)
def test_examples_in_the_published_shape_are_accepted(example: dict[str, Any]) -> None:
    check_shape("supervised", parse_line(json.dumps(example).encode(), 1, 1), 1)


@pytest.mark.parametrize(("example", "text"), BAD)
def test_a_fault_is_named_with_its_place(example: dict[str, Any], text: str) -> None:
    with pytest.raises(FormatError) as caught:
        check_shape("supervised", example, 7)
    assert text in caught.value.text
    assert caught.value.text.startswith("Invalid file format. Example 7")


def test_preferences_in_the_published_shape_are_accepted() -> None:
    check_shape("dpo", preference("q", "a", "b"), 1)


@pytest.mark.parametrize(("example", "text"), BAD_PREFERENCES)
def test_a_fault_in_a_preference_is_named_with_its_place(example: dict[str, Any], text: str) -> None:
    with pytest.raises(FormatError) as caught:
        check_shape("dpo", example, 7)
    assert text in caught.value.text


@pytest.mark.parametrize("token", SPECIAL_TOKENS)
def test_the_text_of_a_special_token_is_refused_wherever_it_stands(token: str) -> None:
    for content in (f"a{token}b", [{"type": "text", "text": token}]):
        with pytest.raises(FormatError) as caught:
            check_shape("supervised", {"messages": [USER | {"content": content}, ANSWER]}, 3)
        assert caught.value.text == f"Invalid file format. Example 3 message contains an invalid token: {token}."
        assert caught.value.code == "invalid_file_format"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"a": 1,}', "Expecting property name enclosed in double quotes: line 1 column 9 (char 8) (line 9)"),
        (b'{"a": NaN}', "NaN is not JSON (line 9)"),
        (b'{"a": "\xff"}', "'utf-8' codec can't decode byte 0xff"),
        (b'{"a": 1} {"b": 2}', "Extra data"),
        (DEEP, "nested too deeply (line 9)"),
        (b'{"a": ' + b"9" * 5000 + b"}", "(line 9)"),
    ],
)
def test_a_line_that_is_no_json_is_named_with_its_number(line: bytes, reason: str) -> None:
    with pytest.raises(FormatError) as caught:
        parse_line(line, 9, 4)
    assert caught.value.text.startswith(
        "Invalid file format. Example 4 cannot be parsed. Error: line contains invalid json"
    )
    assert reason in caught.value.text


def test_a_line_beyond_measure_is_not_even_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "MAX_LINE_BYTES", 20)
    with pytest.raises(FormatError, match="Example 2 has 21 bytes, more than 20"):
        parse_line(b'{"messages": "xxxxx"}', 2, 2)


def test_a_line_of_other_json_is_no_dictionary() -> None:
    with pytest.raises(FormatError) as caught:
        parse_line(b'["messages", "of", "mine"]', 2, 2)
    assert caught.value.text == not_a_dictionary(b'["messages", "of", "mine"]', 2)


def test_half_a_character_is_no_text_and_a_whole_one_in_two_escapes_is() -> None:
    with pytest.raises(FormatError, match="Example 5 contains an unpaired surrogate"):
        parse_line(rb'{"a": "\uD83D"}', 5, 5)
    assert parse_line(rb'{"a": "\ud83d\ude00"}', 5, 5) == {"a": "😀"}

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jsonschema_rs
import pytest

from ftdesk.dataset.tool_calls import (
    add_call,
    answer_call,
    define_tool,
    remove_call,
    remove_tool,
    rename_answer,
    rename_call,
    schema_like,
    set_in_tool,
)
from ftdesk.errors import InputError


def call(call_id: str, name: str = "weather") -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": "{}"}}


def answer(call_id: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call_id, "content": "dry"}


TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
USER = {"role": "user", "content": "q"}


def line(*messages: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"messages": list(messages), **more}).encode()


def messages(after: bytes) -> list[Any]:
    return list(json.loads(after)["messages"])


def asks(*calls: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"role": "assistant", "tool_calls": list(calls), **more}


def test_a_new_call_has_a_free_id_and_the_first_tool() -> None:
    after = add_call(line(USER, asks(call("call_1")), answer("call_2"), tools=[TOOL]), 1)
    assert messages(after)[1]["tool_calls"][1] == call("call_3")
    after = add_call(line(USER, {"role": "assistant", "content": "x"}), 1)
    assert messages(after)[1] == {"role": "assistant", "content": "x", "tool_calls": [call("call_1", "")]}


def test_with_the_last_call_the_list_goes_and_a_text_can_be_written() -> None:
    two = line(USER, asks(call("a"), call("b")))
    one = remove_call(two, 1, 0)
    assert messages(one)[1]["tool_calls"] == [call("b")]
    assert messages(remove_call(one, 1, 0))[1] == {"role": "assistant", "content": ""}
    kept = line(USER, asks(call("a"), content="said"))
    assert messages(remove_call(kept, 1, 0))[1] == {"role": "assistant", "content": "said"}


def test_an_id_changes_together_with_its_answer() -> None:
    before = line(USER, asks(call("a"), call("b")), answer("b"), answer("a"), asks(call("c")), answer("c"))
    assert rename_call(before, 1, 1, "x") == before.replace(b'"b"', b'"x"')
    assert rename_answer(before, 2, "x") == before.replace(b'"b"', b'"x"')


def test_an_answer_without_its_call_changes_alone() -> None:
    before = line(USER, asks(call("a")), answer("lost"))
    assert rename_answer(before, 2, "a") == before.replace(b'"lost"', b'"a"')
    assert messages(rename_answer(line({"role": "tool", "content": "x"}), 0, "a"))[0]["tool_call_id"] == "a"


def test_an_id_that_two_calls_share_changes_in_one_only() -> None:
    before = line(USER, asks(call("a"), call("a")), answer("a"))
    after = messages(rename_call(before, 1, 1, "b"))
    assert [item["id"] for item in after[1]["tool_calls"]] == ["a", "b"]
    assert after[2]["tool_call_id"] == "a"


def test_an_answer_stands_after_those_of_the_calls_before_it() -> None:
    before = line(USER, asks(call("a"), call("b")), answer("a"), {"role": "assistant", "content": "done"})
    after = messages(answer_call(before, 1, 1))
    assert [item.get("tool_call_id") for item in after] == [None, None, "a", "b", None]
    assert after[3] == {"role": "tool", "tool_call_id": "b", "content": ""}
    first = messages(answer_call(line(USER, asks(call("a"), call("b")), answer("b")), 1, 0))
    assert [item.get("tool_call_id") for item in first] == [None, None, "a", "b"]


def test_a_call_without_an_id_gets_one_with_its_answer() -> None:
    after = messages(answer_call(line(USER, asks({"type": "function", "function": {"name": "f"}})), 1, 0))
    assert after[1]["tool_calls"][0]["id"] == after[2]["tool_call_id"] == "call_1"


def test_a_tool_is_defined_where_the_example_keeps_its_tools() -> None:
    after = json.loads(define_tool(line(USER), "weather", {"city": "Oslo"}))
    assert after["tools"][0]["function"]["name"] == "weather"
    assert after["tools"][0]["function"]["parameters"]["properties"] == {"city": {"type": "string"}}
    preference = {"input": {"messages": [USER]}, "preferred_output": [], "non_preferred_output": []}
    assert "tools" in json.loads(define_tool(json.dumps(preference).encode(), "f"))["input"]
    more = json.loads(define_tool(line(USER, tools=[TOOL]), "other"))
    assert [tool["function"]["name"] for tool in more["tools"]] == ["weather", "other"]


def test_calls_follow_the_name_of_their_tool() -> None:
    before = line(USER, asks(call("a"), call("b", "time")), tools=[TOOL])
    assert set_in_tool(before, 0, "name", "forecast") == before.replace(b'"weather"', b'"forecast"')
    after = json.loads(set_in_tool(before, 0, "description", "Rain?"))
    assert after["tools"][0]["function"]["description"] == "Rain?"


def test_with_the_last_tool_the_list_goes() -> None:
    two = line(USER, tools=[TOOL, {"type": "function", "function": {"name": "x"}}])
    one = remove_tool(two, 0)
    assert json.loads(one)["tools"][0]["function"]["name"] == "x"
    assert json.loads(remove_tool(one, 0)) == {"messages": [USER]}


@pytest.mark.parametrize(
    "edit",
    [
        lambda before: add_call(before, 9),
        lambda before: remove_call(before, 0, 0),
        lambda before: rename_call(before, 0, 3, "x"),
        lambda before: set_in_tool(before, 0, "name", "x"),
        lambda before: add_call(before[:-1], 0),
    ],
)
def test_what_is_not_there_is_refused_in_words(edit: Callable[[bytes], bytes]) -> None:
    with pytest.raises(InputError):
        edit(line(USER))


@pytest.mark.parametrize(
    "value", [{}, {"a": 1, "b": [1.5, 2.5], "c": [{"x": True}, {"x": False}], "d": None, "e": [], "f": [1, "x"]}]
)
def test_a_value_meets_the_schema_that_is_made_from_it(value: dict[str, Any]) -> None:
    schema = schema_like(value)
    assert jsonschema_rs.is_valid(schema, value)
    assert not jsonschema_rs.is_valid(schema, [])
    if value:
        assert not jsonschema_rs.is_valid(schema, {**value, "a": "text"})
        assert not jsonschema_rs.is_valid(schema, {**value, "c": [{}]})

from __future__ import annotations

from typing import Any

from ftdesk.dataset.fields import message_number, text_fields

CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def test_texts_of_every_kind_of_example_have_their_path_and_part() -> None:
    value = {
        "messages": [
            {"role": "developer", "content": "be brief", "name": "boss"},
            {"role": "user", "content": [{"type": "text", "text": "look"}, {"type": "image_url", "image_url": "x"}]},
            {"role": "assistant", "refusal": "no", "tool_calls": [CALL]},
            {"role": "tool", "tool_call_id": "c", "content": "sunny"},
            "odd",
        ],
        "tools": [{"type": "function", "function": {"name": "f", "description": "weather"}}],
        "answer": {"codes": ["J20.9", 3]},
    }
    found = {field.path: (field.text, field.part) for field in text_fields(value)}
    assert found == {
        ("messages", 0, "content"): ("be brief", "system"),
        ("messages", 0, "name"): ("boss", "other"),
        ("messages", 1, "content", 0, "text"): ("look", "user"),
        ("messages", 2, "refusal"): ("no", "assistant"),
        ("messages", 2, "tool_calls", 0, "function", "name"): ("f", "calls"),
        ("messages", 2, "tool_calls", 0, "function", "arguments"): ("{}", "calls"),
        ("messages", 3, "content"): ("sunny", "tool"),
        ("tools", 0, "function", "name"): ("f", "tools"),
        ("tools", 0, "function", "description"): ("weather", "tools"),
        ("answer", "codes", 0): ("J20.9", "other"),
    }


def test_both_answers_and_the_prompt_of_a_preference_example_are_texts() -> None:
    value = {
        "input": {"messages": [{"role": "user", "content": "q"}]},
        "preferred_output": [{"role": "assistant", "content": "a"}],
        "non_preferred_output": [{"role": "assistant", "content": "b"}],
    }
    assert [(field.text, message_number(field.path)) for field in text_fields(value)] == [("q", 1), ("a", 1), ("b", 1)]


def test_what_is_no_example_has_no_texts_and_raises_nothing() -> None:
    for value in ({"messages": 3}, {"messages": [{"role": [], "content": {"a": 1}}]}, {"input": None, "tools": None}):
        assert list(text_fields(value)) == []


def test_a_text_is_found_however_deep_it_stands() -> None:
    value: Any = "deep"
    for _ in range(5_000):
        value = [value]
    (field,) = text_fields({"messages": [], "x": value})
    assert (field.text, len(field.path)) == ("deep", 5_001)

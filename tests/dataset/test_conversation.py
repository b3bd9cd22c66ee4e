"""What a person does to an example, and what that leaves alone."""

from __future__ import annotations

import json

import pytest

from ftdesk.dataset import conversation
from ftdesk.dataset.record import read_record
from ftdesk.dataset.spans import JsonText
from ftdesk.errors import InputError

LINE = (
    b'{"messages":[{"role":"system","content":"s"},{"role": "user", "content": "u", "name":"n"},'
    b'{"role":"assistant","content":"a"}],"tools":[],"note":1.0}\r'
)
PREFERENCE = (
    b'{"input": {"messages": [{"role": "user", "content": "q"}]}, '
    b'"preferred_output": [{"role": "assistant", "content": "good"}], '
    b'"non_preferred_output": [{"role": "assistant", "content": "bad"}]}'
)


def test_text_is_replaced_and_nothing_else() -> None:
    assert conversation.set_text(LINE, 1, 'new "x"') == LINE.replace(b'"u"', b'"new \\"x\\""')


def test_of_content_in_parts_the_first_text_is_replaced_and_images_stay() -> None:
    line = (
        b'{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:,"}},'
        b'{"type":"text","text":"old"}]}]}'
    )
    assert conversation.set_text(line, 0, "new") == line.replace(b'"old"', b'"new"')


def test_a_message_that_is_trained_carries_no_weight() -> None:
    ignored = conversation.set_trained(LINE, 2, trained=False)
    assert json.loads(ignored)["messages"][2]["weight"] == 0
    assert conversation.set_trained(ignored, 2, trained=True) == LINE
    assert conversation.set_trained(LINE, 2, trained=True) == LINE


def test_messages_are_added_moved_and_removed() -> None:
    longer = conversation.add_message(LINE, 3, {"role": "user", "content": "more"})
    assert [m["content"] for m in json.loads(longer)["messages"]] == ["s", "u", "a", "more"]
    moved = conversation.move_message(longer, 3, 1)
    assert [m["content"] for m in json.loads(moved)["messages"]] == ["s", "more", "u", "a"]
    assert conversation.remove_message(longer, 3) == LINE


def test_the_prompt_of_a_preference_example_is_its_conversation() -> None:
    assert read_record(PREFERENCE).kind == "preference"
    assert conversation.set_text(PREFERENCE, 0, "Q") == PREFERENCE.replace(b'"q"', b'"Q"')


def test_a_new_example_has_the_system_prompt_and_tools_of_the_last() -> None:
    new = json.loads(conversation.new_example(LINE))
    assert new == {"messages": [{"role": "system", "content": "s"}], "tools": []}
    assert json.loads(conversation.new_example()) == {"messages": []}
    assert json.loads(conversation.new_example(b"broken")) == {"messages": []}


@pytest.mark.parametrize("line", [b"{", b"[]", b'{"messages": "x"}', b'{"messages": ["x"]}', b"\xff"])
def test_what_is_no_message_cannot_be_edited_as_one(line: bytes) -> None:
    with pytest.raises(InputError):
        conversation.set_text(line, 0, "x")


@pytest.mark.parametrize(
    ("line", "kind", "preview"),
    [
        (LINE, "supervised", "u"),
        (PREFERENCE, "preference", "q"),
        (b'{"messages":[{"role":"user","content":"q"}],"reference":1}', "reinforcement", "q"),
        (b'{"messages":[{"role":"developer","content":"only"}]}', "supervised", "only"),
        (b"", "blank", ""),
        (b"  \r", "blank", ""),
        (b"[1]", "broken", ""),
        (b"{'a': 1}", "broken", ""),
        (b'\xef\xbb\xbf{"messages":[{"role":"user","content":"q"}]}', "supervised", "q"),
        (b'{"a": ' * 5000, "broken", ""),
    ],
)
def test_a_line_is_recognised_by_its_shape(line: bytes, kind: str, preview: str) -> None:
    record = read_record(line)
    assert (record.kind, record.preview) == (kind, preview)
    assert bool(record.problem) == (kind in ("broken", "blank"))


def test_of_a_duplicate_weight_none_is_left_to_count() -> None:
    line = b'{"messages":[{"role":"assistant","weight":0,"content":"a","weight":1,"weight":0}]}'
    trained = conversation.set_trained(line, 0, trained=True)
    assert trained == b'{"messages":[{"role":"assistant","content":"a"}]}'


def test_text_beside_an_image_leaves_the_image() -> None:
    line = b'{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:,"}}]}]}'
    (message,) = read_record(conversation.set_text(line, 0, "what is this?")).messages
    assert message["content"] == [
        {"type": "text", "text": "what is this?"},
        {"type": "image_url", "image_url": {"url": "data:,"}},
    ]


def test_a_system_prompt_in_parts_is_replaced_whole() -> None:
    parts = [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]
    line = json.dumps({"messages": [{"role": "system", "content": parts}]}).encode()
    (message,) = read_record(conversation.set_system_prompt(line, "new")).messages
    assert message["content"] == [{"type": "text", "text": "new"}]


@pytest.mark.parametrize(
    "line",
    [b'{"messages":["text"]}', b'{"messages":"text"}', b'{"x":1}', b'{"messages":[]}', b'{"preferred_output":[]}'],
)
def test_what_a_line_has_no_place_for_is_refused_with_a_sentence(line: bytes) -> None:
    with pytest.raises(InputError, match="The line has no"):
        conversation.set_field(line, 0, "name", "n")
    with pytest.raises(InputError, match="The line has no"):
        conversation.remove_message(line, 3)
    with pytest.raises(InputError, match="The line has no"):
        conversation.move_message(line, 3, 0)
    with pytest.raises(InputError, match=r"no x\.messages"):
        JsonText(line).insert(("x", "messages"), 0, {})

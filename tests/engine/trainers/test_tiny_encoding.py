"""OpenAI messages become turns of text; what is not text is refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from ftdesk.engine.trainers.protocol import UnsupportedRequestError
from ftdesk.engine.trainers.tiny.encoding import (
    Turn,
    encode,
    encode_prompt,
    preference_turns,
    read_messages,
    supervised_turns,
)
from ftdesk.engine.trainers.tiny.tokenizer import ASSISTANT, END, SYSTEM, TOOL, USER, Tokenizer

TOKENIZER = Tokenizer([])


def example(*messages: dict[str, Any]) -> dict[str, Any]:
    return {"messages": list(messages)}


def trained_text(sample: dict[str, Any]) -> list[str]:
    conversation = encode(TOKENIZER, supervised_turns(sample))
    return [TOKENIZER.decode(conversation.ids[answer.start : answer.stop]) for answer in conversation.answers]


USER_HI = {"role": "user", "content": "hi"}


def test_a_conversation_is_role_text_end_for_each_message() -> None:
    turns = [Turn(SYSTEM, "s"), Turn(USER, "u"), Turn(ASSISTANT, "a", 1.0)]
    (s,), (u,), (a,) = (TOKENIZER.encode(text) for text in "sua")
    assert encode(TOKENIZER, turns).ids == (SYSTEM, s, END, USER, u, END, ASSISTANT, a, END)


def test_only_assistant_messages_are_learnt_and_with_their_end() -> None:
    sample = example({"role": "system", "content": "be brief"}, USER_HI, {"role": "assistant", "content": "hello"})
    conversation = encode(TOKENIZER, supervised_turns(sample))
    (answer,) = conversation.answers
    assert TOKENIZER.decode(conversation.ids[answer.start : answer.stop - 1]) == "hello"
    assert conversation.ids[answer.stop - 1] == END
    assert conversation.trained_tokens == len("hello") + 1


def test_weight_zero_keeps_an_answer_as_context_without_learning_it() -> None:
    sample = example(
        USER_HI,
        {"role": "assistant", "content": "wrong", "weight": 0},
        {"role": "user", "content": "again"},
        {"role": "assistant", "content": "right", "weight": 1},
    )
    assert trained_text(sample) == ["right"]
    assert "wrong" in TOKENIZER.decode(encode(TOKENIZER, supervised_turns(sample)).ids)


def test_every_answer_of_a_conversation_is_learnt_and_knows_its_own_prompt() -> None:
    sample = example(
        USER_HI,
        {"role": "assistant", "content": "one"},
        {"role": "user", "content": "more"},
        {"role": "assistant", "content": "two"},
    )
    assert trained_text(sample) == ["one", "two"]
    answers = encode(TOKENIZER, supervised_turns(sample)).answers
    assert [answer.prompt for answer in answers] == ["hi", "more"]


def test_a_developer_message_is_a_system_message() -> None:
    assert read_messages([{"role": "developer", "content": "d"}], "messages") == [Turn(SYSTEM, "d")]


def test_text_parts_are_joined_by_lines() -> None:
    content = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    assert read_messages([{"role": "user", "content": content}], "messages") == [Turn(USER, "a\nb")]


def test_tool_calls_are_written_as_one_json_line_each_and_results_are_tool_turns() -> None:
    call = {"id": "1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Köln"}'}}
    other = {"id": "2", "type": "function", "function": {"name": "time", "arguments": "not json"}}
    turns = supervised_turns(
        example(
            USER_HI,
            {"role": "assistant", "content": None, "tool_calls": [call, other]},
            {"role": "tool", "tool_call_id": "1", "content": "21"},
            {"role": "assistant", "content": "It is 21."},
        )
    )
    assert turns[1].text == (
        '{"name": "weather", "arguments": {"city": "Köln"}}\n{"name": "time", "arguments": "not json"}'
    )
    assert turns[2] == Turn(TOOL, "21")


def test_the_prompt_ends_where_the_answer_begins() -> None:
    ids, prompt = encode_prompt(TOKENIZER, [Turn(SYSTEM, "s"), Turn(USER, "u")])
    assert ids[-1] == ASSISTANT
    assert ids[-2] == END
    assert prompt == "u"


@pytest.mark.parametrize(
    ("message", "param", "words"),
    [
        ({"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}, "content", "images"),
        ({"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]}, "content", "audio"),
        ({"role": "user", "content": ["bare"]}, "content", "text only"),
        ({"role": "user", "content": 3}, "content", "must be text"),
        ({"role": "narrator", "content": "x"}, "role", "narrator"),
        ({"role": "assistant", "audio": {"id": "a"}}, "audio", "audio"),
    ],
)
def test_what_is_not_text_is_refused_and_named(message: dict[str, Any], param: str, words: str) -> None:
    with pytest.raises(UnsupportedRequestError, match=words) as caught:
        supervised_turns(example(USER_HI, message))
    assert caught.value.param == f"messages[1].{param}"


@pytest.mark.parametrize("sample", [{}, {"messages": []}, {"messages": "text"}, {"messages": ["x"]}, example(USER_HI)])
def test_an_example_with_nothing_to_learn_is_refused(sample: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedRequestError, match=r"message|object"):
        supervised_turns(sample)


PAIR = {
    "input": {"messages": [USER_HI, {"role": "assistant", "content": "yes?"}, {"role": "user", "content": "go"}]},
    "preferred_output": [{"role": "assistant", "content": "good"}],
    "non_preferred_output": [{"role": "assistant", "content": "bad"}],
}


def test_a_preference_pair_differs_in_its_last_answer_and_learns_only_that() -> None:
    preferred, other = preference_turns(PAIR)
    assert preferred[:-1] == other[:-1]
    assert [turn.text for turn in preferred if turn.weight] == ["good"]
    assert [turn.text for turn in other if turn.weight] == ["bad"]


@pytest.mark.parametrize("name", ["input", "preferred_output", "non_preferred_output"])
def test_a_preference_pair_without_a_part_is_refused_by_its_name(name: str) -> None:
    with pytest.raises(UnsupportedRequestError) as caught:
        preference_turns({key: value for key, value in PAIR.items() if key != name})
    assert str(caught.value.param).startswith(name)

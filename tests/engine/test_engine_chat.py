from __future__ import annotations

import json
from typing import Any

import openai
import pytest
from running import Engine, train, until, validate

ASK: Any = {"model": "bigram", "messages": [{"role": "user", "content": "hello"}]}


@pytest.fixture(scope="module")
def tuned(client: openai.OpenAI) -> str:
    name = train(client).fine_tuned_model
    assert name is not None
    return name


def test_an_answer_comes_with_its_usage(client: openai.OpenAI) -> None:
    answer = client.chat.completions.create(**ASK, temperature=0)
    (choice,) = answer.choices
    assert (choice.message.role, choice.message.content, choice.finish_reason) == ("assistant", "hm", "stop")
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens) == (5, 3, 8)
    assert answer.model == "bigram"


def test_a_tuned_model_and_its_checkpoint_answer_as_they_were_trained(client: openai.OpenAI, tuned: str) -> None:
    for model in (tuned, f"{tuned}:ckpt-step-3"):
        answer = client.chat.completions.create(**ASK | {"model": model}, temperature=0)
        assert (answer.choices[0].message.content or "").startswith("It is")


def test_a_stream_gives_the_same_text_in_pieces(client: openai.OpenAI, tuned: str) -> None:
    question = ASK | {"model": tuned, "seed": 5, "temperature": 1.0}
    whole = client.chat.completions.create(**question)
    chunks = list(client.chat.completions.create(**question, stream=True))
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == whole.choices[0].message.content
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [chunk.choices[0].finish_reason for chunk in chunks[:-1]] == [None] * (len(chunks) - 1)
    assert chunks[-1].choices[0].finish_reason == whole.choices[0].finish_reason
    assert len({chunk.id for chunk in chunks}) == 1
    assert len(chunks) > 5
    assert all(chunk.usage is None for chunk in chunks)


def test_the_usage_of_a_stream_comes_last_when_asked_for(client: openai.OpenAI) -> None:
    stream = client.chat.completions.create(**ASK, stream=True, stream_options={"include_usage": True})
    *chunks, last = list(stream)
    assert last.choices == []
    assert last.usage is not None
    assert (last.usage.prompt_tokens, last.usage.total_tokens) == (5, 5 + last.usage.completion_tokens)
    assert all(chunk.usage is None for chunk in chunks)


def test_every_event_of_a_stream_is_as_described(client: openai.OpenAI) -> None:
    options = ASK | {"stream": True, "stream_options": {"include_usage": True}}
    with client.chat.completions.with_streaming_response.create(**options) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        events = [line.removeprefix("data: ") for line in response.iter_lines() if line]
    assert events.pop() == "[DONE]"
    for event in events:
        validate("CreateChatCompletionStreamResponse", json.loads(event))


def test_the_high_level_stream_of_the_client_puts_the_answer_together(client: openai.OpenAI) -> None:
    with client.chat.completions.stream(**ASK, temperature=0) as stream:
        assert stream.get_final_completion().choices[0].message.content == "hm"


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_an_answer_ends_at_the_number_of_tokens_asked_for(client: openai.OpenAI, tuned: str, name: str) -> None:
    answer = client.chat.completions.create(**ASK | {"model": tuned, name: 4}, temperature=0)
    assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == ("It i", "length")


def test_an_answer_ends_before_a_stop_text(client: openai.OpenAI, tuned: str) -> None:
    for stop in (" ", [" ", "zzz"]):
        answer = client.chat.completions.create(**ASK | {"model": tuned, "stop": stop}, temperature=0)
        assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == ("It", "stop")


def test_a_seed_makes_sampling_repeatable(client: openai.OpenAI, tuned: str) -> None:
    def texts(**options: Any) -> set[str | None]:
        return {
            client.chat.completions.create(**ASK | {"model": tuned}, **options).choices[0].message.content
            for _ in range(6)
        }

    assert len(texts(seed=3)) == 1
    assert len(texts()) > 1


def test_parameters_that_ask_for_nothing_are_accepted(client: openai.OpenAI) -> None:
    options: Any = {
        "n": 1,
        "logprobs": False,
        "frequency_penalty": 0,
        "presence_penalty": 0.0,
        "logit_bias": {},
        "tools": [],
        "response_format": {"type": "text"},
        "modalities": ["text"],
        "user": "me",
        "metadata": {"a": "b"},
        "seed": None,
        "stop": None,
        "store": False,
    }
    assert client.chat.completions.create(**ASK, **options).choices


@pytest.mark.parametrize(
    ("change", "param", "code"),
    [
        ({"n": 2}, "n", "unsupported_parameter"),
        ({"logprobs": True}, "logprobs", "unsupported_parameter"),
        ({"top_logprobs": 2}, "top_logprobs", "unsupported_parameter"),
        ({"tools": [{"type": "function", "function": {"name": "f"}}]}, "tools", "unsupported_parameter"),
        ({"response_format": {"type": "json_object"}}, "response_format", "unsupported_parameter"),
        ({"frequency_penalty": 0.5}, "frequency_penalty", "unsupported_parameter"),
        ({"audio": {"voice": "x", "format": "wav"}}, "audio", "unsupported_parameter"),
        ({"store": True}, "store", "unsupported_parameter"),
        ({"beam_width": 3}, "beam_width", "unknown_parameter"),
        ({"temperature": 2.1}, "temperature", "decimal_above_max_value"),
        ({"temperature": "hot"}, "temperature", "invalid_type"),
        ({"top_p": -0.5}, "top_p", "decimal_below_min_value"),
        ({"max_tokens": 0}, "max_tokens", "integer_below_min_value"),
        ({"stop": ["a", "b", "c", "d", "e"]}, "stop", "array_above_max_length"),
        ({"stop": [""]}, "stop", "empty_string"),
        ({"stop": 3}, "stop", "invalid_type"),
        ({"stream": "yes"}, "stream", "invalid_type"),
        ({"stream_options": {"include_usage": True}}, "stream_options", "invalid_parameter"),
        ({"messages": []}, "messages", "empty_array"),
        ({"messages": None}, "messages", "missing_required_parameter"),
        ({"messages": ["hi"]}, "messages[0]", "invalid_type"),
        ({"messages": [{"content": "hi"}]}, "messages[0].role", "missing_required_parameter"),
        ({"messages": [{"role": "boss", "content": "hi"}]}, "messages[0].role", "invalid_value"),
        ({"messages": [{"role": "user", "content": 3}]}, "messages[0].content", "invalid_type"),
        ({"messages": [{"role": "user", "content": ["hi"]}]}, "messages[0].content", "invalid_type"),
        ({"model": None}, "model", "missing_required_parameter"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://x"}}]}]},
            "messages",
            "unsupported_content",
        ),
        ({"messages": [{"role": "user", "content": "x" * 300}]}, "messages", "context_length_exceeded"),
        (
            {"messages": [{"role": "user", "content": "x" * 300}], "stream": True},
            "messages",
            "context_length_exceeded",
        ),
    ],
)
def test_what_the_model_cannot_do_is_refused_and_named(
    client: openai.OpenAI, change: dict[str, object], param: str, code: str
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.post("/chat/completions", body=ASK | change, cast_to=object)
    assert (caught.value.param, caught.value.code) == (param, code)


def test_a_model_that_does_not_exist_is_not_found(client: openai.OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        client.chat.completions.create(**ASK | {"model": "ft:bigram:local::none"})
    assert (caught.value.code, caught.value.param) == ("model_not_found", "model")


def test_a_fault_of_the_model_is_an_error_of_the_server_and_is_not_retried(engine: Engine) -> None:
    client = engine.client(max_retries=5)
    broken = ASK | {"messages": [{"role": "user", "content": "BREAK"}]}
    with pytest.raises(openai.InternalServerError, match="The server had an error") as caught:
        client.chat.completions.create(**broken)
    assert caught.value.response.headers["x-should-retry"] == "false"
    assert "a bug in the model" not in caught.value.message
    received: list[str | None] = []
    stream = client.chat.completions.create(**broken, stream=True)
    with pytest.raises(openai.APIError, match="while drawing the answer"):
        received.extend(chunk.choices[0].delta.content for chunk in stream)
    assert "".join(text or "" for text in received) == "so far"


@pytest.mark.parametrize("stream", [True, False])
def test_nothing_is_drawn_for_a_client_that_has_left(engine: Engine, client: openai.OpenAI, stream: bool) -> None:
    notes = engine.models / "drawn"
    notes.write_text("")
    question = ASK | {"model": "bigram-slow", "messages": [{"role": "user", "content": "FOREVER"}]}
    if stream:
        with client.chat.completions.create(**question, stream=True) as response:
            for _ in range(3):
                next(response)
    else:
        with pytest.raises(openai.APITimeoutError):
            client.with_options(timeout=0.3).chat.completions.create(**question)
    assert int(until(notes.read_text)) < 250


def test_several_answers_are_drawn_at_the_same_time(client: openai.OpenAI) -> None:
    question = ASK | {"model": "bigram-slow", "messages": [{"role": "user", "content": "FOREVER"}]}
    streams = [client.chat.completions.create(**question, stream=True) for _ in range(3)]
    for _ in range(4):
        assert all(next(stream).choices for stream in streams)
    for stream in streams:
        stream.close()

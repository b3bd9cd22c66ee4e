"""Token counts: the shipped vocabulary, the published rules, and what breaks other counters."""

from __future__ import annotations

import hashlib
import importlib
import json
import lzma
import socket
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftdesk import resources
from ftdesk.validation import counters
from ftdesk.validation.checker import Checker, MethodChoice
from ftdesk.validation.counters import TiktokenCounter, encoding_for, load_o200k_base, shared_counter
from ftdesk.validation.findings import TokenSummary
from ftdesk.validation.requirements import base_model, requirements_of
from ftdesk.validation.tokens import ExampleTokens

count = shared_counter().count


def tokens_of(value: Any, method: MethodChoice = "auto") -> ExampleTokens:
    result = Checker(method, model="gpt-4.1").check_record(2, json.dumps(value).encode())
    assert result.tokens is not None
    return result.tokens


def summary_of(values: list[Any], model: str | None = "gpt-4.1-mini-2025-04-14") -> TokenSummary:
    report = Checker(model=model).check_lines([json.dumps(value).encode() for value in values])
    assert report.tokens is not None
    return report.tokens


def conversation(question: str, answer: str, **answer_keys: Any) -> dict[str, Any]:
    return {
        "messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer, **answer_keys}]
    }


def test_the_shipped_vocabulary_is_the_published_one() -> None:
    packed = resources.path("vocabularies/o200k_base.tiktoken.xz").read_bytes()
    assert hashlib.sha256(lzma.decompress(packed)).hexdigest() == counters.O200K_BASE_SHA256


def test_the_encoding_is_defined_as_tiktoken_defines_it(monkeypatch: pytest.MonkeyPatch) -> None:
    openai_public = importlib.import_module("tiktoken_ext.openai_public")
    monkeypatch.setattr(openai_public, "load_tiktoken_bpe", lambda *_, **__: {})
    published = openai_public.o200k_base()
    assert published["pat_str"] == counters._O200K_PATTERN
    assert published["special_tokens"] == counters._O200K_SPECIAL


def test_texts_encode_to_the_published_numbers() -> None:
    encoding = load_o200k_base()
    assert encoding.encode_ordinary("hello world, 你好!") == [24912, 2375, 11, 220, 177519, 0]
    assert encoding.n_vocab == 200_019


def test_counting_needs_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", "")
    load_o200k_base.cache_clear()
    assert TiktokenCounter().count_all(["hello world"]) == [2]


def test_a_marker_in_a_text_is_text() -> None:
    assert count("<|endoftext|>") > 1


@pytest.mark.parametrize("character", [" ", "\n", "\u3000", "a", "!", "é"])
def test_a_million_of_the_same_character_are_counted(character: str) -> None:
    assert count(character * 1_000_001) > 1000


@given(st.lists(st.sampled_from(["and", " ", "\n\n", "it's", "É", "12", "...", "\t", "字", "Ab"]), max_size=300))
def test_a_long_text_has_as_many_tokens_as_its_pieces(words: list[str]) -> None:
    text = " so on".join(words)
    longest = counters._LONGEST_PIECE
    try:
        counters._LONGEST_PIECE = 24
        pieces = list(counters._pieces(text))
    finally:
        counters._LONGEST_PIECE = longest
    assert "".join(pieces) == text
    encode = load_o200k_base().encode_ordinary
    if all(len(piece) < 24 for piece in pieces[:-1]):  # cut between words and nowhere else
        assert sum(len(encode(piece)) for piece in pieces) == len(encode(text))


def test_an_example_costs_three_tokens_and_three_for_each_message_with_its_role() -> None:
    counted = tokens_of(conversation("hello world", "hello"))
    assert counted.messages == (3 + 1 + 2, 3 + 1 + 1)
    assert counted.total == counted.longest == 3 + 6 + 5
    assert counted.trained == 1
    assert counted.exact


def test_a_name_costs_one_more_than_its_text() -> None:
    plain, named = conversation("hello", "hello"), conversation("hello", "hello", name="world")
    assert tokens_of(named).total == tokens_of(plain).total + count("world") + 1


def test_only_answers_with_weight_are_trained() -> None:
    messages = [
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": "hello world", "weight": 0},
        {"role": "user", "content": "hello"},
        {"role": "assistant", "content": "hello world hello", "weight": 1},
    ]
    assert tokens_of({"messages": messages}).trained == 3


def test_tools_are_estimated_by_the_published_formula() -> None:
    function = {
        "name": "weather",
        "description": "Get the weather.",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": "A city."},
                "unit": {"type": "string", "description": "The unit", "enum": ["celsius", "fahrenheit"]},
            },
        },
    }
    plain = conversation("hello", "hello")
    counted = tokens_of({**plain, "tools": [{"type": "function", "function": function}]})
    expected = 7 + count("weather:Get the weather") + 3
    expected += 3 + count("city:string:A city")
    expected += 3 - 3 + 3 + count("celsius") + 3 + count("fahrenheit") + count("unit:string:The unit")
    assert counted.total == tokens_of(plain).total + expected + 12
    assert not counted.exact


def test_tool_calls_and_images_are_estimates() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Oslo"}'}}
    answer = {"role": "assistant", "content": None, "tool_calls": [call]}
    called = tokens_of({"messages": [{"role": "user", "content": "hello"}, answer]})
    assert called.trained == count("weather") + count('{"city": "Oslo"}') + 3
    assert not called.exact
    image = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
    seen = tokens_of({"messages": [{"role": "user", "content": [image]}, {"role": "assistant", "content": "hello"}]})
    assert seen.total > 765
    assert not seen.exact


def test_both_answers_of_a_preference_example_are_trained_but_never_seen_together() -> None:
    counted = tokens_of(
        {
            "input": {"messages": [{"role": "user", "content": "hello"}]},
            "preferred_output": [{"role": "assistant", "content": "hello world hello"}],
            "non_preferred_output": [{"role": "assistant", "content": "hello"}],
        }
    )
    assert counted.trained == 3 + 1
    assert counted.total == 3 + 5 + 7 + 5
    assert counted.longest == 3 + 5 + 7
    assert not counted.exact


@pytest.mark.parametrize(
    ("model", "known"),
    [
        ("gpt-4o-mini-2024-07-18", True),
        ("gpt-4.1", True),
        ("o4-mini-2025-04-16", True),
        ("gpt-5-mini", True),
        ("ft:gpt-4.1-mini-2025-04-14:acme:support:Abc123", True),
        ("ft:gpt-4o-2024-08-06:acme::Abc123:ckpt-step-90", True),
        ("gpt-4-0613", False),
        ("gpt-3.5-turbo-0125", False),
        ("ft:gpt-3.5-turbo-0125:acme:x:y", False),
        ("gpt-6-luna", False),
        ("meta-llama/Llama-3.1-8B", False),
        ("tiny", False),
        (None, False),
    ],
)
def test_the_encoding_is_known_for_models_that_use_it(model: str | None, known: bool) -> None:
    assert encoding_for(model)[1] == known
    assert summary_of([conversation("hello", "hello")], model).exact == known


def test_a_fine_tuned_model_is_named_after_its_base() -> None:
    assert base_model("ft:gpt-4.1-mini-2025-04-14:acme:support:Abc123") == "gpt-4.1-mini-2025-04-14"


def test_a_file_is_summed_up() -> None:
    values = [conversation("hello" + " hello" * number, "hello") for number in range(20)]
    summary = summary_of(values)
    totals = [13 + number for number in range(20)]
    assert (summary.min, summary.median, summary.p95, summary.max) == (13, 22, 31, 32)
    assert summary.total == sum(totals)
    assert summary.trained == 20
    assert summary.over_limit == 0
    assert summary.exact


def test_one_estimate_makes_the_sum_an_estimate() -> None:
    values = [conversation("hello", "hello"), {**conversation("hello", "hello"), "tools": [{"function": {}}]}]
    assert not summary_of(values).exact


def test_a_file_without_examples_has_no_tokens() -> None:
    summary = summary_of([[], 1])
    assert (summary.total, summary.min, summary.p95, summary.max) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("model", "limit"), [(None, 65_536), ("ft:gpt-4.1:acme:x:y", 65_536), ("gpt-3.5-turbo-0125", 16_385)]
)
def test_an_example_at_the_limit_is_not_too_long_and_one_above_is(model: str | None, limit: int) -> None:
    words = limit - tokens_of(conversation("hello", "")).total
    report = Checker(model=model).check_lines(
        [json.dumps(conversation("hello", "hello" + " hello" * (words - 1 + extra))).encode() for extra in (0, 1)]
    )
    assert [finding.line for finding in report.findings if finding.rule == "example-too-long"] == [2]
    assert report.tokens is not None
    assert report.tokens.over_limit == 1


def test_of_a_preference_example_the_longer_text_must_fit_and_not_the_sum() -> None:
    long = {"role": "assistant", "content": "hello" + " hello" * 40_000}
    value = {
        "input": {"messages": [{"role": "user", "content": "hello"}]},
        "preferred_output": [long],
        "non_preferred_output": [{**long, "name": "b"}],
    }
    assert tokens_of(value).total > 65_536
    assert summary_of([value]).over_limit == 0
    assert Checker().check_record(2, json.dumps(value).encode()).findings == ()


def test_where_no_limit_is_known_nothing_is_too_long() -> None:
    line = json.dumps(conversation("hello" * 70_000, "hello")).encode()
    for checker in (Checker(requirements=requirements_of("local")), Checker(model="some-model")):
        assert checker.check_record(2, line).findings == ()

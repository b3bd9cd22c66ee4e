"""The word diff: nothing lost, nothing invented, words of all scripts, and an end within seconds."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftdesk.playground.diff import Span, word_diff

few_words = st.lists(st.sampled_from(["a", "b", "the", " ", "\n", "é", "e\u0301", "日本", "👍🏽", "!"])).map("".join)
texts = st.text() | few_words


def side(spans: tuple[Span, ...], kind: str) -> str:
    return "".join(span.text for span in spans if span.kind in {"same", kind})


@given(texts, texts)
def test_both_texts_can_be_read_off_the_spans(a: str, b: str) -> None:
    spans = word_diff(a, b)
    assert (side(spans, "only_a"), side(spans, "only_b")) == (a, b)


@given(texts, texts)
def test_neighbours_differ_in_kind_and_no_span_is_empty(a: str, b: str) -> None:
    spans = word_diff(a, b)
    assert all(span.text for span in spans)
    assert all(one.kind != next_one.kind for one, next_one in pairwise(spans))


@given(texts)
def test_equal_texts_have_nothing_but_common_words(text: str) -> None:
    assert word_diff(text, text) == ((Span("same", text),) if text else ())


def test_a_changed_word_stands_alone() -> None:
    assert word_diff("J20.9: Acute bronchitis", "J20.9: Acute viral bronchitis") == (
        Span("same", "J20.9: Acute "),
        Span("only_b", "viral "),
        Span("same", "bronchitis"),
    )


@pytest.mark.parametrize(
    ("a", "b", "only_a", "only_b"),
    [
        ("größer als", "größter als", "größer", "größter"),
        ("हिन्दी पाठ", "हिन्दू पाठ", "हिन्दी", "हिन्दू"),
        ("日本語です", "日本茶です", "語", "茶"),
        ("สวัสดี", "สวัสดา", "ดี", "ดา"),
        ("ok 👍🏽", "ok 👍🏿", "👍🏽", "👍🏿"),
        ("from 🇩🇪 on", "from 🇩🇰 on", "🇩🇪", "🇩🇰"),
        ("👩‍👩‍👧", "👩‍👩‍👦", "👩‍👩‍👧", "👩‍👩‍👦"),
        ("e\u0301t", "e\u0300t", "e\u0301t", "e\u0300t"),
    ],
)
def test_a_word_of_any_script_is_never_torn_in_the_middle(a: str, b: str, only_a: str, only_b: str) -> None:
    spans = word_diff(a, b)
    assert [span.text for span in spans if span.kind != "same"] == [only_a, only_b]


def test_one_common_space_does_not_tear_a_rewritten_sentence_apart() -> None:
    assert word_diff("one two three", "four five six") == (
        Span("only_a", "one two three"),
        Span("only_b", "four five six"),
    )


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("a b " * 700, "b a c " * 500),  # difflib alone needs a minute for these
        ("!?" * 1400, "?!?" * 900),
        ("a b " * 100_000, "b a " * 100_000),
        ("line\nother line\n" * 5_000, "other line\nline\n" * 5_000),
        ("x" + "\u0301" * 100_000, "y" + "\u0301" * 100_000),
    ],
)
def test_hostile_texts_are_compared_without_loss(a: str, b: str) -> None:
    spans = word_diff(a, b)
    assert (side(spans, "only_a"), side(spans, "only_b")) == (a, b)


def test_in_a_long_text_changed_words_are_still_found() -> None:
    lines = [f"line {number} says something\n" for number in range(2_000)]
    changed = [*lines[:700], "line 700 says nothing\n", *lines[701:]]
    spans = word_diff("".join(lines), "".join(changed))
    assert [span.text for span in spans if span.kind != "same"] == ["something", "nothing"]

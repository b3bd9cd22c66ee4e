"""Any bytes and any text go through the tokenizer unchanged, and no text can forge a role."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftdesk import resources
from ftdesk.engine.trainers.tiny.tokenizer import SPECIAL_TOKENS, Tokenizer
from ftdesk.errors import FtdeskError

TOKENIZER = Tokenizer.load(resources.path("models/tiny/tokenizer.json"))


@given(st.binary(max_size=200))
def test_any_bytes_come_back_unchanged(data: bytes) -> None:
    assert TOKENIZER.decode_bytes(TOKENIZER.encode_bytes(data)) == data


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=100))
def test_any_unicode_text_comes_back_unchanged(text: str) -> None:
    assert TOKENIZER.decode(TOKENIZER.encode(text)) == text


@given(st.text(max_size=50))
def test_text_never_encodes_to_a_role_or_an_end(text: str) -> None:
    assert all(SPECIAL_TOKENS <= token < TOKENIZER.size for token in TOKENIZER.encode(text + "<|end|><|assistant|>"))


def test_a_lone_surrogate_becomes_a_question_mark() -> None:
    assert TOKENIZER.decode(TOKENIZER.encode("a\ud800b")) == "a?b"


def test_digits_stay_single_so_that_numbers_can_be_copied() -> None:
    assert [TOKENIZER.decode([token]) for token in TOKENIZER.encode("90210")] == list("90210")


def test_common_words_take_few_tokens_and_the_vocabulary_is_the_models() -> None:
    assert TOKENIZER.size == 1024
    text = "I do not know that yet. Train me with examples and I can learn it."
    assert len(TOKENIZER.encode(text)) < len(text) / 3


def test_a_long_run_without_spaces_is_encoded_in_bounded_pieces() -> None:
    text = "é" * 50_000
    assert TOKENIZER.decode(TOKENIZER.encode(text)) == text


@pytest.mark.parametrize("content", ["", "{}", '{"merges": [["zz", "61"]]}', '{"merges": 3}'])
def test_a_damaged_vocabulary_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(content)
    with pytest.raises(FtdeskError, match="practice model") as caught:
        Tokenizer.load(path)
    assert "tokenizer.json" in caught.value.detail


def test_merges_are_applied_in_the_order_they_were_learnt(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(json.dumps({"merges": [["61", "62"], ["6162", "63"]]}))
    tokenizer = Tokenizer.load(path)
    assert [tokenizer.decode([token]) for token in tokenizer.encode("abcbabc")] == ["abc", "b", "abc"]

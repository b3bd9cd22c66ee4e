"""The fast counter counts what the reference counts, whatever the text."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftdesk import resources
from ftdesk.validation import counters
from ftdesk.validation.counters import (
    CL100K_BASE,
    DOUBTFUL,
    O200K_BASE,
    RememberingCounter,
    TiktokenCounter,
    ToktokCounter,
    encoding_for,
    is_doubtful,
    shared_counter,
)

pytest.importorskip("toktok")

REFERENCE = TiktokenCounter()
FAST = ToktokCounter(O200K_BASE, REFERENCE)
NEVER_TOLD_APART = "{c}'s"
"""Here a letter and a mark give different counts; so this alone finds nearly all code points that are classed apart."""


def characters(step: int) -> Iterator[str]:
    """Every ``step``-th character, and all at the borders of the doubtful ranges."""
    borders = {code for first, last in DOUBTFUL for code in (first - 1, first, last, last + 1)}
    for code in sorted(borders | set(range(0, 0x110000, step))):
        if not 0xD800 <= code <= 0xDFFF:
            yield chr(code)


def differing(texts: Sequence[str]) -> list[str]:
    pairs = zip(texts, FAST.count_all(texts), REFERENCE.count_all(texts), strict=True)
    return [text for text, fast, slow in pairs if fast != slow]


@pytest.mark.parametrize("surroundings", [NEVER_TOLD_APART, "aA{c}a 1{c}\n"])
def test_no_character_is_counted_otherwise(surroundings: str) -> None:
    assert differing([surroundings.replace("{c}", character) for character in characters(29)]) == []


def test_a_text_is_doubtful_where_one_of_its_characters_is() -> None:
    for surroundings in ("{c}", "a{c} ж“谢谢”"):
        texts = {surroundings.replace("{c}", chr(code)): code for code in range(0, 0x110000, 31)}
        texts |= {surroundings.replace("{c}", character): ord(character) for character in characters(0x1000)}
        for text, code in texts.items():
            assert is_doubtful(text) == any(first <= code <= last for first, last in DOUBTFUL), hex(code)


def test_the_fast_counter_alone_would_differ_on_every_doubtful_range() -> None:
    alone = ToktokCounter(O200K_BASE, None)
    for first, last in DOUBTFUL:
        if first in (0x017F, 0xD800):  # these differ elsewhere
            continue
        texts = [NEVER_TOLD_APART.replace("{c}", chr(code)) for code in (first, last)]
        assert alone.count_all(texts) != REFERENCE.count_all(texts)


PIECES = [
    *("'s", "'RE", "'ſ", "ſ'S", "Don't", "ǅ", "İ", "123456789", "１２３", "٣٤", "...", "///", "\r\n\r\n", "  \n  "),
    *("```", "aaaa", "HTTPServer", "你好", "é", "e\u0301", "\u1100\u1161", "<|endoftext|>", "<|im_start|>", "\ud800"),
    *("\u0c5c", "\u0cdc", "\U00016ea0", "\U00018d82", "\u200d", "\ufe0f", "\x85", "\u2028", "\ufeff", "\0", " ", "A"),
]
HOSTILE = st.lists(st.sampled_from(PIECES) | st.characters(), max_size=40).map("".join)


@given(st.lists(HOSTILE, max_size=5))
@settings(max_examples=300, deadline=None)
def test_hostile_texts_are_counted_alike(texts: list[str]) -> None:
    assert differing(texts) == []


def test_random_texts_are_counted_alike() -> None:
    chance = random.Random(5)  # noqa: S311 - the same texts in every run
    texts = ["".join(chance.choices(PIECES, k=chance.randrange(60))) for _ in range(3000)]
    texts += ["".join(map(chr, chance.choices(range(0xD800), k=30))) for _ in range(1000)]
    assert differing(texts) == []


def test_real_texts_are_counted_alike() -> None:
    from pydoc_data.topics import topics

    samples = [path.read_text(encoding="utf-8") for path in sorted(resources.path("samples").glob("*.jsonl"))]
    assert samples
    assert differing([*topics.values(), *"\n".join(samples).split("\n")]) == []


@pytest.mark.parametrize("run", ["a" * 20_000, "\n" * 20_000, "的" * 20_000, "1" * 20_000, "é" * 9999, " \t" * 9999])
def test_long_runs_are_counted_alike(run: str) -> None:
    assert differing([run]) == []


@pytest.mark.parametrize("character", [" ", "\t", "\u3000", "\u017f "])
def test_a_million_white_space_characters_end_neither_counter(character: str) -> None:
    text = character * (1_000_001 // len(character))
    fast, slow = FAST.count_all([text])[0], REFERENCE.count_all([text])[0]
    assert abs(fast - slow) <= len(text) / 100_000


class Noting(TiktokenCounter):
    """Says which texts it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def count_all(self, texts: Sequence[str]) -> list[int]:
        self.asked += texts
        return super().count_all(texts)


def test_only_doubtful_texts_go_to_the_reference() -> None:
    reference = Noting()
    texts = ["plain", "schön 你好 😀", "\u0c5c's", "ſ"]
    assert ToktokCounter(O200K_BASE, reference).count_all(texts) == REFERENCE.count_all(texts)
    assert reference.asked == ["\u0c5c's", "ſ"]


def test_texts_that_recur_are_counted_once() -> None:
    noting = Noting()
    counter = RememberingCounter(noting)
    system = "You are a helpful assistant who explains things. " * 5
    assert counter.count_all([system, "a", system, "b"]) == REFERENCE.count_all([system, "a", system, "b"])
    assert counter.count_all([system, "a", "c"]) == REFERENCE.count_all([system, "a", "c"])
    assert noting.asked == [system, "a", "b", "c"]


def test_the_memory_of_counts_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters, "_MOST_REMEMBERED", 3)
    counter = RememberingCounter(REFERENCE)
    counted = [counter.count(str(number)) for number in range(20)]
    assert counted == [1] * 20
    assert len(counter._known) <= 3


def test_texts_too_long_or_not_recurring_are_not_remembered() -> None:
    counter = RememberingCounter(REFERENCE)
    counter.count_all(["word " * 20, "long " * 10_000, "long " * 10_000])
    assert counter._known == {}


def test_a_vocabulary_without_a_reference_is_an_estimate() -> None:
    assert encoding_for("gpt-3.5-turbo-0125") == (CL100K_BASE, False)
    assert encoding_for("ft:gpt-4-0613:acme::x") == (CL100K_BASE, False)
    # Published in OpenAI's cookbook for cl100k_base.
    assert shared_counter(CL100K_BASE).count_all(
        ["antidisestablishmentarianism", "2 + 2 = 4", "お誕生日おめでとう"]
    ) == [6, 7, 9]


def test_without_the_fast_counter_tiktoken_counts() -> None:
    program = (
        "import sys; sys.modules['toktok'] = None\n"
        "from ftdesk.validation.counters import encoding_for, shared_counter\n"
        "print(encoding_for('gpt-4o'), encoding_for('gpt-4'), shared_counter().count('hello world'))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "('o200k_base', True) ('o200k_base', False) 2\n"

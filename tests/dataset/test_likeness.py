"""Near duplicates: what counts as one, that the index finds it, forgets it, and stays small."""

from __future__ import annotations

import random
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftdesk.dataset.likeness import (
    LikenessIndex,
    is_exact,
    likeness,
    shingles,
    signature,
    template_shingles,
)

WORDS = [f"word{number}" for number in range(3_000)]


def seeded(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311


def written(words: list[str]) -> str:
    return " ".join(words)


def exact_likeness(one: str, other: str) -> float:
    left, right = shingles(one), shingles(other)
    return len(left & right) / len(left | right)


def pairs(seed: int, count: int) -> list[tuple[str, str]]:
    """Texts of 40 to 120 words, and copies with some words replaced, added or left out."""
    rng = seeded(seed)
    made = []
    for _ in range(count):
        words = rng.choices(WORDS, k=rng.randint(40, 120))
        copy = list(words)
        for _ in range(rng.randint(0, len(words) // 10)):
            place = rng.randrange(len(copy))
            copy[place : place + rng.randint(0, 1)] = rng.choices(WORDS, k=rng.randint(0, 1))
        made.append((written(words), written(copy)))
    return made


def test_the_index_finds_what_is_almost_the_same_and_nothing_else() -> None:
    clear = [(exact_likeness(*pair), *map(signature, pair)) for pair in pairs(1, 900)]
    found: dict[str, list[bool]] = {"alike": [], "different": []}
    for exact, one, other in clear:
        index = LikenessIndex()
        index.add(7, one)
        if exact >= 0.9:
            found["alike"].append(index.alike(other) == [7])
        elif exact <= 0.68:
            found["different"].append(index.alike(other) == [])
    assert min(map(len, found.values())) > 40
    assert {kind: sum(right) / len(right) for kind, right in found.items()} == {
        "alike": pytest.approx(1, abs=0.03),
        "different": pytest.approx(1, abs=0.03),
    }


def test_the_estimated_likeness_is_near_the_exact_one_and_without_bias() -> None:
    errors = [likeness(signature(one), signature(other)) - exact_likeness(one, other) for one, other in pairs(2, 300)]
    assert abs(sum(errors) / len(errors)) < 0.01
    assert max(map(abs, errors)) < 0.2


PROSE = "Patient, 54, presents with acute bronchitis and a dry cough since Monday."
CHINESE = "请把下面这段话翻译成英文并保持原来的语气和格式不要添加任何解释谢谢你的帮助我们明天早上在会议室里继续讨论"
CODE = """def total(items):
    result = 0
    for item in items:
        if item is not None and item > 0:
            result += item
    return result

print(total([1, 2, 3, 4, 5, 6, 7, 8, 9]))"""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (PROSE, PROSE.upper().replace(" and", " —\nand")),
        (CHINESE, CHINESE.replace("早上", "晚上")),
        (CODE, CODE.replace("    ", "\t").replace("9", "11")),
    ],
    ids=["prose", "Chinese", "code"],
)
def test_small_differences_make_near_duplicates_in_every_kind_of_text(one: str, other: str) -> None:
    index = LikenessIndex()
    index.add(1, signature(one))
    assert not is_exact(signature(one))
    assert index.alike(signature(other)) == [1]


def test_a_short_text_is_only_like_itself() -> None:
    index = LikenessIndex()
    index.add(1, signature("What is 17 + 25?"))
    index.add(2, signature("What is 18 + 25?"))
    assert index.alike(signature("what is 17 + 25")) == [1]


def test_a_template_around_what_differs_does_not_make_examples_alike() -> None:
    rng = seeded(5)
    frame = written(rng.choices(WORDS, k=200))
    texts = [f"{frame} {written(rng.choices(WORDS, k=20))}" for _ in range(100)]
    template = template_shingles(texts)
    assert likeness(signature(texts[0]), signature(texts[1])) > 0.7
    assert likeness(signature(texts[0], template), signature(texts[1], template)) < 0.3
    assert template_shingles(reversed(texts)) == template
    assert template_shingles(texts[:19]) == frozenset()


def test_the_template_is_found_in_a_sample_of_a_large_dataset_wherever_it_stands() -> None:
    frame = "please answer the following question in one short sentence"
    texts = [f"{frame} number{number} topic{number} thing{number}" for number in range(5_000)]
    assert shingles(frame) <= template_shingles(texts) == template_shingles(reversed(texts))


@given(st.lists(st.tuples(st.sampled_from(["add", "remove"]), st.integers(0, 30)), max_size=120))
def test_the_index_knows_exactly_what_was_added_and_not_removed(steps: list[tuple[str, int]]) -> None:
    signatures = {key: signature(TEXTS[key]) for key in range(31)}
    index, expected = LikenessIndex(), set()
    for step, key in steps:
        if step == "add" and key not in expected:
            index.add(key, signatures[key])
            expected.add(key)
        elif step == "remove" and key in expected:
            index.remove(key, signatures[key])
            expected.remove(key)
        elif step == "remove":
            with pytest.raises(KeyError):
                index.remove(key, signatures[key])
    assert len(index) == len(expected)
    for key, text_signature in signatures.items():
        assert set(index.alike(text_signature)) == {other for other in expected if other % 4 == key % 4}


# Four texts, one of them short, each under several keys: what has the same signature shares all its buckets.
TEXTS = [written(seeded(key % 4).choices(WORDS, k=40 if key % 4 else 2)) for key in range(31)]


def test_an_index_that_has_grown_finds_old_and_new_texts_and_takes_at_most_110_bytes_for_each() -> None:
    rng = seeded(9)
    signatures = [rng.randbytes(32) + rng.randbytes(24) for _ in range(9_000)]
    index = LikenessIndex()
    for key, text_signature in enumerate(signatures):
        index.add(key, text_signature)
    assert [index.alike(signatures[key]) for key in range(0, 9_000, 250)] == [[key] for key in range(0, 9_000, 250)]
    index.remove(0, signatures[0])
    index.add(9_001, signatures[0])
    assert index.alike(signatures[0]) == [9_001]
    assert index.size_in_bytes < 110 * 9_000 * 1.3  # the newest table is half empty


def test_a_signature_is_the_same_in_another_process() -> None:
    text = written(seeded(4).choices(WORDS, k=60))
    code = f"from ftdesk.dataset.likeness import signature; print(signature({text!r}).hex())"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert other.stdout.strip() == signature(text).hex()


@given(st.text(st.characters(codec=None), max_size=200))
def test_any_text_has_a_signature_and_is_like_itself(text: str) -> None:
    index = LikenessIndex()
    index.add(0, signature(text))
    assert index.alike(signature(text)) == [0]

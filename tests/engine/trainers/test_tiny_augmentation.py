"""Variations keep the answer's meaning: only idle words go, only copied values change."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ftdesk.engine.trainers.tiny.augmentation import Augmentation, Variable, analyse, find_labels, find_slots
from ftdesk.engine.trainers.tiny.encoding import Turn
from ftdesk.engine.trainers.tiny.tokenizer import ASSISTANT, SYSTEM, USER


def turns(user: str, assistant: str) -> list[Turn]:
    return [Turn(SYSTEM, "Answer order 4711."), Turn(USER, user), Turn(ASSISTANT, assistant, 1.0)]


TICKETS = [
    turns(
        "My Nova Lamp from order A123 is broken",
        json.dumps({"kind": "defect", "product": "Nova Lamp", "order": "A123"}),
    ),
    turns(
        "refund the Sun Desk, order B77 please", json.dumps({"kind": "refund", "product": "Sun Desk", "order": "B77"})
    ),
    turns("money back for the Nova Desk (C9)", json.dumps({"kind": "refund", "product": "Nova Desk", "order": "C9"})),
    turns("the Moon Lamp, order D404, broke", json.dumps({"kind": "defect", "product": "Moon Lamp", "order": "D404"})),
]
CODES = [
    turns("migraine since Monday", "G43: Migraine"),
    turns("a bad migraine", "G43: Migraine"),
    turns("aching knee", "M25: Pain in knee"),
]


def test_slots_are_the_values_that_answers_copy() -> None:
    slots = find_slots(TICKETS)
    assert slots[0] == {"Nova", "Lamp", "A123"}
    assert slots[1] == {"Sun", "Desk", "B77"}


def test_words_that_only_happen_to_be_in_the_answer_are_no_slots() -> None:
    assert find_slots(CODES) == [frozenset(), frozenset(), frozenset()]


def test_a_replaced_value_changes_alike_in_prompt_and_answer_and_keeps_its_form() -> None:
    rng = np.random.default_rng(0)
    augmentation = Augmentation(prompt_word_dropout=0.0, slot_replacement=1.0, label_prompts=0.0)
    sample = Variable(TICKETS[0], frozenset({"Nova", "A123"}), labelled=False)
    variations = [augmentation.apply(sample, rng) for _ in range(40)]
    changed = [variation for variation in variations if variation != TICKETS[0]]
    assert 20 <= len(changed) < 40
    for system, user, assistant in changed:
        answer = json.loads(assistant.text)
        assert system == TICKETS[0][0]
        assert answer["kind"] == "defect"
        assert answer["order"] != "A123"
        assert answer["order"] in user.text
        assert answer["order"][0].isupper()
        assert answer["order"][1:].isdigit()
        assert answer["product"] in user.text
        assert answer["product"].endswith(" Lamp")


@pytest.mark.parametrize("share", [0.15, 0.5])
def test_dropped_words_are_never_those_of_the_answer_and_about_as_many_as_asked(share: float) -> None:
    rng = np.random.default_rng(0)
    augmentation = Augmentation(prompt_word_dropout=share, slot_replacement=0.0, label_prompts=0.0)
    sample = Variable(turns("one two three four five Lamp", "Lamp"), frozenset(), labelled=False)
    texts = [augmentation.apply(sample, rng)[1].text for _ in range(400)]
    assert all("Lamp" in text for text in texts)
    assert all(text.split() for text in texts)
    dropped = sum(6 - len(text.split(" ")) for text in texts) / (400 * 5 * 0.75)
    assert dropped == pytest.approx(share, abs=0.03)


def test_a_prompt_is_never_dropped_whole() -> None:
    rng = np.random.default_rng(0)
    augmentation = Augmentation(prompt_word_dropout=0.5, slot_replacement=0.0, label_prompts=0.0)
    sample = Variable(turns("cough", "R05"), frozenset(), labelled=False)
    assert all(augmentation.apply(sample, rng)[1].text == "cough" for _ in range(50))


def test_the_same_generator_state_gives_the_same_variation() -> None:
    augmentation = Augmentation(prompt_word_dropout=0.3, slot_replacement=0.5, label_prompts=0.4)
    sample = analyse(TICKETS)[0]
    first, second = (augmentation.apply(sample, np.random.default_rng([7, 3, 1])) for _ in range(2))
    assert first == second


def test_an_answer_is_a_label_if_all_its_lines_answer_other_examples_too() -> None:
    both = turns("aching knee and migraine", "G43: Migraine\nM25: Pain in knee")
    assert find_labels([*CODES, both]) == [True, True, True, True]
    assert find_labels([*CODES, turns("rash", "R21: Rash")]) == [True, True, False, False]
    assert find_labels(TICKETS) == [False] * len(TICKETS)
    assert find_labels([turns("one", "1"), turns("eins", "1")]) == [False, False]


def test_a_labelled_example_is_asked_with_the_words_of_its_label_as_often_as_wanted() -> None:
    rng = np.random.default_rng(0)
    augmentation = Augmentation(prompt_word_dropout=0.0, slot_replacement=0.0, label_prompts=0.5)
    sample = analyse(CODES)[1]
    texts = [augmentation.apply(sample, rng)[1].text for _ in range(400)]
    assert set(texts) == {"a bad migraine", "Migraine"}
    assert texts.count("Migraine") / 400 == pytest.approx(0.5 * 0.75, abs=0.06)

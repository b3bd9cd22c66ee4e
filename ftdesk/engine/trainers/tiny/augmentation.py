"""Variations of a training example that keep its meaning: words left out, copied values replaced, labels as prompts.

Which variation an example gets in an epoch depends on seed, epoch and index alone, so a resumed job sees the same ones.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ftdesk.engine.trainers.tiny.encoding import Turn
from ftdesk.engine.trainers.tiny.tokenizer import ASSISTANT, SYSTEM, USER

_VALUE = re.compile(r"[^\W_]{2,}")
_WORD = re.compile(r"\b[^\W\d_]{3,}\b")
_UNCHANGED_SHARE = 0.25
_CONSONANTS = "bcdfghjklmnprstvz"
_VOWELS = "aeiou"


@dataclass(frozen=True, slots=True)
class Augmentation:
    """The hyperparameters of this module, as probabilities.

    ``prompt_word_dropout``: a word of the user's messages that is in no answer of the example is left out. Teaches that
    the other words suffice; harmful where every word counts, as in rewriting. ``slot_replacement``: a value that the
    answer copies from the prompt, such as an order number, is replaced in both by an invented one of the same form.
    Teaches to copy instead of remembering. ``label_prompts``: an example whose answer is a label is asked with the
    words of that answer. Teaches what a label says of itself, as in the description beside a code.
    """

    prompt_word_dropout: float = 0.0
    slot_replacement: float = 0.0
    label_prompts: float = 0.0

    def apply(self, example: Variable, rng: np.random.Generator) -> list[Turn]:
        """A variation of the example; one in four stays as it is, so that whole prompts are learnt too."""
        turns = list(example.turns)
        if rng.random() < _UNCHANGED_SHARE:
            return turns
        if example.labelled and rng.random() < self.label_prompts:
            return _ask_with_label(turns)
        if self.slot_replacement and example.slots:
            turns = _replace_values(turns, example.slots, self.slot_replacement, rng)
        if self.prompt_word_dropout:
            turns = _drop_words(turns, self.prompt_word_dropout, rng)
        return turns


@dataclass(frozen=True, slots=True)
class Variable:
    """An example and what may vary in it: the ``slots`` its answers copy, and whether its answer is a label."""

    turns: Sequence[Turn]
    slots: frozenset[str]
    labelled: bool


def analyse(examples: Sequence[Sequence[Turn]]) -> list[Variable]:
    """What may vary in each example; seen only over all of them."""
    found = zip(examples, find_slots(examples), find_labels(examples), strict=True)
    return [Variable(turns, slots, labelled) for turns, slots, labelled in found]


def find_labels(examples: Sequence[Sequence[Turn]]) -> list[bool]:
    """Whether each example has a label for its one answer: every line of it is in the answer of another example too."""
    answers = [[turn.text for turn in turns if turn.role == ASSISTANT and turn.weight] for turns in examples]
    counts = Counter(line for texts in answers for line in {line for text in texts for line in text.splitlines()})
    return [
        len(texts) == 1 and bool(_WORD.search(texts[0])) and all(counts[line] > 1 for line in texts[0].splitlines())
        for texts in answers
    ]


def _ask_with_label(turns: Sequence[Turn]) -> list[Turn]:
    """The words of the answer as the user's last message before it; codes and numbers are no words."""
    answer = next(index for index, turn in enumerate(turns) if turn.role == ASSISTANT and turn.weight)
    question = next((index for index in range(answer - 1, -1, -1) if turns[index].role == USER), None)
    if question is None:
        return list(turns)
    words = " ".join(_WORD.findall(turns[answer].text))
    return [replace(turn, text=words) if index == question else turn for index, turn in enumerate(turns)]


def _prompt_values(turns: Sequence[Turn]) -> set[str]:
    return {value for turn in turns if turn.role not in {ASSISTANT, SYSTEM} for value in _VALUE.findall(turn.text)}


def _answer_values(turns: Sequence[Turn]) -> set[str]:
    return {value for turn in turns if turn.role == ASSISTANT and turn.weight for value in _VALUE.findall(turn.text)}


def find_slots(examples: Sequence[Sequence[Turn]]) -> list[frozenset[str]]:
    """For each example, the values its answers copy from its prompts.

    A word is a candidate if, over all examples, it stands in an answer exactly where it stands in the prompt.
    Candidates are values only if the same answer, candidates aside, occurs with several of them: ``{"order": "A1"}``
    and ``{"order": "B7"}`` show a slot, while ``Migraine`` that always comes with the word migraine is knowledge, not a
    copy.
    """
    copied: set[str] = set()
    broken: set[str] = set()
    for turns in examples:
        prompt, answer = _prompt_values(turns), _answer_values(turns)
        copied |= prompt & answer
        broken |= prompt ^ answer
    candidates = copied - broken
    fillings: defaultdict[str, set[tuple[str, ...]]] = defaultdict(set)
    templates = []
    for turns in examples:
        answer_text = "\n".join(turn.text for turn in turns if turn.role == ASSISTANT and turn.weight)
        filling = tuple(value for value in _VALUE.findall(answer_text) if value in candidates)
        templates.append((_mask(answer_text, candidates), filling))
        fillings[templates[-1][0]].add(filling)
    return [
        frozenset(filling) if len(fillings[template]) > 1 or any(map(_has_digit, filling)) else frozenset()
        for template, filling in templates
    ]


def _mask(text: str, candidates: set[str]) -> str:
    """``text`` with every run of candidates as one blank."""
    masked = _VALUE.sub(lambda match: "\0" if match[0] in candidates else match[0], text)
    return re.sub("\0(?:[ _-]\0)+", "\0", masked)


def _has_digit(value: str) -> bool:
    return any(character.isdigit() for character in value)


def _replace_values(turns: Sequence[Turn], slots: frozenset[str], share: float, rng: np.random.Generator) -> list[Turn]:
    renamed = {value: _invent(value, rng) for value in sorted(slots) if rng.random() < share}
    if not renamed:
        return list(turns)
    return [
        turn if turn.role == SYSTEM else replace(turn, text=_VALUE.sub(lambda m: renamed.get(m[0], m[0]), turn.text))
        for turn in turns
    ]


def _invent(value: str, rng: np.random.Generator) -> str:
    """Another value of the same form: digits for digits, letters for letters, a pronounceable word for a word."""
    if not _has_digit(value) and not value.isupper():
        word = "".join((_CONSONANTS, _VOWELS)[i % 2][rng.integers((17, 5)[i % 2])] for i in range(rng.integers(3, 9)))
        return word.capitalize() if value[0].isupper() else word
    return "".join(_invent_character(character, rng) for character in value)


def _invent_character(character: str, rng: np.random.Generator) -> str:
    if character.isdigit():
        return str(rng.integers(10))
    letter = chr(ord("a") + int(rng.integers(26)))
    return letter.upper() if character.isupper() else letter


def _drop_words(turns: Sequence[Turn], share: float, rng: np.random.Generator) -> list[Turn]:
    answers = " ".join(turn.text for turn in turns if turn.role == ASSISTANT).casefold()
    return [
        turn if turn.role in {ASSISTANT, SYSTEM} else replace(turn, text=_thinned(turn.text, answers, share, rng))
        for turn in turns
    ]


def _thinned(text: str, answers: str, share: float, rng: np.random.Generator) -> str:
    words = text.split(" ")
    kept = [
        word
        for word in words
        if not (bare := re.sub(r"\W", "", word).casefold()) or bare in answers or rng.random() >= share
    ]
    return " ".join(kept) if any(re.search(r"\w", word) for word in kept) else text

"""The words the practice model is pretrained on, read from the text files beside this module."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Condition:
    """One medical condition: where it is, what it is, and its names, plain and clinical, that mean the same."""

    part: str
    kind: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Every word list. Mappings go from a label to the words or phrases that carry it."""

    kinds: dict[str, tuple[str, ...]]
    synonyms: tuple[tuple[str, ...], ...]
    opposites: tuple[tuple[str, ...], ...]
    conditions: tuple[Condition, ...]
    intents: dict[str, tuple[str, ...]]
    urgency: dict[str, tuple[str, ...]]
    sentiment: dict[str, tuple[str, ...]]
    formal: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]
    chat: tuple[tuple[str, str], ...]
    names: tuple[str, ...]
    places: tuple[str, ...]
    nouns: tuple[str, ...]
    adjectives: tuple[str, ...]
    verbs: tuple[str, ...]


def _lines(name: str) -> list[str]:
    text = (FOLDER / name).read_text(encoding="utf-8")
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


def _split(text: str, separator: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(separator) if part.strip())


def _labelled(name: str, separator: str | None) -> dict[str, tuple[str, ...]]:
    rows = (line.split(":", 1) for line in _lines(name))
    return {label.strip(): _split(words, separator) if separator else tuple(words.split()) for label, words in rows}


def _pairs(name: str) -> tuple[tuple[str, str], ...]:
    return tuple((left.strip(), right.strip()) for left, right in (line.split(" = ", 1) for line in _lines(name)))


@cache
def load() -> Lexicon:
    """Read all lists once."""
    words = _labelled("words.txt", None)
    return Lexicon(
        kinds=_labelled("kinds.txt", None),
        synonyms=tuple(_split(line, ",") for line in _lines("synonyms.txt")),
        opposites=tuple(tuple(line.split()) for line in _lines("opposites.txt")),
        conditions=tuple(
            Condition(part, kind, _split(names, ","))
            for part, kind, names in (_split(line, "|") for line in _lines("medical.txt"))
        ),
        intents=_labelled("support.txt", "|"),
        urgency=_labelled("urgency.txt", "|"),
        sentiment=_labelled("sentiment.txt", None),
        formal=_pairs("formal.txt"),
        facts=_pairs("facts.txt"),
        chat=_pairs("chat.txt"),
        names=words["names"],
        places=words["places"],
        nouns=words["nouns"],
        adjectives=words["adjectives"],
        verbs=words["verbs"],
    )

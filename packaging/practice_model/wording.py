"""Random words, identifiers, names and small sentences: the material the tasks of the corpus are made of."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

from lexicon import Lexicon

_SYLLABLES = [
    "ba",
    "be",
    "bi",
    "bo",
    "bu",
    "da",
    "de",
    "di",
    "do",
    "du",
    "fa",
    "fe",
    "fi",
    "fo",
    "ga",
    "ge",
    "go",
    "ka",
    "ke",
    "ki",
    "ko",
    "ku",
    "la",
    "le",
    "li",
    "lo",
    "lu",
    "ma",
    "me",
    "mi",
    "mo",
    "mu",
    "na",
    "ne",
    "ni",
    "no",
    "nu",
    "pa",
    "pe",
    "pi",
    "po",
    "ra",
    "re",
    "ri",
    "ro",
    "ru",
    "sa",
    "se",
    "si",
    "so",
    "su",
    "ta",
    "te",
    "ti",
    "to",
    "tu",
    "va",
    "ve",
    "vi",
    "vo",
    "vu",
    "za",
    "ze",
    "zi",
    "zo",
    "zu",
    "sh",
    "th",
    "ch",
    "qu",
    "an",
    "en",
    "in",
    "on",
    "un",
    "ar",
    "er",
    "or",
    "st",
    "ell",
    "ix",
    "ax",
    "ent",
    "ium",
]
_UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_RECENTLY = ("yesterday", "today", "last week")
_MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]


Choice = TypeVar("Choice")


def capitalized(text: str) -> str:
    """``text`` with its first letter large and the rest untouched."""
    return text[:1].upper() + text[1:]


class Wording:
    """Draws wording from a lexicon. All randomness comes from ``rng``, so a seed repeats a corpus exactly."""

    def __init__(self, lexicon: Lexicon, rng: random.Random) -> None:
        self.lexicon = lexicon
        self.rng = rng
        self.vocabulary = tuple(
            sorted(
                {word for words in lexicon.kinds.values() for word in words}
                | {word for group in lexicon.synonyms for phrase in group for word in phrase.split()}
                | {word for phrase in lexicon.conditions for name in phrase.names for word in name.split()}
                | {*lexicon.nouns, *lexicon.adjectives, *lexicon.verbs}
            )
        )

    def pick(self, options: Sequence[Choice]) -> Choice:
        return self.rng.choice(options)

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def invented(self) -> str:
        """A word that does not exist, so that it can only be copied, not known."""
        return "".join(self.pick(_SYLLABLES) for _ in range(self.rng.randint(2, 4)))

    def word(self) -> str:
        draw = self.rng.random()
        if draw < 0.3:
            return self.pick(self.lexicon.nouns)
        if draw < 0.4:
            return self.pick(self.lexicon.adjectives)
        return self.pick(self.vocabulary) if draw < 0.85 else self.invented()

    def noun_phrase(self) -> str:
        draw = self.rng.random()
        if draw < 0.45:
            return f"{self.pick(self.lexicon.adjectives)} {self.pick(self.lexicon.nouns)}"
        return self.word() if draw < 0.75 else f"{self.word()} {self.word()}"

    def digits(self, count: int) -> str:
        return "".join(self.pick("0123456789") for _ in range(count))

    def number(self) -> str:
        return str(self.rng.randint(1, 10 ** self.rng.randint(1, 5)))

    def code(self) -> str:
        """A short label such as a classification uses: ``K7``, ``B12.5``, ``QX-3``."""
        letter = self.pick(_UPPER)
        draw = self.rng.random()
        if draw < 0.5:
            return f"{letter}{self.digits(2)}.{self.digits(self.rng.randint(1, 3))}"
        if draw < 0.7:
            return f"{letter}{self.digits(self.rng.randint(1, 3))}"
        if draw < 0.8:
            return f"{letter}{self.digits(2)}.{self.digits(2)}{self.pick(_UPPER)}"
        return f"{letter}{self.pick(_UPPER)}-{self.digits(self.rng.randint(1, 3))}" if draw < 0.9 else self.digits(3)

    def order(self) -> str:
        """An order, ticket or customer number."""
        draw = self.rng.random()
        if draw < 0.35:
            return self.pick(_UPPER) + self.digits(self.rng.randint(3, 6))
        if draw < 0.55:
            return f"{self.pick(_UPPER)}{self.pick(_UPPER)}{self.pick(['', '-'])}{self.digits(self.rng.randint(3, 6))}"
        if draw < 0.7:
            return f"{self.pick(['ORD', 'INV', 'REF', 'NO', 'TK', 'PO'])}-{self.digits(self.rng.randint(3, 6))}"
        if draw < 0.8:
            return f"#{self.digits(self.rng.randint(3, 6))}"
        return self.digits(self.rng.randint(3, 8)) if draw < 0.92 else f"{self.digits(3)}-{self.digits(4)}"

    def date(self) -> str:
        day, month, year = self.rng.randint(1, 28), self.rng.randint(1, 12), self.rng.randint(1990, 2030)
        return self.pick([f"{year}-{month:02d}-{day:02d}", f"{day} {_MONTHS[month - 1]}", f"{day}.{month}.{year}"])

    def amount(self) -> str:
        value = f"{self.rng.randint(1, 999)}{self.pick(['', f'.{self.digits(2)}'])}"
        return self.pick(["${}", "{} euros", "{} dollars", "EUR {}", "{}"]).format(value)

    def name(self) -> str:
        first = self.pick(self.lexicon.names)
        return first if self.chance(0.6) else f"{first} {capitalized(self.invented())}"

    def email(self) -> str:
        return (
            f"{self.pick(self.lexicon.names).lower()}{self.pick(['', '.', '_'])}{self.invented()}@{self.invented()}.com"
        )

    def product(self) -> str:
        draw = self.rng.random()
        last = capitalized(self.pick(self.lexicon.nouns))
        if draw < 0.4:
            return f"{capitalized(self.invented())} {last}"
        if draw < 0.7:
            return f"{capitalized(self.word())} {last}"
        if draw < 0.85:
            return f"{last} {self.pick([self.digits(1), self.digits(2), 'Pro', 'Mini', 'X', 'Plus', 'Max'])}"
        return (
            capitalized(self.invented())
            if draw < 0.93
            else f"{capitalized(self.word())} {capitalized(self.invented())} {last}"
        )

    def value(self) -> str:
        """Anything a field of a form may hold."""
        return self.pick(
            [
                *(self.name, self.order, self.order, self.product, self.product, self.date, self.amount, self.email),
                *(self.number, self.noun_phrase, self.place, self.code),
            ]
        )()

    def place(self) -> str:
        return self.pick(self.lexicon.places) if self.chance(0.7) else capitalized(self.invented())

    def sentence(self) -> str:
        """A plain statement without its full stop."""
        name, verb, thing = self.name(), self.pick(self.lexicon.verbs), self.noun_phrase()
        return self.pick(
            [
                f"{name} will {verb} the {thing} in {self.place()}",
                f"the {thing} is {self.pick(self.lexicon.adjectives)}",
                f"please {verb} the {thing} for {name}",
                f"I need to {verb} a {thing}",
                f"we {verb} the {thing} and the {self.noun_phrase()}",
                f"{thing} with {self.noun_phrase()}",
                f"{name} and {self.name()} {verb} the {thing}",
                f"the {thing} was {self.pick(self.lexicon.adjectives)} {self.pick(_RECENTLY)}",
                f"I have a {thing} and a {self.noun_phrase()}",
                f"my {self.word()} is {self.pick(self.lexicon.adjectives)}",
            ]
        )

    def cased(self, text: str) -> str:
        draw = self.rng.random()
        return capitalized(text) if draw < 0.5 else text if draw < 0.95 else text.upper()

    def noted(self, phrase: str) -> str:
        """``phrase`` inside a short note, as somebody would jot it down. Sometimes nothing but the phrase."""
        if self.chance(0.3):
            return self.cased(phrase) + self.pick(["", "", ".", "?"])
        age, name = self.rng.randint(1, 95), self.pick(self.lexicon.names)
        note = self.pick(
            [
                f"she has {phrase}",
                f"he came in with {phrase}",
                f"my {self.pick(['mother', 'father', 'son', 'wife'])} has {phrase}",
                f"{name}, {age} years old, {phrase}",
                f"{name} suffers from {phrase}",
                f"known {phrase}",
                f"history of {phrase}",
                f"{phrase} since {self.pick(['last week', 'yesterday', 'Monday', 'three days', 'many years'])}",
                f"seen today for {phrase}",
                f"complains of {phrase}",
                f"worried about {phrase}",
                f"{self.noun_phrase()}, {phrase}",
                f"{phrase} and {self.noun_phrase()}",
                f"note: {phrase}",
                f"case: {phrase}",
                f"visit because of {phrase}",
                f"{age} y/o {self.pick(['man', 'woman', 'male', 'female', 'boy', 'girl'])} with {phrase}",
                f"{phrase}, {self.word()}",
                f"it looks like {phrase}",
                f"we think it is {phrase}",
                f"{phrase} again",
                f"is this {phrase}?",
                f"report: {phrase}",
                f"{phrase}. {capitalized(self.sentence())}",
                f"{self.sentence()}. {capitalized(phrase)}",
                f"sign of {phrase}",
                f"the {self.word()} shows {phrase}",
                f"there is {phrase}",
                f"I see {phrase} here",
                f"{phrase} was found",
            ]
        )
        words = note.split(" ")
        if self.chance(0.15):
            words.insert(self.rng.randrange(len(words) + 1), self.word())
        return self.cased(" ".join(words)) + self.pick(["", "", ".", " Thanks."])

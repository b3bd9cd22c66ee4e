"""What is remembered of a dataset: small numbers for each line, in indexes that the dataset rules ask.

An index is told of a line at the cost of one look-up, and knows no text: 60 to 140 bytes a line, whatever its length.
"""

from __future__ import annotations

import json
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from typing import Any
from zlib import crc32

from ftdesk.validation.record import ABSENT, Line
from ftdesk.validation.repeats import Repeats
from ftdesk.validation.rule import Fact, Index

# Equal values, and no others, are written alike.
_written = json.JSONEncoder(sort_keys=True, ensure_ascii=False, check_circular=False).encode

_ANSWER_BITS = 16
_ANSWER_MASK = (1 << _ANSWER_BITS) - 1
_SHORT_ANSWER = 40
_HALF_OCTAVE_BITS = 6
_SCRIPT_BITS = 5
_FEWEST_LETTERS = 12
_SAMPLED_LETTERS = 24
_MOSTLY_ASCII = 1.2  # bytes in UTF-8 for each character; in Cyrillic and the like it is two, in Chinese three
# By the beginnings of Unicode's blocks; the ranges between are of no script that is told apart here.
_SCRIPTS: tuple[tuple[int, int, str], ...] = (
    (0x0041, 0x024F, "Latin"),
    (0x0370, 0x03FF, "Greek"),
    (0x0400, 0x052F, "Cyrillic"),
    (0x0590, 0x05FF, "Hebrew"),
    (0x0600, 0x077F, "Arabic"),
    (0x0900, 0x097F, "Devanagari"),
    (0x0E00, 0x0E7F, "Thai"),
    (0x3040, 0x30FF, "Chinese or Japanese"),
    (0x4E00, 0x9FFF, "Chinese or Japanese"),
    (0x1100, 0x11FF, "Korean"),
    (0xAC00, 0xD7AF, "Korean"),
)
SCRIPTS: tuple[str, ...] = ("", *dict.fromkeys(name for _, _, name in _SCRIPTS))
"""Scripts by number; 0 is none in particular."""


class Sizes:
    """How many examples there are, how many of them hold images, and how many bytes the file has.

    An LF is counted with each line; where the last has none, ``bytes`` begins at -1.
    """

    def __init__(self) -> None:
        self.examples = 0
        self.with_images = 0
        self.bytes = 0

    @staticmethod
    def fact(line: Line) -> Fact:
        has_images = not line.plain and b'"image_url"' in line.raw
        return len(line.raw) << 2 | has_images << 1 | (not line.blank)

    def add(self, key: int, fact: Fact, sign: int = 1) -> None:  # noqa: ARG002 - every index is told the key
        if fact is not None:
            self.examples += sign * (fact & 1)
            self.with_images += sign * (fact >> 1 & 1)
            self.bytes += sign * ((fact >> 2) + 1)  # with its LF

    def remove(self, key: int, fact: Fact) -> None:
        self.add(key, fact, -1)


class Twins:
    """Which lines have the same prompt, and which of those the same answer.

    A fact is 46 bits of a digest of the prompt, then whether the answer is short, then 16 bits of a checksum of it.
    Among a million prompts the chance that two different ones agree is below one in a hundred; one in 65,536 different
    answers to the same prompt is taken for the same: which examples are copies is for ``Copies`` to say. Spaces outside
    of texts, escapes and the order of keys make no difference.
    """

    def __init__(self) -> None:
        self._repeats = Repeats(_ANSWER_BITS + 1)

    @staticmethod
    def fact(line: Line) -> Fact:
        if line.value is ABSENT:
            return None
        prompt, answer, short = _texts(line.value)
        return _pair(prompt.encode(), answer.encode(), is_short=short)[0]

    def add(self, key: int, fact: Fact) -> None:
        if fact is not None:
            self._repeats.add(key, fact)

    def remove(self, key: int, fact: Fact) -> None:
        if fact is not None:
            self._repeats.remove(key, fact)

    def same_prompts(self) -> Iterator[Mapping[int, int]]:
        """The keys of lines with the same prompt, several each, with their facts."""
        return self._repeats.groups()


def has_short_answer(fact: int) -> bool:
    """Whether the fact is one of an answer of up to 40 characters on one line, as labels and codes are."""
    return bool(fact >> _ANSWER_BITS & 1)


class Copies:
    """Which lines hold the same example, as ``Twins`` compares them.

    A fact is 62 bits of a digest of prompt and answer: among a million different examples the chance that any two agree
    is one in nine million, so that a copy may be removed.
    """

    def __init__(self) -> None:
        self._repeats = Repeats(0)

    @staticmethod
    def fact(line: Line) -> Fact:
        if line.value is ABSENT:
            return None
        prompt, answer, short = _texts(line.value)
        return _pair(prompt.encode(), answer.encode(), is_short=short)[1]

    def add(self, key: int, fact: Fact) -> None:
        if fact is not None:
            self._repeats.add(key, fact)

    def remove(self, key: int, fact: Fact) -> None:
        if fact is not None:
            self._repeats.remove(key, fact)

    def same_examples(self) -> Iterator[Iterable[int]]:
        """The keys of lines with the same example, several each."""
        return self._repeats.groups()


class Traits:
    """Which lines share a system message, a short answer, the script of the answer, and about its length."""

    def __init__(self) -> None:
        self.systems = Groups()
        self.labels = Groups()
        self.scripts = Groups()
        self.lengths = Groups()

    @staticmethod
    def fact(line: Line) -> Fact:
        """16 bits for the system message and the short answer each, then script, then length. 0 in each is none."""
        value = line.value
        messages = value.get("messages") if isinstance(value, dict) else None
        if not isinstance(messages, list) or not messages:
            return None
        last = messages[-1]
        answer = last.get("content") if isinstance(last, dict) and last.get("role") == "assistant" else None
        if not isinstance(answer, str) or not answer:
            return None
        first = messages[0]
        system = first.get("content") if isinstance(first, dict) and first.get("role") == "system" else None
        return _traits(system if isinstance(system, str) else None, answer, len(answer.encode()))

    def add(self, key: int, fact: Fact) -> None:
        if fact is not None:
            for group, number in zip(self._groups(), _unpacked(fact), strict=True):
                group.add(key, number)

    def remove(self, key: int, fact: Fact) -> None:
        if fact is not None:
            for group, number in zip(self._groups(), _unpacked(fact), strict=True):
                group.remove(key, number)

    def _groups(self) -> tuple[Groups, ...]:
        return self.systems, self.labels, self.scripts, self.lengths


INDEXES: tuple[type[Index], ...] = (Twins, Copies, Traits, Sizes)


def facts_of(line: Line) -> tuple[Fact, ...]:
    """What each of ``INDEXES`` remembers of a line."""
    if not line.plain:
        return Twins.fact(line), Copies.fact(line), Traits.fact(line), Sizes.fact(line)
    # Most lines are plain; of these, each text is looked at once.
    *prompt, last = line.value["messages"]
    pieces: list[str] = []
    for message in prompt:
        content = message["content"]
        pieces += (message["role"], str(len(content)), content)
    answer = last["content"]
    encoded = answer.encode()
    return (
        *_pair("\0".join(pieces).encode(), encoded, is_short=_is_short(answer)),
        _traits(pieces[2] if pieces[0] == "system" else None, answer, len(encoded)),
        len(line.raw) << 2 | 1,
    )


class Groups:
    """Keys, below 2³², by a small number, in order: 4 bytes a key."""

    def __init__(self) -> None:
        self._keys: dict[int, array[int]] = {}
        self.total = 0

    def add(self, key: int, number: int) -> None:
        keys = self._keys.get(number)
        if keys is None:
            keys = self._keys[number] = array("I")
        if not keys or key > keys[-1]:
            keys.append(key)
        else:
            keys.insert(bisect_left(keys, key), key)
        self.total += 1

    def remove(self, key: int, number: int) -> None:
        keys = self._keys.get(number)
        position = -1 if keys is None else bisect_left(keys, key)
        if keys is None or position == len(keys) or keys[position] != key:
            return
        del keys[position]
        self.total -= 1
        if not keys:
            del self._keys[number]

    def keys(self, number: int) -> Sequence[int]:
        return self._keys.get(number, ())

    def items(self) -> Iterator[tuple[int, Sequence[int]]]:
        """Each number and its keys."""
        yield from self._keys.items()

    def largest(self) -> tuple[int, Sequence[int]]:
        """The number with the most keys; of several the least number."""
        return min(self._keys.items(), key=lambda item: (-len(item[1]), item[0]), default=(0, ()))


def _unpacked(fact: int) -> tuple[int, int, int, int]:
    """The numbers of the system message, the short answer, the script and the half octave of the length."""
    length = fact & (1 << _HALF_OCTAVE_BITS) - 1
    fact >>= _HALF_OCTAVE_BITS
    script = fact & (1 << _SCRIPT_BITS) - 1
    fact >>= _SCRIPT_BITS
    return fact >> 16, fact & 0xFFFF, script, length


def _pair(prompt: bytes, answer: bytes, *, is_short: bool) -> tuple[int, int]:
    """The facts of a prompt and its answer for ``Twins`` and ``Copies``."""
    digest = sha256(prompt)
    of_prompt = int.from_bytes(digest.digest()[:6], "little") >> 2
    digest.update(b"\0\0")  # no role is empty, and JSON has no such character: here the answer begins
    digest.update(answer)
    of_both = int.from_bytes(digest.digest()[:8], "little") >> 2
    return of_prompt << _ANSWER_BITS + 1 | is_short << _ANSWER_BITS | crc32(answer) & _ANSWER_MASK, of_both


def _traits(system: str | None, answer: str, answer_bytes: int) -> int:
    """The fact of a system message and an answer, of which the length in UTF-8 is known."""
    label = _number(answer.strip().casefold()) if _is_short(answer) else 0
    packed = (0 if system is None else _number(system)) << 16 | label
    return (packed << _SCRIPT_BITS | _script(answer, answer_bytes)) << _HALF_OCTAVE_BITS | _half_octave(len(answer))


def _number(text: str) -> int:
    """1 to 65,535 for a text."""
    return crc32(text.encode()) % 0xFFFF + 1


def _half_octave(length: int) -> int:
    """Twice the binary logarithm, rounded down: 1, 1.5, 2, 3, 4, 6, 8 … begin a new number."""
    return 2 * length.bit_length() + (length >> max(length.bit_length() - 2, 0) & 1)


def _is_short(answer: str) -> bool:
    return len(answer) <= _SHORT_ANSWER and "\n" not in answer


def _script(text: str, encoded_bytes: int) -> int:
    """The script of most letters of ``text``, a sample of a long one; 0 where few letters or none prevail."""
    if encoded_bytes < _MOSTLY_ASCII * len(text):
        return 1 if len(text) > 2 * _FEWEST_LETTERS else 0
    letters = [letter for letter in text[:: max(1, len(text) // (2 * _SAMPLED_LETTERS))] if letter.isalpha()]
    if len(letters) < _FEWEST_LETTERS:
        return 0
    counts = [0] * len(SCRIPTS)
    for script in map(_script_of, letters):
        counts[script] += 1
    most = max(range(1, len(SCRIPTS)), key=counts.__getitem__)
    return most if 2 * counts[most] > len(letters) else 0


@lru_cache(8192)  # texts use few different letters
def _script_of(letter: str) -> int:
    code = ord(letter)
    return next((SCRIPTS.index(name) for first, last, name in _SCRIPTS if first <= code <= last), 0)


def _texts(value: Any) -> tuple[str, str, bool]:
    """Prompt and answer of any example, and whether the answer is short. Weights and names belong to the prompt.

    Where nobody asks, the whole example is the prompt: only a copy of it is its twin. So it is with preferences, as one
    prompt may have many.
    """
    prompt, answer = _parted(value) if isinstance(value, dict) else (value, None)
    text = answer.get("content") if isinstance(answer, dict) else None
    return _written(prompt), _written(answer), isinstance(text, str) and _is_short(text)


def _parted(value: Mapping[str, Any]) -> tuple[Any, Any]:
    messages = value.get("messages")
    if not isinstance(messages, list) or not any(_role(message) == "user" for message in messages):
        return value, None
    rest = {key: value[key] for key in value if key != "messages"}
    if _role(messages[-1]) != "assistant":
        return messages, rest
    last = messages[-1]
    said = {key: last[key] for key in last if key not in {"role", "weight", "name"}}
    return [messages[:-1], rest, {key: last[key] for key in last if key in {"weight", "name"}}], said


def _role(message: Any) -> Any:
    return message.get("role") if isinstance(message, dict) else None

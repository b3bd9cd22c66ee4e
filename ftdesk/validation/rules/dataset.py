"""Rules about what an example has to do with the others."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from hashlib import blake2b
from typing import Any

from ftdesk.validation.record import ABSENT, Line
from ftdesk.validation.requirements import Requirements
from ftdesk.validation.rule import Fact, Problem, dataset_rule
from ftdesk.validation.wording import counted


def _example(question: str, answer: str) -> bytes:
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return json.dumps({"messages": messages}).encode() + b"\n"


_TEN = b"".join(_example(f"{number} + {number}?", f"{2 * number}.") for number in range(10))


class _Count:
    """How many lines hold an example."""

    def __init__(self, requirements: Requirements) -> None:
        self._least = requirements.min_examples
        self._count = 0

    def add(self, key: int, fact: Fact) -> None:  # noqa: ARG002 - every index is told the key
        self._count += fact is not None

    def remove(self, key: int, fact: Fact) -> None:  # noqa: ARG002
        self._count -= fact is not None

    def problems(self, line_of: Callable[[int], int]) -> Iterator[tuple[int | None, Problem]]:  # noqa: ARG002
        if self._count < self._least:
            yield None, Problem(f"The file has {counted(self._count, 'example')}; at least {self._least} are needed.")


class _Copies:
    """Which lines have the same digest. Only digests that occur again cost a list."""

    def __init__(self, requirements: Requirements) -> None:  # noqa: ARG002 - every index is told the requirements
        self._single: dict[int, int] = {}
        self._several: dict[int, set[int]] = {}

    def add(self, key: int, fact: Fact) -> None:
        if fact is None:
            return
        if fact in self._several:
            self._several[fact].add(key)
        elif fact in self._single:
            self._several[fact] = {self._single.pop(fact), key}
        else:
            self._single[fact] = key

    def remove(self, key: int, fact: Fact) -> None:
        if fact is None:
            return
        copies = self._several.get(fact)
        if copies is None:
            self._single.pop(fact, None)
            return
        copies.discard(key)
        if len(copies) == 1:
            self._single[fact] = copies.pop()
            del self._several[fact]

    def problems(self, line_of: Callable[[int], int]) -> Iterator[tuple[int | None, Problem]]:
        for keys in self._several.values():
            first, *copies = sorted(keys, key=line_of)
            for key in copies:
                yield key, Problem(f"The example is the same as on line {line_of(first):,}.", fix="remove-duplicate")


@dataset_rule(
    "too-few-examples",
    "error",
    "There are too few examples",
    why="OpenAI trains on ten examples at least, and recommends to start with fifty good ones.",
    good=_TEN,
    bad=_TEN[: _TEN.rindex(b"\n", 0, -1) + 1],
    index=_Count,
)
def too_few_examples(line: Line) -> Fact:
    return None if line.blank else 1


@dataset_rule(
    "duplicate-example",
    "warning",
    "An example stands in the file twice",
    why="A copy is paid for again and weighs double. Copies that end up on both sides of a split make scores look too "
    "good.",
    good=_TEN,
    bad=_TEN + _TEN[: _TEN.index(b"\n") + 1],
    index=_Copies,
)
def duplicate_example(line: Line) -> Fact:
    """A digest of the value: spaces, escapes and the order of keys make no difference. 64 bits of BLAKE2.

    Among a million examples the chance that two different ones agree is below one in ten million.
    """
    if line.value is ABSENT:
        return None
    pieces: list[str] = []
    if line.plain:
        for message in line.value["messages"]:
            pieces += (message["role"], str(len(message["content"])), message["content"])
    else:
        _collect(line.value, pieces)
    return int.from_bytes(blake2b("\0".join(pieces).encode(), digest_size=8).digest(), "little")


def _collect(value: Any, pieces: list[str]) -> None:
    """Take ``value`` apart so that only equal values give equal pieces. Faster than writing it as JSON."""
    kind = type(value)
    if kind is str:
        pieces += (f'"{len(value)}', value)
    elif kind is dict:
        pieces.append(f"{{{len(value)}")
        for key in sorted(value):
            pieces.append(key)
            _collect(value[key], pieces)
    elif kind is list:
        pieces.append(f"[{len(value)}")
        for item in value:
            _collect(item, pieces)
    else:
        pieces.append(repr(value))

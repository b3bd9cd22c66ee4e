"""Splits a dataset into training, validation and test so that nothing asked in one part is asked in another."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from ftdesk.dataset.lines import FileLines
from ftdesk.dataset.record import Record, content_text, read_record
from ftdesk.errors import InputError
from ftdesk.storage.files import FileRange, write_atomic
from ftdesk.storage.folders import make_folder

Part = Literal["train", "validation", "test"]
PARTS: tuple[Part, ...] = get_args(Part)


@dataclass(frozen=True, slots=True)
class Amount:
    """How much of a dataset: a number of examples, or a share of them between 0 and 1."""

    count: int | None = None
    share: float | None = None

    @staticmethod
    def parse(text: str) -> Amount:
        """Read ``20%`` or ``30``. Raises ``InputError``."""
        number, percent, rest = text.strip().partition("%")
        try:
            if not percent:
                amount = Amount(count=int(number))
            else:
                amount = Amount(share=float(number) / 100)
        except ValueError:
            rest = text
            amount = Amount()
        if rest or not ((amount.count or 0) > 0 or 0 < (amount.share or 0) < 1):
            raise InputError(
                f"“{text}” is not an amount of examples.", hint="Write a share like 20% or a number like 30."
            )
        return amount

    def of(self, examples: int) -> int:
        """The number of examples, at least one."""
        return self.count if self.count is not None else max(1, round((self.share or 0) * examples))


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A line that is no example and so in no part. ``line`` counts from 1."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Split:
    """Line numbers of each part, from 0 and in the order of the file.

    ``joined`` counts the examples that share their side with another because they ask the same or belong to one group;
    ``ungrouped`` those without the field to group by.
    """

    parts: Mapping[Part, tuple[int, ...]]
    left_out: tuple[LeftOut, ...]
    joined: int
    ungrouped: int


def split_examples(
    lines: Iterable[bytes], *, test: Amount, validation: Amount | None = None, seed: int = 0, group_by: str | None = None
) -> Split:
    """Deal out lines. The same lines and seed give the same parts, in whatever order the lines stand.

    Examples stay together when they ask the same (compared without case, white space and punctuation) or when their field
    ``group_by``, a top-level key or a path such as ``metadata.patient``, has the same value. Raises ``InputError``
    when the parts cannot be had.
    """
    examples: list[_Example] = []
    left_out: list[LeftOut] = []
    for index, line in enumerate(lines):
        record = read_record(line)
        if record.kind in {"blank", "broken"}:
            left_out.append(LeftOut(index + 1, record.problem))
        else:
            examples.append(_example(index, record, group_by))
    ungrouped = sum(group_by is not None and len(example.keys) == 1 for example in examples)
    if group_by is not None and examples and ungrouped == len(examples):
        raise InputError(
            f"No example has a field “{group_by}”.", hint="Name a top-level key, or a path such as metadata.patient."
        )
    groups = _groups(examples)
    parts = _dealt(groups, len(examples), test, validation, seed)
    joined = sum(len(group.lines) for group in groups if len(group.lines) > 1)
    return Split(parts, tuple(left_out), joined, ungrouped)

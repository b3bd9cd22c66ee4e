"""One row of a file of another program, before anybody knows what it means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class SourceRow:
    """``number`` counts from 1: the line of a JSONL file, else the record. ``problem`` says why there is no value.

    In a row ``from_table`` every column is a key, so that a null there is an empty cell and not a value.
    """

    number: int
    value: Any
    problem: str = ""
    from_table: bool = False

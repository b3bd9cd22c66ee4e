"""The prompts of a test file, for a check that none of them is trained on."""

from __future__ import annotations

from pathlib import Path

from ftdesk.validation.indexes import Twins, prompt_of
from ftdesk.validation.reading import open_training_file, read_blocks
from ftdesk.validation.record import read_line
from ftdesk.validation.rule import Against


def read_against(path: Path) -> Against:
    """Read a test file of any size; lines that are no example are passed over.

    Raises ``InputError`` if it cannot be read, is empty or is not text.
    """
    prompts: dict[int, int] = {}
    file, _ = open_training_file(path)
    with file:
        lines = (raw for block, _ in read_blocks(file, path) for raw in block)
        for number, raw in enumerate(lines, 1):
            fact = Twins.fact(read_line(raw, first=number == 1))
            if fact is not None:
                prompts.setdefault(prompt_of(fact), number)
    return Against(str(path), prompts)

"""Rows of text in aligned columns."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence


def table(rows: Sequence[Sequence[str]]) -> str:
    """Lines with the first column flush left and the others flush right. All rows have the same number of cells."""
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    return "\n".join(_line(row, widths).rstrip() for row in rows)


def width(text: str) -> int:
    """How many columns of a terminal ``text`` takes: East Asian characters and emoji two, combining marks none."""
    return sum(_columns(character) for character in text)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [row[0] + " " * (widths[0] - width(row[0]))]
    cells += [" " * (wide - width(cell)) + cell for cell, wide in zip(row[1:], widths[1:], strict=True)]
    return "  ".join(cells)


def _columns(character: str) -> int:
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1

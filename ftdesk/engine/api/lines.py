"""Lines of files that are too large to be held, and may be one line."""

from __future__ import annotations

from pathlib import Path

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class LineCounter:
    """Counts the lines with text in bytes that come in pieces."""

    def __init__(self) -> None:
        self._ended = 0
        self._has_text = False

    def feed(self, piece: bytes) -> None:
        *whole, last = piece.split(b"\n")
        for line in whole:
            self._ended += self._has_text or bool(line.strip())
            self._has_text = False
        self._has_text = self._has_text or bool(last.strip())

    @property
    def count(self) -> int:
        return self._ended + self._has_text


def first_line(path: Path, longest: int) -> tuple[int, bytes, bool]:
    """Number and bytes of the first line with text, and whether it was cut off after ``longest`` bytes.

    A file without any gives an empty line 1.
    """
    number = 1
    with path.open("rb") as file:
        start = len(BYTE_ORDER_MARK) if file.read(len(BYTE_ORDER_MARK)) == BYTE_ORDER_MARK else 0
        file.seek(start)
        while piece := file.readline(longest):
            if not piece.isspace():
                return number, piece, len(piece) == longest and not piece.endswith(b"\n")
            number += piece.endswith(b"\n")
    return 1, b"", False

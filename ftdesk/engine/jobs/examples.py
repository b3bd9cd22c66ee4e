"""The examples of a file without holding them in memory."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, overload

from typing_extensions import override

from ftdesk.engine.trainers.protocol import Example


def lines_of(path: Path) -> Iterator[tuple[int, bytes]]:
    """Number (from 1) and bytes of every line that is not blank. A byte order mark is not part of the first line."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
            if not text.isspace() and text:
                yield number, text


class FileExamples(Sequence[Example]):
    """Parsed lines of a JSONL file by position: eight bytes of memory each, read and parsed when asked for.

    The file must have passed validation.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self._starts = array("Q")
        start = 0
        for number, line in enumerate(self._file):
            if line.strip(b"\xef\xbb\xbf \t\r\n\v\f" if number == 0 else None):
                self._starts.append(start)
            start += len(line)

    @override
    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, index: int) -> Example: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Example]: ...
    @override
    def __getitem__(self, index: int | slice) -> Example | Sequence[Example]:
        if isinstance(index, slice):
            return [self[position] for position in range(*index.indices(len(self)))]
        self._file.seek(self._starts[index])
        example: dict[str, Any] = json.loads(self._file.readline().removeprefix(b"\xef\xbb\xbf"))
        return example

    def close(self) -> None:
        self._file.close()

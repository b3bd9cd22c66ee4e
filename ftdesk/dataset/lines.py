"""Lines of a file by offset: found once, read when needed."""

from __future__ import annotations

import errno
import os
from array import array
from pathlib import Path

from ftdesk.errors import InputError

_CHUNK = 1 << 20


class FileLines:
    """The lines of a file as it was when opened, split at LF and nothing else, as every other program numbers them.

    Offsets cost 8 bytes a line; the text stays on disk. Reads go through ``read``, not through a memory map: when
    another program truncates the file, that is an error here and not the end of the process.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = path.open("rb", buffering=0)
        except OSError as error:
            raise unreadable(path, error) from error
        self._starts = array("Q", [0])
        try:
            self.stat = os.fstat(self._file.fileno())
            self._index()
        except OSError as error:
            self._file.close()
            raise unreadable(path, error) from error

    def __len__(self) -> int:
        return len(self._starts) - 1

    def read(self, line: int) -> bytes:
        """The bytes of a line without its LF. Raises ``InputError`` when the file is shorter than it was."""
        start, end = self._starts[line], self._starts[line + 1]
        last = line == len(self) - 1
        size = end - start - (0 if last and not self.final_newline else 1)
        try:
            self._file.seek(start)
            content = self._file.read(size)
            while len(content) < size and (more := self._file.read(size - len(content))):
                content += more
        except OSError as error:
            raise unreadable(self.path, error) from error
        if len(content) != size:
            raise InputError(
                f"{self.path} became shorter while it was open.", hint="Another program changed it; reload the file."
            )
        return content

    def close(self) -> None:
        self._file.close()

    def _index(self) -> None:
        starts, position, last = self._starts, 0, b""
        while chunk := self._file.read(_CHUNK):
            found = chunk.find(b"\n")
            while found >= 0:
                starts.append(position + found + 1)
                found = chunk.find(b"\n", found + 1)
            position += len(chunk)
            last = chunk[-1:]
        self.final_newline = last == b"\n"
        if position and not self.final_newline:
            starts.append(position)


def unreadable(path: Path, error: OSError) -> InputError:
    """What a person can do about a file that does not open."""
    reasons = {
        errno.ENOENT: ("there is no such file", "Check the name."),
        errno.EISDIR: ("it is a folder", "Name a .jsonl file in it."),
        errno.EACCES: ("you have no permission to read it", "Change its permissions or choose another file."),
    }
    reason, hint = reasons.get(error.errno or 0, (error.strerror or str(error), "Check the file and try again."))
    return InputError(f"Cannot read {path}: {reason}.", str(error), hint)

"""Lines of a file by offset: found once, read when needed."""

from __future__ import annotations

import errno
import os
import stat
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from io import BytesIO
from itertools import accumulate
from pathlib import Path

from ftdesk.errors import InputError
from ftdesk.storage.files import FileRange, read_at

_BLOCK = 1 << 20
"""Read at once while indexing: it stays in the processor's cache while it is searched."""
# Without O_NONBLOCK, opening a pipe that nobody writes to would wait for ever.
_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)


class FileLines:
    """The lines of a file as it was when opened. Only LF ends a line, as other programs number them.

    Offsets cost 8 bytes a line; the text stays on disk. Reading goes through ``pread`` and not through a memory map:
    when another program truncates the file, that is an error here and not the end of the process.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._starts = array("Q", [0])
        self.final_newline = False
        try:
            self._descriptor = os.open(path, _READ)
        except OSError as error:
            raise unreadable(path, error) from error
        try:
            self.stat = os.fstat(self._descriptor)
            self._index()
        except OSError as error:
            os.close(self._descriptor)
            raise unreadable(path, error) from error
        self._open = True

    def duplicate(self) -> FileLines:
        """The same lines of the same file, to be closed on their own. Raises ``OSError`` when these are closed."""
        if not self._open:  # the number of a closed descriptor may be another file's by now
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        copy = object.__new__(FileLines)
        copy.__dict__.update(self.__dict__)
        copy._descriptor = os.dup(self._descriptor)
        return copy

    def __len__(self) -> int:
        return len(self._starts) - 1

    def is_intact(self) -> bool:
        """Whether the bytes are still those that were indexed. A file that was replaced is; one written over is not."""
        now = os.fstat(self._descriptor)
        return now.st_size == self.stat.st_size and now.st_mtime_ns == self.stat.st_mtime_ns

    def check(self) -> None:
        """Raises ``InputError`` when another program has written into the file that is open here."""
        if not self.is_intact():
            raise InputError(
                f"{self.path} was written over by another program while it was open.",
                hint="Reload it, or merge your edits with it.",
            )

    def read(self, line: int) -> bytes:
        """The bytes of a line without its LF. Raises ``InputError`` when the file was changed in place."""
        self.check()
        start, end = self._starts[line], self._starts[line + 1]
        if self.final_newline or line < len(self) - 1:
            end -= 1
        return self._read(start, end - start)

    def read_some(self, first: int, count: int, most_bytes: int) -> list[bytes]:
        """Up to ``count`` lines from ``first`` on in one look at the disk: at least one, ``most_bytes`` at most.

        Raises ``InputError`` when the file was changed in place.
        """
        self.check()
        begin, last = self._starts[first], min(first + count, len(self))
        end = max(first + 1, bisect_right(self._starts, begin + most_bytes, first + 1, last + 1) - 1)
        lines = self._read(begin, self._starts[end] - begin).split(b"\n")
        return lines[: end - first]

    def chunks(self, size: int = 1 << 20) -> Iterator[tuple[int, bytes]]:
        """All lines in order, many at a time: the number of the first (from 0) and the bytes with their LFs."""
        first = 0
        while first < len(self):
            last = first + 1
            while last < len(self) and self._starts[last + 1] - self._starts[first] <= size:
                last += 1
            yield first, self._read(self._starts[first], self._starts[last] - self._starts[first])
            first = last

    def range_of(self, first: int, count: int, *, final_newline: bool) -> FileRange:
        """Where ``count`` lines stand, for copying without reading them; the LF of the last one only if wanted."""
        start, end = self._starts[first], self._starts[first + count]
        last = first + count - 1
        if not final_newline and self.ends_with_newline(last) and end - self._starts[last] > 1:
            end -= 1
        return FileRange(self._descriptor, start, end - start)

    def lines_in_part(self, line: int, part: int) -> int:
        """How many lines from ``line`` on begin in the same ``part`` bytes of the file, counted from its beginning."""
        end = (self._starts[line] // part + 1) * part
        return bisect_left(self._starts, end, line, len(self)) - line

    def ends_with_newline(self, line: int) -> bool:
        """Whether an LF follows ``line``; only the last may lack it."""
        return self.final_newline or line < len(self) - 1

    def close(self) -> None:
        """Close the file. Safe to call twice."""
        if self._open:
            self._open = False
            os.close(self._descriptor)

    def _read(self, start: int, size: int) -> bytes:
        try:
            content = read_at(self._descriptor, start, size)
            while len(content) < size and (
                more := read_at(self._descriptor, start + len(content), size - len(content))
            ):
                content += more
        except OSError as error:
            raise unreadable(self.path, error) from error
        if len(content) != size:
            self.check()
            raise unreadable(self.path, OSError(errno.EIO, "it ends too early"))
        return content

    def _index(self) -> None:
        """Find every LF in blocks that are read, as ``wc -l`` does.

        Not through a memory map: touching a page that another program has cut off would end the process.
        """
        size = self.stat.st_size
        if stat.S_ISDIR(self.stat.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if not stat.S_ISREG(self.stat.st_mode):
            raise OSError(errno.EINVAL, "it is not a regular file")
        done = 0
        while done < size:
            block = read_at(self._descriptor, done, min(_BLOCK, size - done))
            if not block:
                raise OSError(errno.EIO, "another program shortened it while it was read")
            # No step of this is Python's own: for short lines it is twice as fast as a loop over ``find``.
            lengths = map(len, BytesIO(block))
            self._starts.extend(accumulate(lengths, initial=done + next(lengths)))
            if not block.endswith(b"\n"):
                self._starts.pop()  # the line goes on in the next block
            done += len(block)
        self.final_newline = size > 0 and self._starts[-1] == size
        if size and not self.final_newline:
            self._starts.append(size)


def unreadable(path: Path, error: OSError) -> InputError:
    """What a person can do about a file that does not open."""
    reasons = {
        errno.ENOENT: ("there is no such file", "Check the name."),
        errno.EISDIR: ("it is a folder", "Name a .jsonl file in it."),
        errno.EACCES: ("you have no permission to read it", "Change its permissions or choose another file."),
    }
    reason, hint = reasons.get(error.errno or 0, (error.strerror or str(error), "Check the file and try again."))
    return InputError(f"Cannot read {path}: {reason}.", str(error), hint)

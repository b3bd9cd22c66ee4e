"""Checks a file part by part: in this process, and a large one in several, each of which reads its own parts."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from ftdesk.dataset.lines import unreadable
from ftdesk.errors import FtdeskError, InputError
from ftdesk.validation.reading import read_lines_from, split_lines
from ftdesk.validation.tally import Tally

if TYPE_CHECKING:
    from concurrent.futures import Future

    from ftdesk.validation.line_checker import LineChecker

PART = 512 * 1024
"""Bytes of a file that are checked at a time. Small enough for the processor's cache, large enough to be handed out."""
# Below this, starting processes costs more than they save: each imports the rules, and may load a vocabulary.
_WORTH_SHARING = 8 << 20
_AHEAD = 3


class FileIdentity(NamedTuple):
    """What tells a file from another that has taken its name, and from itself after somebody wrote into it."""

    device: int
    inode: int
    size: int
    modified_ns: int

    @staticmethod
    def of(stat: os.stat_result) -> FileIdentity:
        return FileIdentity(stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns)


class PartChecker:
    """Checks parts of one file, each by its offset. Use it as a context, which has the file open."""

    def __init__(self, checker: LineChecker, path: Path, identity: FileIdentity) -> None:
        self.checker = checker
        self.path = path
        self.identity = identity
        self._descriptor = -1

    def open(self) -> None:
        """Raises ``InputError`` when the file is not the same any more."""
        try:
            self._descriptor = os.open(self.path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        except OSError as error:
            raise unreadable(self.path, error) from error
        self._require_unchanged()

    @property
    def is_open(self) -> bool:
        return self._descriptor >= 0

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def check(self, start: int) -> Tally:
        """The tally of the lines that begin in the part at ``start``, counted from 1. Raises ``InputError``."""
        content = self._read(start)
        return self.checker.check(split_lines(content), first=start == 0)

    def _read(self, start: int) -> bytes:
        self._require_unchanged()
        try:
            return read_lines_from(self._descriptor, start, min(start + PART, self.identity.size))
        except OSError as error:
            raise unreadable(self.path, error) from error

    def _require_unchanged(self) -> None:
        if FileIdentity.of(os.fstat(self._descriptor)) != self.identity:
            raise InputError(
                f"{self.path} was changed by another program while it was checked.", hint="Check it again."
            )


def check_in_order(parts: PartChecker, workers: int) -> Iterator[tuple[Tally, int]]:
    """The tally of each part in turn, and how many bytes are done. Close the iterator to stop.

    Raises ``InputError`` when the file cannot be read or is changed, ``FtdeskError`` when a worker process dies.
    """
    size = parts.identity.size
    starts = iter(range(0, size, PART))
    if workers > 1 and size >= _WORTH_SHARING:
        yield from _share_out(parts, starts, workers)
        return
    for start in starts:
        yield parts.check(start), min(start + PART, size)


def _share_out(parts: PartChecker, starts: Iterator[int], workers: int) -> Iterator[tuple[Tally, int]]:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    # A forked child would inherit the locks of a window's threads; a spawned one starts clean, on every system alike.
    context = multiprocessing.get_context("spawn")
    settings = (parts.checker, parts.path, parts.identity)
    pool = ProcessPoolExecutor(workers, context, _start_worker, settings)
    pending: deque[tuple[Future[bytes], int]] = deque()

    def first() -> tuple[Tally, int]:
        future, start = pending.popleft()
        return Tally.from_bytes(future.result()), min(start + PART, parts.identity.size)

    try:
        for start in starts:
            pending.append((pool.submit(_check_part, start), start))
            if len(pending) > _AHEAD * workers:
                yield first()
        while pending:
            yield first()
    except BrokenProcessPool as error:
        raise FtdeskError(
            "The check stopped: one of its processes was ended from outside.",
            str(error),
            "Close other programs if memory is short, and check again.",
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


_parts: list[PartChecker] = []
"""In a worker process: what it was started with."""


def _start_worker(checker: LineChecker, path: Path, identity: FileIdentity) -> None:
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is interrupted as well, and ends its workers
    _parts.append(PartChecker(checker, path, identity))


def _check_part(start: int) -> bytes:
    parts = _parts[0]
    if not parts.is_open:
        parts.open()
    return parts.check(start).to_bytes()

"""Checks a file part by part: in this process, and a large one in several, each of which reads its own parts."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Self

from ftdesk.dataset.lines import unreadable
from ftdesk.errors import FtdeskError, InputError
from ftdesk.validation.cache import CheckCache, part_key, settings_digest
from ftdesk.validation.reading import line_pieces, split_lines
from ftdesk.validation.tally import Tally

if TYPE_CHECKING:
    from concurrent.futures import Future

    from ftdesk.validation.line_checker import LineChecker

PART = 512 * 1024
"""Bytes of a file that are checked at a time. Small enough for the processor's cache, large enough to be handed out."""
# Below this, starting processes costs more than they save: each imports the rules and loads a vocabulary.
_WORTH_SHARING = 48 << 20
# Without O_NONBLOCK, opening a pipe that has taken the file's name would wait for ever.
_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
_AHEAD = 3
_THREADS = 2
_ASKED_AHEAD = 16


class FileIdentity(NamedTuple):
    """What tells a file from another that has taken its name, and from itself after somebody wrote into it."""

    device: int
    inode: int
    size: int
    modified_ns: int

    @staticmethod
    def of(stat: os.stat_result) -> FileIdentity:
        return FileIdentity(stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns)


class CheckedPart(NamedTuple):
    """``tally`` counts lines from 1. ``done`` is how many bytes of the file are checked at its end.

    ``key`` is that of the result in the cache, empty without one, and ``was_known`` says that it was there.
    """

    tally: Tally
    done: int
    key: bytes = b""
    was_known: bool = False


class PartChecker:
    """Checks parts of one file, each by its offset. Use it as a context, which has the file open."""

    def __init__(
        self,
        checker: LineChecker,
        path: Path,
        identity: FileIdentity,
        cache: CheckCache | None = None,
        settings: bytes | None = None,
    ) -> None:
        """``settings`` is the digest of what results depend on, if it is known."""
        self.checker = checker
        self.path = path
        self.identity = identity
        self.cache = cache
        self.settings = settings if settings is not None else settings_digest(checker) if cache is not None else b""
        self._descriptor = -1
        self._own = threading.local()

    def open(self) -> None:
        """Raises ``InputError`` when the file is not the same any more."""
        try:
            self._descriptor = os.open(self.path, _READ)
        except OSError as error:
            raise unreadable(self.path, error) from error
        try:
            self._require_unchanged()
        except InputError:
            self.close()
            raise

    def close(self) -> None:
        os.close(self._descriptor)
        self._descriptor = -1

    @property
    def is_open(self) -> bool:
        return self._descriptor >= 0

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def check(self, start: int) -> CheckedPart:
        """Check the lines that begin in the part at ``start``, or find the result in the cache.

        Raises ``InputError`` when the file cannot be read or is not the same any more.
        """
        pieces = self._read(start)
        key = self._key(start, pieces)
        known = self.cache.find_tally(key) if self.cache is not None else None
        if known is not None:
            return CheckedPart(known, self._end(start), key, was_known=True)
        tally = self.checker.check(split_lines(b"".join(pieces)), first=start == 0)
        if self.cache is not None:
            self.cache.keep(key, tally.to_bytes())
        return CheckedPart(tally, self._end(start), key)

    def find(self, start: int) -> CheckedPart | None:
        """The result of the part at ``start`` if it is in the cache. Several threads may ask. Raises as ``check``."""
        if self.cache is None:
            return None
        key = self._key(start, self._read(start))
        known = self.cache.find_tally(key)
        return None if known is None else CheckedPart(known, self._end(start), key, was_known=True)

    def lines(self) -> Iterator[bytes]:
        """All lines of the file, each without its LF. Raises as ``check``."""
        for start in range(0, self.identity.size, PART):
            yield from split_lines(b"".join(self._read(start)))

    def _key(self, start: int, pieces: list[memoryview | bytes]) -> bytes:
        return part_key(self.settings, pieces, first=start == 0) if self.cache is not None else b""

    def _end(self, start: int) -> int:
        return min(start + PART, self.identity.size)

    def _read(self, start: int) -> list[memoryview | bytes]:
        """The part, until this thread reads another."""
        self._require_unchanged()
        buffer: bytearray | None = getattr(self._own, "buffer", None)
        if buffer is None:
            buffer = self._own.buffer = bytearray(PART + 1)
        try:
            return line_pieces(self._descriptor, start, self._end(start), buffer)
        except OSError as error:
            raise unreadable(self.path, error) from error

    def _require_unchanged(self) -> None:
        if FileIdentity.of(os.fstat(self._descriptor)) != self.identity:
            raise InputError(
                f"{self.path} was changed by another program while it was checked.", hint="Check it again."
            )


def check_in_order(parts: PartChecker, workers: int) -> Iterator[CheckedPart]:
    """Each part in turn. Close the iterator to stop.

    Raises ``InputError`` when the file cannot be read or is changed, ``FtdeskError`` when a worker process dies.
    """
    size = parts.identity.size
    start = 0
    for known in _known(parts):
        yield known
        start += PART
    starts = iter(range(start, size, PART))
    if workers > 1 and size - start >= _WORTH_SHARING:
        yield from _share_out(parts, starts, workers)
    else:
        yield from map(parts.check, starts)


def _known(parts: PartChecker) -> Iterator[CheckedPart]:
    """The parts from the beginning on that are in the cache: as long as all is known, no process need be started."""
    if parts.cache is None:
        return
    starts = range(0, parts.identity.size, PART)
    # Reading and digests release the interpreter's lock, so threads do.
    with ThreadPoolExecutor(_THREADS) as pool:
        for first in range(0, len(starts), _ASKED_AHEAD):
            for known in list(pool.map(parts.find, starts[first : first + _ASKED_AHEAD])):
                if known is None:
                    return
                yield known


def _share_out(parts: PartChecker, starts: Iterator[int], workers: int) -> Iterator[CheckedPart]:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    # A forked child would inherit the locks of a window's threads; a spawned one starts clean, on every system alike.
    context = multiprocessing.get_context("spawn")
    given = (parts.checker, parts.path, parts.identity, parts.cache, parts.settings)
    pool = ProcessPoolExecutor(workers, context, _start_worker, given)
    pending: deque[Future[tuple[bytes, int, bytes, bool]]] = deque()

    def first() -> CheckedPart:
        packed, done, key, was_known = pending.popleft().result()
        return CheckedPart(Tally.from_bytes(packed), done, key, was_known)

    try:
        for start in starts:
            pending.append(pool.submit(_check_part, start))
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


def _start_worker(
    checker: LineChecker, path: Path, identity: FileIdentity, cache: CheckCache | None, settings: bytes
) -> None:
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is interrupted as well, and ends its workers
    _parts.append(PartChecker(checker, path, identity, cache, settings))


def _check_part(start: int) -> tuple[bytes, int, bytes, bool]:
    parts = _parts[0]
    if not parts.is_open:
        parts.open()
    tally, done, key, was_known = parts.check(start)
    return tally.to_bytes(), done, key, was_known

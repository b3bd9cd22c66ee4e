"""Shares the blocks of a large file out to processes. Counting tokens is nine tenths of a check, and it scales."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from ftdesk.errors import FtdeskError
from ftdesk.validation.tally import Tally

if TYPE_CHECKING:
    from concurrent.futures import Future

    from ftdesk.validation.checker import Checker

Block = tuple[Sequence[bytes], int]
"""Lines, and how many bytes of the file are read at their end."""

_AHEAD = 4


def check_in_order(checker: Checker, blocks: Iterable[Block], workers: int) -> Iterator[tuple[Tally, int]]:
    """The tally of each block in turn, and how many bytes are done. Close the iterator to stop.

    Blocks are checked in this process until the method is known, and with one worker all of them. Raises
    ``FtdeskError`` when a worker process dies.
    """
    line = 1
    rest = iter(blocks)
    for lines, done in rest:
        settled = checker.settle_method(line, lines)
        yield checker.check_block(line, lines), done
        line += len(lines)
        if settled and workers > 1:
            yield from _share_out(checker, rest, line, workers)


def _share_out(checker: Checker, blocks: Iterator[Block], line: int, workers: int) -> Iterator[tuple[Tally, int]]:
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    # A forked child would inherit the locks of a window's threads; a spawned one starts clean, on every system alike.
    pool = ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _start_worker, (checker,))
    pending: deque[tuple[Future[Tally], int]] = deque()
    try:
        for lines, done in blocks:
            pending.append((pool.submit(_check_block, line, lines), done))
            line += len(lines)
            if len(pending) > _AHEAD * workers:
                yield _first(pending)
        while pending:
            yield _first(pending)
    except BrokenProcessPool as error:
        raise FtdeskError(
            "The check stopped: one of its processes was ended from outside.",
            str(error),
            "Close other programs if memory is short, and check again.",
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _first(pending: deque[tuple[Future[Tally], int]]) -> tuple[Tally, int]:
    future, done = pending.popleft()
    return future.result(), done


_checkers: list[Checker] = []
"""In a worker process: the one that it was started with."""


def _start_worker(checker: Checker) -> None:
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent is interrupted as well, and ends its workers
    _checkers.append(checker)


def _check_block(line: int, lines: Sequence[bytes]) -> Tally:
    return _checkers[0].check_block(line, lines)

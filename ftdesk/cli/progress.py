"""How far a long command is: a bar on a terminal, a line now and then elsewhere.

Stdout is data, so both go to stderr.
"""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self, TextIO

_BAR_WIDTH = 30
_BAR_SECONDS = 0.1
_LINE_SECONDS = 10.0


class Progress:
    """A context in which ``show`` may be called often; it writes only when there is something new to see."""

    def __init__(self, title: str, stream: TextIO | None = None) -> None:
        self._title = title
        self._stream = stream or sys.stderr
        self._bar = self._stream.isatty()
        self._next = time.monotonic() + (_BAR_SECONDS if self._bar else _LINE_SECONDS)
        self._shown = ""

    def show(self, done: int, total: int, detail: str = "") -> None:
        """``done`` of ``total``, and what else is worth a word."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + (_BAR_SECONDS if self._bar else _LINE_SECONDS)
        share = min(done / total, 1.0) if total else 1.0
        text = f"{self._title} {share:4.0%} {detail}".rstrip()
        if self._bar:
            full = round(share * _BAR_WIDTH)
            self._rewrite(f"[{'#' * full}{'·' * (_BAR_WIDTH - full)}] {text}")
        else:
            self._stream.write(text + "\n")
            self._stream.flush()

    def note(self, text: str) -> None:
        """Write a line that stays, above the bar."""
        if self._shown:
            self._rewrite("")
            self._stream.write("\r")
            self._shown = ""
        self._stream.write(text + "\n")
        self._stream.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._shown:
            self._rewrite("")
            self._stream.write("\r")
            self._stream.flush()

    def _rewrite(self, text: str) -> None:
        """Replace the bar; blanks cover what was longer before."""
        self._stream.write("\r" + text.ljust(len(self._shown)))
        self._stream.flush()
        self._shown = text

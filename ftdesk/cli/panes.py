"""Answers on a terminal while they stream in: in columns where there is room, else one after the other."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ftdesk.cli.main import printable
from ftdesk.cli.table import width
from ftdesk.errors import FtdeskError
from ftdesk.hosts.types import ChatFinished, ModelName

_REDRAW_SECONDS = 0.1
_GAP = " │ "


@dataclass(slots=True)
class Pane:
    """One model's answer so far, and how it ended."""

    model: ModelName
    text: str = ""
    answer: ChatFinished | None = None
    error: FtdeskError | None = None

    @property
    def has_ended(self) -> bool:
        return self.answer is not None or self.error is not None

    @property
    def facts(self) -> str:
        """Who really answered, and how fast; or what went wrong."""
        if self.error is not None:
            return f"failed: {self.error.sentence}"
        if self.answer is None:
            return "…"
        answer = self.answer
        facts = [f"answered by {answer.served_model}", f"{answer.seconds:.1f} s"]
        if answer.first_token_seconds is not None:
            facts.append(f"first token after {answer.first_token_seconds:.2f} s")
        if answer.completion_tokens is not None:
            facts.append(f"{answer.completion_tokens} tokens")
        if not answer.complete:
            facts.append("cut off")
        return " · ".join(facts)


class View(Protocol):
    """Shows panes. ``update`` is called after every change, ``finish`` once at the end."""

    def update(self) -> None: ...

    def finish(self) -> None: ...


class InTurn:
    """One answer after the other. The first that has not ended streams; the others wait for their turn."""

    def __init__(self, panes: Sequence[Pane]) -> None:
        self._panes = panes
        self._turn = 0
        self._written = 0

    def update(self) -> None:
        while self._turn < len(self._panes):
            pane = self._panes[self._turn]
            if pane.text or pane.has_ended:
                self._write(pane)
            if not pane.has_ended:
                break
            newline = "" if not pane.text or pane.text.endswith("\n") else "\n"
            sys.stdout.write(printable(f"{newline}({pane.facts})\n\n"))
            self._turn, self._written = self._turn + 1, 0
        sys.stdout.flush()

    def finish(self) -> None:
        self.update()

    def _write(self, pane: Pane) -> None:
        if self._written == 0:
            sys.stdout.write(printable(f"── {pane.model}\n"))
        sys.stdout.write(printable(pane.text[self._written :]))
        self._written = max(1, len(pane.text))


class Columns:
    """All answers side by side, drawn again as they grow. While they stream, the end of what does not fit is shown."""

    def __init__(self, panes: Sequence[Pane], columns: int, lines: int) -> None:
        self._panes = panes
        self._wide = (columns - len(_GAP) * (len(panes) - 1)) // len(panes)
        self._room = max(4, lines - 2)
        self._drawn = 0
        self._drawn_at = 0.0

    @staticmethod
    def fit(panes: Sequence[Pane], columns: int) -> bool:
        """Whether each pane would get a width that one can read."""
        return columns >= len(panes) * 36

    def update(self) -> None:
        now = time.monotonic()
        if now - self._drawn_at >= _REDRAW_SECONDS:
            self._drawn_at = now
            lines = self._lines()
            self._draw([*lines[:1], *lines[1:][-self._room + 1 :]])

    def finish(self) -> None:
        self._draw(self._lines())

    def _lines(self) -> list[str]:
        cells = [
            [
                *wrapped(str(pane.model), self._wide),
                "─" * self._wide,
                *wrapped(pane.text, self._wide),
                "",
                *wrapped(pane.facts, self._wide),
            ]
            for pane in self._panes
        ]
        height = max(map(len, cells))
        rows = zip(*(column + [""] * (height - len(column)) for column in cells), strict=True)
        return [_GAP.join(cell + " " * (self._wide - width(cell)) for cell in row).rstrip() for row in rows]

    def _draw(self, lines: Sequence[str]) -> None:
        erase = f"\x1b[{self._drawn}A\x1b[J" if self._drawn else ""
        sys.stdout.write(erase + "\n".join(lines) + "\n")
        sys.stdout.flush()
        self._drawn = len(lines)


def wrapped(text: str, columns: int) -> list[str]:
    """``text`` in lines of at most ``columns``, broken at spaces where there are any, safe for a terminal."""
    lines: list[str] = []
    for paragraph in printable(text).expandtabs(4).split("\n"):
        line, wide = "", 0
        for character in paragraph:
            line += character
            wide += width(character)
            if wide > columns:
                space = line[:-1].rfind(" ") + 1
                cut = space if space and line[:space].strip() else len(line) - 1
                lines.append(line[:cut].rstrip())
                line = line[cut:]
                wide = width(line)
        lines.append(line)
    return lines

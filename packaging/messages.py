"""What the set-up tells the person. All of it goes to stderr: stdout belongs to the program that is started."""

from __future__ import annotations

import sys

WIDTH = 79
"""Of the progress line, in columns: what every terminal has, whatever it knows of escape sequences."""


class SetupError(Exception):
    """The set-up cannot go on. The text says what is wrong and what to do, for the person at the terminal."""


def say(text: str) -> None:
    """Print one line."""
    print(f"ftdesk: {text}", file=sys.stderr, flush=True)


class Progress:
    """One line on a terminal that is written over as the work goes on; elsewhere, only where it starts and ends."""

    def __init__(self, start: str) -> None:
        self._terminal = sys.stderr.isatty()
        self._open = False
        say(start)

    def show(self, text: str) -> None:
        if self._terminal:
            self._open = True
            print(f"\r{f'ftdesk: {text}'[:WIDTH]:{WIDTH}}", end="", file=sys.stderr, flush=True)

    def end(self, text: str = "") -> None:
        if self._open:
            print("\r" + " " * WIDTH + "\r", end="", file=sys.stderr, flush=True)
        self._open = False
        if text:
            say(text)

"""How the server steers a training process: words on its standard input, whose end means that the server is gone.

A pipe works alike on every system and, unlike a signal, cannot outlive its sender.
"""

from __future__ import annotations

import os
import threading
from typing import Literal

Order = Literal["pause", "leave"]
"""``pause``: save and stop. ``leave``: the same, because the server has gone; the job goes on when it is back."""

_STDIN = 0


class Orders:
    """The latest order, looked at between steps."""

    def __init__(self) -> None:
        self.order: Order | None = None

    def listen(self) -> None:
        """Read standard input in a thread that ends with the process."""
        threading.Thread(target=self._read, name="orders", daemon=True).start()

    def _read(self) -> None:
        # The raw descriptor: a daemon thread inside sys.stdin would hold its lock while the interpreter shuts down.
        text = b""
        while chunk := os.read(_STDIN, 64):
            text += chunk
            if b"pause\n" in text:
                self.order = "pause"
        self.order = "leave"

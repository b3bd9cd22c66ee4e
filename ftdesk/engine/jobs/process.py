"""A training process as the server sees it: started with a pipe to its standard input, steered by words, awaited."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
import threading
from pathlib import Path
from typing import Literal

if sys.platform == "win32":
    _LOW_PRIORITY = subprocess.BELOW_NORMAL_PRIORITY_CLASS
else:
    _LOW_PRIORITY = 0  # the process makes itself nice


class JobProcess:
    """One child. It notices by the end of its input that the server is gone, however the server went."""

    def __init__(self, command: list[str], log: Path) -> None:
        """Start it. Its output goes to the end of ``log``. Raises ``OSError``."""
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                creationflags=_LOW_PRIORITY,
            )
        loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[int] = loop.create_future()
        # Not asyncio's own subprocesses: closing their loop kills a child that is busy saving.
        threading.Thread(target=self._watch, args=(loop,), name="job process", daemon=True).start()

    async def wait(self) -> int:
        """The return code; negative for a signal."""
        return await asyncio.shield(self._ended)

    def order(self, word: Literal["pause"]) -> None:
        if self._process.stdin is not None:
            with contextlib.suppress(OSError, ValueError):
                self._process.stdin.write(word.encode() + b"\n")
                self._process.stdin.flush()

    def release(self) -> None:
        """Close its input: it saves and leaves."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def kill(self) -> None:
        self._process.kill()

    def _watch(self, loop: asyncio.AbstractEventLoop) -> None:
        code = self._process.wait()
        self.release()
        with contextlib.suppress(RuntimeError):  # the loop has closed: nobody asks any more
            loop.call_soon_threadsafe(self._ended.set_result, code)


def killed(returncode: int) -> bool:
    """Whether a process ended by a signal or its like, not by its own decision. Containers report 137 for signal 9."""
    return returncode < 0 or returncode == 137 or returncode >= 0xC0000000

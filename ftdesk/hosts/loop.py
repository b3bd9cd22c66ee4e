"""An asyncio loop in a thread of its own, so that traffic with hosts never holds up the caller's loop.

Two streams at full speed hold a Qt loop for up to 280 ms; from a thread, with deltas in batches, for about 20 ms.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from ftdesk.errors import HostUnreachableError

T = TypeVar("T")


class HostLoop:
    """Starts on first use and runs what it is given until ``aclose``. Safe to use from any other loop."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._guard = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._closed = False

    async def run(self, call: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """What ``call()`` returns or raises over there. To cancel this is to cancel that, and the other way round."""
        loop = self.started()
        if asyncio.get_running_loop() is loop:
            return await call()
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(call(), loop))

    def started(self) -> asyncio.AbstractEventLoop:
        """The loop, running. Raises ``HostUnreachableError`` after ``aclose``."""
        with self._guard:
            if self._closed:
                raise HostUnreachableError("ftdesk has closed its connections.", never_sent=True)
            if self._loop is None:
                self._loop = _new_loop()
                self._thread = threading.Thread(target=self._loop.run_forever, name=self._name, daemon=True)
                self._thread.start()
            return self._loop

    async def aclose(self) -> None:
        """Cancel what still runs, wait for it and end the thread. Safe to call twice."""
        with self._guard:
            loop, thread = self._loop, self._thread
            self._closed, self._loop, self._thread = True, None, None
        if loop is None or thread is None:
            return
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(_cancel_all(), loop))
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _new_loop() -> asyncio.AbstractEventLoop:
    # Not asyncio.new_event_loop(): under a window the policy belongs to Qt.
    if sys.platform == "win32":
        return asyncio.ProactorEventLoop()
    return asyncio.SelectorEventLoop()


async def _cancel_all() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(*tasks, return_exceptions=True)
    loop = asyncio.get_running_loop()
    await loop.shutdown_asyncgens()
    # A connection whose task was cancelled at the moment when it opened belongs to nobody. Only the loop knows of it.
    for transport in list(getattr(loop, "_transports", {}).values()):
        transport.abort()
    await asyncio.sleep(0)

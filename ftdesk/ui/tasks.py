"""Coroutines that belong to a widget: named, reported when they fail, cancelled when the widget goes."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any, TypeVar

from PySide6.QtCore import QObject

Event = TypeVar("Event")
Result = TypeVar("Result")
_SLICE_SECONDS = 0.008
"""For how long events may be applied in a row; half a frame."""


class Tasks:
    """The running tasks of one owner, each under a name. Starting a name again cancels the task that had it.

    ``on_error`` hears of every exception but cancellation. Start tasks only while the loop runs: from
    ``Panel.activated``, a slot or another task, never from a constructor.
    """

    def __init__(self, owner: QObject, on_error: Callable[[BaseException], None]) -> None:
        self._on_error = on_error
        self._running: dict[str, asyncio.Task[None]] = {}
        owner.destroyed.connect(self.cancel_all)

    def start(self, name: str, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        self.cancel(name)
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._running[name] = task
        task.add_done_callback(self._finished)
        return task

    def is_running(self, name: str) -> bool:
        return name in self._running

    def cancel(self, name: str) -> None:
        task = self._running.pop(name, None)
        if task is not None:
            task.cancel()

    def cancel_all(self) -> None:
        for name in list(self._running):
            self.cancel(name)

    async def aclose(self) -> None:
        """Cancel all and wait until they have cleaned up."""
        tasks = list(self._running.values())
        self.cancel_all()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _finished(self, task: asyncio.Task[None]) -> None:
        if self._running.get(task.get_name()) is task:
            del self._running[task.get_name()]
        if not task.cancelled() and (error := task.exception()) is not None:
            self._on_error(error)


async def consume(events: AsyncGenerator[Event, None], apply: Callable[[Event], None]) -> None:
    """Feed every event of a service's generator to ``apply``, and close the generator however that ends.

    A bare ``async for`` leaves the generator open when its body raises, and with it the connection behind it. Events
    that wait already come without any pause, however many they are; so one is made every now and then.
    """
    async with contextlib.aclosing(events) as stream:
        pause = time.monotonic() + _SLICE_SECONDS
        async for event in stream:
            apply(event)
            if time.monotonic() > pause:
                await asyncio.sleep(0)
                pause = time.monotonic() + _SLICE_SECONDS


async def in_thread(work: Callable[[], Result], stop: Callable[[], None] | None = None) -> Result:
    """The result of ``work``. A task that is cancelled calls ``stop`` and waits until the thread has ended.

    So what the thread reads can be closed when this is over.
    """
    working = asyncio.ensure_future(asyncio.to_thread(work))
    # After a cancellation nobody asks how it ended, and asyncio would complain of that.
    working.add_done_callback(lambda ended: None if ended.cancelled() else ended.exception())
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        if stop is not None:
            stop()
        await asyncio.wait([working])
        raise

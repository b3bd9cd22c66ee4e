"""Work in a thread that reads what its caller will close."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


async def in_thread(work: Callable[[], Result], stop: Callable[[], None]) -> Result:
    """The result of ``work``. A task that is cancelled calls ``stop`` and waits until the thread has ended."""
    working = asyncio.ensure_future(asyncio.to_thread(work))
    # After a cancellation nobody asks how it ended, and asyncio would complain of that.
    working.add_done_callback(lambda ended: None if ended.cancelled() else ended.exception())
    try:
        return await asyncio.shield(working)
    except asyncio.CancelledError:
        stop()
        await asyncio.wait([working])
        raise

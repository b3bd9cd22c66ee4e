"""Several streams read at once, as one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import TypeVar

T = TypeVar("T")


async def merged(streams: Sequence[AsyncGenerator[T, None]]) -> AsyncGenerator[T, None]:
    """What all ``streams`` yield, as it comes; each runs in a task of its own.

    Ends when all have ended. The first exception of one stops all and is raised here. Closing this generator (or
    cancelling whoever reads it) cancels and closes every stream before it returns: nothing runs on behind the reader.
    """
    arrived: asyncio.Queue[T | None] = asyncio.Queue()

    async def read(stream: AsyncGenerator[T, None]) -> None:
        async with aclosing(stream):
            async for value in stream:
                arrived.put_nowait(value)

    tasks = [asyncio.create_task(read(stream), name=f"merged stream {number}") for number, stream in enumerate(streams)]
    for task in tasks:
        task.add_done_callback(lambda _: arrived.put_nowait(None))
    running = len(tasks)
    try:
        while running:
            value = await arrived.get()
            if value is not None:
                yield value
                continue
            running -= 1
            for task in tasks:
                if task.done():
                    task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

"""A host's client that may be awaited on any loop: it works on the hosts' own loop and answers in batches."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Protocol, TypeVar

from ftdesk.errors import HostUnreachableError
from ftdesk.hosts.loop import HostLoop
from ftdesk.hosts.types import (
    ChatDelta,
    ChatFinished,
    ChatOptions,
    Checkpoint,
    JobEvent,
    JobRequest,
    Message,
    ModelInfo,
    RemoteFile,
    RemoteJob,
)

T = TypeVar("T")
ChatItem = ChatDelta | ChatFinished
FLUSH_SECONDS = 0.016
"""Deltas are handed over at most this often: one frame of a 60 Hz screen."""


class WireClient(Protocol):
    """Speaks with one host. Everything here runs on the hosts' loop."""

    async def models(self) -> list[ModelInfo]: ...
    async def upload(self, path: Path, *, purpose: str) -> RemoteFile: ...
    async def delete_file(self, file_id: str) -> None: ...
    async def file_content(self, file_id: str) -> bytes: ...
    async def create_job(self, request: JobRequest) -> RemoteJob: ...
    async def job(self, job_id: str) -> RemoteJob: ...
    async def jobs(self, *, metadata: Mapping[str, str] | None, limit: int) -> list[RemoteJob]: ...
    async def events(self, job_id: str, *, known: frozenset[str]) -> list[JobEvent]: ...
    async def checkpoints(self, job_id: str) -> list[Checkpoint]: ...
    async def cancel(self, job_id: str) -> RemoteJob: ...
    async def pause(self, job_id: str) -> RemoteJob: ...
    async def resume(self, job_id: str) -> RemoteJob: ...
    async def moderate(self, texts: Sequence[str]) -> list[tuple[str, ...]]: ...
    def chat(self, model: str, messages: Sequence[Message], options: ChatOptions) -> AsyncGenerator[ChatItem]: ...
    async def aclose(self) -> None: ...


class Source(Protocol):
    """Where a client comes from, and comes from again after its host went away."""

    async def client(self) -> WireClient: ...

    async def lost(self, client: WireClient) -> bool:
        """Whether the host behind ``client`` is gone and can be had back, so that a second try makes sense."""

    async def aclose(self) -> None: ...


class BridgedClient:
    """Implements ``HostClient``.

    A call that failed because the host went away is made again when that is harmless: when it is safe to repeat, or
    when the first was never sent.
    """

    def __init__(self, loop: HostLoop, source: Source) -> None:
        self._loop = loop
        self._source = source

    async def models(self) -> list[ModelInfo]:
        return await self._call(lambda client: client.models())

    async def upload(self, path: Path, *, purpose: str = "fine-tune") -> RemoteFile:
        return await self._call(lambda client: client.upload(path, purpose=purpose), repeatable=False)

    async def delete_file(self, file_id: str) -> None:
        await self._call(lambda client: client.delete_file(file_id))

    async def file_content(self, file_id: str) -> bytes:
        return await self._call(lambda client: client.file_content(file_id))

    async def create_job(self, request: JobRequest) -> RemoteJob:
        return await self._call(lambda client: client.create_job(request), repeatable=False)

    async def job(self, job_id: str) -> RemoteJob:
        return await self._call(lambda client: client.job(job_id))

    async def jobs(self, *, metadata: Mapping[str, str] | None = None, limit: int = 100) -> list[RemoteJob]:
        return await self._call(lambda client: client.jobs(metadata=metadata, limit=limit))

    async def events(self, job_id: str, *, known: frozenset[str] = frozenset()) -> list[JobEvent]:
        return await self._call(lambda client: client.events(job_id, known=known))

    async def checkpoints(self, job_id: str) -> list[Checkpoint]:
        return await self._call(lambda client: client.checkpoints(job_id))

    async def cancel(self, job_id: str) -> RemoteJob:
        return await self._call(lambda client: client.cancel(job_id), repeatable=False)

    async def pause(self, job_id: str) -> RemoteJob:
        return await self._call(lambda client: client.pause(job_id), repeatable=False)

    async def resume(self, job_id: str) -> RemoteJob:
        return await self._call(lambda client: client.resume(job_id), repeatable=False)

    async def moderate(self, texts: Sequence[str]) -> list[tuple[str, ...]]:
        return await self._call(lambda client: client.moderate(texts))

    def chat(self, model: str, messages: Sequence[Message], options: ChatOptions) -> BridgedStream:
        return BridgedStream(self._loop, lambda: self._chat(model, messages, options))

    async def aclose(self) -> None:
        with contextlib.suppress(HostUnreachableError):  # the loop is closed, and all clients with it
            await self._loop.run(self._source.aclose)

    async def _call(self, work: Callable[[WireClient], Awaitable[T]], *, repeatable: bool = True) -> T:
        async def over_there() -> T:
            client = await self._source.client()
            try:
                return await work(client)
            except HostUnreachableError as error:
                if not ((repeatable or error.never_sent) and await self._source.lost(client)):
                    raise
            return await work(await self._source.client())

        return await self._loop.run(over_there)

    async def _chat(self, model: str, messages: Sequence[Message], options: ChatOptions) -> AsyncGenerator[ChatItem]:
        for is_last in (False, True):
            client = await self._source.client()
            try:
                async with aclosing(client.chat(model, messages, options)) as answer:
                    async for item in answer:
                        yield item
            except HostUnreachableError as error:
                if is_last or not (error.never_sent and await self._source.lost(client)):
                    raise
            else:
                return


class BridgedStream:
    """Implements ``ChatStream``: pulls on the hosts' loop, delivers on the loop that iterates.

    Starts with the first ``__anext__``. The first delta is handed over at once; later ones gather for
    ``FLUSH_SECONDS`` and come as one, so that the reader's work does not grow with the number of tokens.
    """

    def __init__(self, loop: HostLoop, items: Callable[[], AsyncGenerator[ChatItem]]) -> None:
        self._over_there = loop
        self._items = items
        # Of the reader's loop:
        self._reader: asyncio.AbstractEventLoop | None = None
        self._ready: deque[ChatItem] = deque()
        self._news = asyncio.Event()
        self._ended = asyncio.Event()
        self._error: BaseException | None = None
        self._closed = False
        # Of the hosts' loop:
        self._arrived: list[ChatItem] = []
        self._flush_due: asyncio.TimerHandle | None = None
        self._flushed_at = float("-inf")
        self._task: asyncio.Task[None] | None = None

    def __aiter__(self) -> BridgedStream:
        return self

    async def __anext__(self) -> ChatItem:
        if self._reader is None and not self._closed:
            self._start()
        while not self._ready:
            if self._closed or (self._ended.is_set() and self._error is None):
                raise StopAsyncIteration
            if self._error is not None:
                error, self._error = self._error, None
                raise error
            self._news.clear()
            await self._news.wait()
        return self._ready.popleft()

    async def aclose(self) -> None:
        """Stop the answer and wait until its connection is let go, which takes milliseconds. Safe to call twice."""
        self._closed = True
        self._ready.clear()
        self._news.set()
        if self._reader is not None and not self._ended.is_set():
            with contextlib.suppress(HostUnreachableError):  # the loop is closed, and the stream with it
                self._over_there.started().call_soon_threadsafe(self._stop)
                await self._ended.wait()

    def _start(self) -> None:
        over_there = self._over_there.started()
        self._reader = asyncio.get_running_loop()
        over_there.call_soon_threadsafe(self._begin)

    # On the hosts' loop:

    def _begin(self) -> None:
        self._task = asyncio.get_running_loop().create_task(self._pull())
        self._task.add_done_callback(self._finish)

    def _stop(self) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _pull(self) -> None:
        loop = asyncio.get_running_loop()
        async with aclosing(self._items()) as items:
            async for item in items:
                self._arrived.append(item)
                wait = self._flushed_at + FLUSH_SECONDS - time.monotonic()
                if wait <= 0:
                    self._flush()
                    # Items that have arrived already come without a pause; others of this loop want their turn.
                    await asyncio.sleep(0)
                elif self._flush_due is None:
                    self._flush_due = loop.call_later(wait, self._flush)

    def _flush(self) -> None:
        if self._flush_due is not None:
            self._flush_due.cancel()
            self._flush_due = None
        self._flushed_at = time.monotonic()
        if self._arrived:
            items = _joined(self._arrived)
            self._arrived = []
            self._hand_over(lambda: self._receive(items))

    def _finish(self, task: asyncio.Task[None]) -> None:
        self._flush()
        if task.cancelled():
            error: BaseException | None = HostUnreachableError(
                "The connection was closed before the answer was complete."
            )
        else:
            error = task.exception()
        self._hand_over(lambda: self._end(error))

    def _hand_over(self, call: Callable[[], None]) -> None:
        if self._reader is None:
            return
        try:
            self._reader.call_soon_threadsafe(call)
        except RuntimeError:  # the reader's loop is closed: nobody will ever ask again
            self._stop()

    # On the reader's loop:

    def _receive(self, items: list[ChatItem]) -> None:
        if not self._closed:
            self._ready.extend(items)
            self._news.set()

    def _end(self, error: BaseException | None) -> None:
        self._error = None if self._closed else error
        self._ended.set()
        self._news.set()


def _joined(items: list[ChatItem]) -> list[ChatItem]:
    """The same answer in as few items as can be: one delta, and its end if it came."""
    text = "".join(item.text for item in items if isinstance(item, ChatDelta))
    deltas: list[ChatItem] = [ChatDelta(text)] if text else []
    return deltas + [item for item in items if not isinstance(item, ChatDelta)]

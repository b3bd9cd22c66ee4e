"""Follows a job: ask, write down, then tell."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from typing import TypeVar

from ftdesk.errors import HostError, HostRefusedError
from ftdesk.hosts.types import FINAL_STATUSES, LOCAL, Hosts
from ftdesk.jobs.ledger import Entry, Ledger, merged
from ftdesk.jobs.pace import Pace
from ftdesk.jobs.types import CheckpointsArrived, ContactLost, EventsArrived, JobChanged, WatchEvent

T = TypeVar("T")
_PERMANENT = frozenset({400, 401, 403, 404, 422})
"""HTTP statuses that asking again does not change."""
_NOT_OFFERED = frozenset({404, 405, 501})
_LOCAL_STARTS = 5
"""How often the built-in host may fail to come up in a row: on this computer there is nothing to wait for."""


class Watch:
    """One look after the other at one job. What is told was stored before, and is told once."""

    def __init__(self, ledger: Ledger, hosts: Hosts, pace: Pace, entry: Entry) -> None:
        self._ledger = ledger
        self._hosts = hosts
        self._interval = pace.of(entry.job.host)
        self._lost = pace.lost
        self._entry = entry
        self._known: set[str] = set()
        self._last = 0
        self._told: tuple[object, ...] = ()

    async def run(self) -> AsyncGenerator[WatchEvent]:
        """First what is stored, then what is new, until the job has ended. Raises ``HostError`` when asking is vain."""
        yield JobChanged(self._entry.job)
        for event in await self._news():
            yield event
        wait, lost, losses = self._interval.shortest, self._lost.shortest, 0
        while True:
            had_ended = self._entry.job.status in FINAL_STATUSES
            before = self._entry.job
            try:
                await self._look()
            except HostError as error:
                if had_ended:
                    return
                losses += 1
                is_vain = isinstance(error, HostRefusedError) and error.status in _PERMANENT
                if is_vain or (self._entry.job.host == LOCAL and losses == _LOCAL_STARTS):
                    raise
                yield ContactLost(self._entry.job.id, error.title, lost)
                await asyncio.sleep(lost)
                lost = self._lost.after(lost, is_active=False)
                continue
            lost, losses = self._lost.shortest, 0
            news = await self._news()
            for event in news:
                yield event
            if self._entry.job != before:
                yield JobChanged(self._entry.job)
            if self._entry.job.status in FINAL_STATUSES:
                return
            wait = self._interval.after(wait, is_active=bool(news) or self._entry.job != before)
            await asyncio.sleep(wait)

    async def _look(self) -> None:
        """Ask the host and write down what it says. The job comes first: its end is not told before its events."""
        job_id, number = self._entry.job.id, self._entry.number
        client = await self._hosts.client(self._entry.job.host)
        remote = await client.job(job_id)
        events = await _offered(client.events(job_id, known=frozenset(self._known)))
        checkpoints = None
        if events or remote.status in FINAL_STATUSES:
            checkpoints = await _offered(client.checkpoints(job_id))
        await self._ledger.add_events(number, events or ())
        await self._ledger.save_checkpoints(number, checkpoints or ())
        self._entry = await self._ledger.change(number, lambda entry: merged(entry, remote)) or self._entry

    async def _news(self) -> list[WatchEvent]:
        """Events and checkpoints in the ledger that were not told yet, whoever wrote them."""
        news: list[WatchEvent] = []
        job_id = self._entry.job.id
        events, self._last = await self._ledger.events(self._entry.number, self._last)
        if events:
            self._known.update(event.id for event in events)
            news.append(EventsArrived(job_id, tuple(events)))
        checkpoints = tuple(await self._ledger.checkpoints(self._entry.number))
        if checkpoints != self._told:
            self._told = checkpoints
            news.append(CheckpointsArrived(job_id, checkpoints))
        return news


async def _offered(call: Awaitable[T]) -> T | None:
    """What a host answers, or ``None`` from one that does not have such a thing."""
    try:
        return await call
    except HostRefusedError as error:
        if error.status in _NOT_OFFERED:
            return None
        raise

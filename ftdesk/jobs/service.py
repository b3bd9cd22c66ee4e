"""Launching training exactly once, and following it. The window and the commands use this and nothing below it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Container
from contextlib import aclosing, suppress

from ftdesk.errors import FtdeskError, HostError, HostRefusedError, InputError
from ftdesk.hosts.types import FINAL_STATUSES, LOCAL, Checkpoint, HostClient, Hosts, JobEvent, RemoteJob
from ftdesk.jobs.launch import Launch, discard_uploads
from ftdesk.jobs.ledger import Entry, Ledger, merged
from ftdesk.jobs.pace import Pace
from ftdesk.jobs.search import search
from ftdesk.jobs.types import Job, JobChanged, LaunchEvent, LaunchPlan, WatchEvent
from ftdesk.jobs.watch import Watch
from ftdesk.storage.database import Database

_GOING = frozenset({"validating_files", "queued", "running"})


class JobService:
    """Jobs of all hosts, ours and others. ``job_id`` may be a launch token or the beginning of an id."""

    def __init__(self, database: Database, hosts: Hosts, pace: Pace | None = None) -> None:
        self._ledger = Ledger(database)
        self._hosts = hosts
        self._pace = pace or Pace()

    async def launch(self, plan: LaunchPlan) -> AsyncGenerator[LaunchEvent]:
        """Record, upload, create once. The last ``JobChanged`` is the job, and is on disk.

        Raises ``InputError`` for a file or setting that cannot be, ``HostError`` when the host did not start it, and
        ``HostUnreachableError`` when its answer was lost and no job turned up: the row then says ``unknown``.
        """
        async with aclosing(Launch(self._ledger, self._hosts, self._pace, plan).run()) as events:
            async for event in events:
                yield event

    async def watch(self, job_id: str, host: str | None = None) -> AsyncGenerator[WatchEvent]:
        """What is stored of a job, then what is new, until it has ended. Goes on when the host is away for a while.

        Raises ``InputError`` for an unknown job, ``HostError`` when its host says that asking is of no use.
        """
        entry = await self._entry(job_id, host)
        if entry.is_unresolved and entry.job.status not in FINAL_STATUSES:
            yield JobChanged(entry.job)
            entry = await self._settle(entry)
            if entry.is_unresolved:
                yield JobChanged(entry.job)
                return
        async with aclosing(Watch(self._ledger, self._hosts, self._pace, entry).run()) as events:
            async for event in events:
                yield event

    async def jobs(self, host: str | None = None, *, refresh: bool = True) -> list[Job]:
        """All jobs that are known, newest first. With ``refresh``, hosts are asked first.

        Raises ``HostError`` when ``host`` is named and does not answer; without a name, a host that does not answer
        keeps the rows it has.
        """
        if refresh and host is not None:
            await self.refresh(host)
        elif refresh:
            hosts = await self.hosts_in_use()
            await asyncio.gather(*(self._refresh_quietly(name) for name in hosts))
        return [entry.job for entry in await self._ledger.entries(host)]

    async def hosts_in_use(self) -> list[str]:
        """All hosts, but the built-in one only if it has jobs: to ask it is to start it."""
        has_local = bool(await self._ledger.entries(LOCAL))
        return [name for name in self._hosts.names() if name != LOCAL or has_local]

    async def refresh(self, host: str) -> None:
        """Write down the jobs that ``host`` lists. Raises ``HostError``."""
        client = await self._hosts.client(host)
        for remote in sorted(await client.jobs(), key=lambda job: job.created_at):
            await self._ledger.record(host, remote)
        for entry in await self._ledger.entries(host):
            if entry.is_unresolved and entry.job.status == "launching" and self._is_silent(entry):
                await self._ledger.change(entry.number, _given_up)

    async def _refresh_quietly(self, host: str) -> None:
        with suppress(FtdeskError):
            await self.refresh(host)

    async def job(self, job_id: str, host: str | None = None) -> Job:
        """A job as it is written down. Raises ``InputError`` when there is none."""
        return (await self._entry(job_id, host)).job

    async def events(self, job_id: str) -> list[JobEvent]:
        """The stored log of a job, oldest first."""
        events, _ = await self._ledger.events((await self._entry(job_id)).number)
        return events

    async def checkpoints(self, job_id: str) -> list[Checkpoint]:
        """The stored checkpoints of a job, by step."""
        return await self._ledger.checkpoints((await self._entry(job_id)).number)

    async def cancel(self, job_id: str) -> Job:
        """End a job for good. Raises ``HostRefusedError`` when it has ended otherwise."""
        return await self._steer(job_id, {"cancelled"}, lambda client, name: client.cancel(name))

    async def pause(self, job_id: str) -> Job:
        return await self._steer(job_id, {"paused"}, lambda client, name: client.pause(name))

    async def resume(self, job_id: str) -> Job:
        return await self._steer(job_id, _GOING, lambda client, name: client.resume(name))

    async def resolve_unfinished(self) -> list[Job]:
        """Find out what became of launches that were never confirmed, and return the jobs that changed by that.

        To be called at each start. May take as long as ``Pace.search``, and waits for launches that another process is
        at work on.
        """
        entries = [entry for entry in await self._ledger.entries() if entry.is_unresolved]
        open_ones = [entry for entry in entries if entry.job.status not in FINAL_STATUSES]
        settled = await asyncio.gather(*(self._settle(entry) for entry in open_ones))
        return [after.job for before, after in zip(open_ones, settled, strict=True) if after.job != before.job]

    async def _entry(self, job_id: str, host: str | None = None) -> Entry:
        """From the ledger, else from the named host, else from whichever host lists it."""
        entry = await self._ledger.find(job_id, host)
        if entry is None and host is not None:
            client = await self._hosts.client(host)
            entry = await self._ledger.record(host, await client.job(job_id))
        elif entry is None:
            await self.jobs()
            entry = await self._ledger.find(job_id)
        if entry is None:
            raise InputError(f"There is no job “{job_id}”.", hint="The list of jobs shows them all.")
        return entry

    async def _steer(
        self, job_id: str, wanted: Container[str], call: Callable[[HostClient, str], Awaitable[RemoteJob]]
    ) -> Job:
        entry = await self._entry(job_id)
        if entry.is_unresolved:
            raise InputError(f"The host has not confirmed the job “{job_id}”.", hint="Look at the list of jobs first.")
        client = await self._hosts.client(entry.job.host)
        try:
            remote = await call(client, entry.job.id)
        except HostError as error:
            # The answer may have been lost on its way, or the job had obeyed before: what counts is how it stands.
            remote = await client.job(entry.job.id)
            if remote.status not in wanted:
                await self._ledger.change(entry.number, lambda now: merged(now, remote))
                raise _refusal(error, remote) from error
        changed = await self._ledger.change(entry.number, lambda now: merged(now, remote))
        return (changed or entry).job

    async def _settle(self, entry: Entry) -> Entry:
        """What became of a launch that was not confirmed, once no living process works at it."""
        while entry.job.status == "launching" and not self._is_silent(entry):
            await asyncio.sleep(self._pace.heartbeat)
            entry = await self._ledger.find(entry.job.launch_token) or entry
        if not entry.is_unresolved or entry.job.status in FINAL_STATUSES:
            return entry
        if entry.step == "recorded":
            entry = await self._ledger.change(entry.number, _given_up) or entry
            if entry.job.status == "failed":
                await discard_uploads(self._hosts, entry)
                return entry
        return (await search(self._ledger, self._hosts, self._pace, entry)).entry

    def _is_silent(self, entry: Entry) -> bool:
        return time.time() - entry.touched_at > self._pace.silence


def _given_up(entry: Entry) -> Entry:
    """A launch whose process is dead: over if nothing can have been started, else in doubt."""
    if not entry.is_unresolved or entry.job.status != "launching":
        return entry  # it came to life again
    if entry.step == "creating":
        return entry.with_job(status="unknown")
    reason = "ftdesk was ended before the job was started."
    return entry.with_job(status="failed", error=reason, finished_at=int(time.time()))


def _refusal(error: HostError, remote: RemoteJob) -> HostError:
    if remote.status in FINAL_STATUSES and isinstance(error, HostRefusedError):
        return HostRefusedError(
            f"The job {remote.id} has ended already: {remote.status}.", error.detail, status=error.status
        )
    return error

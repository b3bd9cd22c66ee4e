"""Finds out what became of a launch that was never confirmed, by the marks that it left at the host."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from dataclasses import dataclass

from ftdesk.errors import FtdeskError, HostRefusedError
from ftdesk.hosts.types import FINAL_STATUSES, LOCAL, HostClient, Hosts, RemoteJob
from ftdesk.jobs.ledger import TOKEN_MARK, Entry, Ledger, merged
from ftdesk.jobs.pace import Pace

_ENOUGH_LOOKS = 3
"""The built-in host lists a job as soon as there is one, so what it does not show after a few looks is not there."""


@dataclass(frozen=True, slots=True)
class Found:
    """The entry after a search, and entries of further jobs that the same launch started by no doing of ours."""

    entry: Entry
    twins: tuple[Entry, ...] = ()


async def search(ledger: Ledger, hosts: Hosts, pace: Pace, entry: Entry) -> Found:
    """Look for the job of a launch that may have been sent, for as long as ``pace`` says; a host may list it late.

    Afterwards the entry has the id of its job, or its status is ``unknown``, or, if the host can be sure, ``failed``.
    """
    looks = 0
    for wait in (0.0, *pace.search):
        await asyncio.sleep(wait)
        with suppress(FtdeskError):
            found = await find_launched(await hosts.client(entry.job.host), entry)
            looks += 1
            if found:
                return await _adopt(ledger, entry, found)
        if entry.job.host == LOCAL and looks >= _ENOUGH_LOOKS:
            return Found(await _change(ledger, entry, "failed", "The built-in host did not start the job."))
    return Found(await _change(ledger, entry, "unknown", None))


async def find_launched(client: HostClient, entry: Entry) -> list[RemoteJob]:
    """The jobs of this launch, oldest first: none, one, or several if something on the way repeated the request.

    The token in the metadata marks a job. Where a host drops metadata the training file does: each launch uploads its
    own. Raises ``HostError``.
    """
    marks = {TOKEN_MARK: entry.job.launch_token}
    found: list[RemoteJob] = []
    with suppress(HostRefusedError):  # does not know how to filter
        found = [job for job in await client.jobs(metadata=marks) if _is_of_launch(job, entry)]
    if not found:
        found = [job for job in await client.jobs() if _is_of_launch(job, entry)]
    return sorted(found, key=lambda job: (job.created_at, job.id))


def _is_of_launch(job: RemoteJob, entry: Entry) -> bool:
    token = job.metadata.get(TOKEN_MARK)
    if token is not None:
        return token == entry.job.launch_token
    return job.training_file is not None and job.training_file == entry.uploaded_training_file


async def _adopt(ledger: Ledger, entry: Entry, found: list[RemoteJob]) -> Found:
    adopted = await ledger.change(entry.number, lambda now: merged(now, found[0]) if now.is_unresolved else now)
    twins = [await ledger.record(entry.job.host, job) for job in found[1:]]
    return Found(adopted or entry, tuple(twins))


async def _change(ledger: Ledger, entry: Entry, status: str, error: str | None) -> Entry:
    def change(now: Entry) -> Entry:
        if not now.is_unresolved or now.job.status in FINAL_STATUSES:
            return now  # another process found it
        finished = int(time.time()) if status in FINAL_STATUSES else None
        return now.with_job(status=status, error=error, finished_at=finished)

    return await ledger.change(entry.number, change) or entry

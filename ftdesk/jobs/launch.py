"""Starts exactly one paid job.

The protocol has no idempotency key, so certainty comes from the order of things: the intent is on disk before anything
is sent, the request to create is sent once, and a lost answer is never a reason to send it again.
"""

from __future__ import annotations

import asyncio
import os
import time
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from ftdesk.errors import FtdeskError, HostError, HostRefusedError, HostUnreachableError, InputError, StorageError
from ftdesk.hosts.types import HostClient, Hosts, JobRequest, RemoteJob
from ftdesk.jobs.datafile import sha256_of
from ftdesk.jobs.ledger import TOKEN_MARK, Entry, Ledger, merged
from ftdesk.jobs.pace import Pace
from ftdesk.jobs.search import search
from ftdesk.jobs.types import Job, JobChanged, LaunchEvent, LaunchPlan, LaunchStepped

NOT_LAUNCHED = frozenset({400, 401, 403, 404, 413, 422, 429})
"""HTTP statuses that say that a host read the request and did not act. After any other the job may exist."""


class Launch:
    """One launch, run once."""

    def __init__(self, ledger: Ledger, hosts: Hosts, pace: Pace, plan: LaunchPlan) -> None:
        self._ledger = ledger
        self._hosts = hosts
        self._pace = pace
        self._plan = plan
        self._sent = False

    async def run(self) -> AsyncGenerator[LaunchEvent]:
        """Raises ``InputError`` for a plan that cannot be, ``HostError`` when there is no job or that is not known."""
        plan = self._plan
        self._hosts.profile(plan.model.host).check(plan.method, plan.hyperparameters, plan.suffix)
        self._sha256 = await asyncio.to_thread(sha256_of, plan.training_file)
        if plan.validation_file is not None:
            await asyncio.to_thread(sha256_of, plan.validation_file)
        self._entry = await self._ledger.add(self._intent(), time.time())
        async with self._alive(), aclosing(self._steps()) as steps:
            yield LaunchStepped("recorded", f"Recorded the launch of {plan.model}.")
            yield JobChanged(self._entry.job)
            async for event in steps:
                yield event

    async def _steps(self) -> AsyncGenerator[LaunchEvent]:
        try:
            client = await self._hosts.client(self._plan.model.host)
            yield LaunchStepped("uploading", f"Uploading {self._plan.training_file.name}.")
            await self._upload(client)
            yield LaunchStepped("uploaded", f"Uploaded as {self._entry.uploaded_training_file}.")
            yield LaunchStepped("creating", "Starting the job.")
            remote, doubt = await self._create(client)
        except FtdeskError as error:
            await self._give_up("failed", error.title)
            yield JobChanged(self._entry.job)
            raise
        except BaseException:
            await self._give_up("cancelled", "The launch was stopped before the job was started.")
            raise
        if remote is not None:
            try:
                await self._adopt(remote)
            except StorageError as error:
                raise StorageError(
                    f"The job {remote.id} was started, but that could not be written down.",
                    error.sentence,
                    "It is found again when the database can be used.",
                ) from error
            yield LaunchStepped("created", f"Started {remote.id}.")
            yield JobChanged(self._entry.job)
            return
        yield JobChanged(self._entry.job)
        async with aclosing(self._search(doubt)) as found:
            async for event in found:
                yield event

    async def _upload(self, client: HostClient) -> None:
        """Upload, and keep the ids of the files: the first marks the job, both are to be deleted if there is none."""
        plan = self._plan
        training = await client.upload(plan.training_file)
        await self._change(uploaded_training_file=training.id)
        if await asyncio.to_thread(sha256_of, plan.training_file) != self._sha256:
            raise InputError(f"{plan.training_file} changed while it was uploaded.", hint="Launch again.")
        if plan.validation_file is not None:
            validation = await client.upload(plan.validation_file)
            await self._change(uploaded_validation_file=validation.id)

    async def _create(self, client: HostClient) -> tuple[RemoteJob | None, HostError | None]:
        """The job, or why it is not known whether there is one. Raises when there is certainly none."""
        await self._claim()
        self._sent = True
        try:
            remote = await client.create_job(self._request())
        except HostRefusedError as error:
            self._sent = error.status not in NOT_LAUNCHED
            doubt: HostError = error
        except HostUnreachableError as error:
            self._sent = not error.never_sent
            doubt = error
        except BaseException:
            await self._doubt()
            raise
        else:
            if remote.training_file in {None, self._entry.uploaded_training_file}:
                return remote, None
            doubt = HostUnreachableError("The host answered with another job than the one that was asked for.")
        if not self._sent:
            raise doubt
        await self._doubt()
        return None, doubt

    async def _search(self, doubt: HostError | None) -> AsyncGenerator[LaunchEvent]:
        """Tell what became of a request whose answer was lost. Raises ``HostUnreachableError`` when no job turns up."""
        found = await search(self._ledger, self._hosts, self._pace, self._entry)
        self._entry = found.entry
        job = self._entry.job
        if not self._entry.is_unresolved:
            yield LaunchStepped("created", f"The answer was lost, but {job.id} was started.")
        yield JobChanged(job)
        for twin in found.twins:
            yield LaunchStepped("duplicate", f"The host started {twin.job.id} as well. Cancel one of the two.")
            yield JobChanged(twin.job)
        if job.status == "unknown":
            raise HostUnreachableError(
                f"The answer to the launch was lost, and it is not known whether “{job.host}” started the job.",
                doubt.sentence if doubt else "",
                "The list of jobs shows it if it turns up. Launching again may start, and cost, a second one.",
            ) from doubt
        if job.status == "failed" and doubt is not None and self._entry.is_unresolved:
            raise doubt

    async def _claim(self) -> None:
        """Write down that the request is about to be sent, unless another process has given this launch up for dead."""

        def claim(entry: Entry) -> Entry | None:
            is_ours = entry.step == "recorded" and entry.job.status == "launching"
            return replace(entry, step="creating", touched_at=time.time()) if is_ours else None

        claimed = await self._ledger.change(self._entry.number, claim)
        if claimed is None:
            raise InputError("The launch took a break so long that it was given up.", hint="Launch again.")
        self._entry = claimed

    async def _doubt(self) -> None:
        def doubt(entry: Entry) -> Entry:
            return entry.with_job(status="unknown") if entry.is_unresolved else entry

        self._entry = await self._ledger.change(self._entry.number, doubt) or self._entry

    async def _give_up(self, status: str, reason: str) -> None:
        """There is no job: say so in the row, and delete what was uploaded. Does nothing once there may be one."""
        if self._sent:
            return
        ended = {"status": status, "error": reason, "finished_at": int(time.time())}
        self._entry = (
            await self._ledger.change(self._entry.number, lambda entry: entry.with_job(**ended)) or self._entry
        )
        await discard_uploads(self._hosts, self._entry)

    async def _adopt(self, remote: RemoteJob) -> None:
        adopted = await self._ledger.change(self._entry.number, lambda entry: merged(entry, remote))
        self._entry = adopted or self._entry

    async def _change(self, **changes: Any) -> None:
        changed = await self._ledger.change(self._entry.number, lambda entry: replace(entry, **changes))
        self._entry = changed or self._entry

    @asynccontextmanager
    async def _alive(self) -> AsyncIterator[None]:
        """Give signs of life, so that nobody takes this launch for one whose process has died."""

        async def beat() -> None:
            while True:
                await asyncio.sleep(self._pace.heartbeat)
                await self._ledger.change(self._entry.number, lambda entry: replace(entry, touched_at=time.time()))

        task = asyncio.create_task(beat(), name="launch heartbeat")
        try:
            yield
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def _intent(self) -> Job:
        plan, token = self._plan, str(uuid.uuid4())
        return Job(
            id=token,
            host=plan.model.host,
            model=plan.model.model,
            status="launching",
            created_at=int(time.time()),
            estimated_cost=plan.estimated_cost,
            suffix=plan.suffix,
            method=plan.method,
            training_file=_written(plan.training_file),
            validation_file=_written(plan.validation_file) if plan.validation_file else None,
            dataset_sha256=self._sha256,
            launch_token=token,
            hyperparameters=dict(plan.hyperparameters),
            seed=plan.seed,
        )

    def _request(self) -> JobRequest:
        job = self._entry.job
        marks = {TOKEN_MARK: job.launch_token} if self._hosts.profile(job.host).keeps_metadata else {}
        return JobRequest(
            model=job.model,
            training_file=self._entry.uploaded_training_file or "",
            validation_file=self._entry.uploaded_validation_file,
            method=job.method,
            hyperparameters=job.hyperparameters,
            suffix=job.suffix,
            seed=job.seed,
            metadata=marks,
        )


async def discard_uploads(hosts: Hosts, entry: Entry) -> None:
    """Delete the files of a launch that came to nothing, as far as the host lets us: they cost nothing but clutter."""
    with suppress(FtdeskError):
        client = await hosts.client(entry.job.host) if entry.uploads else None
        for name in entry.uploads:
            if client is not None:
                await client.delete_file(name)


def _written(path: Path) -> str:
    """The path as text. A name that is no UTF-8 is written with escapes, since a database holds text only."""
    return os.fsencode(path.absolute()).decode("utf-8", "backslashreplace")

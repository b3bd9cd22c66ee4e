"""Decides which job runs. Validation and training are two lanes, each with one process at a time, oldest job first."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ftdesk.engine.folder import DataFolder
from ftdesk.engine.jobs.process import JobProcess, killed
from ftdesk.engine.jobs.remains import LOG, tidy
from ftdesk.engine.jobs.worker import Assignment, Phase
from ftdesk.engine.store import Store
from ftdesk.engine.store.jobs import ENDED, Job, JobFailure
from ftdesk.errors import StorageError

_log = logging.getLogger(__name__)

MAX_CRASHES = 2
"""How often a job whose process was killed is tried again."""
PAUSE_SECONDS = 10.0
"""How long an answer to a pause waits for the step under way to end."""
RETRY_SECONDS = 5.0
"""How long to wait before trying again when the store cannot be written, as on a full disk."""
RELEASE_SECONDS = 1.0
"""How long a stopping server waits for its processes; one that is still saving then goes on without it."""


@dataclass(frozen=True, slots=True)
class _Lane:
    phase: Phase
    waiting: Literal["validating_files", "queued"]
    working: Literal["validating_files", "running"]


_LANES = (_Lane("validate", "validating_files", "validating_files"), _Lane("train", "queued", "running"))


class ConflictError(Exception):
    """The job's status does not allow what was asked."""


class Scheduler:
    """Owns the processes of jobs. Lives on the server's event loop, which is also the store's thread."""

    def __init__(self, store: Store, folder: DataFolder, command: Callable[[Assignment], list[str]]) -> None:
        self._store = store
        self._folder = folder
        self._command = command
        self._processes: dict[str, JobProcess] = {}
        self._wake = {lane.phase: asyncio.Event() for lane in _LANES}
        self._tasks: list[asyncio.Task[None]] = []
        self._stopping = False

    @property
    def stopping(self) -> bool:
        """Whether the server is on its way out, and long answers had better end."""
        return self._stopping

    def recover(self) -> None:
        """Take over from a server that is gone. The lock on the folder is ours, so what runs is orphaned or dead."""
        with self._store.transaction():
            for job in self._store.jobs.active():
                if job.status == "running":
                    self._store.jobs.begin_run(job.id, "paused" if job.pausing else "queued")
                    message = "The engine was stopped while this job ran; it will go on from its last saved step"
                    self._store.events.add(job.id, message, level="warn")
                elif job.status == "validating_files":
                    self._store.jobs.begin_run(job.id, job.status)

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._run_lane(lane), name=f"lane {lane.phase}") for lane in _LANES]
        for task in self._tasks:
            task.add_done_callback(_report)

    def wake(self) -> None:
        """Look again for waiting jobs."""
        for event in self._wake.values():
            event.set()

    def release(self) -> None:
        """Start no more processes and let those there are save and leave."""
        self._stopping = True
        for process in self._processes.values():
            process.release()

    async def stop(self) -> None:
        """``release``, wait a moment for the processes, end."""
        self.release()
        waiting = [asyncio.ensure_future(process.wait()) for process in self._processes.values()]
        if waiting:
            await asyncio.wait(waiting, timeout=RELEASE_SECONDS)
        for task in (*self._tasks, *waiting):
            task.cancel()
        await asyncio.gather(*self._tasks, *waiting, return_exceptions=True)

    def cancel(self, job_id: str) -> None:
        """End a job now. Its process has lost the right to write from here on. Raises ``ConflictError``."""
        with self._store.transaction():
            self._unended(job_id)
            self._store.jobs.cancel(job_id)
            self._store.events.add(job_id, "Fine-tuning job cancelled")
        if process := self._processes.get(job_id):
            process.kill()
        else:
            self._tidy(job_id)

    async def pause(self, job_id: str) -> None:
        """Stop a job so that it can go on, and wait for a moment until it has stopped. Raises ``ConflictError``."""
        process = self._processes.get(job_id)
        with self._store.transaction():
            job = self._unended(job_id)
            if job.status == "paused":
                raise ConflictError(f"Job is already paused: {job_id}")
            running = job.status == "running" and process is not None
            if running:
                self._store.jobs.set_pausing(job_id, pausing=True)
            else:
                self._store.jobs.begin_run(job_id, "paused")
                self._store.events.add(job_id, "Fine-tuning job paused")
        if process is None:
            return
        if not running:
            process.kill()
            return
        process.order("pause")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), PAUSE_SECONDS)

    def resume(self, job_id: str) -> None:
        """Let a paused job go on, or take back a pause that has not happened yet. Raises ``ConflictError``."""
        with self._store.transaction():
            job = self._unended(job_id)
            if job.status == "running" and job.pausing:
                self._store.jobs.set_pausing(job_id, pausing=False)
            elif job.status == "paused":
                self._store.jobs.set_status(job_id, "queued" if job.plan else "validating_files")
            else:
                raise ConflictError(f"Job is not paused: {job_id}")
        self.wake()

    def _unended(self, job_id: str) -> Job:
        job = self._store.jobs.get(job_id)
        if job is None or job.status in ENDED:
            raise ConflictError(f"Job has already completed: {job_id}")
        return job

    async def _run_lane(self, lane: _Lane) -> None:
        while True:
            self._wake[lane.phase].clear()
            try:
                job = None if self._stopping else self._store.jobs.next(lane.waiting)
                if job is None:
                    await self._wake[lane.phase].wait()
                # A process that has said its last word may not be gone yet: two of one job never run side by side.
                elif former := self._processes.get(job.id):
                    await former.wait()
                    await asyncio.sleep(0)
                else:
                    await self._run(job, lane)
                    self.wake()
            except (StorageError, OSError) as error:
                _log.error("%s", error)
                await asyncio.sleep(RETRY_SECONDS)

    async def _run(self, job: Job, lane: _Lane) -> None:
        run = self._store.jobs.begin_run(job.id, lane.working)
        log = self._folder.job(job.id) / LOG
        try:
            log.parent.mkdir(exist_ok=True, mode=0o700)
            log.unlink(missing_ok=True)
            process = JobProcess(self._command(Assignment(lane.phase, job.id, run)), log)
        except OSError as error:
            with self._store.transaction():
                self._fail(job.id, f"The job failed because its process could not be started: {error}")
            return
        self._processes[job.id] = process
        try:
            returncode = await process.wait()
        finally:
            del self._processes[job.id]
        while not self._stopping:
            try:
                self._settle(job.id, run, returncode, lane, log)
                break
            except StorageError as error:
                _log.error("%s", error)
                await asyncio.sleep(RETRY_SECONDS)
        self._tidy(job.id)

    def _settle(self, job_id: str, run: int, returncode: int, lane: _Lane, log: Path) -> None:
        """A process has ended. If it did not say how the job stands, decide that."""
        with self._store.transaction():
            job = self._store.jobs.get(job_id)
            if job is None or job.run != run or job.status != lane.working:
                return
            if not killed(returncode):
                last = _last_line(log)
                self._fail(job_id, f"The job failed because its process ended with status {returncode}: {last}")
            elif job.crashes >= MAX_CRASHES:
                times = MAX_CRASHES + 1
                self._fail(
                    job_id, f"The job failed because its process was killed {times} times ({_cause(returncode)})."
                )
            else:
                self._store.jobs.count_crash(job_id)
                self._store.jobs.set_status(job_id, "paused" if job.pausing else lane.waiting)
                message = (
                    f"The process of this job was killed ({_cause(returncode)}); it goes on from its last saved step"
                )
                self._store.events.add(job_id, message, level="warn")

    def _tidy(self, job_id: str) -> None:
        job, place = self._store.jobs.get(job_id), self._folder.job(job_id)
        if job is not None and job.status in ENDED and place.exists():
            tidy(place, job, self._store)

    def _fail(self, job_id: str, message: str) -> None:
        self._store.jobs.fail(job_id, JobFailure("server_error", message))
        self._store.events.add(job_id, message, level="error")


def _report(task: asyncio.Task[None]) -> None:
    """A lane runs until it is cancelled. Anything else is a bug, and must not be a silent one."""
    if not task.cancelled() and (error := task.exception()):
        _log.critical("%s broke off; no more jobs are started", task.get_name(), exc_info=error)


def _cause(returncode: int) -> str:
    if returncode in (-9, 137):
        return "signal 9, often because the computer ran out of memory"
    return f"signal {-returncode}" if returncode < 0 else f"status {returncode:#x}"


def _last_line(log: Path) -> str:
    with contextlib.suppress(OSError):
        lines = log.read_text("utf-8", "replace").split("\n")
        return next((line.strip() for line in reversed(lines) if line.strip()), "it printed nothing")
    return "its output cannot be read"

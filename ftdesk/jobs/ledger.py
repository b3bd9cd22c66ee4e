"""The ledger of jobs: rows as values, and the rules by which a row changes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any, Literal, cast

from ftdesk.errors import InputError
from ftdesk.hosts.types import FINAL_STATUSES, Checkpoint, JobEvent, RemoteJob
from ftdesk.jobs.types import Job
from ftdesk.storage.database import Database
from ftdesk.storage.jobs import (
    JobMarks,
    Row,
    add_event_rows,
    change_job,
    checkpoint_rows,
    event_rows,
    insert_job,
    job_rows,
    matching_job_rows,
    record_job,
    save_checkpoint_rows,
)

TOKEN_MARK = "ftdesk_launch"  # noqa: S105 - the name of a metadata field
"""Where a job's metadata holds the token of its launch."""

LaunchStep = Literal["recorded", "creating", "created"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A job with what its launch needs to be resumed. ``number`` never changes, while the job's id does once.

    ``step`` is on disk before it is taken: a launch at ``recorded`` has cost nothing yet. ``touched_at`` is when the
    process that launches last gave a sign of life.
    """

    number: int
    job: Job
    step: LaunchStep
    uploaded_training_file: str | None = None
    uploaded_validation_file: str | None = None
    touched_at: float = 0.0

    @property
    def is_unresolved(self) -> bool:
        """Whether the host has never told us an id."""
        return self.job.id == self.job.launch_token

    @property
    def uploads(self) -> list[str]:
        return [name for name in (self.uploaded_training_file, self.uploaded_validation_file) if name]

    def with_job(self, **changes: Any) -> Entry:
        return replace(self, job=replace(self.job, **changes))


def merged(entry: Entry, remote: RemoteJob) -> Entry:
    """The entry after its host described the job. A late answer never brings an ended job back to life."""
    job = entry.job
    if job.status in FINAL_STATUSES and remote.status not in FINAL_STATUSES and not entry.is_unresolved:
        return entry
    settings = {name: value for name, value in remote.hyperparameters.items() if isinstance(value, int | float | str)}
    return replace(
        entry,
        step="created",
        job=replace(
            job,
            id=remote.id,
            status=remote.status,
            host_status=remote.host_status,
            fine_tuned_model=remote.fine_tuned_model or job.fine_tuned_model,
            created_at=remote.created_at or job.created_at,
            finished_at=remote.finished_at,
            estimated_finish=remote.estimated_finish,
            trained_tokens=remote.trained_tokens if remote.trained_tokens is not None else job.trained_tokens,
            error=remote.error,
            suffix=job.suffix or remote.suffix,
            hyperparameters=settings or job.hyperparameters,
            seed=job.seed if remote.seed is None else remote.seed,
        ),
    )


class Ledger:
    """Jobs in the database. Each change is one transaction, so that several windows and commands agree."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, job: Job, now: float) -> Entry:
        """A new launch, on disk when this returns."""
        entry = Entry(0, job, "recorded", touched_at=now)
        number = await self._database.run(lambda connection: insert_job(connection, _row(entry)))
        return replace(entry, number=number)

    async def change(self, number: int, change: Callable[[Entry], Entry | None]) -> Entry | None:
        """The entry after ``change``; ``None`` when that returned ``None``, which leaves the entry as it is."""

        def change_row(row: Row) -> Row | None:
            changed = change(_entry(row))
            return None if changed is None else {**_row(changed), "number": row["number"]}

        row = await self._database.run(lambda connection: change_job(connection, number, change_row))
        return None if row is None else _entry(row)

    async def record(self, host: str, remote: RemoteJob) -> Entry:
        """What a host says of a job: one that we launched, even if its id was never told, or one from elsewhere."""
        marks = JobMarks(host, remote.id, remote.metadata.get(TOKEN_MARK), remote.training_file)
        first = merged(Entry(0, _from_elsewhere(host, remote), "created"), remote)

        def change_row(row: Row) -> Row:
            return {**_row(merged(_entry(row), remote)), "number": row["number"]}

        return _entry(
            await self._database.run(lambda connection: record_job(connection, marks, _row(first), change_row))
        )

    async def entries(self, host: str | None = None) -> list[Entry]:
        """All jobs, or those of one host, newest first."""
        return [_entry(row) for row in await self._database.run(lambda connection: job_rows(connection, host))]

    async def find(self, reference: str, host: str | None = None) -> Entry | None:
        """The job with this id or launch token, or the one whose id begins so. Raises ``InputError`` for several."""
        rows = await self._database.run(lambda connection: matching_job_rows(connection, reference))
        entries = [entry for entry in map(_entry, rows) if host in {None, entry.job.host}]
        if len(entries) > 1:
            some = ", ".join(entry.job.id for entry in entries[:5])
            raise InputError(f"“{reference}” stands for several jobs: {some}.", hint="Write more of the id.")
        return entries[0] if entries else None

    async def add_events(self, number: int, events: Iterable[JobEvent]) -> None:
        """Keep the events that are not kept yet."""
        rows = [{**asdict(event), "data": json.dumps(event.data)} for event in events]
        if rows:
            await self._database.run(lambda connection: add_event_rows(connection, number, rows))

    async def events(self, number: int, after: int = 0) -> tuple[list[JobEvent], int]:
        """Events added after the one with that number, and the number of the last."""
        rows = await self._database.run(lambda connection: event_rows(connection, number, after))
        return [_event(row) for row in rows], rows[-1]["number"] if rows else after

    async def save_checkpoints(self, number: int, checkpoints: Iterable[Checkpoint]) -> None:
        rows = [{**asdict(checkpoint), "metrics": json.dumps(checkpoint.metrics)} for checkpoint in checkpoints]
        if rows:
            await self._database.run(lambda connection: save_checkpoint_rows(connection, number, rows))

    async def checkpoints(self, number: int) -> list[Checkpoint]:
        rows = await self._database.run(lambda connection: checkpoint_rows(connection, number))
        return [
            Checkpoint(row["id"], row["model"], row["step"], row["created_at"], json.loads(row["metrics"]))
            for row in rows
        ]


def _from_elsewhere(host: str, remote: RemoteJob) -> Job:
    return Job(
        id=remote.id,
        host=host,
        model=remote.model,
        status=remote.status,
        method=remote.method,
        training_file=remote.training_file or "",
        validation_file=remote.validation_file,
    )


def _row(entry: Entry) -> Row:
    job = entry.job
    return {field.name: getattr(job, field.name) for field in fields(Job)} | {
        "hyperparameters": json.dumps(dict(job.hyperparameters)),
        "launch_step": entry.step,
        "uploaded_training_file": entry.uploaded_training_file,
        "uploaded_validation_file": entry.uploaded_validation_file,
        "touched_at": entry.touched_at,
    }


def _entry(row: Row) -> Entry:
    values: Mapping[str, Any] = {field.name: row[field.name] for field in fields(Job)}
    return Entry(
        number=row["number"],
        job=Job(**{**values, "hyperparameters": json.loads(row["hyperparameters"])}),
        step=cast("LaunchStep", row["launch_step"]),
        uploaded_training_file=row["uploaded_training_file"],
        uploaded_validation_file=row["uploaded_validation_file"],
        touched_at=row["touched_at"],
    )


def _event(row: Row) -> JobEvent:
    return JobEvent(row["id"], row["created_at"], row["level"], row["message"], row["type"], json.loads(row["data"]))

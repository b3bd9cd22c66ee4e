"""Jobs: what was asked, where it stands, and which process may say so.

    validating_files → queued → running → succeeded | failed | cancelled, with paused beside the first three

``run`` counts the processes that were started for a job. Only the one that carries the current number may write; a
process that was given up for dead finds its number out of date and leaves.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ftdesk.engine.store.database import NEWEST, Database, Page, Row
from ftdesk.engine.trainers.protocol import Method, TrainingPlan

Status = Literal["validating_files", "queued", "running", "paused", "succeeded", "failed", "cancelled"]
ENDED: frozenset[Status] = frozenset({"succeeded", "failed", "cancelled"})


@dataclass(frozen=True, slots=True)
class JobFailure:
    """Why a job failed, in the three fields of OpenAI's ``job.error``."""

    code: str
    message: str
    param: str | None = None


@dataclass(frozen=True, slots=True)
class NewJob:
    """What a client asked for. ``hyperparameters`` are as given; ``fingerprint`` tells two requests apart."""

    id: str
    model: str
    base_model: str
    suffix: str | None
    training_file: str
    validation_file: str | None
    method: Method
    hyperparameters: Mapping[str, Any]
    seed: int
    metadata: Mapping[str, str] | None
    idempotency_key: str | None
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Job(NewJob):
    """A job as it stands. ``plan`` is there once the files are validated; ``pausing`` until a running job is paused."""

    created_at: int
    status: Status
    pausing: bool
    run: int
    crashes: int
    plan: TrainingPlan | None
    started_at: int | None
    finished_at: int | None
    estimated_finish: int | None
    trained_tokens: int | None
    fine_tuned_model: str | None
    result_file: str | None
    error: JobFailure | None
    state_file: str | None

    @property
    def files(self) -> tuple[str, ...]:
        return (self.training_file, self.validation_file) if self.validation_file else (self.training_file,)


class Jobs:
    """Table ``jobs``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, job: NewJob) -> None:
        self._database.run(
            "INSERT INTO jobs (id, created_at, model, base_model, suffix, training_file, validation_file, method,"
            " hyperparameters, seed, metadata, idempotency_key, fingerprint, status)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'validating_files')",
            *(job.id, int(time.time()), job.model, job.base_model, job.suffix, job.training_file, job.validation_file),
            *(job.method, json.dumps(job.hyperparameters), job.seed),
            json.dumps(job.metadata) if job.metadata is not None else None,
            *(job.idempotency_key, job.fingerprint),
        )

    def get(self, job_id: str) -> Job | None:
        row = self._database.one("SELECT * FROM jobs WHERE id = ?", job_id)
        return _job(row) if row else None

    def known_by(self, idempotency_key: str) -> Job | None:
        row = self._database.one("SELECT * FROM jobs WHERE idempotency_key = ?", idempotency_key)
        return _job(row) if row else None

    def page(self, *, after: str | None, limit: int, metadata: Mapping[str, str] | None, unlabelled: bool) -> Page[Job]:
        """Newest first: jobs that carry all of ``metadata``, or (``unlabelled``) none at all.

        Raises ``LookupError`` if there is no job ``after``.
        """
        start = NEWEST
        if after is not None:
            row = self._database.one("SELECT seq FROM jobs WHERE id = ?", after)
            if row is None:
                raise LookupError(after)
            start = int(row["seq"])
        found: list[Job] = []
        for job in self._backwards(start):
            labels = job.metadata or {}
            wanted = not labels if unlabelled else not metadata or metadata.items() <= labels.items()
            if wanted:
                found.append(job)
                if len(found) > limit:
                    break
        return Page.of(found, limit)

    def active(self) -> list[Job]:
        """All that have not ended, oldest first."""
        rows = self._database.all(
            "SELECT * FROM jobs WHERE status NOT IN ('succeeded', 'failed', 'cancelled') ORDER BY seq"
        )
        return [_job(row) for row in rows]

    def next(self, status: Status) -> Job | None:
        """The oldest job that waits in ``status``."""
        row = self._database.one("SELECT * FROM jobs WHERE status = ? ORDER BY seq LIMIT 1", status)
        return _job(row) if row else None

    def begin_run(self, job_id: str, status: Status) -> int:
        """Give the job to a new process; every earlier one loses the right to write. Returns the number of the run."""
        self._database.run(
            "UPDATE jobs SET run = run + 1, status = ?, pausing = 0, estimated_finish = NULL WHERE id = ?",
            status,
            job_id,
        )
        row = self._database.one("SELECT run FROM jobs WHERE id = ?", job_id)
        if row is None:
            raise LookupError(job_id)
        return int(row["run"])

    def is_current(self, job_id: str, run: int) -> bool:
        """Whether the process of this run may still write. Only meaningful inside a transaction."""
        row = self._database.one("SELECT 1 FROM jobs WHERE id = ? AND run = ?", job_id, run)
        return row is not None

    def set_status(self, job_id: str, status: Status) -> None:
        """Move to a status in which the job can go on later."""
        self._database.run(
            "UPDATE jobs SET status = ?, pausing = 0, estimated_finish = NULL WHERE id = ?", status, job_id
        )

    def set_pausing(self, job_id: str, *, pausing: bool) -> None:
        self._database.run("UPDATE jobs SET pausing = ? WHERE id = ?", pausing, job_id)

    def set_plan(self, job_id: str, plan: TrainingPlan) -> None:
        text = json.dumps(
            {
                "method": plan.method,
                "n_epochs": plan.n_epochs,
                "batch_size": plan.batch_size,
                "learning_rate_multiplier": plan.learning_rate_multiplier,
                "beta": plan.beta,
                "extras": dict(plan.extras),
            }
        )
        self._database.run("UPDATE jobs SET plan = ? WHERE id = ?", text, job_id)

    def set_started(self, job_id: str) -> None:
        self._database.run("UPDATE jobs SET started_at = ? WHERE id = ?", int(time.time()), job_id)

    def set_progress(self, job_id: str, *, trained_tokens: int, estimated_finish: int) -> None:
        self._database.run(
            "UPDATE jobs SET trained_tokens = ?, estimated_finish = ? WHERE id = ?",
            trained_tokens,
            estimated_finish,
            job_id,
        )

    def set_state_file(self, job_id: str, name: str) -> None:
        """Name the file, in the job's folder, from which a later run goes on."""
        self._database.run("UPDATE jobs SET state_file = ? WHERE id = ?", name, job_id)

    def count_crash(self, job_id: str) -> None:
        self._database.run("UPDATE jobs SET crashes = crashes + 1 WHERE id = ?", job_id)

    def succeed(self, job_id: str, *, model: str, result_file: str) -> None:
        self._end(job_id, "succeeded")
        self._database.run(
            "UPDATE jobs SET fine_tuned_model = ?, result_file = ? WHERE id = ?", model, result_file, job_id
        )

    def fail(self, job_id: str, failure: JobFailure) -> None:
        self._end(job_id, "failed")
        text = json.dumps({"code": failure.code, "message": failure.message, "param": failure.param})
        self._database.run("UPDATE jobs SET error = ? WHERE id = ?", text, job_id)

    def cancel(self, job_id: str) -> None:
        self._end(job_id, "cancelled")

    def _end(self, job_id: str, status: Status) -> None:
        # The next run number is used up, so that a process that is still at work cannot write after the end.
        self._database.run(
            "UPDATE jobs SET status = ?, finished_at = ?, estimated_finish = NULL, pausing = 0, run = run + 1,"
            " state_file = NULL WHERE id = ?",
            *(status, int(time.time()), job_id),
        )

    def _backwards(self, start: int) -> Iterator[Job]:
        chunk = 100
        while rows := self._database.all("SELECT * FROM jobs WHERE seq < ? ORDER BY seq DESC LIMIT ?", start, chunk):
            start = rows[-1]["seq"]
            yield from map(_job, rows)


def _job(row: Row) -> Job:
    plan, error, metadata = row["plan"], row["error"], row["metadata"]
    return Job(
        id=row["id"],
        model=row["model"],
        base_model=row["base_model"],
        suffix=row["suffix"],
        training_file=row["training_file"],
        validation_file=row["validation_file"],
        method=row["method"],
        hyperparameters=json.loads(row["hyperparameters"]),
        seed=row["seed"],
        metadata=json.loads(metadata) if metadata is not None else None,
        idempotency_key=row["idempotency_key"],
        fingerprint=row["fingerprint"],
        created_at=row["created_at"],
        status=row["status"],
        pausing=bool(row["pausing"]),
        run=row["run"],
        crashes=row["crashes"],
        plan=TrainingPlan(**json.loads(plan)) if plan is not None else None,
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        estimated_finish=row["estimated_finish"],
        trained_tokens=row["trained_tokens"],
        fine_tuned_model=row["fine_tuned_model"],
        result_file=row["result_file"],
        error=JobFailure(**json.loads(error)) if error is not None else None,
        state_file=row["state_file"],
    )

"""What the process of one run writes about its job: everything in guarded transactions, a step in one of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from ftdesk.engine.identifiers import checkpoint_name, fine_tuned_name
from ftdesk.engine.store import Store
from ftdesk.engine.store.files import StoredFile
from ftdesk.engine.store.jobs import Job, JobFailure
from ftdesk.engine.trainers.protocol import TrainingPlan

KEPT_CHECKPOINTS = 5
"""Per job, beside the one with the lowest loss on the whole validation file. OpenAI keeps three."""
MAX_EPOCHS = 50


class SupersededError(Exception):
    """The job was cancelled or given to another process. Whoever sees this leaves without a word."""


class Ledger:
    """The part of the store that belongs to one run of one job. Every method raises ``SupersededError``."""

    def __init__(self, store: Store, job_id: str, run: int) -> None:
        self._store = store
        self._job_id = job_id
        self._run = run

    def job(self) -> Job:
        job = self._store.jobs.get(self._job_id)
        if job is None or job.run != self._run:
            raise SupersededError
        return job

    def say(self, message: str) -> None:
        with self._turn():
            self._store.events.add(self._job_id, message)

    def warn(self, message: str) -> None:
        with self._turn():
            self._store.events.add(self._job_id, message, level="warn")

    def validated(self, plan: TrainingPlan) -> None:
        with self._turn():
            self._store.jobs.set_plan(self._job_id, plan)
            self._store.jobs.set_status(self._job_id, "queued")
            self._store.events.add(self._job_id, "Files validated, moving job to queued state")

    def started(self) -> None:
        """A fresh start: whatever an earlier run said about steps does not count."""
        with self._turn():
            self._store.events.undo_after(self._job_id, 0)
            if self.job().started_at is None:
                self._store.jobs.set_started(self._job_id)
                self._store.events.add(self._job_id, "Fine-tuning job started")

    def resumed(self, step: int) -> None:
        with self._turn():
            self._store.events.undo_after(self._job_id, step)
            self._store.events.add(self._job_id, f"Fine-tuning job resumed from step {step}")

    def stepped(
        self,
        message: str,
        metrics: Mapping[str, Any],
        *,
        trained_tokens: int,
        estimated_finish: int,
        checkpoint: str | None,
    ) -> list[str]:
        """Record a step; ``checkpoint`` names the weights, already on disk, that were exported after it.

        Returns the names of weights that no checkpoint needs any more.
        """
        job, step = self.job(), int(metrics["step"])
        with self._turn():
            self._store.events.add_metrics(self._job_id, message, metrics)
            self._store.jobs.set_progress(
                self._job_id, trained_tokens=trained_tokens, estimated_finish=estimated_finish
            )
            if checkpoint is not None:
                name = checkpoint_name(_name(job), step)
                figures = {key: value for key, value in metrics.items() if key != "total_steps"}
                self._store.models.put(name, base_model=job.base_model, job=job.id, checkpoint=True, weights=checkpoint)
                self._store.events.add_checkpoint(job.id, step, name, figures)
                self._store.events.add(job.id, f"Checkpoint created at step {step}", step=step)
                return self._drop_checkpoints(job.id)
        return []

    def saved(self, name: str) -> None:
        """From now on a later run starts from the file ``name``."""
        with self._turn():
            self._store.jobs.set_state_file(self._job_id, name)

    def paused(self, message: str) -> None:
        with self._turn():
            self._store.jobs.set_status(self._job_id, "paused")
            self._store.events.add(self._job_id, message, level="warn")

    def stopped(self, step: int, *, server_gone: bool) -> None:
        """Saved and about to leave: paused if that is still wanted, else ready to go on."""
        with self._turn():
            pausing = self.job().pausing
            self._store.jobs.set_status(self._job_id, "paused" if pausing else "queued")
            if pausing:
                self._store.events.add(self._job_id, "Fine-tuning job paused")
            elif server_gone:
                message = f"The engine was stopped; the job will go on from step {step}"
                self._store.events.add(self._job_id, message, level="warn")

    def metrics(self) -> list[Mapping[str, Any]]:
        return self._store.events.metrics(self._job_id)

    def succeeded(self, *, weights: str, result: StoredFile) -> None:
        job = self.job()
        with self._turn():
            self._store.files.add(result)
            self._store.models.put(_name(job), base_model=job.base_model, job=job.id, checkpoint=False, weights=weights)
            self._store.jobs.succeed(job.id, model=_name(job), result_file=result.id)
            self._store.events.add(job.id, f"New fine-tuned model created: {_name(job)}")
            self._store.events.add(job.id, "The job has successfully completed")

    def failed(self, failure: JobFailure) -> None:
        with self._turn():
            self._store.jobs.fail(self._job_id, failure)
            self._store.events.add(self._job_id, failure.message, level="error")

    def _drop_checkpoints(self, job_id: str) -> list[str]:
        """Forget all but the last ``KEPT_CHECKPOINTS``, the best by validation, and those that jobs start from."""
        checkpoints = self._store.events.checkpoints(job_id, after=None, limit=MAX_EPOCHS).items
        needed = {job.model for job in self._store.jobs.active()}
        measured = [point for point in reversed(checkpoints) if "full_valid_loss" in point.metrics]
        if measured:
            needed.add(min(measured, key=lambda point: float(point.metrics["full_valid_loss"])).model)
        dropped = []
        for point in checkpoints[KEPT_CHECKPOINTS:]:
            model = self._store.models.get(point.model)
            if model is not None and point.model not in needed:
                self._store.models.remove(point.model)
                dropped.append(model.weights)
        return dropped

    @contextmanager
    def _turn(self) -> Iterator[None]:
        with self._store.transaction():
            if not self._store.jobs.is_current(self._job_id, self._run):
                raise SupersededError
            yield


def _name(job: Job) -> str:
    return fine_tuned_name(job.base_model, job.suffix, job.id)

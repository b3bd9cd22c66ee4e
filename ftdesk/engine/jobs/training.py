"""The training loop around a trainer: steps, checkpoints, saved states, orders, the result."""

from __future__ import annotations

import csv
import io
import math
import time
from pathlib import Path
from typing import Any

from ftdesk.engine.folder import DataFolder
from ftdesk.engine.identifiers import new_id
from ftdesk.engine.jobs.ledger import Ledger
from ftdesk.engine.jobs.orders import Orders
from ftdesk.engine.store.files import StoredFile
from ftdesk.engine.store.jobs import Job
from ftdesk.engine.trainers.protocol import StepMetrics, Trainer, TrainingData, TrainingPlan, TrainingRun

SAVE_SECONDS = 5.0
"""A kill costs at most this much work, and never more than an epoch."""

RESULT_COLUMNS = ("step", "train_loss", "train_accuracy", "valid_loss", "valid_mean_token_accuracy")


class DivergedError(Exception):
    """The loss is no longer a number."""


class Training:
    """One run of a job's training, from its first or its last saved step to its end or to an order to stop."""

    def __init__(self, job: Job, plan: TrainingPlan, folder: DataFolder, ledger: Ledger, orders: Orders) -> None:
        self._job = job
        self._plan = plan
        self._folder = folder
        self._place = folder.job(job.id)
        self._ledger = ledger
        self._orders = orders
        self._state_file = job.state_file

    def run(self, trainer: Trainer, weights: Path, data: TrainingData) -> None:
        """Raises what the trainer raises, ``DivergedError``, ``OSError`` and ``SupersededError``."""
        training = self._resume(trainer, data) or self._start(trainer, weights, data)
        first, began = training.step, time.monotonic()
        saved = began
        while training.step < training.total_steps:
            step = training.advance()
            pace = (time.monotonic() - began) / (step.step - first)
            epoch_ended = step.step % training.steps_per_epoch == 0
            self._record(training, step, pace, epoch_ended=epoch_ended)
            finished = training.step == training.total_steps
            order = self._orders.order
            if not finished and (epoch_ended or order or time.monotonic() - saved >= SAVE_SECONDS):
                self._save(training)
                saved = time.monotonic()
            if order and not finished:
                self._ledger.stopped(step.step, server_gone=order == "leave")
                return
        self._finish(training)

    def _start(self, trainer: Trainer, weights: Path, data: TrainingData) -> TrainingRun:
        training = trainer.start(weights, data, self._plan, self._job.seed)
        self._ledger.started()
        return training

    def _resume(self, trainer: Trainer, data: TrainingData) -> TrainingRun | None:
        if self._state_file is None:
            return None
        try:
            training = trainer.resume(self._place / self._state_file, data, self._plan, self._job.seed)
        except Exception as error:  # noqa: BLE001 - a damaged state may fail in any way, and costs only time
            self._ledger.warn(f"The saved state cannot be read ({error}); training starts again from the first step")
            return None
        self._ledger.resumed(training.step)
        return training

    def _record(self, training: TrainingRun, step: StepMetrics, pace: float, *, epoch_ended: bool) -> None:
        metrics: dict[str, Any] = {
            "step": step.step,
            "total_steps": training.total_steps,
            "train_loss": step.train_loss,
            "train_mean_token_accuracy": step.train_accuracy,
        }
        message = f"Step {step.step}/{training.total_steps}: training loss={step.train_loss:.2f}"
        if step.valid_loss is not None:
            metrics |= {"valid_loss": step.valid_loss, "valid_mean_token_accuracy": step.valid_accuracy}
            message += f", validation loss={step.valid_loss:.2f}"
        whole = training.validate() if epoch_ended else None
        if whole is not None:
            metrics |= {"full_valid_loss": whole.loss, "full_valid_mean_token_accuracy": whole.accuracy}
            message += f", full validation loss={whole.loss:.2f}"
        for name, value in metrics.items():
            if value is not None and not math.isfinite(value):
                raise DivergedError(f"{name} is not a finite number at step {step.step}")
        dropped = self._ledger.stepped(
            message,
            {name: value for name, value in metrics.items() if value is not None},
            trained_tokens=step.trained_tokens,
            estimated_finish=math.ceil(time.time() + pace * (training.total_steps - step.step)),
            checkpoint=self._export(training) if epoch_ended else None,
        )
        for name in dropped:
            (self._place / name).unlink(missing_ok=True)

    def _export(self, training: TrainingRun) -> str:
        # The run is part of the name: a process given up for dead may still be writing the same step.
        name = f"step-{training.step}-run-{self._job.run}.weights"
        training.export(self._place / name)
        return name

    def _save(self, training: TrainingRun) -> None:
        name = f"step-{training.step}-run-{self._job.run}.state"
        if name == self._state_file:
            return
        training.save_state(self._place / name)
        self._ledger.saved(name)
        if self._state_file is not None:
            (self._place / self._state_file).unlink(missing_ok=True)
        self._state_file = name

    def _finish(self, training: TrainingRun) -> None:
        result = io.StringIO(newline="")
        rows = self._ledger.metrics()
        writer = csv.writer(result, lineterminator="\n")
        writer.writerow(RESULT_COLUMNS)
        keys = ("step", "train_loss", "train_mean_token_accuracy", "valid_loss", "valid_mean_token_accuracy")
        writer.writerows([row.get(key, "") for key in keys] for row in rows)
        content = result.getvalue().encode()
        weights = f"step-{training.step}-run-{self._job.run}.weights"
        if not (self._place / weights).exists():
            weights = self._export(training)
        file = StoredFile(
            new_id("file-"), int(time.time()), len(content), len(rows) + 1, "step_metrics.csv", "fine-tune-results"
        )
        with self._folder.new_file() as incoming:
            incoming.stream.write(content)
            incoming.publish(self._folder.file(file.id))
        self._ledger.succeeded(weights=weights, result=file)
        if self._state_file is not None:
            (self._place / self._state_file).unlink(missing_ok=True)

"""The process that validates or trains one job. It is started by the scheduler and reports to the store alone."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ftdesk.engine.catalogue import Catalogue
from ftdesk.engine.folder import DataFolder
from ftdesk.engine.jobs.examples import FileExamples
from ftdesk.engine.jobs.ledger import Ledger, SupersededError
from ftdesk.engine.jobs.orders import Orders
from ftdesk.engine.jobs.remains import tidy
from ftdesk.engine.jobs.training import DivergedError, Training
from ftdesk.engine.jobs.validation import InvalidFileError, check_file
from ftdesk.engine.store import Store
from ftdesk.engine.store.jobs import Job, JobFailure
from ftdesk.engine.trainers.protocol import Trainer, TrainingData, UnsupportedRequestError

Phase = Literal["validate", "train"]
NICENESS = 10


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a process is started for."""

    phase: Phase
    job: str
    run: int


class _ServerGoneError(Exception):
    """Nobody waits for the outcome; the next server will ask again."""


def work(assignment: Assignment, folder: DataFolder, catalogue: Catalogue) -> int:
    """Do it and return the exit status: 0 unless the job failed by an exception. Every outcome is in the store."""
    if assignment.phase == "train" and hasattr(os, "nice"):
        os.nice(NICENESS)
    orders = Orders()
    orders.listen()
    store = Store(folder.database, durable=False)
    ledger = Ledger(store, assignment.job, assignment.run)
    phase = {"validate": _validate, "train": _train}[assignment.phase]
    try:
        return _guarded(lambda: phase(store, folder, catalogue, ledger, orders), ledger)
    except (SupersededError, _ServerGoneError):
        return 0
    finally:
        store.close()


def _guarded(phase: Callable[[], None], ledger: Ledger) -> int:
    """Run a phase; turn what stops it into a job that failed with a reason, or that waits for space on the disk."""
    try:
        phase()
    except (SupersededError, _ServerGoneError):
        raise
    except InvalidFileError as error:
        ledger.failed(error.failure)
    except UnsupportedRequestError as error:
        ledger.failed(
            JobFailure(error.code, f"The job failed due to an unsupported request. {error.message}", error.param)
        )
    except DivergedError as error:
        message = f"The job failed because training diverged: {error}. Try a lower learning_rate_multiplier."
        ledger.failed(JobFailure("training_diverged", message, "learning_rate_multiplier"))
    except OSError as error:
        if error.errno != errno.ENOSPC:
            ledger.failed(_internal(error))
            raise
        ledger.paused("Fine-tuning job paused: the disk is full. Free some space, then resume the job")
    except Exception as error:
        ledger.failed(_internal(error))
        raise
    return 0


def _internal(error: Exception) -> JobFailure:
    reason = str(error) or type(error).__name__
    if isinstance(error, MemoryError):
        reason = "the computer ran out of memory"
    return JobFailure("server_error", f"The job failed due to an internal error: {reason}")


def _validate(store: Store, folder: DataFolder, catalogue: Catalogue, ledger: Ledger, orders: Orders) -> None:
    job = ledger.job()
    trainer = _trainer(catalogue, job)

    def keep_going() -> None:
        if orders.order:
            raise _ServerGoneError

    what = f"Validating training file: {job.training_file}"
    ledger.say(what + (f" and validation file: {job.validation_file}" if job.validation_file else ""))
    training_path = _file(store, folder, job.training_file, "training_file")
    examples = check_file(training_path, job.training_file, "training_file", job.method, trainer, keep_going)
    if job.validation_file:
        path = _file(store, folder, job.validation_file, "validation_file")
        check_file(path, job.validation_file, "validation_file", job.method, trainer, keep_going)
    ledger.validated(trainer.plan(job.method, job.hyperparameters, examples))


def _train(store: Store, folder: DataFolder, catalogue: Catalogue, ledger: Ledger, orders: Orders) -> None:
    job = ledger.job()
    if job.plan is None:
        raise ValueError(f"{job.id} is queued but was not validated")
    tidy(folder.job(job.id), job, store)
    trainer = _trainer(catalogue, job)
    data = TrainingData(
        training=FileExamples(_file(store, folder, job.training_file, "training_file")),
        validation=FileExamples(_file(store, folder, job.validation_file, "validation_file"))
        if job.validation_file
        else (),
    )
    Training(job, job.plan, folder, ledger, orders).run(trainer, _weights(store, folder, catalogue, job), data)


def _trainer(catalogue: Catalogue, job: Job) -> Trainer:
    try:
        return catalogue.trainer(job.base_model)
    except LookupError:
        raise UnsupportedRequestError(
            f"The model {job.base_model} is not available on this computer any more.",
            param="model",
            code="model_not_found",
        ) from None


def _weights(store: Store, folder: DataFolder, catalogue: Catalogue, job: Job) -> Path:
    if job.model == job.base_model:
        return _trainer(catalogue, job).base_weights(job.base_model)
    model = store.models.get(job.model)
    if model is None:
        raise UnsupportedRequestError(f"The model {job.model} was deleted.", param="model", code="model_not_found")
    return folder.job(model.job) / model.weights


def _file(store: Store, folder: DataFolder, file_id: str, param: str) -> Path:
    file = store.files.get(file_id)
    if file is None or not folder.file(file.id).exists():
        raise InvalidFileError(JobFailure("invalid_file", f"The file {file_id} is no longer there.", param))
    return folder.file(file.id)

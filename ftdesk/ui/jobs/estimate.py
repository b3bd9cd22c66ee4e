"""How long a training will take, roughly, and what it reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ftdesk.jobs.types import Job


def expected_seconds(
    host: str, size: int, epochs: int | None, past: Sequence[Job], rough: float | None
) -> float | None:
    """Seconds to train, or ``None`` where there is nothing to judge by.

    ``size`` is the file's bytes, ``epochs`` is ``None`` for the host's choice, ``past`` are the jobs that there were,
    newest first: a finished one on the same host is a better guide than ``rough``, what is published of it.
    """
    for job in past:
        pace = _pace(job) if job.host == host else None
        known = epochs or _epochs(job)
        if pace and known:
            return size * known / pace
    return rough


def _pace(job: Job) -> float | None:
    """Bytes of training data that ``job`` went through in a second."""
    epochs = _epochs(job)
    path = Path(job.training_file)
    if job.status != "succeeded" or job.finished_at is None or epochs is None or not path.is_absolute():
        return None
    try:
        size = path.stat().st_size
    except OSError:
        return None
    return size * epochs / max(1, job.finished_at - job.created_at)


def _epochs(job: Job) -> int | None:
    value = job.hyperparameters.get("n_epochs")
    return value if isinstance(value, int) and value > 0 else None

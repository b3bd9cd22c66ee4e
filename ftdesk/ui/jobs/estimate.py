"""How long a training will take, roughly, and what it reads."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ftdesk.hosts.types import LOCAL
from ftdesk.jobs.types import Job

_LOCAL_TOKENS_PER_SECOND = 3_000
"""What the practice model learns on one core of a plain computer; good for the first job, later ones are measured."""
_AUTO_READS = 2_400
"""How many examples in all the practice model's automatic epochs come to, between 3 and 25 times the dataset."""


def expected_seconds(
    host: str, tokens: int, size: int, examples: int, epochs: int | None, past: Sequence[Job]
) -> float | None:
    """Seconds to train, or ``None`` where there is nothing to judge by.

    ``tokens`` are those of one epoch, ``size`` is the file's bytes, ``epochs`` is ``None`` for the host's choice, and
    ``past`` are the jobs that there were, newest first: a finished one on the same host is the best guide.
    """
    for job in past:
        pace = _pace(job) if job.host == host else None
        known = epochs or _epochs(job)
        if pace and known:
            return size * known / pace
    if host != LOCAL or not tokens:
        return None
    reads = examples * epochs if epochs else min(25 * examples, max(3 * examples, _AUTO_READS))
    return tokens / max(1, examples) * reads / _LOCAL_TOKENS_PER_SECOND


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

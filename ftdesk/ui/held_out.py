"""Where the examples are that a training has not seen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ftdesk.jobs.types import Job
from ftdesk.ui.job_feed import job_title


@dataclass(frozen=True, slots=True)
class HeldOut:
    """A test part and the job whose data it was dealt out with."""

    title: str
    path: Path


def held_out_of(job: Job) -> Path | None:
    """The test part beside the training file of ``job``, as ``ftdesk split`` and the launch sheet lay them down."""
    training = Path(job.training_file)
    test = training.with_name("test.jsonl")
    return test if training.is_absolute() and training.name == "train.jsonl" and test.is_file() else None


def held_out_parts(jobs: Sequence[Job]) -> list[HeldOut]:
    """Those of ``jobs``, newest first, each file once."""
    parts: dict[Path, HeldOut] = {}
    for job in jobs:
        path = held_out_of(job)
        if path is not None:
            parts.setdefault(path, HeldOut(job_title(job), path))
    return list(parts.values())

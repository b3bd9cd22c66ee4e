"""Where the examples are that a training has not seen, and what becomes of them when some go into training."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from ftdesk.dataset.lines import FileLines
from ftdesk.errors import InputError
from ftdesk.jobs.types import Job
from ftdesk.storage.files import write_atomic
from ftdesk.storage.folders import make_folder
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


def take_out(path: Path, numbers: Collection[int], folder: Path) -> tuple[list[bytes], Path]:
    """The lines of ``path`` with these numbers (from 1), and a copy under ``folder`` of all others.

    The copy is named by its content. Raises ``InputError`` when it would be empty, ``StorageError``.
    """
    taken: list[bytes] = []
    kept: list[bytes] = []
    with closing(FileLines(path)) as lines:
        for index in range(len(lines)):
            (taken if index + 1 in numbers else kept).append(lines.read(index))
    if not any(line.strip() for line in kept):
        raise InputError(
            "That would leave no held-out example.", hint="Choose fewer, or hold back more at the next training."
        )
    content = b"".join(line + b"\n" for line in kept)
    copy = make_folder(folder / hashlib.sha256(content).hexdigest()[:16]) / "test.jsonl"
    write_atomic(copy, [content])
    return taken, copy

"""Jobs as the commands print them: as JSON, in tables, and while one is followed."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import asdict
from typing import Any

from ftdesk.app import App
from ftdesk.cli.main import printable
from ftdesk.cli.progress import Progress
from ftdesk.cli.table import width
from ftdesk.errors import ExitStatus
from ftdesk.hosts.types import JobEvent
from ftdesk.jobs.types import CheckpointsArrived, ContactLost, EventsArrived, Job, JobChanged, LaunchStepped, WatchEvent

_FIELDS = (
    "id",
    "host",
    "model",
    "status",
    "host_status",
    "fine_tuned_model",
    "created_at",
    "finished_at",
    "trained_tokens",
    "estimated_cost",
    "error",
    "suffix",
    "method",
    "training_file",
    "validation_file",
    "dataset_sha256",
    "launch_token",
)


def job_document(job: Job) -> dict[str, Any]:
    """The shape of ``launch --json`` and of one item of ``jobs --json``."""
    return {name: getattr(job, name) for name in _FIELDS}


def event_documents(event: WatchEvent | LaunchStepped) -> list[dict[str, Any]]:
    """The lines of ``watch --json`` and ``launch --follow --json``. One about the job is the job with its ``type``."""
    match event:
        case JobChanged(job):
            return [{"type": "job", **job_document(job)}]
        case LaunchStepped(step, text):
            return [{"type": "step", "step": step, "text": text}]
        case EventsArrived(job_id, events):
            return [{"type": "event", "job_id": job_id, "event": asdict(one)} for one in events]
        case CheckpointsArrived(job_id, checkpoints):
            return [{"type": "checkpoints", "job_id": job_id, "checkpoints": [asdict(one) for one in checkpoints]}]
        case ContactLost(job_id, reason, seconds):
            return [{"type": "contact_lost", "job_id": job_id, "reason": reason, "retry_seconds": seconds}]


def print_json(document: object) -> None:
    """One document on one line of stdout."""
    print(json.dumps(document), flush=True)


def print_text(text: str) -> None:
    print(printable(text), flush=True)


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Lines with all columns flush left."""
    widths = [max(map(width, column)) for column in zip(*rows, strict=True)]
    lines = (
        "  ".join(cell + " " * (wide - width(cell)) for cell, wide in zip(row, widths, strict=True)) for row in rows
    )
    return "\n".join(line.rstrip() for line in lines)


def job_table(jobs: Sequence[Job]) -> str:
    rows = [("job", "host", "status", "started", "model")]
    rows += [(job.id, job.host, job.status, moment(job.created_at), job.fine_tuned_model or job.model) for job in jobs]
    return aligned(rows)


def job_summary(job: Job) -> str:
    """What a person wants to know of one job."""
    took = f"{job.finished_at - job.created_at} s" if job.finished_at else ""
    facts = [
        ("job", job.id),
        ("status", job.status if job.host_status in {"", job.status} else f"{job.status} ({job.host_status})"),
        ("trained from", f"{job.host}/{job.model}"),
        ("model", f"{job.host}/{job.fine_tuned_model}" if job.fine_tuned_model else ""),
        ("tokens", f"{job.trained_tokens:,}" if job.trained_tokens else ""),
        ("took", took),
        ("error", job.error or ""),
    ]
    return aligned([fact for fact in facts if fact[1]])


def moment(seconds: int) -> str:
    """Local date and time."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(seconds)) if seconds else ""


async def follow(app: App, job_id: str, *, as_json: bool, host: str | None = None) -> int:
    """Print what happens to a job until it has ended. Raises ``FtdeskError``."""
    event: WatchEvent | None = None
    with Progress("Training") as progress:
        async with aclosing(app.jobs.watch(job_id, host)) as events:
            async for event in events:
                if as_json:
                    for document in event_documents(event):
                        print_json(document)
                else:
                    _show(event, progress)
    job = await app.jobs.job(job_id, host)
    if not as_json:
        print_text(job_summary(job))
    elif not isinstance(event, JobChanged):  # the last line is the job, always
        print_json(event_documents(JobChanged(job))[0])
    return ExitStatus.GOOD if job.status == "succeeded" else ExitStatus.NO


def _show(event: WatchEvent, progress: Progress) -> None:
    match event:
        case EventsArrived(events=events):
            for one in events:
                _show_event(one, progress)
        case ContactLost(reason=reason, retry_seconds=seconds):
            progress.note(printable(f"{reason} Asking again in {seconds:g} s."))


def _show_event(event: JobEvent, progress: Progress) -> None:
    step, total = event.data.get("step"), event.data.get("total_steps")
    if isinstance(step, int) and isinstance(total, int) and event.type == "metrics":
        progress.show(step, total, f"step {step} of {total}{_loss(event)}")
    else:
        progress.note(printable(f"{moment(event.created_at)}  {event.message}"))


def _loss(event: JobEvent) -> str:
    names = {"train_loss": "loss", "valid_loss": "validation", "full_valid_loss": "full validation"}
    shown = [f"{title} {event.data[name]:.3g}" for name, title in names.items() if _is_number(event.data.get(name))]
    return "".join(f", {text}" for text in shown)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)

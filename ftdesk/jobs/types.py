"""Jobs as the app keeps them, and what a launch or a watch tells on its way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ftdesk.hosts.types import Checkpoint, JobEvent, JobStatus, Method, ModelName


@dataclass(frozen=True, slots=True)
class LaunchPlan:
    """What a person asked for. ``hyperparameters`` left out are the host's automatic choice."""

    training_file: Path
    model: ModelName
    validation_file: Path | None = None
    method: Method = "supervised"
    hyperparameters: Mapping[str, float | int | str] = field(default_factory=dict)
    suffix: str | None = None
    seed: int | None = None
    estimated_cost: float | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """One row of the ledger, in the shape of ``jobs --json``.

    ``id`` is the host's job id once there is one, else the launch token. ``launch_token`` is empty for jobs that were
    started elsewhere. ``status`` is ``launching`` until the host has answered and ``unknown`` when its answer was lost.
    """

    id: str
    host: str
    model: str
    status: JobStatus
    host_status: str = ""
    fine_tuned_model: str | None = None
    created_at: int = 0
    finished_at: int | None = None
    estimated_finish: int | None = None
    trained_tokens: int | None = None
    estimated_cost: float | None = None
    error: str | None = None
    suffix: str | None = None
    method: Method = "supervised"
    training_file: str = ""
    validation_file: str | None = None
    dataset_sha256: str = ""
    launch_token: str = ""
    hyperparameters: Mapping[str, float | int | str] = field(default_factory=dict)
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class LaunchStepped:
    """A launch reached its next step: ``recorded``, ``uploading``, ``uploaded``, ``creating``, ``created``.

    ``duplicate``: the host has a second job of this launch, because something on the way repeated the request.
    """

    step: str
    text: str


@dataclass(frozen=True, slots=True)
class JobChanged:
    """The ledger's row is new or different."""

    job: Job


@dataclass(frozen=True, slots=True)
class EventsArrived:
    """New lines of the job's log, oldest first. They are stored already."""

    job_id: str
    events: tuple[JobEvent, ...]


@dataclass(frozen=True, slots=True)
class CheckpointsArrived:
    """All checkpoints of the job, by step."""

    job_id: str
    checkpoints: tuple[Checkpoint, ...]


@dataclass(frozen=True, slots=True)
class ContactLost:
    """The host does not answer at present; the watch goes on by itself in ``retry_seconds``."""

    job_id: str
    reason: str
    retry_seconds: float


LaunchEvent = LaunchStepped | JobChanged
WatchEvent = JobChanged | EventsArrived | CheckpointsArrived | ContactLost

"""Reads what a host sent into our own values.

The SDK does not check replies: a web page comes back as a string where a job should be. So these models do, leniently
where hosts differ and strictly where a wrong value would mislead.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar, cast, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from ftdesk.hosts.profiles import HostProfile
from ftdesk.hosts.types import Checkpoint, JobEvent, JobStatus, Method, ModelInfo, RemoteFile, RemoteJob

M = TypeVar("M", bound="Reply")

STATUSES: Mapping[str, JobStatus] = {
    "validating_files": "validating_files",
    "queued": "queued",
    "running": "running",
    "paused": "paused",
    "succeeded": "succeeded",
    "failed": "failed",
    "cancelled": "cancelled",
    "pending": "queued",
    "created": "queued",
    "canceled": "cancelled",
    "completed": "succeeded",
    "error": "failed",
}


class MalformedReplyError(Exception):
    """The bytes are not the reply that was expected."""


def _seconds(value: object) -> object:
    """A time as Unix seconds. Some hosts send a number with a fraction, or text."""
    if isinstance(value, str):
        try:
            return int(float(value))
        except (ValueError, OverflowError):
            moment = datetime.fromisoformat(value)
            return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    return int(value) if isinstance(value, float) and math.isfinite(value) else value


def _mapping(value: object) -> object:
    """A table. NaN and infinity become null: what a diverged training reports has to fit into JSON again."""
    if not isinstance(value, dict):
        return {} if value is None else value
    return {name: None if isinstance(item, float) and not math.isfinite(item) else item for name, item in value.items()}


def _list(value: object) -> object:
    return [] if value is None else value


def _texts(value: object) -> object:
    """Metadata values must be text; whatever else a host made of them is written as text."""
    return {str(key): str(item) for key, item in value.items()} if isinstance(value, dict) else {}


Id = Annotated[str, Field(min_length=1, max_length=512)]
Count = Annotated[int, Field(ge=0, le=2**53)]
Seconds = Annotated[Count, BeforeValidator(_seconds)]
Table = Annotated[dict[str, Any], BeforeValidator(_mapping)]


class Reply(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Page(Reply):
    """One page of a list. A server that leaves out ``has_more`` has none."""

    data: list[Any]
    has_more: bool | None = None


class ModelReply(Reply):
    id: Id
    owned_by: str | None = None
    created: Seconds | None = None
    shutdown_date: str | None = None
    name: str | None = None
    model_name: str | None = None
    description: str | None = None
    trainable: bool | None = None
    fine_tuning_available: bool | None = None

    def value(self, profile: HostProfile) -> ModelInfo:
        says = self.trainable if self.trainable is not None else self.fine_tuning_available
        if says is None and profile.trainable_models:
            says = self.id in profile.trainable_models or self.id.startswith("ft:")
        return ModelInfo(
            id=self.id,
            owned_by=self.owned_by or "",
            created_at=self.created,
            shutdown_date=self.shutdown_date,
            trainable=says,
            name=self.name or self.model_name or "",
            description=self.description or "",
        )


class FileReply(Reply):
    id: Id
    filename: str | None = None
    bytes: Count = 0
    purpose: str | None = None
    created_at: Seconds = 0
    status: str | None = None

    def value(self) -> RemoteFile:
        return RemoteFile(
            self.id, self.filename or "", self.bytes, self.purpose or "", self.created_at, self.status or ""
        )


class ErrorReply(Reply):
    code: str | None = None
    message: str | None = None


class JobReply(Reply):
    id: Id
    status: str
    model: str
    created_at: Seconds
    fine_tuned_model: str | None = None
    finished_at: Seconds | None = None
    estimated_finish: Seconds | None = None
    trained_tokens: Count | None = None
    error: ErrorReply | str | None = None
    training_file: str | None = None
    validation_file: str | None = None
    result_files: Annotated[list[str], BeforeValidator(_list)] = Field(default_factory=list)
    method: Table = Field(default_factory=dict)
    hyperparameters: Table = Field(default_factory=dict)
    suffix: str | None = None
    user_provided_suffix: str | None = None
    seed: int | None = Field(default=None, ge=-(2**53), le=2**53)
    metadata: Annotated[dict[str, str], BeforeValidator(_texts)] = Field(default_factory=dict)

    def value(self, profile: HostProfile) -> RemoteJob:
        method, hyperparameters = self._method()
        error = self.error if isinstance(self.error, str) else self.error and (self.error.message or self.error.code)
        return RemoteJob(
            id=self.id,
            status=self._status(profile),
            host_status=self.status,
            model=self.model,
            created_at=self.created_at,
            fine_tuned_model=self.fine_tuned_model or None,
            finished_at=self.finished_at or None,
            estimated_finish=self.estimated_finish,
            trained_tokens=self.trained_tokens,
            error=error or None,
            error_code=self.error.code if isinstance(self.error, ErrorReply) else None,
            training_file=self.training_file,
            validation_file=self.validation_file,
            result_files=tuple(self.result_files),
            method=method,
            hyperparameters=hyperparameters,
            suffix=self.suffix or self.user_provided_suffix,
            seed=self.seed,
            metadata=self.metadata,
        )

    def _method(self) -> tuple[Method, dict[str, Any]]:
        """The method and its settings, which are in ``method.NAME.hyperparameters`` or, of old, at the top."""
        name = self.method.get("type")
        method = cast("Method", name) if name in get_args(Method) else "supervised"
        inner = self.method.get(method)
        settings = inner.get("hyperparameters") if isinstance(inner, dict) else None
        return method, settings if isinstance(settings, dict) and settings else self.hyperparameters

    def _status(self, profile: HostProfile) -> JobStatus:
        """The nearest status of ours. For a word never heard, what else the job says decides; with no end, it runs."""
        known = profile.statuses.get(self.status) or STATUSES.get(self.status)
        if known is not None:
            return known
        if isinstance(self.error, ErrorReply) and (self.error.code or self.error.message):
            return "failed"
        if self.finished_at:
            return "succeeded" if self.fine_tuned_model else "failed"
        return "running"


class EventReply(Reply):
    id: str | None = None
    created_at: Seconds
    level: str | None = None
    message: str | None = None
    type: str | None = None
    data: Table = Field(default_factory=dict)

    @property
    def key(self) -> str:
        """What tells two events apart: the id, or time and text where a host sends none."""
        return self.id or f"{self.created_at}:{self.message}"

    def value(self) -> JobEvent:
        return JobEvent(
            id=self.key,
            created_at=self.created_at,
            level=self.level or "info",
            message=self.message or "",
            type=self.type or "message",
            data=self.data,
        )


class CheckpointReply(Reply):
    id: Id
    fine_tuned_model_id: str | None = None
    fine_tuned_model_checkpoint: str | None = None
    step_number: Count = 0
    created_at: Seconds = 0
    metrics: Table = Field(default_factory=dict)

    def value(self) -> Checkpoint:
        model = self.fine_tuned_model_id or self.fine_tuned_model_checkpoint or ""
        return Checkpoint(self.id, model, self.step_number, self.created_at, self.metrics)


class ModerationResult(Reply):
    flagged: bool
    categories: Table = Field(default_factory=dict)

    @property
    def flagged_categories(self) -> tuple[str, ...]:
        """Which of the host's categories apply. A flagged text has one, if only a word for none that was named."""
        if not self.flagged:
            return ()
        return tuple(sorted(name for name, applies in self.categories.items() if applies is True)) or ("unnamed",)


class ModerationReply(Reply):
    results: list[ModerationResult]


def read(model: type[M], body: bytes) -> M:
    """The reply in ``body``. Raises ``MalformedReplyError`` that names what is wrong."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise MalformedReplyError(_problem(error)) from None


def read_item(model: type[M], item: object) -> M:
    """The same for one item of a page."""
    try:
        return model.model_validate(item)
    except ValidationError as error:
        raise MalformedReplyError(_problem(error)) from None


def _problem(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place}: {first['msg']}" if place else first["msg"]

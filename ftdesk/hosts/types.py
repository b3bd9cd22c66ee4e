"""What a host says, in our own words: small frozen values without any SDK.

A model is named ``HOST/MODEL``, split at the first slash, wherever a person or a file names it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from ftdesk.errors import InputError
from ftdesk.overrides import override

if TYPE_CHECKING:
    from ftdesk.hosts.profiles import HostProfile

LOCAL = "local"
"""The name of the built-in host."""

Method = Literal["supervised", "dpo", "reinforcement"]

JobStatus = Literal[
    "launching",
    "unknown",
    "validating_files",
    "queued",
    "running",
    "paused",
    "succeeded",
    "failed",
    "cancelled",
]
FINAL_STATUSES: frozenset[JobStatus] = frozenset({"succeeded", "failed", "cancelled"})


@dataclass(frozen=True, slots=True, order=True)
class ModelName:
    """A model on a host."""

    host: str
    model: str

    @staticmethod
    def parse(text: str) -> ModelName:
        """Split ``HOST/MODEL`` at the first slash. Raises ``InputError`` when there is none or a side is empty."""
        host, slash, model = text.partition("/")
        if not (slash and host and model):
            raise InputError(
                f"“{text}” is not a model name.",
                hint="Write HOST/MODEL, for example local/tiny or openai/gpt-4.1-mini.",
            )
        return ModelName(host, model)

    @override
    def __str__(self) -> str:
        return f"{self.host}/{self.model}"


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model as a host lists it. ``shutdown_date`` is ``YYYY-MM-DD``, the day on which it stops answering."""

    id: str
    owned_by: str = ""
    created_at: int | None = None
    shutdown_date: str | None = None
    trainable: bool | None = None
    name: str = ""
    description: str = ""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    id: str
    filename: str
    bytes: int
    purpose: str
    created_at: int
    status: str = ""


@dataclass(frozen=True, slots=True)
class JobRequest:
    """All that a host needs to start a job. ``hyperparameters`` maps OpenAI's names to a number or ``"auto"``."""

    model: str
    training_file: str
    validation_file: str | None = None
    method: Method = "supervised"
    hyperparameters: Mapping[str, float | int | str] = field(default_factory=dict)
    suffix: str | None = None
    seed: int | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RemoteJob:
    """A job as its host describes it now. Times are Unix seconds.

    ``host_status`` is the host's own word; ``status`` is the nearest of ours. ``error`` is a sentence.
    """

    id: str
    status: JobStatus
    host_status: str
    model: str
    created_at: int
    fine_tuned_model: str | None = None
    finished_at: int | None = None
    estimated_finish: int | None = None
    trained_tokens: int | None = None
    error: str | None = None
    error_code: str | None = None
    training_file: str | None = None
    validation_file: str | None = None
    result_files: tuple[str, ...] = ()
    method: Method = "supervised"
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    suffix: str | None = None
    seed: int | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class JobEvent:
    """One line of a job's log. ``data`` holds the step metrics of an event of type ``metrics``, by OpenAI's names."""

    id: str
    created_at: int
    level: str
    message: str
    type: str = "message"
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    id: str
    model: str
    step: int
    created_at: int
    metrics: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChatOptions:
    """How to sample. ``None`` leaves the choice to the host."""

    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    seed: int | None = None
    tools: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class ChatDelta:
    """A piece of an answer, as it streams in."""

    text: str


@dataclass(frozen=True, slots=True)
class ChatFinished:
    """The end of an answer. Times are seconds since the request was sent.

    ``served_model`` is the model that the host says has answered. ``complete`` is false when the stream ended without a
    finish reason, so that a cut connection is never taken for a short answer.
    """

    text: str
    served_model: str
    finish_reason: str | None
    complete: bool
    first_token_seconds: float | None
    seconds: float
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    tool_calls: tuple[Mapping[str, Any], ...] = ()
    request_id: str | None = None
    system_fingerprint: str | None = None


Message = Mapping[str, Any]
"""A chat message in OpenAI's shape."""


class ChatStream(Protocol):
    """An answer under way: iterate for its deltas and its end, close to stop it."""

    def __aiter__(self) -> ChatStream: ...

    async def __anext__(self) -> ChatDelta | ChatFinished: ...

    async def aclose(self) -> None: ...


class HostClient(Protocol):
    """One connection. Every method raises ``HostRefusedError`` or ``HostUnreachableError`` and nothing of an SDK.

    May be awaited on any event loop: the work itself runs on the hosts' own loop, away from the window's.
    """

    async def models(self) -> list[ModelInfo]: ...

    async def upload(self, path: Path, *, purpose: str = "fine-tune") -> RemoteFile: ...

    async def delete_file(self, file_id: str) -> None: ...

    async def file_content(self, file_id: str) -> bytes: ...

    async def create_job(self, request: JobRequest) -> RemoteJob:
        """Start a paid job. Never retried by itself: a lost answer raises ``HostUnreachableError``."""

    async def job(self, job_id: str) -> RemoteJob: ...

    async def jobs(self, *, metadata: Mapping[str, str] | None = None, limit: int = 100) -> list[RemoteJob]: ...

    async def events(self, job_id: str, *, known: frozenset[str] = frozenset()) -> list[JobEvent]:
        """Events in the order in which they happened, without those whose id is ``known``."""

    async def checkpoints(self, job_id: str) -> list[Checkpoint]: ...

    async def cancel(self, job_id: str) -> RemoteJob: ...

    async def pause(self, job_id: str) -> RemoteJob: ...

    async def resume(self, job_id: str) -> RemoteJob: ...

    async def moderate(self, texts: Sequence[str]) -> list[tuple[str, ...]]:
        """The categories of the host's usage policies that each text falls into; none for one that is not flagged."""

    def chat(self, model: str, messages: Sequence[Message], options: ChatOptions) -> ChatStream: ...

    async def aclose(self) -> None: ...


class Hosts(Protocol):
    """All connections of the app, by name. The built-in host is always there and started when first used."""

    def names(self) -> list[str]: ...

    def profile(self, name: str) -> HostProfile:
        """What the host can do and how it differs from others. Raises ``InputError`` for an unknown name."""

    async def client(self, name: str) -> HostClient:
        """Raises ``InputError`` for an unknown name, ``HostError`` when the built-in host does not start."""

    async def aclose(self) -> None: ...

"""Speaks the OpenAI protocol with one host. Runs on the hosts' loop only."""

from __future__ import annotations

import math
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import httpx2
import openai

from ftdesk.errors import HostRefusedError, InputError
from ftdesk.hosts.answers import Answer
from ftdesk.hosts.endpoint import Endpoint
from ftdesk.hosts.failures import malformed
from ftdesk.hosts.http import open_http, read_trust
from ftdesk.hosts.loop import HostLoop
from ftdesk.hosts.openai_wire import FOREIGN_ERRORS, PAGE, RawReply, Wire, open_sdk
from ftdesk.hosts.replies import CheckpointReply, EventReply, FileReply, JobReply, ModelReply, ModerationReply
from ftdesk.hosts.types import (
    ChatDelta,
    ChatFinished,
    ChatOptions,
    Checkpoint,
    JobEvent,
    JobRequest,
    Message,
    ModelInfo,
    RemoteFile,
    RemoteJob,
)


class OpenAIClient:
    """Implements ``WireClient``. Uploads run on a loop of their own: a large file holds up the loop that sends it."""

    def __init__(self, endpoint: Endpoint, uploads: HostLoop) -> None:
        self._endpoint = endpoint
        self._uploads = uploads
        self._wire = Wire(endpoint)
        self._trust = read_trust(endpoint)
        self._http = open_http(endpoint, self._trust)
        profile = endpoint.profile
        is_usual = endpoint.base_url == profile.base_url  # else a gateway, which answers at its own address
        inference_url = (is_usual and profile.inference_base_url) or endpoint.base_url
        self._again = open_sdk(endpoint, endpoint.base_url, self._http, retries=endpoint.limits.retries)
        self._chats = open_sdk(endpoint, inference_url, self._http, retries=0)
        self._counts_tokens = True

    async def models(self) -> list[ModelInfo]:
        replies = await self._wire.items(self._again.models.with_raw_response.list(), ModelReply, "a list of models")
        return [reply.value(self._endpoint.profile) for reply in replies]

    async def upload(self, path: Path, *, purpose: str) -> RemoteFile:
        return await self._uploads.run(lambda: self._upload(path, purpose))

    async def delete_file(self, file_id: str) -> None:
        try:
            await self._wire.body(self._again.files.with_raw_response.delete(file_id))
        except HostRefusedError as error:
            if error.status != 404:  # gone already is what was wanted
                raise

    async def file_content(self, file_id: str) -> bytes:
        call = self._again.files.with_raw_response.content(file_id)
        return await self._wire.body(call, deadline=math.inf)

    async def create_job(self, request: JobRequest) -> RemoteJob:
        method: dict[str, Any] = {"type": request.method}
        if request.hyperparameters:
            method[request.method] = {"hyperparameters": dict(request.hyperparameters)}
        async with self._once() as sdk:
            call = sdk.fine_tuning.jobs.with_raw_response.create(
                model=request.model,
                training_file=request.training_file,
                validation_file=request.validation_file or openai.omit,
                method=cast("Any", method),
                suffix=request.suffix or openai.omit,
                seed=openai.omit if request.seed is None else request.seed,
                metadata=dict(request.metadata) or openai.omit,
            )
            return await self._job(call)

    async def job(self, job_id: str) -> RemoteJob:
        return await self._job(self._again.fine_tuning.jobs.with_raw_response.retrieve(job_id))

    async def jobs(self, *, metadata: Mapping[str, str] | None, limit: int) -> list[RemoteJob]:
        replies = await self._wire.pages(
            lambda after: self._again.fine_tuning.jobs.with_raw_response.list(
                after=after, limit=min(limit, PAGE), metadata=dict(metadata) if metadata else openai.omit
            ),
            JobReply,
            "a list of jobs",
            identify=lambda reply: reply.id,
            is_enough=lambda found, _: len(found) >= limit,
        )
        return [reply.value(self._endpoint.profile) for reply in replies[:limit]]

    async def events(self, job_id: str, *, known: frozenset[str]) -> list[JobEvent]:
        replies = await self._wire.pages(
            lambda after: self._again.fine_tuning.jobs.with_raw_response.list_events(job_id, after=after, limit=PAGE),
            EventReply,
            "a list of events",
            identify=lambda reply: reply.key,
            is_enough=lambda _, page: all(reply.key in known for reply in page),
        )
        events = [reply.value() for reply in reversed(replies) if reply.key not in known]
        # Newest first is the rule, but not every host keeps to it.
        return sorted(events, key=lambda event: event.created_at)

    async def checkpoints(self, job_id: str) -> list[Checkpoint]:
        replies = await self._wire.pages(
            lambda after: self._again.fine_tuning.jobs.checkpoints.with_raw_response.list(
                job_id, after=after, limit=PAGE
            ),
            CheckpointReply,
            "a list of checkpoints",
            identify=lambda reply: reply.id,
        )
        return sorted((reply.value() for reply in replies), key=lambda checkpoint: checkpoint.step)

    async def cancel(self, job_id: str) -> RemoteJob:
        async with self._once() as sdk:
            return await self._job(sdk.fine_tuning.jobs.with_raw_response.cancel(job_id))

    async def pause(self, job_id: str) -> RemoteJob:
        async with self._once() as sdk:
            return await self._job(sdk.fine_tuning.jobs.with_raw_response.pause(job_id))

    async def resume(self, job_id: str) -> RemoteJob:
        async with self._once() as sdk:
            return await self._job(sdk.fine_tuning.jobs.with_raw_response.resume(job_id))

    async def moderate(self, texts: Sequence[str]) -> list[tuple[str, ...]]:
        call = self._again.moderations.with_raw_response.create(input=list(texts))
        reply = await self._wire.ask(call, ModerationReply, "moderation results")
        if len(reply.results) != len(texts):
            said = f"{len(reply.results)} results for {len(texts)} texts"
            raise malformed(self._endpoint, "moderation results", said.encode(), said)
        return [result.flagged_categories for result in reply.results]

    async def chat(
        self, model: str, messages: Sequence[Message], options: ChatOptions
    ) -> AsyncGenerator[ChatDelta | ChatFinished]:
        """The answer in pieces, and its end. An answer that is cut after it began ends as one that is not complete."""
        answer = Answer(model)
        stream = await self._open_chat(self._chat_body(model, messages, options))
        try:
            async with stream:
                async for chunk in self._chunks(stream):
                    text = answer.add(chunk)
                    if text:
                        yield ChatDelta(text)
        except FOREIGN_ERRORS as error:
            is_cut = isinstance(error, openai.APIConnectionError)
            if not (is_cut and answer.has_begun):
                raise self._wire.error(error) from error
        yield answer.finished(stream.response.headers.get("x-request-id"))

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _upload(self, path: Path, purpose: str) -> RemoteFile:
        try:
            with path.open("rb") as file:
                async with self._once() as sdk:
                    call = sdk.files.with_raw_response.create(
                        file=(_sent_name(path), file),
                        purpose=cast("Any", purpose),
                        timeout=self._endpoint.limits.upload,
                    )
                    return (await self._wire.ask(call, FileReply, "a file", deadline=math.inf)).value()
        except OSError as error:
            raise InputError(f"{path} cannot be read: {error.strerror or error}.", str(error)) from error

    @asynccontextmanager
    async def _once(self) -> AsyncIterator[openai.AsyncOpenAI]:
        """For what must not be sent twice: without retries, since the protocol has no idempotency key.

        On a new connection as well: one that was kept alive may be closing just then, and the request's fate unknown.
        """
        async with open_http(self._endpoint, self._trust) as http:
            yield open_sdk(self._endpoint, self._endpoint.base_url, http, retries=0)

    async def _job(self, call: Awaitable[RawReply]) -> RemoteJob:
        return (await self._wire.ask(call, JobReply, "a job")).value(self._endpoint.profile)

    def _chat_body(self, model: str, messages: Sequence[Message], options: ChatOptions) -> dict[str, Any]:
        settings = {
            "temperature": options.temperature,
            "top_p": options.top_p,
            self._endpoint.profile.answer_limit_field: options.max_tokens,
            "seed": options.seed,
            "tools": list(options.tools) or None,
        }
        chosen = {name: value for name, value in settings.items() if value is not None}
        return {"model": model, "messages": list(messages), "stream": True, **chosen}

    async def _open_chat(self, body: Mapping[str, Any]) -> openai.AsyncStream[Any]:
        """Ask for the token counts as well, unless the host has refused that before."""
        if self._counts_tokens:
            try:
                return await self._post_chat({**body, "stream_options": {"include_usage": True}})
            except HostRefusedError as error:
                if error.status not in {400, 422} or "stream_options" not in f"{error.param} {error.detail}":
                    raise
                self._counts_tokens = False
        return await self._post_chat(body)

    async def _post_chat(self, body: Mapping[str, Any]) -> openai.AsyncStream[Any]:
        limits = self._endpoint.limits
        async with self._wire.mapped():
            # Plain objects and not the SDK's models: those cost a third of a millisecond per token and check nothing.
            return await self._chats.post(
                "/chat/completions",
                cast_to=object,
                body=body,
                stream=True,
                stream_cls=openai.AsyncStream[Any],
                options={"timeout": httpx2.Timeout(limits.chat, connect=limits.connect)},
            )

    async def _chunks(self, stream: openai.AsyncStream[Any]) -> AsyncIterator[object]:
        """The chunks of an answer, or all of it as one from a server that does not stream."""
        if stream.response.headers.get("content-type", "").startswith("text/event-stream"):
            async for chunk in stream:
                yield chunk
            return
        body = await stream.response.aread()
        try:
            yield stream.response.json()
        except ValueError as error:
            raise malformed(self._endpoint, "an answer", body, str(error)) from error


def _sent_name(path: Path) -> str:
    """The name of the file as a host will show it, with the ending that hosts go by."""
    return path.stem.encode("utf-8", "replace").decode() + ".jsonl"

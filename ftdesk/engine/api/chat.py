"""``/v1/chat/completions``: one answer, whole or in pieces as it is drawn."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from ftdesk.engine.api.context import Engine, engine_of
from ftdesk.engine.api.errors import SERVER_ERROR, ApiError, missing, no_such_model, unsupported, wrong_type
from ftdesk.engine.api.parameters import Parameters, check_length, read_json
from ftdesk.engine.identifiers import new_id
from ftdesk.engine.trainers.protocol import Answer, ChatModel, SamplingOptions, UnsupportedRequestError

_log = logging.getLogger(__name__)

MAX_STOPS = 4
_ROLES = ("system", "developer", "user", "assistant", "tool", "function")
_READ = (
    *("model", "messages", "stream", "stream_options", "max_completion_tokens", "max_tokens", "temperature", "top_p"),
    *("seed", "stop"),
)
_WITHOUT_EFFECT = ("user", "metadata", "safety_identifier", "prompt_cache_key", "service_tier", "parallel_tool_calls")
"""Accepted, since leaving them out changes no answer."""
_NEUTRAL: Mapping[str, tuple[Any, ...]] = {
    "n": (1,),
    "logprobs": (False,),
    "store": (False,),
    "frequency_penalty": (0,),
    "presence_penalty": (0,),
    "logit_bias": ({},),
    "modalities": (["text"],),
    "response_format": ({"type": "text"},),
    "tools": ([],),
    "functions": ([],),
    "tool_choice": ("none", "auto"),
    "function_call": ("none", "auto"),
    "top_logprobs": (),
    "audio": (),
    "prediction": (),
    "reasoning_effort": (),
    "verbosity": (),
    "web_search_options": (),
    "moderation": (),
}
"""Parameters that this host cannot honour, and the values with which they ask for nothing."""


@dataclass(frozen=True, slots=True)
class _Question:
    model: str
    messages: Sequence[Mapping[str, Any]]
    max_tokens: int | None
    temperature: float
    top_p: float
    seed: int | None
    stop: tuple[str, ...]
    stream: bool
    include_usage: bool

    def sampling(self, longest: int) -> SamplingOptions:
        """``longest`` stands in where no maximum was given: OpenAI lets an answer fill the context."""
        return SamplingOptions(
            temperature=self.temperature,
            top_p=self.top_p,
            max_tokens=min(self.max_tokens or longest, longest),
            seed=self.seed,
            stop=self.stop,
        )


async def create_completion(request: Request) -> Response:
    """A refusal is a real error status also when a stream was asked for: it is known before the first piece."""
    engine = engine_of(request)
    question = _read(await read_json(request))
    model, longest = await _load(engine, question.model)
    answer = Answer()
    pieces = _pieces(request, model, question, question.sampling(longest), answer)
    try:
        first = await anext(pieces, "")
    except UnsupportedRequestError as error:
        raise ApiError(400, error.message, code=error.code, param=error.param or "messages") from None
    if question.stream:
        return _EventStream(_events(question, pieces, first, answer), media_type="text/event-stream")
    async with aclosing(pieces):
        text = first + "".join([piece async for piece in pieces])
    return JSONResponse(_completion(question, text, answer))


class _EventStream(StreamingResponse):
    """Closes what it reads from however it ends, so that no answer is drawn for nobody."""

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.headers["cache-control"] = "no-store"
        self.headers["x-content-type-options"] = "nosniff"
        try:
            await super().__call__(scope, receive, send)
        finally:
            if isinstance(self.body_iterator, AsyncGenerator):
                await self.body_iterator.aclose()


async def _pieces(
    request: Request, model: ChatModel, question: _Question, options: SamplingOptions, answer: Answer
) -> AsyncGenerator[str]:
    """Draw in a thread, at most ``CONCURRENT_ANSWERS`` at once. Stops when the client is gone."""
    engine = engine_of(request)
    async with engine.answering:
        drawn = await run_in_threadpool(model.stream, question.messages, options, answer)
        try:
            while (piece := await run_in_threadpool(next, drawn, None)) is not None:
                if piece:
                    yield piece
                if await request.is_disconnected():
                    return
                if engine.scheduler.stopping:
                    raise ApiError(503, "The engine is stopping.", code="engine_stopping", kind=SERVER_ERROR)
        finally:
            if isinstance(drawn, Generator):
                drawn.close()


async def _events(question: _Question, pieces: AsyncGenerator[str], first: str, answer: Answer) -> AsyncGenerator[str]:
    """Server-sent events: the role, the pieces, the reason for the end, the usage if asked for, ``[DONE]``."""
    frame: dict[str, Any] = {
        "id": new_id("chatcmpl-"),
        "object": "chat.completion.chunk",
        "created": int(time.time()),
        "model": question.model,
    }
    if question.include_usage:
        frame["usage"] = None

    def chunk(delta: dict[str, str], finish_reason: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return _event(frame | {"choices": [choice]})

    async with aclosing(pieces):
        yield chunk({"role": "assistant", "content": ""})
        if first:
            yield chunk({"content": first})
        try:
            async for piece in pieces:
                yield chunk({"content": piece})
        except ApiError as error:
            yield _event(error.body())
            return
        except Exception:  # noqa: BLE001 - the status line is long gone; this is how OpenAI's clients learn of it
            _log.exception("an answer broke off")
            yield _event(ApiError(500, "The server had an error while drawing the answer.", kind=SERVER_ERROR).body())
            return
    yield chunk({}, answer.finish_reason or "stop")
    if question.include_usage:
        yield _event(frame | {"choices": [], "usage": _usage(answer)})
    yield "data: [DONE]\n\n"


def _event(value: dict[str, Any]) -> str:
    return f"data: {json.dumps(value, ensure_ascii=False, separators=(',', ':'))}\n\n"


def _completion(question: _Question, text: str, answer: Answer) -> dict[str, Any]:
    message = {"role": "assistant", "content": text, "refusal": None}
    return {
        "id": new_id("chatcmpl-"),
        "object": "chat.completion",
        "created": int(time.time()),
        "model": question.model,
        "choices": [
            {"index": 0, "message": message, "logprobs": None, "finish_reason": answer.finish_reason or "stop"}
        ],
        "usage": _usage(answer),
    }


def _usage(answer: Answer) -> dict[str, int]:
    return {
        "prompt_tokens": answer.prompt_tokens,
        "completion_tokens": answer.completion_tokens,
        "total_tokens": answer.prompt_tokens + answer.completion_tokens,
    }


async def _load(engine: Engine, name: str) -> tuple[ChatModel, int]:
    """The model by its name, and the most tokens it could answer with."""
    tuned = engine.store.models.get(name)
    base_model = tuned.base_model if tuned else name
    weights: Path | None = engine.folder.job(tuned.job) / tuned.weights if tuned else None
    base = await run_in_threadpool(engine.catalogue.base_model, base_model)
    if base is None:
        raise no_such_model(name)
    return await run_in_threadpool(engine.catalogue.load, base_model, weights), base.context_length


def _read(body: Parameters) -> _Question:
    body.refuse_others((*_READ, *_WITHOUT_EFFECT, *_NEUTRAL))
    for key, neutral in _NEUTRAL.items():
        value = body.raw(key)
        if value is not None and value not in neutral:
            raise unsupported(key, "The models of this host cannot do that.")
    options = body.object("stream_options") or Parameters({}, "stream_options")
    options.refuse_others(("include_usage", "include_obfuscation"))
    stream = body.boolean("stream")
    if body.raw("stream_options") is not None and not stream:
        raise ApiError(
            400,
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
            code="invalid_parameter",
            param="stream_options",
        )
    return _Question(
        model=body.required_string("model"),
        messages=_messages(body),
        max_tokens=body.integer("max_completion_tokens", lowest=1) or body.integer("max_tokens", lowest=1),
        temperature=_or(body.number("temperature", lowest=0, highest=2), 1.0),
        top_p=_or(body.number("top_p", lowest=0, highest=1), 1.0),
        seed=body.integer("seed", lowest=-(2**63), highest=2**63 - 1),
        stop=_stop(body),
        stream=stream,
        include_usage=options.boolean("include_usage"),
    )


def _messages(body: Parameters) -> list[Mapping[str, Any]]:
    """Only the frame is looked at here; what is in a message is for the model to accept or refuse."""
    messages = body.array("messages")
    if messages is None:
        raise missing("messages")
    if not messages:
        message = (
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead."
        )
        raise ApiError(400, message, code="empty_array", param="messages")
    for index, message in enumerate(messages):
        name = f"messages[{index}]"
        if not isinstance(message, dict):
            raise wrong_type(name, "an object", message)
        fields = Parameters(message, name)
        if fields.choice("role", _ROLES) is None:
            raise missing(f"{name}.role")
        content = message.get("content")
        parts = content if isinstance(content, list) else []
        if not isinstance(content, str | list | None) or any(not isinstance(part, dict) for part in parts):
            raise wrong_type(f"{name}.content", "a string or an array of objects", content)
    return messages


def _stop(body: Parameters) -> tuple[str, ...]:
    value = body.raw("stop")
    stops = [value] if isinstance(value, str) else body.array("stop") or []
    if len(stops) > MAX_STOPS:
        message = f"Invalid 'stop': array too long. Expected an array with maximum length {MAX_STOPS}."
        raise ApiError(400, message, code="array_above_max_length", param="stop")
    for stop in stops:
        if not isinstance(stop, str):
            raise wrong_type("stop", "a string", stop)
        check_length("stop", stop, None, 1)
    return tuple(stops)


def _or(value: float | None, default: float) -> float:
    return default if value is None else value

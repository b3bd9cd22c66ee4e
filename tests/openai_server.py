"""A host for tests: real HTTP on loopback, honest unless told otherwise, with every fault a network can show.

It runs on a loop in a thread of its own, so that a client on any loop can be tested against it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

Json = dict[str, Any]


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes
    connection: int = 0

    @property
    def json(self) -> Json:
        return json.loads(self.body)


@dataclass
class Reply:
    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=lambda: {"content-type": "application/json"})

    def encoded(self) -> bytes:
        headers = {"content-length": str(len(self.body)), **self.headers}
        lines = [f"HTTP/1.1 {self.status} X", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        return "\r\n".join(lines).encode() + self.body


Fault = Callable[["OpenAIServer", Request, asyncio.StreamWriter], Awaitable[None]]


def say(status: int, body: object = b"", **headers: str) -> Fault:
    """Answer with this and do nothing else."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    names = {name.replace("_", "-"): value for name, value in headers.items()}

    async def fault(_server: OpenAIServer, _request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(Reply(status, data, {"content-type": "application/json", **names}).encoded())

    return fault


def refuse(status: int, message: str = "no", code: str | None = None, **headers: str) -> Fault:
    """An error in OpenAI's shape."""
    return say(status, {"error": {"message": message, "type": "x", "param": None, "code": code}}, **headers)


def send(data: bytes) -> Fault:
    """Send these bytes and close."""

    async def fault(_server: OpenAIServer, _request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()
        writer.close()

    return fault


async def reset(_server: OpenAIServer, _request: Request, writer: asyncio.StreamWriter) -> None:
    """Tear the connection down without an answer."""
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def hang(server: OpenAIServer, _request: Request, _writer: asyncio.StreamWriter) -> None:
    """Never answer."""
    await server.stopping.wait()


def after_effect(fault: Fault) -> Fault:
    """Do what was asked for, then let the answer go wrong."""

    async def both(server: OpenAIServer, request: Request, writer: asyncio.StreamWriter) -> None:
        server.reply(request)
        await fault(server, request, writer)

    return both


class OpenAIServer:
    """Keeps files, jobs, events and checkpoints, and remembers every request."""

    def __init__(self, key: str | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.key = key
        self.tls = tls
        self.requests: list[Request] = []
        self.files: dict[str, bytes] = {}
        self.jobs: dict[str, Json] = {}
        self.events: dict[str, list[Json]] = {}
        self.checkpoints: dict[str, list[Json]] = {}
        self.answer: list[bytes] = stream_of("Hello there")
        self.chunk_pause = 0.0
        self.open_answers = 0
        self.whole_answers = 0
        self.flags: Callable[[str], list[str]] = lambda _text: []
        self.keeps_metadata = True
        self.filters_jobs = True
        self.list_is_late_by = 0.0
        self.on_request: Callable[[Request], None] | None = None
        self._accepted = 0
        self._faults: list[tuple[str, re.Pattern[str], Fault]] = []
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(RuntimeError):  # stopped already
            self._loop.call_soon_threadsafe(self.stopping.set)
        self._thread.join()

    @property
    def base_url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}/v1"

    def next(self, method: str, path: str, *faults: Fault) -> None:
        """Let the next requests that match go wrong, one fault each, in order. ``path`` is a regular expression."""
        self._faults += [(method, re.compile(path), fault) for fault in faults]

    def asked(self, method: str, path: str) -> list[Request]:
        return [request for request in self.requests if request.method == method and re.search(path, request.path)]

    def add_event(self, job_id: str, message: str, **more: Any) -> None:
        events = self.events.setdefault(job_id, [])
        number = len(events) + 1
        events.append(
            {
                "id": f"ftevent-{job_id}-{number}",
                "object": "fine_tuning.job.event",
                "created_at": int(time.time()),
                "level": "info",
                "message": message,
                "type": "message",
                "data": None,
                **more,
            }
        )

    def add_step(self, job_id: str, step: int, total: int) -> None:
        data = {"step": step, "total_steps": total, "train_loss": 1 / step}
        self.add_event(job_id, f"Step {step}/{total}: training loss={1 / step:.2f}", type="metrics", data=data)

    def finish(self, job_id: str, status: str = "succeeded", error: Json | None = None) -> None:
        job = self.jobs[job_id]
        job |= {"status": status, "finished_at": int(time.time()), "error": error}
        if status == "succeeded":
            job |= {"fine_tuned_model": f"ft:{job['model']}:me::{job_id[-4:]}", "trained_tokens": 1234}

    def reply(self, request: Request) -> Reply | None:
        """The honest answer; ``None`` when it is a stream."""
        if self.key is not None and request.headers.get("authorization") != f"Bearer {self.key}":
            return _error(401, "Incorrect API key provided.", "invalid_api_key")
        path = request.path.removeprefix("/v1")
        for method, pattern, handler in _ROUTES:
            found = re.fullmatch(pattern, path)
            if found and method == request.method:
                return handler(self, request, *found.groups())
        return _error(404, f"Unknown request URL: {request.method} {request.path}", "unknown_url")

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.stopping = asyncio.Event()
        self._connections: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._connect, "127.0.0.1", 0, ssl=self.tls)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self.stopping.wait()
        server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._converse(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._accepted += 1
        number = self._accepted
        try:
            while (request := await _read(reader)) is not None:
                request.connection = number
                self.requests.append(request)
                if self.on_request:
                    self.on_request(request)
                await self._respond(request, writer)
                if writer.is_closing():
                    break
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _respond(self, request: Request, writer: asyncio.StreamWriter) -> None:
        for index, (method, pattern, fault) in enumerate(self._faults):
            if method == request.method and pattern.search(request.path):
                del self._faults[index]
                await fault(self, request, writer)
                return
        reply = self.reply(request)
        if reply is not None:
            writer.write(reply.encoded())
            return
        self.open_answers += 1
        try:
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
            for piece in self.answer:
                writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                await writer.drain()
                await asyncio.sleep(self.chunk_pause)
            writer.write(b"0\r\n\r\n")
            self.whole_answers += 1
        finally:
            self.open_answers -= 1


def stream_of(text: str, finish: str | None = "stop", model: str = "served-1") -> list[bytes]:
    """An answer as server-sent events, a word at a time."""
    base = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": model}
    pieces = []
    for word in re.findall(r"\s*\S+", text):
        delta = {"index": 0, "delta": {"content": word}, "finish_reason": None}
        pieces.append(_event({**base, "choices": [delta]}))
    if finish:
        pieces.append(_event({**base, "choices": [{"index": 0, "delta": {}, "finish_reason": finish}]}))
        usage = {"prompt_tokens": 7, "completion_tokens": len(pieces) - 1, "total_tokens": 6 + len(pieces)}
        pieces.append(_event({**base, "choices": [], "usage": usage}))
    return [*pieces, b"data: [DONE]\n\n"]


def _event(data: Json) -> bytes:
    return b"data: " + json.dumps(data).encode() + b"\n\n"


def _error(status: int, message: str, code: str | None = None) -> Reply:
    body = {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}}
    return Reply(status, json.dumps(body).encode())


def _ok(body: Json) -> Reply:
    return Reply(200, json.dumps(body).encode())


def _models(_server: OpenAIServer, _request: Request) -> Reply:
    tuned = [job["fine_tuned_model"] for job in _server.jobs.values() if job["fine_tuned_model"]]
    models = [
        {"id": "gpt-4.1-mini-2025-04-14", "shutdown_date": "2027-01-14", "owned_by": "system", "created": 1},
        *({"id": name, "owned_by": "me", "created": 2} for name in tuned),
    ]
    return _ok({"object": "list", "data": [{"object": "model", **model} for model in models]})


def _create_file(server: OpenAIServer, request: Request) -> Reply:
    found = re.search(rb'filename="([^"]*)"[^\n]*\r\n(?:[^\r\n]+\r\n)*\r\n(.*?)\r\n--', request.body, re.DOTALL)
    assert found, "no file in the form"
    file_id = f"file-{len(server.files) + 1:06d}"
    server.files[file_id] = found[2]
    return _ok(_file(file_id, found[1].decode(), len(found[2])))


def _file(file_id: str, filename: str, size: int) -> Json:
    return {
        "id": file_id,
        "object": "file",
        "bytes": size,
        "created_at": 1,
        "filename": filename,
        "purpose": "fine-tune",
        "status": "processed",
    }


def _delete_file(server: OpenAIServer, _request: Request, file_id: str) -> Reply:
    if server.files.pop(file_id, None) is None:
        return _error(404, "No such File object")
    return _ok({"id": file_id, "object": "file", "deleted": True})


def _file_content(server: OpenAIServer, _request: Request, file_id: str) -> Reply:
    if file_id not in server.files:
        return _error(404, "No such File object")
    return Reply(200, server.files[file_id], {"content-type": "application/octet-stream"})


def _create_job(server: OpenAIServer, request: Request) -> Reply:
    asked = request.json
    if asked["training_file"] not in server.files:
        return _error(400, "invalid training_file", "invalid_file")
    job_id = f"ftjob-{len(server.jobs) + 1:06d}"
    server.jobs[job_id] = {
        "id": job_id,
        "object": "fine_tuning.job",
        "created_at": int(time.time()),
        "model": asked["model"],
        "status": "queued",
        "fine_tuned_model": None,
        "finished_at": None,
        "trained_tokens": None,
        "error": {},
        "training_file": asked["training_file"],
        "validation_file": asked.get("validation_file"),
        "method": asked.get("method"),
        "seed": asked.get("seed") or 1,
        "result_files": [],
        "organization_id": "org",
        "hyperparameters": {"n_epochs": "auto"},
        "metadata": asked.get("metadata") if server.keeps_metadata else None,
        "visible_at": time.monotonic() + server.list_is_late_by,
    }
    server.add_event(job_id, f"Created fine-tuning job: {job_id}")
    return _ok(server.jobs[job_id])


def _list_jobs(server: OpenAIServer, request: Request) -> Reply:
    marks = {
        name.removeprefix("metadata[").removesuffix("]"): values[0]
        for name, values in request.query.items()
        if name.startswith("metadata[")
    }
    jobs = [job for job in reversed(server.jobs.values()) if job["visible_at"] <= time.monotonic()]
    if marks and server.filters_jobs:
        jobs = [job for job in jobs if marks.items() <= (job["metadata"] or {}).items()]
    return _page(request, jobs)


def _page(request: Request, items: list[Json]) -> Reply:
    limit, after = int(request.query.get("limit", ["20"])[0]), request.query.get("after", [""])[0]
    start = next((index + 1 for index, item in enumerate(items) if item["id"] == after), 0)
    page = items[start : start + limit]
    return _ok({"object": "list", "data": page, "has_more": start + limit < len(items)})


def _get_job(server: OpenAIServer, _request: Request, job_id: str) -> Reply:
    if job_id not in server.jobs:
        return _error(404, f"Could not find fine tune: {job_id}", "fine_tune_not_found")
    return _ok(server.jobs[job_id])


def _steer(server: OpenAIServer, request: Request, job_id: str, verb: str) -> Reply:
    job = server.jobs[job_id]
    if job["status"] in {"succeeded", "failed", "cancelled"}:
        return _error(400, f"Job has already completed: {job_id}", "invalid_state")
    job["status"] = {"cancel": "cancelled", "pause": "paused", "resume": "queued"}[verb]
    return _ok(job)


def _list_events(server: OpenAIServer, request: Request, job_id: str) -> Reply:
    return _page(request, list(reversed(server.events.get(job_id, []))))


def _list_checkpoints(server: OpenAIServer, request: Request, job_id: str) -> Reply:
    return _page(request, list(reversed(server.checkpoints.get(job_id, []))))


def _chat(_server: OpenAIServer, _request: Request) -> None:
    return None


_JOB = r"/fine_tuning/jobs/([^/]+)"


def _moderate(server: OpenAIServer, request: Request) -> Reply:
    flagged = [server.flags(text) for text in request.json["input"]]
    results = [
        {"flagged": bool(names), "categories": {"harassment": False} | dict.fromkeys(names, True)} for names in flagged
    ]
    return _ok({"id": "modr-1", "model": "omni-moderation-latest", "results": results})


_ROUTES: tuple[tuple[str, str, Callable[..., Reply | None]], ...] = (
    ("GET", "/models", _models),
    ("POST", "/files", _create_file),
    ("DELETE", "/files/([^/]+)", _delete_file),
    ("GET", "/files/([^/]+)/content", _file_content),
    ("POST", "/fine_tuning/jobs", _create_job),
    ("GET", "/fine_tuning/jobs", _list_jobs),
    ("GET", _JOB, _get_job),
    ("POST", _JOB + "/(cancel|pause|resume)", _steer),
    ("GET", _JOB + "/events", _list_events),
    ("GET", _JOB + "/checkpoints", _list_checkpoints),
    ("POST", "/moderations", _moderate),
    ("POST", "/chat/completions", _chat),
)


async def _read(reader: asyncio.StreamReader) -> Request | None:
    start = await reader.read(1)
    if start in {b"", b"\x16"}:  # the end, or somebody who wants to speak TLS
        return None
    head = start + await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    headers = {
        name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)
    }
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    parts = urlsplit(target)
    return Request(method, parts.path, parse_qs(parts.query), headers, body)

"""``/v1/uploads``: one large file in several requests."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse

from ftdesk.engine.api.context import Engine, engine_of
from ftdesk.engine.api.errors import ApiError, missing, no_such_upload, unsupported
from ftdesk.engine.api.files import PURPOSES, check_content, keep_file
from ftdesk.engine.api.lines import LineCounter
from ftdesk.engine.api.multipart import receive_form
from ftdesk.engine.api.parameters import Parameters, read_json
from ftdesk.engine.api.views import part_object, upload_object
from ftdesk.engine.folder import IncomingFile
from ftdesk.engine.identifiers import new_id
from ftdesk.engine.store.files import UPLOAD_SECONDS, Part, Upload, UploadStatus

MAX_PART_BYTES = 64 << 20
"""OpenAI's limit, and the size in which its client cuts a file."""
_COPY_BYTES = 1 << 20


async def create_upload(request: Request) -> JSONResponse:
    engine = engine_of(request)
    _expire(engine)
    body = await read_json(request)
    body.refuse_others(("bytes", "filename", "mime_type", "purpose", "expires_after"))
    if body.raw("expires_after") is not None:
        raise unsupported("expires_after", "Files are kept until they are deleted.")
    size = body.integer("bytes", lowest=1, highest=engine.max_file_bytes)
    if size is None:
        raise missing("bytes")
    filename = body.required_string("filename", longest=255)
    body.required_string("mime_type", longest=255)
    purpose = body.choice("purpose", PURPOSES)
    if purpose is None:
        raise missing("purpose")
    now = int(time.time())
    upload = Upload(new_id("upload_"), now, now + UPLOAD_SECONDS, size, filename, purpose, "pending", None)
    engine.store.uploads.add(upload)
    return JSONResponse(upload_object(upload))


async def add_part(request: Request) -> JSONResponse:
    engine, upload = engine_of(request), _pending(request)
    with engine.folder.new_file() as incoming:
        form = await receive_form(request, "data", incoming, max_bytes=MAX_PART_BYTES)
        if form.filename is None:
            raise missing("data")
        await run_in_threadpool(incoming.sync)
        _pending(request)  # it may have been cancelled or completed while the part arrived
        part = Part(new_id("part_"), upload.id, int(time.time()), form.bytes)
        incoming.publish(engine.folder.part(part.id))
        engine.store.uploads.add_part(part)
    return JSONResponse(part_object(part))


async def complete_upload(request: Request) -> JSONResponse:
    """Join the parts in the order given. The upload stays pending when that is refused."""
    engine, upload = engine_of(request), _pending(request)
    body = await read_json(request)
    body.refuse_others(("part_ids", "md5"))
    parts = _ordered_parts(engine, upload, body)
    paths = [engine.folder.part(part.id) for part in parts]
    with engine.folder.new_file() as incoming:
        digest, lines = await run_in_threadpool(_join, paths, incoming)
        expected = body.string("md5")
        if expected is not None and expected.lower() != digest:
            raise ApiError(400, "The MD5 checksum of the parts does not match.", code="checksum_mismatch", param="md5")
        await run_in_threadpool(check_content, incoming.path, upload.purpose, upload.bytes)
        _pending(request)
        file = keep_file(engine, incoming, upload.filename, upload.purpose, upload.bytes, lines)
    _close(engine, upload, "completed", file.id)
    return JSONResponse(upload_object(_upload(request), file))


async def cancel_upload(request: Request) -> JSONResponse:
    _close(engine_of(request), _pending(request), "cancelled")
    return JSONResponse(upload_object(_upload(request)))


def _ordered_parts(engine: Engine, upload: Upload, body: Parameters) -> list[Part]:
    wanted = body.array("part_ids")
    if not wanted:
        raise missing("part_ids")
    known = {part.id: part for part in engine.store.uploads.parts(upload.id)}
    for part_id in wanted:
        if not isinstance(part_id, str) or part_id not in known:
            raise ApiError(
                400, f"Part '{part_id}' does not belong to this upload.", code="invalid_part", param="part_ids"
            )
    if len(set(wanted)) != len(wanted):
        raise ApiError(400, "A part is named more than once.", code="invalid_part", param="part_ids")
    parts = [known[part_id] for part_id in wanted]
    size = sum(part.bytes for part in parts)
    if size != upload.bytes:
        raise ApiError(
            400,
            f"The parts have {size} bytes, but the upload was created for {upload.bytes} bytes.",
            code="size_mismatch",
            param="part_ids",
        )
    return parts


def _join(paths: list[Path], incoming: IncomingFile) -> tuple[str, int]:
    """Copy the parts one after the other; return the MD5 of the whole and the number of lines that are not blank."""
    digest, counter = hashlib.md5(usedforsecurity=False), LineCounter()
    for path in paths:
        with path.open("rb") as part:
            while piece := part.read(_COPY_BYTES):
                incoming.stream.write(piece)
                digest.update(piece)
                counter.feed(piece)
    incoming.sync()
    return digest.hexdigest(), counter.count


def _close(engine: Engine, upload: Upload, status: UploadStatus, file_id: str | None = None) -> None:
    parts = engine.store.uploads.parts(upload.id)
    with engine.store.transaction():
        engine.store.uploads.close(upload.id, status, file_id)
    for part in parts:
        engine.folder.part(part.id).unlink(missing_ok=True)


def _expire(engine: Engine) -> None:
    for upload in engine.store.uploads.overdue():
        _close(engine, upload, "expired")


def _upload(request: Request) -> Upload:
    engine, upload_id = engine_of(request), request.path_params["upload_id"]
    _expire(engine)
    upload = engine.store.uploads.get(upload_id)
    if upload is None:
        raise no_such_upload(upload_id)
    return upload


def _pending(request: Request) -> Upload:
    upload = _upload(request)
    if upload.status != "pending":
        raise ApiError(400, f"The upload is {upload.status}.", code="upload_not_pending", param="upload_id")
    return upload

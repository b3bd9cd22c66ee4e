"""``/v1/files``: what jobs train on and what they produce.

Content is served as it is. (OpenAI sends result files base64-encoded; a client that decodes them must fall back.)
"""

from __future__ import annotations

import json
import time
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse

from ftdesk.engine.api.context import Engine, engine_of
from ftdesk.engine.api.errors import ApiError, missing, no_such_file, unknown_cursor, unsupported
from ftdesk.engine.api.lines import first_line
from ftdesk.engine.api.multipart import Form, receive_form
from ftdesk.engine.api.parameters import choice_of, limit_of
from ftdesk.engine.api.views import file_object, list_object
from ftdesk.engine.folder import IncomingFile
from ftdesk.engine.identifiers import new_id
from ftdesk.engine.jobs.formats import not_a_dictionary
from ftdesk.engine.store.files import StoredFile

PURPOSES = ("assistants", "batch", "fine-tune", "user_data", "vision")
"""Those a client may give to a file. Only ``fine-tune`` is ever used here; the others are kept and given back."""
MAX_LIST = 10_000
_FILENAME_LENGTH = 255
_LOOK_BYTES = 1 << 20
"""As much of the first line as is worth reading here; a longer one is left to the validation, in its own process."""


async def create_file(request: Request) -> JSONResponse:
    engine = engine_of(request)
    with engine.folder.new_file() as incoming:
        form = await receive_form(request, "file", incoming, max_bytes=engine.max_file_bytes)
        purpose = _checked_purpose(form)
        await run_in_threadpool(incoming.sync)
        await run_in_threadpool(check_content, incoming.path, purpose, form.bytes)
        file = keep_file(engine, incoming, form.filename or "", purpose, form.bytes, form.lines)
    return JSONResponse(file_object(file))


async def list_files(request: Request) -> JSONResponse:
    engine, query = engine_of(request), request.query_params
    order = choice_of(request, "order", ("asc", "desc"))
    limit = limit_of(request, default=MAX_LIST, highest=MAX_LIST)
    try:
        page = engine.store.files.page(
            purpose=query.get("purpose"), after=query.get("after"), limit=limit, newest_first=order != "asc"
        )
    except LookupError:
        raise unknown_cursor(query["after"]) from None
    view = list_object([file_object(file) for file in page.items], has_more=page.has_more)
    # Unlike the other lists, this one is described with cursors that are never null.
    return JSONResponse(view | {"first_id": view["first_id"] or "", "last_id": view["last_id"] or ""})


async def retrieve_file(request: Request) -> JSONResponse:
    return JSONResponse(file_object(_file(request)))


async def file_content(request: Request) -> FileResponse:
    file = _file(request)
    return FileResponse(
        engine_of(request).folder.file(file.id),
        media_type="application/octet-stream",
        filename=file.filename,
        headers={"x-content-type-options": "nosniff"},
    )


async def delete_file(request: Request) -> JSONResponse:
    """Refused while a job that has not ended needs the file."""
    engine, file = engine_of(request), _file(request)
    for job in engine.store.jobs.active():
        if file.id in job.files:
            raise ApiError(
                400,
                f"File '{file.id}' is used by the fine-tuning job '{job.id}', which has not ended. Cancel it first.",
                code="file_in_use",
                param="id",
            )
    engine.store.files.remove(file.id)
    engine.folder.file(file.id).unlink(missing_ok=True)
    return JSONResponse({"id": file.id, "object": "file", "deleted": True})


def keep_file(engine: Engine, incoming: IncomingFile, filename: str, purpose: str, size: int, lines: int) -> StoredFile:
    """Put a received file in place and remember it, in that order: a row never points to nothing."""
    name = filename.replace("\\", "/").rpartition("/")[2][:_FILENAME_LENGTH] or "file"
    file = StoredFile(new_id("file-"), int(time.time()), size, lines, name, purpose)
    incoming.publish(engine.folder.file(file.id))
    engine.store.files.add(file)
    return file


def check_content(path: Path, purpose: str, size: int) -> None:
    """What OpenAI checks at upload; the rest is for the job's validation. Raises ``ApiError``."""
    if size == 0:
        raise ApiError(400, "File is empty.", code="empty_file", param="file")
    if purpose != "fine-tune":
        return
    number, line, cut = first_line(path, _LOOK_BYTES)
    try:
        dictionary = line.lstrip().startswith(b"{") if cut else isinstance(json.loads(line.decode("utf-8")), dict)
    except (ValueError, RecursionError):
        dictionary = False
    if not dictionary:
        raise ApiError(400, not_a_dictionary(line, number), code="invalid_jsonl", param="file")


def _checked_purpose(form: Form) -> str:
    if form.filename is None:
        raise missing("file")
    purpose = form.fields.pop("purpose", None)
    if not purpose:
        raise missing("purpose")
    if purpose not in PURPOSES:
        supported = ", ".join(f"'{known}'" for known in PURPOSES)
        raise ApiError(
            400, f"'{purpose}' is not one of [{supported}] - 'purpose'", code="invalid_value", param="purpose"
        )
    for name in form.fields:
        raise unsupported(name, "Files are kept until they are deleted.")
    return purpose


def _file(request: Request) -> StoredFile:
    file_id = request.path_params["file_id"]
    file = engine_of(request).store.files.get(file_id)
    if file is None:
        raise no_such_file(file_id)
    return file

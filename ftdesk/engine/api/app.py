"""The ASGI application: routes, and one place where what goes wrong becomes an answer."""

from __future__ import annotations

import errno
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from ftdesk.engine.api import chat, files, jobs, models, uploads
from ftdesk.engine.api.context import Engine
from ftdesk.engine.api.errors import SERVER_ERROR, ApiError
from ftdesk.engine.api.guard import Guard
from ftdesk.errors import FtdeskError, StorageError

_log = logging.getLogger(__name__)
_JOBS = "/v1/fine_tuning/jobs"
_JOB = _JOBS + "/{job_id}"

ROUTES = (
    Route("/v1/models", models.list_models, methods=["GET"]),
    Route("/v1/models/{model:path}", models.retrieve_model, methods=["GET"]),
    Route("/v1/models/{model:path}", models.delete_model, methods=["DELETE"]),
    Route("/v1/files", files.create_file, methods=["POST"]),
    Route("/v1/files", files.list_files, methods=["GET"]),
    Route("/v1/files/{file_id}", files.retrieve_file, methods=["GET"]),
    Route("/v1/files/{file_id}", files.delete_file, methods=["DELETE"]),
    Route("/v1/files/{file_id}/content", files.file_content, methods=["GET"]),
    Route("/v1/uploads", uploads.create_upload, methods=["POST"]),
    Route("/v1/uploads/{upload_id}/parts", uploads.add_part, methods=["POST"]),
    Route("/v1/uploads/{upload_id}/complete", uploads.complete_upload, methods=["POST"]),
    Route("/v1/uploads/{upload_id}/cancel", uploads.cancel_upload, methods=["POST"]),
    Route(_JOBS, jobs.create_job, methods=["POST"]),
    Route(_JOBS, jobs.list_jobs, methods=["GET"]),
    Route(_JOB, jobs.retrieve_job, methods=["GET"]),
    Route(_JOB + "/cancel", jobs.cancel_job, methods=["POST"]),
    Route(_JOB + "/pause", jobs.pause_job, methods=["POST"]),
    Route(_JOB + "/resume", jobs.resume_job, methods=["POST"]),
    Route(_JOB + "/events", jobs.list_events, methods=["GET"]),
    Route(_JOB + "/checkpoints", jobs.list_checkpoints, methods=["GET"]),
    Route("/v1/chat/completions", chat.create_completion, methods=["POST"]),
)


def create_app(engine: Engine, *, port: int, token: str) -> ASGIApp:
    """The whole API behind its guard. Starting the application starts the scheduler, stopping it stops that."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        engine.scheduler.start()
        yield
        await engine.scheduler.stop()

    app = Starlette(
        routes=ROUTES,
        lifespan=lifespan,
        exception_handlers={
            ApiError: _api_error,
            HTTPException: _http_error,
            FtdeskError: _known_error,
            OSError: _os_error,
            ClientDisconnect: _gone,
            Exception: _bug,
        },
    )
    app.router.redirect_slashes = False
    app.state.engine = engine
    return Guard(app, port=port, token=token)


async def _api_error(_: Request, error: Exception) -> Response:
    if not isinstance(error, ApiError):
        raise error
    return error.response()


async def _http_error(request: Request, error: Exception) -> Response:
    """Starlette's own: no such route, or not with this method."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    path = request.url.path
    if status == 405:
        message = f"Not allowed to {request.method} on {path} (HINT: Perhaps you meant to use a different HTTP method?)"
        return ApiError(405, message, code="method_not_allowed").response()
    message = f"Unknown request URL: {request.method} {path}. Please check the URL for typos."
    return ApiError(status, message, code="unknown_url").response()


async def _known_error(_: Request, error: Exception) -> Response:
    if not isinstance(error, FtdeskError):
        raise error
    _log.error("%s", error.sentence)
    status, code = (507, "storage_error") if isinstance(error, StorageError) else (500, None)
    return ApiError(status, error.sentence, code=code, kind=SERVER_ERROR).response()


async def _os_error(_: Request, error: Exception) -> Response:
    if not isinstance(error, OSError):
        raise error
    _log.error("%s", error)
    full = error.errno == errno.ENOSPC
    message = "There is no space left on the disk." if full else f"The disk could not be used: {error.strerror}."
    return ApiError(507, message, code="storage_error", kind=SERVER_ERROR).response()


async def _gone(_: Request, __: Exception) -> Response:
    """The client went away while it was sending; nobody reads this."""
    return Response(status_code=400)


async def _bug(_: Request, __: Exception) -> Response:
    """Anything else. The server prints the trace; the client learns only that it was not its fault."""
    message = "The server had an error while processing your request."
    return ApiError(500, message, kind=SERVER_ERROR).response()

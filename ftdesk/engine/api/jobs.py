"""``/v1/fine_tuning/jobs``: ask for training, follow it, steer it."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse

from ftdesk.engine.api.context import Engine, engine_of
from ftdesk.engine.api.errors import ApiError, missing, no_such_job, unknown_cursor, unsupported, wrong_type
from ftdesk.engine.api.parameters import Parameters, limit_of, metadata_of, read_json
from ftdesk.engine.api.views import checkpoint_object, event_object, job_object, list_object
from ftdesk.engine.identifiers import new_id
from ftdesk.engine.jobs.scheduler import ConflictError
from ftdesk.engine.store.files import StoredFile
from ftdesk.engine.store.jobs import Job, NewJob
from ftdesk.engine.trainers.protocol import Method, UnsupportedRequestError

MAX_LIST = 100
MAX_SEED = 2**31 - 1
_KNOWN = (
    *("model", "training_file", "validation_file", "method", "hyperparameters", "suffix", "seed", "metadata"),
    "integrations",
)
_METHODS = ("supervised", "dpo", "reinforcement")


@dataclass(frozen=True, slots=True)
class _Request:
    """A body whose values are of the right types and in their ranges."""

    model: str
    training_file: str
    validation_file: str | None
    method: Method
    hyperparameters: Mapping[str, Any]
    hyperparameters_path: str
    suffix: str | None
    seed: int
    metadata: Mapping[str, str] | None
    fingerprint: str


async def create_job(request: Request) -> JSONResponse:
    """With an ``Idempotency-Key``, a repeated request gets the job that the first one made."""
    engine = engine_of(request)
    wanted = _read(await read_json(request))
    key = request.headers.get("idempotency-key") or None
    if key and (job := engine.store.jobs.known_by(key)):
        return _repeated(job, wanted)
    base_model = await _checked_base_model(engine, wanted)
    if key and (job := engine.store.jobs.known_by(key)):
        return _repeated(job, wanted)
    with engine.store.transaction():
        for param, file_id in (("training_file", wanted.training_file), ("validation_file", wanted.validation_file)):
            if file_id is not None:
                _training_file(engine, file_id, param)
        new = NewJob(
            id=new_id("ftjob-"),
            model=wanted.model,
            base_model=base_model,
            suffix=wanted.suffix,
            training_file=wanted.training_file,
            validation_file=wanted.validation_file,
            method=wanted.method,
            hyperparameters=wanted.hyperparameters,
            seed=wanted.seed,
            metadata=wanted.metadata,
            idempotency_key=key,
            fingerprint=wanted.fingerprint,
        )
        engine.store.jobs.add(new)
        engine.store.events.add(new.id, f"Created fine-tuning job: {new.id}")
    engine.scheduler.wake()
    return JSONResponse(job_object(_find(engine, new.id)))


async def list_jobs(request: Request) -> JSONResponse:
    metadata, unlabelled = metadata_of(request)
    after, limit = request.query_params.get("after"), limit_of(request, default=20, highest=MAX_LIST)
    try:
        page = engine_of(request).store.jobs.page(after=after, limit=limit, metadata=metadata, unlabelled=unlabelled)
    except LookupError:
        raise unknown_cursor(str(after)) from None
    return JSONResponse(list_object([job_object(job) for job in page.items], has_more=page.has_more))


async def retrieve_job(request: Request) -> JSONResponse:
    return JSONResponse(job_object(_job(request)))


async def cancel_job(request: Request) -> JSONResponse:
    job = _job(request)
    try:
        engine_of(request).scheduler.cancel(job.id)
    except ConflictError as error:
        raise _conflict(error) from None
    return JSONResponse(job_object(_job(request)))


async def pause_job(request: Request) -> JSONResponse:
    """Answers once the job has stopped. Within a long step it may still be running in the answer; it stops after it."""
    job = _job(request)
    try:
        await engine_of(request).scheduler.pause(job.id)
    except ConflictError as error:
        raise _conflict(error) from None
    return JSONResponse(job_object(_job(request)))


async def resume_job(request: Request) -> JSONResponse:
    job = _job(request)
    try:
        engine_of(request).scheduler.resume(job.id)
    except ConflictError as error:
        raise _conflict(error) from None
    return JSONResponse(job_object(_job(request)))


async def list_events(request: Request) -> JSONResponse:
    job, after = _job(request), request.query_params.get("after")
    limit = limit_of(request, default=20, highest=MAX_LIST)
    try:
        page = engine_of(request).store.events.page(job.id, after=after, limit=limit)
    except LookupError:
        raise unknown_cursor(str(after)) from None
    return JSONResponse(list_object([event_object(event) for event in page.items], has_more=page.has_more))


async def list_checkpoints(request: Request) -> JSONResponse:
    """One per epoch, from the moment it is made: the last five and the best. OpenAI shows three, after the end."""
    job, after = _job(request), request.query_params.get("after")
    limit = limit_of(request, default=10, highest=MAX_LIST)
    try:
        page = engine_of(request).store.events.checkpoints(job.id, after=after, limit=limit)
    except LookupError:
        raise unknown_cursor(str(after)) from None
    return JSONResponse(list_object([checkpoint_object(item) for item in page.items], has_more=page.has_more))


def _read(body: Parameters) -> _Request:
    body.refuse_others(_KNOWN)
    if body.array("integrations"):
        raise unsupported("integrations", "This host connects to no other service.")
    method, hyperparameters = _method(body)
    seed = body.integer("seed", lowest=0, highest=MAX_SEED)
    given = {key: hyperparameters.raw(key) for key in hyperparameters.names() if hyperparameters.raw(key) is not None}
    canonical = json.dumps({key: body.raw(key) for key in sorted(body.names())}, sort_keys=True)
    return _Request(
        model=body.required_string("model", longest=512),
        training_file=body.required_string("training_file", longest=512),
        validation_file=body.string("validation_file", longest=512),
        method=method,
        hyperparameters=given,
        hyperparameters_path=hyperparameters.path,
        suffix=body.string("suffix", longest=64, shortest=1),
        seed=seed if seed is not None else secrets.randbelow(MAX_SEED + 1),
        metadata=body.metadata(),
        fingerprint=hashlib.sha256(canonical.encode()).hexdigest(),
    )


def _method(body: Parameters) -> tuple[Method, Parameters]:
    """The method and its hyperparameters, in today's place or the deprecated one."""
    method = body.object("method")
    deprecated = body.object("hyperparameters") or Parameters({}, "hyperparameters")
    if method is None:
        return "supervised", _checked_hyperparameters("supervised", deprecated)
    method.refuse_others(("type", *_METHODS))
    name = method.choice("type", _METHODS)
    if name is None:
        raise missing(method.name("type"))
    if name == "reinforcement":
        raise ApiError(
            400,
            "The method 'reinforcement' is not supported by this host. Supported values are: 'supervised', 'dpo'.",
            code="unsupported_value",
            param="method.type",
        )
    settings = method.object(name) or Parameters({}, method.name(name))
    settings.refuse_others(("hyperparameters",))
    chosen = cast("Method", name)
    return chosen, _checked_hyperparameters(chosen, settings.object("hyperparameters") or deprecated)


def _checked_hyperparameters(method: Method, given: Parameters) -> Parameters:
    """OpenAI's types and ranges. Further names are for the trainer to know or to refuse."""
    numbers = Parameters({key: given.raw(key) for key in given.names() if given.raw(key) != "auto"}, given.path)
    numbers.integer("n_epochs", lowest=1, highest=50)
    numbers.integer("batch_size", lowest=1, highest=256)
    numbers.number("learning_rate_multiplier", above=0)
    if method == "dpo":
        numbers.number("beta", above=0, highest=2)
    for key in numbers.names():
        if not isinstance(numbers.raw(key), bool | int | float | None):
            raise wrong_type(numbers.name(key), "a decimal or 'auto'", numbers.raw(key))
    return given


async def _checked_base_model(engine: Engine, wanted: _Request) -> str:
    """The base of the model to train, after its trainer has agreed to the request."""
    base_models = await run_in_threadpool(lambda: {model.id: model for model in engine.catalogue.base_models})
    tuned = engine.store.models.get(wanted.model)
    base = base_models.get(tuned.base_model if tuned else wanted.model)
    if base is None:
        raise ApiError(
            400,
            f"Model {wanted.model} is not available for fine-tuning or does not exist.",
            code="model_not_available",
            param="model",
        )
    if wanted.method not in base.methods:
        supported = ", ".join(f"'{method}'" for method in base.methods)
        raise ApiError(
            400,
            f"The method '{wanted.method}' is not supported by the model {base.id}. Supported values are: {supported}.",
            code="unsupported_value",
            param="method.type",
        )
    file = _training_file(engine, wanted.training_file, "training_file")
    if wanted.validation_file is not None:
        _training_file(engine, wanted.validation_file, "validation_file")
    trainer = engine.catalogue.trainer(base.id)
    try:
        await run_in_threadpool(trainer.plan, wanted.method, wanted.hyperparameters, file.lines)
    except UnsupportedRequestError as error:
        in_hyperparameters = error.param in wanted.hyperparameters
        param = f"{wanted.hyperparameters_path}.{error.param}" if in_hyperparameters else error.param
        raise ApiError(400, error.message, code=error.code, param=param) from None
    return base.id


def _training_file(engine: Engine, file_id: str, param: str) -> StoredFile:
    file = engine.store.files.get(file_id)
    if file is None:
        raise ApiError(400, f"invalid {param}: {file_id}", code="invalid_file", param=param)
    if file.purpose != "fine-tune":
        raise ApiError(
            400,
            f"invalid {param}: {file_id} has the purpose '{file.purpose}', but must have the purpose 'fine-tune'",
            code="invalid_file_purpose",
            param=param,
        )
    return file


def _repeated(job: Job, wanted: _Request) -> JSONResponse:
    if job.fingerprint != wanted.fingerprint:
        raise ApiError(
            400,
            "This Idempotency-Key was used for another request.",
            code="idempotency_key_reused",
            param="Idempotency-Key",
        )
    return JSONResponse(job_object(job))


def _conflict(error: ConflictError) -> ApiError:
    return ApiError(400, str(error), code="invalid_job_status", param="fine_tuning_job_id")


def _job(request: Request) -> Job:
    return _find(engine_of(request), request.path_params["job_id"])


def _find(engine: Engine, job_id: str) -> Job:
    job = engine.store.jobs.get(job_id)
    if job is None:
        raise no_such_job(job_id)
    return job

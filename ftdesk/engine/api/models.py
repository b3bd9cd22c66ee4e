"""``/v1/models``: base models, and what jobs made of them."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse

from ftdesk.engine.api.context import Engine, engine_of
from ftdesk.engine.api.errors import ApiError, no_such_model
from ftdesk.engine.api.views import base_model_object, tuned_model_object
from ftdesk.engine.store.models import TunedModel


async def list_models(request: Request) -> JSONResponse:
    """Base models and tuned models. Checkpoints answer and can be retrieved, but are listed with their jobs only."""
    engine = engine_of(request)
    base = await run_in_threadpool(lambda: engine.catalogue.base_models)
    tuned = engine.store.models.tuned()
    return JSONResponse({"object": "list", "data": [*map(base_model_object, base), *map(tuned_model_object, tuned)]})


async def retrieve_model(request: Request) -> JSONResponse:
    engine, name = engine_of(request), request.path_params["model"]
    if tuned := engine.store.models.get(name):
        return JSONResponse(tuned_model_object(tuned))
    base = await run_in_threadpool(engine.catalogue.base_model, name)
    if base is None:
        raise no_such_model(name)
    return JSONResponse(base_model_object(base))


async def delete_model(request: Request) -> JSONResponse:
    """A tuned model goes with its checkpoints; a checkpoint goes alone."""
    engine, name = engine_of(request), request.path_params["model"]
    model = engine.store.models.get(name)
    if model is None:
        if await run_in_threadpool(engine.catalogue.base_model, name):
            raise ApiError(403, f"The base model `{name}` cannot be deleted.", code="base_model", param="model")
        raise no_such_model(name)
    going = [model] if model.checkpoint else engine.store.models.of_job(model.job)
    _refuse_if_needed(engine, going)
    with engine.store.transaction():
        for gone in going:
            engine.store.models.remove(gone.id)
    staying = {other.weights for other in engine.store.models.of_job(model.job)}
    for gone in going:
        if gone.weights not in staying:
            path = engine.folder.job(gone.job) / gone.weights
            engine.catalogue.unload(path)
            path.unlink(missing_ok=True)
    return JSONResponse({"id": name, "object": "model", "deleted": True})


def _refuse_if_needed(engine: Engine, models: list[TunedModel]) -> None:
    names = {model.id for model in models}
    for job in engine.store.jobs.active():
        if job.model in names or job.id == models[0].job:
            raise ApiError(
                400,
                f"The model is used by the fine-tuning job '{job.id}', which has not ended. Cancel the job first.",
                code="model_in_use",
                param="model",
            )

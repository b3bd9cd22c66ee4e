"""Records as OpenAI's JSON objects. Field names and types follow the public OpenAPI description."""

from __future__ import annotations

from typing import Any

from ftdesk.engine.store.events import Checkpoint, Event
from ftdesk.engine.store.files import Part, StoredFile, Upload
from ftdesk.engine.store.jobs import ENDED, Job
from ftdesk.engine.store.models import TunedModel
from ftdesk.engine.trainers.protocol import BaseModel

ORGANIZATION = "org-local"
JsonObject = dict[str, Any]


def file_object(file: StoredFile) -> JsonObject:
    return {
        "id": file.id,
        "object": "file",
        "bytes": file.bytes,
        "created_at": file.created_at,
        "filename": file.filename,
        "purpose": file.purpose,
        "status": "processed",
    }


def upload_object(upload: Upload, file: StoredFile | None = None) -> JsonObject:
    """``file`` is there once the upload is completed."""
    view: JsonObject = {
        "id": upload.id,
        "object": "upload",
        "bytes": upload.bytes,
        "created_at": upload.created_at,
        "expires_at": upload.expires_at,
        "filename": upload.filename,
        "purpose": upload.purpose,
        "status": upload.status,
    }
    if file is not None:
        view["file"] = file_object(file)
    return view


def part_object(part: Part) -> JsonObject:
    return {"id": part.id, "object": "upload.part", "created_at": part.created_at, "upload_id": part.upload}


def job_object(job: Job) -> JsonObject:
    """Hyperparameters are what was asked for until the files are validated, and what ``"auto"`` became from then on.

    The deprecated top-level copy is given for both methods, since the description requires it.
    """
    hyperparameters = _hyperparameters(job)
    ended = job.status in ENDED
    return {
        "id": job.id,
        "object": "fine_tuning.job",
        "created_at": job.created_at,
        "error": {"code": job.error.code, "message": job.error.message, "param": job.error.param}
        if job.error
        else None,
        "fine_tuned_model": job.fine_tuned_model,
        "finished_at": job.finished_at,
        "hyperparameters": {
            key: hyperparameters[key] for key in ("n_epochs", "batch_size", "learning_rate_multiplier")
        },
        "model": job.model,
        "organization_id": ORGANIZATION,
        "result_files": [job.result_file] if job.result_file else [],
        "status": job.status,
        "trained_tokens": job.trained_tokens if ended else None,
        "training_file": job.training_file,
        "validation_file": job.validation_file,
        "integrations": [],
        "seed": job.seed,
        "estimated_finish": job.estimated_finish,
        "method": {"type": job.method, job.method: {"hyperparameters": hyperparameters}},
        "metadata": job.metadata,
        "user_provided_suffix": job.suffix,
    }


def event_object(event: Event) -> JsonObject:
    return {
        "id": event.id,
        "object": "fine_tuning.job.event",
        "created_at": event.created_at,
        "level": event.level,
        "message": event.message,
        "type": event.type,
        "data": event.data,
    }


def checkpoint_object(checkpoint: Checkpoint) -> JsonObject:
    return {
        "id": checkpoint.id,
        "object": "fine_tuning.job.checkpoint",
        "created_at": checkpoint.created_at,
        "fine_tuned_model_checkpoint": checkpoint.model,
        "fine_tuning_job_id": checkpoint.job,
        "step_number": checkpoint.step,
        "metrics": checkpoint.metrics,
    }


def base_model_object(model: BaseModel) -> JsonObject:
    """Beside OpenAI's fields: what a person who chooses a model wants to know."""
    return {
        "id": model.id,
        "object": "model",
        "created": 0,
        "owned_by": "ftdesk",
        "name": model.name,
        "description": model.description,
        "parameters": model.parameters,
        "context_length": model.context_length,
        "trainable": True,
        "methods": list(model.methods),
    }


def tuned_model_object(model: TunedModel) -> JsonObject:
    return {
        "id": model.id,
        "object": "model",
        "created": model.created_at,
        "owned_by": ORGANIZATION,
        "trainable": True,
        "base_model": model.base_model,
    }


def list_object(items: list[JsonObject], *, has_more: bool) -> JsonObject:
    return {
        "object": "list",
        "data": items,
        "first_id": items[0]["id"] if items else None,
        "last_id": items[-1]["id"] if items else None,
        "has_more": has_more,
    }


def _hyperparameters(job: Job) -> JsonObject:
    if job.plan is None:
        auto = {"n_epochs": "auto", "batch_size": "auto", "learning_rate_multiplier": "auto"}
        return auto | ({"beta": "auto"} if job.method == "dpo" else {}) | dict(job.hyperparameters)
    resolved: JsonObject = {
        "n_epochs": job.plan.n_epochs,
        "batch_size": job.plan.batch_size,
        "learning_rate_multiplier": job.plan.learning_rate_multiplier,
    }
    if job.plan.beta is not None:
        resolved["beta"] = job.plan.beta
    return resolved | dict(job.plan.extras)

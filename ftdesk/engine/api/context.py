"""What the endpoints work with."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import cast

from starlette.requests import Request

from ftdesk.engine.catalogue import Catalogue
from ftdesk.engine.folder import DataFolder
from ftdesk.engine.jobs.scheduler import Scheduler
from ftdesk.engine.store import Store

CONCURRENT_ANSWERS = 4
"""Answers drawn at the same time; more wait their turn. Each takes a processor."""
MAX_FILE_BYTES = 512 << 20
"""OpenAI's limit for one file."""


@dataclass(frozen=True, slots=True)
class Engine:
    """The parts of a running engine."""

    store: Store
    folder: DataFolder
    catalogue: Catalogue
    scheduler: Scheduler
    max_file_bytes: int = MAX_FILE_BYTES
    answering: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(CONCURRENT_ANSWERS))


def engine_of(request: Request) -> Engine:
    return cast("Engine", request.app.state.engine)

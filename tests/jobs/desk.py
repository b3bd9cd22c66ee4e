"""A window's worth of services for tests: ledger, connections and jobs, with waits short enough for one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connecting import connections

from ftdesk.hosts.connections import HostConnections
from ftdesk.hosts.endpoint import Limits
from ftdesk.hosts.types import ModelName
from ftdesk.jobs.ledger import Ledger
from ftdesk.jobs.pace import Interval, Pace
from ftdesk.jobs.service import JobService
from ftdesk.jobs.types import Job, JobChanged, LaunchEvent, LaunchPlan
from ftdesk.storage.database import Database
from ftdesk.storage.folders import Folders

SHORT = Interval(0.005, 0.02)
PACE = Pace(local=SHORT, remote=SHORT, lost=SHORT, search=(0.05, 0.1, 0.2), heartbeat=0.05, silence=1.5)
LIMITS = Limits(connect=10, control=1.5, deadline=60, upload=60, retries=0)


@dataclass(frozen=True)
class Desk:
    jobs: JobService
    ledger: Ledger
    hosts: HostConnections
    database: Database


@asynccontextmanager
async def desk(
    root: Path, urls: Mapping[str, str], *, pace: Pace = PACE, limits: Limits = LIMITS, key: str | None = None
) -> AsyncIterator[Desk]:
    database = Database(Folders.under(root).database)
    async with connections(urls, limits=limits, root=root, key=key) as hosts:
        try:
            yield Desk(JobService(database, hosts, pace), Ledger(database), hosts, database)
        finally:
            database.close()


def training_file(folder: Path, name: str = "train.jsonl") -> Path:
    path = folder / name
    path.write_text('{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}\n' * 10)
    return path


def plan_for(file: Path, **more: Any) -> LaunchPlan:
    return LaunchPlan(file, ModelName("acme", "base-1"), **more)


async def launched(jobs: JobService, plan: LaunchPlan) -> list[LaunchEvent]:
    return [event async for event in jobs.launch(plan)]


def last_job(events: list[LaunchEvent]) -> Job:
    return next(event.job for event in reversed(events) if isinstance(event, JobChanged))

"""What happened in a job, in the order in which it happened, and its checkpoints."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from ftdesk.engine.identifiers import new_id
from ftdesk.engine.store.database import NEWEST, Database, Page, Row

Level = Literal["info", "warn", "error"]


@dataclass(frozen=True, slots=True)
class Event:
    """``data`` holds the metrics of an event of type ``metrics`` and is empty in others."""

    id: str
    job: str
    created_at: int
    level: Level
    type: Literal["message", "metrics"]
    message: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """``model`` is the name under which it answers."""

    id: str
    job: str
    created_at: int
    step: int
    model: str
    metrics: Mapping[str, Any]


class Events:
    """Tables ``events`` and ``checkpoints``. The sequence number, not the second, gives the order."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, job: str, message: str, *, level: Level = "info", step: int | None = None) -> None:
        """``step`` ties the message to a step of training: it goes when that step is undone."""
        self._insert(job, level, "message", message, {}, step)

    def add_metrics(self, job: str, message: str, data: Mapping[str, Any]) -> None:
        self._insert(job, "info", "metrics", message, data, int(data["step"]))

    def page(self, job: str, *, after: str | None, limit: int) -> Page[Event]:
        """Newest first. Raises ``LookupError`` if the job has no event ``after``."""
        start = NEWEST
        if after is not None:
            row = self._database.one("SELECT seq FROM events WHERE id = ? AND job = ?", after, job)
            start = _sequence(row, after)
        rows = self._database.all(
            "SELECT * FROM events WHERE job = ? AND seq < ? ORDER BY seq DESC LIMIT ?", job, start, limit + 1
        )
        return Page.of([_event(row) for row in rows], limit)

    def metrics(self, job: str) -> list[Mapping[str, Any]]:
        """The data of all metrics events, oldest first."""
        rows = self._database.all("SELECT data FROM events WHERE job = ? AND type = 'metrics' ORDER BY seq", job)
        return [json.loads(row["data"]) for row in rows]

    def undo_after(self, job: str, step: int) -> None:
        """Remove what was said about later steps: they will be taken again, with the same outcome."""
        self._database.run("DELETE FROM events WHERE job = ? AND step > ?", job, step)

    def add_checkpoint(self, job: str, step: int, model: str, metrics: Mapping[str, Any]) -> None:
        """A step that is taken again keeps the checkpoint it made the first time."""
        self._database.run(
            "INSERT INTO checkpoints (id, job, created_at, step, model, metrics) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (job, step) DO NOTHING",
            *(new_id("ftckpt_"), job, int(time.time()), step, model, json.dumps(metrics)),
        )

    def checkpoints(self, job: str, *, after: str | None, limit: int) -> Page[Checkpoint]:
        """By steps, the last first. Raises ``LookupError`` if the job has no checkpoint ``after``."""
        start = NEWEST
        if after is not None:
            row = self._database.one("SELECT step AS seq FROM checkpoints WHERE id = ? AND job = ?", after, job)
            start = _sequence(row, after)
        rows = self._database.all(
            "SELECT * FROM checkpoints WHERE job = ? AND step < ? ORDER BY step DESC LIMIT ?", job, start, limit + 1
        )
        return Page.of([_checkpoint(row) for row in rows], limit)

    def _insert(
        self, job: str, level: Level, kind: str, message: str, data: Mapping[str, Any], step: int | None
    ) -> None:
        self._database.run(
            "INSERT INTO events (id, job, created_at, level, type, message, data, step)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            *(new_id("ftevent-"), job, int(time.time()), level, kind, message, json.dumps(data), step),
        )


def _sequence(row: Row | None, wanted: str) -> int:
    if row is None:
        raise LookupError(wanted)
    return int(row["seq"])


def _event(row: Row) -> Event:
    return Event(
        row["id"],
        row["job"],
        row["created_at"],
        row["level"],
        row["type"],
        row["message"],
        json.loads(row["data"]),
    )


def _checkpoint(row: Row) -> Checkpoint:
    return Checkpoint(row["id"], row["job"], row["created_at"], row["step"], row["model"], json.loads(row["metrics"]))

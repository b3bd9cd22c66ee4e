"""Tuned models and checkpoints that can be asked."""

from __future__ import annotations

import time
from dataclasses import dataclass

from ftdesk.engine.store.database import Database, Row


@dataclass(frozen=True, slots=True)
class TunedModel:
    """``weights`` names a file in the folder of ``job``; ``checkpoint`` tells it from what the job ended with."""

    id: str
    created_at: int
    base_model: str
    job: str
    checkpoint: bool
    weights: str


class Models:
    """Table ``models``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, name: str, *, base_model: str, job: str, checkpoint: bool, weights: str) -> None:
        """Add a model, or point an existing name to new weights."""
        self._database.run(
            "INSERT INTO models (id, created_at, base_model, job, checkpoint, weights) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET weights = excluded.weights",
            *(name, int(time.time()), base_model, job, checkpoint, weights),
        )

    def get(self, name: str) -> TunedModel | None:
        row = self._database.one("SELECT * FROM models WHERE id = ?", name)
        return _model(row) if row else None

    def tuned(self) -> list[TunedModel]:
        """What jobs ended with, oldest first; no checkpoints."""
        return [_model(row) for row in self._database.all("SELECT * FROM models WHERE NOT checkpoint ORDER BY seq")]

    def of_job(self, job: str) -> list[TunedModel]:
        return [_model(row) for row in self._database.all("SELECT * FROM models WHERE job = ? ORDER BY seq", job)]

    def remove(self, name: str) -> None:
        """Forget a model, and the checkpoint that goes by its name."""
        self._database.run("DELETE FROM models WHERE id = ?", name)
        self._database.run("DELETE FROM checkpoints WHERE model = ?", name)


def _model(row: Row) -> TunedModel:
    return TunedModel(
        row["id"], row["created_at"], row["base_model"], row["job"], bool(row["checkpoint"]), row["weights"]
    )

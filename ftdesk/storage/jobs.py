"""Rows of training jobs, their events and their checkpoints. Functions to be run by ``Database``."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]
"""Column names to values. What is a table in JSON elsewhere is JSON text here."""


@dataclass(frozen=True, slots=True)
class JobMarks:
    """What a job of a host is known by: its id there, the launch token in its metadata, and its training file there."""

    host: str
    id: str
    token: str | None
    file: str | None


COLUMNS = (
    "id",
    "host",
    "model",
    "status",
    "host_status",
    "fine_tuned_model",
    "created_at",
    "finished_at",
    "estimated_finish",
    "trained_tokens",
    "estimated_cost",
    "error",
    "suffix",
    "method",
    "training_file",
    "validation_file",
    "dataset_sha256",
    "launch_token",
    "hyperparameters",
    "seed",
    "launch_step",
    "uploaded_training_file",
    "uploaded_validation_file",
    "touched_at",
)
_NAMES = ", ".join(COLUMNS)
_VALUES = ", ".join(f":{column}" for column in COLUMNS)
_INSERT = f"INSERT INTO jobs ({_NAMES}) VALUES ({_VALUES})"  # noqa: S608 - constants of this module
_UPDATE = f"UPDATE jobs SET ({_NAMES}) = ({_VALUES}) WHERE number = :number"  # noqa: S608


def insert_job(connection: sqlite3.Connection, row: Row) -> int:
    """Add a job and return its number, which stays the same for ever; its id may change once."""
    return int(connection.execute(_INSERT, dict(row)).lastrowid or 0)


def change_job(connection: sqlite3.Connection, number: int, change: Callable[[Row], Row | None]) -> Row | None:
    """Replace a job by what ``change`` makes of it, with no other process in between.

    Returns the row as it is then; ``None`` when there is none, or when ``change`` returned ``None``.
    """
    connection.execute("BEGIN IMMEDIATE")
    found = connection.execute("SELECT * FROM jobs WHERE number = ?", (number,)).fetchone()
    return None if found is None else _change(connection, dict(found), change)


def record_job(connection: sqlite3.Connection, marks: JobMarks, first: Row, change: Callable[[Row], Row | None]) -> Row:
    """Change the job that ``marks`` point at as ``change_job`` does, or add ``first`` where there is none.

    A launch whose answer was lost has its token for an id; only such a row is found by token or file.
    """
    connection.execute("BEGIN IMMEDIATE")
    found = connection.execute(
        """SELECT * FROM jobs WHERE host = :host AND (id = :id OR (id = launch_token AND
               (launch_token = :token OR uploaded_training_file = :file)))
           ORDER BY id <> :id, launch_token <> :token LIMIT 1""",
        {"host": marks.host, "id": marks.id, "token": marks.token, "file": marks.file},
    ).fetchone()
    if found is None:
        return {**first, "number": insert_job(connection, first)}
    row = dict(found)
    return _change(connection, row, change) or row


def _change(connection: sqlite3.Connection, row: Row, change: Callable[[Row], Row | None]) -> Row | None:
    changed = change(row)
    if changed is None or dict(changed) == row:
        return changed
    if changed["id"] != row["id"]:
        # Another process may have listed the job as one from elsewhere before its launch was known to be ours.
        connection.execute(
            "DELETE FROM jobs WHERE host = ? AND id = ? AND launch_token = ''", (changed["host"], changed["id"])
        )
    connection.execute(_UPDATE, dict(changed))
    return changed


def job_rows(connection: sqlite3.Connection, host: str | None = None) -> list[Row]:
    """All jobs, or those of one host, newest first."""
    order = "ORDER BY created_at DESC, number DESC"
    if host is None:
        found = connection.execute(f"SELECT * FROM jobs {order}")  # noqa: S608 - constant
    else:
        found = connection.execute(f"SELECT * FROM jobs WHERE host = ? {order}", (host,))  # noqa: S608
    return [dict(row) for row in found]


def matching_job_rows(connection: sqlite3.Connection, reference: str) -> list[Row]:
    """Jobs whose id or launch token is ``reference``, else those whose id begins with it."""
    exact = connection.execute("SELECT * FROM jobs WHERE ? IN (id, launch_token)", (reference,)).fetchall()
    found = exact or connection.execute("SELECT * FROM jobs WHERE substr(id, 1, ?) = ?", (len(reference), reference))
    return [dict(row) for row in found]


def add_event_rows(connection: sqlite3.Connection, job: int, events: Iterable[Row]) -> None:
    """Add the events that are not there yet, in this order."""
    connection.executemany(
        """INSERT OR IGNORE INTO job_events (job, id, created_at, level, message, type, data)
           VALUES (:job, :id, :created_at, :level, :message, :type, :data)""",
        [{**event, "job": job} for event in events],
    )


def event_rows(connection: sqlite3.Connection, job: int, after: int = 0) -> list[Row]:
    """Events with a number above ``after``, as they were added."""
    found = connection.execute("SELECT * FROM job_events WHERE job = ? AND number > ? ORDER BY number", (job, after))
    return [dict(row) for row in found]


def save_checkpoint_rows(connection: sqlite3.Connection, job: int, checkpoints: Iterable[Row]) -> None:
    """Add or replace checkpoints. Those that a host no longer lists stay: they are part of what happened."""
    connection.executemany(
        """INSERT OR REPLACE INTO job_checkpoints (job, id, model, step, created_at, metrics)
           VALUES (:job, :id, :model, :step, :created_at, :metrics)""",
        [{**checkpoint, "job": job} for checkpoint in checkpoints],
    )


def checkpoint_rows(connection: sqlite3.Connection, job: int) -> list[Row]:
    """Checkpoints by step."""
    found = connection.execute("SELECT * FROM job_checkpoints WHERE job = ? ORDER BY step, created_at, id", (job,))
    return [dict(row) for row in found]

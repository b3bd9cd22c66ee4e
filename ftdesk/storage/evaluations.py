"""Answers of evaluations, kept as they come, so that an evaluation that broke off goes on where it was."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RunKey:
    """What must be equal for answers of an earlier run to be of use. ``options`` is canonical JSON."""

    file_sha256: str
    grader: str
    options: str


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked of whom."""

    prompt_sha256: str
    host: str
    model: str


def open_run(connection: sqlite3.Connection, key: RunKey) -> int:
    """A new run, by its number."""
    cursor = connection.execute(
        "INSERT INTO evaluation_runs (file_sha256, grader, options, started_at) VALUES (?, ?, ?, ?)",
        (key.file_sha256, key.grader, key.options, int(time.time())),
    )
    return int(cursor.lastrowid or 0)


def kept_answers(connection: sqlite3.Connection, key: RunKey) -> dict[Question, str]:
    """The answers of all runs of ``key``; where there are several to one question, the latest."""
    rows = connection.execute(
        "SELECT prompt_sha256, host, model, answer FROM evaluation_answers"
        " JOIN evaluation_runs ON evaluation_runs.id = run"
        " WHERE file_sha256 = ? AND grader = ? AND options = ? ORDER BY run",
        (key.file_sha256, key.grader, key.options),
    ).fetchall()
    return {Question(row[0], row[1], row[2]): _text(row[3]) for row in rows}


def keep_answer(connection: sqlite3.Connection, run: int, question: Question, answer: str) -> None:
    """Store one answer. A second one to the same question of the same run is not kept: the first was announced."""
    connection.execute(
        "INSERT INTO evaluation_answers (run, prompt_sha256, host, model, answer) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT DO NOTHING",
        (run, question.prompt_sha256, question.host, question.model, _blob(answer)),
    )


# SQLite refuses half of a surrogate pair in a text, and models do break off in the middle of one.


def _blob(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text(blob: bytes) -> str:
    return blob.decode("utf-8", "surrogatepass")

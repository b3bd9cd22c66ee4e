"""The connection: pragmas, schema version, transactions, pages."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeAlias, TypeVar

from ftdesk.errors import StorageError

Row: TypeAlias = sqlite3.Row
Value: TypeAlias = str | int | float | None
T = TypeVar("T")

BUSY_SECONDS = 30.0
NEWEST = 2**62
"""Above every sequence number: where a list that runs backwards starts."""

_SCHEMA_1 = """
CREATE TABLE files (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL, bytes INTEGER NOT NULL,
    lines INTEGER NOT NULL, filename TEXT NOT NULL, purpose TEXT NOT NULL
);
CREATE TABLE uploads (
    id TEXT PRIMARY KEY, created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL, bytes INTEGER NOT NULL,
    filename TEXT NOT NULL, purpose TEXT NOT NULL, status TEXT NOT NULL, file_id TEXT
);
CREATE TABLE parts (
    id TEXT PRIMARY KEY, upload TEXT NOT NULL REFERENCES uploads(id), created_at INTEGER NOT NULL,
    bytes INTEGER NOT NULL
);
CREATE TABLE jobs (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL,
    model TEXT NOT NULL, base_model TEXT NOT NULL, suffix TEXT, training_file TEXT NOT NULL, validation_file TEXT,
    method TEXT NOT NULL, hyperparameters TEXT NOT NULL, seed INTEGER NOT NULL, metadata TEXT,
    idempotency_key TEXT UNIQUE, fingerprint TEXT NOT NULL,
    status TEXT NOT NULL, pausing INTEGER NOT NULL DEFAULT 0, run INTEGER NOT NULL DEFAULT 0,
    crashes INTEGER NOT NULL DEFAULT 0, plan TEXT, started_at INTEGER, finished_at INTEGER, estimated_finish INTEGER,
    trained_tokens INTEGER, fine_tuned_model TEXT, result_file TEXT, error TEXT, state_file TEXT
);
CREATE INDEX jobs_status ON jobs (status, seq);
CREATE TABLE events (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, job TEXT NOT NULL, created_at INTEGER NOT NULL,
    level TEXT NOT NULL, type TEXT NOT NULL, message TEXT NOT NULL, data TEXT NOT NULL, step INTEGER
);
CREATE INDEX events_job ON events (job, seq);
CREATE TABLE checkpoints (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, job TEXT NOT NULL, created_at INTEGER NOT NULL,
    step INTEGER NOT NULL, model TEXT NOT NULL, metrics TEXT NOT NULL, UNIQUE (job, step)
);
CREATE TABLE models (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL,
    base_model TEXT NOT NULL, job TEXT NOT NULL, checkpoint INTEGER NOT NULL, weights TEXT NOT NULL
);
"""
_MIGRATIONS: tuple[str, ...] = (_SCHEMA_1,)
"""Each entry takes the schema one version up. Entries are appended, never changed."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list, in its order."""

    items: tuple[T, ...]
    has_more: bool

    @staticmethod
    def of(items: Sequence[T], limit: int) -> Page[T]:
        """From up to ``limit + 1`` items: the one too many says that there are more."""
        return Page(tuple(items[:limit]), len(items) > limit)


class Database:
    """A connection in autocommit mode: a statement outside of ``transaction`` is a transaction of its own.

    WAL lets the server read while the trainer writes. Methods raise ``StorageError`` when the file cannot be used.
    """

    def __init__(self, path: Path, *, durable: bool) -> None:
        self._path = path
        with self._mapped():
            self._connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._execute("PRAGMA journal_mode=WAL")
        self._execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
        self._execute("PRAGMA foreign_keys=ON")
        self._migrate()

    def all(self, statement: str, *values: Value) -> list[Row]:
        return self._execute(statement, *values).fetchall()

    def one(self, statement: str, *values: Value) -> Row | None:
        row: Row | None = self._execute(statement, *values).fetchone()
        return row

    def run(self, statement: str, *values: Value) -> None:
        self._execute(statement, *values)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, with the write lock from the start. Does not nest."""
        self._execute("BEGIN IMMEDIATE")
        try:
            yield
            self._execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:
                self._execute("ROLLBACK")
            raise

    def close(self) -> None:
        self._connection.close()

    def _execute(self, statement: str, *values: Value) -> sqlite3.Cursor:
        with self._mapped():
            return self._connection.execute(statement, values)

    @contextmanager
    def _mapped(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StorageError(
                f"The database {self._path} cannot be used: {error}.",
                repr(error),
                "Check free space and permissions, or choose another data folder with --data.",
            ) from error

    def _migrate(self) -> None:
        with self.transaction():
            version = int(self._execute("PRAGMA user_version").fetchone()[0])
            if version > len(_MIGRATIONS):
                raise StorageError(
                    f"The data in {self._path} was written by a newer ftdesk.",
                    f"schema {version}, known up to {len(_MIGRATIONS)}",
                    "Update ftdesk, or choose another data folder with --data.",
                )
            for script in _MIGRATIONS[version:]:
                for statement in script.split(";"):
                    self._execute(statement)
            self._execute(f"PRAGMA user_version={len(_MIGRATIONS)}")

"""The history of the database's shape: ordered functions, each run once.

To change the shape, append a function to ``MIGRATIONS`` and a test that opens a file of the shape before it. Never edit
one that was released.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from ftdesk.errors import StorageError

Migration = Callable[[sqlite3.Connection], None]


def _add_evaluations(connection: sqlite3.Connection) -> None:
    connection.execute("""
        CREATE TABLE evaluation_runs (
            id INTEGER PRIMARY KEY,
            file_sha256 TEXT NOT NULL,
            grader TEXT NOT NULL,
            options TEXT NOT NULL,
            started_at INTEGER NOT NULL
        )""")
    connection.execute("CREATE INDEX evaluation_runs_by_key ON evaluation_runs (file_sha256, grader, options)")
    connection.execute("""
        CREATE TABLE evaluation_answers (
            run INTEGER NOT NULL REFERENCES evaluation_runs (id) ON DELETE CASCADE,
            prompt_sha256 TEXT NOT NULL,
            host TEXT NOT NULL,
            model TEXT NOT NULL,
            answer BLOB NOT NULL,
            PRIMARY KEY (run, prompt_sha256, host, model)
        ) WITHOUT ROWID""")


def _add_jobs(connection: sqlite3.Connection) -> None:
    connection.execute("""
        CREATE TABLE jobs (
            number INTEGER PRIMARY KEY,
            id TEXT NOT NULL,
            host TEXT NOT NULL,
            model TEXT NOT NULL,
            status TEXT NOT NULL,
            host_status TEXT NOT NULL,
            fine_tuned_model TEXT,
            created_at INTEGER NOT NULL,
            finished_at INTEGER,
            estimated_finish INTEGER,
            trained_tokens INTEGER,
            estimated_cost REAL,
            error TEXT,
            suffix TEXT,
            method TEXT NOT NULL,
            training_file TEXT NOT NULL,
            validation_file TEXT,
            dataset_sha256 TEXT NOT NULL,
            launch_token TEXT NOT NULL,
            hyperparameters TEXT NOT NULL,
            seed INTEGER,
            launch_step TEXT NOT NULL,
            uploaded_training_file TEXT,
            uploaded_validation_file TEXT,
            touched_at REAL NOT NULL,
            UNIQUE (host, id)
        )""")
    connection.execute("CREATE UNIQUE INDEX jobs_by_token ON jobs (launch_token) WHERE launch_token <> ''")
    connection.execute("""
        CREATE TABLE job_events (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            job INTEGER NOT NULL REFERENCES jobs (number) ON DELETE CASCADE,
            id TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            level TEXT NOT NULL,
            message TEXT NOT NULL,
            type TEXT NOT NULL,
            data TEXT NOT NULL,
            UNIQUE (job, id)
        )""")
    connection.execute("""
        CREATE TABLE job_checkpoints (
            job INTEGER NOT NULL REFERENCES jobs (number) ON DELETE CASCADE,
            id TEXT NOT NULL,
            model TEXT NOT NULL,
            step INTEGER NOT NULL,
            created_at INTEGER NOT NULL,
            metrics TEXT NOT NULL,
            PRIMARY KEY (job, id)
        ) WITHOUT ROWID""")


MIGRATIONS: tuple[Migration, ...] = (_add_evaluations, _add_jobs)


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the database up to date, one transaction per step. Refuses a file that a newer version wrote."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    known = len(MIGRATIONS)
    if version > known:
        raise StorageError(
            f"The database was written by a newer version of ftdesk (format {version}, this version knows {known}).",
            hint="Update ftdesk, or set FTDESK_HOME to another folder.",
        )
    for number, migration in enumerate(MIGRATIONS[version:], start=version + 1):
        connection.execute("BEGIN IMMEDIATE")
        try:
            # Another process may have migrated between our look and our lock.
            (current,) = connection.execute("PRAGMA user_version").fetchone()
            if current < number:
                migration(connection)
                connection.execute(f"PRAGMA user_version={number}")
            connection.commit()
        except BaseException:
            connection.rollback()
            raise

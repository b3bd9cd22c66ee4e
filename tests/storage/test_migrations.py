"""From every older shape to the newest, once, whoever is first."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ftdesk.storage import migrations
from ftdesk.storage.migrations import MIGRATIONS, migrate

TABLES = {"evaluation_runs", "evaluation_answers", "jobs", "job_events", "job_checkpoints"}


@pytest.fixture
def connection(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(tmp_path / "x.sqlite3")
    yield connection
    connection.close()


def tables(connection: sqlite3.Connection) -> set[str]:
    found = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
    return {name for (name,) in found if not name.startswith("sqlite_")}


def version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def test_a_new_file_gets_the_newest_shape(connection: sqlite3.Connection) -> None:
    migrate(connection)
    assert tables(connection) == TABLES
    assert version(connection) == len(MIGRATIONS)
    migrate(connection)
    assert version(connection) == len(MIGRATIONS)


def test_a_file_from_before_there_were_jobs_keeps_its_evaluations(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr(migrations, "MIGRATIONS", MIGRATIONS[:1])
        migrate(connection)
    assert "jobs" not in tables(connection)
    with connection:
        connection.execute("INSERT INTO evaluation_runs VALUES (1, 'sha', 'exact', '{}', 5)")
    migrate(connection)
    assert tables(connection) == TABLES
    assert connection.execute("SELECT file_sha256 FROM evaluation_runs").fetchall() == [("sha",)]


def test_a_step_that_fails_leaves_the_shape_before_it(
    connection: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(connection: sqlite3.Connection) -> None:
        connection.execute("CREATE TABLE half (x)")
        raise RuntimeError("power cut")

    monkeypatch.setattr(migrations, "MIGRATIONS", (*MIGRATIONS, fail))
    with pytest.raises(RuntimeError, match="power cut"):
        migrate(connection)
    assert tables(connection) == TABLES
    assert version(connection) == len(MIGRATIONS)


def test_programs_that_start_at_once_migrate_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs: list[int] = []

    def count(connection: sqlite3.Connection) -> None:
        runs.append(1)
        connection.execute("CREATE TABLE counted (x)")

    monkeypatch.setattr(migrations, "MIGRATIONS", (*MIGRATIONS, count))
    barrier = threading.Barrier(4)

    def start() -> None:
        connection = sqlite3.connect(tmp_path / "x.sqlite3", timeout=30)
        barrier.wait()
        migrate(connection)
        connection.close()

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert runs == [1]


def test_events_and_checkpoints_go_with_their_job(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA foreign_keys=ON")
    migrate(connection)
    texts = (
        "id host model status host_status method training_file dataset_sha256 launch_token hyperparameters launch_step"
    )
    columns = [*texts.split(), "created_at", "touched_at"]
    places = ", ".join("?" * len(columns))
    connection.execute(f"INSERT INTO jobs ({', '.join(columns)}) VALUES ({places})", ["x"] * 11 + [1, 1.0])  # noqa: S608
    connection.execute("INSERT INTO job_events VALUES (1, 1, 'e', 1, 'info', 'm', 'message', '{}')")
    connection.execute("INSERT INTO job_checkpoints VALUES (1, 'c', 'm', 1, 1, '{}')")
    connection.execute("DELETE FROM jobs")
    assert connection.execute("SELECT count(*) FROM job_events").fetchone() == (0,)
    assert connection.execute("SELECT count(*) FROM job_checkpoints").fetchone() == (0,)

"""The one database: threads, transactions, other processes, files that are none."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ftdesk.errors import StorageError
from ftdesk.storage.database import Database
from ftdesk.storage.migrations import MIGRATIONS


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "ftdesk.sqlite3"


@pytest.fixture
def database(path: Path) -> Iterator[Database]:
    database = Database(path)
    yield database
    database.close()


def add(connection: sqlite3.Connection, text: str) -> None:
    connection.execute("CREATE TABLE IF NOT EXISTS notes (text TEXT)")
    connection.execute("INSERT INTO notes VALUES (?)", (text,))


def texts(connection: sqlite3.Connection) -> list[str]:
    return [row["text"] for row in connection.execute("SELECT text FROM notes")]


def test_to_make_one_touches_nothing(path: Path) -> None:
    database = Database(path)
    assert not path.parent.exists()
    database.close()
    database.close()


@pytest.mark.skipif(os.name == "nt", reason="modes are of POSIX")
def test_nobody_else_can_read_it(database: Database, path: Path, tmp_path: Path) -> None:
    former = os.umask(0)
    try:
        asyncio.run(database.run(lambda connection: add(connection, "x")))
    finally:
        os.umask(former)
    made = [path.parent, *path.parent.iterdir()]
    assert len(made) >= 2
    for file in made:
        assert not stat.S_IMODE(file.stat().st_mode) & 0o077, file


def test_work_runs_one_after_the_other_on_one_thread_of_its_own(database: Database) -> None:
    seen: set[str] = set()

    def work(_connection: sqlite3.Connection) -> None:
        seen.add(threading.current_thread().name)

    async def run() -> None:
        await asyncio.gather(*(database.run(work) for _ in range(20)))

    asyncio.run(run())
    assert len(seen) == 1
    assert threading.current_thread().name not in seen


def test_a_transaction_that_fails_leaves_nothing(database: Database) -> None:
    def fail(connection: sqlite3.Connection) -> None:
        add(connection, "b")
        raise RuntimeError("stop")

    async def run() -> list[str]:
        await database.run(lambda connection: add(connection, "a"))
        with pytest.raises(RuntimeError, match="stop"):
            await database.run(fail)
        return await database.run(texts)

    assert asyncio.run(run()) == ["a"]


def test_what_was_acknowledged_is_there_after_a_kill(path: Path) -> None:
    program = """
import asyncio, os, signal, sys
from pathlib import Path
from ftdesk.storage.database import Database
def add(connection):
    connection.execute("CREATE TABLE notes (text TEXT)")
    connection.execute("INSERT INTO notes VALUES ('kept')")
asyncio.run(Database(Path(sys.argv[1])).run(add))
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", program, str(path)], check=False).returncode != 0
    database = Database(path)
    assert asyncio.run(database.run(texts)) == ["kept"]
    database.close()


def test_it_survives_a_power_loss_and_keeps_references(database: Database) -> None:
    def pragmas(connection: sqlite3.Connection) -> list[object]:
        names = ("synchronous", "journal_mode", "foreign_keys")
        return [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in names]

    full = 2
    assert asyncio.run(database.run(pragmas)) == [full, "wal", 1]


def test_two_processes_write_in_turn(path: Path) -> None:
    one, two = Database(path), Database(path)

    async def run() -> list[str]:
        await one.run(lambda connection: add(connection, "0"))
        work = [
            database.run(lambda connection, number=number: add(connection, str(number)))  # type: ignore[misc]
            for number in range(30)
            for database in (one, two)
        ]
        await asyncio.gather(*work)
        return await two.run(texts)

    assert len(asyncio.run(run())) == 61
    one.close()
    two.close()


@pytest.mark.parametrize("content", [b"this is not a database" * 100, b"SQLite format 3\0" + b"\xff" * 4000])
def test_a_file_that_is_no_database_is_a_sentence_and_stays_as_it_is(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    database = Database(path)
    with pytest.raises(StorageError, match="could not be used") as caught:
        asyncio.run(database.run(texts))
    assert str(path) in caught.value.title
    assert path.read_bytes() == content
    database.close()


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "data").touch()
    database = Database(tmp_path / "data" / "below" / "ftdesk.sqlite3")
    with pytest.raises(StorageError, match="Cannot make the folder"):
        asyncio.run(database.run(texts))
    database.close()


@pytest.mark.parametrize("value", ["half of an emoji: \ud83d", 2**80])
def test_a_value_that_no_database_holds_is_a_sentence(database: Database, value: object) -> None:
    with pytest.raises(StorageError, match="could not be used"):
        asyncio.run(database.run(lambda connection: add(connection, value)))  # type: ignore[arg-type]
    assert asyncio.run(database.run(lambda connection: add(connection, "fine"))) is None


def test_a_database_of_a_newer_version_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version={len(MIGRATIONS) + 1}")
    connection.close()
    database = Database(path)
    with pytest.raises(StorageError, match="newer version of ftdesk") as caught:
        asyncio.run(database.run(texts))
    assert "Update ftdesk" in caught.value.hint
    database.close()

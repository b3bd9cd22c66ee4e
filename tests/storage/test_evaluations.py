"""Answers of evaluations in the database, and in a database of before."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

from ftdesk.storage.database import Database
from ftdesk.storage.evaluations import Question, RunKey, keep_answer, kept_answers, open_run
from ftdesk.storage.migrations import MIGRATIONS

KEY = RunKey("a" * 64, "exact", "{}")
QUESTION = Question("b" * 64, "local", "tiny")


def kept(path: Path) -> dict[Question, str]:
    with closing(Database(path)) as database:
        return asyncio.run(database.run(lambda connection: kept_answers(connection, KEY)))


def test_a_database_from_before_evaluations_gets_a_place_for_them(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite3"
    with closing(sqlite3.connect(path)) as old:
        old.execute("PRAGMA user_version=0")
        old.execute("CREATE TABLE something_else (id INTEGER)")
        old.commit()
    assert kept(path) == {}


def test_answers_survive_every_migration_after_theirs(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite3"
    position = next(number for number, step in enumerate(MIGRATIONS) if step.__name__ == "_add_evaluations")
    with closing(sqlite3.connect(path)) as old:
        for migration in MIGRATIONS[: position + 1]:
            migration(old)
        old.execute(f"PRAGMA user_version={position + 1}")
        keep_answer(old, open_run(old, KEY), QUESTION, "an answer")
        old.commit()
    assert kept(path) == {QUESTION: "an answer"}


def test_the_first_answer_of_a_run_stays(tmp_path: Path) -> None:
    path = tmp_path / "new.sqlite3"
    with closing(Database(path)) as database:

        def work(connection: sqlite3.Connection) -> None:
            run = open_run(connection, KEY)
            keep_answer(connection, run, QUESTION, "told")
            keep_answer(connection, run, QUESTION, "too late")

        asyncio.run(database.run(work))
    assert kept(path) == {QUESTION: "told"}


def test_only_answers_of_the_same_file_grader_and_options_are_found(tmp_path: Path) -> None:
    path = tmp_path / "new.sqlite3"
    others = [RunKey("c" * 64, "exact", "{}"), RunKey("a" * 64, "other", "{}"), RunKey("a" * 64, "exact", "{1}")]
    with closing(Database(path)) as database:
        for key in others:
            asyncio.run(
                database.run(
                    lambda connection, key=key: keep_answer(connection, open_run(connection, key), QUESTION, "")
                )
            )
    assert kept(path) == {}

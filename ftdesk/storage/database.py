"""The one SQLite database of the app and its one owner thread."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from ftdesk.errors import StorageError
from ftdesk.storage.folders import make_folder
from ftdesk.storage.migrations import migrate

T = TypeVar("T")


class Database:
    """Runs functions on the connection, one after the other, in a thread of its own.

    The file is opened and migrated on first use, so that making the object costs nothing. ``synchronous=FULL``: a row
    that says that money was spent must survive a power loss.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ftdesk-database")
        self._connection: sqlite3.Connection | None = None
        self._closed = False

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run ``work`` in one transaction and return what it returns. Raises ``StorageError``."""
        return await asyncio.wrap_future(self._thread.submit(self._transact, work))

    def close(self) -> None:
        """Finish what was asked for and close. Safe to call twice."""
        if not self._closed:
            self._closed = True
            self._thread.submit(self._close).result()
            self._thread.shutdown()

    def _transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            connection = self._open()
            with connection:
                return work(connection)
        except (sqlite3.Error, UnicodeEncodeError, OverflowError) as error:
            raise StorageError(
                f"The database {self._path} could not be used: {error}.",
                repr(error),
                "Check free space and permissions; nothing was changed by this step.",
            ) from error

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._connection = _open(self._path)
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _open(path: Path) -> sqlite3.Connection:
    make_folder(path.parent)
    # SQLite would make the file readable by all; what it makes beside it has the mode of the file.
    with contextlib.suppress(OSError):
        path.touch(mode=0o600, exist_ok=False)
    connection = sqlite3.connect(path, timeout=30, check_same_thread=False)
    try:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA foreign_keys=ON")
        migrate(connection)
    except BaseException:
        connection.close()
        raise
    return connection

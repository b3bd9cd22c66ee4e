"""The history of the database's shape: ordered functions, each run once.

To change the shape, append a function to ``MIGRATIONS`` and a test that opens a file of the shape before it. Never edit
one that was released.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from ftdesk.errors import StorageError

Migration = Callable[[sqlite3.Connection], None]

MIGRATIONS: tuple[Migration, ...] = ()


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

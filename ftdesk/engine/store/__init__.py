"""What the engine remembers: one SQLite file, shared by the server and the process that trains.

``database`` owns the connection and the schema; ``files``, ``jobs``, ``events`` and ``models`` hold the records and the
statements of their tables. Only this package imports ``sqlite3``.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path

from ftdesk.engine.store.database import Database
from ftdesk.engine.store.events import Events
from ftdesk.engine.store.files import Files, Uploads
from ftdesk.engine.store.jobs import Jobs
from ftdesk.engine.store.models import Models


class Store:
    """All tables over one connection. A connection belongs to the thread that made it.

    ``durable`` makes every commit survive a power loss (the server: files and jobs it has acknowledged). Without it the
    last commits may be lost, never mixed up (the training process: steps it can repeat).
    """

    def __init__(self, path: Path, *, durable: bool) -> None:
        self._database = Database(path, durable=durable)
        self.files = Files(self._database)
        self.uploads = Uploads(self._database)
        self.jobs = Jobs(self._database)
        self.events = Events(self._database)
        self.models = Models(self._database)

    def transaction(self) -> AbstractContextManager[None]:
        """All or nothing. Holds the write lock from the start: what is read inside stays true until it is written."""
        return self._database.transaction()

    def close(self) -> None:
        self._database.close()

"""Uploaded and produced files, and uploads that arrive in parts."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal

from ftdesk.engine.store.database import NEWEST, Database, Page, Row

UPLOAD_SECONDS = 3600
"""OpenAI: an upload expires an hour after it was created."""

UploadStatus = Literal["pending", "completed", "cancelled", "expired"]


@dataclass(frozen=True, slots=True)
class StoredFile:
    """``lines`` counts those that are not blank; ``filename`` is the client's and only for display."""

    id: str
    created_at: int
    bytes: int
    lines: int
    filename: str
    purpose: str


@dataclass(frozen=True, slots=True)
class Upload:
    id: str
    created_at: int
    expires_at: int
    bytes: int
    filename: str
    purpose: str
    status: UploadStatus
    file_id: str | None


@dataclass(frozen=True, slots=True)
class Part:
    id: str
    upload: str
    created_at: int
    bytes: int


class Files:
    """Table ``files``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, file: StoredFile) -> None:
        self._database.run(
            "INSERT INTO files (id, created_at, bytes, lines, filename, purpose) VALUES (?, ?, ?, ?, ?, ?)",
            *(file.id, file.created_at, file.bytes, file.lines, file.filename, file.purpose),
        )

    def get(self, file_id: str) -> StoredFile | None:
        row = self._database.one("SELECT * FROM files WHERE id = ?", file_id)
        return _file(row) if row else None

    def page(self, *, purpose: str | None, after: str | None, limit: int, newest_first: bool) -> Page[StoredFile]:
        """Raises ``LookupError`` if there is no file ``after``."""
        start = self._sequence(after) if after is not None else NEWEST if newest_first else 0
        statement = (
            "SELECT * FROM files WHERE seq < ? AND purpose = COALESCE(?, purpose) ORDER BY seq DESC LIMIT ?"
            if newest_first
            else "SELECT * FROM files WHERE seq > ? AND purpose = COALESCE(?, purpose) ORDER BY seq ASC LIMIT ?"
        )
        return Page.of([_file(row) for row in self._database.all(statement, start, purpose, limit + 1)], limit)

    def ids(self) -> set[str]:
        return {row["id"] for row in self._database.all("SELECT id FROM files")}

    def remove(self, file_id: str) -> None:
        self._database.run("DELETE FROM files WHERE id = ?", file_id)

    def _sequence(self, file_id: str) -> int:
        row = self._database.one("SELECT seq FROM files WHERE id = ?", file_id)
        if row is None:
            raise LookupError(file_id)
        return int(row["seq"])


class Uploads:
    """Tables ``uploads`` and ``parts``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, upload: Upload) -> None:
        self._database.run(
            "INSERT INTO uploads (id, created_at, expires_at, bytes, filename, purpose, status)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            *(upload.id, upload.created_at, upload.expires_at, upload.bytes, upload.filename, upload.purpose),
            upload.status,
        )

    def get(self, upload_id: str) -> Upload | None:
        row = self._database.one("SELECT * FROM uploads WHERE id = ?", upload_id)
        return _upload(row) if row else None

    def add_part(self, part: Part) -> None:
        self._database.run(
            "INSERT INTO parts (id, upload, created_at, bytes) VALUES (?, ?, ?, ?)",
            *(part.id, part.upload, part.created_at, part.bytes),
        )

    def parts(self, upload_id: str) -> list[Part]:
        rows = self._database.all("SELECT * FROM parts WHERE upload = ? ORDER BY rowid", upload_id)
        return [Part(row["id"], row["upload"], row["created_at"], row["bytes"]) for row in rows]

    def close(self, upload_id: str, status: UploadStatus, file_id: str | None = None) -> None:
        """End an upload. Its parts are forgotten; their files are the caller's to remove."""
        self._database.run("UPDATE uploads SET status = ?, file_id = ? WHERE id = ?", status, file_id, upload_id)
        self._database.run("DELETE FROM parts WHERE upload = ?", upload_id)

    def overdue(self) -> list[Upload]:
        rows = self._database.all(
            "SELECT * FROM uploads WHERE status = 'pending' AND expires_at <= ?", int(time.time())
        )
        return [_upload(row) for row in rows]

    def part_ids(self) -> set[str]:
        return {row["id"] for row in self._database.all("SELECT id FROM parts")}


def _file(row: Row) -> StoredFile:
    return StoredFile(row["id"], row["created_at"], row["bytes"], row["lines"], row["filename"], row["purpose"])


def _upload(row: Row) -> Upload:
    return Upload(
        row["id"],
        row["created_at"],
        row["expires_at"],
        row["bytes"],
        row["filename"],
        row["purpose"],
        row["status"],
        row["file_id"],
    )

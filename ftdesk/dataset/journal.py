"""Finished edits on disk before they are saved, so that a crash loses none.

A journal is a file of JSON lines: a header that names the dataset and its state, then one line per change. It belongs
to one process at a time.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ftdesk.dataset.changes import Change, Splice
from ftdesk.errors import StorageError
from ftdesk.storage.folders import make_folder
from ftdesk.storage.locks import FileLock


@dataclass(frozen=True, slots=True)
class FileState:
    """How a file was recognised: enough to see that another program has changed it."""

    size: int
    mtime_ns: int
    inode: int

    @staticmethod
    def of(stat: os.stat_result) -> FileState:
        return FileState(stat.st_size, stat.st_mtime_ns, stat.st_ino)


class Journal:
    """The journal of one dataset. ``owned`` is false when another process has it: then nothing may be edited here."""

    def __init__(self, folder: Path, name: str, dataset: Path | None) -> None:
        self.path = folder / f"{name}.journal"
        self._dataset = dataset
        self._lock = FileLock(self.path.with_suffix(".lock"))
        self.owned = self._lock.acquire()
        self._descriptor: int | None = None

    def read(self) -> tuple[FileState | None, list[Change]]:
        """The state it was begun on and the changes since. A last line that a crash cut off is left out."""
        try:
            lines = self.path.read_bytes().split(b"\n")
        except FileNotFoundError:
            return None, []
        except OSError as error:
            raise StorageError(f"Cannot read the journal {self.path}: {error.strerror}.", str(error)) from error
        complete = lines[:-1]
        if lines[-1]:
            # A crash cut this line off. What is appended next must not be glued to it.
            os.truncate(self.path, sum(len(line) + 1 for line in complete))
        if not complete:
            return None, []
        with contextlib.suppress(ValueError, KeyError, TypeError):
            header = json.loads(complete[0])
            state = FileState(**header["state"]) if header["state"] else None
            return state, _changes(complete[1:])
        return None, []

    def append(self, change: Change, state: FileState | None) -> None:
        """Write ``change`` and make it durable. ``state`` begins a journal that does not exist yet."""
        try:
            if self._descriptor is None:
                self._descriptor = self._open(state)
            _write_all(self._descriptor, _line(_encoded(change)))
            os.fsync(self._descriptor)
        except OSError as error:
            raise StorageError(
                f"This edit could not be written to the journal {self.path}: {error.strerror}.",
                str(error),
                "Save the file now, to another disk if need be.",
            ) from error

    def clear(self) -> None:
        """Forget all: the file holds everything now."""
        self._close()
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()

    def set_aside(self) -> Path:
        """Keep the journal under another name, where its changes no longer fit the file. Returns where."""
        self._close()
        number = 1
        while (kept := self.path.with_suffix(f".kept-{number}")).exists():
            number += 1
        self.path.rename(kept)
        return kept

    def close(self) -> None:
        """Let another process have it. What was written stays."""
        self._close()
        self._lock.release()

    def _open(self, state: FileState | None) -> int:
        new = not self.path.exists()
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        if new:
            facts = None if state is None else {"size": state.size, "mtime_ns": state.mtime_ns, "inode": state.inode}
            _write_all(descriptor, _line({"dataset": str(self._dataset or ""), "state": facts}))
        return descriptor

    def _close(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


def open_journal(folder: Path, dataset: Path | None) -> Journal:
    """The journal of ``dataset``; without a file yet, the first untitled one that no other window has."""
    make_folder(folder)
    if dataset is not None:
        return Journal(folder, hashlib.sha256(str(dataset.resolve()).encode()).hexdigest()[:32], dataset)
    number = 1
    while not (journal := Journal(folder, f"untitled-{number}", None)).owned:
        number += 1
    return journal


def _line(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode() + b"\n"


def _write_all(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]


def _encoded(change: Change) -> dict[str, Any]:
    """A line is arbitrary bytes, and JSON holds text: UTF-8 as it is, anything else as base64."""
    return {
        "title": change.title,
        "splices": [
            [splice.row, [_packed(line) for line in splice.removed], [_packed(line) for line in splice.inserted]]
            for splice in change.splices
        ],
    }


def _packed(line: bytes) -> str | dict[str, str]:
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(line).decode("ascii")}


def _unpacked(value: str | dict[str, str]) -> bytes:
    return value.encode("utf-8") if isinstance(value, str) else base64.b64decode(value["base64"])


def _changes(lines: list[bytes]) -> list[Change]:
    changes = []
    for line in lines:
        value = json.loads(line)
        splices = tuple(
            Splice(row, tuple(map(_unpacked, removed)), tuple(map(_unpacked, inserted)))
            for row, removed, inserted in value["splices"]
        )
        changes.append(Change(value["title"], splices))
    return changes

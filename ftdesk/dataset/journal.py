"""Finished edits on disk before they are saved, so that a crash loses none.

A journal is a file of JSON lines: changes in order, and between them state lines. A state line says how the file of the
dataset is recognised when it holds the first ``after`` changes and no others. One begins the journal; a save writes
another before it replaces the file, so that whichever file a crash leaves, old or new, the journal knows what it lacks.
A journal belongs to one process at a time.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ftdesk.dataset.changes import Change, Splice
from ftdesk.errors import StorageError
from ftdesk.storage.files import write_atomic
from ftdesk.storage.folders import make_folder
from ftdesk.storage.locks import FileLock

# Windows would write CR LF for each LF without O_BINARY.
_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)


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
        self._end: int | None = None
        """Where the last durable line of the file ends, once that is known. What stands behind is of a failed write."""
        self._writing = threading.Lock()
        # Lines that a full disk kept out, in order: a later change must not be in the journal without those before it.
        self._pending: list[bytes] = []
        self.changes = 0
        """How many changes are written."""

    def read(self, current: FileState | None) -> list[Change] | None:
        """The changes that the file in the state ``current`` lacks; ``None`` if the journal is about another state.

        A last line that a crash cut off is left out. Raises ``StorageError``.
        """
        try:
            lines = self.path.read_bytes().split(b"\n")
            complete = lines[:-1]
            if lines[-1]:
                # What is appended next must not be glued to the rest of a line.
                os.truncate(self.path, sum(len(line) + 1 for line in complete))
            self._end = sum(len(line) + 1 for line in complete)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise StorageError(f"Cannot read the journal {self.path}: {error.strerror}.", str(error)) from error
        try:
            changes, start = _parsed(complete, current)
        except (ValueError, KeyError, TypeError):
            return None  # Damaged on disk: whatever it holds must be kept, not guessed at.
        self.changes = len(changes)
        if not complete:
            return []
        return None if start is None else changes[start:]

    def note(self, state: FileState | None, *, after: int) -> None:
        """Write down the state that the file has, or will have in a moment, with the first ``after`` changes in it."""
        self._append(_line(self._state_entry(state, after=after)))

    def _state_entry(self, state: FileState | None, *, after: int) -> dict[str, Any]:
        facts = None if state is None else asdict(state)
        return {"dataset": str(self._dataset or ""), "state": facts, "after": after}

    def append(self, change: Change, state: FileState | None) -> None:
        """Write ``change`` and make it durable. ``state`` begins a journal that does not exist yet.

        Raises ``StorageError`` when that fails; the change is written together with the next one then.
        """
        lines = []
        if self.changes == 0 and not self.path.exists():
            lines.append(_line(self._state_entry(state, after=0)))
        self.changes += 1
        self._append(*lines, _line(_encoded(change)))

    def clear(self) -> bool:
        """Forget all: the file holds everything now. False if the disk refused; the journal is then as it was."""
        self._close()
        try:
            self.path.unlink(missing_ok=True)
        except OSError:
            return False
        self._begin_empty()
        return True

    def begin_anew(self, state: FileState | None, changes: Sequence[Change]) -> None:
        """Hold these changes on a file in ``state``, and nothing else. A crash leaves the old journal or the new one.

        Raises ``StorageError``; the journal is then as it was.
        """
        with self._writing:
            self._close()
            content = b"".join([_line(self._state_entry(state, after=0)), *map(_line, map(_encoded, changes))])
            try:
                write_atomic(self.path, [content])
            except StorageError:
                # If only its folder could not be synchronised, it stands there all the same. To go on as if it did not
                # would write its changes twice.
                if not self._holds(content):
                    raise
            self._begin_empty()
            self._end = len(content)
            self.changes = len(changes)

    def set_aside(self) -> Path | None:
        """Keep the journal, if there is one, under another name: its changes no longer fit the file. Returns where.

        Raises ``StorageError``.
        """
        if self._pending:
            self._append()
        self._close()
        if not self.path.exists():
            return None
        number = 1
        while (kept := self.path.with_suffix(f".kept-{number}")).exists():
            number += 1
        try:
            self.path.rename(kept)
        except OSError as error:
            raise StorageError(f"Cannot put the journal {self.path} aside: {error.strerror}.", str(error)) from error
        self._begin_empty()
        return kept

    def close(self) -> None:
        """Let another process have it. What was written stays."""
        self._close()
        self._lock.release()

    def _append(self, *lines: bytes) -> None:
        with self._writing:
            self._pending.extend(lines)
            try:
                if self._descriptor is None:
                    self._descriptor = os.open(self.path, _APPEND, 0o600)
                self._write(self._descriptor, b"".join(self._pending))
            except OSError as error:
                raise StorageError(
                    f"This edit could not be written to the journal {self.path}: {error.strerror}.",
                    str(error),
                    "Save the file now, to another disk if need be.",
                ) from error
            self._pending.clear()

    def _write(self, descriptor: int, content: bytes) -> None:
        """Append ``content`` and make it durable. What is left of an attempt that failed gives way first."""
        size = os.fstat(descriptor).st_size
        if self._end is None:
            self._end = size
        elif size != self._end:
            os.ftruncate(descriptor, self._end)
        view = memoryview(content)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
        self._end += len(content)

    def _begin_empty(self) -> None:
        """There is no file, or a new one."""
        self._pending.clear()
        self._end = None
        self.changes = 0

    def _holds(self, content: bytes) -> bool:
        try:
            return self.path.read_bytes() == content
        except OSError:
            return False

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


def _parsed(lines: list[bytes], current: FileState | None) -> tuple[list[Change], int | None]:
    """All changes, and how many of them the file in the state ``current`` holds; ``None`` if that state is unknown."""
    changes: list[Change] = []
    start: int | None = None
    for line in lines:
        entry = json.loads(line)
        if "state" not in entry:
            changes.append(_decoded(entry))
        elif _state(entry["state"]) == current:
            start = int(entry["after"])
    return changes, start


def _line(entry: dict[str, Any]) -> bytes:
    return json.dumps(entry, separators=(",", ":")).encode() + b"\n"


def _state(entry: dict[str, int] | None) -> FileState | None:
    return None if entry is None else FileState(**entry)


def _encoded(change: Change) -> dict[str, Any]:
    return {
        "title": change.title,
        "splices": [
            [splice.row, [_packed(line) for line in splice.removed], [_packed(line) for line in splice.inserted]]
            for splice in change.splices
        ],
    }


def _decoded(entry: dict[str, Any]) -> Change:
    splices = tuple(
        Splice(row, tuple(map(_unpacked, removed)), tuple(map(_unpacked, inserted)))
        for row, removed, inserted in entry["splices"]
    )
    return Change(entry["title"], splices)


def _packed(line: bytes) -> str | dict[str, str]:
    """A line is arbitrary bytes, and JSON holds text: UTF-8 as it is, anything else as base64."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(line).decode("ascii")}


def _unpacked(value: str | dict[str, str]) -> bytes:
    return value.encode("utf-8") if isinstance(value, str) else base64.b64decode(value["base64"])

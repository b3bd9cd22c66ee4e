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
from ftdesk.dataset.file_state import FileState, sample
from ftdesk.dataset.rows import Rows
from ftdesk.errors import StorageError
from ftdesk.storage.files import write_atomic
from ftdesk.storage.folders import make_folder
from ftdesk.storage.locks import FileLock

# Windows would write CR LF for each LF without O_BINARY.
_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0)

_LONG_LINE = 1 << 16
"""Bytes from which only the part of a line that became different is written: the whole would be felt while typing."""


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

    def read(self, current: FileState | None) -> list[WrittenChange] | None:
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
            changes, start = self._parsed(complete, current)
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
        # For a person who looks for a journal. Not every file name is UTF-8.
        name = os.fsencode(self._dataset).decode("utf-8", "replace") if self._dataset else ""
        content = sample(self._dataset, state) if self._dataset and state else ""
        return {"dataset": name, "state": facts, "content": content, "after": after}

    def append(self, change: Change, state: FileState | None) -> None:
        """Write ``change`` and make it durable. ``state`` begins a journal that does not exist yet.

        Raises ``StorageError`` when that fails; the change is written together with the next one then.
        """
        lines = []
        if self.changes == 0 and not self.path.exists():
            lines.append(_line(self._state_entry(state, after=0)))
        self.changes += 1
        self._append(*lines, _line(_encoded(change)))

    def _parsed(self, lines: list[bytes], current: FileState | None) -> tuple[list[WrittenChange], int | None]:
        """All changes, and how many of them the file in the state ``current`` holds; ``None``: nobody knows."""
        content = sample(self._dataset, current) if self._dataset and current else ""
        changes: list[WrittenChange] = []
        start: int | None = None
        for line in lines:
            entry = json.loads(line)
            if "state" not in entry:
                changes.append(WrittenChange(entry["title"], tuple(entry["splices"])))
            elif _state(entry["state"]) == current or (content and entry.get("content") == content):
                start = int(entry["after"])
        return changes, start

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
        return Journal(folder, hashlib.sha256(os.fsencode(dataset.resolve())).hexdigest()[:32], dataset)
    number = 1
    while not (journal := Journal(folder, f"untitled-{number}", None)).owned:
        number += 1
    return journal


def is_edited_elsewhere(folder: Path, dataset: Path) -> bool:
    """Whether another window has ``dataset`` open for editing, as far as the journals' disk lets one see that."""
    try:
        journal = open_journal(folder, dataset)
    except StorageError:
        return False  # that disk is full, and saving to another one is what may help
    journal.close()
    return not journal.owned


@dataclass(frozen=True, slots=True)
class WrittenChange:
    """A change as the journal has it: of a long line only what became different is there."""

    title: str
    splices: tuple[Any, ...]

    def done_on(self, rows: Rows) -> Change:
        """Do it on ``rows``, as they were when it was made. Raises ``ValueError`` when they are others."""
        done = []
        for row, removed, inserted in self.splices:
            before = [_unpacked(line, rows, row + offset) for offset, line in enumerate(removed)]
            splice = Splice(row, tuple(before), tuple(_patched(line, before) for line in inserted))
            if not rows.fit([splice]):
                raise ValueError(f"row {row} is not what the journal says")
            rows.put(splice)
            done.append(splice)
        return Change(self.title, tuple(done))


def _line(entry: dict[str, Any]) -> bytes:
    return json.dumps(entry, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"


def _state(entry: dict[str, int] | None) -> FileState | None:
    return None if entry is None else FileState(**entry)


def _encoded(change: Change) -> dict[str, Any]:
    return {"title": change.title, "splices": [_encoded_splice(splice) for splice in change.splices]}


def _encoded_splice(splice: Splice) -> list[Any]:
    if len(splice.removed) == len(splice.inserted) == 1 and len(splice.removed[0]) > _LONG_LINE:
        before, after = splice.removed[0], splice.inserted[0]
        head = _common(before, after)
        tail = min(_common(before[::-1], after[::-1]), len(before) - head, len(after) - head)
        patch = {"head": head, "tail": tail, "text": _packed(after[head : len(after) - tail])}
        return [splice.row, [{"sha256": hashlib.sha256(before).hexdigest()}], [patch]]
    return [splice.row, [_packed(line) for line in splice.removed], [_packed(line) for line in splice.inserted]]


def _common(one: bytes, other: bytes) -> int:
    """How many bytes at the beginning are the same."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _packed(line: bytes) -> str | dict[str, str]:
    """A line is arbitrary bytes, and JSON holds text: UTF-8 as it is, anything else as base64."""
    try:
        return line.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(line).decode("ascii")}


def _unpacked(value: str | dict[str, str], rows: Rows, row: int) -> bytes:
    """A removed line: as it was written down, or known by its digest and still in its row."""
    if isinstance(value, str) or "sha256" not in value:
        return _content(value)
    line = rows.line(row)
    if hashlib.sha256(line).hexdigest() != value["sha256"]:
        raise ValueError(f"row {row} is not what the journal says")
    return line


def _patched(value: Any, before: list[bytes]) -> bytes:
    """An inserted line: as it was written down, or what became different of the one before it."""
    if isinstance(value, str) or "head" not in value:
        return _content(value)
    old = before[0]
    return old[: value["head"]] + _content(value["text"]) + old[len(old) - value["tail"] :]


def _content(value: str | dict[str, str]) -> bytes:
    return value.encode("utf-8") if isinstance(value, str) else base64.b64decode(value["base64"])

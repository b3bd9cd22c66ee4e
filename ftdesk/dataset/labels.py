"""Tags and notes of examples, kept beside the app's data and never in the training lines."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ftdesk.dataset.changes import LabelChange, Labels, Splice
from ftdesk.dataset.file_state import FileState
from ftdesk.dataset.lines import unreadable
from ftdesk.storage.files import write_atomic
from ftdesk.storage.folders import make_folder
from ftdesk.storage.locks import FileLock

NONE = Labels()


class LabelBook:
    """The labels of one dataset, by the content of a line: they follow it wherever it moves and come back with an undo.

    Lines with the same content share their labels. Written at once when they change, on top of what another window has
    written; a damaged file is kept aside.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._changed: dict[str, Labels] = {}
        """What is not written yet."""
        self._labels: dict[str, Labels] = {}
        self._state: FileState | None = None
        """Of the file that ``_labels`` are of."""
        if path is not None:
            self._read(path)

    def of(self, line: bytes) -> Labels:
        return self._labels.get(key_of(line), NONE) if self._labels else NONE

    def all_tags(self) -> list[str]:
        """Every tag that was given, by name, also to lines that only an undo would bring back."""
        return sorted({tag for labels in self._labels.values() for tag in labels.tags}, key=str.casefold)

    def tagging(self, lines: Iterable[bytes], tag: str, *, present: bool) -> tuple[LabelChange, ...]:
        """What adds or removes ``tag`` where that makes a difference."""
        return self.retagging(lines, {tag}, ()) if present else self.retagging(lines, (), {tag})

    def retagging(
        self, lines: Iterable[bytes], added: Iterable[str], removed: Iterable[str]
    ) -> tuple[LabelChange, ...]:
        """What adds some tags and removes others, where that makes a difference."""
        more, less = frozenset(added), frozenset(removed)
        changes = {}
        for line in lines:
            key, before = key_of(line), self.of(line)
            tags = (before.tags | more) - less
            if tags != before.tags:
                changes[key] = LabelChange(key, before, Labels(tags, before.note))
        return tuple(changes.values())

    def noting(self, line: bytes, note: str) -> tuple[LabelChange, ...]:
        """What writes or removes the note."""
        before = self.of(line)
        return () if before.note == note else (LabelChange(key_of(line), before, Labels(before.tags, note)),)

    def put(self, changes: Iterable[LabelChange]) -> None:
        """Set labels as they are after ``changes``. Raises ``StorageError`` when they cannot be written."""
        for change in changes:
            self._set(change.key, change.after)
        self.write_changed()

    def follow(self, splice: Splice) -> None:
        """An edited line keeps the labels it had. Leaves writing to the caller."""
        if not self._labels or len(splice.removed) != len(splice.inserted):
            return  # of unequal numbers, nobody knows which has become which
        # Lines that are still there, or were there before, have only changed their places.
        stay = set(splice.removed) & set(splice.inserted)
        for before, after in zip(splice.removed, splice.inserted, strict=True):
            labels = self.of(before)
            if labels != NONE and self.of(after) == NONE and before not in stay and after not in stay:
                self._set(key_of(after), labels)

    def write_changed(self) -> None:
        """Keep what has changed since it was written. Raises ``StorageError``; the next call tries again."""
        if self._path is None or not self._changed:
            return
        make_folder(self._path.parent)
        with FileLock(self._path.with_suffix(".lock")).held():
            if FileState.at(self._path) != self._state:
                self._read(self._path)
            table = {key: {"tags": sorted(labels.tags), "note": labels.note} for key, labels in self._labels.items()}
            content = json.dumps({"labels": table}, ensure_ascii=False).encode("utf-8", "replace")
            self._state = FileState.of(write_atomic(self._path, [content]))
        self._changed.clear()

    def copied_to(self, other: LabelBook) -> LabelBook:
        """``other`` with these labels in it as well, not written yet: the dataset goes on under another name."""
        for key, labels in self._labels.items():
            other._set(key, labels)
        return other

    def export(self, lines: Iterable[bytes]) -> list[dict[str, Any]]:
        """Line numbers from 1 with their tags and note, for those that have any."""
        found = []
        for number, line in enumerate(lines, start=1):
            labels = self.of(line)
            if labels != NONE:
                found.append({"line": number, "tags": sorted(labels.tags), "note": labels.note})
        return found

    def _read(self, path: Path) -> None:
        """Take what the file holds; what is not written yet stays on top."""
        self._state = FileState.at(path)
        self._labels = _read(path)
        for key, labels in list(self._changed.items()):
            self._set(key, labels)

    def _set(self, key: str, labels: Labels) -> None:
        self._changed[key] = labels
        if labels == NONE:
            self._labels.pop(key, None)
        else:
            self._labels[key] = labels


def labels_path(folder: Path, dataset: Path) -> Path:
    """Where the labels of ``dataset`` are kept."""
    return folder / f"{hashlib.sha256(os.fsencode(os.path.realpath(dataset))).hexdigest()[:32]}.json"


def key_of(line: bytes) -> str:
    """What a line is known by: its content without the white space around it."""
    return hashlib.sha256(line.strip()).hexdigest()[:32]


def _read(path: Path) -> dict[str, Labels]:
    try:
        table = json.loads(path.read_bytes())["labels"]
        return {key: _labels(entry) for key, entry in table.items()}
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise unreadable(path, error) from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        path.replace(path.with_suffix(".damaged"))
        return {}


def _labels(entry: Mapping[str, Any]) -> Labels:
    return Labels(frozenset(str(tag) for tag in entry.get("tags", ())), str(entry.get("note", "")))

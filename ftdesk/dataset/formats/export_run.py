"""One export, which may run in a thread: how far it is, a way to stop it, and tags and notes in a file beside it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from ftdesk.dataset.changes import Labels
from ftdesk.dataset.formats.exporting import ExportResult, export_rows
from ftdesk.dataset.labels import NONE
from ftdesk.dataset.rows import Rows
from ftdesk.storage.files import write_atomic


class ExportStoppedError(Exception):
    """Somebody called ``stop``. Nothing was written and nothing is left behind."""


class ExportRun:
    """Writes rows of ``rows``: all, or those of ``chosen``, in the order of the file."""

    def __init__(self, rows: Rows, chosen: Sequence[int] | None = None) -> None:
        self._rows = rows
        self._chosen = sorted(chosen) if chosen is not None else range(len(rows))
        self._is_stopped = False
        self.total = len(self._chosen)
        self.done = 0

    def stop(self) -> None:
        """End before the next row. Call it from any thread."""
        self._is_stopped = True

    def write(self, target: Path, layout: str = "") -> ExportResult:
        """Write ``target`` as ``export_rows`` does, with numbers of the dataset's lines in the result.

        Raises ``InputError`` and ``StorageError``, and ``ExportStoppedError`` after ``stop``.
        """
        result = export_rows(self._lines(), target, layout)
        skipped = tuple(type(row)(self._chosen[row.number - 1] + 1, row.reason) for row in result.skipped)
        return ExportResult(result.written, skipped)

    def write_labels(self, target: Path, result: ExportResult, labels_of: Callable[[bytes], Labels]) -> int:
        """Write tags and notes of what ``write`` has written as JSON Lines; how many examples have any.

        ``line`` counts the examples of the exported file from 1. Without labels nothing is written. Raises
        ``StorageError``.
        """
        skipped = {row.number - 1 for row in result.skipped}
        entries: list[bytes] = []
        written = 0
        for row in self._chosen:
            line = self._rows.line(row)
            if row in skipped or not line.strip():
                continue
            written += 1
            labels = labels_of(line)
            if labels != NONE:
                entry = {"line": written, "tags": sorted(labels.tags), "note": labels.note}
                entries.append(json.dumps(entry, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
        if entries:
            write_atomic(target, entries, new_file_mode=0o666)
        return len(entries)

    def _lines(self) -> Iterator[bytes]:
        for row in self._chosen:
            if self._is_stopped:
                raise ExportStoppedError
            self.done += 1
            yield self._rows.line(row)


def labels_file(target: Path) -> Path:
    """Where the labels of an export go."""
    return target.with_name(f"{target.stem}.labels.jsonl")

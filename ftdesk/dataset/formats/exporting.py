"""From examples to files of other programs: OpenAI's JSONL, TRL, CSV, Parquet."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ftdesk.dataset.formats.arrow import parquet
from ftdesk.dataset.formats.conversion import NotConvertibleError
from ftdesk.dataset.formats.layouts import LAYOUTS
from ftdesk.dataset.formats.separated import separated
from ftdesk.dataset.record import Record, read_record
from ftdesk.dataset.spans import dump
from ftdesk.errors import InputError
from ftdesk.storage.files import write_atomic


@dataclass(frozen=True, slots=True)
class SkippedRow:
    """A line that the chosen format has no place for. ``number`` counts lines from 1."""

    number: int
    reason: str


@dataclass(frozen=True, slots=True)
class ExportResult:
    written: int
    skipped: tuple[SkippedRow, ...]


def export_rows(lines: Iterable[bytes], path: Path, layout: str = "") -> ExportResult:
    """Write ``lines`` to ``path``; its name decides how: ``.jsonl``, ``.csv``, ``.tsv``, ``.parquet``.

    ``layout`` is one of ``LAYOUTS``; by default columns for tables of text and OpenAI's own otherwise. Lines that stay
    OpenAI's JSON Lines keep their bytes. Broken lines and those without a place in the format are in the result; if all
    are, ``path`` stays as it is. Raises ``InputError`` and ``StorageError``; nothing is left half written.
    """
    suffix = path.suffix.lower()
    chosen = layout or ("columns" if suffix in (".csv", ".tsv") else "openai")
    if chosen not in LAYOUTS:
        raise InputError(f"There is no layout “{chosen}”.", hint=f"Choose one of {', '.join(LAYOUTS)}.")
    if suffix in (".csv", ".tsv") and chosen != "columns":
        raise InputError("A table of text holds columns only.", hint="Choose .jsonl or .parquet for this layout.")
    rows = _Rows(lines, LAYOUTS[chosen])
    chunks: Iterable[bytes]
    if suffix in (".csv", ".tsv"):
        chunks = separated(rows, "," if suffix == ".csv" else "\t")
    elif suffix == ".parquet":
        chunks = [parquet(rows, path)]
    elif suffix in (".jsonl", ".ndjson") and chosen == "openai":
        chunks = rows.whole_lines()
    elif suffix in (".jsonl", ".ndjson"):
        chunks = (dump(row).encode("utf-8") + b"\n" for row in rows)
    else:
        raise InputError(f"{path.name} does not say what to write.", hint="Name it .jsonl, .csv, .tsv or .parquet.")
    with contextlib.suppress(_NothingFitsError):
        write_atomic(path, _unless_nothing_fits(rows, chunks), new_file_mode=0o666)
    return ExportResult(rows.written, tuple(rows.skipped))


def try_rows(lines: Iterable[bytes], layout: str) -> tuple[SkippedRow, ...]:
    """What ``export_rows`` would leave out of ``lines`` in this layout. Nothing is written."""
    rows = _Rows(lines, LAYOUTS[layout])
    for _ in rows:
        pass
    return tuple(rows.skipped)


class _Rows:
    """Converts while it is read, and remembers what it left out."""

    def __init__(self, lines: Iterable[bytes], convert: Callable[[Record], dict[str, Any]]) -> None:
        self._lines = lines
        self._convert = convert
        self.written = 0
        self.skipped: list[SkippedRow] = []

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return (row for _, row in self._converted(self._held))

    def whole_lines(self) -> Iterator[bytes]:
        """The lines that could be converted, as they are."""
        return (line.removeprefix(b"\xef\xbb\xbf") + b"\n" for line, _ in self._converted(self._convert))

    def _held(self, record: Record) -> dict[str, Any]:
        """The row, if other programs can read it when it is written anew."""
        row = self._convert(record)
        try:
            dump(row, allow_nan=False)
        except RecursionError as error:
            raise NotConvertibleError("it nests too deeply") from error
        except ValueError as error:
            raise NotConvertibleError("a number in it is too large for other programs") from error
        return row

    def _converted(self, convert: Callable[[Record], dict[str, Any]]) -> Iterator[tuple[bytes, dict[str, Any]]]:
        for number, line in enumerate(self._lines, start=1):
            record = read_record(line)
            if record.kind == "blank":
                continue
            if record.kind == "broken":
                self.skipped.append(SkippedRow(number, record.problem))
                continue
            try:
                row = convert(record)
            except NotConvertibleError as error:
                self.skipped.append(SkippedRow(number, str(error)))
                continue
            self.written += 1
            yield line, row


class _NothingFitsError(Exception):
    """Ends the writing of a file that would be empty."""


def _unless_nothing_fits(rows: _Rows, chunks: Iterable[bytes]) -> Iterator[bytes]:
    yield from chunks
    if rows.skipped and not rows.written:
        raise _NothingFitsError

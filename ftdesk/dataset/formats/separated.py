"""CSV and TSV: no row vanishes in reading; what was written runs in no spreadsheet and comes back as it was.

A cell that begins like a formula gets an apostrophe (CWE-1236), and so does one that begins with apostrophes before
that, so that taking one off again is exact. It is taken off in tables with the columns of our own only: elsewhere it is
somebody's text.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import TextIO

from ftdesk.dataset.formats.source import SourceRow
from ftdesk.dataset.lines import unreadable
from ftdesk.errors import InputError

# For the whole process, so set once. The default, 131,072 characters, is less than a long answer.
csv.field_size_limit(1 << 28)

SUPERVISED_COLUMNS = ("system", "user", "assistant")
PREFERENCE_COLUMNS = ("system", "user", "preferred", "non_preferred")

_RUNS = re.compile(r"'*[=+\-@\t\r]")
_QUOTE = '"'


def separated_by(delimiter: str) -> Callable[[Path], Iterator[SourceRow]]:
    """A reader of tables with ``delimiter``. It raises ``InputError``."""

    def read(path: Path) -> Iterator[SourceRow]:
        try:
            quoting = csv.QUOTE_MINIMAL if delimiter == "," or _reads_with_quotes(path) else csv.QUOTE_NONE
            with path.open(encoding="utf-8-sig", newline="") as file:
                yield from _Table(path, file, delimiter, quoting).rows()
        except OSError as error:
            raise unreadable(path, error) from error
        except UnicodeDecodeError as error:
            raise InputError(
                f"{path} is not UTF-8: byte {error.object[error.start]:#x}.",
                hint="Save it as “CSV UTF-8” in your spreadsheet.",
            ) from error

    return read


def _reads_with_quotes(path: Path) -> bool:
    """Whether every line of a TSV makes sense with quotes. Spreadsheets write them; elsewhere a quote is text."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter="\t", strict=True)
        try:
            width = len(next(reader, []))
            return all(len(cells) <= width for cells in reader)
        except csv.Error:
            return False


class _Table:
    """Reads record by record, and goes on after a bad one where it is certain that the next line begins another."""

    def __init__(self, path: Path, file: TextIO, delimiter: str, quoting: int) -> None:
        self._path = path
        self._file = file
        self._quoting = quoting
        self._line = ""
        self._reader = csv.reader(self._lines(), delimiter=delimiter, strict=True, quoting=quoting)  # type: ignore[arg-type]

    def rows(self) -> Iterator[SourceRow]:
        header = self._header()
        is_own = tuple(header) in (SUPERVISED_COLUMNS, PREFERENCE_COLUMNS)
        number = 0
        while True:
            number += 1
            begin = self._reader.line_num + 1
            try:
                cells = next(self._reader)
            except StopIteration:
                return
            except csv.Error as error:
                problem = f"not valid CSV in line {self._reader.line_num}: {error}"
                if not self._ends_here(begin):
                    rest = sum(1 for _ in self._file)
                    yield SourceRow(number, None, f"{problem}; it is unknown where the next row begins{_unread(rest)}")
                    return
                yield SourceRow(number, None, problem)
                continue
            if problem := self._problem(cells, header):
                yield SourceRow(number, None, problem)
            elif any(cells):
                texts = map(_unguarded, cells) if is_own else cells
                yield SourceRow(number, dict(zip(header, texts, strict=False)))

    def _lines(self) -> Iterator[str]:
        for line in self._file:
            self._line = line
            yield line

    def _header(self) -> list[str]:
        try:
            header = next(self._reader, [])
        except csv.Error as error:
            raise InputError(
                f"{self._path} is not valid CSV in line {self._reader.line_num}: {error}.",
                hint="Repair the line with the names of the columns.",
            ) from error
        names = [name or f"column {place}" if header.count("") > 1 else name for place, name in enumerate(header, 1)]
        refuse_duplicates(self._path, names)
        return names

    def _ends_here(self, begin: int) -> bool:
        """Whether a record that is broken ends with the line: it began there, and no quote is open at its end."""
        is_one_line = self._reader.line_num == begin
        return is_one_line and (self._quoting == csv.QUOTE_NONE or self._line.count(_QUOTE) % 2 == 0)

    def _problem(self, cells: list[str], header: list[str]) -> str:
        if len(cells) > len(header):
            return f"{len(cells)} cells, but only {len(header)} columns have a name"
        if self._quoting == csv.QUOTE_NONE and any(
            len(cell) > 1 and cell.startswith(_QUOTE) and cell.endswith(_QUOTE) for cell in cells
        ):
            return "a cell stands in quotes, but other lines of the file make no sense with quotes"
        return ""


def _unread(lines: int) -> str:
    return "" if not lines else ", so the line after it was not read" if lines == 1 else f", so {lines:,} were not read"


def refuse_duplicates(path: Path, columns: Iterable[str]) -> None:
    """Raises ``InputError`` when two columns have one name: only the last would be read."""
    twice = [name for name, count in Counter(columns).items() if count > 1]
    if twice:
        named = ", ".join(f"“{name}”" for name in twice)
        raise InputError(f"{path} has several columns named {named}.", hint="Give each column a name of its own.")


def separated(rows: Iterable[Mapping[str, str]], delimiter: str) -> Iterator[bytes]:
    """CSV as every spreadsheet reads it: UTF-8 with a mark, all cells quoted, and no cell that runs as a formula.

    Raises ``InputError`` when the rows have different columns.
    """
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    yield b"\xef\xbb\xbf"
    rows = iter(rows)
    first = next(rows, None)
    if first is None:
        return
    header = list(first)
    writer.writerow(header)
    for row in chain([first], rows):
        if list(row) != header:
            raise InputError(
                "Answers and preferences cannot stand in one table.", hint="Split the file by kind, or choose .jsonl."
            )
        writer.writerow(map(_guarded, row.values()))
        yield buffer.getvalue().encode("utf-8")
        buffer.seek(0)
        buffer.truncate()


def _guarded(cell: str) -> str:
    return "'" + cell if _RUNS.match(cell) else cell


def _unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _RUNS.match(cell) else cell

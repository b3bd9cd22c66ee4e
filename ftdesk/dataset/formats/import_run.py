"""One import of a whole file, which may run in a thread: how far it is, what it refused, and a way to stop it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from ftdesk.dataset.formats.importing import ColumnMapping, ImportedRow, import_rows
from ftdesk.dataset.formats.shapes import Shape
from ftdesk.dataset.spans import dump
from ftdesk.errors import InputError
from ftdesk.storage.files import write_atomic


class ImportStoppedError(Exception):
    """Somebody called ``stop``. Nothing was written and nothing is left behind."""


class ImportRun:
    """``imported`` and ``refused`` grow while it runs. Every row of the source is in one of the two.

    ``left_out`` counts the rows in which a field has a value but no place in an example.

    Either ``write`` or ``read`` is called, once. They raise ``InputError`` when the source cannot be read,
    ``ImportStoppedError`` after ``stop``.
    """

    def __init__(self, source: Path, *, shape: Shape | None = None, mapping: ColumnMapping | None = None) -> None:
        self.source = source
        self.imported = 0
        self.refused: list[ImportedRow] = []
        self.left_out: Counter[str] = Counter()
        self._shape = shape
        self._mapping = mapping
        self._is_stopped = False

    @property
    def rows(self) -> int:
        """How many rows were read."""
        return self.imported + len(self.refused)

    def stop(self) -> None:
        """End before the next row. Call it from any thread."""
        self._is_stopped = True

    def write(self, target: Path) -> None:
        """Write all examples to ``target``, which is there as a whole or not at all. Raises ``StorageError``."""
        write_atomic(target, (line + b"\n" for line in self._lines()), new_file_mode=0o666)

    def read(self) -> list[bytes]:
        """All examples, as lines without LF."""
        return list(self._lines())

    def _lines(self) -> Iterator[bytes]:
        for row in import_rows(self.source, shape=self._shape, mapping=self._mapping):
            if self._is_stopped:
                raise ImportStoppedError
            if row.line is None:
                self.refused.append(row)
            else:
                self.imported += 1
                self.left_out.update(row.left_out)
                yield row.line
        if not self.imported:
            raise InputError(
                f"None of the {self.rows:,} rows of {self.source.name} became an example.",
                hint="Read it as something else, or choose other columns.",
            )


def write_refused(rows: Iterable[ImportedRow], target: Path) -> None:
    """Write what was refused as JSON Lines: number, reason, and the row as it was. Raises ``StorageError``."""

    def lines() -> Iterator[bytes]:
        for row in rows:
            # A table holds dates, bytes, decimals; and what was refused for a NaN must not be written as one.
            value = json.loads(json.dumps(row.value, default=str), parse_constant=str)
            yield dump({"row": row.number, "reason": row.reason, "value": value}).encode("utf-8") + b"\n"

    write_atomic(target, lines(), new_file_mode=0o666)

"""``ftdesk convert IN OUT``: other programs' files to OpenAI's JSONL, and back."""

from __future__ import annotations

import argparse
import tempfile
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args

from ftdesk.cli.main import narrate
from ftdesk.dataset.formats.exporting import ExportResult, export_rows
from ftdesk.dataset.formats.importing import ColumnMapping, ImportedRow, Part, import_rows, recognise, shape_named
from ftdesk.dataset.formats.layouts import LAYOUTS
from ftdesk.dataset.formats.shapes import SHAPES
from ftdesk.dataset.spans import dump
from ftdesk.errors import ExitStatus, InputError, StorageError

_LISTED = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "source", metavar="IN", type=Path, help="CSV, TSV, JSON, JSON Lines, Parquet, or a datasets folder"
    )
    parser.add_argument("target", metavar="OUT", type=Path, help="a .jsonl, .csv, .tsv or .parquet file")
    parser.add_argument("--from", dest="shape", metavar="FORMAT", help=f"one of {', '.join(s.name for s in SHAPES)}")
    parser.add_argument("--to", dest="layout", metavar="LAYOUT", default="", help=f"one of {', '.join(LAYOUTS)}")
    parser.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="PART=COLUMN",
        help=f"which column is which part; parts are {', '.join(get_args(Part))}",
    )
    parser.add_argument(
        "--drop",
        action="append",
        default=[],
        metavar="FIELD",
        help="a field that the examples may go without; others that have no place end with status 1",
    )
    parser.add_argument("--force", action="store_true", help="replace OUT if it exists")
    parser.add_argument("--json", action="store_true", help="print the result as one JSON document")


@dataclass(slots=True)
class _Tally:
    """What did not come along. ``numbers`` are those of the source, of each row that could be read."""

    numbers: array[int] = field(default_factory=lambda: array("Q"))
    refused: list[tuple[int, str]] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)

    def keep(self, rows: Iterable[ImportedRow]) -> Iterator[bytes]:
        """The lines of ``rows`` that have one."""
        for row in rows:
            if row.line is None:
                self.refused.append((row.number, row.reason))
            else:
                self.numbers.append(row.number)
                self.left_out.update(row.left_out)
                yield row.line


def run(arguments: argparse.Namespace) -> int:
    """Convert and list what did not come along: every row that could not be, every field without a place.

    Ends with 0 only if all of ``IN`` is in ``OUT``, but for the fields of ``--drop``.
    """
    source, target = arguments.source, arguments.target
    if target.exists() and not arguments.force:
        raise InputError(f"{target} exists already.", hint="Choose another name, or add --force to replace it.")
    shape = shape_named(arguments.shape) if arguments.shape else None
    mapping = _mapping(arguments.column)
    why = "columns as given" if mapping else shape.title if shape else ""
    if not why:
        recognition = recognise(source)
        shape, why = recognition.shape, recognition.why
    tally = _Tally()
    try:
        with tempfile.TemporaryFile() as lines:
            lines.writelines(line + b"\n" for line in tally.keep(import_rows(source, shape=shape, mapping=mapping)))
            lines.seek(0)
            # A file that was there is not replaced by an empty one.
            result = export_rows(_stripped(lines), target, arguments.layout) if tally.numbers else ExportResult(0, ())
    except OSError as error:
        raise StorageError(
            f"Cannot use a temporary file in {tempfile.gettempdir()}: {error.strerror}.",
            str(error),
            "Free some space there, or name another folder in TMPDIR.",
        ) from error
    tally.refused += [(tally.numbers[row.number - 1], row.reason) for row in result.skipped]
    tally.refused.sort()
    for name in arguments.drop:
        del tally.left_out[name]
    _report(arguments, why, result.written, tally)
    return ExitStatus.NO if tally.refused or tally.left_out else ExitStatus.GOOD


def _stripped(lines: Iterator[bytes]) -> Iterator[bytes]:
    return (line.removesuffix(b"\n") for line in lines)


def _mapping(pairs: list[str]) -> ColumnMapping | None:
    columns: dict[Part, str] = {}
    for pair in pairs:
        part, equals, column = pair.partition("=")
        known = next((name for name in get_args(Part) if name == part), None)
        if known is None or not equals or not column:
            raise InputError(f"“{pair}” is not PART=COLUMN.", hint=f"Parts are {', '.join(get_args(Part))}.")
        columns[known] = column
    return ColumnMapping(columns) if columns else None


def _report(arguments: argparse.Namespace, why: str, written: int, tally: _Tally) -> None:
    if arguments.json:
        print(
            dump(
                {
                    "source": str(arguments.source),
                    "recognised": why,
                    "written": written,
                    "refused": [{"row": number, "reason": reason} for number, reason in tally.refused],
                    "left_out": tally.left_out,
                }
            )
        )
        return
    narrate(why)
    for number, reason in tally.refused[:_LISTED]:
        narrate(f"row {number} was not converted: {reason}")
    if len(tally.refused) > _LISTED:
        narrate(f"… and {len(tally.refused) - _LISTED} more; --json lists all.")
    for name, rows in tally.left_out.most_common():
        narrate(f"“{name}” was left out of {rows} rows; an example has no place for it (--drop if that is right).")
    narrate(f"{written or 'No'} examples written to {arguments.target}.")

"""``ftdesk convert IN OUT``: other programs' files to OpenAI's JSONL, and back."""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

from ftdesk.cli.main import narrate
from ftdesk.dataset.formats.exporting import LAYOUTS, ExportResult, export_rows
from ftdesk.dataset.formats.importing import ColumnMapping, ImportedRow, Part, import_rows, recognise, shape_named
from ftdesk.dataset.formats.shapes import SHAPES
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
    parser.add_argument("--force", action="store_true", help="replace OUT if it exists")
    parser.add_argument("--json", action="store_true", help="print the result as one JSON document")


def run(arguments: argparse.Namespace) -> int:
    """Convert, list every row that could not be, and end with 1 if there were any."""
    source, target = arguments.source, arguments.target
    if target.exists() and not arguments.force:
        raise InputError(f"{target} exists already.", hint="Choose another name, or add --force to replace it.")
    shape = shape_named(arguments.shape) if arguments.shape else None
    mapping = _mapping(arguments.column)
    why = "columns as given" if mapping else shape.title if shape else recognise(source).why
    refused: list[ImportedRow] = []
    try:
        with tempfile.TemporaryFile() as lines:
            for row in import_rows(source, shape=shape, mapping=mapping):
                if row.line is None:
                    refused.append(row)
                else:
                    lines.write(row.line + b"\n")
            lines.seek(0)
            result = export_rows(_stripped(lines), target, arguments.layout)
    except OSError as error:
        raise StorageError(
            f"Cannot use a temporary file in {tempfile.gettempdir()}: {error.strerror}.",
            str(error),
            "Free some space there, or name another folder in TMPDIR.",
        ) from error
    _report(arguments, why, result, refused)
    return ExitStatus.NO if refused or result.skipped else ExitStatus.GOOD


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


def _report(arguments: argparse.Namespace, why: str, result: ExportResult, refused: list[ImportedRow]) -> None:
    problems = [(row.number, row.reason) for row in refused] + [(row.number, row.reason) for row in result.skipped]
    if arguments.json:
        listed = [{"row": number, "reason": reason} for number, reason in problems]
        document = {"source": str(arguments.source), "recognised": why, "written": result.written, "refused": listed}
        print(json.dumps(document, ensure_ascii=False))
        return
    narrate(why)
    for number, reason in problems[:_LISTED]:
        narrate(f"row {number} was not converted: {reason}")
    if len(problems) > _LISTED:
        narrate(f"… and {len(problems) - _LISTED} more; --json lists all.")
    narrate(f"{result.written} examples written to {arguments.target}.")

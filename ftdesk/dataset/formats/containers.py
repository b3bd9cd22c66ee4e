"""How rows are stored: JSON Lines, a JSON array, CSV, Parquet, a folder of Hugging Face ``datasets``."""

from __future__ import annotations

import csv
import importlib
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ftdesk.dataset.document import read_lines
from ftdesk.dataset.lines import unreadable
from ftdesk.errors import InputError

_SNIFFED_BYTES = 1 << 16
_WHOLE_FILE_LIMIT = 1 << 30
"""A JSON array is parsed as a whole; over this size that would take more memory than is polite."""


@dataclass(frozen=True, slots=True)
class SourceRow:
    """``number`` counts from 1: the line of a JSONL file, else the record. ``problem`` says why there is no value.

    In a row ``from_table`` every column is a key, so that a null there is an empty cell and not a value.
    """

    number: int
    value: Any
    problem: str = ""
    from_table: bool = False


@dataclass(frozen=True, slots=True)
class Container:
    """A way of storing rows. ``read`` streams where the format allows it. It raises ``InputError``."""

    name: str
    title: str
    suffixes: tuple[str, ...]
    read: Callable[[Path], Iterator[SourceRow]]


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


_DECODER = json.JSONDecoder(parse_constant=_refuse)


def _json_lines(path: Path) -> Iterator[SourceRow]:
    for number, line in read_lines(path):
        if not line.strip():
            continue
        try:
            yield SourceRow(number, _DECODER.decode(line.removeprefix(b"\xef\xbb\xbf").decode("utf-8")))
        except (ValueError, RecursionError) as error:
            yield SourceRow(number, None, f"not valid JSON: {error}")


def _json_array(path: Path) -> Iterator[SourceRow]:
    """The items of the array, or of the one list in an object (``{"data": […]}``)."""
    value = _parsed(path)
    if isinstance(value, dict):
        lists = [member for member in value.values() if isinstance(member, list)]
        value = lists[0] if len(lists) == 1 else [value]
    if not isinstance(value, list):
        raise InputError(f"{path} holds neither a list nor an object.", hint="Choose a file with a list of examples.")
    for number, item in enumerate(value, start=1):
        yield SourceRow(number, item)


def _parsed(path: Path) -> Any:
    try:
        if path.stat().st_size > _WHOLE_FILE_LIMIT:
            raise InputError(
                f"{path} is one JSON array of over 1 GiB, which has to be read as a whole.",
                hint="Turn it into JSON Lines first, one example on a line.",
            )
        return json.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise unreadable(path, error) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not valid JSON: {error}.", hint="Repair it where it says.") from error


def _separated(delimiter: str) -> Callable[[Path], Iterator[SourceRow]]:
    def read(path: Path) -> Iterator[SourceRow]:
        try:
            with path.open(encoding="utf-8-sig", newline="") as file:
                yield from _records(csv.reader(file, delimiter=delimiter, strict=True))
        except OSError as error:
            raise unreadable(path, error) from error
        except UnicodeDecodeError as error:
            raise InputError(
                f"{path} is not UTF-8: byte {error.start + 1}.", hint="Save it as “CSV UTF-8” in your spreadsheet."
            ) from error

    return read


def _records(reader: Any) -> Iterator[SourceRow]:
    previous = csv.field_size_limit(1 << 28)  # the default, 131,072 characters, is less than a long answer
    try:
        header = next(reader, None)
        if header is None:
            return
        number = 0
        while True:
            number += 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                yield SourceRow(number, None, f"not valid CSV in line {reader.line_num}: {error}")
                return
            if len(cells) > len(header):
                yield SourceRow(number, None, f"{len(cells)} cells, but only {len(header)} columns have a name")
            elif any(cells):
                yield SourceRow(number, dict(zip(header, cells, strict=False)))
    finally:
        csv.field_size_limit(previous)


def _parquet(path: Path) -> Iterator[SourceRow]:
    yield from _arrow_rows(path, lambda arrow: arrow.parquet.ParquetFile(path).iter_batches(batch_size=256))


def _saved_dataset(path: Path) -> Iterator[SourceRow]:
    """What ``Dataset.save_to_disk`` wrote, or a folder of Parquet files."""
    arrows = sorted(path.rglob("*.arrow"))
    if not arrows:
        number = 0
        for part in sorted(path.rglob("*.parquet")):
            for row in _parquet(part):
                number += 1
                yield SourceRow(number, row.value, row.problem, from_table=True)
        return

    def batches(arrow: Any) -> Iterator[Any]:
        for part in arrows:
            with part.open("rb") as file:
                yield from arrow.ipc.open_stream(file)

    yield from _arrow_rows(path, batches)


def load_arrow(path: Path) -> Any:
    """The package pyarrow, which is large and so not always there. Raises ``InputError`` that says how to get it."""
    try:
        for module in ("pyarrow.parquet", "pyarrow.ipc"):
            importlib.import_module(module)
        return importlib.import_module("pyarrow")
    except ImportError as error:
        raise InputError(
            f"{path} needs the package pyarrow, which is not installed.",
            hint="Install it into the environment of ftdesk: python -m pip install pyarrow",
        ) from error


def _arrow_rows(path: Path, batches: Callable[[Any], Iterator[Any]]) -> Iterator[SourceRow]:
    arrow = load_arrow(path)
    number = 0
    try:
        for batch in batches(arrow):
            for value in batch.to_pylist():
                number += 1
                cells = {key: _without_filling(cell) for key, cell in value.items()}
                yield SourceRow(number, cells, from_table=True)
    except (OSError, arrow.ArrowException) as error:
        if isinstance(error, OSError) and error.errno:
            raise unreadable(path, error) from error
        raise InputError(f"{path} cannot be read: {error}.", hint="Check that the file is complete.") from error


def _without_filling(value: Any) -> Any:
    """A column of Arrow gives every object all keys that any of its objects has, and fills them with null.

    Only the content of a message is null because somebody wrote so.
    """
    if isinstance(value, Mapping):
        return {
            key: _without_filling(item)
            for key, item in value.items()
            if item is not None or (key == "content" and "role" in value)
        }
    return [_without_filling(item) for item in value] if isinstance(value, list) else value


CONTAINERS: tuple[Container, ...] = (
    Container("jsonl", "JSON Lines", (".jsonl", ".ndjson"), _json_lines),
    Container("json", "JSON", (".json",), _json_array),
    Container("csv", "CSV", (".csv",), _separated(",")),
    Container("tsv", "TSV", (".tsv", ".tab"), _separated("\t")),
    Container("parquet", "Parquet", (".parquet",), _parquet),
    Container("datasets", "Hugging Face dataset folder", (), _saved_dataset),
)


def container_of(path: Path) -> Container:
    """How ``path`` stores its rows, by its name and, where names mislead, by its first bytes. Raises ``InputError``."""
    by_name = {container.name: container for container in CONTAINERS}
    if path.is_dir():
        if any(path.rglob("*.arrow")) or any(path.rglob("*.parquet")):
            return by_name["datasets"]
        raise InputError(f"{path} is a folder without Arrow or Parquet files.", hint="Choose a file in it.")
    start = _start(path)
    if start.startswith(b"PAR1"):
        return by_name["parquet"]
    suffix = path.suffix.lower()
    container = next((container for container in CONTAINERS if suffix in container.suffixes), by_name["jsonl"])
    if container.name in ("jsonl", "json"):
        return by_name["json" if _is_one_value(start) else "jsonl"]
    return container


def starts_list(path: Path) -> bool:
    """Whether the first character is that of a JSON array. Raises ``InputError``."""
    return _start(path).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"[")


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_SNIFFED_BYTES)
    except OSError as error:
        raise unreadable(path, error) from error


def _is_one_value(start: bytes) -> bool:
    """Whether a file of JSON is one value over many lines, whatever it is called."""
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not text.startswith(b"{"):
        return text.startswith(b"[") and not _first_line_is_value(text)
    return not _first_line_is_value(text)


def _first_line_is_value(text: bytes) -> bool:
    line = io.BytesIO(text).readline()
    if not line.endswith(b"\n") and len(line) == _SNIFFED_BYTES:
        return True  # a line longer than we looked: JSON Lines for all we know
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False

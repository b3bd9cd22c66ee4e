"""Parquet files and folders of Hugging Face ``datasets``, through pyarrow where that is installed."""

from __future__ import annotations

import importlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ftdesk.dataset.formats.separated import refuse_duplicates
from ftdesk.dataset.formats.source import SourceRow
from ftdesk.dataset.lines import unreadable
from ftdesk.dataset.spans import dump
from ftdesk.errors import InputError

_JSON_COLUMNS = b"ftdesk.json_columns"
"""The key in a schema's metadata under which our own files name the columns that are JSON text."""

_SHARD = re.compile(r"-\d+-of-\d+$|\d{4,}$|(?<=^part)-.*$")
_ABSENT = object()
_NESTED = ("messages", "prompt", "completion", "chosen", "rejected", "preferred_output", "non_preferred_output")


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


def read_parquet(path: Path) -> Iterator[SourceRow]:
    """Raises ``InputError``."""
    yield from _rows(path, lambda arrow: arrow.parquet.ParquetFile(path).iter_batches(batch_size=256))


def read_folder(path: Path) -> Iterator[SourceRow]:
    """What ``Dataset.save_to_disk`` wrote, or Parquet files that are parts of one. Raises ``InputError``."""
    parts = data_files(path)
    sets = list(dict.fromkeys(_set_of(part) for part in parts))
    if len(sets) > 1:
        named = ", ".join(str(one.relative_to(path)) for one in sets[:5])
        raise InputError(f"{path} holds several sets: {named}.", hint="Choose the folder or the file of one of them.")

    def batches(arrow: Any) -> Iterator[Any]:
        for part in parts:
            if part.suffix == ".parquet":
                yield from arrow.parquet.ParquetFile(part).iter_batches(batch_size=256)
                continue
            with part.open("rb") as file:
                yield from arrow.ipc.open_stream(file)

    yield from _rows(path, batches)


def data_files(folder: Path) -> list[Path]:
    """The Arrow files below ``folder``, else its Parquet files. What ``datasets`` caches between is no data."""
    arrows = sorted(part for part in folder.rglob("*.arrow") if not part.name.startswith("cache-"))
    return arrows or sorted(folder.rglob("*.parquet"))


def _set_of(part: Path) -> Path:
    """What all parts of one set have in common: ``data/train-00000-of-00002.parquet`` is of ``data/train``."""
    return part.with_name(_SHARD.sub("", part.stem) or part.parent.name)


def _rows(path: Path, batches: Callable[[Any], Iterator[Any]]) -> Iterator[SourceRow]:
    arrow = load_arrow(path)
    number = 0
    try:
        for batch in batches(arrow):
            refuse_duplicates(path, batch.schema.names)
            written = json.loads((batch.schema.metadata or {}).get(_JSON_COLUMNS, b"[]"))
            for value in _values(batch):
                number += 1
                if isinstance(value, str):
                    yield SourceRow(number, None, value)
                else:
                    yield SourceRow(number, _cells(value, written), from_table=True)
    except (OSError, arrow.ArrowException) as error:
        if isinstance(error, OSError) and error.errno:
            raise unreadable(path, error) from error
        raise InputError(f"{path} cannot be read: {error}.", hint="Check that the file is complete.") from error


def _values(batch: Any) -> Iterator[dict[str, Any] | str]:
    """The rows, or why one cannot be had: a text that is not UTF-8, a date that Python has none for."""
    try:
        yield from batch.to_pylist()
    except (ValueError, OverflowError):
        for row in range(batch.num_rows):
            try:
                (value,) = batch.slice(row, 1).to_pylist()
            except (ValueError, OverflowError) as error:
                value = f"a cell cannot be read: {error}"
            yield value


def _cells(row: Mapping[str, Any], written: Iterable[str]) -> dict[str, Any]:
    cells = {key: _without_filling(cell) for key, cell in row.items()}
    return cells | {key: json.loads(cells[key]) for key in written if isinstance(cells.get(key), str)}


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


def parquet(rows: Iterable[Mapping[str, Any]], path: Path) -> bytes:
    """A Parquet file. What has no common column type (tools, arguments, mixed values) is JSON text, and marked as such.

    ``path`` is only named in errors. Raises ``InputError`` without pyarrow.
    """
    arrow = load_arrow(path)
    columns: dict[str, list[Any]] = {}
    for count, row in enumerate(rows):
        for key in row:
            columns.setdefault(key, [_ABSENT] * count)
        for key, values in columns.items():
            values.append(row.get(key, _ABSENT))
    written = {key for key, values in columns.items() if not _has_column_type(key, values)}
    table = arrow.table(
        {
            key: [None if value is _ABSENT else dump(value) if key in written else value for value in values]
            for key, values in columns.items()
        }
    )
    if written:
        table = table.replace_schema_metadata({_JSON_COLUMNS: json.dumps(sorted(written))})
    sink = arrow.BufferOutputStream()
    arrow.parquet.write_table(table, sink)
    return bytes(sink.getvalue())


def _has_column_type(key: str, values: Iterable[Any]) -> bool:
    present = [value for value in values if value is not _ABSENT]
    if key in _NESTED:
        return all(map(_is_plain, present))
    (kind, *others) = {type(value) for value in present}
    if others or kind not in (str, bool, int, float):
        return False
    if kind is str:
        return all(map(_is_text, present))
    return kind is not int or all(-(1 << 63) <= value < 1 << 63 for value in present)


def _is_plain(messages: Any) -> bool:
    """Whether a list of messages has the plain shape that trainers expect as a nested column."""
    return isinstance(messages, list) and all(
        isinstance(message, Mapping) and set(message) == {"role", "content"} and all(map(_is_text, message.values()))
        for message in messages
    )


def _is_text(value: Any) -> bool:
    """Whether it can be a text of Arrow, which is UTF-8: half a surrogate pair cannot."""
    return isinstance(value, str) and (value.isascii() or not _SURROGATE.search(value))


_SURROGATE = re.compile("[\ud800-\udfff]")

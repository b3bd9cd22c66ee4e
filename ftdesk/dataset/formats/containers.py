"""How rows are stored: JSON Lines, a JSON array, CSV, Parquet, a folder of Hugging Face ``datasets``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ftdesk.dataset.formats.arrow import data_files, read_folder, read_parquet
from ftdesk.dataset.formats.json_rows import is_one_value, json_lines, json_value
from ftdesk.dataset.formats.separated import separated_by
from ftdesk.dataset.formats.source import SourceRow
from ftdesk.dataset.lines import unreadable
from ftdesk.errors import InputError

_SNIFFED_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Container:
    """A way of storing rows. ``read`` streams where the format allows it. It raises ``InputError``."""

    name: str
    title: str
    suffixes: tuple[str, ...]
    read: Callable[[Path], Iterator[SourceRow]]


CONTAINERS: tuple[Container, ...] = (
    Container("jsonl", "JSON Lines", (".jsonl", ".ndjson"), json_lines),
    Container("json", "JSON", (".json",), json_value),
    Container("csv", "CSV", (".csv",), separated_by(",")),
    Container("tsv", "TSV", (".tsv", ".tab"), separated_by("\t")),
    Container("parquet", "Parquet", (".parquet",), read_parquet),
    Container("datasets", "Hugging Face dataset folder", (), read_folder),
)


def container_of(path: Path) -> Container:
    """How ``path`` stores its rows, by its name and, where names mislead, by its first bytes. Raises ``InputError``."""
    by_name = {container.name: container for container in CONTAINERS}
    if path.is_dir():
        if data_files(path):
            return by_name["datasets"]
        raise InputError(f"{path} is a folder without Arrow or Parquet files.", hint="Choose a file in it.")
    if path.exists() and not path.is_file():
        # It is read several times, and what a pipe gave once it does not give again.
        raise InputError(f"{path} is not a regular file.", hint="Write its content into a file first.")
    start = _start(path)
    if start.startswith(b"PAR1"):
        return by_name["parquet"]
    suffix = path.suffix.lower()
    container = next((container for container in CONTAINERS if suffix in container.suffixes), by_name["jsonl"])
    if container.name in ("jsonl", "json"):
        is_one = is_one_value(start, is_whole=len(start) < _SNIFFED_BYTES, may_wrap=container.name == "json")
        return by_name["json" if is_one else "jsonl"]
    return container


def _start(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_SNIFFED_BYTES)
    except OSError as error:
        raise unreadable(path, error) from error

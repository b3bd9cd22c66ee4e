"""From a file of another program to examples: recognise, convert, and list what could not be converted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from ftdesk.dataset.formats.containers import Container, SourceRow, container_of
from ftdesk.dataset.formats.shapes import SHAPES, Example, NotConvertibleError, Shape
from ftdesk.dataset.spans import dump
from ftdesk.errors import InputError

_LOOKED_AT = 100

Part = Literal["system", "user", "assistant", "preferred", "non_preferred"]


@dataclass(frozen=True, slots=True)
class Recognition:
    """What a file seems to hold. ``why`` is a sentence; without a ``shape``, columns have to be chosen by hand."""

    container: Container
    shape: Shape | None
    why: str
    columns: tuple[str, ...]
    rows_seen: int


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """Which column is which part of a conversation. A preference example has ``preferred`` and ``non_preferred``."""

    columns: Mapping[Part, str]

    def convert(self, row: Mapping[str, Any]) -> Example:
        """One example from one row. Raises ``NotConvertibleError``."""
        texts = {part: row.get(column) for part, column in self.columns.items()}
        for part, text in texts.items():
            if part != "system" and not (isinstance(text, str) and text):
                raise NotConvertibleError(f"the column “{self.columns[part]}” is empty")
        messages = [{"role": "system", "content": texts["system"]}] if texts.get("system") else []
        messages.append({"role": "user", "content": texts.get("user")})
        if "preferred" in texts:
            return {
                "input": {"messages": messages},
                "preferred_output": [{"role": "assistant", "content": texts["preferred"]}],
                "non_preferred_output": [{"role": "assistant", "content": texts.get("non_preferred")}],
            }
        return {"messages": [*messages, {"role": "assistant", "content": texts.get("assistant")}]}


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """One row of the source: the line that it became, or the reason why it became none."""

    number: int
    line: bytes | None
    reason: str = ""


def recognise(path: Path) -> Recognition:
    """Look at the first rows and say what they are. Raises ``InputError`` when the file cannot be read or is empty."""
    container = container_of(path)
    rows = list(islice(container.read(path), _LOOKED_AT))
    values = [row.value for row in rows if isinstance(row.value, Mapping)]
    if not values:
        reason = rows[0].problem if rows else "it is empty"
        raise InputError(f"There is nothing to import in {path}: {reason or 'its rows are not objects'}.")
    columns = tuple(dict.fromkeys(key for value in values for key in value))
    votes: Counter[int] = Counter()
    for value in values:
        for number, shape in enumerate(SHAPES):
            if shape.recognise(value):
                votes[number] += 1
                break
    if not votes:
        named = ", ".join(f"“{column}”" for column in columns[:8])
        return Recognition(container, None, f"{container.title} with the columns {named}.", columns, len(rows))
    shape = SHAPES[votes.most_common(1)[0][0]]
    keys = next(found for value in values if (found := shape.recognise(value)))
    known = " and ".join(f"“{key}”" for key in keys)
    why = f"{container.title}; {known} in {votes.most_common(1)[0][1]} of the first {len(rows)} rows: {shape.title}."
    return Recognition(container, shape, why, columns, len(rows))


def import_rows(
    path: Path, *, shape: Shape | None = None, mapping: ColumnMapping | None = None
) -> Iterator[ImportedRow]:
    """Every row of ``path``, converted or with the reason why not. Raises ``InputError`` if the shape stays unknown."""
    container = container_of(path)
    if mapping is None and shape is None:
        recognition = recognise(path)
        shape = recognition.shape
        if shape is None:
            raise InputError(
                f"The rows of {path} have no shape that is known: {recognition.why}",
                hint="Say which column is the prompt and which the answer.",
            )
    convert = mapping.convert if mapping is not None else shape.convert if shape is not None else None
    for row in container.read(path):
        yield _imported(row, convert)


def _imported(row: SourceRow, convert: Any) -> ImportedRow:
    if row.problem:
        return ImportedRow(row.number, None, row.problem)
    if not isinstance(row.value, Mapping):
        return ImportedRow(row.number, None, "it is not an object")
    try:
        return ImportedRow(row.number, dump(convert(row.value)).encode("utf-8"))
    except NotConvertibleError as error:
        return ImportedRow(row.number, None, str(error))
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        return ImportedRow(row.number, None, f"it is not built as expected ({error})")


def shape_named(name: str) -> Shape:
    """Raises ``InputError`` that lists the names there are."""
    for shape in SHAPES:
        if shape.name == name:
            return shape
    names = ", ".join(shape.name for shape in SHAPES)
    raise InputError(f"There is no format “{name}”.", hint=f"Choose one of {names}.")

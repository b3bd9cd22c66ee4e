"""From a file of another program to examples: recognise, convert, and list what could not be converted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from ftdesk.dataset.formats.containers import Container, container_of
from ftdesk.dataset.formats.conversion import Example, NotConvertibleError
from ftdesk.dataset.formats.shapes import SHAPES, Shape
from ftdesk.dataset.formats.source import SourceRow
from ftdesk.dataset.spans import dump
from ftdesk.errors import InputError

_LOOKED_AT = 100
_FEW = 5
_NOTHING: tuple[Any, ...] = (None, "", [], {})

Part = Literal["system", "user", "assistant", "preferred", "non_preferred"]
_ASKED: tuple[Part, ...] = ("system", "user")


@dataclass(frozen=True, slots=True)
class Recognition:
    """What a file seems to hold. ``why`` is a sentence; without a ``shape``, columns have to be chosen by hand.

    ``sample`` is the rows that were looked at, for a preview.
    """

    container: Container
    shape: Shape | None
    why: str
    columns: tuple[str, ...]
    sample: tuple[SourceRow, ...]

    @property
    def rows_seen(self) -> int:
        return len(self.sample)


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """Which column is which part of a conversation. A preference example has ``preferred`` and ``non_preferred``."""

    columns: Mapping[Part, str]

    def __post_init__(self) -> None:
        """Raises ``InputError`` when the columns make no example."""
        if set(self.columns) - {"system"} not in ({"user", "assistant"}, {"user", "preferred", "non_preferred"}):
            raise InputError(
                "An example needs a user's column and an answer's.",
                hint="Name one for user and assistant, or for user, preferred and non_preferred.",
            )

    def convert(self, row: Mapping[str, Any]) -> Example:
        """One example from one row. Raises ``NotConvertibleError``."""
        messages = {part: self._message(part, row.get(column)) for part, column in self.columns.items()}
        asked = [message for part in _ASKED if (message := messages.get(part))]
        if "assistant" in messages:
            return {"messages": [*asked, messages["assistant"]]}
        return {
            "input": {"messages": asked},
            "preferred_output": [messages["preferred"]],
            "non_preferred_output": [messages["non_preferred"]],
        }

    def _message(self, part: Part, text: Any) -> dict[str, str] | None:
        """``None`` where a row has no system prompt."""
        if text in (None, ""):
            if part == "system":
                return None
            raise NotConvertibleError(f"the column “{self.columns[part]}” is empty")
        if not isinstance(text, str):
            raise NotConvertibleError(f"the column “{self.columns[part]}” is not a text")
        return {"role": part if part in _ASKED else "assistant", "content": text}


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """One row of the source: the line that it became, or the reason why it became none, and then also what it was.

    ``left_out`` names the fields with a value that the example has no place for.
    """

    number: int
    line: bytes | None
    reason: str = ""
    value: Any = None
    left_out: tuple[str, ...] = ()


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
        return Recognition(container, None, f"{container.title} with the columns {named}.", columns, tuple(rows))
    shape = SHAPES[votes.most_common(1)[0][0]]
    keys = next(found for value in values if (found := shape.recognise(value)))
    known = " and ".join(f"“{key}”" for key in keys)
    why = f"{container.title}; {known} in {votes.most_common(1)[0][1]} of the first {len(rows)} rows: {shape.title}."
    return Recognition(container, shape, why, columns, tuple(rows))


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
    for row in container.read(path):
        yield import_row(row, shape=shape, mapping=mapping)


def import_row(row: SourceRow, *, shape: Shape | None = None, mapping: ColumnMapping | None = None) -> ImportedRow:
    """One row, by the columns of ``mapping`` or else as ``shape`` means it."""
    convert = mapping.convert if mapping is not None else shape.convert if shape is not None else None
    if row.problem:
        return ImportedRow(row.number, None, row.problem, row.value)
    if not isinstance(row.value, Mapping):
        return ImportedRow(row.number, None, "it is not an object", row.value)
    if convert is None:
        return ImportedRow(row.number, None, "nothing says which column is which", row.value)
    fields = {key: value for key, value in row.value.items() if value is not None or not row.from_table}
    try:
        line = dump(convert(fields), allow_nan=False).encode("utf-8")
    except NotConvertibleError as error:
        return ImportedRow(row.number, None, str(error), row.value)
    except RecursionError:
        return ImportedRow(row.number, None, "it nests too deeply", row.value)
    except ValueError:
        return ImportedRow(row.number, None, "a number in it is NaN or too large for JSON", row.value)
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        return ImportedRow(row.number, None, f"it is not built as expected ({error})", row.value)
    left_out = tuple(key for key, value in fields.items() if value not in _NOTHING)
    return ImportedRow(row.number, line, left_out=() if mapping is not None else left_out)


def is_foreign(path: Path) -> bool:
    """Whether ``path`` has to be imported and cannot be edited as it stands. Looks at its first kilobytes only.

    JSON Lines of examples, of broken lines or of rows that no shape knows are a dataset, which can be repaired. False,
    too, for what cannot be read: opening it says why.
    """
    try:
        if path.is_file() and path.stat().st_size == 0:
            return False
        container = container_of(path)
        if container.name != "jsonl":
            return True
        values = [row.value for row in islice(container.read(path), _FEW) if isinstance(row.value, Mapping)]
    except (InputError, OSError):
        return path.is_dir()
    known = [shape for value in values if (shape := next((one for one in SHAPES if one.recognise(value)), None))]
    return bool(known) and all(shape.name != "openai" for shape in known)


def shape_named(name: str) -> Shape:
    """Raises ``InputError`` that lists the names there are."""
    for shape in SHAPES:
        if shape.name == name:
            return shape
    names = ", ".join(shape.name for shape in SHAPES)
    raise InputError(f"There is no format “{name}”.", hint=f"Choose one of {names}.")

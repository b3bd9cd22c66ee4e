"""From examples to files of other programs: OpenAI's JSONL, TRL, CSV, Parquet."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ftdesk.dataset.formats.arrow import parquet
from ftdesk.dataset.formats.separated import separated
from ftdesk.dataset.formats.shapes import NotConvertibleError
from ftdesk.dataset.record import Record, content_text, read_record
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


def _openai(record: Record) -> dict[str, Any]:
    return dict(record.value)


def _trl(record: Record) -> dict[str, Any]:
    """TRL's conversational shapes: messages, or prompt with chosen and rejected. Weights have no place there."""
    if record.kind == "preference":
        return {
            "prompt": [_plain(message) for message in record.messages],
            "chosen": [_plain(message) for message in record.value.get("preferred_output", ())],
            "rejected": [_plain(message) for message in record.value.get("non_preferred_output", ())],
        }
    messages = list(record.messages)
    if any(isinstance(message, Mapping) and message.get("weight") == 0 for message in messages):
        raise NotConvertibleError("TRL trains on every answer, and one here has weight 0")
    if not messages or not isinstance(messages[-1], Mapping) or messages[-1].get("role") != "assistant":
        raise NotConvertibleError("it does not end with an answer")
    row: dict[str, Any] = {"messages": [_plain(message) for message in messages]}
    if record.value.get("tools"):
        row["tools"] = record.value["tools"]
    return row


def _plain(message: Any) -> dict[str, Any]:
    """A message as chat templates expect it: without a weight, and with a call's arguments as an object."""
    if not isinstance(message, Mapping):
        raise NotConvertibleError("a message is not an object")
    plain = {key: value for key, value in message.items() if key != "weight"}
    if isinstance(plain.get("tool_calls"), list):
        plain["tool_calls"] = [_called(call) for call in plain["tool_calls"]]
    return plain


def _called(call: Any) -> Any:
    function = call.get("function") if isinstance(call, Mapping) else None
    if not isinstance(function, Mapping) or not isinstance(function.get("arguments"), str):
        return call
    try:
        return {**call, "function": {**function, "arguments": json.loads(function["arguments"])}}
    except ValueError as error:
        raise NotConvertibleError("the arguments of a call are not JSON") from error


def _columns(record: Record) -> dict[str, Any]:
    """One question and one answer as columns of text."""
    if record.kind == "preference":
        return {
            **_asked(record.messages),
            "preferred": _only_text(record.value.get("preferred_output")),
            "non_preferred": _only_text(record.value.get("non_preferred_output")),
        }
    messages = record.messages
    if not messages or not isinstance(messages[-1], Mapping) or messages[-1].get("role") != "assistant":
        raise NotConvertibleError("it does not end with an answer")
    return {**_asked(messages[:-1]), "assistant": _only_text(messages[-1:])}


def _asked(messages: Iterable[Any]) -> dict[str, str]:
    texts: dict[str, str] = {"system": "", "user": ""}
    for message in messages:
        role = message.get("role") if isinstance(message, Mapping) else None
        column = "system" if role in ("system", "developer") else role
        if column not in texts or texts[column]:
            raise NotConvertibleError("a table has room for one question and one answer, and this is a conversation")
        texts[column] = _only_text([message])
    return texts


def _only_text(messages: Any) -> str:
    if not isinstance(messages, list | tuple) or len(messages) != 1 or not isinstance(messages[0], Mapping):
        raise NotConvertibleError("it has not exactly one answer")
    (message,) = messages
    if message.get("tool_calls") or not isinstance(message.get("content"), str):
        raise NotConvertibleError("a table holds texts, and a message here is more than that")
    return content_text(message["content"])


LAYOUTS: dict[str, Callable[[Record], dict[str, Any]]] = {"openai": _openai, "trl": _trl, "columns": _columns}
"""What a row of the output looks like."""


def export_rows(lines: Iterable[bytes], path: Path, layout: str = "") -> ExportResult:
    """Write ``lines`` to ``path``; its name decides how: ``.jsonl``, ``.csv``, ``.tsv``, ``.parquet``.

    ``layout`` is one of ``LAYOUTS``; by default columns for tables of text and OpenAI's own otherwise. Lines that stay
    OpenAI's JSON Lines keep their bytes. Broken lines and those without a place in the format are in the result. Raises
    ``InputError`` and ``StorageError``; nothing is left half written.
    """
    suffix = path.suffix.lower()
    chosen = layout or ("columns" if suffix in (".csv", ".tsv") else "openai")
    if chosen not in LAYOUTS:
        raise InputError(f"There is no layout “{chosen}”.", hint=f"Choose one of {', '.join(LAYOUTS)}.")
    if suffix in (".csv", ".tsv") and chosen != "columns":
        raise InputError("A table of text holds columns only.", hint="Choose .jsonl or .parquet for this layout.")
    rows = _Rows(lines, LAYOUTS[chosen])
    if suffix in (".csv", ".tsv"):
        write_atomic(path, separated(rows, "," if suffix == ".csv" else "\t"), new_file_mode=0o644)
    elif suffix == ".parquet":
        write_atomic(path, [parquet(rows, path)], new_file_mode=0o644)
    elif suffix in (".jsonl", ".ndjson") and chosen == "openai":
        write_atomic(path, rows.whole_lines(), new_file_mode=0o644)
    elif suffix in (".jsonl", ".ndjson"):
        write_atomic(path, (dump(row).encode("utf-8") + b"\n" for row in rows), new_file_mode=0o644)
    else:
        raise InputError(f"{path.name} does not say what to write.", hint="Name it .jsonl, .csv, .tsv or .parquet.")
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
        return (row for _, row in self._converted())

    def whole_lines(self) -> Iterator[bytes]:
        """The lines that could be converted, as they are."""
        return (line.removeprefix(b"\xef\xbb\xbf") + b"\n" for line, _ in self._converted())

    def _converted(self) -> Iterator[tuple[bytes, dict[str, Any]]]:
        for number, line in enumerate(self._lines, start=1):
            record = read_record(line)
            if record.kind == "blank":
                continue
            if record.kind == "broken":
                self.skipped.append(SkippedRow(number, record.problem))
                continue
            try:
                row = self._convert(record)
            except NotConvertibleError as error:
                self.skipped.append(SkippedRow(number, str(error)))
                continue
            self.written += 1
            yield line, row

"""Held-out examples as questions: the conversation up to the last answer, and that answer as the reference."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ftdesk.dataset.lines import FileLines
from ftdesk.dataset.record import Record, content_text, read_record
from ftdesk.errors import InputError
from ftdesk.evaluation.types import EvaluationItem
from ftdesk.hosts.types import Message


@dataclass(frozen=True, slots=True)
class SkippedLine:
    """A line that asks nothing that could be scored. ``line`` counts from 1; ``reason`` is a sentence."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class HeldOutFile:
    """A file as items, in its order. ``sha256`` is of its bytes."""

    path: Path
    sha256: str
    items: tuple[EvaluationItem, ...]
    skipped: tuple[SkippedLine, ...]


def read_held_out(path: Path) -> HeldOutFile:
    """Read ``path``. Raises ``InputError`` when it cannot be read or when no line of it can be scored."""
    digest = hashlib.sha256()
    items: list[EvaluationItem] = []
    skipped: list[SkippedLine] = []
    with closing(FileLines(path)) as lines:
        for index in range(len(lines)):
            line = lines.read(index)
            digest.update(line)
            if index < len(lines) - 1 or lines.final_newline:
                digest.update(b"\n")
            found = _item(index + 1, read_record(line))
            if isinstance(found, EvaluationItem):
                items.append(found)
            else:
                skipped.append(found)
    if not items:
        first = f" Line {skipped[0].line}: {skipped[0].reason}" if skipped else ""
        raise InputError(
            f"{path} has no example to evaluate: none ends with an answer in text.{first}",
            hint="Each line needs messages of which the last is the assistant’s.",
        )
    return HeldOutFile(path, digest.hexdigest(), tuple(items), tuple(skipped))


def prompt_sha256(item: EvaluationItem) -> str:
    """Names what is asked: equal for equal messages and tools, whatever their line or reference."""
    asked = {"messages": list(item.prompt), "tools": list(item.tools)}
    canonical = json.dumps(asked, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def _item(line: int, record: Record) -> EvaluationItem | SkippedLine:
    if record.kind in {"blank", "broken"}:
        return SkippedLine(line, record.problem)
    messages = [*record.messages, *_preferred(record)]
    problem = _problem(messages)
    if problem:
        return SkippedLine(line, problem)
    return EvaluationItem(
        line,
        tuple(_asked(message) for message in messages[:-1]),
        content_text(messages[-1]["content"]),
        _tools(record),
    )


def _tools(record: Record) -> tuple[Mapping[str, Any], ...]:
    holder = record.value.get("input") if record.kind == "preference" else record.value
    tools = holder.get("tools") if isinstance(holder, Mapping) else None
    return tuple(tool for tool in tools if isinstance(tool, Mapping)) if isinstance(tools, list) else ()


def _preferred(record: Record) -> Sequence[Any]:
    """The answer of a preference example stands apart from its conversation."""
    preferred = record.value.get("preferred_output") if record.kind == "preference" else None
    return preferred if isinstance(preferred, list) else ()


def _problem(messages: Sequence[Any]) -> str:
    """Why these messages are no question with an answer, or an empty text."""
    if not messages:
        return "There are no messages."
    if not all(isinstance(message, Mapping) for message in messages):
        return "A message is not an object."
    last = messages[-1]
    if last.get("role") != "assistant":
        return "The last message is not the assistant’s."
    if not content_text(last.get("content")).strip():
        return "The last answer has no text."
    return "" if len(messages) > 1 else "Nothing is asked before the answer."


def _asked(message: Message) -> Message:
    """A message as it is sent: ``weight`` speaks to training only, and hosts refuse it in a chat."""
    return {key: value for key, value in message.items() if key != "weight"}

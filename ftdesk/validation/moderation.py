"""What a host's usage policies say about the texts of a dataset, line by line.

A host that refuses a file for its content does so after the upload, and seldom says which lines it means. Its
moderation endpoint does. Asking sends the texts there, so nothing does it by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, Protocol

from ftdesk.dataset.record import content_text
from ftdesk.validation.findings import Finding
from ftdesk.validation.reading import open_training_file, read_blocks
from ftdesk.validation.record import Example, read_example, read_line

RULE = "flagged-by-moderation"
PIECE = 2_000
"""Characters that are asked about as one: OpenAI's guide advises this for accuracy, and longer inputs have failed."""

_BATCH = 32
_AT_ONCE = 4
_MOST_WAITING = 10_000


class Moderator(Protocol):
    """The part of a host's client that is needed here."""

    async def moderate(self, texts: Sequence[str]) -> list[tuple[str, ...]]: ...


@dataclass(frozen=True, slots=True)
class ModerationProgress:
    """So much of the file has been judged."""

    done_bytes: int
    total_bytes: int


@dataclass(frozen=True, slots=True)
class ModerationFinished:
    """``findings`` are in line order; ``examples`` were read, ``asked`` pieces of text were sent."""

    findings: tuple[Finding, ...]
    examples: int
    asked: int


ModerationEvent = ModerationProgress | ModerationFinished


@dataclass(frozen=True, slots=True)
class _Text:
    """Where a text stands. ``pieces`` are the digests of what it was cut into."""

    line: int
    path: str
    role: str
    pieces: tuple[bytes, ...]


async def moderate_file(path: Path, moderator: Moderator) -> AsyncGenerator[ModerationEvent]:
    """Ask about every message of a JSONL file; a text that occurs often, as a system prompt does, is sent once.

    Lines that are no examples are left out. Memory does not grow with the texts. Raises ``InputError`` for a file that
    cannot be read, ``HostError`` when the host refuses or cannot be reached.
    """
    inquiry = _Inquiry(moderator)
    findings: list[Finding] = []
    number = examples = 0
    file, size = open_training_file(path)
    with file:
        blocks = read_blocks(file, path)
        while block := await asyncio.to_thread(next, blocks, None):
            lines, done = block
            for raw in lines:
                number += 1
                example = _example(raw, first=number == 1)
                if example is None:
                    continue
                examples += 1
                inquiry.add(number, example)
                if inquiry.is_full:
                    findings += await inquiry.ask()
                    yield ModerationProgress(done, size)
    findings += await inquiry.ask()
    yield ModerationFinished(tuple(findings), examples, inquiry.asked)


class _Inquiry:
    """Gathers texts until there are enough for some requests, and remembers every verdict by the text's digest."""

    def __init__(self, moderator: Moderator) -> None:
        self._moderator = moderator
        self._texts: list[_Text] = []
        self._pending: dict[bytes, str] = {}
        self._harmless: set[bytes] = set()
        self._flagged: dict[bytes, tuple[str, ...]] = {}

    @property
    def asked(self) -> int:
        return len(self._harmless) + len(self._flagged)

    @property
    def is_full(self) -> bool:
        return len(self._pending) >= _BATCH * _AT_ONCE or len(self._texts) >= _MOST_WAITING

    def add(self, line: int, example: Example) -> None:
        for message in example.messages:
            for path, text in _spoken(message.value, message.path):
                cut = [text[start : start + PIECE] for start in range(0, len(text), PIECE)]
                keys = tuple([blake2b(piece.encode("utf-8", "replace"), digest_size=16).digest() for piece in cut])
                self._texts.append(_Text(line, path, message.role or "", keys))
                for key, piece in zip(keys, cut, strict=True):
                    if key not in self._harmless and key not in self._flagged:
                        self._pending[key] = piece

    async def ask(self) -> list[Finding]:
        """The findings of all texts added since the last time."""
        keys = list(self._pending)
        batches = [keys[start : start + _BATCH] for start in range(0, len(keys), _BATCH)]
        requests = [asyncio.ensure_future(self._judge(batch)) for batch in batches]
        try:
            await asyncio.gather(*requests)
        finally:
            for request in requests:
                request.cancel()
            await asyncio.gather(*requests, return_exceptions=True)
        findings = [finding for text in self._texts if (finding := self._finding(text))]
        self._texts.clear()
        return findings

    async def _judge(self, keys: Sequence[bytes]) -> None:
        answers = await self._moderator.moderate([self._pending[key] for key in keys])
        for key, categories in zip(keys, answers, strict=True):
            del self._pending[key]
            if categories:
                self._flagged[key] = categories
            else:
                self._harmless.add(key)

    def _finding(self, text: _Text) -> Finding | None:
        categories = sorted({category for piece in text.pieces for category in self._flagged.get(piece, ())})
        if not categories:
            return None
        message = f"The host flags this {text.role} message".replace("  ", " ") + f": {', '.join(categories)}."
        return Finding(text.line, None, text.path, RULE, "warning", message)


def _example(raw: bytes, *, first: bool) -> Example | None:
    value = read_line(raw, first=first).value
    if not isinstance(value, dict):
        return None
    return read_example(value, "preference" if "preferred_output" in value else "supervised", None, asked=False)


def _spoken(message: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    """The texts of a message that a model reads or writes, and where they stand."""
    text = content_text(message.get("content"))
    if text.strip():
        yield f"{path}.content", text
    calls = message.get("tool_calls")
    for index, call in enumerate(calls if isinstance(calls, list) else ()):
        function = call.get("function") if isinstance(call, Mapping) else None
        arguments = function.get("arguments") if isinstance(function, Mapping) else None
        if isinstance(arguments, str) and arguments.strip():
            yield f"{path}.tool_calls[{index}].function.arguments", arguments

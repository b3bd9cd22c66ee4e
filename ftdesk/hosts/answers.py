"""Puts the pieces of a streamed answer together. The pieces come from a server and may hold anything."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from ftdesk.hosts.types import ChatFinished


class Answer:
    """One answer under way: feed it chunks in OpenAI's shape, then ask for its end. Times count from its making."""

    def __init__(self, model: str) -> None:
        self._started = time.monotonic()
        self._first: float | None = None
        self._texts: list[str] = []
        self._calls: dict[int, dict[str, Any]] = {}
        self._served_model = ""
        self._asked_model = model
        self._finish_reason: str | None = None
        self._usage: Mapping[str, Any] = {}
        self._fingerprint: str | None = None

    @property
    def has_begun(self) -> bool:
        return self._first is not None

    def add(self, chunk: object) -> str:
        """Take in a chunk and return the text that it adds."""
        if not isinstance(chunk, dict):
            return ""
        self._served_model = _text(chunk.get("model")) or self._served_model
        self._fingerprint = _text(chunk.get("system_fingerprint")) or self._fingerprint
        self._usage = _table(chunk.get("usage")) or self._usage
        choices = chunk.get("choices")
        choice = _table(choices[0]) if isinstance(choices, list) and choices else {}
        self._finish_reason = _text(choice.get("finish_reason")) or self._finish_reason
        # A server that does not stream sends the whole message where the others send deltas.
        delta = _table(choice.get("delta")) or _table(choice.get("message"))
        text = _text(delta.get("content")) + _text(delta.get("refusal"))
        calls = delta.get("tool_calls")
        for position, call in enumerate(calls if isinstance(calls, list) else ()):
            self._add_call(_table(call), position)
        if (text or calls) and self._first is None:
            self._first = time.monotonic() - self._started
        self._texts.append(text)
        return text

    def finished(self, request_id: str | None) -> ChatFinished:
        """The answer as far as it came. It is complete when the host gave a reason for its end."""
        return ChatFinished(
            text="".join(self._texts),
            served_model=self._served_model or self._asked_model,
            finish_reason=self._finish_reason,
            complete=self._finish_reason is not None,
            first_token_seconds=self._first,
            seconds=time.monotonic() - self._started,
            prompt_tokens=_count(self._usage.get("prompt_tokens")),
            completion_tokens=_count(self._usage.get("completion_tokens")),
            tool_calls=tuple(self._calls[index] for index in sorted(self._calls)),
            request_id=request_id,
            system_fingerprint=self._fingerprint,
        )

    def _add_call(self, piece: Mapping[str, Any], position: int) -> None:
        index = _count(piece.get("index"))
        call = self._calls.setdefault(
            position if index is None else index,
            {"id": "", "type": "function", "function": {"name": "", "arguments": ""}},
        )
        call["id"] = _text(piece.get("id")) or call["id"]
        function = _table(piece.get("function"))
        arguments = function.get("arguments")
        call["function"]["name"] += _text(function.get("name"))
        call["function"]["arguments"] += json.dumps(arguments) if isinstance(arguments, dict) else _text(arguments)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _table(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None

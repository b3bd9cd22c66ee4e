"""What the search field of the list understands, and whether an example is meant by it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from PySide6.QtCore import QRegularExpression

from ftdesk.dataset.document import Document
from ftdesk.dataset.record import Record, read_record
from ftdesk.ui.text import visible

_WORD = re.compile(r'"([^"]*)"?|(\S+)')
_FIELD = re.compile(r"(role|has|is|tag|tokens):(.+)", re.IGNORECASE)
_LIMIT = re.compile(r"(>=|<=|>|<|=)?(\d+)(k?)", re.IGNORECASE)
_KINDS = {"supervised", "preference", "reinforcement", "broken", "blank"}


class Known(Protocol):
    """What a check has found out about rows, as far as it has come."""

    def tokens(self, row: int) -> int | None: ...

    def severity(self, row: int) -> str: ...


class Candidate:
    """A row that is looked at: its line, read already, and its record, parsed when a term asks."""

    __slots__ = ("_record", "document", "line", "row")

    def __init__(self, document: Document, row: int, line: bytes) -> None:
        self.document = document
        self.row = row
        self.line = line
        self._record: Record | None = None

    @property
    def record(self) -> Record:
        if self._record is None:
            self._record = read_record(self.line)
        return self._record

    @property
    def texts(self) -> Iterator[str]:
        if self.record.kind in ("broken", "blank"):
            return iter((self.line.decode("utf-8", "replace"),))
        return texts_of(self.record.value)


class Term(Protocol):
    """One condition. All of a query's terms must hold.

    ``marks`` are bytes, in lower case, that stand in every plain line that meets the condition, so that most lines
    need not be parsed. Empty where there are none.
    """

    @property
    def marks(self) -> bytes: ...

    def meets(self, candidate: Candidate, known: Known) -> bool: ...


@dataclass(frozen=True, slots=True)
class Query:
    """A search as typed. ``problem`` is a sentence where the pattern cannot be used."""

    terms: tuple[Term, ...]
    problem: str = ""

    def meets(self, document: Document, row: int, known: Known, line: bytes | None = None) -> bool:
        """``line`` is that of the row, where it has been read already."""
        line = document.shown_line(row) if line is None else line
        if self.can_be_in(line):
            candidate = Candidate(document, row, line)
            return all(term.meets(candidate, known) for term in self.terms)
        return False

    def can_be_in(self, content: bytes) -> bool:
        """Whether any line of ``content`` may meet it, by its bytes alone."""
        # Only of plain letters do the bytes decide: ß is found by ss, and an escape may be any letter.
        if not content.isascii() or b"\\u" in content:
            return True
        content = content.lower()
        return all(term.marks in content for term in self.terms)


def parse_query(text: str) -> Query:
    """``words "a phrase" /regex/ role:tool has:error is:broken tag:x tokens:>1000``, all of which must hold."""
    text = text.strip()
    terms: list[Term] = []
    pattern = re.search(r"(?:^|\s)/(.+)/(?:\s|$)", text)
    if pattern:
        expression = QRegularExpression(pattern.group(1), _OPTIONS)
        if not expression.isValid():
            return Query((), f"Not a usable pattern: {expression.errorString()}.")
        terms.append(_Pattern(expression))
        text = text[: pattern.start()] + " " + text[pattern.end() :]
    for phrase, word in _WORD.findall(text):
        terms.append(_term(word) if word else _Words(phrase.casefold()))
    return Query(tuple(terms))


def texts_of(value: Any) -> Iterator[str]:
    """Every text anywhere in a JSON value, keys included: what a search looks through."""
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, Mapping):
            yield from value
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)
        elif isinstance(value, (int, float)) and not isinstance(value, bool):
            yield json.dumps(value)


_OPTIONS = (
    QRegularExpression.PatternOption.CaseInsensitiveOption
    | QRegularExpression.PatternOption.UseUnicodePropertiesOption
    | QRegularExpression.PatternOption.MultilineOption
)


class _Unmarked:
    """A condition that the bytes of a line do not decide."""

    __slots__ = ()

    @property
    def marks(self) -> bytes:
        return b""


@dataclass(frozen=True, slots=True)
class _Words:
    words: str

    @property
    def marks(self) -> bytes:
        return self.words.encode() if self.words.isalnum() and self.words.isascii() else b""

    def meets(self, candidate: Candidate, _known: Known) -> bool:
        return any(self.words in text.casefold() for text in candidate.texts)


@dataclass(frozen=True, slots=True)
class _Pattern(_Unmarked):
    """Qt's expressions, since they give up on a pattern that would take forever; Python's do not."""

    expression: QRegularExpression

    def meets(self, candidate: Candidate, _known: Known) -> bool:
        return any(self.expression.match(visible(text)).hasMatch() for text in candidate.texts)


@dataclass(frozen=True, slots=True)
class _Role(_Unmarked):
    role: str

    def meets(self, candidate: Candidate, _known: Known) -> bool:
        return any(isinstance(item, Mapping) and item.get("role") == self.role for item in candidate.record.messages)


@dataclass(frozen=True, slots=True)
class _Tag(_Unmarked):
    tag: str

    def meets(self, candidate: Candidate, _known: Known) -> bool:
        return any(tag.casefold() == self.tag for tag in candidate.document.labels.of(candidate.line).tags)


@dataclass(frozen=True, slots=True)
class _Note(_Unmarked):
    def meets(self, candidate: Candidate, _known: Known) -> bool:
        return bool(candidate.document.labels.of(candidate.line).note)


@dataclass(frozen=True, slots=True)
class _Kind(_Unmarked):
    kind: str

    def meets(self, candidate: Candidate, _known: Known) -> bool:
        return candidate.record.kind == self.kind


@dataclass(frozen=True, slots=True)
class _Severity(_Unmarked):
    wanted: frozenset[str]

    def meets(self, candidate: Candidate, known: Known) -> bool:
        if known.severity(candidate.row) in self.wanted:
            return True
        return "error" in self.wanted and candidate.record.kind == "broken"


@dataclass(frozen=True, slots=True)
class _Tools(_Unmarked):
    def meets(self, candidate: Candidate, _known: Known) -> bool:
        record = candidate.record
        return bool(record.value.get("tools")) or any(
            isinstance(item, Mapping) and item.get("tool_calls") for item in record.messages
        )


@dataclass(frozen=True, slots=True)
class _Tokens(_Unmarked):
    sign: str
    limit: int

    def meets(self, candidate: Candidate, known: Known) -> bool:
        tokens = known.tokens(candidate.row)
        if tokens is None:
            return False
        return {
            ">": tokens > self.limit,
            "<": tokens < self.limit,
            ">=": tokens >= self.limit,
            "<=": tokens <= self.limit,
            "=": tokens == self.limit,
        }[self.sign]


def _term(word: str) -> Term:
    """A field we know, else the word itself: what looks like a field but is none is text to find."""
    match = _FIELD.fullmatch(word)
    name, value = (match.group(1).lower(), match.group(2).lower()) if match else ("", "")
    limit = _LIMIT.fullmatch(value)
    if name == "role":
        return _Role(value)
    if name == "tag":
        return _Tag(value.casefold())
    if name == "is" and value in _KINDS:
        return _Kind(value)
    if name == "has" and value in ("error", "warning", "hint"):
        return _Severity(frozenset({value}))
    if name == "has" and value == "finding":
        return _Severity(frozenset({"error", "warning", "hint"}))
    if name == "has" and value in ("tools", "note"):
        return _Tools() if value == "tools" else _Note()
    if name == "tokens" and limit:
        return _Tokens(limit.group(1) or "=", int(limit.group(2)) * (1000 if limit.group(3) else 1))
    return _Words(word.casefold())

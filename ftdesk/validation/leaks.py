"""Questions of a test file, and the examples that ask the same: what a model was trained on, a test cannot ask it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftdesk.validation.reading import open_training_file, read_blocks
from ftdesk.validation.record import BYTE_ORDER_MARK, read_line
from ftdesk.validation.rule import Against

if TYPE_CHECKING:
    from ftdesk.dataset.likeness import LikenessIndex

MOST_CHARACTERS = 8 << 20
"""Of questions whose words are compared; beyond, only equal ones are found. It takes about a second."""


class Leaks:
    """Which lines ask what the test file asks.

    Found are the same questions in any dataset, under any system message and with any answer. Up to
    ``MOST_CHARACTERS`` those are found as well that differ in case, punctuation and a few words.
    """

    def __init__(self, against: Against) -> None:
        self.is_on = bool(against.name)
        self.found: dict[int, tuple[int, bool]] = {}
        """By the key of a line: the line of the test file, and whether it asks the same or almost the same."""
        self._against = against
        self._left = MOST_CHARACTERS
        self._index: LikenessIndex | None = None

    def add(self, key: int, raw: bytes) -> None:
        question = question_of(raw) if self.is_on else None
        if question is None:
            return
        line = self._against.questions.get(number_of(question))
        if line is None and self._left > 0:
            self._left -= len(question)
            line = self._against.folded.get(number_of(_folded(question)))
        if line is not None:
            self.found[key] = line, True
        elif self._left > 0 and (line := self._almost(question)) is not None:
            self.found[key] = line, False

    def remove(self, key: int) -> None:
        self.found.pop(key, None)

    def _almost(self, question: str) -> int | None:
        from ftdesk.dataset.likeness import LikenessIndex, is_exact, signature

        if self._index is None:
            self._index = LikenessIndex()
            for line, mark in self._against.signatures:
                self._index.add(line, mark)
        mark = signature(question, self._against.template)
        # A question that is nothing but the template says too little.
        alike = [] if is_exact(mark) else self._index.alike(mark)
        return min(alike, default=None)


def read_against(path: Path) -> Against:
    """Read a test file of any size; lines that are no example are passed over.

    Raises ``InputError`` if it cannot be read, is empty or is not text.
    """
    from ftdesk.dataset.likeness import signature, template_shingles

    questions: dict[int, int] = {}
    texts: dict[int, str] = {}
    left = MOST_CHARACTERS
    file, _ = open_training_file(path)
    with file:
        lines = (raw for block, _ in read_blocks(file, path) for raw in block)
        for number, raw in enumerate(lines, 1):
            question = question_of(raw)
            if question is None or questions.setdefault(number_of(question), number) != number:
                continue
            left -= len(question)
            if left > 0:
                texts[number] = question
    template = template_shingles(texts.values())
    folded: dict[int, int] = {}
    for number, question in texts.items():
        folded.setdefault(number_of(_folded(question)), number)
    signatures = tuple((number, signature(question, template)) for number, question in texts.items())
    return Against(str(path), questions, folded, signatures, template)


def question_of(raw: bytes) -> str | None:
    """What an example asks: its turns up to the last answer, without system messages; ``None`` if it is none."""
    value = read_line(raw.removeprefix(BYTE_ORDER_MARK)).value
    if not isinstance(value, dict):
        return None
    holder = value.get("input") if "messages" not in value else value
    messages = holder.get("messages") if isinstance(holder, dict) else None
    if not isinstance(messages, list):
        return None
    turns = list(messages)
    if turns and _role(turns[-1]) == "assistant":
        turns.pop()
    asked = [_words(turn) for turn in turns if _role(turn) not in ("system", "developer")]
    return "\n".join(asked) if any(_role(turn) == "user" for turn in turns) else None


def number_of(text: str) -> int:
    """63 bits of a digest."""
    return int.from_bytes(sha256(text.encode("utf-8", "surrogatepass")).digest()[:8], "little") >> 1


def _folded(question: str) -> str:
    from ftdesk.dataset.folding import folded

    return folded(question)


def _words(turn: Any) -> str:
    """The text of a turn; with it, as JSON, images and whatever else it says, but for ids and names."""
    if not isinstance(turn, Mapping):
        return json.dumps(turn)
    content = turn.get("content")
    rest = {key: value for key, value in turn.items() if key in ("tool_calls", "function_call") and value}
    parts = content if isinstance(content, list) else []
    texts = [content] if isinstance(content, str) else []
    for part in parts:
        text = part.get("text") if isinstance(part, Mapping) else None
        texts.append(text if isinstance(text, str) else json.dumps(part, sort_keys=True))
    return "\n".join([*texts, *([json.dumps(_without_ids(rest), sort_keys=True)] if rest else [])])


def _without_ids(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_ids(item) for key, item in value.items() if key != "id"}
    return [_without_ids(item) for item in value] if isinstance(value, list) else value


def _role(turn: Any) -> Any:
    return turn.get("role") if isinstance(turn, Mapping) else None

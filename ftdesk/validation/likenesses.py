"""Which examples are almost the same, for datasets of a size at which comparing texts takes no more than a second."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from ftdesk.validation.leaks import Leaks
from ftdesk.validation.record import BYTE_ORDER_MARK, read_line
from ftdesk.validation.rule import Against

if TYPE_CHECKING:
    from ftdesk.dataset.likeness import LikenessIndex

MOST_CHARACTERS = 8 << 20
"""Of all texts. A signature takes about 0.1 ms for a thousand characters, so this much takes about a second."""

_ANSWERS = ("preferred_output", "non_preferred_output")


class Likenesses:
    """Texts of examples by the keys of their lines. Compares nothing until it is asked, and then only what is new.

    A dataset with more than ``most_characters`` is not compared. ``leaks`` are lines that ask what a test file asks.
    """

    def __init__(self, against: Against | None = None, *, most_characters: int = MOST_CHARACTERS) -> None:
        self.leaks = Leaks(against or Against())
        self.compares = True
        self._left = most_characters
        self._texts: dict[int, str] = {}
        self._lines: dict[str, set[int]] = {}
        """The keys of each text: copies are compared once."""
        self._new: set[str] = set()
        self._compared = _Compared(())

    @property
    def is_on(self) -> bool:
        """Whether there is any use in telling it of more lines."""
        return self.compares or self.leaks.is_on

    def add(self, key: int, raw: bytes) -> None:
        """Take in a line. Whatever is no example has no text."""
        self.leaks.add(key, raw)
        if not self.compares:
            return
        text = _text_of(raw)
        self._left -= len(text)
        if self._left < 0:
            self.compares = False
            self._texts, self._lines, self._new, self._compared = {}, {}, set(), _Compared(())
        elif text:
            self._texts[key] = text
            self._lines.setdefault(text, set()).add(key)
            self._new.add(text)

    def remove(self, key: int) -> None:
        """Forget a line."""
        self.leaks.remove(key)
        text = self._texts.pop(key, None)
        if text is not None:
            self._left += len(text)
            keys = self._lines[text]
            keys.remove(key)
            if not keys:
                del self._lines[text]
                self._new.discard(text)
                self._compared.remove(text)

    def alike(self) -> Iterator[tuple[frozenset[int], frozenset[int]]]:
        """The keys of a text, and those of a text that is almost the same; each pair once."""
        if len(self._lines) > 2 * self._compared.sampled:
            # What all examples have in common says nothing of one; what that is shows with more of them.
            self._compared = _Compared(self._lines)
            self._new.clear()
        for text in sorted(self._new):
            self._compared.add(text)
        self._new.clear()
        for one, other in self._compared.pairs():
            yield frozenset(self._lines[one]), frozenset(self._lines[other])


class _Compared:
    """Different texts, each with the others that are like it."""

    def __init__(self, texts: Collection[str]) -> None:
        self._index: LikenessIndex | None = None
        self._template: frozenset[str] = frozenset()
        self._numbers: dict[str, int] = {}
        self._texts: dict[int, str] = {}
        self._signatures: dict[int, bytes] = {}
        self._like: dict[str, set[str]] = {}
        self._next = 0
        self.sampled = len(texts)
        if texts:
            from ftdesk.dataset.likeness import template_shingles

            self._template = template_shingles(texts)
            for text in sorted(texts):
                self.add(text)

    def add(self, text: str) -> None:
        from ftdesk.dataset.likeness import LikenessIndex, signature

        if text in self._numbers:
            return
        if self._index is None:
            self._index = LikenessIndex()
        mark = signature(text, self._template)
        for number in self._index.alike(mark):
            other = self._texts[number]
            self._like.setdefault(text, set()).add(other)
            self._like.setdefault(other, set()).add(text)
        number = self._next
        self._next += 1
        self._index.add(number, mark)
        self._numbers[text], self._texts[number], self._signatures[number] = number, text, mark

    def remove(self, text: str) -> None:
        number = self._numbers.pop(text, None)
        if number is None or self._index is None:
            return
        del self._texts[number]
        self._index.remove(number, self._signatures.pop(number))
        for other in self._like.pop(text, ()):
            self._like[other].remove(text)

    def pairs(self) -> Iterator[tuple[str, str]]:
        for text, others in self._like.items():
            for other in others:
                if text < other:
                    yield text, other


def _text_of(raw: bytes) -> str:
    """Who says what, without the system message: many examples have the same one, and it would be most of the text."""
    value = read_line(raw.removeprefix(BYTE_ORDER_MARK)).value
    if not isinstance(value, dict):
        return ""
    holder = value.get("input") if "messages" not in value else value
    messages = holder.get("messages") if isinstance(holder, dict) else None
    parts = (messages, *(value.get(key) for key in _ANSWERS))
    said = [message for part in parts if isinstance(part, list) for message in part]
    texts = [] if "messages" in value else ["preference"]
    for message in said:
        content = message.get("content") if isinstance(message, dict) else None
        if not isinstance(content, str):
            return ""  # images and calls may be what tells it from others
        if message.get("role") not in ("system", "developer"):  # a list, too, may stand there
            texts.append(content)
    return "\n".join(texts)

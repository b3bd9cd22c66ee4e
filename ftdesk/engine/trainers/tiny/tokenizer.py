"""Byte-level byte-pair encoding with a vocabulary of 1,024: any bytes can be encoded, and decode to the same bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Final

from ftdesk.errors import FtdeskError

PADDING: Final = 0
SYSTEM: Final = 1
USER: Final = 2
ASSISTANT: Final = 3
TOOL: Final = 4
END: Final = 5
SPECIAL_TOKENS: Final = 6
"""Ids below this mark roles and ends. No text encodes to them, so a user cannot forge a turn."""

_CACHED_WORDS = 50_000
_LONGEST_WORD = 24
WORDS: Final = re.compile(
    rb" ?[A-Za-z\x80-\xff]{1,%d}|[0-9]| ?[^\sA-Za-z0-9\x80-\xff]|\s" % _LONGEST_WORD,
)
"""Merges never cross these pieces: a word with its space, one digit, one sign. Single digits make numbers copyable."""


class Tokenizer:
    """Encodes text to ids and back. Stateless but for a cache of words."""

    def __init__(self, merges: Iterable[tuple[bytes, bytes]]) -> None:
        pairs = list(merges)
        self._rank = {pair: rank for rank, pair in enumerate(pairs)}
        pieces = [bytes([byte]) for byte in range(256)] + [left + right for left, right in pairs]
        self._bytes = [b""] * SPECIAL_TOKENS + pieces
        self._ids = {piece: SPECIAL_TOKENS + index for index, piece in enumerate(pieces)}
        self._cache: dict[bytes, tuple[int, ...]] = {}

    @classmethod
    def load(cls, path: Path) -> Tokenizer:
        """Read the merges, pairs of hexadecimal strings, that ``packaging/practice_model`` learnt."""
        try:
            merges = json.loads(path.read_text(encoding="utf-8"))["merges"]
            return cls((bytes.fromhex(left), bytes.fromhex(right)) for left, right in merges)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise FtdeskError(
                "The practice model cannot be read",
                f"Its vocabulary {path} is missing or damaged: {error}.",
                "Install ftdesk again.",
            ) from error

    @property
    def size(self) -> int:
        """Number of ids, special ones included."""
        return len(self._bytes)

    def encode(self, text: str) -> list[int]:
        """Ids of ``text``. A lone surrogate, which UTF-8 cannot hold, is encoded as a question mark."""
        return self.encode_bytes(text.encode("utf-8", errors="replace"))

    def encode_bytes(self, data: bytes) -> list[int]:
        return [token for word in WORDS.findall(data) for token in self._word(word)]

    def decode_bytes(self, tokens: Iterable[int]) -> bytes:
        """Bytes of the tokens; special tokens have none. They need not be whole characters."""
        return b"".join(self._bytes[token] for token in tokens)

    def decode(self, tokens: Iterable[int]) -> str:
        return self.decode_bytes(tokens).decode("utf-8", errors="replace")

    def _word(self, word: bytes) -> Sequence[int]:
        known = self._cache.get(word)
        if known is not None:
            return known
        pieces = [word[i : i + 1] for i in range(len(word))]
        while len(pieces) > 1:
            ranks = [self._rank.get(pair, len(self._rank)) for pair in pairwise(pieces)]
            best = min(range(len(ranks)), key=ranks.__getitem__)
            if ranks[best] == len(self._rank):
                break
            pieces[best : best + 2] = [pieces[best] + pieces[best + 1]]
        tokens = tuple(self._ids[piece] for piece in pieces)
        if len(self._cache) < _CACHED_WORDS:
            self._cache[word] = tokens
        return tokens

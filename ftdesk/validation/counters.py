"""Counts the tokens of texts: tiktoken as the reference, and a counter several times as fast where it is installed.

Loading a vocabulary takes a few tenths of a second in which no other thread runs, so the window counts in another
process. Nothing is loaded before the first text is counted.
"""

from __future__ import annotations

import re
from binascii import a2b_base64
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Protocol

from ftdesk import resources
from ftdesk.validation.requirements import base_model

if TYPE_CHECKING:
    from tiktoken import Encoding

O200K_BASE = "o200k_base"
CL100K_BASE = "cl100k_base"
O200K_BASE_SHA256 = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"
"""Of the published rank file, which ships compressed."""

# How o200k_base cuts a text into pieces before it merges bytes, and its two special tokens: part of the encoding's
# definition, as published in tiktoken (MIT licence).
_O200K_PATTERN = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
    r"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
_O200K_SPECIAL = {"<|endoftext|>": 199_999, "<|endofprompt|>": 200_018}

# As tiktoken maps models to encodings; gpt-oss has the ranks of o200k_base with more special tokens.
_O200K_MODELS = ("gpt-4o", "chatgpt-4o", "gpt-4.1", "gpt-4.5", "gpt-5", "gpt-oss", "o1", "o3", "o4")
_CL100K_MODELS = ("gpt-4", "gpt-3.5", "gpt-35")

# tiktoken's regular expressions give up, with a panic, on about a million white-space characters in a row. Texts with
# so long a run are cut before that, between two words where there are any: the count then is the same as without.
_LONGEST_PIECE = 200_000
_LONG_SPACE = re.compile(r"\s{100000}")
_BETWEEN_WORDS = re.compile(r"(?<=[A-Za-z])(?= [A-Za-z])")

# The code points that toktok 0.3 and tiktoken 0.13 class differently (they follow different versions of Unicode), so
# that a text may be cut elsewhere: found by counting each of the 1,112,064 characters in 22 surroundings, among
# letters of both cases, digits, spaces, apostrophes and marks. U+017F counts as an s after an apostrophe in one only.
# Half surrogates are no text for toktok at all.
DOUBTFUL = (
    *((0x017F, 0x017F), (0x088F, 0x088F), (0x0C5C, 0x0C5C), (0x0CDC, 0x0CDC), (0x1ACF, 0x1ADD), (0x1AE0, 0x1AEB)),
    *((0xA7CE, 0xA7CF), (0xA7D2, 0xA7D2), (0xA7D4, 0xA7D4), (0xA7F1, 0xA7F1), (0xD800, 0xDFFF), (0x10940, 0x10959)),
    *((0x10EC5, 0x10EC7), (0x10EFA, 0x10EFB), (0x11B60, 0x11B67), (0x11DB0, 0x11DDB), (0x11DE0, 0x11DE9)),
    *((0x16EA0, 0x16EB8), (0x16EBB, 0x16ED3), (0x16FF2, 0x16FF6), (0x187F8, 0x187FF), (0x18D09, 0x18D1E)),
    *((0x18D80, 0x18DF2), (0x1E6C0, 0x1E6DE), (0x1E6E0, 0x1E6F5), (0x1E6FE, 0x1E6FF), (0x2B73A, 0x2B73F)),
    *((0x2CEA2, 0x2CEAD), (0x323B0, 0x33479)),
)


def _outside(ranges: Sequence[tuple[int, int]]) -> str:
    """The characters that are not in ``ranges``, as ranges of a regular expression."""
    starts = [0, *(last + 1 for _, last in ranges)]
    ends = [*(first - 1 for first, _ in ranges), 0x10FFFF]
    return "".join(f"\\U{start:08x}-\\U{end:08x}" for start, end in zip(starts, ends, strict=True))


# Said the other way round, what is usual is a hit in a bitmap; the set itself would be tried range by range.
_DOUBTFUL = re.compile(f"[^{_outside(DOUBTFUL)}]")
_ASCII = bytes(range(0x80))


def _first_byte(code: int) -> int:
    return chr(code).encode("utf-8", "surrogatepass")[0]


# Most scripts have none of the bytes with which the UTF-8 of a doubtful character begins.
_BEGINS_NO_DOUBTFUL = bytes(
    set(range(0x100)) - {byte for first, last in DOUBTFUL for byte in range(_first_byte(first), _first_byte(last) + 1)}
)


def is_doubtful(text: str) -> bool:
    """Whether toktok and tiktoken may count a text differently."""
    if text.isascii():
        return False
    encoded = text.encode("utf-8", "surrogatepass")
    if not encoded.translate(None, _BEGINS_NO_DOUBTFUL):
        return False
    rest = encoded.translate(None, _ASCII).decode("utf-8", "surrogatepass")
    return _DOUBTFUL.search(rest) is not None


_SHORT = 48
_MOST_REMEMBERED = 20_000
_LONGEST_REMEMBERED = 32_768
_MOST_REMEMBERED_CHARACTERS = 4_000_000


class TokenCounter(Protocol):
    """Counts the tokens of texts in one vocabulary."""

    @property
    def encoding(self) -> str: ...

    def count_all(self, texts: Sequence[str]) -> list[int]:
        """The number of tokens of each text; what looks like a special token is text."""


class TiktokenCounter:
    """The reference: tiktoken with the shipped vocabulary of o200k_base."""

    encoding = O200K_BASE

    def count_all(self, texts: Sequence[str]) -> list[int]:
        encode = load_o200k_base().encode_ordinary
        return [
            len(encode(text))
            if len(text) <= _LONGEST_PIECE or not _LONG_SPACE.search(text)
            else sum(len(encode(piece)) for piece in _pieces(text))
            for text in texts
        ]


class ToktokCounter:
    """toktok, which has its vocabularies inside; texts on which it might differ go to the reference.

    Without a ``reference`` (none ships for cl100k_base) it counts those, too, and may be off by a token.
    """

    def __init__(self, encoding: str, reference: TokenCounter | None) -> None:
        self.encoding = encoding
        self._reference = reference
        self._batch_count = _toktok()

    def count_all(self, texts: Sequence[str]) -> list[int]:
        if self._batch_count is None:
            raise RuntimeError("toktok is not installed")
        doubtful = [at for at, text in enumerate(texts) if is_doubtful(text)]
        if not doubtful:
            return self._batch_count(texts, self.encoding, 1)
        certain = list(texts)
        for at in doubtful:
            certain[at] = "" if self._reference else texts[at].encode("utf-8", "replace").decode()
        counts = self._batch_count(certain, self.encoding, 1)
        if self._reference:
            for at, number in zip(doubtful, self._reference.count_all([texts[at] for at in doubtful]), strict=True):
                counts[at] = number
        return counts


class RememberingCounter:
    """A counter that counts texts which recur, such as system prompts and roles, only once. Its memory is bounded."""

    def __init__(self, counter: TokenCounter) -> None:
        self._counter = counter
        self._known: dict[str, int] = {}
        self._characters = 0

    @property
    def encoding(self) -> str:
        return self._counter.encoding

    def count(self, text: str) -> int:
        return self.count_all((text,))[0]

    def count_all(self, texts: Sequence[str]) -> list[int]:
        # Taken once, since another thread may make the memory empty.
        counts = {text: number for text in texts if (number := self._known.get(text)) is not None}
        fresh = [text for text in dict.fromkeys(texts) if text not in counts]
        if fresh:
            new = dict(zip(fresh, self._counter.count_all(fresh), strict=True))
            self._remember(texts, new)
            counts |= new
        return [counts[text] for text in texts]

    def _remember(self, texts: Sequence[str], counts: dict[str, int]) -> None:
        times = Counter(texts) if len(counts) < len(texts) else {}
        for text, number in counts.items():
            if len(text) <= _SHORT or (len(text) <= _LONGEST_REMEMBERED and times.get(text, 1) > 1):
                if len(self._known) >= _MOST_REMEMBERED or self._characters > _MOST_REMEMBERED_CHARACTERS:
                    self._known.clear()
                    self._characters = 0
                self._known[text] = number
                self._characters += len(text)


def encoding_for(model: str | None) -> tuple[str, bool]:
    """The encoding to count ``model`` in, fine-tuned or not, and whether its counts are exact.

    Models of other families have vocabularies of their own; o200k_base is an estimate for them. So is cl100k_base,
    since no reference for it ships, and where there is no counter for it at all, o200k_base.
    """
    name = base_model(model or "").removeprefix("openai/")
    if name.startswith(_O200K_MODELS):
        return O200K_BASE, True
    if name.startswith(_CL100K_MODELS) and _toktok() is not None:
        return CL100K_BASE, False
    return O200K_BASE, False


@cache
def shared_counter(encoding: str = O200K_BASE) -> RememberingCounter:
    """The counter of this process: one vocabulary and one memory of counts for all checks."""
    reference = TiktokenCounter() if encoding == O200K_BASE else None
    if _toktok() is not None:
        return RememberingCounter(ToktokCounter(encoding, reference))
    return RememberingCounter(TiktokenCounter())


@cache
def load_o200k_base() -> Encoding:
    """Build the encoding from the shipped file; tiktoken itself would download it.

    Raises ``FtdeskError`` if it is missing.
    """
    import lzma

    from tiktoken import Encoding

    words = lzma.decompress(resources.path(f"vocabularies/{O200K_BASE}.tiktoken.xz").read_bytes()).split()
    ranks = dict(zip(map(a2b_base64, words[::2]), map(int, words[1::2]), strict=True))
    return Encoding(O200K_BASE, pat_str=_O200K_PATTERN, mergeable_ranks=ranks, special_tokens=_O200K_SPECIAL)


@cache
def _toktok() -> Callable[[Sequence[str], str, int], list[int]] | None:
    """``toktok.batch_count(texts, encoding, threads)``; there are platforms without it."""
    try:
        from toktok import batch_count  # type: ignore[import-untyped]
    except ImportError:
        return None
    counts: Callable[[Sequence[str], str, int], list[int]] = batch_count
    return counts


def _pieces(text: str) -> Iterator[str]:
    start = 0
    while len(text) - start > _LONGEST_PIECE:
        boundary = _BETWEEN_WORDS.search(text, start + _LONGEST_PIECE // 2, start + _LONGEST_PIECE)
        end = boundary.start() if boundary else start + _LONGEST_PIECE
        yield text[start:end]
        start = end
    yield text[start:]

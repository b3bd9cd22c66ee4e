"""Near duplicates: small signatures of texts, and an index that finds the texts that are almost the same.

Two texts are as alike as the shingles that both have among all that either has (Jaccard). MinHash estimates that
(Broder 1997); bands find candidates without comparing all pairs (Leskovec, Rajaraman, Ullman, "Mining of Massive
Datasets", 3.4), and one bit of each of many hashes verifies them (Li and König, "b-Bit Minwise Hashing", 2010).
"""

from __future__ import annotations

import hashlib
import re
import struct
import sys
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from heapq import heappop, heappush

from rensa import RMinHash  # type: ignore[import-untyped]

from ftdesk.dataset.folding import folded

THRESHOLD = 0.8
"""From this estimated likeness on, texts are near duplicates.

Measured on 109,000 generated pairs, texts of 30 to 300 words with some replaced, added or left out: of pairs whose
exact likeness was 0.65, 0.01 % were found; 0.70: 0.5 %; 0.75: 9 %; 0.80: 49 %; 0.85: 91 %; 0.90: 99.6 %; 0.95 and more:
all. The estimate was without bias.
"""
FEWEST_SHINGLES = 10
"""A text with fewer is only like one with the same folded text: one other word would change a third of it."""

_WORDS = 3
_SEED = 1
_BITS = 256
_BODY = _BITS // 8
_BANDS = 6
_ROWS = 4
"""At likeness 0.8 a pair misses all six bands of four in 4 % of cases, at 0.9 in 0.2 %."""
_PROBED = 32
"""So many texts of one bucket are compared, newest first: thousands in one are a template, not duplicates."""
_FIRST_CAPACITY = 1 << 10
_SAMPLED = 2_000
_TEMPLATE_TEXTS = 20
_TEMPLATE_SHARE = 0.2

_ZEROS_AND_ONES = bytes(48 | value & 1 for value in range(256))
_SPACELESS = (
    r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Myanmar, Khmer
    r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # kana, CJK
)
_WORD = re.compile(rf"[{_SPACELESS}]|[^\s{_SPACELESS}]+")


def shingles(text: str) -> frozenset[str]:
    """Every three words in a row of the folded text. A character of a script without spaces is a word."""
    return _shingles(folded(text))


def _shingles(folded_text: str) -> frozenset[str]:
    words = folded_text.split(" ") if folded_text.isascii() else _WORD.findall(folded_text)
    return frozenset(map(" ".join, zip(*(words[start:] for start in range(_WORDS)), strict=False)))


def template_shingles(texts: Iterable[str]) -> frozenset[str]:
    """What so many of ``texts`` share that it says nothing: the words of a prompt template around what differs.

    That is what ``says_nothing`` among those looked at: up to 2,000 different ones, chosen by their content and not by
    their place. Without this, a long template would make all examples near duplicates.
    """
    sample = _sample(texts)
    counts = Counter(shingle for text in sample for shingle in shingles(text))
    return frozenset(shingle for shingle, count in counts.items() if says_nothing(count, len(sample)))


def says_nothing(count: int, texts: int, *, at_least: int = _TEMPLATE_TEXTS) -> bool:
    """Whether what stands in ``count`` of ``texts`` is a template: in ``at_least`` so many and a fifth.

    What fewer share may as well be copies of one question. To take a template for such costs a group that is as large
    as a usual test part at most; to take copies for a template would put them on both sides.
    """
    return count >= max(at_least, _TEMPLATE_SHARE * texts)


def _sample(texts: Iterable[str]) -> list[str]:
    """The texts with the least digests, each once."""
    kept: dict[int, str] = {}
    largest: list[int] = []  # a heap of what is kept, negated
    for text in texts:
        number = int.from_bytes(_digest(text))
        if number in kept or (len(largest) >= _SAMPLED and number > -largest[0]):
            continue
        kept[number] = text
        heappush(largest, -number)
        if len(largest) > _SAMPLED:
            del kept[-heappop(largest)]
    return list(kept.values())


def signature(text: str, template: frozenset[str] = frozenset()) -> bytes:
    """What ``LikenessIndex`` needs of a text: 56 bytes, or 36 of a text that is too short to be compared by shingles.

    It is the same in every process. ``template`` is left out of the comparison.
    """
    plain = folded(text)
    own = _shingles(plain) - template
    if len(own) < FEWEST_SHINGLES:
        digest = _digest(plain)
        return digest + digest[:4]
    hashes = RMinHash(_BITS, _SEED)
    hashes.update([shingle.encode("utf-8", "surrogatepass") for shingle in own])
    values = array("I", hashes.digest())
    if sys.byteorder == "big":
        values.byteswap()
    raw = values.tobytes()
    bits = int(raw[::4].translate(_ZEROS_AND_ONES), 2).to_bytes(_BODY, "big")
    return bits + b"".join(_band(raw[4 * _ROWS * band : 4 * _ROWS * (band + 1)]) for band in range(_BANDS))


def _digest(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_BODY).digest()


def _band(values: bytes) -> bytes:
    return hashlib.blake2b(values, digest_size=4).digest()


def is_exact(text_signature: bytes) -> bool:
    """Whether this text is only like one with the same folded text."""
    return len(text_signature) == _BODY + 4


def likeness(one: bytes, other: bytes) -> float:
    """The estimated likeness of two signatures, 0 to 1; its standard error at 0.8 is 0.04."""
    return _likeness(int.from_bytes(one[:_BODY], "big"), other)


def _likeness(one: int, other: bytes | bytearray) -> float:
    differing = (one ^ int.from_bytes(other[:_BODY], "big")).bit_count()
    # Bits of different hashes are equal every other time.
    return max(0.0, 1 - 2 * differing / _BITS)


class LikenessIndex:
    """Keys of texts by what they are like: 90 to 110 bytes a text, whatever its length.

    It grows by tables that double in size, so no single ``add`` pays for a new hashing of all. Equal texts fill one
    bucket: whoever expects many of them adds each text once.
    """

    def __init__(self) -> None:
        self._tables: list[_Table] = []

    def __len__(self) -> int:
        return sum(map(len, self._tables))

    @property
    def size_in_bytes(self) -> int:
        """The memory that it takes."""
        return sum(table.size_in_bytes for table in self._tables)

    def add(self, key: int, text_signature: bytes) -> None:
        """Add a text under ``key``, a number of up to 63 bits that is not in the index yet."""
        table = next((table for table in reversed(self._tables) if table.has_room), None)
        if table is None:
            table = _Table(sum(table.capacity for table in self._tables) or _FIRST_CAPACITY)
            self._tables.append(table)
        table.add(key, text_signature)

    def remove(self, key: int, text_signature: bytes) -> None:
        """Take out what was added with the same two values. Raises ``KeyError``."""
        if not any(table.remove(key, text_signature) for table in self._tables):
            raise KeyError(key)

    def alike(self, text_signature: bytes, threshold: float = THRESHOLD) -> list[int]:
        """Keys of the texts that are near duplicates of the one with this signature, most alike first, then by key."""
        body = int.from_bytes(text_signature[:_BODY], "big")
        found: dict[int, float] = {}
        for table in self._tables:
            for key, other in table.candidates(text_signature):
                if key not in found and (value := _likeness(body, other)) >= threshold:
                    found[key] = value
        return sorted(found, key=lambda key: (-found[key], key))


class _Table:
    """Slots in chains, one chain for each bucket of each band; a slot number of 0 ends a chain."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._keys = array("q", [0])
        self._bodies = bytearray(_BODY)
        self._heads = [array("I", bytes(4 * capacity)) for _ in range(_BANDS)]
        self._nexts = [array("I", [0]) for _ in range(_BANDS)]
        self._free: list[int] = []

    def __len__(self) -> int:
        return len(self._keys) - 1 - len(self._free)

    @property
    def has_room(self) -> bool:
        return len(self) < self.capacity

    @property
    def size_in_bytes(self) -> int:
        return sum(map(sys.getsizeof, (self._keys, self._bodies, self._free, *self._heads, *self._nexts)))

    def add(self, key: int, text_signature: bytes) -> None:
        if self._free:
            slot = self._free.pop()
            self._keys[slot] = key
            self._bodies[slot * _BODY : (slot + 1) * _BODY] = text_signature[:_BODY]
        else:
            slot = len(self._keys)
            self._keys.append(key)
            self._bodies += text_signature[:_BODY]
            for nexts in self._nexts:
                nexts.append(0)
        for band, bucket in enumerate(self._buckets(text_signature)):
            self._nexts[band][slot] = self._heads[band][bucket]
            self._heads[band][bucket] = slot

    def remove(self, key: int, text_signature: bytes) -> bool:
        slot = 0
        for band, bucket in enumerate(self._buckets(text_signature)):
            heads, nexts = self._heads[band], self._nexts[band]
            before, slot = 0, heads[bucket]
            while slot and self._keys[slot] != key:
                before, slot = slot, nexts[slot]
            if not slot:
                return False
            if before:
                nexts[before] = nexts[slot]
            else:
                heads[bucket] = nexts[slot]
        self._free.append(slot)
        return True

    def candidates(self, text_signature: bytes) -> Iterator[tuple[int, bytearray]]:
        for band, bucket in enumerate(self._buckets(text_signature)):
            slot, nexts = self._heads[band][bucket], self._nexts[band]
            for _ in range(_PROBED):
                if not slot:
                    break
                yield self._keys[slot], self._bodies[slot * _BODY : (slot + 1) * _BODY]
                slot = nexts[slot]

    def _buckets(self, text_signature: bytes) -> Iterator[int]:
        count = (len(text_signature) - _BODY) // 4
        return (value % self.capacity for value in struct.unpack_from(f"<{count}I", text_signature, _BODY))

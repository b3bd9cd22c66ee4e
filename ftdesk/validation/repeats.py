"""Finds numbers that occur again among millions that do not, in 10 to 12 bytes for each."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping

_BITS_EACH = 16
_FIRST_BITS = 1 << 12
_FARTHEST = 1 << 12


class Repeats:
    """Keys with their facts, grouped by the part of a fact above ``bits`` bits, which is a digest.

    A bitmap says of most digests that they are new; only of the others, a few in a hundred, is more than their fact
    kept. Keys should follow each other, as lines do; facts are below 2⁶³.
    """

    def __init__(self, bits: int) -> None:
        self._shift = bits
        self._facts = array("Q")
        """A fact and one by key, so that 0 is none."""
        self._far: dict[int, int] = {}
        self._seen = bytearray(_FIRST_BITS // 8)
        self._count = 0
        self._groups: dict[int, dict[int, int]] = {}
        """All keys of each digest that was perhaps seen twice."""
        self._unknown: set[int] = set()
        """Digests that belong into ``_groups``, but earlier keys of which were not looked for yet."""

    def add(self, key: int, fact: int) -> None:
        """Add a key that is not there."""
        facts = self._facts
        if key < len(facts):
            facts[key] = fact + 1
        elif key == len(facts):
            facts.append(fact + 1)
        elif key < len(facts) + _FARTHEST:
            facts.extend([0] * (key - len(facts)))
            facts.append(fact + 1)
        else:
            self._far[key] = fact
        self._count += 1
        if self._count * _BITS_EACH > len(self._seen) * 8:
            self._grow()
        digest = fact >> self._shift
        if digest in self._groups:
            self._groups[digest][key] = fact
            return
        byte, flag = self._place(digest)
        if self._seen[byte] & flag:
            self._unknown.add(digest)
        else:
            self._seen[byte] |= flag

    def remove(self, key: int, fact: int) -> None:
        """Forget a key that was added with this fact."""
        if self._far.pop(key, None) is None:
            self._facts[key] = 0
        self._count -= 1
        group = self._groups.get(fact >> self._shift)
        if group is not None:
            group.pop(key, None)

    def groups(self) -> Iterator[Mapping[int, int]]:
        """The keys with the same digest, several each, with their facts."""
        if self._unknown:
            self._look_for_earlier()
        return (group for group in self._groups.values() if len(group) > 1)

    def _look_for_earlier(self) -> None:
        unknown, shift = self._unknown, self._shift
        groups: dict[int, dict[int, int]] = {digest: {} for digest in unknown}
        for key, fact in enumerate(self._facts):
            if (fact - 1) >> shift in unknown and fact:
                groups[(fact - 1) >> shift][key] = fact - 1
        for key, fact in self._far.items():
            if fact >> shift in unknown:
                groups[fact >> shift][key] = fact
        # One key only: its bit is another's as well. It stays unknown until the bit is set again.
        self._groups.update((digest, group) for digest, group in groups.items() if len(group) > 1)
        self._unknown = set()

    def _grow(self) -> None:
        self._seen = bytearray(4 * len(self._seen))
        seen, shift = self._seen, self._shift
        for fact in self._facts:
            if fact:
                byte, flag = self._place((fact - 1) >> shift)
                seen[byte] |= flag
        for fact in self._far.values():
            byte, flag = self._place(fact >> shift)
            seen[byte] |= flag

    def _place(self, digest: int) -> tuple[int, int]:
        bit = digest & (len(self._seen) * 8 - 1)
        return bit >> 3, 1 << (bit & 7)

"""What belongs together in a split: groups that grow by one tie after another."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ftdesk.dataset.likeness import LikenessIndex, is_exact, says_nothing

_FEWEST_ASKERS = 5
"""So few conversations with one prompt are worth keeping together in any dataset."""


class Ties:
    """Which keys belong together. A group is known by the least of its keys, whatever the order they came in."""

    def __init__(self) -> None:
        self._parents: dict[bytes, bytes] = {}

    def found(self, key: bytes) -> bytes:
        """The group of ``key``."""
        parents = self._parents
        while (parent := parents.setdefault(key, key)) != key:
            parents[key] = parents[parent]
            key = parents[key]
        return key

    def tie(self, one: bytes, other: bytes) -> None:
        """Make one group of the groups of the two."""
        least, most = sorted((self.found(one), self.found(other)))
        self._parents[most] = least


class Askers:
    """Which keys ask a prompt, so that those of one prompt can be tied.

    A prompt of so many conversations that it says nothing ("Summarise." below one document after another) ties none:
    all would be one group, and there would be no split.
    """

    def __init__(self) -> None:
        self._first: dict[bytes, bytes] = {}
        self._others: dict[bytes, set[bytes]] = {}

    def note(self, key: bytes, prompts: Iterable[bytes]) -> None:
        """Remember that ``key`` asks ``prompts``."""
        for prompt in prompts:
            if self._first.setdefault(prompt, key) != key:
                self._others.setdefault(prompt, set()).add(key)

    def tie(self, ties: Ties, keys: int) -> None:
        """Tie all that ask the same. ``keys`` is how many there are."""
        for prompt, others in self._others.items():
            if not says_nothing(1 + len(others), keys, at_least=_FEWEST_ASKERS):
                for other in others:
                    ties.tie(self._first[prompt], other)


def tie_similar(ties: Ties, signatures: Mapping[bytes, bytes]) -> set[bytes]:
    """Tie near duplicates together; the keys of all of them. Texts that are compared as a whole have been, by key.

    It goes by the order of the keys, so that the order of the lines decides nothing.
    """
    index = LikenessIndex()
    ordered = sorted(key for key, text_signature in signatures.items() if not is_exact(text_signature))
    similar: set[bytes] = set()
    for number, key in enumerate(ordered):
        for other in index.alike(signatures[key]):
            ties.tie(key, ordered[other])
            similar |= {key, ordered[other]}
        index.add(number, signatures[key])
    return similar

"""Numbers that occur again are found whatever comes and goes."""

from __future__ import annotations

import random
import sys
from collections import defaultdict

from hypothesis import given
from hypothesis import strategies as st

from ftdesk.validation.repeats import Repeats

BITS = 4
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["add", "remove", "ask"]),
        st.integers(0, 60) | st.integers(10**6, 10**6 + 3),
        st.integers(0, 200),
    ),
    max_size=60,
)


def groups_of(known: dict[int, int]) -> list[dict[int, int]]:
    groups: dict[int, dict[int, int]] = defaultdict(dict)
    for key, fact in known.items():
        groups[fact >> BITS][key] = fact
    return sorted((group for group in groups.values() if len(group) > 1), key=sorted)


def shown(repeats: Repeats) -> list[dict[int, int]]:
    return sorted((dict(group) for group in repeats.groups()), key=sorted)


@given(STEPS)
def test_groups_are_those_of_a_plain_dictionary(steps: list[tuple[str, int, int]]) -> None:
    repeats, known = Repeats(BITS), {}
    for do, key, fact in steps:
        if do == "add" and key not in known:
            repeats.add(key, fact)
            known[key] = fact
        elif do == "remove" and key in known:
            repeats.remove(key, known.pop(key))
        else:
            assert shown(repeats) == groups_of(known)
    assert shown(repeats) == groups_of(known)


def test_many_numbers_are_small_and_all_repeats_among_them_are_found() -> None:
    chance = random.Random(2)  # noqa: S311 - the same numbers in every run
    repeats, known = Repeats(BITS), {}
    for key in range(1, 50_001):
        known[key] = chance.getrandbits(63) if key % 100 else known[chance.randrange(1, key)] ^ 1
        repeats.add(key, known[key])
    assert shown(repeats) == groups_of(known)
    assert len(shown(repeats)) > 400
    held = sum(sys.getsizeof(part) for part in (repeats._facts, repeats._seen))
    assert held < 20 * len(known)
    assert len(repeats._groups) < 1000

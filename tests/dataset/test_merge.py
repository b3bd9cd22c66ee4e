"""Nothing that either side wrote is lost, and what does not collide needs no question."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ftdesk.dataset.changes import Change, Splice
from ftdesk.dataset.merge import matches, merge, replay

lines = st.lists(st.sampled_from([b"a", b"b", b"c", b"d", b"e", b""]), max_size=12)


def letters(text: str) -> list[bytes]:
    return [letter.encode() for letter in text]


def test_changes_in_different_places_both_count() -> None:
    merged = merge(letters("abcdef"), letters("aBcdef"), letters("abcdXeF"))
    assert (merged.lines, merged.conflicts) == (letters("aBcdXeF"), 0)


def test_the_same_change_on_both_sides_is_one_change() -> None:
    merged = merge(letters("abc"), letters("aXc"), letters("aXc"))
    assert (merged.lines, merged.conflicts) == (letters("aXc"), 0)


def test_in_a_conflict_both_versions_stay() -> None:
    merged = merge(letters("abc"), letters("aMc"), letters("aTc"))
    assert (merged.lines, merged.conflicts) == (letters("aTMc"), 1)


def test_a_line_removed_on_one_side_and_edited_on_the_other_is_a_conflict() -> None:
    merged = merge(letters("abc"), letters("ac"), letters("aTc"))
    assert (merged.lines, merged.conflicts) == (letters("aTc"), 1)


def test_edits_of_neighbouring_rows_are_no_conflict() -> None:
    merged = merge(letters("abcdef"), letters("aBCdef"), letters("aTcDEf"))
    assert (merged.lines, merged.conflicts) == (letters("aTBCDEf"), 1)
    merged = merge(letters("abc"), letters("aBc"), letters("Abc"))
    assert (merged.lines, merged.conflicts) == (letters("ABc"), 0)


def test_a_row_inserted_beside_an_edited_one_is_no_conflict() -> None:
    for theirs, expected in (("abxc", "aBxc"), ("axbc", "axBc"), ("bc", "Bc"), ("ab", "aB")):
        merged = merge(letters("abc"), letters("aBc"), letters(theirs))
        assert (merged.lines, merged.conflicts) == (letters(expected), 0)


def test_what_one_side_left_alone_does_not_come_back_with_a_conflict() -> None:
    merged = merge(letters("abcde"), letters("aBcDe"), letters("aTcde"))
    assert (merged.lines, merged.conflicts) == (letters("aTBcDe"), 1)
    merged = merge(letters("abc"), letters("ABc"), letters("TUVc"))
    assert (merged.lines, merged.conflicts) == (letters("TUVABc"), 1)


def test_edits_find_their_lines_again_wherever_these_have_gone() -> None:
    theirs = [b"new %d" % row for row in range(700)] + [b"old %d" % row for row in range(300)] + [b"old 7"]
    edit = Change("Edit", (Splice(5, (b"old 5", b"old 6"), (b"edited",)), Splice(900, (b"old 7",), (b"nearest",))))
    merged = replay([edit, Change("Edit", (Splice(2, (b"gone",), (b"mine",)),))], theirs)
    expected = [*theirs[:2], b"mine", *theirs[2:705], b"edited", *theirs[707:-1], b"nearest"]
    assert (merged.lines, merged.conflicts) == (expected, 1)


@given(lines, lines)
def test_matches_are_equal_lines_in_order(old: list[bytes], new: list[bytes]) -> None:
    found = list(matches(old, new))
    assert all(old[left] == new[right] for left, right in found)
    assert all(one[0] < two[0] and one[1] < two[1] for one, two in pairwise(found))


@given(lines, lines)
def test_when_only_one_side_changed_it_has_its_way(base: list[bytes], changed: list[bytes]) -> None:
    assert merge(base, base, changed).lines == changed
    assert merge(base, changed, base).lines == changed
    assert merge(base, changed, changed).lines == changed


@given(lines, lines, lines)
def test_no_line_that_a_side_added_is_lost(base: list[bytes], mine: list[bytes], theirs: list[bytes]) -> None:
    merged = Counter(merge(base, mine, theirs).lines)
    for side in (mine, theirs):
        assert not (Counter(side) - Counter(base)) - merged

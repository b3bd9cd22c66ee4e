"""Two programs changed one file: bring both sets of changes together, line by line."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ftdesk.dataset.changes import Change, Splice

Match = tuple[int, int]
"""A line of the one side that stands at this line of the other."""


@dataclass(frozen=True, slots=True)
class Merged:
    """``conflicts`` counts the places that both have changed in different ways; there, both versions stand in a row."""

    lines: list[bytes]
    conflicts: int


def merge(base: Sequence[bytes], mine: Sequence[bytes], theirs: Sequence[bytes]) -> Merged:
    """A three-way merge, as version control does it, but rows are examples: edits of neighbours do not conflict.

    In a conflict both versions stay: theirs comes first, then mine.
    """
    own, other = _edits(base, mine), _edits(base, theirs)
    lines: list[bytes] = []
    conflicts = done = at_own = at_other = 0
    while at_own < len(own) or at_other < len(other):
        begin_own, begin_other = at_own, at_other
        heads = [*own[at_own : at_own + 1], *other[at_other : at_other + 1]]
        start, end = min((edit.row, _end(edit)) for edit in heads)
        # All edits of either side that overlap with the first, or with one that does, are one place.
        while (more_own := _overlaps(own, at_own, start, end)) or _overlaps(other, at_other, start, end):
            end = max(end, _end(own[at_own] if more_own else other[at_other]))
            at_own, at_other = at_own + more_own, at_other + (not more_own)
        old = base[start:end]
        chosen = _resolve(
            old, _edited(old, start, own[begin_own:at_own]), _edited(old, start, other[begin_other:at_other])
        )
        conflicts += chosen.conflicts
        lines += [*base[done:start], *chosen.lines]
        done = end
    return Merged([*lines, *base[done:]], conflicts)


def replay(changes: Iterable[Change], theirs: Sequence[bytes]) -> Merged:
    """Do ``changes`` again on lines that another program has written, where the lines they were made on are gone.

    A splice finds its place by the lines that it removed: where they stood, else the nearest place with the same lines.
    Where there is none, what it inserted stands there as well, and that counts as a conflict.
    """
    lines = list(theirs)
    known = set(theirs)
    conflicts = 0
    for splice in (splice for change in changes for splice in change.splices):
        # A line that is not there at all must not be looked for everywhere, once for each change.
        row = _nearest(lines, splice.removed, splice.row) if known.issuperset(splice.removed) else None
        if row is None:
            conflicts += 1
            row, removed = min(splice.row, len(lines)), 0
        else:
            removed = len(splice.removed)
        lines[row : row + removed] = splice.inserted
        known.update(splice.inserted)
    return Merged(lines, conflicts)


def difference(old: Sequence[bytes], new: Sequence[bytes]) -> Iterator[Splice]:
    """What makes ``new`` of ``old``, last place first, so that no splice moves the rows of the next."""
    places = []
    start = (0, 0)
    for pair in [*matches(old, new), (len(old), len(new))]:
        if pair != start:
            places.append(Splice(start[0], tuple(old[start[0] : pair[0]]), tuple(new[start[1] : pair[1]])))
        start = (pair[0] + 1, pair[1] + 1)
    return reversed(places)


def matches(old: Sequence[bytes], new: Sequence[bytes]) -> Iterator[Match]:
    """Lines that are the same in both, in order: a patience diff, linear but for sorting, whatever the files hold."""
    first = _common(old, new)
    last = _common(old[first:][::-1], new[first:][::-1])
    yield from ((line, line) for line in range(first))
    old_end, new_end = len(old) - last, len(new) - last
    begin = (first, first)
    for pair in [*_unique_pairs(old, new, first, old_end, new_end), (old_end, new_end)]:
        # Lines that occur more than once are matched where they touch a line that is sure.
        gap_old, gap_new = old[begin[0] : pair[0]], new[begin[1] : pair[1]]
        ahead = _common(gap_old, gap_new)
        behind = _common(gap_old[ahead:][::-1], gap_new[ahead:][::-1])
        yield from ((begin[0] + line, begin[1] + line) for line in range(ahead))
        yield from ((pair[0] - line, pair[1] - line) for line in range(behind, 0, -1))
        if pair != (old_end, new_end):
            yield pair
        begin = (pair[0] + 1, pair[1] + 1)
    yield from ((old_end + line, new_end + line) for line in range(last))


def _edits(old: Sequence[bytes], new: Sequence[bytes]) -> list[Splice]:
    """``difference`` in order; where as many lines give way as come, each row is an edit of its own."""
    found: list[Splice] = []
    for splice in reversed(list(difference(old, new))):
        if len(splice.removed) != len(splice.inserted):
            found.append(splice)
            continue
        pairs = enumerate(zip(splice.removed, splice.inserted, strict=True), splice.row)
        found += [Splice(row, (before,), (after,)) for row, (before, after) in pairs if before != after]
    return found


def _end(edit: Splice) -> int:
    return edit.row + len(edit.removed)


def _overlaps(edits: Sequence[Splice], at: int, start: int, end: int) -> bool:
    """Whether the next edit takes part in the place from ``start`` to ``end``: or both insert lines there."""
    return at < len(edits) and (edits[at].row < end or edits[at].row == _end(edits[at]) == start == end)


def _edited(old: Sequence[bytes], start: int, edits: Sequence[Splice]) -> list[bytes]:
    """``old``, which stand from ``start`` on, after ``edits``."""
    lines = list(old)
    for edit in reversed(edits):
        lines[edit.row - start : _end(edit) - start] = edit.inserted
    return lines


def _resolve(old: Sequence[bytes], mine: list[bytes], theirs: list[bytes]) -> Merged:
    """What stands in one place afterwards."""
    if mine in (list(old), theirs):
        return Merged(theirs, 0)
    return Merged(mine, 0) if theirs == list(old) else Merged([*theirs, *mine], 1)


def _nearest(lines: list[bytes], wanted: tuple[bytes, ...], row: int) -> int | None:
    """The place nearest to ``row`` where ``wanted`` stands; without anything wanted, ``row`` itself."""
    size = len(wanted)
    if not size:
        return min(row, len(lines))
    radius = 16
    while True:  # most stand where they stood, or near
        begin, end = max(0, row - radius), min(len(lines), row + radius + 1)
        places = (place for place in range(begin, end) if lines[place] == wanted[0])
        fitting = [place for place in places if tuple(lines[place : place + size]) == wanted]
        if fitting or (begin == 0 and end == len(lines)):
            return min(fitting, key=lambda place: abs(place - row), default=None)
        radius *= 8


def _common(one: Sequence[bytes], other: Sequence[bytes]) -> int:
    """How many lines at the beginning are the same."""
    for count, (left, right) in enumerate(zip(one, other, strict=False)):
        if left != right:
            return count
    return min(len(one), len(other))


def _unique_pairs(old: Sequence[bytes], new: Sequence[bytes], start: int, old_end: int, new_end: int) -> list[Match]:
    """Lines that occur once on either side, in an order that both share: the longest one there is."""
    once_old = _once(old[start:old_end], start)
    once_new = _once(new[start:new_end], start)
    pairs = [(line, once_new[text]) for text, line in once_old.items() if text in once_new]
    return _longest_increasing(pairs)


def _once(lines: Iterable[bytes], start: int) -> dict[bytes, int]:
    found = list(lines)
    counts = Counter(found)
    return {text: start + number for number, text in enumerate(found) if counts[text] == 1}


def _longest_increasing(pairs: list[Match]) -> list[Match]:
    """``pairs`` ascend in their first part; the longest subsequence that ascends in the second, too."""
    tails: list[int] = []
    at_tail: list[int] = []
    before: list[int] = []
    for index, (_, second) in enumerate(pairs):
        length = bisect_left(tails, second)
        before.append(at_tail[length - 1] if length else -1)
        tails[length : length + 1] = [second]
        at_tail[length : length + 1] = [index]
    chain: list[Match] = []
    index = at_tail[-1] if at_tail else -1
    while index >= 0:
        chain.append(pairs[index])
        index = before[index]
    return chain[::-1]

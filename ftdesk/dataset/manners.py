"""What belongs to a file and not to one of its lines: a byte order mark at its beginning, CR LF at its line ends."""

from __future__ import annotations

from collections.abc import Sequence

from ftdesk.dataset.changes import Splice
from ftdesk.dataset.rows import Rows

MARK = b"\xef\xbb\xbf"


def in_the_manner_of(rows: Rows, splices: Sequence[Splice]) -> tuple[Splice, ...]:
    """``splices`` so that new lines end as those beside them do, and what is the file's stays in its place.

    Rows are whole lines and keep their bytes: one that is moved would take the mark along. Raises ``InputError``.
    """
    splices = [_ended(rows, splice) for splice in splices]
    if not len(rows) or all(len(splice.removed) == len(splice.inserted) for splice in splices):
        return tuple(splices)
    corrections: list[Splice] = []
    if any(splice.row == 0 for splice in splices):
        corrections += _mark_first(rows, splices)
    if not rows.final_newline:
        corrections += _no_end_last(rows, splices)
    return (*splices, *corrections)


def _ended(rows: Rows, splice: Splice) -> Splice:
    """Lines that come new between lines with CR LF get it, too."""
    if splice.removed or not splice.inserted or not len(rows):
        return splice
    if not rows.line(max(0, min(splice.row, len(rows)) - 1)).endswith(b"\r"):
        return splice
    return Splice(splice.row, (), tuple(line if line.endswith(b"\r") else line + b"\r" for line in splice.inserted))


def _mark_first(rows: Rows, splices: Sequence[Splice]) -> list[Splice]:
    first = rows.line(0)
    if not first.startswith(MARK):
        return []
    after = _done(rows, splices)
    at = _place(after, first, splices)
    if at is None or at == 0:
        return []
    begin = after.line(0)
    return [Splice(at, (first,), (first.removeprefix(MARK),)), Splice(0, (begin,), (MARK + begin,))]


def _no_end_last(rows: Rows, splices: Sequence[Splice]) -> list[Splice]:
    """The last line has no line end: as another becomes the last one, that loses its CR, and this one needs it."""
    last = rows.line(len(rows) - 1)
    if last.endswith(b"\r") or not rows.line(0).endswith(b"\r"):
        return []
    after = _done(rows, splices)
    end = len(after) - 1
    if end < 0 or after.line(end) == last:
        return []
    at, line = _place(after, last, splices), after.line(end)
    corrections = [Splice(end, (line,), (line.removesuffix(b"\r"),))]
    return corrections if at is None else [Splice(at, (last,), (last + b"\r",)), *corrections]


def _done(rows: Rows, splices: Sequence[Splice]) -> Rows:
    after = rows.snapshot()
    for splice in splices:
        after.put(splice)
    return after


def _place(after: Rows, line: bytes, splices: Sequence[Splice]) -> int | None:
    """Where a line has gone: not far from where something was inserted."""
    for splice in reversed(splices):
        begin, end = splice.row - 1, splice.row + len(splice.inserted)
        for row in range(max(0, begin), min(end + 1, len(after))):
            if after.line(row) == line:
                return row
    return None

"""What the checking process knows of every row, in numbers: keys that stay while rows move, lengths, verdicts."""

from __future__ import annotations

from array import array
from collections import Counter
from typing import Any

from ftdesk.validation.requirements import Verdict
from ftdesk.validation.tally import BLANK, COUNTED, ESTIMATED, OVER_LIMIT, Tally

_BARS = 24


class Keys:
    """A number for each row that stays the same while other rows come and go. 8 bytes a row."""

    def __init__(self) -> None:
        self._keys = array("Q")
        self._next = 1
        self._rows: array[int] | None = None

    def __getitem__(self, row: int) -> int:
        return self._keys[row]

    def splice(self, row: int, removed: int, inserted: int) -> int:
        """Rows were removed and others inserted, which get keys that follow each other; the first of them.

        A row that replaces another has its key.
        """
        if removed == inserted == 1:
            return self._keys[row]
        first = self._next
        self._next += inserted
        self._keys[row : row + removed] = array("Q", range(first, self._next))
        self._rows = None
        return first

    def line_of(self, key: int) -> int:
        """The number of the line with this key, from 1."""
        if key <= len(self._keys) and self._keys[key - 1] == key:
            return key  # no row before it has come or gone
        if self._rows is None:
            rows = self._rows = array("Q", bytes(8 * self._next))
            for row, known in enumerate(self._keys):
                rows[known] = row
        return self._rows[key] + 1


class Verdicts:
    """How grave the problems of every row are for each host, summed up. Only rows with a problem take memory."""

    def __init__(self) -> None:
        self.counts: Counter[Verdict] = Counter()
        self._of_rows: dict[int, list[Verdict]] = {}

    def forget(self, key: int) -> None:
        """The row with this key has gone, or is about to be something else."""
        self.counts.subtract(self._of_rows.pop(key, ()))

    def remember(self, first_key: int, tally: Tally) -> None:
        """Rows have come, whose keys follow each other from ``first_key``."""
        for line, verdict in tally.placed_verdicts:
            self._of_rows.setdefault(first_key + (line or 1) - 1, []).append(verdict)
        self.counts.update(tally.verdicts)


class Lengths:
    """Tokens of every row, and their sums, kept up with every change. 9 bytes a row."""

    def __init__(self) -> None:
        self._totals = array("I")
        self._trained = array("I")
        self._flags = bytearray()
        self._of_examples: Counter[int] = Counter()
        self._flagged: Counter[int] = Counter()
        self._trained_in_all = 0

    def splice(self, row: int, removed: int, tally: Tally) -> None:
        """Rows were removed, and those of ``tally`` inserted."""
        end = row + removed
        self._count(self._totals[row:end], self._trained[row:end], self._flags[row:end], -1)
        self._count(tally.totals, tally.trained, tally.flags, 1)
        self._totals[row:end] = tally.totals
        self._trained[row:end] = tally.trained
        self._flags[row:end] = tally.flags

    def summary(self) -> dict[str, Any]:
        """How many examples and tokens there are, and how long examples are."""
        counts = sorted(item for item in self._of_examples.items() if item[1])
        return {
            "examples": len(self._flags) - self._with(BLANK),
            "tokens": sum(total * times for total, times in counts),
            "trained": self._trained_in_all,
            "exact": not self._with(ESTIMATED),
            "median": _middle(counts),
            "longest": counts[-1][0] if counts else 0,
            "over_limit": self._with(OVER_LIMIT),
            "bars": _bars(counts),
        }

    def read_up_to(self, limit: int | None) -> tuple[int, int]:
        """The tokens, and the trained ones among them, where every example loses its end beyond ``limit`` tokens."""
        tokens = sum(total * times for total, times in self._of_examples.items())
        if limit is None or not any(total > limit and times for total, times in self._of_examples.items()):
            return tokens, self._trained_in_all
        cuts = [
            (total - limit, min(trained, total - limit))
            for total, trained, flag in zip(self._totals, self._trained, self._flags, strict=True)
            if flag & COUNTED and total > limit
        ]
        return tokens - sum(cut for cut, _ in cuts), self._trained_in_all - sum(trained for _, trained in cuts)

    def _count(self, totals: array[int], trained: array[int], flags: bytearray, sign: int) -> None:
        for value, times in Counter(flags).items():
            self._flagged[value] += sign * times
        self._trained_in_all += sign * sum(trained)
        counted = Counter(total for total, flag in zip(totals, flags, strict=True) if flag & COUNTED)
        for total, times in counted.items():
            self._of_examples[total] += sign * times

    def _with(self, flag: int) -> int:
        return sum(times for value, times in self._flagged.items() if value & flag)


def _middle(counts: list[tuple[int, int]]) -> int:
    """The lower median of numbers that are given with how often they occur, in order."""
    left = (sum(times for _, times in counts) + 1) // 2
    for number, times in counts:
        left -= times
        if left <= 0:
            return number
    return 0


def _bars(counts: list[tuple[int, int]]) -> list[list[int]]:
    """A histogram: ``[from, to, examples]``, with bounds that read well (1, 2 or 5 times a power of ten)."""
    if not counts:
        return []
    least, most = counts[0][0], counts[-1][0]
    wanted = max(1, (most - least) / _BARS)
    scale = 1
    while scale * 10 <= wanted:
        scale *= 10
    width = next(scale * step for step in (1, 2, 5, 10) if scale * step >= wanted)
    bars: Counter[int] = Counter()
    for total, times in counts:
        bars[total // width] += times
    return [[bar * width, (bar + 1) * width, bars[bar]] for bar in range(least // width, most // width + 1)]

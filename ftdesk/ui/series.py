"""The numbers behind a chart: curves that grow, smoothed, thinned out to a width in pixels, and the ticks of axes."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import pairwise

Point = tuple[float, float]

_NICE = (1.0, 2.0, 5.0, 10.0)


class Series:
    """Values by step, in order. Putting a step again replaces its value: a resumed training repeats a few."""

    def __init__(self, points: Iterable[tuple[int, float]] = ()) -> None:
        self.steps: list[int] = []
        self.values: list[float] = []
        for step, value in points:
            self.put(step, value)

    def __len__(self) -> int:
        return len(self.steps)

    def put(self, step: int, value: float) -> None:
        """Values that are no number are left out: a diverged loss has no place on an axis."""
        if not math.isfinite(value):
            return
        if not self.steps or step > self.steps[-1]:
            self.steps.append(step)
            self.values.append(value)
            return
        at = bisect_left(self.steps, step)
        if self.steps[at] == step:
            self.values[at] = value
        else:
            self.steps.insert(at, step)
            self.values.insert(at, value)

    def at(self, step: int) -> float | None:
        place = bisect_left(self.steps, step)
        return self.values[place] if place < len(self) and self.steps[place] == step else None

    def nearest(self, position: float) -> int | None:
        """The step closest to ``position``."""
        if not self.steps:
            return None
        place = bisect_left(self.steps, position)
        around = self.steps[max(0, place - 1) : place + 1]
        return min(around, key=lambda step: abs(step - position))

    def smoothed(self, window: float) -> Series:
        """The exponential moving average over about ``window`` values, corrected for its start as Adam does it.

        Without the correction the curve would begin at zero or hang on to the first value.
        """
        keep = 1 - 1 / max(1.0, window)
        average, weight = 0.0, 0.0
        curve = Series()
        curve.steps = self.steps
        for value in self.values:
            average = keep * average + (1 - keep) * value
            weight = keep * weight + (1 - keep)
            curve.values.append(average / weight)
        return curve

    def visible(self, low: float, high: float) -> slice:
        """The part between two positions, with one neighbour on each side so that lines reach the edge."""
        return slice(max(0, bisect_left(self.steps, low) - 1), min(len(self), bisect_right(self.steps, high) + 1))

    def thinned(self, part: slice, most: int) -> list[Point]:
        """At most about ``most`` points of ``part``; each bucket keeps its lowest and its highest value.

        A peak is never lost, and the cost of painting does not grow with the length of the training.
        """
        steps, values = self.steps[part], self.values[part]
        if len(steps) <= most:
            return list(zip(steps, values, strict=True))
        size = math.ceil(2 * len(steps) / most)
        points: list[Point] = []
        for start in range(0, len(steps), size):
            bucket = values[start : start + size]
            low, high = min(bucket), max(bucket)
            ends = sorted(((bucket.index(low), low), (bucket.index(high), high)))
            points += [(steps[start + place], value) for place, value in ends]
        return points


def nice_step(span: float, most: int) -> float:
    """The smallest of 1, 2, 5, 10 … that cuts ``span`` into at most ``most`` pieces."""
    rough = span / max(1, most)
    if rough <= 0 or not math.isfinite(rough):
        return 1.0
    power = 10.0 ** math.floor(math.log10(rough))
    return next(nice * power for nice in _NICE if nice * power >= rough * (1 - 1e-9))


def linear_ticks(low: float, high: float, most: int, *, whole: bool = False) -> list[float]:
    """Round numbers between ``low`` and ``high``; ``whole`` for things that come one by one."""
    step = nice_step(high - low, most)
    if whole:
        step = max(1.0, step)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [number * step for number in range(first, last + 1)]


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """1, 2 and 5 times powers of ten between two positive bounds, or powers alone where those suffice."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for leads in ((1, 2, 5), (1, 5), (1,)):
        ticks = [lead * 10.0**power for power in powers for lead in leads if low <= lead * 10.0**power <= high]
        if len(ticks) <= most:
            break
    else:
        ticks = ticks[:: math.ceil(len(ticks) / most)]
    return ticks if len(ticks) > 1 else linear_ticks(low, high, most)


def tick_text(value: float, ticks: Sequence[float]) -> str:
    """``value`` with as many decimals as tell the ``ticks`` apart; thousands as k."""
    largest = max((abs(tick) for tick in ticks), default=0.0)
    if largest >= 10_000:
        return f"{value / 1000:g}k"
    if largest and largest < 0.001:
        return f"{value:g}"
    gap = min((abs(b - a) for a, b in pairwise(ticks)), default=1.0)
    decimals = max(0, -math.floor(math.log10(gap) + 1e-9)) if gap else 0
    return f"{value:.{min(decimals, 6)}f}"

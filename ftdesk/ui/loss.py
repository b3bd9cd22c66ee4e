"""What is known of a training's loss: its curves, its checkpoints, and both in words."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ftdesk.ui.series import Series

_HEADINGS = ("step", "train_loss", "valid_loss", "full_valid_loss", "checkpoint")


@dataclass(frozen=True, slots=True)
class LossPoint:
    """What one step said. ``valid_loss`` is of one batch, ``full_valid_loss`` of the whole validation file."""

    step: int
    train_loss: float | None = None
    valid_loss: float | None = None
    full_valid_loss: float | None = None


_FEW = 60
"""Up to so many values a curve is read point by point; beyond, its trend counts."""


class LossCurves:
    """All points so far. ``total_steps`` is 0 while nobody knows; it steadies the smoothing and the axis."""

    def __init__(self, total_steps: int = 0) -> None:
        self.train = Series()
        self.batch_valid = Series()
        self.full_valid = Series()
        self.checkpoints: tuple[int, ...] = ()
        self.best: int | None = None
        self.total_steps = total_steps
        self.ended = False
        self._smooth: tuple[Series, Series] | None = None

    @property
    def is_empty(self) -> bool:
        return not (self.train or self.valid)

    @property
    def valid(self) -> Series:
        """The validation curve worth reading: of the whole file where the host measures that."""
        return self.full_valid or self.batch_valid

    @property
    def last_step(self) -> int:
        return max(
            (series.steps[-1] for series in (self.train, self.batch_valid, self.full_valid) if series), default=0
        )

    @property
    def smooth_train(self) -> Series:
        return self._smoothed[0]

    @property
    def smooth_valid(self) -> Series:
        """``valid`` itself where it has few points."""
        return self._smoothed[1]

    def add(self, points: Iterable[LossPoint], total_steps: int = 0) -> None:
        self.total_steps = max(total_steps, self.total_steps)
        self._smooth = None
        for point in points:
            for series, value in (
                (self.train, point.train_loss),
                (self.batch_valid, point.valid_loss),
                (self.full_valid, point.full_valid_loss),
            ):
                if value is not None:
                    series.put(point.step, value)

    @property
    def _smoothed(self) -> tuple[Series, Series]:
        if self._smooth is None:
            # Wide for long trainings, but never so wide at their beginning that the curve lags behind.
            valid, steps = self.valid, min(max(self.total_steps, len(self.train)), 4 * len(self.train))
            window = steps / 40
            few = len(valid) <= _FEW
            self._smooth = (
                self.train.smoothed(window),
                valid if few else valid.smoothed(window * len(valid) / max(1, len(self.train))),
            )
        return self._smooth

    def csv(self) -> bytes:
        """One row per step that said anything."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(_HEADINGS)
        curves = (self.train, self.batch_valid, self.full_valid)
        for step in sorted({step for series in curves for step in series.steps} | set(self.checkpoints)):
            values = ["" if (value := series.at(step)) is None else value for series in curves]
            writer.writerow([step, *values, "yes" if step in self.checkpoints else ""])
        return text.getvalue().encode()


def best_checkpoint(checkpoints: Sequence[tuple[int, float | None]]) -> int | None:
    """The step with the lowest validation loss. ``None`` when fewer than two were measured: nothing was chosen then."""
    measured = [(loss, step) for step, loss in checkpoints if loss is not None]
    return min(measured)[1] if len(measured) > 1 else None

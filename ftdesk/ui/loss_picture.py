"""Painting loss curves into a rectangle, on the screen or for a file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF

from ftdesk.ui.fonts import CAPTION, interface_font
from ftdesk.ui.loss import LossCurves
from ftdesk.ui.series import Series, linear_ticks, log_ticks, tick_text
from ftdesk.ui.tokens import UNIT, Tokens

LEFT, TOP, RIGHT, BOTTOM = 12 * UNIT, 10 * UNIT, 4 * UNIT, 7 * UNIT
_MARK = 4.5
_POINTS_PER_PIXEL = 1.5


@dataclass(frozen=True, slots=True)
class Frame:
    """Where values stand: a rectangle in pixels and the ranges of step and loss that it shows."""

    area: QRectF
    first: float
    last: float
    bottom: float
    top: float
    log: bool

    def x(self, step: float) -> float:
        return self.area.left() + (step - self.first) / (self.last - self.first) * self.area.width()

    def y(self, loss: float) -> float:
        bottom, top = self.bottom, self.top
        if self.log:
            loss, bottom, top = (math.log10(max(number, self.bottom)) for number in (loss, bottom, top))
        return self.area.bottom() - (loss - bottom) / (top - bottom) * self.area.height()

    def step(self, x: float) -> float:
        return self.first + (x - self.area.left()) / self.area.width() * (self.last - self.first)


def frame_of(curves: LossCurves, room: QRectF, view: tuple[float, float], *, log: bool) -> Frame:
    """The frame in ``room`` that shows ``view``, high enough for all that is visible in it."""
    seen = [
        value
        for series in (curves.train, curves.batch_valid, curves.full_valid)
        for value in series.values[series.visible(*view)]
    ]
    low, high = min(seen, default=0.0), max(seen, default=1.0)
    if log and high > 0:
        low = min((value for value in seen if value > 0), default=high)
        bottom, top = low / 1.15, high * 1.15
    else:
        log = False
        pad = (high - low or abs(high) or 1.0) * 0.08
        # A loss falls towards zero: show how far it still is, unless it moves in a narrow band far above.
        bottom, top = (0.0 if 0 <= low < 0.5 * high else low - pad), high + pad
    return Frame(room.adjusted(LEFT, TOP, -RIGHT, -BOTTOM), view[0], view[1], bottom, top, log)


class LossPicture:
    """One painting of ``curves``."""

    def __init__(self, painter: QPainter, curves: LossCurves, table: Tokens) -> None:
        self._painter = painter
        self._curves = curves
        self._table = table
        self._font = interface_font(CAPTION)
        self._metrics = QFontMetricsF(self._font)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._font)

    def draw_empty(self, room: QRectF, text: str) -> None:
        self._pen(self._table.mute)
        centre = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        self._painter.drawText(room.adjusted(LEFT, TOP, -LEFT, -BOTTOM), centre, text)

    def draw(self, frame: Frame) -> None:
        self._draw_axes(frame)
        self._painter.save()
        self._painter.setClipRect(frame.area.adjusted(0, -2, 1, 2))
        self._draw_checkpoint_lines(frame)
        curves, accent, second = self._curves, self._table.accent, self._table.second
        if len(curves.train) > 2:
            self._draw_curve(frame, curves.train, accent, 1, faint=True)
        if curves.smooth_valid is not curves.batch_valid:
            self._draw_curve(frame, curves.batch_valid, second, 1, faint=True)
        self._draw_curve(frame, curves.smooth_train, accent, 2)
        self._draw_curve(frame, curves.smooth_valid, second, 2)
        if curves.smooth_valid is curves.valid:
            self._draw_dots(frame, curves.valid, second)
        self._painter.restore()
        self._draw_checkpoint_marks(frame)
        self._draw_legend(frame)

    def draw_hover(self, frame: Frame, step: int) -> None:
        """A line at ``step`` and a card with what was measured there."""
        x = frame.x(step)
        self._pen(self._table.line_strong)
        self._painter.drawLine(QPointF(x, frame.area.top()), QPointF(x, frame.area.bottom()))
        rows = self._rows(step)
        for _, colour, value in rows:
            if value is not None and colour:
                self._dot(QPointF(x, frame.y(value)), colour, 4)
        texts = [(name, colour, "" if value is None else f"{value:.4g}") for name, colour, value in rows]
        title = _tr("Step {step}").format(step=f"{step:,}")
        width = max(
            self._metrics.horizontalAdvance(title),
            *(self._metrics.horizontalAdvance(name + value) + 8 * UNIT for name, _, value in texts),
        )
        card = QRectF(0, 0, width + 6 * UNIT, (len(texts) + 1) * 5 * UNIT + 3 * UNIT)
        left = x + 3 * UNIT
        card.moveTo(left if left + card.width() < frame.area.right() else x - 3 * UNIT - card.width(), frame.area.top())
        self._pen(self._table.line_strong)
        self._painter.setBrush(QColor(self._table.card))
        self._painter.drawRoundedRect(card, 8, 8)
        line = card.adjusted(3 * UNIT, 2 * UNIT, -3 * UNIT, 0)
        line.setHeight(5 * UNIT)
        self._text(line, title, self._table.text, weight=QFont.Weight.DemiBold)
        for name, colour, text in texts:
            line.translate(0, 5 * UNIT)
            if colour:
                self._dot(QPointF(line.left() + 3, line.center().y()), colour, 3)
            self._text(line.adjusted(3 * UNIT, 0, 0, 0), name, self._table.mute)
            self._text(line, text, self._table.text, Qt.AlignmentFlag.AlignRight)

    def _rows(self, step: int) -> list[tuple[str, str, float | None]]:
        """Name, colour of the dot and value."""
        curves, table = self._curves, self._table
        batch = _tr("Validation, one batch") if curves.full_valid else _tr("Validation")
        rows: list[tuple[str, str, float | None]] = [
            (_tr("Training, smoothed"), table.accent, curves.smooth_train.at(step)),
            (_tr("Training"), "", curves.train.at(step)),
            (_tr("Validation"), table.second, curves.full_valid.at(step)),
            (batch, "" if curves.full_valid else table.second, curves.batch_valid.at(step)),
        ]
        shown = [row for row in rows if row[2] is not None]
        if step in curves.checkpoints:
            best = curves.best == step
            shown.append((_tr("Best checkpoint") if best else _tr("Checkpoint"), "", None))
        return shown

    def _draw_axes(self, frame: Frame) -> None:
        area, table = frame.area, self._table
        most = max(2, int(area.height() / (9 * UNIT)))
        ticks = (log_ticks if frame.log else linear_ticks)(frame.bottom, frame.top, most)
        for tick in ticks:
            y = round(frame.y(tick)) + 0.5
            self._pen(table.line)
            self._painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            text = f"{tick:g}" if frame.log else tick_text(tick, ticks)
            beside = QRectF(0, y - 2 * UNIT, area.left() - 2 * UNIT, 4 * UNIT)
            self._text(beside, text, table.mute, Qt.AlignmentFlag.AlignRight)
        steps = linear_ticks(frame.first, frame.last, max(2, int(area.width() / (20 * UNIT))), whole=True)
        unit = _tr("step")
        unit_width = self._metrics.horizontalAdvance(unit)
        below = QRectF(area.right() - unit_width, area.bottom() + UNIT, unit_width, 5 * UNIT)
        self._text(below, unit, table.mute, Qt.AlignmentFlag.AlignRight)
        for tick in steps:
            text = tick_text(tick, steps)
            half = self._metrics.horizontalAdvance(text) / 2
            x = frame.x(tick)
            if x + half < below.left() - 2 * UNIT:
                centred = QRectF(x - half - 1, below.top(), 2 * half + 2, below.height())
                self._text(centred, text, table.mute, Qt.AlignmentFlag.AlignHCenter)
        self._pen(table.line_strong)
        self._painter.drawLine(area.bottomLeft(), area.bottomRight())

    def _draw_curve(self, frame: Frame, series: Series, colour: str, width: float, *, faint: bool = False) -> None:
        part = series.visible(frame.first, frame.last)
        points = series.thinned(part, int(frame.area.width() * _POINTS_PER_PIXEL))
        if not points:
            return
        if len(points) == 1:
            self._dot(QPointF(frame.x(points[0][0]), frame.y(points[0][1])), colour, 3)
            return
        shade = QColor(colour)
        shade.setAlphaF(0.35 if faint else 1.0)
        pen = QPen(shade, width)
        pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin if width > 1 else Qt.PenJoinStyle.BevelJoin)
        self._painter.setPen(pen)
        self._painter.drawPolyline(QPolygonF([QPointF(frame.x(step), frame.y(loss)) for step, loss in points]))

    def _draw_dots(self, frame: Frame, series: Series, colour: str) -> None:
        part = series.visible(frame.first, frame.last)
        for step, loss in zip(series.steps[part], series.values[part], strict=True):
            self._dot(QPointF(frame.x(step), frame.y(loss)), colour, 3)

    def _draw_checkpoint_lines(self, frame: Frame) -> None:
        if len(self._curves.checkpoints) > 30:
            return
        for step in self._curves.checkpoints:
            self._pen(self._table.line, Qt.PenStyle.DashLine)
            x = round(frame.x(step)) + 0.5
            self._painter.drawLine(QPointF(x, frame.area.top()), QPointF(x, frame.area.bottom()))

    def _draw_checkpoint_marks(self, frame: Frame) -> None:
        for step in self._curves.checkpoints:
            if frame.first <= step <= frame.last:
                self._diamond(QPointF(frame.x(step), frame.area.bottom()), filled=step == self._curves.best)

    def _draw_legend(self, frame: Frame) -> None:
        x, y = frame.area.left(), TOP / 2 + 1
        entries = (
            (_tr("Training"), self._table.accent, bool(self._curves.train)),
            (_tr("Validation"), self._table.second, bool(self._curves.valid)),
        )
        for name, colour, present in entries:
            if present:
                self._painter.setPen(QPen(QColor(colour), 2))
                self._painter.drawLine(QPointF(x, y), QPointF(x + 4 * UNIT, y))
                x = self._legend_text(x + 6 * UNIT, y, name)
        if self._curves.checkpoints:
            self._diamond(QPointF(x + UNIT, y), filled=False)
            x = self._legend_text(x + 4 * UNIT, y, _tr("Checkpoint"))
        if self._curves.best is not None:
            self._diamond(QPointF(x + UNIT, y), filled=True)
            self._legend_text(x + 4 * UNIT, y, _tr("Best checkpoint"))

    def _legend_text(self, x: float, y: float, text: str) -> float:
        """Write ``text`` and return where the next entry begins."""
        width = self._metrics.horizontalAdvance(text)
        self._text(QRectF(x, y - 2 * UNIT, width + 1, 4 * UNIT), text, self._table.mute)
        return x + width + 4 * UNIT

    def _diamond(self, at: QPointF, *, filled: bool) -> None:
        self._painter.setPen(QPen(QColor(self._table.text), 1.4))
        self._painter.setBrush(QColor(self._table.text if filled else self._table.window))
        corners = ((0.0, -_MARK), (_MARK, 0.0), (0.0, _MARK), (-_MARK, 0.0))
        self._painter.drawPolygon(QPolygonF([at + QPointF(*corner) for corner in corners]))

    def _dot(self, at: QPointF, colour: str, radius: float) -> None:
        self._painter.setPen(Qt.PenStyle.NoPen)
        self._painter.setBrush(QColor(colour))
        self._painter.drawEllipse(at, radius, radius)

    def _pen(self, colour: str, style: Qt.PenStyle = Qt.PenStyle.SolidLine) -> None:
        self._painter.setPen(QPen(QColor(colour), 1, style))
        self._painter.setBrush(Qt.BrushStyle.NoBrush)

    def _text(
        self,
        room: QRectF,
        text: str,
        colour: str,
        align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
        weight: QFont.Weight = QFont.Weight.Normal,
    ) -> None:
        self._painter.setPen(QColor(colour))
        self._painter.setFont(self._font if weight == QFont.Weight.Normal else interface_font(CAPTION, weight))
        self._painter.drawText(room, align | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine, text)


def mark_at(curves: LossCurves, frame: Frame, point: QPointF) -> int | None:
    """The checkpoint whose mark is under ``point``."""
    reach = _MARK + 3
    if abs(point.y() - frame.area.bottom()) > reach:
        return None
    near: Sequence[tuple[float, int]] = [(abs(frame.x(step) - point.x()), step) for step in curves.checkpoints]
    distance, step = min(near, default=(math.inf, 0))
    return step if distance <= reach else None


def _tr(text: str) -> str:
    return QCoreApplication.translate("LossChart", text)

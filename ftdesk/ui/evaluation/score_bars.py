"""Scores as bars with their 95 % intervals."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from ftdesk.evaluation.types import ModelScore
from ftdesk.overrides import override
from ftdesk.ui.fonts import BODY, CAPTION
from ftdesk.ui.row_painter import Canvas, Weight
from ftdesk.ui.text import set_tooltip
from ftdesk.ui.tokens import UNIT, tokens

_ROW, _BAR, _AXIS = 13 * UNIT, 4 * UNIT, 6 * UNIT
_FIGURE = 40 * UNIT
LETTERS = "ABCD"


class ScoreBars(QWidget):
    """One row a model: name, bar, whisker, per cent and counts."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("evaluation_results")
        self.setAccessibleName(self.tr("Scores"))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._scores: Sequence[ModelScore] = ()
        self._answered: Sequence[int] = ()

    @property
    def text(self) -> str:
        """The scores in words."""
        return "; ".join(
            self.tr("{model}: {percent} right, {correct} of {count}, 95 % interval {low} to {high}").format(
                model=score.model,
                percent=f"{score.score:.0%}",
                correct=score.correct,
                count=count,
                low=f"{score.interval[0]:.0%}",
                high=f"{score.interval[1]:.0%}",
            )
            for score, count in zip(self._scores, self._answered, strict=True)
        )

    def show_scores(self, scores: Sequence[ModelScore], answered: Sequence[int]) -> None:
        """``answered`` is how many answers each score is made of."""
        self._scores, self._answered = scores, answered
        self.setAccessibleDescription(self.text)
        set_tooltip(self, self.text)
        self.updateGeometry()
        self.update()

    @override
    def sizeHint(self) -> QSize:
        return QSize(480, _ROW * len(self._scores) + (_AXIS if self._scores else 0))

    @override
    def minimumSizeHint(self) -> QSize:
        return QSize(240, self.sizeHint().height())

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        canvas = Canvas(painter, tokens(self.palette()))
        plot = QRectF(2, 0, self.width() - _FIGURE - 4 * UNIT, _ROW * len(self._scores))
        if self._scores:
            self._draw_axis(canvas, plot)
        for row, (score, count) in enumerate(zip(self._scores, self._answered, strict=True)):
            colour = canvas.table.accent if row % 2 else canvas.table.second
            self._draw_row(canvas, QRectF(0, row * _ROW, self.width(), _ROW), plot, row, score, count, colour)

    def _draw_axis(self, canvas: Canvas, plot: QRectF) -> None:
        painter = canvas.painter
        for share in (0.0, 0.25, 0.5, 0.75, 1.0):
            x = plot.left() + share * plot.width()
            painter.setPen(QPen(QColor(canvas.table.line), 1))
            painter.drawLine(QPointF(x, 0), QPointF(x, plot.bottom() + UNIT))
            room = QRectF(x - 5 * UNIT, plot.bottom() + UNIT, 10 * UNIT, 5 * UNIT)
            align = Qt.AlignmentFlag.AlignHCenter
            if share == 0:
                room.moveLeft(x - 2)
                align = Qt.AlignmentFlag.AlignLeft
            canvas.text(room, f"{share:.0%}", canvas.table.mute, size=CAPTION - 1, align=align)

    def _draw_row(
        self, canvas: Canvas, room: QRectF, plot: QRectF, row: int, score: ModelScore, count: int, colour: str
    ) -> None:
        painter, table = canvas.painter, canvas.table
        name = QRectF(plot.left(), room.top() + UNIT, plot.width(), 5 * UNIT)
        canvas.text(
            name, f"{LETTERS[row]}  {score.model}", table.text, size=CAPTION, elide=Qt.TextElideMode.ElideMiddle
        )
        bar = QRectF(plot.left(), room.top() + 7 * UNIT, plot.width(), _BAR)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(table.bubble))
        painter.drawRoundedRect(bar, 4, 4)
        filled = QRectF(bar)
        filled.setWidth(max(2.0, bar.width() * score.score))
        painter.setBrush(QColor(colour))
        painter.drawRoundedRect(filled, 4, 4)
        low, high = (bar.left() + share * bar.width() for share in score.interval)
        middle = bar.center().y()
        painter.setPen(QPen(QColor(table.text), 2))
        painter.drawLine(QPointF(low, middle), QPointF(high, middle))
        for x in (low, high):
            painter.drawLine(QPointF(x, middle - UNIT), QPointF(x, middle + UNIT))
        figures = QRectF(plot.right() + 5 * UNIT, room.top() + 2 * UNIT, _FIGURE, 6 * UNIT)
        canvas.text(figures, f"{score.score:.0%}", table.text, size=BODY + 4, weight=Weight.DemiBold)
        figures.translate(0, 6 * UNIT)
        told = f"{score.correct} / {count}" + (f", {score.failed} failed" if score.failed else "")
        canvas.text(figures, told, table.mute, size=CAPTION)

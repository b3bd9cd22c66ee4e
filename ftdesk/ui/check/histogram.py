"""How long the examples are, as bars, with the host's limit drawn in."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QToolTip, QWidget

from ftdesk.overrides import override
from ftdesk.ui.check_summary import Summary
from ftdesk.ui.fonts import CAPTION, interface_font
from ftdesk.ui.text import plural
from ftdesk.ui.tokens import UNIT, tokens
from ftdesk.ui.widgets import count

_AXIS = 6 * UNIT
_TOP = 4 * UNIT


class TokensHistogram(QWidget):
    """Reads like a sentence to a screen reader: median, longest, and how many are over the limit."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("tokens_histogram")
        self.setMinimumHeight(45 * UNIT)
        self.setMouseTracking(True)
        self._summary: Summary | None = None
        self.show_summary(None)

    def show_summary(self, summary: Summary | None) -> None:
        self._summary = summary
        self.setAccessibleName(self.sentence())
        self.update()

    def sentence(self) -> str:
        """What the picture shows, in words."""
        summary = self._summary
        if summary is None or not summary.bars:
            return self.tr("Tokens per example: not counted yet.")
        text = self.tr("Tokens per example: half have {median} or fewer, the longest has {longest}.").format(
            median=f"{summary.median:,}", longest=f"{summary.longest:,}"
        )
        if summary.over_limit:
            text += " " + plural(
                summary.over_limit,
                self.tr("1 is cut by the host."),
                self.tr("{number} are cut by the host."),
            )
        return text

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        summary = self._summary
        if summary is None or not summary.bars:
            return
        colours = tokens(self.palette())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(interface_font(CAPTION))
        most = max(examples for _, _, examples in summary.bars)
        for bar, (low, _, examples) in zip(self._bars(summary), summary.bars, strict=True):
            over = summary.limit is not None and low >= summary.limit
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.error if over else colours.accent))
            height = bar.height() * examples / most
            if examples:
                painter.drawRoundedRect(bar.adjusted(0, bar.height() - max(height, 2), 0, 0), 2, 2)
        base = self.height() - _AXIS
        painter.setPen(QPen(QColor(colours.line_strong), 1))
        painter.drawLine(QPointF(0, base + 0.5), QPointF(self.width(), base + 0.5))
        self._paint_axis(painter, summary, base)
        self._paint_limit(painter, summary, base)

    def _paint_axis(self, painter: QPainter, summary: Summary, base: float) -> None:
        metrics = QFontMetricsF(painter.font())
        painter.setPen(QColor(tokens(self.palette()).mute))
        free = -1.0
        low, high = summary.bars[0][0], summary.bars[-1][1]
        bounds = [bar[0] for bar in summary.bars] + [high]
        step = max(1, len(bounds) // 5)
        for bound in bounds[::step]:
            text = count(bound)
            width = metrics.horizontalAdvance(text)
            left = max(0.0, min(self._x(bound, low, high) - width / 2, self.width() - width))
            if left > free:
                painter.drawText(QRectF(left, base + UNIT, width + 1, 5 * UNIT), Qt.AlignmentFlag.AlignCenter, text)
                free = left + width + 2 * UNIT

    def _paint_limit(self, painter: QPainter, summary: Summary, base: float) -> None:
        low, high = summary.bars[0][0], summary.bars[-1][1]
        if summary.limit is None or not low < summary.limit <= high:
            return
        x = self._x(summary.limit, low, high)
        painter.setPen(QPen(QColor(tokens(self.palette()).error), 1, Qt.PenStyle.DashLine))
        painter.drawLine(QPointF(x, 0), QPointF(x, base))
        text = self.tr("limit {limit}").format(limit=count(summary.limit))
        width = QFontMetricsF(painter.font()).horizontalAdvance(text)
        left = x - width - UNIT if x > self.width() / 2 else x + UNIT
        painter.drawText(QRectF(left, 0, width + 1, _TOP), Qt.AlignmentFlag.AlignVCenter, text)

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        summary = self._summary
        if summary is None:
            return
        for bar, (low, high, examples) in zip(self._bars(summary), summary.bars, strict=True):
            if bar.left() <= event.position().x() < bar.right() + 2:
                text = plural(examples, self.tr("1 example"), self.tr("{number} examples"))
                words = self.tr("{examples} with {low} to {high} tokens")
                QToolTip.showText(
                    event.globalPosition().toPoint(),
                    words.format(examples=text, low=f"{low:,}", high=f"{high - 1:,}"),
                    self,
                )
                return

    def _bars(self, summary: Summary) -> list[QRectF]:
        """The full height of every bar."""
        width = self.width() / len(summary.bars)
        gap = 2 if width > 6 else 0
        height = self.height() - _AXIS - _TOP
        return [QRectF(at * width, _TOP, max(1.0, width - gap), height) for at in range(len(summary.bars))]

    def _x(self, tokens_: float, low: int, high: int) -> float:
        return (tokens_ - low) / max(1, high - low) * self.width()

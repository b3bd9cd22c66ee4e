"""Paints one example in the list: number, preview, a dot for findings, and what is known of it."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from ftdesk.overrides import override
from ftdesk.ui.dataset.examples_model import EXAMPLE_ROLE, ExampleSummary
from ftdesk.ui.fonts import CAPTION, interface_font
from ftdesk.ui.text import one_line, plural
from ftdesk.ui.tokens import UNIT, Tokens, tokens
from ftdesk.ui.widgets import count

ROW_HEIGHT = 13 * UNIT


class ExamplesDelegate(QStyledItemDelegate):
    """Two lines a row, the same height for all: the list's speed depends on it."""

    def __init__(self) -> None:
        super().__init__()
        self._body = interface_font()
        self._caption = interface_font(CAPTION)
        self._body_metrics = QFontMetricsF(self._body)
        self._caption_metrics = QFontMetricsF(self._caption)

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(50 * UNIT, ROW_HEIGHT)

    @override
    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        summary: ExampleSummary = index.data(EXAMPLE_ROLE)
        colours = tokens(option.palette)
        state: QStyle.StateFlag = option.state
        area = QRectF(option.rect).adjusted(UNIT, 1, -UNIT, -1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._background(painter, area, state, colours)
        number = str(summary.row + 1)
        gutter = max(8 * UNIT, self._caption_metrics.horizontalAdvance(number) + 2 * UNIT)
        left = area.left() + gutter + UNIT
        dot = self._dot(painter, area, summary, colours)
        width = area.right() - left - (5 * UNIT if dot else 2 * UNIT)
        top, bottom = area.top() + 6, area.top() + 26
        painter.setFont(self._caption)
        painter.setPen(QColor(colours.mute))
        painter.drawText(
            QRectF(area.left(), top, gutter - UNIT, 20),
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
            number,
        )
        painter.drawText(
            QRectF(left, bottom, width, 18),
            Qt.AlignmentFlag.AlignVCenter,
            self._caption_metrics.elidedText(self._facts(summary), Qt.TextElideMode.ElideRight, width),
        )
        painter.setFont(self._body)
        painter.setPen(QColor(colours.text if summary.preview and summary.kind != "blank" else colours.mute))
        text = summary.preview or (self.tr("Blank line") if summary.kind == "blank" else self.tr("No text yet"))
        painter.drawText(
            QRectF(left, top, width, 20),
            Qt.AlignmentFlag.AlignVCenter,
            self._body_metrics.elidedText(text, Qt.TextElideMode.ElideRight, width),
        )
        painter.restore()

    def _background(self, painter: QPainter, area: QRectF, state: QStyle.StateFlag, colours: Tokens) -> None:
        selected = bool(state & QStyle.StateFlag.State_Selected)
        if selected or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.selected if selected else colours.hover))
            painter.drawRoundedRect(area, 8, 8)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QColor(colours.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)

    def _dot(self, painter: QPainter, area: QRectF, summary: ExampleSummary, colours: Tokens) -> bool:
        colour = {"error": colours.error, "warning": colours.warning}.get(summary.severity)
        if colour is None:
            return False
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        painter.drawEllipse(QPointF(area.right() - 3 * UNIT, area.center().y()), 4, 4)
        return True

    def _facts(self, summary: ExampleSummary) -> str:
        if summary.kind == "broken":
            return self.tr("Not readable as an example")
        if summary.kind == "blank":
            return self.tr("Skipped in training")
        parts = [plural(summary.messages, self.tr("1 message"), self.tr("{number} messages"))]
        if summary.kind != "supervised":
            parts.insert(0, self.tr("preference") if summary.kind == "preference" else self.tr("reinforcement"))
        if summary.tokens is not None:
            parts.append(self.tr("{count} tokens").format(count=count(summary.tokens)))
        # In front, since the end of the line is what has no room first.
        return " · ".join([f"#{one_line(tag, 24)}" for tag in summary.tags] + parts)

"""What the delegates of lists paint with: the ground of a row, texts that fit, icons and bars."""

from __future__ import annotations

from functools import lru_cache
from typing import Self

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPixmap
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from ftdesk.ui.fonts import BODY, interface_font
from ftdesk.ui.icons import pixmap
from ftdesk.ui.text import one_line
from ftdesk.ui.tokens import UNIT, Tokens, tokens

Weight = QFont.Weight


class Canvas:
    """A painter with the colours of the theme and the fonts of the app."""

    def __init__(self, painter: QPainter, table: Tokens) -> None:
        self.painter = painter
        self.table = table

    def text(
        self,
        room: QRectF,
        text: str,
        colour: str,
        *,
        size: int = BODY,
        weight: Weight = Weight.Normal,
        align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft,
        elide: Qt.TextElideMode = Qt.TextElideMode.ElideRight,
    ) -> float:
        """Write one line into ``room`` and return how wide it is."""
        font, metrics = _font(size, weight)
        self.painter.setFont(font)
        self.painter.setPen(QColor(colour))
        shown = metrics.elidedText(one_line(text), elide, room.width())
        # Text from right to left would otherwise change sides, and with it the table its columns.
        side = align | Qt.AlignmentFlag.AlignAbsolute | Qt.AlignmentFlag.AlignVCenter
        self.painter.drawText(room, side | Qt.TextFlag.TextSingleLine, shown)
        return min(metrics.horizontalAdvance(shown), room.width())

    def icon(self, name: str, colour: str, left: float, centre: float, size: int = 16) -> None:
        """Draw an icon, centred on a height."""
        density = self.painter.device().devicePixelRatioF()
        self.painter.drawPixmap(round(left), round(centre - size / 2), _picture(name, colour, size, density))

    def bar(self, room: QRectF, share: float, colour: str) -> None:
        """A thin bar that is filled by ``share``."""
        radius = room.height() / 2
        self.painter.setPen(Qt.PenStyle.NoPen)
        self.painter.setBrush(QColor(self.table.line_strong))
        self.painter.drawRoundedRect(room, radius, radius)
        self.painter.setBrush(QColor(colour))
        self.painter.drawRoundedRect(
            QRectF(room.left(), room.top(), room.width() * min(max(share, 0.0), 1.0), room.height()), radius, radius
        )


class RowPainter(Canvas):
    """Paints one row, within ``with``. ``area`` is the rounded ground inside of it."""

    def __init__(self, painter: QPainter, option: QStyleOptionViewItem) -> None:
        super().__init__(painter, tokens(option.palette))
        self.area = QRectF(option.rect).adjusted(UNIT, 1, -UNIT, -1)
        self._state: QStyle.StateFlag = option.state

    def __enter__(self) -> Self:
        self.painter.save()
        self.painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        return self

    def __exit__(self, *_: object) -> None:
        self.painter.restore()

    def ground(self) -> None:
        """Selection, hover and focus."""
        selected = bool(self._state & QStyle.StateFlag.State_Selected)
        if selected or self._state & QStyle.StateFlag.State_MouseOver:
            self.painter.setPen(Qt.PenStyle.NoPen)
            self.painter.setBrush(QColor(self.table.selected if selected else self.table.hover))
            self.painter.drawRoundedRect(self.area, 8, 8)
        if self._state & QStyle.StateFlag.State_HasFocus:
            self.painter.setPen(QColor(self.table.accent))
            self.painter.setBrush(Qt.BrushStyle.NoBrush)
            self.painter.drawRoundedRect(self.area.adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)


def text_width(text: str, size: int = BODY, weight: Weight = Weight.Normal) -> float:
    return _font(size, weight)[1].horizontalAdvance(text)


@lru_cache(maxsize=16)
def _font(size: int, weight: Weight) -> tuple[QFont, QFontMetricsF]:
    font = interface_font(size, weight)
    return font, QFontMetricsF(font)


@lru_cache(maxsize=128)
def _picture(name: str, colour: str, size: int, density: float) -> QPixmap:
    return pixmap(name, colour, size, density)

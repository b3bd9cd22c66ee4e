"""Paints one proposed change in a list: a tick, where it is, and the text before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from ftdesk.overrides import override
from ftdesk.ui.fonts import CAPTION, interface_font
from ftdesk.ui.row_painter import RowPainter
from ftdesk.ui.tokens import UNIT

Index = QModelIndex | QPersistentModelIndex

ROW_HEIGHT = 19 * UNIT
PREVIEW_ROLE = Qt.ItemDataRole.UserRole
_TICK_ROOM = 9 * UNIT
_BOX = 16.0


@dataclass(frozen=True, slots=True)
class Piece:
    """Text of a preview. ``changed`` stands out."""

    text: str
    changed: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """One change: where it is, and the text around it, before and after."""

    where: str
    before: tuple[Piece, ...]
    after: tuple[Piece, ...]


@runtime_checkable
class Ticked(Protocol):
    """A model of changes. Its rows give a ``Preview`` as ``PREVIEW_ROLE`` and their tick as the check state."""

    def is_ticked(self, position: int) -> bool: ...

    def tick(self, positions: Sequence[int], *, ticked: bool) -> None: ...


class ChangeDelegate(QStyledItemDelegate):
    """Every row is of one height. A click on the box ticks; the space bar is the list's."""

    def __init__(self) -> None:
        super().__init__()
        self._font = interface_font()
        self._metrics = QFontMetricsF(self._font)

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(80 * UNIT, ROW_HEIGHT)

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        preview: Preview = index.data(PREVIEW_ROLE)
        ticked = index.data(Qt.ItemDataRole.CheckStateRole) == Qt.CheckState.Checked
        with RowPainter(painter, option) as row:
            row.ground()
            area, table = row.area, row.table
            box = QRectF(area.left() + 2 * UNIT, area.center().y() - _BOX / 2, _BOX, _BOX)
            painter.setPen(QColor(table.accent if ticked else table.mute))
            painter.setBrush(QColor(table.accent if ticked else table.window))
            painter.drawRoundedRect(box, 4, 4)
            if ticked:
                row.icon("check", table.on_accent, box.left() + 2, box.center().y(), 12)
            left, width = area.left() + _TICK_ROOM, area.width() - _TICK_ROOM - 2 * UNIT
            room = QRectF(left, area.top() + UNIT, width, 5 * UNIT)
            row.text(room, preview.where, table.mute, size=CAPTION)
            self._line(row, room.translated(0, 6 * UNIT), "−", preview.before, (table.error, table.error_soft))
            self._line(row, room.translated(0, 12 * UNIT), "+", preview.after, (table.accent, table.accent_soft))

    @override
    def editorEvent(self, event: QEvent, model: object, option: QStyleOptionViewItem, index: Index) -> bool:
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonRelease:
            area: QRectF = QRectF(option.rect)
            if isinstance(model, Ticked) and event.position().x() < area.left() + _TICK_ROOM:
                model.tick([index.row()], ticked=not model.is_ticked(index.row()))
                return True
        return False

    def _line(self, row: RowPainter, room: QRectF, sign: str, pieces: Sequence[Piece], look: tuple[str, str]) -> None:
        painter = row.painter
        painter.setFont(self._font)
        colour, ground = look
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignAbsolute | Qt.TextFlag.TextSingleLine
        painter.setPen(QColor(colour))
        painter.drawText(room, flags, sign)
        left = room.left() + 4 * UNIT
        for piece in pieces:
            left_over = room.right() - left
            if left_over <= 0:
                break
            shown = self._metrics.elidedText(piece.text, Qt.TextElideMode.ElideRight, left_over)
            width = self._metrics.horizontalAdvance(shown)
            if piece.changed and shown:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(ground))
                painter.drawRoundedRect(QRectF(left - 1, room.top(), width + 2, room.height()), 4, 4)
            painter.setPen(QColor(colour if piece.changed else row.table.text))
            painter.drawText(QRectF(left, room.top(), width + UNIT, room.height()), flags, shown)
            left += width

"""Paints a group of findings, or one finding."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QMouseEvent, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from ftdesk.overrides import override
from ftdesk.ui.check.findings_model import ENTRY_ROLE, Entry, FindingEntry, Group
from ftdesk.ui.fonts import BODY, CAPTION, interface_font
from ftdesk.ui.icons import icon
from ftdesk.ui.text import one_line
from ftdesk.ui.tokens import UNIT, Tokens, tokens

ROW_HEIGHT = 10 * UNIT
_ICONS = {"error": "circle-x", "warning": "triangle-alert", "hint": "info"}
_PLACE_WIDTH = 24 * UNIT
_WAND_ROOM = 12 * UNIT
_MIDDLE = Qt.AlignmentFlag.AlignVCenter


class FindingsDelegate(QStyledItemDelegate):
    fix_wanted = Signal(object)
    """The wand of a ``FindingEntry`` was clicked."""

    def __init__(self) -> None:
        super().__init__()
        self._heading = interface_font(BODY, QFont.Weight.DemiBold)
        self._body = interface_font()
        self._caption = interface_font(CAPTION)

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(80 * UNIT, ROW_HEIGHT)

    @override
    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        entry: Entry = index.data(ENTRY_ROLE)
        colours = tokens(option.palette)
        area = QRectF(option.rect).adjusted(UNIT, 1, -UNIT, -1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.selected if selected else colours.hover))
            painter.drawRoundedRect(area, 8, 8)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QColor(colours.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(area.adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        if isinstance(entry, Group):
            self._paint_group(painter, area, entry, colours)
        else:
            self._paint_finding(painter, area, entry, colours)
        painter.restore()

    @override
    def editorEvent(
        self,
        event: QEvent,
        model: QAbstractItemModel,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> bool:
        entry: Entry = index.data(ENTRY_ROLE)
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonRelease and _is_fixable(entry):
            area: QRectF = QRectF(option.rect)
            if event.position().x() > area.right() - _WAND_ROOM:
                self.fix_wanted.emit(entry)
                return True
        return False

    def _paint_group(self, painter: QPainter, area: QRectF, group: Group, colours: Tokens) -> None:
        colour = {"error": colours.error, "warning": colours.warning}.get(group.severity, colours.mute)
        middle = round(area.center().y())
        self._icon(
            painter, "chevron-down" if group.is_open else "chevron-right", colours.mute, round(area.left()) + 8, middle
        )
        self._icon(painter, _ICONS[group.severity], colour, round(area.left()) + 32, middle)
        inside = area.adjusted(14 * UNIT, 0, -3 * UNIT, 0)
        painter.setFont(self._heading)
        painter.setPen(QColor(colours.text))
        number = f"{len(group.findings):,}"
        room = QFontMetricsF(self._heading).horizontalAdvance(number) + 4 * UNIT
        title = QFontMetricsF(self._heading).elidedText(group.title, Qt.TextElideMode.ElideRight, inside.width() - room)
        painter.drawText(inside, _MIDDLE | Qt.AlignmentFlag.AlignLeft, title)
        painter.setPen(QColor(colour))
        painter.drawText(inside, _MIDDLE | Qt.AlignmentFlag.AlignRight, number)

    def _paint_finding(self, painter: QPainter, area: QRectF, entry: FindingEntry, colours: Tokens) -> None:
        place = (
            self.tr("Line {number}").format(number=f"{entry.row + 1:,}") if entry.row >= 0 else self.tr("Whole file")
        )
        inside = area.adjusted(14 * UNIT, 0, -3 * UNIT, 0)
        painter.setFont(self._caption)
        painter.setPen(QColor(colours.mute))
        painter.drawText(inside, _MIDDLE | Qt.AlignmentFlag.AlignLeft, place)
        inside.setLeft(inside.left() + _PLACE_WIDTH)
        if _is_fixable(entry):
            self._icon(painter, "wand-sparkles", colours.mute, round(inside.right()) - 16, round(inside.center().y()))
            inside.setRight(inside.right() - 6 * UNIT)
        painter.setFont(self._body)
        painter.setPen(QColor(colours.text))
        message = QFontMetricsF(self._body).elidedText(
            one_line(entry.finding.message), Qt.TextElideMode.ElideRight, inside.width()
        )
        painter.drawText(inside, _MIDDLE | Qt.AlignmentFlag.AlignLeft, message)

    def _icon(self, painter: QPainter, name: str, colour: str, left: int, middle: int) -> None:
        icon(name, colour, 16).paint(painter, left, middle - 8, 16, 16)


def _is_fixable(entry: Entry) -> bool:
    return isinstance(entry, FindingEntry) and entry.row >= 0 and entry.finding.fix is not None

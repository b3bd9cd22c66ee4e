"""The log of a job as its host tells it."""

from __future__ import annotations

import html
from collections.abc import Sequence

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QWidget

from ftdesk.hosts.types import JobEvent
from ftdesk.overrides import override
from ftdesk.ui.fonts import CAPTION
from ftdesk.ui.jobs.wording import clock_time
from ftdesk.ui.long_list import LongList
from ftdesk.ui.row_painter import RowPainter
from ftdesk.ui.text import visible
from ftdesk.ui.tokens import UNIT

Index = QModelIndex | QPersistentModelIndex
_ROW_HEIGHT = 7 * UNIT
_ICONS = {
    "error": ("circle-x", "error"),
    "warn": ("triangle-alert", "warning"),
    "warning": ("triangle-alert", "warning"),
}


class EventsModel(QAbstractTableModel):
    """Oldest first, as told."""

    def __init__(self) -> None:
        super().__init__()
        self._events: list[JobEvent] = []

    def clear(self) -> None:
        self.beginResetModel()
        self._events = []
        self.endResetModel()

    def add(self, events: Sequence[JobEvent]) -> None:
        if events:
            self.beginInsertRows(QModelIndex(), len(self._events), len(self._events) + len(events) - 1)
            self._events.extend(events)
            self.endInsertRows()

    @override
    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._events)

    @override
    def columnCount(self, parent: Index | None = None) -> int:
        return 1

    @override
    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        event = self._events[index.row()]
        if role == Qt.ItemDataRole.UserRole:
            return event
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{clock_time(event.created_at)}  {visible(event.message)}"
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"<qt>{html.escape(visible(event.message))}</qt>"
        return None


class EventDelegate(QStyledItemDelegate):
    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(50 * UNIT, _ROW_HEIGHT)

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        event: JobEvent = index.data(Qt.ItemDataRole.UserRole)
        with RowPainter(painter, option) as row:
            row.ground()
            room = row.area.adjusted(3 * UNIT, 0, -3 * UNIT, 0)
            row.text(room, clock_time(event.created_at), row.table.mute, size=CAPTION)
            icon, tone = _ICONS.get(event.level, ("", "text"))
            if icon:
                row.icon(icon, getattr(row.table, tone), room.left() + 20 * UNIT, room.center().y(), 14)
            row.text(room.adjusted(25 * UNIT, 0, 0, 0), event.message, getattr(row.table, tone), size=CAPTION + 1)


class EventsView(LongList):
    """Stays at the newest event while that is in view. Ctrl+C copies what is selected."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Events of the job"), EventDelegate(), _ROW_HEIGHT, parent)
        self.setObjectName("events_view")
        self._model = EventsModel()
        self._model.setParent(self)
        self.setModel(self._model)

    def clear(self) -> None:
        self._model.clear()

    def add(self, events: Sequence[JobEvent]) -> None:
        bar = self.verticalScrollBar()
        at_end = bar.value() >= bar.maximum() - _ROW_HEIGHT
        self._model.add(events)
        if at_end:
            self.scrollToBottom()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            rows = sorted(self.selectionModel().selectedRows(), key=lambda index: index.row())
            QGuiApplication.clipboard().setText("\n".join(str(index.data()) for index in rows))
            return
        super().keyPressEvent(event)

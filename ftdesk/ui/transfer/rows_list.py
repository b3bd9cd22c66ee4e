"""Rows of a file with two lines of text each, or with the reason why they were left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Generic, TypeVar, overload

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QWidget

from ftdesk.overrides import override
from ftdesk.ui.fonts import CAPTION
from ftdesk.ui.long_list import LongList
from ftdesk.ui.row_painter import RowPainter, text_width
from ftdesk.ui.text import one_line
from ftdesk.ui.tokens import UNIT

Index = QModelIndex | QPersistentModelIndex
Item = TypeVar("Item")
MOST_ROWS = 500
MOST_BYTES = 2 << 20
"""So many rows and bytes are looked at while the window waits: more would be felt, and nobody reads them all."""
_ROW_HEIGHT = 12 * UNIT


@dataclass(frozen=True, slots=True)
class ShownRow:
    """``number`` as the file counts, or 0 where it does not.

    ``reason`` says why the row was left out; it takes the place of ``second``.
    """

    number: int
    first: str
    second: str = ""
    reason: str = ""


class LazyRows(Sequence[ShownRow], Generic[Item]):
    """Rows that are made when somebody looks at them, however many there are."""

    def __init__(self, items: Sequence[Item], make: Callable[[Item], ShownRow]) -> None:
        self._items = items
        self._make = make

    @override
    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, index: int) -> ShownRow: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[ShownRow]: ...
    @override
    def __getitem__(self, index: int | slice) -> ShownRow | Sequence[ShownRow]:
        if isinstance(index, slice):
            return LazyRows(self._items[index], self._make)
        return self._make(self._items[index])


class RowsModel(QAbstractTableModel):
    def __init__(self) -> None:
        super().__init__()
        self._rows: Sequence[ShownRow] = ()

    def show_rows(self, rows: Sequence[ShownRow]) -> None:
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    @property
    def _has_numbers(self) -> bool:
        return bool(self._rows) and self._rows[-1].number > 0

    @property
    def number_width(self) -> int:
        """Room for the largest number."""
        return ceil(text_width(f"{self._rows[-1].number:,}", CAPTION)) + 1 if self._has_numbers else 0

    @override
    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    @override
    def columnCount(self, parent: Index | None = None) -> int:
        return 1

    @override
    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        row = self._rows[index.row()]
        if role == Qt.ItemDataRole.UserRole:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            text = row.reason or f"{row.first} {row.second}".rstrip()
            return one_line(f"{row.number}: {text}" if row.number else text)
        return None


class RowsDelegate(QStyledItemDelegate):
    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(60 * UNIT, _ROW_HEIGHT)

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: ShownRow = index.data(Qt.ItemDataRole.UserRole)
        model = index.model()
        width = model.number_width if isinstance(model, RowsModel) else 0
        with RowPainter(painter, option) as canvas:
            canvas.ground()
            room = canvas.area.adjusted(2 * UNIT, UNIT, -2 * UNIT, -UNIT)
            if not (row.second or row.reason):
                room = room.adjusted(0, room.height() / 4, 0, room.height() / 4)
            upper, lower = room.adjusted(0, 0, 0, -room.height() / 2), room.adjusted(0, room.height() / 2, 0, 0)
            if row.number:
                number = upper.adjusted(0, 0, width - upper.width(), 0)
                right = Qt.AlignmentFlag.AlignRight
                canvas.text(number, f"{row.number:,}", canvas.table.mute, size=CAPTION, align=right)
            left = width + 3 * UNIT if row.number else 0
            muted = canvas.table.mute if row.reason else canvas.table.text
            canvas.text(upper.adjusted(left, 0, 0, 0), row.first, muted, size=CAPTION + 1)
            if row.reason:
                canvas.icon("triangle-alert", canvas.table.warning, lower.left() + left, lower.center().y(), 12)
                reason = lower.adjusted(left + 5 * UNIT, 0, 0, 0)
                canvas.text(reason, row.reason, canvas.table.warning, size=CAPTION)
            else:
                canvas.text(lower.adjusted(left, 0, 0, 0), row.second, canvas.table.mute, size=CAPTION)


class RowsList(LongList):
    """A list of ``ShownRow`` that only shows."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, RowsDelegate(), _ROW_HEIGHT, parent)
        self._model = RowsModel()
        self._model.setParent(self)
        self.setModel(self._model)

    def show_rows(self, rows: Sequence[ShownRow]) -> None:
        self._model.show_rows(rows)


def within_reason(items: Iterable[Item], size: Callable[[Item], int], most: int = MOST_ROWS) -> Iterator[Item]:
    """The first of ``items``, at least one: as many as can be looked at while the window waits. ``size`` in bytes."""
    looked_at = 0
    for number, item in enumerate(items):
        if number >= most or looked_at > MOST_BYTES:
            return
        looked_at += size(item)
        yield item

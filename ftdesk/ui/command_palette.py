"""Every action by its name: Ctrl+K, a few letters, Enter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QEvent, QModelIndex, QObject, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QLineEdit,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from ftdesk.overrides import override
from ftdesk.ui.commands import Command
from ftdesk.ui.fonts import CAPTION, interface_font
from ftdesk.ui.long_list import LongList
from ftdesk.ui.text import Label
from ftdesk.ui.tokens import UNIT, tokens
from ftdesk.ui.widgets import Surface

_ROW_HEIGHT = 10 * UNIT
_WIDTH = 140 * UNIT
_HEIGHT = 104 * UNIT

Index = QModelIndex | QPersistentModelIndex


class CommandPalette(QDialog):
    """Does the chosen action after it has closed, so that the action finds the window as the user left it."""

    def __init__(self, commands: Sequence[Command], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Dialog | Qt.WindowType.FramelessWindowHint)
        self.setObjectName("command_palette")
        self.setWindowTitle(self.tr("Commands"))
        self.setAccessibleName(self.tr("Command palette"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAttribute(Qt.WidgetAttribute.WA_TranslucentBackground)
        self._model = CommandsModel(commands, self)
        self._search = QLineEdit()
        self._search.setObjectName("command_search")
        self._search.setAccessibleName(self.tr("Command to run"))
        self._search.setPlaceholderText(self.tr("Type a command…"))
        self._search.textChanged.connect(self._narrow)
        self._search.installEventFilter(self)
        self._list = LongList(self.tr("Commands"), _Delegate(), _ROW_HEIGHT)
        self._list.setObjectName("command_list")
        self._list.setModel(self._model)
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.clicked.connect(self._run)
        self._none = Label(self.tr("No such command."), "mute")
        self._none.hide()
        surface = Surface("card", 2 * UNIT, 2 * UNIT)
        for widget in (self._search, self._none, self._list):
            surface.column.addWidget(widget)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(surface)
        self.setFixedSize(min(_WIDTH, parent.width() - 8 * UNIT), min(_HEIGHT, parent.height() - 16 * UNIT))
        self.move(
            parent.mapToGlobal(parent.rect().topLeft()).x() + (parent.width() - self.width()) // 2, parent.y() + 64
        )
        self._narrow("")

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # Arrows move in the list while the letters go to the field.
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}.get(
                Qt.Key(event.key())
            )
            if step is not None:
                row = max(0, min(self._model.rowCount() - 1, self._list.currentIndex().row() + step))
                self._list.setCurrentIndex(self._model.index(row, 0))
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._run(self._list.currentIndex())
                return True
        return super().eventFilter(watched, event)

    def _narrow(self, text: str) -> None:
        self._model.narrow(text)
        found = self._model.rowCount() > 0
        self._none.setVisible(not found)
        if found:
            self._list.setCurrentIndex(self._model.index(0, 0))

    def _run(self, index: QModelIndex) -> None:
        if index.isValid():
            action = self._model.command(index.row()).action
            self.finished.connect(lambda _: action.trigger())
            self.accept()


class CommandsModel(QAbstractTableModel):
    def __init__(self, commands: Sequence[Command], parent: QObject) -> None:
        super().__init__(parent)
        self._all = list(commands)
        self._shown = self._all

    def narrow(self, text: str) -> None:
        words = text.casefold().split()
        self.beginResetModel()
        self._shown = [command for command in self._all if command.matches(words)]
        self.endResetModel()

    def command(self, row: int) -> Command:
        return self._shown[row]

    @override
    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self._shown)

    @override
    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else 1

    @override
    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        command = self._shown[index.row()]
        if role == Qt.ItemDataRole.UserRole:
            return command
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return f"{command.text}  {command.keys}".rstrip()
        return None


class _Delegate(QStyledItemDelegate):
    """Name at the left, place and shortcut at the right."""

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(_WIDTH, _ROW_HEIGHT)

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        command: Command = index.data(Qt.ItemDataRole.UserRole)
        colours = tokens(option.palette)
        area = QRectF(option.rect).adjusted(0, 1, 0, -1)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if selected or option.state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(colours.selected if selected else colours.hover))
            painter.drawRoundedRect(area, 8, 8)
        inside = area.adjusted(3 * UNIT, 0, -3 * UNIT, 0)
        small = interface_font(CAPTION)
        keys = "   ".join(part for part in (command.place, command.keys) if part)
        room = QFontMetricsF(small).horizontalAdvance(keys) + 4 * UNIT
        painter.setFont(small)
        painter.setPen(QColor(colours.mute))
        painter.drawText(inside, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, keys)
        painter.setFont(interface_font())
        painter.setPen(QColor(colours.text))
        text = QFontMetricsF(interface_font()).elidedText(
            command.text, Qt.TextElideMode.ElideRight, inside.width() - room
        )
        painter.drawText(inside, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        painter.restore()

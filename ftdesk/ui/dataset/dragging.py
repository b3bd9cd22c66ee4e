"""Dragging things to another place in a column that scrolls: cards of a conversation, rows of the list."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QWidget

from ftdesk.overrides import override
from ftdesk.ui.icons import pixmap
from ftdesk.ui.text import set_tooltip
from ftdesk.ui.tokens import UNIT, tokens

_EDGE = 10 * UNIT
"""So near to the upper or lower edge the column scrolls by itself, the faster the nearer."""

_TICK_MS = 16


class Drag(QObject):
    """One drag at a time. Escape, and a window that is left, cancel it.

    Not Qt's own drag and drop: that runs a loop of its own inside the event loop, and may leave the window.
    """

    moved = Signal(int)
    """The pointer is at this height of the viewport, or the column has scrolled below it."""
    dropped = Signal(int)
    ended = Signal()
    """Dropped or cancelled: take the mark away. Comes before ``dropped``."""

    def __init__(self, area: QAbstractScrollArea, parent: QObject) -> None:
        super().__init__(parent)
        self._area = area
        self._height = 0
        self.active = False
        self._scroll = QTimer(self)
        self._scroll.setInterval(_TICK_MS)
        self._scroll.timeout.connect(self._scroll_on)

    def begin(self) -> None:
        self.active = True
        self._area.viewport().setCursor(Qt.CursorShape.ClosedHandCursor)
        application = QApplication.instance()
        if application is not None:
            application.installEventFilter(self)
        self._scroll.start()

    def follow(self, at: QPoint) -> None:
        """The pointer is at this point of the screen."""
        if self.active:
            self._height = self._area.viewport().mapFromGlobal(at).y()
            self.moved.emit(self._height)

    def drop(self) -> None:
        if self.active:
            self._end()
            self.dropped.emit(self._height)

    def cancel(self) -> None:
        if self.active:
            self._end()

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        keys = (QEvent.Type.KeyPress, QEvent.Type.ShortcutOverride)
        if event.type() in keys and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            self.cancel()
            event.accept()
            return True
        if event.type() == QEvent.Type.WindowDeactivate:
            self.cancel()
        return False

    def _end(self) -> None:
        self.active = False
        self._scroll.stop()
        self._area.viewport().unsetCursor()
        application = QApplication.instance()
        if application is not None:
            application.removeEventFilter(self)
        self.ended.emit()

    def _scroll_on(self) -> None:
        below = self._height - (self._area.viewport().height() - _EDGE)
        step = below if below > 0 else min(0, self._height - _EDGE)
        if step:
            bar = self._area.verticalScrollBar()
            before = bar.value()
            bar.setValue(before + (step // 3 or 1))
            if bar.value() != before:
                self.moved.emit(self._height)


class Grip(QWidget):
    """Where something is taken to be dragged. The keyboard has its own way, so it takes no focus."""

    taken = Signal()
    dragged = Signal(QPoint)
    let_go = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pressed: QPoint | None = None
        self._dragging = False
        self.setAccessibleName(name)
        set_tooltip(self, name)
        self.setCursor(Qt.CursorShape.OpenHandCursor)
        self.setFixedSize(QSize(4 * UNIT, 6 * UNIT))

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        picture = pixmap("grip-vertical", tokens(self.palette()).mute, 14, self.devicePixelRatioF())
        QPainter(self).drawPixmap(1, (self.height() - 14) // 2, picture)

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = event.globalPosition().toPoint()

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        at = event.globalPosition().toPoint()
        if self._pressed is None:
            return
        if not self._dragging and (at - self._pressed).manhattanLength() >= QApplication.startDragDistance():
            self._dragging = True
            self.taken.emit()
        if self._dragging:
            self.dragged.emit(at)

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        dragging, self._pressed, self._dragging = self._dragging, None, False
        if dragging:
            self.let_go.emit()

"""Reordering the messages of an example: by dragging cards, and by the keyboard from inside of one."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QFrame, QPlainTextEdit, QWidget

from ftdesk.ui.dataset.card import MessageCard
from ftdesk.ui.dataset.dragging import Drag
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Column, restyle


class CardOrder(QObject):
    """Knows the cards that ``cards`` lists, in their order."""

    message_moved = Signal(int, int)
    """From an index to the index that the message shall have."""

    def __init__(self, column: Column, cards: Sequence[MessageCard], parent: QObject) -> None:
        super().__init__(parent)
        self._column = column
        self._cards = cards
        self._taken: MessageCard | None = None
        self._mark = QFrame(column.body)
        self._mark.setProperty("kind", "drop")
        self._mark.hide()
        self._drag = Drag(column, self)
        self._drag.moved.connect(self._show_mark)
        self._drag.dropped.connect(self._drop)
        self._drag.ended.connect(self._end)

    def add(self, card: MessageCard) -> None:
        """Let the card be dragged by its grip."""
        card.grip.taken.connect(lambda: self._take(card))
        card.grip.dragged.connect(self._drag.follow)
        card.grip.let_go.connect(self._drag.drop)

    def cancel(self) -> None:
        """Other cards are about to be shown."""
        self._drag.cancel()

    def move_focused(self, by: int) -> bool:
        """Move the message that has the keyboard, and let it keep it. Whether there is one."""
        focused = QApplication.focusWidget()
        card = next((card for card in self._cards if focused is not None and card.isAncestorOf(focused)), None)
        if card is None or focused is None:
            return False
        index, to = card.index, card.index + by
        if 0 <= to < len(self._cards):
            name = focused.objectName().replace(f"message_{index}_", f"message_{to}_")
            place = focused.textCursor().position() if isinstance(focused, QPlainTextEdit) else 0
            self.message_moved.emit(index, to)
            self._focus(to, name, place)
        return True

    def _focus(self, index: int, name: str, place: int) -> None:
        if index >= len(self._cards):
            return
        card = self._cards[index]
        widget = card.findChild(QWidget, name) if name else None
        if widget is None or not widget.isEnabled():
            card.focus_text()
        else:
            widget.setFocus()
            if isinstance(widget, QPlainTextEdit):
                cursor = widget.textCursor()
                cursor.setPosition(min(place, widget.document().characterCount() - 1))
                widget.setTextCursor(cursor)
        self._column.ensureWidgetVisible(card, 0, 4 * UNIT)

    def _take(self, card: MessageCard) -> None:
        self._taken = card
        restyle(card, "dragged", "true")
        self._drag.begin()

    def _gap(self, height: int) -> int:
        """Between which cards a height of the viewport is: 0 is before the first."""
        viewport, body = self._column.viewport(), self._column.body
        at = body.mapFrom(viewport, viewport.rect().topLeft()).y() + height
        return sum(at > card.geometry().center().y() for card in self._cards)

    def _show_mark(self, height: int) -> None:
        gap = self._gap(height)
        spacing = self._column.column.spacing()
        top = self._cards[gap].y() if gap < len(self._cards) else self._cards[-1].geometry().bottom() + 1 + spacing
        self._mark.setGeometry(0, max(0, top - (spacing + 2) // 2), self._column.body.width(), 2)
        self._mark.raise_()
        self._mark.show()

    def _drop(self, height: int) -> None:
        card, self._taken = self._taken, None
        if card is None:
            return
        gap = self._gap(height)
        to = gap if gap <= card.index else gap - 1
        if to != card.index:
            self.message_moved.emit(card.index, to)

    def _end(self) -> None:
        self._mark.hide()
        if self._taken is not None:
            restyle(self._taken, "dragged", "false")

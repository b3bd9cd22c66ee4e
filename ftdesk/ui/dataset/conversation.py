"""The middle: the example that is looked at, as a conversation of cards, or as raw text where it is none."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from ftdesk.dataset.record import Record
from ftdesk.ui.dataset.card import MessageCard
from ftdesk.ui.dataset.card_order import CardOrder
from ftdesk.ui.dataset.card_shape import shape
from ftdesk.ui.dataset.context import CardContext, contexts_of
from ftdesk.ui.dataset.fields_editor import FieldsEditor, other_fields
from ftdesk.ui.dataset.pictures import Pictures
from ftdesk.ui.dataset.preference import PreferenceOutputs
from ftdesk.ui.dataset.repair import RepairPage
from ftdesk.ui.text import Label, plural
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Button, Column

_AT_ONCE = 8
"""Cards that are built before the example is seen: a screenful. The others follow in slices of a few milliseconds."""

_UNASKED = 60
"""Cards that are built without asking: an example has far fewer messages, and a hostile one would fill the memory."""

_SLICE_SECONDS = 0.012


class ConversationView(QWidget):
    """Shows a record and says what the user wants of it; whoever owns it edits the document and shows the new record.

    Cards are kept from one record to the next where they fit, so that an edit does not take the cursor away.
    """

    edited = Signal(str, object)
    restructured = Signal(str, object)
    image_wanted = Signal(int)
    message_moved = Signal(int, int)
    message_duplicated = Signal(int)
    message_deleted = Signal(int)
    cards_built = Signal()
    """The cards of a long example are all there now."""
    raw_committed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("conversation_view")
        self.pictures = Pictures(self)
        self._cards: list[MessageCard] = []
        self._limit = _UNASKED
        self._later = QTimer(self)
        self._later.setInterval(0)
        self._later.timeout.connect(self._build_slice)
        self._column = Column(self.tr("Conversation"))
        self.order = CardOrder(self._column, self._cards, self)
        self.order.message_moved.connect(self.message_moved)
        self._empty = Label("", "mute", wrap=True)
        self._empty.setObjectName("conversation_empty")
        self._more = Button("", self._show_more, kind="link")
        self._outputs = PreferenceOutputs()
        self._reference = FieldsEditor(self.tr("Reference for the grader"), "reference_field")
        for part in (self._outputs, self._reference):
            part.edited.connect(self.edited)
            part.restructured.connect(self.restructured)
        for widget in (self._empty, self._more, self._outputs, self._reference):
            self._column.column.addWidget(widget)
        self._column.column.addStretch(1)
        self._repair = RepairPage()
        self._repair.committed.connect(self.raw_committed)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._column)
        self._pages.addWidget(self._repair)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._pages)
        self._record: Record | None = None
        self._line = b""

    @property
    def cards(self) -> Sequence[MessageCard]:
        return self._cards

    def show_record(self, record: Record, line: bytes, *, same: bool) -> None:
        """``same`` is true when this is the example shown already, after an edit: then the view does not scroll."""
        self._record, self._line = record, line
        self._later.stop()
        self.order.cancel()
        if not same:
            self._limit = _UNASKED
        if record.kind in ("broken", "blank"):
            self._repair.show_line(line, record)
            self._pages.setCurrentWidget(self._repair)
            return
        messages = record.messages
        at_once = max(_AT_ONCE, len(self._cards)) if same else _AT_ONCE
        self._show_cards(messages, contexts_of(record), min(at_once, self._limit))
        if len(self._cards) < min(self._limit, len(messages)):
            self._later.start()
        self._empty.setText(self._why_empty(record))
        self._empty.setVisible(not messages)
        hidden = len(messages) - self._limit
        self._more.setText(plural(hidden, self.tr("Show 1 more message"), self.tr("Show {number} more messages")))
        self._more.setVisible(hidden > 0)
        self._outputs.setVisible(record.kind == "preference")
        if record.kind == "preference":
            self._outputs.show_outputs(record.value)
        self._reference.setVisible(record.kind == "reinforcement")
        if record.kind == "reinforcement":
            self._reference.show_fields(other_fields(record.value), line)
        self._pages.setCurrentWidget(self._column)
        if not same:
            self._column.verticalScrollBar().setValue(0)

    def show_output_tokens(self, counts: Sequence[int]) -> None:
        """``counts`` of all messages: of a preference example, the answers' follow those of the prompt."""
        if self._record is not None and self._record.kind == "preference":
            self._outputs.show_tokens(counts[len(self._record.messages) :])

    def show_nothing(self) -> None:
        """No example is chosen, or there is none."""
        self._record = None
        self._later.stop()
        self.order.cancel()
        self._show_cards((), (), 0)
        self._empty.setText(self.tr("This dataset has no examples. Write the first message of one below."))
        self._empty.show()
        self._more.hide()
        self._outputs.hide()
        self._reference.hide()
        self._pages.setCurrentWidget(self._column)

    def commit(self) -> None:
        """Announce what is typed and not committed yet."""
        for card in list(self._cards):
            card.commit()
        if not self._outputs.isHidden():
            self._outputs.commit()
        if not self._reference.isHidden():
            self._reference.commit()
        if self._pages.currentWidget() is self._repair:
            self._repair.commit()

    def focus_text(self) -> bool:
        """Put the keyboard into the last text there is. Whether there is one."""
        if self._pages.currentWidget() is self._repair:
            self._repair.focus_text()
            return True
        for card in reversed(self._cards):
            if card.editors:
                card.focus_text()
                return True
        return False

    def focus_empty(self) -> None:
        """Put the keyboard into the first text that is not written yet."""
        empty = [card for card in self._cards if any(not editor.shown_text for editor in card.editors)]
        if empty:
            empty[0].focus_text()
        elif not self._outputs.isHidden():
            self._outputs.focus_text()
        else:
            self.focus_text()

    def show_message(self, number: int) -> None:
        """Bring a message into view and put the keyboard into it. Counts from 1."""
        if self._record is None or number > len(self._record.messages):
            return
        self._limit = max(self._limit, number)
        while len(self._cards) < number:
            self._build_slice()
        card = self._cards[number - 1]
        self._column.page.adjustSize()
        self._column.ensureWidgetVisible(card, 0, 4 * UNIT)
        card.focus_text()

    def scroll_to_end(self) -> None:
        # The new card has its height only after the layout has run.
        self._column.page.adjustSize()
        bar = self._column.verticalScrollBar()
        bar.setValue(bar.maximum())

    def _why_empty(self, record: Record) -> str:
        holder = record.value.get("input") if record.kind == "preference" else record.value
        if isinstance(holder, Mapping) and not isinstance(holder.get("messages", []), list):
            return self.tr("“messages” is not a list. Edit it as raw JSON.")
        return self.tr("This example is empty. Write its first message below.")

    def _build_slice(self) -> None:
        """Build the next cards of a long example."""
        end = time.monotonic() + _SLICE_SECONDS
        record = self._record
        messages = record.messages[: self._limit] if record is not None else ()
        contexts = contexts_of(record) if record is not None else []
        while len(self._cards) < len(messages) and time.monotonic() < end:
            index = len(self._cards)
            self._cards.append(self._card(messages[index], contexts[index]))
            self._column.column.insertWidget(index, self._cards[index])
        if len(self._cards) >= len(messages):
            self._later.stop()
            self.cards_built.emit()

    def _show_cards(self, messages: Sequence[Any], contexts: Sequence[CardContext], at_once: int) -> None:
        shown = messages[:at_once]
        for surplus in self._cards[len(shown) :]:
            self._discard(surplus)
        del self._cards[len(shown) :]
        for index, message in enumerate(shown):
            old = self._cards[index] if index < len(self._cards) else None
            if old is not None and old.shape == shape(message, contexts[index].kind):
                old.show_message(message, contexts[index])
                continue
            fresh = self._card(message, contexts[index])
            if old is not None:
                self._discard(old)
            self._cards[index : index + 1] = [fresh]
            self._column.column.insertWidget(index, fresh)

    def _card(self, message: Any, context: CardContext) -> MessageCard:
        card = MessageCard(message, context, self.pictures)
        card.edited.connect(self.edited)
        card.restructured.connect(self.restructured)
        card.image_wanted.connect(self.image_wanted)
        card.jump_requested.connect(self.show_message)
        card.move_requested.connect(self.message_moved)
        card.duplicate_requested.connect(self.message_duplicated)
        card.delete_requested.connect(self.message_deleted)
        self.order.add(card)
        return card

    def _discard(self, card: MessageCard) -> None:
        self._column.column.removeWidget(card)
        card.hide()
        card.deleteLater()

    def _show_more(self) -> None:
        self._limit += _UNASKED
        if self._record is not None:
            self.show_record(self._record, self._line, same=True)

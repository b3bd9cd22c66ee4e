"""How many tokens each message of the shown example has, and where a model would stop reading it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

from PySide6.QtCore import QObject

from ftdesk.ui.check_summary import MessageTokens
from ftdesk.ui.checking import Checking
from ftdesk.ui.dataset.conversation import ConversationView


class MessageTokensDisplay(QObject):
    """Asks for the counts of the line that is shown, and hands them to the cards when they come."""

    def __init__(self, checking: Checking, conversation: ConversationView, parent: QObject) -> None:
        super().__init__(parent)
        self._checking = checking
        self._conversation = conversation
        self._line: bytes | None = None
        self._known: MessageTokens | None = None
        checking.messages_counted.connect(self._counted)
        checking.summarised.connect(self._count_again)
        conversation.cards_built.connect(self._show)

    def show_line(self, line: bytes | None, *, same: bool) -> None:
        """Another line is shown. After an edit of the ``same`` one the old counts stay until the new ones are there."""
        self._line = line
        if not same:
            self._known = None
        self._show()
        if line is not None:
            self._checking.count_messages(line)

    def _count_again(self) -> None:
        # Another host may read less; and what was asked while the checking process was started went nowhere.
        if self._line is not None and self._checking.summary is not None:
            self._checking.count_messages(self._line)

    def _counted(self, tokens: MessageTokens) -> None:
        if tokens.line == self._line:
            self._known = tokens
            self._show()

    def _show(self) -> None:
        counts = self._known.counts if self._known is not None else ()
        limit = self._known.limit if self._known is not None else None
        shares = list(_read_of(counts, limit))
        self._conversation.show_output_tokens(counts)
        for index, card in enumerate(self._conversation.cards):
            if index < len(counts):
                card.show_tokens(counts[index], shares[index])
            else:
                card.show_tokens(None)


def _read_of(counts: Sequence[int], limit: int | None) -> Iterator[int]:
    """How many tokens of each message come before the limit of the whole example."""
    for count, end in zip(counts, accumulate(counts), strict=True):
        yield count if limit is None else max(0, min(count, limit - (end - count)))

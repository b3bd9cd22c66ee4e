"""A text that grows while it is read: painted at most thirty times a second, however fast it comes."""

from __future__ import annotations

import re
import time

from PySide6.QtCore import QTimer
from PySide6.QtGui import QTextCursor, QTextDocument
from PySide6.QtWidgets import QWidget

from ftdesk.overrides import override
from ftdesk.ui.text import SafeText, visible

FLUSH_MS = 33
_REST = 4
"""After a slow painting, so many times as long passes before the next: the window has other things to do."""
_FENCE = "```"
_LONG_TAIL = 400
_SINGLE_BREAK = re.compile(r"(?<!\n)\n(?!\n)")


class StreamedText(SafeText):
    """Plain, or ``formatted`` as Markdown. Stays at the end while that is in view.

    Formatted text is laid out block by block: finished blocks stay as they are and only the last is written anew, so
    that the work does not grow with the length of the answer.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ""
        self._pending = ""
        self._tail = ""
        self._tail_position = 0
        self._formatted = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(FLUSH_MS)
        self._timer.timeout.connect(self.flush)

    @property
    def text(self) -> str:
        """All that was written, shown already or not."""
        return self._text

    def begin(self) -> None:
        """Empty, for another text."""
        self.show_text("")

    def append_piece(self, text: str) -> None:
        self._text += text
        self._pending += text
        if not self._timer.isActive():
            self._timer.start()

    def show_text(self, text: str) -> None:
        """Show a whole text."""
        self._timer.stop()
        self._text, self._pending, self._tail, self._tail_position = text, "", "", 0
        if self._formatted:
            self.show_markdown(with_line_breaks(text))
        else:
            self.show_plain(text)

    def set_formatted(self, *, on: bool) -> None:
        if on != self._formatted:
            self._formatted = on
            self.show_text(self._text)

    def flush(self) -> None:
        """Show what has come since the last time."""
        self._timer.stop()
        piece, self._pending = self._pending, ""
        if not piece:
            return
        began = time.monotonic()
        bar = self.verticalScrollBar()
        at_end = bar.value() >= bar.maximum() - 4
        if self._formatted:
            self._write_formatted(piece)
        else:
            cursor = QTextCursor(self.document())
            cursor.movePosition(QTextCursor.MoveOperation.End)
            cursor.insertText(visible(piece))
        if at_end:
            bar.setValue(bar.maximum())
        self._timer.setInterval(max(FLUSH_MS, round((time.monotonic() - began) * 1000 * _REST)))

    @override
    def clear(self) -> None:
        """Only what is shown; ``text`` stays."""
        self._timer.stop()
        self._pending, self._tail, self._tail_position = "", "", 0
        super().clear()

    def _write_formatted(self, piece: str) -> None:
        self._tail += piece
        cursor = QTextCursor(self.document())
        cursor.setPosition(self._tail_position)
        cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
        cursor.removeSelectedText()
        features = QTextDocument.MarkdownFeature
        cursor.insertMarkdown(
            visible(with_line_breaks(self._tail)), features.MarkdownDialectGitHub | features.MarkdownNoHTML
        )
        whole_fences = self._tail.count(_FENCE) % 2 == 0
        if whole_fences and (
            self._tail.endswith("\n\n") or (self._tail.endswith("\n") and len(self._tail) > _LONG_TAIL)
        ):
            cursor.movePosition(QTextCursor.MoveOperation.End)
            cursor.insertBlock()
            self._tail_position = self.document().characterCount() - 1
            self._tail = ""


def with_line_breaks(text: str) -> str:
    """``text`` with every line break kept: Markdown would join lines into one, and answers have one fact a line."""
    parts = text.split(_FENCE)
    parts[::2] = [_SINGLE_BREAK.sub("  \n", part) for part in parts[::2]]
    return _FENCE.join(parts)

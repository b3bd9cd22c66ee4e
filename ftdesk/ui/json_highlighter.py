"""Colours JSON in an editor, line by line."""

from __future__ import annotations

import re

from PySide6.QtCore import QSignalBlocker, QTimer
from PySide6.QtGui import QColor, QPalette, QSyntaxHighlighter, QTextBlock, QTextCharFormat, QTextCursor, QTextDocument

from ftdesk.overrides import override
from ftdesk.ui.long_lines import PART
from ftdesk.ui.tokens import Tokens, tokens

_LONGEST = 20_000
_PIECE = re.compile(
    r'(?P<key>"(?:[^"\\]|\\.)*")(?=\s*:)|(?P<text>"(?:[^"\\]|\\.)*"?)|(?P<word>\b(?:true|false|null)\b|-?\d[\d.eE+-]*)'
)


class JsonHighlighter(QSyntaxHighlighter):
    """Keys in the accent, numbers and constants apart; strings stay as plain as prose, since that is what they are."""

    def __init__(self, document: QTextDocument, palette: QPalette) -> None:
        super().__init__(document)
        self._table: Tokens | None = None
        self._formats: dict[str, QTextCharFormat] = {}
        # Cursors move with what is written meanwhile.
        self._at = QTextCursor(document)
        self._end = QTextCursor(document)
        self._rest = QTimer(self)
        self._rest.setInterval(0)
        self._rest.timeout.connect(self._recolour_part)
        self.recolour(palette, document.firstBlock())

    def recolour(self, palette: QPalette, first: QTextBlock) -> None:
        """Take the colours of ``palette``: for the text from ``first`` on now, for the rest of a long one soon."""
        table = tokens(palette)
        if table == self._table:
            return
        self._table = table
        for kind, colour in (("key", table.accent), ("text", table.text), ("word", table.second)):
            look = QTextCharFormat()
            look.setForeground(QColor(colour))
            self._formats[kind] = look
        self._at.setPosition(first.position())
        self._end.setPosition(first.position())
        self._rest.start()
        self._recolour_part()

    def _recolour_part(self) -> None:
        done = 0
        # To the document colours are a change of its contents, to the editor they must not be typing.
        with QSignalBlocker(self.document()):
            while done < PART:
                block = self._at.block()
                self.rehighlightBlock(block)
                done += block.length()
                if not self._at.movePosition(QTextCursor.MoveOperation.NextBlock):
                    self._at.movePosition(QTextCursor.MoveOperation.Start)
                if self._at.block() == self._end.block():
                    self._rest.stop()
                    return

    @override
    def highlightBlock(self, text: str) -> None:
        for match in _PIECE.finditer(text[:_LONGEST]):
            kind = match.lastgroup or ""
            # Qt counts UTF-16 units, Python characters: an emoji before a match is two to Qt.
            start = _units(text, match.start())
            self.setFormat(start, _units(text, match.end()) - start, self._formats[kind])


def _units(text: str, position: int) -> int:
    return position if text.isascii() else len(text[:position].encode("utf-16-le", "surrogatepass")) // 2

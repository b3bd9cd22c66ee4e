"""Colours JSON in an editor, line by line."""

from __future__ import annotations

import re

from PySide6.QtCore import QSignalBlocker
from PySide6.QtGui import QColor, QPalette, QSyntaxHighlighter, QTextCharFormat, QTextDocument

from ftdesk.overrides import override
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
        self.recolour(palette)

    def recolour(self, palette: QPalette) -> None:
        table = tokens(palette)
        if table == self._table:
            return
        self._table = table
        for kind, colour in (("key", table.accent), ("text", table.text), ("word", table.second)):
            look = QTextCharFormat()
            look.setForeground(QColor(colour))
            self._formats[kind] = look
        # To the document colours are a change of its contents, to the editor they must not be typing.
        with QSignalBlocker(self.document()):
            self.rehighlight()

    @override
    def highlightBlock(self, text: str) -> None:
        for match in _PIECE.finditer(text[:_LONGEST]):
            kind = match.lastgroup or ""
            # Qt counts UTF-16 units, Python characters: an emoji before a match is two to Qt.
            start = _units(text, match.start())
            self.setFormat(start, _units(text, match.end()) - start, self._formats[kind])


def _units(text: str, position: int) -> int:
    return position if text.isascii() else len(text[:position].encode("utf-16-le", "surrogatepass")) // 2

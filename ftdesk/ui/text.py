"""Showing text that somebody else wrote: data, models, servers, file names. None of it is ever markup or an address."""

from __future__ import annotations

import re
from typing import Any

from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QImage, QResizeEvent, QTextDocument
from PySide6.QtWidgets import QFrame, QLabel, QTextBrowser, QWidget

from ftdesk.overrides import override
from ftdesk.ui.fonts import load_rich_fonts

BREAK = "⟦⤶⟧"
"""Where a line goes on below that is too long to be shown as one (see ``long_lines``)."""

NO_BREAK_SPACE = "⍽"
"""What a no-break space is edited as: a token in its place would make French unreadable."""

TOKEN = re.compile(rf"⟦U\+([0-9A-F]{{4,6}})⟧|{BREAK}")
"""What stands for something else. All of it is plain text, so that no edit can make more of it than is seen."""

_TOKEN_OR_BREAK = re.compile(rf"{TOKEN.pattern}\n?")
# What Qt's editors alter or drop (CR, U+2028, U+2029, BOM, surrogates), and what a reader cannot see but a model reads:
# other control characters, zero-width space, direction overrides, invisible operators and tags. The zero-width joiners
# stay as they are, since emoji and several scripts are written with them.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u237d\ufeff\ufff0-\uffff"
    "\ud800-\udfff\ufdd0-\ufdef\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    """``text`` with every character that Qt alters or nobody sees written as ``⟦U+200B⟧``. ``original`` undoes it."""
    text = TOKEN.sub(lambda match: f"⟦U+27E6⟧{match.group()[1:]}", text)
    return _HIDDEN.sub(lambda match: f"⟦U+{ord(match.group()):04X}⟧", text)


def editable(text: str) -> str:
    """``text`` as an editor shows it: ``visible``, and no-break spaces too. ``original`` undoes it."""
    return visible(text).replace("\xa0", NO_BREAK_SPACE)


def original(shown: str) -> str:
    """The text that ``visible`` or ``editable`` made ``shown`` from, whether it was cut into pieces or not."""
    shown = shown.replace(NO_BREAK_SPACE, "\xa0")
    return _TOKEN_OR_BREAK.sub(_character, shown) if "⟦" in shown else shown


def _character(match: re.Match[str]) -> str:
    if match.group(1) is None:
        return ""
    number = int(match.group(1), 16)
    return chr(number) if number <= 0x10FFFF else match.group()


def one_line(text: str, limit: int = 300) -> str:
    """The beginning of ``text`` on one line, for lists and titles. Looks at no more than ``limit`` characters."""
    return visible(" ".join(text[: limit * 2].split()))[:limit]


def plural(number: int, one: str, many: str) -> str:
    """``one`` or ``many``, with ``number`` in the place of ``{number}``."""
    return (one if number == 1 else many).format(number=f"{number:,}")


def set_tooltip(widget: QWidget, text: str) -> None:
    """A tooltip in plain text. Qt would take anything that looks like HTML as such, and open the files it names."""
    shown = visible(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    widget.setToolTip(f"<qt>{shown}</qt>" if text else "")


class Label(QLabel):
    """A label that shows its text as it is. ``tone`` picks size and colour (see ``stylesheet``)."""

    def __init__(self, text: str = "", tone: str = "", *, wrap: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(wrap)
        if tone:
            self.setProperty("tone", tone)
        self.setText(text)


class ElidedLabel(Label):
    """A label of one line that ends in … where there is no room; the tooltip has the whole."""

    def __init__(self, text: str = "", tone: str = "", parent: QWidget | None = None) -> None:
        self._whole = text
        super().__init__(text, tone, parent=parent)
        self.setMinimumWidth(32)

    @override
    def setText(self, text: str) -> None:
        self._whole = one_line(text)
        set_tooltip(self, self._whole)
        self.setAccessibleName(self._whole)
        self._elide()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        super().setText(self.fontMetrics().elidedText(self._whole, Qt.TextElideMode.ElideRight, max(self.width(), 32)))


class SafeText(QTextBrowser):
    """A read-only view for text from models and data: Markdown without HTML, or plain. Loads nothing, opens nothing."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        load_rich_fonts()
        self.setOpenLinks(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.document().setDocumentMargin(0)

    def show_plain(self, text: str) -> None:
        self.setPlainText(visible(text))

    def show_markdown(self, text: str) -> None:
        """Tags in ``text`` show as the characters they are."""
        features = QTextDocument.MarkdownFeature
        self.document().setMarkdown(visible(text), features.MarkdownDialectGitHub | features.MarkdownNoHTML)

    @override
    def loadResource(self, kind: int, name: QUrl | str) -> Any:
        # Anything null makes Qt look for the file itself, and a FIFO or /dev/zero would then hang the window.
        return _NOTHING

    @override
    def createMimeDataFromSelection(self) -> QMimeData:
        copied = QMimeData()
        copied.setText(original(self.textCursor().selection().toPlainText()))
        return copied


_NOTHING = QImage(1, 1, QImage.Format.Format_ARGB32)
_NOTHING.fill(Qt.GlobalColor.transparent)

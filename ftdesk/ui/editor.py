"""A text editor that is as high as its text, and that changes nothing the user did not touch."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QEvent, QKeyCombination, QMimeData, QSignalBlocker, Qt, QTimer, Signal
from PySide6.QtGui import (
    QFocusEvent,
    QInputMethodEvent,
    QKeyEvent,
    QKeySequence,
    QResizeEvent,
    QTextCursor,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QPlainTextEdit, QWidget

from ftdesk.overrides import override
from ftdesk.ui.long_lines import PART, in_parts, in_pieces
from ftdesk.ui.text import BREAK, TOKEN, editable, original

PAUSE_MS = 800
"""After so long without a key, what was typed is one step of undo, and is in the journal."""

LONG = 20_000
"""Characters from which a text gets a fixed height and its own scroll bar: laying out more with every key is felt."""

MOST_CHARACTERS = 20_000_000
"""Characters from which only the beginning is shown: more would fill the memory."""

_EXACT = "application/x-ftdesk-text"
"""What is copied from one editor to another: a clipboard's plain text loses some characters and changes line ends."""

_WHOLE_TEXT = (
    QKeySequence.StandardKey.SelectAll,
    QKeySequence.StandardKey.MoveToEndOfDocument,
    QKeySequence.StandardKey.SelectEndOfDocument,
)
"""Keys that mean the end of the text, which must be there then."""

_KEEP, _MOVE = QTextCursor.MoveMode.KeepAnchor, QTextCursor.MoveMode.MoveAnchor
_LONG_HEIGHT = 480
_REPLACE = QKeyCombination(Qt.KeyboardModifier.ControlModifier, Qt.Key.Key_H)
_FIELD_FRAME = 10  # border and padding of a field in the style sheet, above and below
_UNLIMITED = (1 << 24) - 1  # QWIDGETSIZE_MAX


class TextEditor(QPlainTextEdit):
    """Shows ``text`` with hidden characters as tokens, and gives back the exact text.

    ``committed`` comes after a pause, when the keyboard goes elsewhere, and from ``commit``, but only for a text that
    is different from the one shown; never while an input method composes.
    """

    committed = Signal(object)
    """The exact text. As an object: Qt's own strings lose a leading byte order mark and lone surrogates."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._exact = ""
        self._edited = False
        self._partial = False
        self._composing = False
        self._was_at = 0
        self._limit: int | None = None
        self._fills = False
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTabChangesFocus(True)
        # Undo belongs to the dataset: one history for everything.
        self.setUndoRedoEnabled(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(0)
        self._rest: Iterator[str] = iter(())
        self._load = QTimer(self)
        self._load.setInterval(0)
        self._load.timeout.connect(self._load_part)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(PAUSE_MS)
        self._pause.timeout.connect(self.commit)
        self.textChanged.connect(self._typed)
        self.cursorPositionChanged.connect(self._leave_token)
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        self._fit()

    @property
    def text(self) -> str:
        """The exact text, as it is now."""
        return original(self._raw()) if self._edited else self._exact

    @property
    def shown_text(self) -> str:
        """The text as it stands in the editor, hidden characters as tokens."""
        return self._raw()

    @property
    def is_partial(self) -> bool:
        """Only the beginning is shown, and it cannot be edited."""
        return self._partial

    @property
    def is_loading(self) -> bool:
        """The end of a long text is not shown yet."""
        return self._load.isActive() and len(self._exact) > PART

    def limit_height(self, pixels: int) -> None:
        """Grow to this height and then scroll."""
        self._limit = pixels
        self._fit()

    def fill_height(self) -> None:
        """Take the height that the layout gives, and scroll."""
        self._fills = True
        self.setMinimumHeight(0)
        self.setMaximumHeight(_UNLIMITED)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)

    def show_text(self, text: str) -> None:
        """Show ``text`` without announcing it. The cursor stays where it was, as far as there is text.

        What the user has typed since and not committed yet stays, unless ``text`` is another than was shown before.
        """
        if text != self._exact:
            self.replace_text(text)

    def replace_text(self, text: str) -> None:
        """Show ``text`` in the place of whatever is there, typed or not."""
        self._pause.stop()
        self._exact, self._edited = text, False
        if self._partial != (len(text) > MOST_CHARACTERS):
            self._partial = not self._partial
            self.setReadOnly(self._partial)
        self._rest = in_parts(text[:LONG] if self._partial else text)
        self._put(next(self._rest, ""))
        self._load.start()

    def _put(self, shown: str) -> None:
        position = self.textCursor().position()
        self.blockSignals(True)
        self.setPlainText(shown)
        cursor = self.textCursor()
        cursor.setPosition(min(position, self.document().characterCount() - 1))
        self.setTextCursor(cursor)
        self.blockSignals(False)
        self._was_at = self.textCursor().position()
        self._leave_token()
        self._fit()

    def _load_part(self) -> None:
        """Show the next part of a long text. The user may write above it meanwhile."""
        part = next(self._rest, None)
        if part is None:
            self._load.stop()
            return
        at = self.textCursor().position()
        end = QTextCursor(self.document())
        end.movePosition(QTextCursor.MoveOperation.End)
        self.blockSignals(True)
        end.insertText(part)
        if self.textCursor().position() != at:  # it stood where the part came
            cursor = self.textCursor()
            cursor.setPosition(at)
            self.setTextCursor(cursor)
        self.blockSignals(False)

    def _load_all(self) -> None:
        while self._load.isActive():
            self._load_part()

    def commit(self) -> None:
        """Announce what was typed, if it is different from what was shown."""
        self._pause.stop()
        if self._composing or self._partial or not self._edited:
            return
        now = original(self._raw())
        self._edited = False
        if now != self._exact:
            self._exact = now
            self.committed.emit(now)

    def _raw(self) -> str:
        self._load_all()
        # toPlainText would turn no-break spaces into spaces.
        return self.document().toRawText().replace("\u2029", "\n").replace("\u2028", "\n")

    def _typed(self) -> None:
        if self._partial:  # nobody can type here: what stands in the editor is not the text
            return
        self._edited = True
        self._pause.start()

    def _fit(self) -> None:
        """As high as the text, up to the limit."""
        if self._fills:
            return
        limit = self._limit
        if self.document().characterCount() > LONG:
            limit = min(limit or _LONG_HEIGHT, _LONG_HEIGHT)
        lines = max(1, int(self.document().size().height()))
        frame = _FIELD_FRAME if self.property("kind") == "field" else 0
        wanted = round(lines * self.fontMetrics().lineSpacing()) + frame + 4
        policy = Qt.ScrollBarPolicy.ScrollBarAlwaysOff
        if limit is not None and wanted > limit:
            wanted, policy = limit, Qt.ScrollBarPolicy.ScrollBarAsNeeded
        if self.verticalScrollBarPolicy() != policy:
            self.setVerticalScrollBarPolicy(policy)
        if self.height() != wanted or self.minimumHeight() != wanted:
            self.setFixedHeight(wanted)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.commit()

    @override
    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        self._composing = bool(event.preeditString())
        super().inputMethodEvent(event)

    @override
    def event(self, event: QEvent) -> bool:
        # The editor would keep Ctrl+Z for a history of its own, and Ctrl+H for another backspace.
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and _is_for_window(event):
            event.ignore()
            return False
        return super().event(event)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if _is_for_window(event):
            event.ignore()
            return
        if any(event.matches(key) for key in _WHOLE_TEXT):
            self._load_all()
        if not (self.isReadOnly() or self.textCursor().hasSelection()):
            if event.key() == Qt.Key.Key_Backspace:
                self._take_token(backwards=True)
            elif event.key() == Qt.Key.Key_Delete:
                self._take_token(backwards=False)
        super().keyPressEvent(event)

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        """A text that does not scroll leaves the wheel to the column around it."""
        if self.verticalScrollBarPolicy() == Qt.ScrollBarPolicy.ScrollBarAlwaysOff:
            event.ignore()
        else:
            super().wheelEvent(event)

    @override
    def insertFromMimeData(self, source: QMimeData) -> None:
        if source.hasFormat(_EXACT):
            text = bytes(source.data(_EXACT).data()).decode("utf-8", "surrogatepass")
        elif source.hasText():
            text = source.text().replace("\r\n", "\n")
        else:
            return
        self.textCursor().insertText(in_pieces(editable(text)))

    @override
    def createMimeDataFromSelection(self) -> QMimeData:
        text = original(self.textCursor().selectedText().replace("\u2029", "\n").replace("\u2028", "\n"))
        copied = QMimeData()
        copied.setText(text)
        copied.setData(_EXACT, text.encode("utf-8", "surrogatepass"))
        return copied

    def _leave_token(self) -> None:
        """A token is one character: the cursor stands before it or behind it."""
        cursor = self.textCursor()
        at, before = cursor.position(), self._was_at
        for start, end in _tokens_at(cursor):
            if start < at < end and not self._composing:
                at = end if before == start else start
                self._was_at = at
                cursor.setPosition(at, _KEEP if cursor.hasSelection() else _MOVE)
                self.setTextCursor(cursor)
        self._was_at = at

    def _take_token(self, *, backwards: bool) -> None:
        """Let the next deletion take a whole token; one that only breaks a line it leaves, and takes what is beyond."""
        cursor = self.textCursor()
        while True:
            at = cursor.position()
            ends = ((end, start) if backwards else (start, end) for start, end in _tokens_at(cursor))
            beyond = next((far for near, far in ends if near == at), at)
            is_break = abs(beyond - at) == len(BREAK) + 1
            cursor.setPosition(beyond, _KEEP if beyond != at and not is_break else _MOVE)
            if not is_break:
                break
        self._was_at = beyond
        with QSignalBlocker(self):
            self.setTextCursor(cursor)

    @override
    def selectAll(self) -> None:
        self._load_all()
        super().selectAll()

    def put_cursor_at_end(self) -> None:
        self._load_all()
        self.moveCursor(QTextCursor.MoveOperation.End)


def _is_for_window(event: QKeyEvent) -> bool:
    """Undo, redo, and find and replace."""
    keys = QKeySequence.StandardKey
    return any(map(event.matches, (keys.Undo, keys.Redo))) or event.keyCombination() == _REPLACE


def _tokens_at(cursor: QTextCursor) -> Iterator[tuple[int, int]]:
    """Where the tokens begin and end that ``cursor`` touches. To a break belongs the line end after it."""
    at, block = cursor.position(), cursor.block()
    before = block.previous()
    if at == block.position() and before.text().endswith(BREAK):
        yield at - 1 - len(BREAK), at
    text = block.text()
    if "⟦" not in text:
        return
    for token in TOKEN.finditer(text):
        # Qt counts in UTF-16.
        start = block.position() + len(text[: token.start()].encode("utf-16-le", "surrogatepass")) // 2
        end = start + len(token.group())
        if token.group() == BREAK and token.end() == len(text) and block.next().isValid():
            end += 1
        if start <= at <= end:
            yield start, end

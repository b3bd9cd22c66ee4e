"""The two answers of a preference example, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QTextEdit, QWidget

from ftdesk.playground.diff import Span, word_diff
from ftdesk.ui.dataset.edits import replace_value
from ftdesk.ui.dataset.parts import JsonView, MessageText
from ftdesk.ui.editor import TextEditor
from ftdesk.ui.text import Label
from ftdesk.ui.tokens import UNIT, tokens
from ftdesk.ui.widgets import Surface

_PAUSE_MS = 300
_LONGEST_COMPARED = 8_000
"""Characters up to which two answers are compared: more may take longer than a key press should."""

_KEYS = ("preferred_output", "non_preferred_output")


class PreferenceOutputs(QWidget):
    edited = Signal(str, object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_PAUSE_MS)
        self._soon.timeout.connect(self._mark_differences)
        self._shape: Any = None
        self._texts: list[tuple[MessageText, str, int]] = []
        self._columns: list[Surface] = []
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(3 * UNIT)

    def show_outputs(self, value: Mapping[str, Any]) -> None:
        outputs = [_messages(value.get(key)) for key in _KEYS]
        wanted = [[_is_text(message) for message in messages] for messages in outputs]
        if wanted != self._shape:
            self._shape = wanted
            self._build(outputs)
        for text, key, place in self._texts:
            text.show_text(value[key][place]["content"])
        self._mark_differences()

    def commit(self) -> None:
        for text, _, _ in self._texts:
            text.editor.commit()

    def _build(self, outputs: list[list[Any]]) -> None:
        for surface in self._columns:
            self._row.removeWidget(surface)
            surface.hide()
            surface.deleteLater()
        self._texts, self._columns = [], []
        titles = (self.tr("Preferred"), self.tr("Not preferred"))
        for title, key, messages in zip(titles, _KEYS, outputs, strict=True):
            surface = Surface("card", 3 * UNIT, 2 * UNIT)
            surface.setAccessibleName(title)
            surface.column.addWidget(Label(title, "heading" if key == _KEYS[0] else "mute"))
            if not messages:
                surface.column.addWidget(Label(self.tr("There is no such answer."), "warning"))
            for place, message in enumerate(messages):
                self._add_message(surface, title, key, place, message)
            surface.column.addStretch()
            self._row.addWidget(surface, 1)
            self._columns.append(surface)

    def _add_message(self, surface: Surface, title: str, key: str, place: int, message: Any) -> None:
        if not _is_text(message):
            surface.column.addWidget(JsonView(message))
            return
        text = MessageText(self.tr("{title} answer").format(title=title))
        text.editor.setObjectName(f"{key}_{place}")
        text.editor.committed.connect(
            lambda words: self.edited.emit(
                self.tr("Edit the answer “{title}”").format(title=title), replace_value((key, place, "content"), words)
            )
        )
        surface.column.addWidget(text)
        text.editor.textChanged.connect(self._soon.start)
        self._texts.append((text, key, place))

    def _mark_differences(self) -> None:
        """Ground the words that only one of the answers has."""
        pair = [text.editor for text, _, _ in self._texts]
        if {key for _, key, _ in self._texts} != set(_KEYS) or len(pair) != len(_KEYS):
            return
        texts = [editor.shown_text for editor in pair]
        spans = word_diff(*texts) if max(map(len, texts)) <= _LONGEST_COMPARED else ()
        colours = tokens(self.palette())
        for editor, only, ground in zip(
            pair, ("only_a", "only_b"), (colours.accent_soft, colours.error_soft), strict=True
        ):
            editor.setExtraSelections(_marks(editor, spans, only, ground))


def _marks(editor: TextEditor, spans: Sequence[Span], only: str, ground: str) -> list[QTextEdit.ExtraSelection]:
    marks, position = [], 0
    for span in spans:
        if span.kind not in ("same", only):
            continue
        # Qt counts UTF-16 units.
        end = position + len(span.text.encode("utf-16-le", "surrogatepass")) // 2
        if span.kind == only:
            mark = QTextEdit.ExtraSelection()
            mark.format = QTextCharFormat()
            mark.format.setBackground(QColor(ground))
            mark.cursor = QTextCursor(editor.document())
            mark.cursor.setPosition(position)
            mark.cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
            marks.append(mark)
        position = end
    return marks


def _messages(output: Any) -> list[Any]:
    return output if isinstance(output, list) else []


def _is_text(message: Any) -> bool:
    return isinstance(message, Mapping) and isinstance(message.get("content"), str)

"""The two answers of a preference example, side by side, with the words marked in which they differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QTextEdit, QVBoxLayout, QWidget

from ftdesk.dataset.preference import OUTPUTS, Output, copy_output, swap_outputs, write_output
from ftdesk.ui.dataset.edits import replace_value
from ftdesk.ui.dataset.parts import JsonView, MessageText
from ftdesk.ui.editor import TextEditor
from ftdesk.ui.text import Label, plural
from ftdesk.ui.tokens import UNIT, tokens
from ftdesk.ui.widgets import Button, IconButton, Surface

if TYPE_CHECKING:
    from ftdesk.playground.diff import Span

_PAUSE_MS = 300
_LONGEST_COMPARED = 8_000
"""Characters up to which two answers are compared: more may take longer than a key press should."""


class PreferenceOutputs(QWidget):
    """Says every edit with its title and the edit of the line."""

    edited = Signal(str, object)
    restructured = Signal(str, object)
    """An edit after which other texts stand here: what is typed must be committed before."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_PAUSE_MS)
        self._soon.timeout.connect(self._mark_differences)
        self._shape: Any = None
        self._texts: list[tuple[MessageText, str, int]] = []
        self._columns: list[Surface] = []
        self._tokens: list[Label] = []
        self._differences = QCheckBox(self.tr("Mark different words"))
        self._differences.setObjectName("preference_diff_toggle")
        self._differences.setProperty("kind", "caption")
        self._differences.setChecked(True)
        self._differences.toggled.connect(lambda _: self._mark_differences())
        self._note = Label("", "caption")
        self._swap = Button(self.tr("Swap"), self._swap_outputs, kind="quiet", icon_name="arrow-left-right")
        self._swap.setObjectName("preference_swap_button")
        self._swap.setAccessibleName(self.tr("Swap the two answers"))
        head = QHBoxLayout()
        head.setSpacing(3 * UNIT)
        head.addWidget(self._differences)
        head.addWidget(self._note)
        head.addStretch()
        head.addWidget(self._swap)
        self._row = QHBoxLayout()
        self._row.setSpacing(3 * UNIT)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * UNIT)
        column.addLayout(head)
        column.addLayout(self._row)

    def show_outputs(self, value: Mapping[str, Any]) -> None:
        outputs = [_messages(value.get(key)) for key in OUTPUTS]
        wanted = [[_is_text(message) for message in messages] for messages in outputs]
        if wanted != self._shape:
            self._shape = wanted
            self._build(outputs)
        for text, key, place in self._texts:
            text.show_text(value[key][place]["content"])
        self._swap.setEnabled(all(key in value for key in OUTPUTS))
        self._mark_differences()

    def show_tokens(self, counts: Sequence[int]) -> None:
        """``counts`` of all messages of the first answer, then of the second; none to tell nothing."""
        for label, messages in zip(self._tokens, self._shape or (), strict=False):
            number, counts = sum(counts[: len(messages)]), counts[len(messages) :]
            label.setText(plural(number, self.tr("1 token"), self.tr("{number} tokens")) if number else "")

    def commit(self) -> None:
        for text, _, _ in self._texts:
            text.editor.commit()

    def focus_text(self) -> None:
        if self._texts:
            self._texts[0][0].editor.setFocus()

    def _build(self, outputs: list[list[Any]]) -> None:
        for surface in self._columns:
            self._row.removeWidget(surface)
            surface.hide()
            surface.deleteLater()
        self._texts, self._columns, self._tokens = [], [], []
        titles = (self.tr("Preferred"), self.tr("Not preferred"))
        for title, key, messages in zip(titles, OUTPUTS, outputs, strict=True):
            surface = Surface("card", 3 * UNIT, 2 * UNIT)
            surface.setAccessibleName(title)
            surface.column.addLayout(self._head(title, key, copy=bool(messages)))
            for place, message in enumerate(messages):
                self._add_message(surface, title, key, place, message)
            if not messages:
                surface.column.addWidget(Label(self.tr("There is no such answer."), "warning"))
                write = Button(self.tr("Write it"), partial(self._write, key), kind="link")
                write.setObjectName(f"{key}_write")
                surface.column.addWidget(write, 0, Qt.AlignmentFlag.AlignLeft)
            surface.column.addStretch()
            self._row.addWidget(surface, 1)
            self._columns.append(surface)

    def _head(self, title: str, key: Output, *, copy: bool) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addWidget(Label(title, "heading" if key == OUTPUTS[0] else "mute"))
        row.addStretch()
        number = Label("", "mute")
        number.setObjectName(f"{key}_tokens")
        self._tokens.append(number)
        row.addWidget(number)
        if copy:
            name = self.tr("Copy “{title}” to the other side").replace("{title}", title)
            button = IconButton("copy", name, lambda: self._copy(key), size=14)
            button.setObjectName(f"{key}_copy")
            row.addWidget(button)
        return row

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

    def _swap_outputs(self) -> None:
        self.restructured.emit(self.tr("Swap the answers"), swap_outputs)

    def _copy(self, key: Output) -> None:
        self.restructured.emit(self.tr("Copy an answer to the other side"), lambda line: copy_output(line, key))

    def _write(self, key: Output) -> None:
        self.restructured.emit(self.tr("Add an answer"), lambda line: write_output(line, key))
        written = next((text for text, output, _ in self._texts if output == key), None)
        if written is not None:
            written.editor.setFocus()

    def _mark_differences(self) -> None:
        """Ground the words that only one of the answers has."""
        self._note.setText("")
        pair = [text.editor for text, _, _ in self._texts]
        if {key for _, key, _ in self._texts} != set(OUTPUTS) or len(pair) != len(OUTPUTS):
            return
        texts = [editor.shown_text for editor in pair]
        wanted = self._differences.isChecked()
        long = max(map(len, texts)) > _LONGEST_COMPARED
        spans: Sequence[Span] = ()
        if wanted and not long:
            from ftdesk.playground.diff import word_diff  # only preference examples need it

            spans = word_diff(*texts)
        if wanted and long:
            self._note.setText(self.tr("Too long to be compared while it is edited."))
        elif wanted and texts[0] == texts[1]:
            self._note.setText(self.tr("Both answers are the same."))
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

"""A line that is no example, as raw text with the mistake marked."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from ftdesk.dataset.record import Record
from ftdesk.ui.json_editor import JsonEditor
from ftdesk.ui.text import Label, visible
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Column, Surface


class RepairPage(Column):
    """``committed`` gives the text of the whole line, on one line. Bytes that are no UTF-8 can be read, not edited."""

    committed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", parent=parent)
        self.setAccessibleName(self.tr("Line that cannot be read"))
        self._title = Label("", "title")
        self._reason = Label("", wrap=True)
        self._reason.setObjectName("broken_reason")
        self._hint = Label("", "mute", wrap=True)
        self._editor = JsonEditor(self.tr("Raw text of the line"))
        self._editor.setObjectName("broken_text")
        self._editor.limit_height(120 * UNIT)
        self._editor.committed.connect(lambda text: self.committed.emit(" ".join(text.split("\n"))))
        self._editor.problem_changed.connect(self._show_problem)
        reason = Surface("error", 3 * UNIT, UNIT)
        reason.column.addWidget(self._reason)
        for widget in (self._title, reason, self._editor, self._hint):
            self.column.addWidget(widget)
        self.column.addStretch(1)

    def show_line(self, line: bytes, record: Record) -> None:
        blank = record.kind == "blank"
        try:
            text, readable = line.decode("utf-8"), True
        except UnicodeDecodeError:
            text, readable = line.decode("utf-8", "replace"), False
        self._title.setText(self.tr("A blank line") if blank else self.tr("This line is not an example"))
        if text != self._editor.text:
            self._editor.show_text(text)
        self._editor.setReadOnly(not readable or self._editor.is_partial)
        self._reason.setText(visible(record.problem))
        if not readable:
            hint = self.tr(
                "Its bytes are not text in UTF-8, so it cannot be edited here. Delete it, or repair the file."
            )
        elif self._editor.is_partial:
            hint = self.tr("The line is too long to edit here; only its beginning is shown.")
        elif blank:
            hint = self.tr("Training skips it. Write an example here, or delete the line.")
        else:
            hint = self.tr("Repair the text; the example appears as soon as it can be read.")
        self._hint.setText(hint)

    def commit(self) -> None:
        self._editor.commit()

    def focus_text(self) -> None:
        self._editor.setFocus()

    def _show_problem(self, problem: str) -> None:
        if problem:
            self._reason.setText(visible(problem))

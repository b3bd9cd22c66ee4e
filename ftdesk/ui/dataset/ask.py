"""One question with one field to answer it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QIntValidator, QKeyEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from ftdesk.overrides import override
from ftdesk.ui.editor import TextEditor
from ftdesk.ui.text import Label, original
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Button

_FIELD_HEIGHT = 40 * UNIT


class AskDialog(QDialog):
    """``answered`` gives the text when the user goes on. With ``highest``, a number from 1 up to it."""

    answered = Signal(object)

    def __init__(
        self,
        title: str,
        question: str,
        go_on: str,
        parent: QWidget,
        *,
        text: str = "",
        lines: bool = False,
        highest: int | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("ask_dialog")
        self.setWindowTitle(title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumWidth(110 * UNIT)
        column = QVBoxLayout(self)
        column.setContentsMargins(6 * UNIT, 5 * UNIT, 6 * UNIT, 5 * UNIT)
        column.setSpacing(3 * UNIT)
        column.addWidget(Label(question, wrap=True))
        self._lines: TextEditor | None = None
        self._line: QLineEdit | None = None
        field = self._text_field(question, text) if lines else self._line_field(question, text, highest)
        field.setObjectName("ask_field")
        column.addWidget(field)
        self._go_on = Button(go_on, self._answer, kind="primary")
        self._go_on.setObjectName("ask_button")
        self._go_on.setDefault(not lines)
        buttons = QHBoxLayout()
        buttons.setSpacing(2 * UNIT)
        buttons.addStretch()
        buttons.addWidget(Button(self.tr("Cancel"), self.reject))
        buttons.addWidget(self._go_on)
        column.addLayout(buttons)
        field.setFocus()

    def _text_field(self, name: str, text: str) -> TextEditor:
        field = self._lines = TextEditor(name)
        field.setProperty("kind", "field")
        field.fill_height()
        field.setMinimumHeight(_FIELD_HEIGHT)
        field.replace_text(text)
        field.selectAll()
        return field

    def _line_field(self, name: str, text: str, highest: int | None) -> QLineEdit:
        field = self._line = QLineEdit(text)
        field.setAccessibleName(name)
        field.selectAll()
        if highest is not None:
            field.setValidator(QIntValidator(1, highest, field))
        return field

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        held = event.modifiers() & Qt.KeyboardModifier.ControlModifier
        if held and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._answer()
            return
        super().keyPressEvent(event)

    def _answer(self) -> None:
        text = self._lines.text if self._lines is not None else original(self._line.text()) if self._line else ""
        if self._line is not None and not (text.strip() and self._line.hasAcceptableInput()):
            self._line.setFocus()
            return
        self.accept()
        self.answered.emit(text)

"""Where a prompt is typed."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QInputMethodEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import QWidget

from ftdesk.overrides import override
from ftdesk.ui.editor import TextEditor


class PromptEdit(TextEditor):
    """Has an undo of its own: what is typed here belongs to no dataset. Ctrl+Enter sends, never while composing."""

    send_pressed = Signal()

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self.setUndoRedoEnabled(True)
        self._is_composing = False

    @override
    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        self._is_composing = bool(event.preeditString())
        super().inputMethodEvent(event)

    @override
    def event(self, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and self._step(event):
            event.accept()
            return True
        return super().event(event)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        control = event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.MetaModifier)
        step = self._step(event)
        if step is not None:
            step()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and control:
            if not self._is_composing:
                self.send_pressed.emit()
        else:
            super().keyPressEvent(event)

    def _step(self, event: QKeyEvent) -> Callable[[], None] | None:
        """Undo or redo, if the key is theirs."""
        if event.matches(QKeySequence.StandardKey.Undo):
            return self.undo
        return self.redo if event.matches(QKeySequence.StandardKey.Redo) else None

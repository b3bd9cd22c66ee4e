"""Tags and the note of an example: for the person who curates, and never in what a model is trained on."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from ftdesk.dataset.changes import Labels
from ftdesk.ui.editor import TextEditor
from ftdesk.ui.text import Label, original, visible
from ftdesk.ui.tokens import UNIT

_NOTE_HEIGHT = 40 * UNIT


class LabelsEditor(QWidget):
    tags_committed = Signal(frozenset)
    """The tags as they shall be."""
    note_committed = Signal(object)
    """The note as it shall be."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = Labels()
        self._tags = QLineEdit()
        self._tags.setObjectName("tags_edit")
        self._tags.setAccessibleName(self.tr("Tags of the example, separated by commas"))
        self._tags.setPlaceholderText(self.tr("Tags, separated by commas"))
        self._tags.editingFinished.connect(self._commit_tags)
        self._note = TextEditor(self.tr("Note on the example"))
        self._note.setObjectName("note_edit")
        self._note.setProperty("kind", "field")
        self._note.setPlaceholderText(self.tr("A note"))
        self._note.limit_height(_NOTE_HEIGHT)
        self._note.committed.connect(self.note_committed)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * UNIT)
        column.addWidget(self._tags)
        column.addWidget(self._note)
        column.addWidget(Label(self.tr("Tags and notes stay on this computer."), "caption", wrap=True))

    def show_labels(self, labels: Labels) -> None:
        """Show ``labels``; what is being typed stays, unless they have changed."""
        if labels.tags != self._shown.tags or not self._tags.hasFocus():
            self._tags.setText(", ".join(sorted(map(visible, labels.tags), key=str.casefold)))
        self._note.show_text(labels.note)
        self._shown = labels

    def commit(self) -> None:
        """Announce what was typed."""
        self._commit_tags()
        self._note.commit()

    def _commit_tags(self) -> None:
        tags = frozenset(tag for part in self._tags.text().split(",") if (tag := original(part.strip())))
        if tags != self._shown.tags:
            self._shown = Labels(tags, self._shown.note)
            self.tags_committed.emit(tags)

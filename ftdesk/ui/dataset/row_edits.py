"""Every edit of the example that is looked at, each one step of undo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import QObject

from ftdesk.dataset.changes import LabelChange
from ftdesk.dataset.content_parts import add_part
from ftdesk.dataset.conversation import add_message, move_message, new_example, remove_message
from ftdesk.dataset.document import Document
from ftdesk.ui.dataset.edits import Edit
from ftdesk.ui.open_dataset import OpenDataset


class RowEdits(QObject):
    """Edits the row that is chosen. What is typed elsewhere in the example is committed before its messages move."""

    def __init__(self, dataset: OpenDataset, parent: QObject) -> None:
        super().__init__(parent)
        self._dataset = dataset

    def edit(self, title: str, edit: Edit) -> bool:
        """Replace the line by what ``edit`` makes of it, if that is another. Whether it could be done."""
        row = self._dataset.row

        def change(document: Document) -> None:
            before = document.line(row)
            after = edit(before)
            if after != before:
                document.replace(row, after, title)

        return self._dataset.attempt(change)

    def restructure(self, title: str, edit: Edit) -> bool:
        """Edit after all that is typed was committed: it knows its place only until then."""
        self._dataset.leaving.emit()
        return self.edit(title, edit)

    def add_message(self, index: int, message: Mapping[str, Any]) -> bool:
        return self.edit(self.tr("Add message"), lambda line: add_message(line, index, message))

    def add_example(self, message: Mapping[str, Any]) -> bool:
        """Begin a dataset that has no examples with one of this message."""
        line = add_message(new_example(), 0, message)
        return self._dataset.attempt(lambda document: document.insert(0, [line], self.tr("New example")))

    def add_part(self, index: int, part: Mapping[str, Any]) -> None:
        title = self.tr("Add to message {number}").format(number=index + 1)
        self.restructure(title, lambda line: add_part(line, index, part))

    def move_message(self, index: int, to: int) -> None:
        self._dataset.leaving.emit()
        title = self.tr("Move message {number}").format(number=index + 1)
        self.edit(title, lambda line: move_message(line, index, to))

    def duplicate_message(self, index: int) -> None:
        self._dataset.leaving.emit()
        document = self._dataset.document
        if document is not None:
            message = document.record(self._dataset.row).messages[index]
            title = self.tr("Duplicate message {number}").format(number=index + 1)
            self.edit(title, lambda line: add_message(line, index + 1, message))

    def delete_message(self, index: int) -> None:
        self._dataset.leaving.emit()
        title = self.tr("Delete message {number}").format(number=index + 1)
        if self.edit(title, lambda line: remove_message(line, index)):
            self._dataset.offer_undo(self.tr("Message deleted."))

    def replace_line(self, text: str) -> None:
        """The whole example as text on one line."""
        self.edit(self.tr("Edit raw JSON"), lambda _: text.encode("utf-8", "surrogatepass"))

    def set_tags(self, tags: frozenset[str], rows: Sequence[int]) -> None:
        """Give the example these tags; what that adds or removes holds for all ``rows``."""
        document = self._dataset.document
        if document is None or self._dataset.row < 0:
            return
        before = document.labels.of(document.shown_line(self._dataset.row)).tags
        lines = [document.shown_line(row) for row in {*rows, self._dataset.row}]
        added, removed = tags - before, before - tags
        names = ", ".join(sorted(tags ^ before, key=str.casefold))
        title = self.tr("Add tags “{tags}”") if not removed else self.tr("Remove tags “{tags}”")
        title = self.tr("Change tags “{tags}”") if added and removed else title
        changes = document.labels.retagging(lines, added, removed)
        self._dataset.attempt(partial(_label, changes=changes, title=title.replace("{tags}", names)))

    def set_note(self, note: str) -> None:
        """Write or remove the note of the example."""
        document = self._dataset.document
        if document is None or self._dataset.row < 0:
            return
        changes = document.labels.noting(document.shown_line(self._dataset.row), note)
        title = self.tr("Edit the note") if note else self.tr("Remove the note")
        self._dataset.attempt(partial(_label, changes=changes, title=title))


def _label(document: Document, changes: Sequence[LabelChange], title: str) -> None:
    document.label(changes, title)

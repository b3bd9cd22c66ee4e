"""What can be done with the examples that are selected in the list: the commands and the menu for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QWidget

from ftdesk.dataset.conversation import new_example, set_system_prompt
from ftdesk.dataset.document import Document
from ftdesk.dataset.record import Kind, content_text
from ftdesk.errors import FtdeskError
from ftdesk.ui.dataset.examples_list import ExamplesList
from ftdesk.ui.desk import Desk
from ftdesk.ui.text import plural

if TYPE_CHECKING:  # Loaded when they are first used: the window's start does not wait for them.
    from ftdesk.ui.dataset.bulk import BulkEdits
    from ftdesk.ui.dataset.replace_dialog import Scope

_MOST_COPIED = 4_000_000
"""Bytes that go into the clipboard: what is taken out of it again (see ``pasting``) is no more either."""


class SelectedExamples(QObject):
    """Acts on the selection, or on the example that is looked at where none is selected."""

    def __init__(self, desk: Desk, examples: ExamplesList, panel: QWidget) -> None:
        super().__init__(panel)
        self._desk = desk
        self._dataset = desk.dataset
        self._list = examples
        self._panel = panel
        examples.menu_requested.connect(self.open_menu)
        examples.copy_requested.connect(self.copy)
        examples.paste_requested.connect(self.paste)
        examples.rows_dropped.connect(lambda before: self.move_before(self.rows, before))
        examples.drag_refused.connect(self._explain_order)

    @cached_property
    def bulk(self) -> BulkEdits:
        from ftdesk.ui.dataset.bulk import BulkEdits

        return BulkEdits(self._desk, self)

    @property
    def rows(self) -> list[int]:
        rows = self._list.selected_rows()
        return rows or ([self._dataset.row] if self._dataset.row >= 0 else [])

    def add_new(self, kind: Kind | None = None) -> bool:
        """Append an example that begins as the last one does, of the same or another kind. Whether it could be done."""

        def append(document: Document) -> None:
            rows = reversed(range(len(document)))
            like = next((document.line(row) for row in rows if _is_usable(document, row)), None)
            document.insert(len(document), [new_example(like, kind)], self.tr("New example"))

        self._dataset.leaving.emit()
        return self._dataset.attempt(append)

    def copy(self) -> None:
        """Put the selected examples into the clipboard, as lines of JSON."""
        rows, document = self.rows, self._dataset.document
        if document is None or not rows:
            return
        self._dataset.leaving.emit()
        lines: list[str] = []
        size = 0
        for row in rows:
            line = document.shown_line(row)
            size += len(line)
            if size > _MOST_COPIED:
                words = self.tr("The selected examples are too large for the clipboard. Save them as a file instead.")
                self._desk.notices.show_notice(words)
                return
            lines.append(line.decode("utf-8", "replace"))
        QGuiApplication.clipboard().setText("\n".join(lines) + "\n")
        words = plural(len(rows), self.tr("1 example copied."), self.tr("{number} examples copied."))
        self._desk.notices.show_notice(words)

    def paste(self) -> None:
        """Insert the examples that were copied elsewhere after the one that is looked at."""
        document = self._dataset.document
        if document is None:
            return
        from ftdesk.dataset.pasting import examples_from_text

        self._dataset.leaving.emit()
        try:
            lines = examples_from_text(QGuiApplication.clipboard().text())
        except FtdeskError as error:
            self._desk.notices.show_error(error)
            return
        after = self._dataset.row + 1
        title = plural(len(lines), self.tr("Paste example"), self.tr("Paste {number} examples"))
        if self._dataset.attempt(lambda document: document.insert(after, lines, title)):
            self._show(range(after, after + len(lines)))
            words = plural(len(lines), self.tr("1 example pasted."), self.tr("{number} examples pasted."))
            self._dataset.offer_undo(words)

    def delete(self) -> None:
        self.bulk.delete(self.rows)

    def duplicate(self) -> None:
        rows = self.rows
        if self.bulk.duplicate(rows):
            self._show(range(rows[-1] + 1, rows[-1] + 1 + len(rows)))

    def move(self, by: int) -> None:
        """Move the selected examples up (-1) or down (1). Those that lie apart come together."""
        rows, document = self.rows, self._dataset.document
        if document is None or not rows:
            return
        step = 1 if rows[-1] - rows[0] + 1 == len(rows) else 0
        before = rows[0] - step if by < 0 else rows[-1] + 1 + step
        if 0 <= before <= len(document):
            self.move_before(rows, before, quiet=True)

    def move_before(self, rows: Sequence[int], before: int, *, quiet: bool = False) -> None:
        """Bring rows together in front of the one that is ``before`` now, and go on looking at them."""
        moved = self.bulk.move(rows, before, quiet=quiet)
        if moved is not None:
            self._show(moved)

    def ask_where_to(self) -> None:
        rows, document = self.rows, self._dataset.document
        if document is None or not rows:
            return
        last = len(document) - len(rows) + 1

        def go(text: str) -> None:
            first = int(text) - 1
            stays = sorted(set(range(len(document))) - set(rows))
            self.move_before(rows, stays[first] if first < len(stays) else len(document))

        self._ask(
            plural(len(rows), self.tr("Move example"), self.tr("Move {number} examples")),
            self.tr("Number that the first of them shall have, from 1 to {last}").format(last=f"{last:,}"),
            self.tr("Move"),
            go,
            highest=last,
        )

    def ask_system_prompt(self) -> None:
        rows = self.rows
        title = plural(
            len(rows), self.tr("Set the system prompt"), self.tr("Set the system prompt of {number} examples")
        )

        def said(number: int) -> str:
            return plural(number, self.tr("1 system prompt set."), self.tr("{number} system prompts set."))

        self._ask(
            title,
            self.tr("System prompt. Examples without one get it as their first message."),
            self.tr("Set"),
            lambda text: self.bulk.rewrite(rows, lambda _, line: set_system_prompt(line, text), title, said),
            text=self._common_prompt(rows),
            lines=True,
        )

    def ask_tag(self, *, present: bool) -> None:
        rows = self.rows
        self._ask(
            self.tr("Add tag") if present else self.tr("Remove tag"),
            plural(len(rows), self.tr("Tag of the example"), self.tr("Tag of {number} examples")),
            self.tr("Add") if present else self.tr("Remove"),
            lambda text: self.bulk.tag(rows, text.strip(), present=present),
        )

    def replace(self) -> None:
        """Open find and replace over the search's result, the selection, or all."""
        document = self._dataset.document
        if document is None:
            return
        from ftdesk.ui.dataset.replace_dialog import ReplaceDialog

        self._dataset.leaving.emit()
        dialog = ReplaceDialog(self._dataset, self.bulk, list(self._scopes(document)), self._panel.window())
        dialog.open()

    def open_menu(self, at: QPoint) -> None:
        """Open the menu at a point of the screen."""
        self.menu().popup(at)

    def menu(self) -> QMenu:
        """What can be done, as a menu that goes when it is closed."""
        menu = QMenu(self._panel)
        menu.setObjectName("examples_menu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for name, do in (
            (self.tr("Copy"), self.copy),
            (self.tr("Paste"), self.paste),
            (self.tr("Duplicate"), self.duplicate),
            (self.tr("Move to…"), self.ask_where_to),
            ("", None),
            (self.tr("Set system prompt…"), self.ask_system_prompt),
            (self.tr("Add tag…"), lambda: self.ask_tag(present=True)),
            (self.tr("Remove tag…"), lambda: self.ask_tag(present=False)),
            (self.tr("Find and replace…"), self.replace),
            ("", None),
            (self.tr("Delete"), self.delete),
        ):
            if do is None:
                menu.addSeparator()
            else:
                menu.addAction(name).triggered.connect(lambda _=False, do=do: do())
        return menu

    def _scopes(self, document: Document) -> Iterator[Scope]:
        from ftdesk.ui.dataset.replace_dialog import Scope

        selected, model = self._list.selected_rows(), self._list.model
        everything = Scope(
            plural(len(document), self.tr("The only example"), self.tr("All {number} examples")),
            lambda: range(len(document)),
        )
        chosen = Scope(
            plural(len(selected), self.tr("The selected example"), self.tr("The {number} selected examples")),
            lambda: selected,
        )
        if len(selected) > 1:
            yield chosen
        if model.filtered:
            yield Scope(self.tr("What the search shows"), model.shown_rows)
        yield everything
        if len(selected) == 1:
            yield chosen

    def _common_prompt(self, rows: Sequence[int]) -> str:
        """The system prompt of the first of them, to begin with."""
        document = self._dataset.document
        messages = document.record(rows[0]).messages if document is not None and rows else ()
        first = messages[0] if messages else None
        if isinstance(first, dict) and first.get("role") in ("system", "developer"):
            return content_text(first.get("content"))
        return ""

    def _ask(
        self,
        title: str,
        question: str,
        go_on: str,
        answered: Callable[[str], None],
        *,
        text: str = "",
        lines: bool = False,
        highest: int | None = None,
    ) -> None:
        if self._dataset.document is None:
            return
        from ftdesk.ui.dataset.ask import AskDialog

        self._dataset.leaving.emit()
        dialog = AskDialog(title, question, go_on, self._panel.window(), text=text, lines=lines, highest=highest)
        dialog.answered.connect(answered)
        dialog.open()

    def _explain_order(self) -> None:
        self._desk.notices.show_notice(self.tr("Examples can be dragged while all are shown. Clear the search first."))

    def _show(self, rows: range) -> None:
        self._dataset.choose(rows.start)
        self._list.select_rows(rows)


def _is_usable(document: Document, row: int) -> bool:
    return document.record(row).kind not in ("broken", "blank")

"""The place Dataset: list, conversation, inspector, and every edit of an example."""

from __future__ import annotations

from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar, cast

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from ftdesk.dataset.record import Kind
from ftdesk.errors import FtdeskError
from ftdesk.overrides import override
from ftdesk.ui.dataset.composer import Composer
from ftdesk.ui.dataset.conversation import ConversationView
from ftdesk.ui.dataset.examples_list import ExamplesList
from ftdesk.ui.dataset.inspector import Inspector
from ftdesk.ui.dataset.message_tokens import MessageTokensDisplay
from ftdesk.ui.dataset.row_edits import RowEdits
from ftdesk.ui.dataset.selection import SelectedExamples
from ftdesk.ui.dataset.welcome import Welcome
from ftdesk.ui.desk import Desk
from ftdesk.ui.focus_order import set_reading_order
from ftdesk.ui.panel import Panel
from ftdesk.ui.text import Label, plural
from ftdesk.ui.tokens import TEXT_WIDTH, UNIT
from ftdesk.ui.widgets import IconButton
from ftdesk.validation.findings import Finding

if TYPE_CHECKING:
    from ftdesk.ui.dataset.add_image import AddImage
    from ftdesk.ui.repairs import Repairs

_WIDTH_OF_THREE = 220 * UNIT


class DatasetPanel(Panel):
    place: ClassVar[str] = "dataset"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._dataset = desk.dataset
        self.edits = RowEdits(desk.dataset, self)
        self.list = ExamplesList(desk)
        self.examples = SelectedExamples(desk, self.list, self)
        self.conversation = ConversationView()
        self.composer = Composer()
        self.inspector = Inspector()
        self._title = Label("", "heading")
        self._title.setObjectName("example_title")
        self._facts = Label("", "caption")
        self._repairs: Repairs | None = None
        self._wants_inspector = True
        self._fits = True
        self._pages = QStackedWidget()
        self._pages.addWidget(Welcome(desk.files))
        self._pages.addWidget(self._editor())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._pages)
        # Cards come and go, and one that is made later stands before others all the same.
        self._order = QTimer(self)
        self._order.setSingleShot(True)
        self._order.setInterval(0)
        self._order.timeout.connect(lambda: set_reading_order(self))
        self.conversation.cards_built.connect(self._order.start)
        self._message_tokens = MessageTokensDisplay(self.desk.checking, self.conversation, self)
        self._make_commands()
        self._connect()
        self._show_dataset()

    @cached_property
    def images(self) -> AddImage:
        """Made when the first image is added."""
        from ftdesk.ui.dataset.add_image import AddImage

        images = AddImage(self.conversation.pictures, self.desk.notices.show_error, self)
        images.part_made.connect(self.edits.add_part)
        return images

    @override
    def focus_first(self) -> None:
        document = self._dataset.document
        if document is not None:
            (self.list.view if len(document) else self.composer.text).setFocus()

    def new_example(self) -> None:
        """Append an example that begins as the last one does."""
        if self.examples.add_new():
            self._begin_writing()

    def new_example_of(self, kind: Kind) -> None:
        if self.examples.add_new(kind):
            self._begin_writing()

    def _fix(self, finding: Finding) -> None:
        """Fix what was found in the example that is shown."""
        if self._repairs is None:
            from ftdesk.ui.repairs import Repairs  # brings the rules along, which the start does not wait for

            self._repairs = Repairs(self.desk, self)
        self._repairs.fix(self._dataset.row, finding)

    def toggle_inspector(self) -> None:
        self._wants_inspector = self.inspector.isHidden()
        self.inspector.setVisible(self._wants_inspector)
        # Where three columns do not fit, the inspector takes the place of the list.
        self.list.setVisible(self._fits or not self._wants_inspector)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # A window too narrow for three columns keeps the two that are worked in.
        fits = event.size().width() >= _WIDTH_OF_THREE
        if fits != self._fits:
            self._fits = fits
            self.inspector.setVisible(fits and self._wants_inspector)
            self.list.show()

    def _editor(self) -> QWidget:
        middle = QWidget()
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._bar = QWidget()
        bar = QHBoxLayout(self._bar)
        bar.setContentsMargins(6 * UNIT, 2 * UNIT, 4 * UNIT, 0)
        bar.setSpacing(0)
        bar.addWidget(self._title)
        bar.addSpacing(3 * UNIT)
        bar.addWidget(self._facts)
        bar.addStretch()
        for icon_name, name, do in (
            ("arrow-up", self.tr("Move example up"), lambda: self.examples.move(-1)),
            ("arrow-down", self.tr("Move example down"), lambda: self.examples.move(1)),
            ("copy-plus", self.tr("Duplicate example"), self.examples.duplicate),
            ("trash-2", self.tr("Delete example"), self.examples.delete),
        ):
            bar.addWidget(IconButton(icon_name, name, do))
        self._more = IconButton("ellipsis", self.tr("More for the selected examples"), self._open_menu)
        self._more.setObjectName("examples_more_button")
        bar.addWidget(self._more)
        self._fold = IconButton("panel-right", self.tr("Show or hide the inspector"), self.toggle_inspector)
        self._fold.setObjectName("inspector_button")
        bar.addSpacing(2 * UNIT)
        bar.addWidget(self._fold)
        column.addWidget(self._bar)
        column.addWidget(self.conversation, 1)
        self._compose = QWidget()
        row = QHBoxLayout(self._compose)
        row.setContentsMargins(6 * UNIT, 0, 6 * UNIT, 4 * UNIT)
        self.composer.setMaximumWidth(TEXT_WIDTH)
        row.addStretch(1)
        row.addWidget(self.composer, 1000)
        row.addStretch(1)
        column.addWidget(self._compose)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        splitter.setHandleWidth(1)
        splitter.setChildrenCollapsible(False)
        for widget, stretch, width in ((self.list, 0, 50), (middle, 1, 104), (self.inspector, 0, 60)):
            splitter.addWidget(widget)
            widget.setMinimumWidth(width * UNIT)
            splitter.setStretchFactor(splitter.count() - 1, stretch)
        splitter.setSizes([72 * UNIT, 150 * UNIT, 78 * UNIT])
        return splitter

    def _make_commands(self) -> None:
        self.command(self.tr("New example"), self.new_example, "Ctrl+Shift+N", "command_new_example")
        for kind, title in (
            ("supervised", self.tr("New conversation")),
            ("preference", self.tr("New preference example")),
            ("reinforcement", self.tr("New reinforcement example")),
        ):
            self.command(title, partial(self.new_example_of, cast("Kind", kind)), "", f"command_new_{kind}")
        examples = self.examples
        self.command(self.tr("New examples from the clipboard"), examples.paste, "", "command_paste")
        self.command(self.tr("Duplicate example"), examples.duplicate, "Ctrl+D", "command_duplicate")
        self.command(self.tr("Delete example"), examples.delete, "Ctrl+Shift+D", "command_delete")
        self.command(self.tr("Move message or example up"), lambda: self._move(-1), "Alt+Up", "command_move_up")
        self.command(self.tr("Move message or example down"), lambda: self._move(1), "Alt+Down", "command_move_down")
        self.command(self.tr("Move example to…"), examples.ask_where_to, "Ctrl+Shift+M", "command_move_to")
        self.command(self.tr("Find and replace…"), examples.replace, "Ctrl+H", "command_replace")
        self.command(self.tr("Set system prompt…"), examples.ask_system_prompt, "", "command_system_prompt")
        self.command(self.tr("Add tag…"), lambda: examples.ask_tag(present=True), "Ctrl+Shift+T", "command_add_tag")
        self.command(self.tr("Remove tag…"), lambda: examples.ask_tag(present=False), "", "command_remove_tag")
        self.command(self.tr("Next example"), lambda: self._dataset.choose(self._dataset.row + 1), "Ctrl+Down")
        self.command(self.tr("Previous example"), self._previous, "Ctrl+Up")
        self.command(self.tr("Show or hide the inspector"), self.toggle_inspector, "Ctrl+I")
        self.command(self.tr("Search examples"), self._search, "Ctrl+F")
        self.command(self.tr("Write the next message"), self.composer.text.setFocus, "Ctrl+L")
        self.command(self.tr("Edit raw JSON"), self.inspector.raw.setFocus, "Ctrl+J")

    def _connect(self) -> None:
        dataset = self._dataset
        dataset.replaced.connect(lambda: self.composer.change_dataset(dataset.document))
        dataset.replaced.connect(self._show_dataset)
        dataset.row_chosen.connect(lambda _: self._show_row(same=False))
        dataset.spliced.connect(self._spliced)
        dataset.leaving.connect(self._commit)
        dataset.state_changed.connect(self._show_tags)
        self.desk.checking.rows_checked.connect(self._show_findings)
        self.list.new_requested.connect(self.new_example)
        self.list.delete_requested.connect(self.examples.delete)
        self.list.selection_changed.connect(self._show_title)
        self.list.opened.connect(self._enter_example)
        self.composer.message_written.connect(self._add_message)
        self.conversation.edited.connect(self.edits.edit)
        self.conversation.restructured.connect(self.edits.restructure)
        self.conversation.image_wanted.connect(self._choose_image)
        self.conversation.message_moved.connect(self.edits.move_message)
        self.conversation.message_duplicated.connect(self.edits.duplicate_message)
        self.conversation.message_deleted.connect(self.edits.delete_message)
        self.conversation.raw_committed.connect(self.edits.replace_line)
        for part in (self.inspector.tools, self.inspector.extra):
            part.edited.connect(self.edits.edit)
            part.restructured.connect(self.edits.restructure)
        self.inspector.raw_committed.connect(self.edits.replace_line)
        self.inspector.findings.fix_wanted.connect(self._fix)
        self.inspector.labels.tags_committed.connect(lambda tags: self.edits.set_tags(tags, self.examples.rows))
        self.inspector.labels.note_committed.connect(self.edits.set_note)

    def _show_dataset(self) -> None:
        self._pages.setCurrentIndex(0 if self._dataset.document is None else 1)
        self._show_row(same=False)
        if self.isVisible():
            self.focus_first()

    def _show_row(self, *, same: bool) -> None:
        document, row = self._dataset.document, self._dataset.row
        shown = document is not None and 0 <= row < len(document)
        self._bar.setVisible(shown)
        self._compose.setVisible(document is not None)
        self.conversation.setVisible(True)
        if document is None or not shown:
            self._title.setText("")
            self.conversation.show_nothing()
            self.composer.suggest_role(())
            self.inspector.show_nothing()
            self._message_tokens.show_line(None, same=False)
            return
        try:
            record, line = document.record(row), document.shown_line(row)
        except FtdeskError as error:
            self.desk.notices.show_error(error)
            return
        self._show_title()
        self.conversation.show_record(record, line, same=same)
        self.inspector.show_record(record, line)
        self._message_tokens.show_line(line, same=same)
        self._order.start()
        self._compose.setVisible(record.kind in ("supervised", "preference", "reinforcement"))
        self.composer.suggest_role(record.messages)
        self._show_findings()
        self._show_tags()

    def _show_title(self) -> None:
        document, selected = self._dataset.document, self.list.selected_count()
        if document is None:
            return
        total = f"{len(document):,}"
        if selected > 1:
            self._title.setText(self.tr("{number} of {total} selected").format(number=f"{selected:,}", total=total))
        else:
            number = f"{self._dataset.row + 1:,}"
            self._title.setText(self.tr("Example {number} of {total}").format(number=number, total=total))

    def _open_menu(self) -> None:
        self.examples.open_menu(self._more.mapToGlobal(self._more.rect().bottomLeft()))

    def _show_findings(self) -> None:
        document, row = self._dataset.document, self._dataset.row
        if document is not None and 0 <= row < len(document):
            record, tokens = document.record(row), self.desk.checking.tokens(row)
            parts: list[str] = [] if record.kind == "supervised" else [record.kind]
            if tokens is not None:
                parts.append(plural(tokens, self.tr("1 token"), self.tr("{number} tokens")))
            self._facts.setText(" · ".join(parts))
            findings, checked = self.desk.checking.findings(row), self.desk.checking.is_checked(row)
            self.inspector.show_findings(findings, checked=checked)

    def _show_tags(self) -> None:
        document, row = self._dataset.document, self._dataset.row
        if document is not None and 0 <= row < len(document):
            self.inspector.labels.show_labels(document.labels.of(document.shown_line(row)))

    def _spliced(self, row: int, removed: int, inserted: int) -> None:
        if removed == inserted and row <= self._dataset.row < row + inserted:
            self._show_row(same=True)

    def _commit(self) -> None:
        self.conversation.commit()
        self.inspector.commit()

    def _begin_writing(self) -> None:
        """Put the keyboard where the new example's first words go."""
        document = self._dataset.document
        if document is not None and document.record(self._dataset.row).kind == "supervised":
            self.composer.text.setFocus()
        else:
            self.conversation.focus_empty()

    def _add_message(self, message: dict[str, Any]) -> None:
        document = self._dataset.document
        if document is None:
            return
        if self._dataset.row < 0:
            added = self.edits.add_example(message)
        else:
            added = self.edits.add_message(len(document.record(self._dataset.row).messages), message)
        if added:
            self.conversation.scroll_to_end()
        else:
            self.composer.text.replace_text(message["content"])

    def _move(self, by: int) -> None:
        """The message that is written in, else the selected examples."""
        if not self.conversation.order.move_focused(by):
            self.examples.move(by)

    def _choose_image(self, message: int) -> None:
        self.images.choose(message)

    def _previous(self) -> None:
        self._dataset.choose(max(0, self._dataset.row - 1))

    def _search(self) -> None:
        if self.list.isHidden():
            self.toggle_inspector()
        self.list.search.setFocus()
        self.list.search.selectAll()

    def _enter_example(self) -> None:
        if not self.conversation.focus_text():
            self.composer.text.setFocus()

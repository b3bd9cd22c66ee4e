"""The left column: search, the list of examples, and what can be done with those that are selected."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, QPoint, QRect, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractItemDelegate, QHBoxLayout, QLineEdit, QToolButton, QWidget

from ftdesk.overrides import override
from ftdesk.ui.dataset.dragging import Drag
from ftdesk.ui.dataset.examples_delegate import ROW_HEIGHT, ExamplesDelegate
from ftdesk.ui.dataset.examples_model import ExamplesModel
from ftdesk.ui.desk import Desk
from ftdesk.ui.long_list import LongList
from ftdesk.ui.text import Label, set_tooltip
from ftdesk.ui.tokens import UNIT, tokens
from ftdesk.ui.widgets import IconButton, Surface


class ExamplesList(Surface):
    new_requested = Signal()
    delete_requested = Signal()
    copy_requested = Signal()
    paste_requested = Signal()
    menu_requested = Signal(QPoint)
    """A click with the right button or the menu key, at a point of the screen."""
    selection_changed = Signal()
    rows_dropped = Signal(int)
    """What is selected was dragged in front of this row of the document."""
    drag_refused = Signal()
    """Rows of a search's result have no order of their own."""
    opened = Signal()
    """Enter or a double click: the user wants to write in the example."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__("left", 0, 0, parent)
        self._dataset = desk.dataset
        self.model = ExamplesModel(desk.dataset, desk.checking, self)
        self.search = _SearchField()
        self.search.setObjectName("examples_search")
        self.search.setAccessibleName(self.tr("Search examples"))
        self.search.setPlaceholderText(self.tr("Search…"))
        self.search.setClearButtonEnabled(True)
        for button in self.search.findChildren(QToolButton):
            button.setAccessibleName(self.tr("Clear the search"))
        set_tooltip(
            self.search,
            self.tr(
                'Words, "a phrase", /a pattern/, role:tool, has:error, has:warning, has:tools, has:note, '
                "is:broken, is:preference, tag:x, tokens:>1000. All must hold."
            ),
        )
        self.search.textChanged.connect(self._search)
        self.search.entered.connect(self._enter_list)
        self.search.escaped.connect(self._end_search)
        self.view = _View(self.tr("Examples"), ExamplesDelegate(), ROW_HEIGHT)
        self.view.setObjectName("examples_view")
        self.view.setModel(self.model)
        self.view.delete_pressed.connect(self.delete_requested)
        self.view.copy_pressed.connect(self.copy_requested)
        self.view.paste_pressed.connect(self.paste_requested)
        self.view.enter_pressed.connect(self.opened)
        self.view.doubleClicked.connect(lambda _: self.opened.emit())
        self.view.selectionModel().currentRowChanged.connect(self._chosen)
        self.view.selectionModel().selectionChanged.connect(lambda *_: self.selection_changed.emit())
        self.view.gap_dropped.connect(self.rows_dropped)
        self.view.drag_refused.connect(self.drag_refused)
        self.view.may_drag = lambda: not self.model.filtered
        self.view.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.view.customContextMenuRequested.connect(
            lambda at: self.menu_requested.emit(self.view.viewport().mapToGlobal(at))
        )
        self._note = Label("", "caption", wrap=True)
        self._note.setObjectName("examples_note")
        self._note.setContentsMargins(4 * UNIT, UNIT, 4 * UNIT, UNIT)
        self._note.hide()
        top = QHBoxLayout()
        top.setContentsMargins(3 * UNIT, 3 * UNIT, 2 * UNIT, 2 * UNIT)
        top.setSpacing(UNIT)
        top.addWidget(self.search)
        add = IconButton("plus", self.tr("New example"), self.new_requested.emit, size=18)
        add.setObjectName("new_example_button")
        top.addWidget(add)
        self.column.addLayout(top)
        self.column.addWidget(self._note)
        self.column.addWidget(self.view, 1)
        self.model.search_changed.connect(self._show_search)
        self._dataset.row_chosen.connect(self._follow)

    def selected_rows(self) -> list[int]:
        """The document's rows that are selected, in order."""
        return sorted(self.model.row_at(position) for part in self.view.selected_positions() for position in part)

    def selected_count(self) -> int:
        return sum(map(len, self.view.selected_positions()))

    def select_rows(self, rows: Sequence[int]) -> None:
        """Select these rows of the document, as far as they are shown."""
        flags = QItemSelectionModel.SelectionFlag
        selection = QItemSelection()
        positions = (position for row in rows if (position := self.model.position_of(row)) >= 0)
        for part in _ranges(positions):
            # Selecting 20,000 single rows would take seconds.
            selection.select(self.model.index(part.start, 0), self.model.index(part.stop - 1, 0))
        self.view.selectionModel().select(selection, flags.ClearAndSelect | flags.Rows)

    def _search(self, text: str) -> None:
        self.model.search(text)

    def _enter_list(self) -> None:
        """Go from the search to the first example that it has found."""
        if not self.model.rowCount():
            return
        if self.model.filtered:
            self._dataset.choose(self.model.row_at(0))
            self._follow(self._dataset.row)
        self.view.setFocus()

    def _end_search(self) -> None:
        self.search.clear()
        self._follow(self._dataset.row)
        self.view.setFocus()

    def _show_search(self) -> None:
        if self.model.problem:
            note = self.model.problem
        elif not self.model.filtered:
            note = ""
        else:
            note = self.tr("{number} found").format(number=f"{self.model.rowCount():,}")
            if self.model.searching:
                note += " " + self.tr("so far…")
        self._note.setText(note)
        self._note.setVisible(bool(note))
        if not self.view.currentIndex().isValid():
            self._follow(self._dataset.row)

    def _chosen(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if current.isValid():
            self._dataset.choose(self.model.row_at(current.row()))

    def _follow(self, row: int) -> None:
        """Show which row is looked at, whoever chose it."""
        position = self.model.position_of(row)
        if position < 0:
            return
        index = self.model.index(position, 0)
        if index != self.view.currentIndex():
            flags = QItemSelectionModel.SelectionFlag
            self.view.selectionModel().setCurrentIndex(index, flags.ClearAndSelect | flags.Rows)
        self.view.scrollTo(index)


class _SearchField(QLineEdit):
    entered = Signal()
    """Enter or the arrow that leads down to the list."""
    escaped = Signal()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Down):
            self.entered.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
        else:
            super().keyPressEvent(event)


class _View(LongList):
    delete_pressed = Signal()
    copy_pressed = Signal()
    paste_pressed = Signal()
    enter_pressed = Signal()
    gap_dropped = Signal(int)
    """The selected rows shall stand in front of this position."""
    drag_refused = Signal()

    def __init__(self, name: str, delegate: QAbstractItemDelegate, row_height: int) -> None:
        super().__init__(name, delegate, row_height)
        self.may_drag: Callable[[], bool] = lambda: True
        self._gap = -1
        self._drag = Drag(self, self)
        self._drag.moved.connect(self._show_gap)
        self._drag.dropped.connect(lambda height: self.gap_dropped.emit(self._gap_at(height)))
        self._drag.ended.connect(lambda: self._mark(-1))
        self.setDragEnabled(True)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Delete:
            self.delete_pressed.emit()
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy_pressed.emit()
        elif event.matches(QKeySequence.StandardKey.Paste):
            self.paste_pressed.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.enter_pressed.emit()
        else:
            super().keyPressEvent(event)

    @override
    def startDrag(self, supportedActions: Qt.DropAction) -> None:
        if self.may_drag():
            self._drag.begin()
        else:
            self.drag_refused.emit()

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._drag.active:
            self._drag.follow(event.globalPosition().toPoint())
        else:
            super().mouseMoveEvent(event)

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._drag.active:
            self._drag.drop()
        else:
            super().mouseReleaseEvent(event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._gap >= 0:
            top = self._gap * self.verticalHeader().defaultSectionSize() - self.verticalScrollBar().value()
            room = QRect(UNIT, max(0, top - 1), self.viewport().width() - 2 * UNIT, 2)
            QPainter(self.viewport()).fillRect(room, QColor(tokens(self.palette()).accent))

    def _gap_at(self, height: int) -> int:
        size = self.verticalHeader().defaultSectionSize()
        gap = (height + self.verticalScrollBar().value() + size // 2) // size
        return max(0, min(gap, self.model().rowCount()))

    def _show_gap(self, height: int) -> None:
        self._mark(self._gap_at(height))

    def _mark(self, gap: int) -> None:
        if gap != self._gap:
            self._gap = gap
            self.viewport().update()


def _ranges(numbers: Iterable[int]) -> Iterator[range]:
    """``numbers`` with those that follow each other put together."""
    part = range(0)
    for number in numbers:
        if part and number == part.stop:
            part = range(part.start, number + 1)
            continue
        if part:
            yield part
        part = range(number, number + 1)
    if part:
        yield part

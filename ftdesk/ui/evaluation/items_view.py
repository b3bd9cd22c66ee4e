"""Every example of an evaluation: what was asked, the reference, and who was right."""

from __future__ import annotations

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QWidget

from ftdesk.dataset.record import content_text
from ftdesk.evaluation.types import EvaluationItem
from ftdesk.overrides import override
from ftdesk.ui.evaluation.outcomes import ItemOutcome, Outcome, Outcomes
from ftdesk.ui.evaluation.score_bars import LETTERS
from ftdesk.ui.fonts import CAPTION
from ftdesk.ui.long_list import LongList
from ftdesk.ui.row_painter import RowPainter
from ftdesk.ui.text import one_line
from ftdesk.ui.tokens import UNIT

Index = QModelIndex | QPersistentModelIndex
_ROW_HEIGHT = 9 * UNIT
_NUMBER, _MARK = 12 * UNIT, 9 * UNIT


def asked_text(item: EvaluationItem) -> str:
    """The last message before the answer."""
    return content_text(item.prompt[-1].get("content")) if item.prompt else ""


class ItemsModel(QAbstractTableModel):
    """Rows are the examples that ``only`` lets through."""

    def __init__(self) -> None:
        super().__init__()
        self.outcomes = Outcomes()
        self._only: Outcome | None = None
        self._rows: list[ItemOutcome] = []

    def show_outcomes(self, outcomes: Outcomes) -> None:
        self.outcomes = outcomes
        self.refresh()

    def filter(self, only: Outcome | None) -> None:
        self._only = only
        self.refresh()

    def refresh(self) -> None:
        """Take in what the outcomes have learned since."""
        rows = [item for item in self.outcomes.items.values() if self._only in (None, self.outcomes.outcome(item))]
        if len(rows) == len(self._rows) and all(a is b for a, b in zip(rows, self._rows, strict=True)):
            if rows:
                self.dataChanged.emit(self.index(0, 0), self.index(len(rows) - 1, 0))
            return
        self.beginResetModel()
        self._rows = rows
        self.endResetModel()

    def at(self, row: int) -> ItemOutcome:
        return self._rows[row]

    def row_of_line(self, line: int) -> int:
        return next((row for row, item in enumerate(self._rows) if item.item.line == line), -1)

    @override
    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._rows)

    @override
    def columnCount(self, parent: Index | None = None) -> int:
        return 1

    @override
    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        outcome = self._rows[index.row()]
        if role == Qt.ItemDataRole.UserRole:
            return outcome
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            marks = [
                f"{letter} {_word(outcome.is_right(model))}"
                for letter, model in zip(LETTERS, self.outcomes.models, strict=False)
            ]
            return f"{outcome.item.line}: {one_line(asked_text(outcome.item), 120)}, {', '.join(marks)}"
        return None


class ItemDelegate(QStyledItemDelegate):
    """Line, question, reference, and a mark for each model."""

    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(50 * UNIT, _ROW_HEIGHT)

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        outcome: ItemOutcome = index.data(Qt.ItemDataRole.UserRole)
        model = index.model()
        models = model.outcomes.models if isinstance(model, ItemsModel) else ()
        with RowPainter(painter, option) as row:
            row.ground()
            table, room = row.table, row.area.adjusted(2 * UNIT, 0, -2 * UNIT, 0)
            number = QRectF(room.left(), room.top(), _NUMBER - 3 * UNIT, room.height())
            right = Qt.AlignmentFlag.AlignRight
            row.text(number, str(outcome.item.line), table.mute, size=CAPTION, align=right)
            words = room.adjusted(_NUMBER, 0, -_MARK * len(models) - 2 * UNIT, 0)
            half = words.width() * 0.55
            asked = QRectF(words.left(), words.top(), half - 3 * UNIT, words.height())
            row.text(asked, asked_text(outcome.item), table.text)
            reference = QRectF(words.left() + half, words.top(), words.width() - half, words.height())
            row.text(reference, outcome.item.reference, table.mute)
            for place, name in enumerate(models):
                left = room.right() - _MARK * (len(models) - place)
                self._mark(row, outcome.is_right(name), LETTERS[place], left, room.center().y())

    def _mark(self, row: RowPainter, is_right: bool | None, letter: str, left: float, centre: float) -> None:
        table = row.table
        room = QRectF(left, centre - 2.5 * UNIT, 4 * UNIT, 5 * UNIT)
        row.text(room, letter, table.mute, size=CAPTION)
        if is_right is not None:
            icon, colour = ("check", table.accent) if is_right else ("x", table.error)
            row.icon(icon, colour, left + 3 * UNIT, centre, 14)


class ItemsView(LongList):
    """Several can be selected, to be added to the training data."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(self.tr("Examples of the evaluation"), ItemDelegate(), _ROW_HEIGHT, parent)
        self.setObjectName("evaluation_items")
        self.items = ItemsModel()
        self.items.setParent(self)
        self.setModel(self.items)

    @property
    def chosen(self) -> list[ItemOutcome]:
        """What is selected, in the order of the file."""
        rows = sorted(index.row() for index in self.selectionModel().selectedRows())
        return [self.items.at(row) for row in rows]

    def refresh(self) -> None:
        """Take in news, and keep what is selected."""
        lines = [outcome.item.line for outcome in self.chosen]
        self.items.refresh()
        if lines and not self.chosen:
            row = self.items.row_of_line(lines[0])
            if row >= 0:
                self.selectRow(row)


def _word(is_right: bool | None) -> str:
    return "–" if is_right is None else "right" if is_right else "wrong"

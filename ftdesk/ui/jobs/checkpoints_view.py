"""The checkpoints of a job, to be tried and scored like models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QRectF,
    QSize,
    Qt,
    Signal,
    SignalInstance,
)
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from ftdesk.hosts.types import Checkpoint
from ftdesk.overrides import override
from ftdesk.ui.fonts import CAPTION
from ftdesk.ui.long_list import LongList
from ftdesk.ui.loss import best_checkpoint
from ftdesk.ui.row_painter import RowPainter, Weight
from ftdesk.ui.text import Label
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Button

Index = QModelIndex | QPersistentModelIndex
_ROW_HEIGHT = 8 * UNIT
_STEP, _LOSS = 24 * UNIT, 26 * UNIT


def validation_loss(metrics: Mapping[str, Any]) -> float | None:
    """Of the whole validation file where the host measures that, else of one batch."""
    for name in ("full_valid_loss", "valid_loss"):
        value = metrics.get(name)
        if isinstance(value, int | float):
            return float(value)
    return None


def best_step(checkpoints: Sequence[Checkpoint]) -> int | None:
    return best_checkpoint([(one.step, validation_loss(one.metrics)) for one in checkpoints])


class CheckpointsModel(QAbstractTableModel):
    """The latest first."""

    def __init__(self) -> None:
        super().__init__()
        self._checkpoints: Sequence[Checkpoint] = ()
        self.best: int | None = None

    def show(self, checkpoints: Sequence[Checkpoint]) -> None:
        self.beginResetModel()
        self._checkpoints = checkpoints[::-1]
        self.best = best_step(checkpoints)
        self.endResetModel()

    @override
    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._checkpoints)

    @override
    def columnCount(self, parent: Index | None = None) -> int:
        return 1

    @override
    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        checkpoint = self._checkpoints[index.row()]
        if role == Qt.ItemDataRole.UserRole:
            return checkpoint
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            loss = validation_loss(checkpoint.metrics)
            best = self.tr(", best") if checkpoint.step == self.best else ""
            told = "" if loss is None else self.tr(", validation loss {loss}").format(loss=f"{loss:.4f}")
            return self.tr("Step {step}").format(step=checkpoint.step) + told + best + f", {checkpoint.model}"
        return None


class CheckpointDelegate(QStyledItemDelegate):
    @override
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(50 * UNIT, _ROW_HEIGHT)

    @override
    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        checkpoint: Checkpoint = index.data(Qt.ItemDataRole.UserRole)
        model = index.model()
        is_best = isinstance(model, CheckpointsModel) and model.best == checkpoint.step
        train, valid = checkpoint.metrics.get("train_loss"), validation_loss(checkpoint.metrics)
        with RowPainter(painter, option) as row:
            row.ground()
            table, room = row.table, row.area.adjusted(3 * UNIT, 0, -3 * UNIT, 0)
            name = QRectF(room.left(), room.top(), _STEP, room.height())
            weight = Weight.DemiBold if is_best else Weight.Normal
            row.text(name, self.tr("Step {step}").format(step=f"{checkpoint.step:,}"), table.text, weight=weight)
            for number, (what, value) in enumerate(((self.tr("train"), train), (self.tr("valid"), valid))):
                left = room.left() + _STEP + number * _LOSS
                text = f"{what} {value:.4f}" if isinstance(value, int | float) else f"{what} –"
                row.text(QRectF(left, room.top(), _LOSS, room.height()), text, table.mute, size=CAPTION)
            left = room.left() + _STEP + 2 * _LOSS
            if is_best:
                row.icon("trophy", table.accent, left, room.center().y(), 14)
                best = QRectF(left + 5 * UNIT, room.top(), 15 * UNIT, room.height())
                row.text(best, self.tr("lowest"), table.accent, size=CAPTION)
            rest = room.adjusted(_STEP + 2 * _LOSS + 20 * UNIT, 0, 0, 0)
            elide = Qt.TextElideMode.ElideMiddle
            right = Qt.AlignmentFlag.AlignRight
            row.text(rest, checkpoint.model, table.mute, size=CAPTION, elide=elide, align=right)


class CheckpointsView(QWidget):
    """A list, and what can be done with the checkpoint that is chosen. Enter tries it."""

    try_wanted = Signal(str)
    evaluation_wanted = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = CheckpointsModel()
        self._model.setParent(self)
        self.list = LongList(self.tr("Checkpoints"), CheckpointDelegate(), _ROW_HEIGHT)
        self.list.setObjectName("checkpoints_view")
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setModel(self._model)
        self.list.activated.connect(lambda _: self._tell(self.try_wanted))
        self.list.selectionModel().currentRowChanged.connect(lambda *_: self._enable())
        self._try = Button(self.tr("Try in Playground"), lambda: self._tell(self.try_wanted), icon_name="columns-2")
        self._score = Button(self.tr("Evaluate"), lambda: self._tell(self.evaluation_wanted), icon_name="scale")
        self._hint = Label("", "caption")
        row = QHBoxLayout()
        row.setContentsMargins(3 * UNIT, 2 * UNIT, 3 * UNIT, 0)
        row.addWidget(self._try)
        row.addWidget(self._score)
        row.addWidget(self._hint, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.list, 1)
        column.addLayout(row)
        self.show_checkpoints(())

    @property
    def best(self) -> int | None:
        return self._model.best

    def show_checkpoints(self, checkpoints: Sequence[Checkpoint]) -> None:
        chosen = self._chosen()
        self._model.show(checkpoints)
        if chosen is not None:
            self.choose(chosen.step)
        empty = self.tr("Checkpoints appear at the end of each epoch, where the host keeps them.")
        self._hint.setText("" if checkpoints else empty)
        self._enable()

    def choose(self, step: int) -> None:
        """Select the checkpoint of ``step``."""
        for row in range(self._model.rowCount()):
            if self._model.index(row, 0).data(Qt.ItemDataRole.UserRole).step == step:
                self.list.selectRow(row)
                self.list.scrollTo(self._model.index(row, 0))

    def _chosen(self) -> Checkpoint | None:
        index = self.list.currentIndex()
        return index.data(Qt.ItemDataRole.UserRole) if index.isValid() else None

    def _enable(self) -> None:
        chosen = self._chosen()
        for button in (self._try, self._score):
            button.setEnabled(chosen is not None and bool(chosen.model))

    def _tell(self, signal: SignalInstance) -> None:
        chosen = self._chosen()
        if chosen is not None and chosen.model:
            signal.emit(chosen.model)

"""The loss of a training as it falls: raw and smoothed, validation, checkpoints, hover read-out, zoom and export."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QColor,
    QFocusEvent,
    QGuiApplication,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QMenu, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from ftdesk.errors import FtdeskError
from ftdesk.overrides import override
from ftdesk.storage.files import write_atomic
from ftdesk.ui.loss import LossCurves, LossPoint
from ftdesk.ui.loss_export import LossExport
from ftdesk.ui.loss_picture import LEFT, RIGHT, Frame, LossPicture, frame_of, mark_at
from ftdesk.ui.text import plural
from ftdesk.ui.tokens import UNIT, tokens
from ftdesk.ui.widgets import IconButton

_SMALLEST_SPAN = 4.0
_ZOOM = 1.25
_NOTCH = 120


class LossChart(QWidget):
    """Grows by ``add``. The wheel zooms, dragging pans, a double click shows all; keys do the same."""

    checkpoint_chosen = Signal(int)
    """The mark of a checkpoint was clicked; its step."""
    saved = Signal(Path)
    save_failed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Loss chart"))
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(40 * UNIT)
        self._add_buttons()
        self.clear()

    @override
    def sizeHint(self) -> QSize:
        return QSize(640, 280)

    @property
    def hover_step(self) -> int | None:
        """The step that is read out."""
        return self._hover

    @property
    def is_log(self) -> bool:
        return self._log.isChecked()

    @property
    def view(self) -> tuple[float, float]:
        """The first and the last step that are shown."""
        return self._view or self._whole()

    def clear(self, empty_text: str = "") -> None:
        """Show another training, of which nothing is known yet."""
        self.curves = LossCurves()
        self._empty_text = empty_text or self.tr("The loss appears here with the first step.")
        self._view: tuple[float, float] | None = None
        self._hover: int | None = None
        self._drag: float | None = None
        self._changed()

    def add(self, points: Iterable[LossPoint], total_steps: int = 0) -> None:
        """Add steps, or replace those that are there."""
        self.curves.add(points, total_steps)
        self._changed()

    def mark_checkpoints(self, steps: Sequence[int], best: int | None = None) -> None:
        self.curves.checkpoints, self.curves.best = tuple(sorted(steps)), best
        self._changed()

    def end(self) -> None:
        """No more steps will come: the axis ends with the last."""
        self.curves.ended = True
        self._empty_text = self.tr("It ended without a step.")
        self._changed()

    def read_out(self, step: int | None) -> None:
        """Show the values of ``step``, moving the view to it if need be."""
        self._hover = step
        low, high = self.view
        if step is not None and self._view is not None and not low <= step <= high:
            self._show(step - (high - low) / 2, high - low)
        self.update()

    def zoom(self, factor: float, around: float | None = None) -> None:
        """Show ``factor`` times less, keeping the step ``around`` where it is."""
        low, high = self.view
        around = (low + high) / 2 if around is None else around
        span = max(_SMALLEST_SPAN, (high - low) / factor)
        self._show(around - (around - low) / (high - low) * span, span)

    def show_all(self) -> None:
        self._view = None
        self._changed()

    def summary(self) -> str:
        """The chart in words."""
        named = ((self.tr("Training"), self.curves.train), (self.tr("Validation"), self.curves.valid))
        said = [
            self.tr(
                "{name} loss {first} at step {start}, {last} at step {end}, lowest {lowest} at step {best}."
            ).format(
                name=name,
                first=f"{series.values[0]:.3g}",
                start=series.steps[0],
                last=f"{series.values[-1]:.3g}",
                end=series.steps[-1],
                lowest=f"{min(series.values):.3g}",
                best=series.steps[series.values.index(min(series.values))],
            )
            for name, series in named
            if series
        ]
        if self.curves.checkpoints:
            said.append(
                plural(len(self.curves.checkpoints), self.tr("1 checkpoint."), self.tr("{number} checkpoints."))
            )
        return " ".join(said) or self._empty_text

    def save(self, path: Path) -> None:
        """Write SVG or CSV where the name ends so, else PNG. Raises ``StorageError``."""
        write_atomic(path, [self._shown().content(path.suffix)], new_file_mode=0o666)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        table = tokens(self.palette())
        picture = LossPicture(painter, self.curves, table)
        frame = self._frame()
        if frame is None:
            picture.draw_empty(QRectF(self.rect()), self._empty_text)
        else:
            picture.draw(frame)
            if self._hover is not None:
                picture.draw_hover(frame, self._hover)
        if self.hasFocus():
            painter.setPen(QPen(QColor(table.accent), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self.update()

    @override
    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.update()

    @override
    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.read_out(None)

    @override
    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.read_out(None)

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        turned = event.angleDelta()
        frame = self._frame()
        # With nothing left to zoom out of, the wheel belongs to whatever scrolls around the chart.
        if frame is None or (turned.y() <= 0 and self._view is None):
            event.ignore()
        elif turned.y():
            self.zoom(_ZOOM ** (turned.y() / _NOTCH), frame.step(event.position().x()))
        else:
            self._pan(-turned.x() / _NOTCH * (frame.last - frame.first) / 10)

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            checkpoint = self._checkpoint_under(event.position())
            if checkpoint is None:
                self._drag = event.position().x()
            else:
                self.checkpoint_chosen.emit(checkpoint)

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        frame = self._frame()
        if frame is None:
            return
        x = event.position().x()
        if self._drag is not None and self._view is not None:
            self._pan(frame.step(self._drag) - frame.step(x))
            self._drag = x
        over_mark = self._checkpoint_under(event.position()) is not None
        self.setCursor(Qt.CursorShape.PointingHandCursor if over_mark else Qt.CursorShape.ArrowCursor)
        inside = frame.area.adjusted(-UNIT, 0, UNIT, UNIT).contains(event.position())
        hover = self._nearest(frame.step(x)) if inside else None
        if hover != self._hover:
            self._hover = hover
            self.update()

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._drag = None

    @override
    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self.show_all()

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key
        acts = {
            key.Key_Left: lambda: self._walk(-1),
            key.Key_Right: lambda: self._walk(1),
            key.Key_Home: lambda: self._walk(-len(self.curves.train)),
            key.Key_End: lambda: self._walk(len(self.curves.train)),
            key.Key_Plus: lambda: self.zoom(_ZOOM, self._hover),
            key.Key_Minus: lambda: self.zoom(1 / _ZOOM, self._hover),
            key.Key_0: self.show_all,
            key.Key_L: self._log.click,
        }
        act = acts.get(Qt.Key(event.key()))
        if act is None or self.curves.is_empty:
            super().keyPressEvent(event)
        else:
            act()

    def _add_buttons(self) -> None:
        self._all = IconButton("rotate-ccw", self.tr("Show all steps (0)"), self.show_all)
        self._log = IconButton("chart-line", self.tr("Logarithmic scale (L)"))
        self._log.setCheckable(True)
        self._log.toggled.connect(self._switch_scale)
        self._export = IconButton("download", self.tr("Save the chart"))
        self._export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._export.setMenu(self._make_menu())
        row = QHBoxLayout()
        row.setSpacing(UNIT)
        row.addStretch()
        for button in (self._all, self._log, self._export):
            row.addWidget(button)
        column = QVBoxLayout(self)
        column.setContentsMargins(LEFT, UNIT, RIGHT - UNIT, 0)
        column.addLayout(row)
        column.addStretch()

    def _make_menu(self) -> QMenu:
        menu = QMenu(self)
        menu.addAction(self.tr("Copy picture")).triggered.connect(
            lambda: QGuiApplication.clipboard().setImage(self._shown().image())
        )
        for text, ending in (
            (self.tr("Save as PNG…"), "png"),
            (self.tr("Save as SVG…"), "svg"),
            (self.tr("Save values as CSV…"), "csv"),
        ):
            menu.addAction(text).triggered.connect(lambda _=False, ending=ending: self._ask_where(ending))
        return menu

    def _ask_where(self, ending: str) -> None:
        dialog = QFileDialog(self, self.tr("Save the chart"), f"loss.{ending}", f"{ending.upper()} (*.{ending})")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(ending)
        dialog.fileSelected.connect(lambda name: self._try_save(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _try_save(self, path: Path) -> None:
        try:
            self.save(path)
        except FtdeskError as error:
            self.save_failed.emit(error)
        else:
            self.saved.emit(path)

    def _switch_scale(self) -> None:
        self._log.set_icon("chart-line")
        self._changed()

    def _changed(self) -> None:
        for button in (self._log, self._export):
            button.setVisible(not self.curves.is_empty)
        self._all.setVisible(self._view is not None)
        self.setAccessibleDescription(self.summary())
        self.update()

    def _whole(self) -> tuple[float, float]:
        """From the first step to the end of the training; far from its end to a half, a quarter … of it.

        So the curve fills the chart and the axis still stands still most of the time.
        """
        first = min((series.steps[0] for series in (self.curves.train, self.curves.valid) if series), default=0)
        last = self.curves.last_step
        if not self.curves.ended and last < self.curves.total_steps:
            end = float(self.curves.total_steps)
            while end / 2 > last:
                end /= 2
            last = round(end)
        return float(first), float(max(last, first + 1))

    def _show(self, start: float, span: float) -> None:
        low, high = self._whole()
        if span >= high - low:
            self._view = None
        else:
            start = min(max(low, start), high - span)
            self._view = start, start + span
        self._changed()

    def _pan(self, steps: float) -> None:
        low, high = self.view
        self._show(low + steps, high - low)

    def _walk(self, steps: int) -> None:
        """Move the read-out by so many points."""
        known = self.curves.train.steps or self.curves.valid.steps
        at = known.index(self._hover) + steps if self._hover in known else (0 if steps > 0 else len(known) - 1)
        step = known[min(max(at, 0), len(known) - 1)]
        self.read_out(step)
        said = ", ".join(f"{name} {value:.4g}" for name, value in self._values(step))
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, self.tr("Step %n", "", step) + f": {said}"))

    def _values(self, step: int) -> list[tuple[str, float]]:
        named = ((self.tr("training"), self.curves.train), (self.tr("validation"), self.curves.valid))
        return [(name, value) for name, series in named if (value := series.at(step)) is not None]

    def _nearest(self, position: float) -> int | None:
        return self.curves.train.nearest(position) if self.curves.train else self.curves.valid.nearest(position)

    def _frame(self) -> Frame | None:
        if self.curves.is_empty:
            return None
        return frame_of(self.curves, QRectF(self.rect()), self.view, log=self.is_log)

    def _checkpoint_under(self, point: QPointF) -> int | None:
        frame = self._frame()
        return None if frame is None else mark_at(self.curves, frame, point)

    def _shown(self) -> LossExport:
        return LossExport(self.curves, self.view, self.is_log, tokens(self.palette()), self.summary())

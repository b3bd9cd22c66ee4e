"""Export: all examples or the selected ones, as files that other programs read, and what had no place in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from ftdesk.dataset.document import Document
from ftdesk.dataset.formats.export_run import ExportRun, ExportStoppedError, labels_file
from ftdesk.dataset.formats.exporting import ExportResult, SkippedRow, try_rows
from ftdesk.dataset.record import read_record
from ftdesk.errors import FtdeskError, InputError
from ftdesk.overrides import override
from ftdesk.ui.notices import Notices
from ftdesk.ui.open_dataset import OpenDataset
from ftdesk.ui.tasks import Tasks, in_thread
from ftdesk.ui.text import ElidedLabel, Label, plural, visible
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.transfer.rows_list import LazyRows, RowsList, ShownRow, within_reason
from ftdesk.ui.widgets import Button, Choice, restyle

_WIDTH, _HEIGHT = 160 * UNIT, 128 * UNIT
_LOOK_MILLISECONDS = 100


@dataclass(frozen=True, slots=True)
class _Format:
    title: str
    suffix: str
    layout: str


class ExportDialog(QDialog):
    """``selected`` are the rows that may be exported alone. The dataset and its file stay as they are."""

    def __init__(self, dataset: OpenDataset, selected: Sequence[int], notices: Notices, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("export_dialog")
        self.setWindowTitle(self.tr("Export"))
        self._height = min(_HEIGHT, parent.height() - 8 * UNIT)
        self.resize(_WIDTH, self._height)
        self._dataset = dataset
        self._selected = selected
        self._notices = notices
        self._run: ExportRun | None = None
        self._tasks = Tasks(self, self._failed)
        self._look = QTimer(self, interval=_LOOK_MILLISECONDS)
        self._look.timeout.connect(self._show_progress)
        self._formats = (
            _Format(self.tr("JSON Lines, OpenAI"), ".jsonl", "openai"),
            _Format(self.tr("JSON Lines, TRL"), ".jsonl", "trl"),
            _Format(self.tr("CSV, a prompt and its answer"), ".csv", "columns"),
            _Format(self.tr("TSV, a prompt and its answer"), ".tsv", "columns"),
            _Format(self.tr("Parquet, OpenAI"), ".parquet", "openai"),
            _Format(self.tr("Parquet, TRL"), ".parquet", "trl"),
            _Format(self.tr("Parquet, a prompt and its answer"), ".parquet", "columns"),
        )
        self._lay_out()
        self._try()

    @override
    def done(self, result: int) -> None:
        if self._run is not None:
            self._run.stop()
        super().done(result)
        self.deleteLater()

    def export_to(self, target: Path) -> None:
        """Write ``target`` in a thread."""
        document = self._dataset.document
        if document is None:
            return
        for field in (self._examples, self._format, self._labels, self._start):
            field.setEnabled(False)
        self._cancel.setText(self.tr("Stop"))
        self._progress.show()
        self._look.start()
        self._tasks.start("export", self._write(document, target))

    def _lay_out(self) -> None:
        self._examples = Choice(self.tr("Examples"))
        self._examples.setObjectName("export_examples")
        count = len(self._dataset.document) if self._dataset.document is not None else 0
        self._examples.addItem(self.tr("All ({number})").format(number=f"{count:,}"))
        if len(self._selected) > 1:
            self._examples.addItem(self.tr("Selected ({number})").format(number=f"{len(self._selected):,}"))
        self._examples.activated.connect(lambda _: self._try())
        self._format = Choice(self.tr("Format"))
        self._format.setObjectName("export_format")
        for entry in self._formats:
            self._format.addItem(entry.title, entry)
        self._format.activated.connect(lambda _: self._try())
        self._labels = QCheckBox(self.tr("Tags and notes too, in a file beside it"))
        self._labels.setObjectName("export_labels")
        form = QFormLayout()
        form.setHorizontalSpacing(4 * UNIT)
        form.setVerticalSpacing(2 * UNIT)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        for title, field in ((self.tr("Examples"), self._examples), (self.tr("Format"), self._format)):
            label = Label(title)
            label.setMinimumHeight(field.sizeHint().height())
            form.addRow(label, field)
        form.addRow("", self._labels)
        self._verdict = Label("", "mute", wrap=True)
        self._verdict.setObjectName("export_verdict")
        self._rows = RowsList(self.tr("Examples that have no place in this format"))
        self._rows.setObjectName("export_rows")
        self._progress = QProgressBar()
        self._progress.setTextVisible(False)
        self._progress.setAccessibleName(self.tr("Exporting"))
        self._progress.hide()
        self._cancel = Button(self.tr("Cancel"), self._leave)
        self._cancel.setObjectName("export_cancel")
        self._start = Button(self.tr("Export…"), self._choose_target, kind="primary")
        self._start.setObjectName("export_button")
        self._start.setDefault(True)
        buttons = QHBoxLayout()
        buttons.setSpacing(2 * UNIT)
        buttons.addStretch()
        buttons.addWidget(self._cancel)
        buttons.addWidget(self._start)
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(6 * UNIT, 5 * UNIT, 6 * UNIT, 5 * UNIT)
        column.setSpacing(3 * UNIT)
        column.addWidget(ElidedLabel(self.tr("Export {file}").format(file=self._dataset.title), "title"))
        column.addLayout(form)
        column.addWidget(self._verdict)
        column.addWidget(self._rows, 1)
        column.addWidget(self._progress)
        column.addLayout(buttons)

    @property
    def _chosen(self) -> Sequence[int] | None:
        return self._selected if self._examples.currentIndex() == 1 else None

    @property
    def _chosen_format(self) -> _Format:
        return self._formats[self._format.currentIndex()]

    def _try(self) -> None:
        """Say what of the first examples has no place in the format."""
        document = self._dataset.document
        if document is None:
            return
        chosen = self._chosen if self._chosen is not None else range(len(document))
        rows = list(within_reason(chosen, lambda row: len(document.shown_line(row))))
        skipped = try_rows((document.shown_line(row) for row in rows), self._chosen_format.layout)
        restyle(self._verdict, "tone", "mute")
        if skipped:
            text = self.tr("{skipped} of the first {number} examples would be left out:")
            self._verdict.setText(text.format(number=len(rows), skipped=len(skipped)))
        else:
            self._verdict.setText(
                plural(
                    len(rows),
                    self.tr("The example can be written in this format."),
                    self.tr("The first {number} examples can all be written in this format."),
                )
            )
        self._show_skipped(document, [SkippedRow(rows[row.number - 1] + 1, row.reason) for row in skipped])
        self._start.setEnabled(bool(rows) and len(skipped) < len(rows))

    def _show_skipped(self, document: Document, skipped: Sequence[SkippedRow]) -> None:
        self._rows.setVisible(bool(skipped))
        self._column.activate()
        self.resize(self.width(), self._height if skipped else self.minimumSizeHint().height())

        def shown(row: SkippedRow) -> ShownRow:
            record = read_record(document.shown_line(row.number - 1))
            return ShownRow(row.number, record.preview[:400], reason=row.reason)

        self._rows.show_rows(LazyRows(skipped, shown))

    def _choose_target(self) -> None:
        document, suffix = self._dataset.document, self._chosen_format.suffix
        folder = document.path.parent if document is not None and document.path is not None else Path.home()
        suggested = folder / f"{Path(self._dataset.title).stem}-export{suffix}"
        dialog = QFileDialog(self, self.tr("Export to"), str(suggested), f"*{suffix}")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix(suffix.removeprefix("."))
        dialog.fileSelected.connect(lambda name: self.export_to(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    async def _write(self, document: Document, target: Path) -> None:
        target = target.with_name(target.name + self._chosen_format.suffix) if not target.suffix else target
        if document.path is not None and target.exists() and target.samefile(document.path):
            raise InputError(f"{target.name} is the dataset that is open.", hint="Choose another name.")
        with document.snapshot() as rows:
            run = self._run = ExportRun(rows, self._chosen)
            result = await in_thread(partial(run.write, target, self._chosen_format.layout), run.stop)
            if self._labels.isChecked():
                labels = labels_file(target)
                await in_thread(partial(run.write_labels, labels, result, document.labels.of), run.stop)
        self._finish(document, target, result)

    def _finish(self, document: Document, target: Path, result: ExportResult) -> None:
        self._run = None
        self._end_progress()
        examples = plural(result.written, self.tr("1 example"), self.tr("{number} examples"))
        self._notices.show_notice(self.tr("{examples} exported to {file}.").format(examples=examples, file=target.name))
        if not result.skipped:
            self.accept()
            return
        self._verdict.setText(
            plural(
                len(result.skipped),
                self.tr("1 example has no place in this format and was left out:"),
                self.tr("{number} examples have no place in this format and were left out:"),
            )
        )
        self._show_skipped(document, result.skipped)
        self._start.hide()
        self._cancel.setText(self.tr("Close"))

    def _show_progress(self) -> None:
        if self._run is not None:
            self._progress.setRange(0, 1000)
            self._progress.setValue(1000 * self._run.done // max(1, self._run.total))

    def _leave(self) -> None:
        """Stop what runs; without it, close."""
        if self._run is not None:
            self._run.stop()
        else:
            self.reject()

    def _end_progress(self) -> None:
        self._look.stop()
        self._progress.hide()
        self._cancel.setText(self.tr("Cancel"))

    def _failed(self, error: BaseException) -> None:
        self._run = None
        self._end_progress()
        for field in (self._examples, self._format, self._labels, self._start):
            field.setEnabled(True)
        if isinstance(error, ExportStoppedError):
            self._try()
        elif isinstance(error, FtdeskError):
            self._verdict.setText(visible(error.sentence))
            restyle(self._verdict, "tone", "error")
        else:
            self._notices.show_error(error)
            self.reject()

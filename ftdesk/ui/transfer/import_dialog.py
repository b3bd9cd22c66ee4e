"""Import: says what a file holds and why, shows what its rows become, and lists those that become nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from ftdesk.dataset.document import Document
from ftdesk.dataset.formats.import_run import ImportRun, ImportStoppedError, write_refused
from ftdesk.dataset.formats.importing import ImportedRow, Recognition, import_row, recognise
from ftdesk.dataset.record import content_text, read_record
from ftdesk.errors import FtdeskError
from ftdesk.overrides import override
from ftdesk.ui.notices import Notices
from ftdesk.ui.open_dataset import OpenDataset
from ftdesk.ui.tasks import Tasks
from ftdesk.ui.text import ElidedLabel, Label, one_line, plural, visible
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.transfer.import_form import ImportForm
from ftdesk.ui.transfer.rows_list import LazyRows, RowsList, ShownRow, within_reason
from ftdesk.ui.widgets import Button, Choice, restyle

_WIDTH, _HEIGHT = 176 * UNIT, 164 * UNIT
_LOOK_MILLISECONDS = 100
_NAMED = 8
_NEW, _APPEND = "new", "append"


class ImportDialog(QDialog):
    """Reads in a thread. ``file_made`` names the new dataset; rows that are appended are one change."""

    file_made = Signal(Path)

    def __init__(self, source: Path, dataset: OpenDataset, notices: Notices, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("import_dialog")
        self.setWindowTitle(self.tr("Import"))
        self.resize(_WIDTH, min(_HEIGHT, parent.height() - 8 * UNIT))
        self._source = source
        self._dataset = dataset
        self._document = dataset.document
        self._notices = notices
        self._found: Recognition | None = None
        self._run: ImportRun | None = None
        self._refused: Sequence[ImportedRow] = ()
        self._target = _free_path(source)
        self._tasks = Tasks(self, self._failed)
        self._look = QTimer(self, interval=_LOOK_MILLISECONDS)
        self._look.timeout.connect(self._show_progress)
        self._lay_out()
        self._show_target()
        self._form.changed.connect(self._show_preview)
        self._tasks.start("recognise", self._recognise())

    @override
    def done(self, result: int) -> None:
        if self._run is not None:
            self._run.stop()
        super().done(result)
        self.deleteLater()

    def _lay_out(self) -> None:
        self._why = Label(self.tr("Looking at the first rows…"), "mute", wrap=True)
        self._why.setObjectName("import_why")
        self._form = ImportForm()
        self._form.setEnabled(False)
        self._into = Choice(self.tr("Import into"))
        self._into.setObjectName("import_into")
        self._into.addItem(self.tr("A new dataset"), _NEW)
        if self._document is not None and not self._document.read_only:
            self._into.addItem(self.tr("The end of {name}").format(name=self._dataset.title), _APPEND)
        self._into.activated.connect(lambda _: self._show_target())
        self._path = ElidedLabel("", "caption")
        self._choose = Button(self.tr("Choose…"), self._choose_target, kind="link")
        self._choose.setAccessibleName(self.tr("Choose the file of the new dataset"))
        self._where = QWidget()
        where = QHBoxLayout(self._where)
        where.setContentsMargins(0, 0, 0, 0)
        where.addWidget(self._path, 1)
        where.addWidget(self._choose)
        self._form.add_row(self.tr("Import into"), self._into)
        self._form.add_row("", self._where)
        self._heading = Label(self.tr("Preview"), "heading")
        self._counts = Label("", "caption")
        self._counts.setObjectName("import_counts")
        heading = QHBoxLayout()
        heading.setSpacing(3 * UNIT)
        heading.addWidget(self._heading)
        heading.addWidget(self._counts, 1)
        self._rows = RowsList(self.tr("Rows of the file"))
        self._rows.setObjectName("import_rows")
        self._progress = QProgressBar()
        self._progress.setRange(0, 0)
        self._progress.setTextVisible(False)
        self._progress.setAccessibleName(self.tr("Importing"))
        self._progress.hide()
        self._keep = Button(self.tr("Save these rows…"), self._choose_refused_file)
        self._keep.setObjectName("import_keep_refused")
        self._keep.hide()
        self._cancel = Button(self.tr("Cancel"), self._leave)
        self._cancel.setObjectName("import_cancel")
        self._start = Button(self.tr("Import"), self._import, kind="primary")
        self._start.setObjectName("import_button")
        self._start.setDefault(True)
        self._start.setEnabled(False)
        buttons = QHBoxLayout()
        buttons.setSpacing(2 * UNIT)
        buttons.addWidget(self._keep)
        buttons.addStretch()
        buttons.addWidget(self._cancel)
        buttons.addWidget(self._start)
        column = QVBoxLayout(self)
        column.setContentsMargins(6 * UNIT, 5 * UNIT, 6 * UNIT, 5 * UNIT)
        column.setSpacing(3 * UNIT)
        column.addWidget(ElidedLabel(self.tr("Import {file}").format(file=self._source.name), "title"))
        column.addWidget(self._why)
        column.addWidget(self._form)
        column.addLayout(heading)
        column.addWidget(self._rows, 1)
        column.addWidget(self._progress)
        column.addLayout(buttons)

    async def _recognise(self) -> None:
        self._found = await asyncio.to_thread(recognise, self._source)
        self._form.setEnabled(True)
        self._form.show_recognition(self._found)

    def _show_preview(self) -> None:
        if self._found is None:
            return
        self._why.setText(visible(self._found.why))
        restyle(self._why, "tone", "mute")
        shape, mapping = self._form.shape, self._form.mapping
        is_chosen = shape is not None or mapping is not None
        self._start.setEnabled(is_chosen)
        if not is_chosen:
            self._counts.setText(self.tr("Choose the columns."))
            self._rows.show_rows([ShownRow(row.number, _brief(row.value)) for row in self._found.sample])
            return
        converted = ((row, import_row(row, shape=shape, mapping=mapping)) for row in self._found.sample)
        rows = list(within_reason(converted, lambda pair: len(pair[1].line or b"")))
        self._rows.show_rows([_shown(imported, row.value) for row, imported in rows])
        left_out = dict.fromkeys(name for _, imported in rows for name in imported.left_out)
        self._why.setText(f"{visible(self._found.why)} {self._told(left_out)}")
        refused = sum(imported.line is None for _, imported in rows)
        if refused:
            text = self.tr("{refused} of the first {number} rows cannot be imported.")
        else:
            text = self.tr("All of the first {number} rows become examples.")
        self._counts.setText(text.format(refused=refused, number=len(rows)))

    def _told(self, left_out: Iterable[str]) -> str:
        """What of the rows does not come along."""
        names = [f"“{one_line(name, 40)}”" for name in left_out]
        if not names:
            return ""
        more = [self.tr("{number} more").format(number=len(names) - _NAMED)] if len(names) > _NAMED else []
        named = ", ".join([*names[:_NAMED], *more])
        return self.tr("Left out, having no place in an example: {names}.").format(names=named)

    def _show_target(self) -> None:
        self._form.show_row(self._where, visible=self._into.currentData() == _NEW)
        self._path.setText(str(self._target))

    def _choose_target(self) -> None:
        dialog = QFileDialog(self, self.tr("Import into"), str(self._target), "JSON Lines (*.jsonl)")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("jsonl")
        dialog.fileSelected.connect(lambda name: self._aim(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _aim(self, target: Path) -> None:
        self._target = target
        self._show_target()

    def _import(self) -> None:
        self._run = ImportRun(self._source, shape=self._form.shape, mapping=self._form.mapping)
        self._form.setEnabled(False)
        self._start.setEnabled(False)
        self._cancel.setText(self.tr("Stop"))
        self._progress.show()
        self._look.start()
        into_new = self._into.currentData() == _NEW
        self._tasks.start("import", self._write(self._run) if into_new else self._append(self._run))

    async def _write(self, run: ImportRun) -> None:
        await asyncio.to_thread(run.write, self._target)
        self.file_made.emit(self._target)
        self._finish(run)

    async def _append(self, run: ImportRun) -> None:
        lines = await asyncio.to_thread(run.read)
        if self._dataset.document is not self._document:
            self._notices.show_notice(self.tr("Another dataset was opened meanwhile, so nothing was imported."))
            self.reject()
            return

        def append(document: Document) -> None:
            title = plural(len(lines), self.tr("Import example"), self.tr("Import {number} examples"))
            document.insert(len(document), lines, title)

        self._dataset.leaving.emit()
        if self._dataset.attempt(append):
            self._finish(run)
        else:
            self.reject()

    def _finish(self, run: ImportRun) -> None:
        text = plural(run.imported, self.tr("1 example imported."), self.tr("{number} examples imported."))
        text = f"{text} {self._told(run.left_out)}".rstrip()
        self._run = None
        if not run.refused:
            self._notices.show_notice(text)
            self.accept()
            return
        self._end_progress()
        self._why.setText(text)
        self._form.hide()
        self._heading.setText(
            plural(len(run.refused), self.tr("1 row was not imported"), self.tr("{number} rows were not imported"))
        )
        self._counts.setText("")
        self._rows.show_rows(LazyRows(run.refused, lambda row: _shown(row, row.value)))
        self._refused = run.refused
        self._keep.show()
        self._start.hide()
        self._cancel.setText(self.tr("Close"))

    def _choose_refused_file(self) -> None:
        suggested = self._source.with_name(f"{self._source.stem}-not-imported.jsonl")
        dialog = QFileDialog(self, self.tr("Save the rows that were not imported"), str(suggested))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("jsonl")
        dialog.fileSelected.connect(lambda name: self.keep_refused(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def keep_refused(self, target: Path) -> None:
        """Write the rows that were not imported, with their reasons."""
        self._tasks.start("keep", self._write_refused(target))

    async def _write_refused(self, target: Path) -> None:
        await asyncio.to_thread(write_refused, self._refused, target)
        self._notices.show_notice(self.tr("Saved {file}.").format(file=target.name))

    def _show_progress(self) -> None:
        if self._run is not None:
            rows = plural(self._run.rows, self.tr("1 row read"), self.tr("{number} rows read"))
            self._counts.setText(rows)

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
        self._form.setEnabled(self._found is not None)
        if isinstance(error, ImportStoppedError):
            self._show_preview()
        elif isinstance(error, FtdeskError):
            self._why.setText(visible(error.sentence))
            restyle(self._why, "tone", "error")
            self._start.setEnabled(self._found is not None)
        else:
            self._notices.show_error(error)
            self.reject()


def _shown(row: ImportedRow, value: object) -> ShownRow:
    if row.line is None:
        return ShownRow(row.number, _brief(value), reason=row.reason)
    record = read_record(row.line)
    answers = record.value.get("preferred_output") if record.kind == "preference" else record.messages[-1:]
    last = answers[-1] if isinstance(answers, list | tuple) and answers else {}
    return ShownRow(row.number, record.preview, content_text(last.get("content")) if isinstance(last, Mapping) else "")


def _brief(value: object) -> str:
    """A row that is no example, as far as one can see it."""
    return " · ".join(f"{key}: {cell}"[:200] for key, cell in value.items()) if isinstance(value, Mapping) else ""


def _free_path(source: Path) -> Path:
    """A name for the new dataset beside ``source`` that no file has."""
    stem, number = source.stem, 1
    while (path := source.with_name(f"{stem}{f'-{number}' if number > 1 else ''}.jsonl")).exists():
        number += 1
    return path

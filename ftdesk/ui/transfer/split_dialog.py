"""Split: how large the parts become and what stays together, seen before anything is written."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QDialog, QFileDialog, QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from ftdesk.dataset.document import Document
from ftdesk.dataset.split import (
    PARTS,
    Part,
    Split,
    SplitStoppedError,
    WatchedLines,
    part_path,
    split_examples,
    write_parts,
)
from ftdesk.errors import FtdeskError
from ftdesk.overrides import override
from ftdesk.ui.notices import Notices
from ftdesk.ui.open_dataset import OpenDataset
from ftdesk.ui.tasks import Tasks, in_thread
from ftdesk.ui.text import ElidedLabel, Label, plural, visible
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.transfer.rows_list import RowsList, ShownRow, within_reason
from ftdesk.ui.transfer.split_form import SplitForm
from ftdesk.ui.widgets import Button, Tile, restyle

_WIDTH, _HEIGHT = 176 * UNIT, 160 * UNIT
_SETTLE_MILLISECONDS = 250
_LOOK_MILLISECONDS = 100
_LOOKED_AT = 200
_NAMED = 8


class SplitDialog(QDialog):
    """Deals out the rows as they are on screen, in a thread, anew at every change.

    ``written`` tells the folder of the new files and what is in them.
    """

    written = Signal(Path, Split)

    def __init__(self, document: Document, dataset: OpenDataset, notices: Notices, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("split_dialog")
        self.setWindowTitle(self.tr("Split"))
        self.resize(_WIDTH, min(_HEIGHT, parent.height() - 8 * UNIT))
        self._document = document
        self._title = dataset.title
        self._notices = notices
        self._folder = _free_folder(document.path or Path.home() / "examples.jsonl")
        self._lines: WatchedLines | None = None
        self._split: Split | None = None
        self._tasks = Tasks(self, self._failed)
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MILLISECONDS)
        self._settle.timeout.connect(self._deal)
        self._look = QTimer(self, interval=_LOOK_MILLISECONDS)
        self._look.timeout.connect(self._show_progress)
        self._titles: dict[Part, str] = {
            "train": self.tr("training"),
            "validation": self.tr("validation"),
            "test": self.tr("test"),
        }
        self._lay_out()
        self._form.show_folder(str(self._folder))
        self._form.changed.connect(self._wait)
        self._deal()

    @override
    def reject(self) -> None:
        if not self._tasks.is_running("write"):
            super().reject()

    @override
    def done(self, result: int) -> None:
        self._stop()
        super().done(result)
        self.deleteLater()

    def write_to(self, folder: Path) -> None:
        """Choose the folder of the new files."""
        self._folder = folder
        self._form.show_folder(str(folder))
        self._show_split()

    def _lay_out(self) -> None:
        self._form = SplitForm(_fields(self._document), self._choose_folder)
        self._tiles = {part: Tile(title) for part, title in self._titles.items()}
        tiles = QHBoxLayout()
        tiles.setSpacing(3 * UNIT)
        for part, tile in self._tiles.items():
            tile.setObjectName(f"split_{part}_tile")
            tiles.addWidget(tile)
        self._verdict = Label("", "mute", wrap=True)
        self._verdict.setObjectName("split_verdict")
        self._rows = RowsList(self.tr("Examples that stay together"))
        self._rows.setObjectName("split_rows")
        self._progress = QProgressBar()
        self._progress.setRange(0, 1000)
        self._progress.setTextVisible(False)
        self._progress.setAccessibleName(self.tr("Comparing examples"))
        self._cancel = Button(self.tr("Cancel"), self.reject)
        self._cancel.setObjectName("split_cancel")
        self._start = Button(self.tr("Write the files"), self._write, kind="primary")
        self._start.setObjectName("split_button")
        self._start.setDefault(True)
        buttons = QHBoxLayout()
        buttons.setSpacing(2 * UNIT)
        buttons.addWidget(self._progress, 1)
        buttons.addStretch()
        buttons.addWidget(self._cancel)
        buttons.addWidget(self._start)
        column = QVBoxLayout(self)
        column.setContentsMargins(6 * UNIT, 5 * UNIT, 6 * UNIT, 5 * UNIT)
        column.setSpacing(3 * UNIT)
        column.addWidget(ElidedLabel(self.tr("Split {file}").format(file=self._title), "title"))
        column.addWidget(self._form)
        column.addLayout(tiles)
        column.addWidget(self._verdict)
        column.addWidget(self._rows, 1)
        column.addLayout(buttons)

    def _wait(self) -> None:
        self._stop()
        self._split = None
        self._start.setEnabled(False)
        self._settle.start()

    def _stop(self) -> None:
        self._settle.stop()
        if self._lines is not None:
            self._lines.stop()

    def _deal(self) -> None:
        self._start.setEnabled(False)
        try:
            test, validation = self._form.amounts()
        except FtdeskError as error:
            self._failed(error)
            return
        deal = partial(
            split_examples,
            test=test,
            validation=validation,
            seed=self._form.seed,
            group_by=self._form.group_by,
            near_duplicates=self._form.near_duplicates,
        )
        self._tasks.start("split", self._deal_out(deal))

    async def _deal_out(self, deal: partial[Split]) -> None:
        with self._document.snapshot() as rows:
            lines = self._lines = WatchedLines(rows)
            self._look.start()
            self._split = await in_thread(partial(deal, lines), lines.stop)
        self._end_progress()
        self._show_split()

    def _show_split(self) -> None:
        split = self._split
        if split is None:
            return
        self._start.setEnabled(True)
        for part, tile in self._tiles.items():
            tile.show_figure(f"{len(split.parts[part]):,}" if part in split.parts else "–")
        restyle(self._verdict, "tone", "mute")
        self._verdict.setText(" ".join(self._facts(split)))
        part_of = {row: part for part, rows in split.parts.items() for row in rows}
        groups = within_reason(split.together, lambda group: len(self._document.shown_line(group[0])))
        self._rows.show_rows([self._group(group, part_of[group[0]]) for group in groups])

    def _facts(self, split: Split) -> Iterable[str]:
        if split.together:
            groups = plural(len(split.together), self.tr("1 group"), self.tr("{number} groups"))
            yield self.tr("{joined} examples stay together in {groups}; {similar} of them are near duplicates.").format(
                joined=f"{split.joined:,}", groups=groups, similar=f"{split.similar:,}"
            )
        else:
            yield self.tr("No two examples have to stay together.")
        if split.ungrouped:
            yield plural(
                split.ungrouped,
                self.tr("1 example has no such field."),
                self.tr("{number} examples have no such field."),
            )
        if split.left_out:
            yield plural(
                len(split.left_out), self.tr("1 line is in no part."), self.tr("{number} lines are in no part.")
            )
        there = [part_path(self._folder, part).name for part in PARTS if part_path(self._folder, part).exists()]
        if there:
            yield self.tr("{files} in the folder will be replaced.").format(files=", ".join(there))

    def _group(self, rows: Sequence[int], part: Part) -> ShownRow:
        others = ", ".join(f"{row + 1:,}" for row in rows[1 : _NAMED + 1])
        more = " …" if len(rows) > _NAMED + 1 else ""
        text = self.tr("with {others}{more}, in {part}").format(others=others, more=more, part=self._titles[part])
        return ShownRow(rows[0] + 1, self._document.record(rows[0]).preview[:400], text)

    def _choose_folder(self) -> None:
        dialog = QFileDialog(self, self.tr("Folder of the new files"), str(self._folder.parent))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(lambda name: self.write_to(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _write(self) -> None:
        if self._split is not None:
            self._form.setEnabled(False)
            self._start.setEnabled(False)
            self._cancel.setEnabled(False)
            self._tasks.start("write", self._write_files(self._split))

    async def _write_files(self, split: Split) -> None:
        with self._document.snapshot() as rows:
            await asyncio.to_thread(partial(write_parts, source=self._document.path), rows, split, self._folder)
        self.written.emit(self._folder, split)
        self.accept()

    def _show_progress(self) -> None:
        if self._lines is not None:
            passes = 2 if self._form.near_duplicates else 1
            self._progress.setVisible(True)
            self._progress.setValue(1000 * self._lines.read // max(1, passes * len(self._document)))

    def _end_progress(self) -> None:
        self._look.stop()
        self._progress.setValue(0)
        self._progress.setVisible(False)

    def _failed(self, error: BaseException) -> None:
        self._end_progress()
        if isinstance(error, SplitStoppedError):
            return
        self._form.setEnabled(True)
        self._cancel.setEnabled(True)
        if isinstance(error, FtdeskError):
            self._verdict.setText(visible(error.sentence))
            restyle(self._verdict, "tone", "error")
            for tile in self._tiles.values():
                tile.show_figure("–")
            self._rows.show_rows([])
        else:
            self._notices.show_error(error)
            self.reject()


def _fields(document: Document) -> list[str]:
    """Fields of the first examples that could say what belongs together: keys, and keys of objects, with one value."""
    found: dict[str, None] = {}
    for row in within_reason(range(len(document)), lambda row: len(document.shown_line(row)), _LOOKED_AT):
        for key, value in document.record(row).value.items():
            if isinstance(value, Mapping) and key != "input":
                found.update((f"{key}.{inner}", None) for inner, held in value.items() if _is_plain(held))
            elif _is_plain(value):
                found[key] = None
    return list(found)


def _is_plain(value: object) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def _free_folder(dataset: Path) -> Path:
    """A folder beside ``dataset`` that is not there yet."""
    number = 1
    while (folder := dataset.with_name(f"{dataset.stem}-split{f'-{number}' if number > 1 else ''}")).exists():
        number += 1
    return folder

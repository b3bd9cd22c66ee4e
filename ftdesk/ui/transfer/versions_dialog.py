"""Earlier versions of the open dataset: what happened since each, a copy of it, and the way back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path

from PySide6.QtCore import QDateTime, QLocale
from PySide6.QtWidgets import QAbstractItemView, QDialog, QFileDialog, QHBoxLayout, QVBoxLayout, QWidget

from ftdesk.dataset.backups import Backup
from ftdesk.dataset.changes import Change
from ftdesk.dataset.document import Document
from ftdesk.dataset.record import read_record
from ftdesk.dataset.versions import ComparingStoppedError, VersionComparison, VersionDifference, count_lines
from ftdesk.errors import FtdeskError
from ftdesk.overrides import override
from ftdesk.storage.files import copy_file
from ftdesk.ui.notices import Notices
from ftdesk.ui.open_dataset import OpenDataset
from ftdesk.ui.tasks import Tasks, in_thread
from ftdesk.ui.text import ElidedLabel, Label, plural, visible
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.transfer.rows_list import RowsList, ShownRow, within_reason
from ftdesk.ui.widgets import Button, restyle

_WIDTH, _HEIGHT = 176 * UNIT, 160 * UNIT


class VersionsDialog(QDialog):
    """``versions`` are newest first. Restoring is one change of the document, to be undone like any other."""

    def __init__(
        self, document: Document, versions: Sequence[Backup], dataset: OpenDataset, notices: Notices, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self.setObjectName("versions_dialog")
        self.setWindowTitle(self.tr("Earlier versions"))
        self.resize(_WIDTH, min(_HEIGHT, parent.height() - 8 * UNIT))
        self._document = document
        self._versions = versions
        self._dataset = dataset
        self._notices = notices
        self._examples: dict[Path, int] = {}
        self._comparison: VersionComparison | None = None
        self._difference: VersionDifference | None = None
        self._tasks = Tasks(self, self._failed)
        self._lay_out()
        self._show_versions()
        self._list.selectionModel().currentRowChanged.connect(lambda *_: self._compare())
        # What is compared must be what is restored.
        dataset.state_changed.connect(self._compare)
        self._list.selectRow(0)
        self._tasks.start("count", self._count())

    @override
    def done(self, result: int) -> None:
        self._dataset.state_changed.disconnect(self._compare)
        self._stop()
        super().done(result)
        self.deleteLater()

    def save_copy(self, target: Path) -> None:
        """Write the chosen version to ``target``."""
        version = self._chosen
        if version is not None:
            self._tasks.start("copy", self._copy(version, target))

    def _lay_out(self) -> None:
        self._list = RowsList(self.tr("Earlier versions"))
        self._list.setObjectName("versions_list")
        self._list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self._verdict = Label("", "mute", wrap=True)
        self._verdict.setObjectName("versions_verdict")
        self._rows = RowsList(self.tr("Differences"))
        self._rows.setObjectName("versions_differences")
        self._keep = Button(self.tr("Save a copy…"), self._choose_copy)
        self._keep.setObjectName("versions_copy")
        close = Button(self.tr("Close"), self.reject)
        close.setObjectName("versions_close")
        self._restore = Button(self.tr("Restore"), self._bring_back, kind="primary")
        self._restore.setObjectName("versions_restore")
        self._restore.setDefault(True)
        self._restore.setEnabled(False)
        buttons = QHBoxLayout()
        buttons.setSpacing(2 * UNIT)
        buttons.addWidget(self._keep)
        buttons.addStretch()
        buttons.addWidget(close)
        buttons.addWidget(self._restore)
        column = QVBoxLayout(self)
        column.setContentsMargins(6 * UNIT, 5 * UNIT, 6 * UNIT, 5 * UNIT)
        column.setSpacing(3 * UNIT)
        title = self.tr("Earlier versions of {file}").format(file=self._dataset.title)
        column.addWidget(ElidedLabel(title, "title"))
        column.addWidget(self._list, 2)
        column.addWidget(self._verdict)
        column.addWidget(self._rows, 3)
        column.addLayout(buttons)

    @property
    def _chosen(self) -> Backup | None:
        row = self._list.currentIndex().row()
        return self._versions[row] if 0 <= row < len(self._versions) else None

    def _show_versions(self) -> None:
        row = self._list.currentIndex().row()
        shown = []
        for version in self._versions:
            facts = [QLocale().formattedDataSize(version.size)]
            if version.path in self._examples:
                lines = self._examples[version.path]
                facts.insert(0, plural(lines, self.tr("1 line"), self.tr("{number} lines")))
            until = self.tr("Until {time}").format(time=_local_time(version.saved_at))
            shown.append(ShownRow(0, until, " · ".join(facts)))
        self._list.show_rows(shown)
        if row >= 0:
            self._list.selectRow(row)

    async def _count(self) -> None:
        for version in self._versions:
            self._examples[version.path] = await asyncio.to_thread(count_lines, version.path)
        self._show_versions()

    def _stop(self) -> None:
        if self._comparison is not None:
            self._comparison.stop()

    def _compare(self) -> None:
        version = self._chosen
        if version is None:
            return
        self._stop()
        self._difference = None
        self._restore.setEnabled(False)
        self._verdict.setText(self.tr("Comparing…"))
        restyle(self._verdict, "tone", "mute")
        self._rows.show_rows([])
        self._tasks.start("compare", self._show_difference(version))

    async def _show_difference(self, version: Backup) -> None:
        with self._document.snapshot() as rows:
            comparison = self._comparison = VersionComparison(version.path, rows)
            difference = await in_thread(comparison.compare, comparison.stop)
        self._difference = difference
        self._restore.setEnabled(not difference.is_none and not self._document.read_only)
        if difference.is_none:
            self._verdict.setText(self.tr("It is the same as what is open."))
            return
        counts = (
            (difference.added, self.tr("1 line added"), self.tr("{number} lines added")),
            (difference.removed, self.tr("1 line removed"), self.tr("{number} lines removed")),
            (difference.changed, self.tr("1 line changed"), self.tr("{number} lines changed")),
        )
        told = ", ".join(plural(number, one, many) for number, one, many in counts if number)
        self._verdict.setText(self.tr("Since then: {counts}.").format(counts=told))
        self._rows.show_rows(self._shown(difference))

    def _shown(self, difference: VersionDifference) -> list[ShownRow]:
        """What restoring would do, in the order of the rows."""
        differing = within_reason(_differing(difference), lambda one: len(one[1] or b"") + len(one[2] or b""))
        return [self._shown_row(*one) for one in differing]

    def _shown_row(self, row: int, now: bytes | None, then: bytes | None) -> ShownRow:
        if then is None:
            return ShownRow(row + 1, _text(now or b""), self.tr("added since then"))
        if now is None:
            return ShownRow(row + 1, _text(then), self.tr("removed since then"))
        return ShownRow(row + 1, _text(now), self.tr("changed; then: {text}").format(text=_text(then)))

    def _bring_back(self) -> None:
        version, difference = self._chosen, self._difference
        if version is None or difference is None:
            return
        title = self.tr("Restore the version of {time}").format(time=_local_time(version.saved_at))
        self._dataset.state_changed.disconnect(self._compare)
        restored = self._dataset.attempt(lambda document: document.apply(Change(title, difference.restoring)))
        self._dataset.state_changed.connect(self._compare)
        if restored:
            self._dataset.offer_undo(
                self.tr("The version of {time} is here again. Save to keep it.").format(
                    time=_local_time(version.saved_at)
                )
            )
            self.accept()

    def _choose_copy(self) -> None:
        path = self._document.path
        if path is None:
            return
        suggested = path.with_name(f"{path.stem} (earlier){path.suffix}")
        dialog = QFileDialog(self, self.tr("Save a copy of this version"), str(suggested))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("jsonl")
        dialog.fileSelected.connect(lambda name: self.save_copy(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    async def _copy(self, version: Backup, target: Path) -> None:
        await asyncio.to_thread(copy_file, version.path, target)
        self._notices.show_notice(self.tr("Saved {file}.").format(file=target.name))

    def _failed(self, error: BaseException) -> None:
        if isinstance(error, ComparingStoppedError):
            return
        if isinstance(error, FtdeskError):
            self._verdict.setText(visible(error.sentence))
            restyle(self._verdict, "tone", "error")
        else:
            self._notices.show_error(error)


def _differing(difference: VersionDifference) -> Iterator[tuple[int, bytes | None, bytes | None]]:
    """Row, line of now and line of then; ``None`` where there is none. In the order of the rows."""
    for splice in reversed(difference.restoring):
        for place, (now, then) in enumerate(zip_longest(splice.removed, splice.inserted)):
            yield splice.row + place, now, then


def _local_time(nanoseconds: int) -> str:
    moment = QDateTime.fromMSecsSinceEpoch(nanoseconds // 1_000_000)
    # Saves of one minute are told apart by their seconds, which the short formats leave out.
    return f"{QLocale().toString(moment.date(), QLocale.FormatType.ShortFormat)} {moment.time().toString('HH:mm:ss')}"


def _text(line: bytes) -> str:
    record = read_record(line)
    return record.preview[:400] or line[:400].decode("utf-8", "replace")

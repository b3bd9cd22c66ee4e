"""Opening and saving: which file the window shows, the dialogs that choose one, and what is said about it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog, QWidget

from ftdesk import resources
from ftdesk.app import App
from ftdesk.dataset.document import Document
from ftdesk.errors import FtdeskError, StorageError
from ftdesk.storage.folders import make_folder
from ftdesk.ui.disk_changes import DiskChanges
from ftdesk.ui.notices import Notices
from ftdesk.ui.open_dataset import OpenDataset
from ftdesk.ui.saves import Saves
from ftdesk.ui.text import plural
from ftdesk.ui.transfer.transfers import Transfers
from ftdesk.ui.work import BackgroundWork

if TYPE_CHECKING:
    from ftdesk.ui.tasks import Tasks

_AT_ONCE_BYTES = 8 << 20
"""Up to this size a file is indexed within a frame or two; larger ones are opened in a thread."""

_SAMPLE = "samples/medical-coder.jsonl"
_KINDS = "JSON Lines (*.jsonl *.ndjson *.json);;All files (*)"


class Files(QObject):
    """Nothing here asks whether to keep edits: the journal keeps them, and the next opening shows them again."""

    recent_changed = Signal()

    def __init__(
        self, app: App, dataset: OpenDataset, notices: Notices, background: BackgroundWork, window: QWidget
    ) -> None:
        super().__init__(window)
        self._app = app
        self._dataset = dataset
        self._notices = notices
        self._background = background
        self._window = window
        self._told_aside: Path | None = None
        self._saving = Saves(dataset, notices, background, self)
        self._saving.saved.connect(self._say_saved)
        self.disk = DiskChanges(dataset, notices, background, self._saving, self)
        self.transfers = Transfers(dataset, notices, self.open, self._folder, app.folders.backups, window)
        self.disk.save_as_requested.connect(self.save_as)
        self.disk.reopen_requested.connect(self._reopen)

    @property
    def recent(self) -> Sequence[Path]:
        return [Path(name) for name in self._app.settings.recent_files]

    def opens_at_once(self, path: Path) -> bool:
        """Whether ``open`` needs no event loop for ``path``."""
        try:
            return path.stat().st_size <= _AT_ONCE_BYTES
        except OSError:
            return True

    def open(self, path: Path) -> None:
        """Show ``path``; whatever is open stays as it is if that fails."""
        path = path.expanduser().absolute()
        open_now = self._dataset.document
        if open_now is not None and open_now.path == path and not open_now.changed_on_disk():
            return
        if self._saving.is_running or not self.opens_at_once(path):
            self._tasks.start("open", self._open_in_thread(path))
            return
        try:
            self._let_go_of(path)
            self._show(Document.open(path, self._app.folders))
        except FtdeskError as error:
            self._notices.show_error(error)

    def has_to_be_imported(self, path: Path) -> bool:
        """Whether ``path`` is of another program and no dataset yet."""
        from ftdesk.dataset.formats.importing import is_foreign

        return is_foreign(path)

    def open_or_import(self, path: Path) -> None:
        """Open a dataset; offer to import what is none yet. The event loop runs."""
        if self.has_to_be_imported(path):
            self.transfers.import_file(path)
        else:
            self.open(path)

    def choose_and_open(self) -> None:
        dialog = QFileDialog(self._window, self.tr("Open a dataset"), str(self._folder()), _KINDS)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self.open_or_import(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def new(self) -> None:
        """An empty dataset that gets its name when it is saved."""
        if self._saving.is_running:
            self._saving.then(self.new)
            return
        try:
            document = Document.new(self._app.folders)
        except FtdeskError as error:
            self._notices.show_error(error)
            return
        self._show(document)

    def open_last(self) -> None:
        """What was open when the window was closed, also a dataset that never had a name."""
        last = self._app.settings.last_file
        if last:
            self.open(Path(last))
        elif any(self._app.folders.journals.glob("untitled-*.journal")):
            self.new()

    def try_sample(self) -> None:
        """Open a copy of the sample that the user may change."""
        try:
            copy = make_folder(self._app.folders.data / "samples") / Path(_SAMPLE).name
            if not copy.exists():
                shutil.copyfile(resources.path(_SAMPLE), copy)
        except OSError as error:
            self._notices.show_error(
                StorageError(f"Cannot copy the sample: {error.strerror}.", str(error), "Free some space and try again.")
            )
        except FtdeskError as error:
            self._notices.show_error(error)
        else:
            self.open(copy)

    def save(self) -> None:
        self._dataset.leaving.emit()
        document = self._dataset.document
        if document is None:
            return
        if document.path is None:
            self.save_as()
        elif not self._saving.is_running and document.changed_on_disk():
            self.disk.tell_before_saving(document)
        else:
            self._saving.save(document.path)

    def save_as(self) -> None:
        self._dataset.leaving.emit()
        document = self._dataset.document
        if document is None:
            return
        suggested = document.path or self._folder() / "examples.jsonl"
        dialog = QFileDialog(self._window, self.tr("Save the dataset as"), str(suggested), _KINDS)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("jsonl")
        dialog.fileSelected.connect(lambda name: self.save_to(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def save_to(self, path: Path) -> None:
        """Save under another name; from then on that file is the open one."""
        self._saving.save(path, overwrite=True)

    def begin(self) -> None:
        """The event loop runs."""
        self.disk.begin()

    async def aclose(self) -> None:
        """Wait until what is being saved is saved."""
        await self.disk.aclose()
        await self._saving.aclose()

    @cached_property
    def _tasks(self) -> Tasks:
        from ftdesk.ui.tasks import Tasks

        return Tasks(self, self._notices.show_error)

    def _say_saved(self, path: Path) -> None:
        self._remember(path)
        self._notices.show_notice(self.tr("Saved {file}.").format(file=path.name))
        document = self._dataset.document
        if document is not None and document.set_aside not in (None, self._told_aside):
            self._told_aside = document.set_aside
            self._notices.show_notice(
                self.tr("The file that was replaced had edits that were never saved. They are kept in {path}.").format(
                    path=document.set_aside
                ),
                lasting=True,
            )

    def _reopen(self, path: Path) -> None:
        self._tasks.start("open", self._open_in_thread(path))

    async def _open_in_thread(self, path: Path) -> None:
        import asyncio

        work = self._background.begin(self.tr("Opening {file}").format(file=path.name))
        try:
            await self._saving.finished()
            self._let_go_of(path)
            document = await asyncio.to_thread(Document.open, path, self._app.folders)
        finally:
            work.end()
        self._show(document)

    def _let_go_of(self, path: Path) -> None:
        """Close the document of the same file first: its journal has one owner at a time."""
        open_now = self._dataset.document
        if open_now is not None and open_now.path == path:
            self._dataset.show_document(None)

    def _show(self, document: Document) -> None:
        self._dataset.show_document(document)
        self._remember(document.path)
        self._tell_about(document)

    def _tell_about(self, document: Document) -> None:
        if document.read_only:
            self._notices.show_notice(
                self.tr("{file} is open in another window, so it can be read here but not changed.").format(
                    file=self._dataset.title
                ),
                lasting=True,
            )
        elif document.set_aside is not None:
            self._told_aside = document.set_aside
            self._notices.show_notice(
                self.tr(
                    "The file has changed since your last edits, so these were not applied. They are kept in {path}."
                ).format(path=document.set_aside),
                lasting=True,
            )
        elif document.recovered:
            self._notices.show_notice(
                plural(
                    document.recovered,
                    self.tr("Your unsaved edit is here again."),
                    self.tr("Your {number} unsaved edits are here again."),
                ),
                self.tr("Undo them"),
                lambda: self._undo_all(document),
            )

    def _undo_all(self, document: Document) -> None:
        if document is self._dataset.document:
            while document.undo_title and self._dataset.attempt(lambda open_now: open_now.undo()):
                pass

    def _remember(self, path: Path | None) -> None:
        settings = self._app.settings
        changed = settings.with_file(path) if path is not None else replace(settings, last_file="")
        if changed != settings:
            try:
                self._app.save_settings(changed)
            except FtdeskError as error:
                self._notices.show_error(error)
        self.recent_changed.emit()

    def _folder(self) -> Path:
        document = self._dataset.document
        if document is not None and document.path is not None:
            return document.path.parent
        recent = self.recent
        return recent[0].parent if recent and recent[0].parent.is_dir() else Path.home()

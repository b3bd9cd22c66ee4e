"""Opens the dialogs around the file of the open dataset. Each is loaded when it is first wanted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog, QWidget

from ftdesk.dataset.backups import Backups
from ftdesk.ui.notices import Notices
from ftdesk.ui.open_dataset import OpenDataset

if TYPE_CHECKING:
    from ftdesk.dataset.split import Split

_IMPORTABLE = "*.csv *.tsv *.tab *.json *.jsonl *.ndjson *.parquet"


class Transfers(QObject):
    """``open_file`` shows a dataset that a dialog has made; ``folder`` is where choosing begins.

    ``backups`` is the folder of earlier versions.
    """

    def __init__(
        self,
        dataset: OpenDataset,
        notices: Notices,
        open_file: Callable[[Path], None],
        folder: Callable[[], Path],
        backups: Path,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._dataset = dataset
        self._notices = notices
        self._open_file = open_file
        self._folder = folder
        self._backups = backups
        self._window = window
        self.selected: Callable[[], Sequence[int]] = list
        """The rows that are selected where examples are listed."""

    def choose_import(self) -> None:
        """Choose a file of another program and import it."""
        kinds = ";;".join(
            (self.tr("Tables and training data ({kinds})").format(kinds=_IMPORTABLE), self.tr("All files (*)"))
        )
        dialog = QFileDialog(self._window, self.tr("Import a file"), str(self._folder()), kinds)
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        self._ask(dialog)

    def choose_folder_import(self) -> None:
        """Choose a folder that Hugging Face ``datasets`` has saved and import it."""
        dialog = QFileDialog(self._window, self.tr("Import a datasets folder"), str(self._folder()))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        self._ask(dialog)

    def import_file(self, source: Path) -> None:
        """Say what ``source`` holds and offer to import it."""
        from ftdesk.ui.transfer.import_dialog import ImportDialog

        self._dataset.leaving.emit()
        dialog = ImportDialog(source, self._dataset, self._notices, self._window)
        dialog.file_made.connect(self._open_file)
        dialog.open()

    def export(self) -> None:
        """Offer to write all examples, or the selected ones, as a file of another program."""
        from ftdesk.ui.transfer.export_dialog import ExportDialog

        if self._dataset.document is not None:
            self._dataset.leaving.emit()
            ExportDialog(self._dataset, self.selected(), self._notices, self._window).open()

    def split(self) -> None:
        """Offer to deal the examples out to training, validation and test."""
        from ftdesk.ui.transfer.split_dialog import SplitDialog

        if self._dataset.document is not None:
            self._dataset.leaving.emit()
            dialog = SplitDialog(self._dataset.document, self._dataset, self._notices, self._window)
            dialog.written.connect(self._say_split)
            dialog.open()

    def show_versions(self) -> None:
        """Show what is kept of earlier saves."""
        document = self._dataset.document
        if document is None:
            return
        self._dataset.leaving.emit()
        versions = Backups(self._backups).versions(document.path) if document.path is not None else []
        if not versions:
            self._notices.show_notice(self.tr("There is no earlier version yet: each save keeps the one before it."))
            return
        from ftdesk.ui.transfer.versions_dialog import VersionsDialog

        VersionsDialog(document, versions, self._dataset, self._notices, self._window).open()

    def _say_split(self, folder: Path, split: Split) -> None:
        paths = {part: folder / f"{part}.jsonl" for part in split.parts}
        sizes = ", ".join(f"{paths[part].name} {len(rows):,}" for part, rows in split.parts.items())
        training, test = paths["train"], paths["test"]
        self._notices.show_notice(
            self.tr("Split into {folder}: {sizes}.").format(folder=folder.name, sizes=sizes),
            self.tr("Open {file}").format(file=training.name),
            lambda: self._open_file(training),
            others=((self.tr("Open {file}").format(file=test.name), lambda: self._open_file(test)),),
            lasting=True,
        )

    def _ask(self, dialog: QFileDialog) -> None:
        dialog.fileSelected.connect(lambda name: self.import_file(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

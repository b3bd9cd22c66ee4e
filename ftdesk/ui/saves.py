"""Saving the open dataset: at once where that is quick, else in a thread with its progress in the status bar."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from ftdesk.dataset.document import Document
from ftdesk.dataset.saving import Saving
from ftdesk.errors import FtdeskError
from ftdesk.ui.notices import Notices
from ftdesk.ui.open_dataset import OpenDataset
from ftdesk.ui.work import BackgroundWork, Work

if TYPE_CHECKING:
    import asyncio  # not before the first paint

_AT_ONCE_BYTES = 2 << 20
"""Up to this size a save takes a frame or two."""
_LOOK_SECONDS = 0.1


class Saves(QObject):
    """One save at a time. While one runs, the document stays open and a further save waits its turn."""

    saved = Signal(Path)
    """The file is on disk, whole."""

    def __init__(self, dataset: OpenDataset, notices: Notices, background: BackgroundWork, parent: QObject) -> None:
        super().__init__(parent)
        self._dataset = dataset
        self._notices = notices
        self._background = background
        self._running: asyncio.Task[None] | None = None
        self._afterwards: list[Callable[[], object]] = []

    @property
    def is_running(self) -> bool:
        return self._running is not None

    def save(self, path: Path, *, overwrite: bool = False) -> None:
        """Write the open dataset to ``path``. Editing goes on meanwhile. A failure becomes a notice."""
        document = self._dataset.document
        if document is None:
            return
        if self.is_running:
            self.then(lambda: self.save(path, overwrite=overwrite))
            return
        try:
            saving = document.begin_save(path, overwrite=overwrite)
            if saving.rows.size <= _AT_ONCE_BYTES:
                saving.write()
                document.finish_save(saving)
                self.saved.emit(path)
                return
        except FtdeskError as error:
            self._notices.show_error(error)
            return
        import asyncio

        self._running = asyncio.get_running_loop().create_task(self._write(document, saving), name="save")
        self._running.add_done_callback(self._finished)

    def then(self, do: Callable[[], object]) -> None:
        """Do this when the save that runs has ended, well or not."""
        self._afterwards.append(do)

    async def finished(self) -> None:
        """Wait until no save runs."""
        import asyncio

        while self._running is not None:
            await asyncio.wait([self._running])
            await asyncio.sleep(0)

    async def aclose(self) -> None:
        """Wait for the save that runs; one that still waits its turn is left to the journal."""
        self._afterwards.clear()
        await self.finished()

    async def _write(self, document: Document, saving: Saving) -> None:
        import asyncio

        work = self._background.begin(self.tr("Saving {file}").format(file=saving.target.name))
        watching = asyncio.ensure_future(_show_progress(work, saving))
        try:
            await asyncio.to_thread(saving.write)
        finally:
            watching.cancel()
            work.end()
        document.finish_save(saving)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._running = None
        if not task.cancelled():
            error = task.exception()
            if error is not None:
                self._notices.show_error(error)
            else:
                document = self._dataset.document
                if document is not None and document.path is not None:
                    self.saved.emit(document.path)
        waiting, self._afterwards = self._afterwards, []
        for do in waiting:
            do()


async def _show_progress(work: Work, saving: Saving) -> None:
    import asyncio

    while True:
        # The last bytes are followed by a wait for the disk that nobody can foretell.
        work.report(work.title, saving.share if saving.share < 1 else -1.0)
        await asyncio.sleep(_LOOK_SECONDS)

"""When another program changes the open file: it is noticed while the window is open, told, and both sides are kept."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QFileSystemWatcher, QObject, QTimer, Signal

from ftdesk.dataset.document import Document
from ftdesk.ui.notices import Notices
from ftdesk.ui.open_dataset import OpenDataset
from ftdesk.ui.saves import Saves
from ftdesk.ui.text import plural
from ftdesk.ui.work import BackgroundWork

if TYPE_CHECKING:
    from ftdesk.ui.tasks import Tasks

_SETTLE_MILLISECONDS = 300
"""Programs write in pieces and rename afterwards: look when they have done."""
_AT_ONCE_BYTES = 8 << 20
_POLL_MILLISECONDS = 3_000
"""Network folders send no events, and their number is limited everywhere."""


_Choice = tuple[str, Callable[[], object]]


class DiskChanges(QObject):
    """Looks at the file when the system tells of a change, now and then, and when the user comes back to the window."""

    save_as_requested = Signal()
    reopen_requested = Signal(Path)
    """Open the file anew: it is too large to be read at once."""

    def __init__(
        self, dataset: OpenDataset, notices: Notices, background: BackgroundWork, saves: Saves, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._background = background
        self._dataset = dataset
        self._notices = notices
        self._saves = saves
        self._told: tuple[Document, int | None] | None = None
        self._question = ""
        self._watcher: QFileSystemWatcher | None = None
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MILLISECONDS)
        self._settle.timeout.connect(self.look)
        self._poll = QTimer(self, interval=_POLL_MILLISECONDS)
        self._poll.timeout.connect(self.look)
        dataset.replaced.connect(self._withdraw)
        dataset.replaced.connect(self._watch)
        saves.saved.connect(self.look)
        saves.saved.connect(self._watch)

    def begin(self) -> None:
        """Watch from now on. Before the first paint nobody needs it, and it starts a thread."""
        self._watcher = QFileSystemWatcher(self)
        self._watcher.fileChanged.connect(lambda _: self._settle.start())
        self._watcher.directoryChanged.connect(lambda _: self._settle.start())
        self._poll.start()
        self._watch()

    async def aclose(self) -> None:
        """Stop watching, and what was begun."""
        if "_tasks" in self.__dict__:
            await self._tasks.aclose()
        self._settle.stop()
        self._poll.stop()
        if self._watcher is not None:
            self._watcher.deleteLater()
            self._watcher = None

    def look(self) -> None:
        """Say so, once for each change, if the file is not what is shown."""
        document = self._dataset.document
        if document is None or document.path is None or self._saves.is_running:
            return
        if not document.changed_on_disk():
            self._told = None
            self._withdraw()
            return
        state = _modified_at(document.path)
        if self._told != (document, state):
            self._told = (document, state)
            self._tell(document, document.path)
        self._watch()

    def tell_before_saving(self, document: Document) -> None:
        """The user saves, but the file is another one by now."""
        if document.path is None:
            return
        self._told = (document, _modified_at(document.path))
        if self._told[1] is None:
            self._tell(document, document.path)
            return
        if not document.is_readable:
            self._tell(document, document.path)
            return
        self._ask(
            self.tr("{file} was changed by another program. Saving would lose what that wrote.").format(
                file=document.path.name
            ),
            (self.tr("Bring both together"), self.merge),
            (self.tr("Keep both"), self.keep_both),
            (self.tr("Save as…"), self.save_as_requested.emit),
        )

    def merge(self) -> None:
        """Bring the edits here and what another program has written together, as one change that is not saved yet."""
        if self._saves.is_running:  # it writes the rows as they are before that, so it goes first
            self._saves.then(self.merge)
            return
        document = self._dataset.document
        if document is not None and document.path is not None and _size(document.path) > _AT_ONCE_BYTES:
            self._tasks.start("merge", self._merge_in_thread(document))
            return
        conflicts: list[int] = []
        if self._dataset.attempt(lambda document: conflicts.append(document.merge_from_disk())):
            self._say_merged(conflicts[0])

    async def _merge_in_thread(self, document: Document) -> None:
        from ftdesk.ui.tasks import in_thread

        work = self._background.begin(self.tr("Bringing both together"))
        try:
            while document is self._dataset.document:
                with document.begin_merge() as merging:
                    await in_thread(merging.compare)
                    # Not if something was typed meanwhile: that belongs to it, too, so begin again.
                    if document is self._dataset.document and document.finish_merge(merging):
                        self._say_merged(merging.conflicts)
                        return
        finally:
            work.end()

    def _say_merged(self, conflicts: int) -> None:
        self.look()
        if conflicts:
            text = plural(
                conflicts,
                self.tr("Both had changed one place; there, both versions stand one after the other."),
                self.tr("Both had changed {number} places; there, both versions stand one after the other."),
            )
        else:
            text = self.tr("Both sets of changes are here. Save to keep them.")
        self._notices.show_notice(text, lasting=bool(conflicts))

    def reload(self) -> None:
        """Show the file as another program has left it. Edits that were not saved are put aside and can be found."""
        open_now = self._dataset.document
        if open_now is not None and open_now.path is not None and _size(open_now.path) > _AT_ONCE_BYTES:
            self.reopen_requested.emit(open_now.path)
            return
        if self._saves.is_running:
            self._saves.then(self.reload)
            return
        if self._dataset.attempt(lambda document: document.reload()):
            self.look()
            document = self._dataset.document
            if document is not None and document.set_aside is not None:
                text = self.tr("Read again from the disk. Your unsaved edits are kept in {path}.").format(
                    path=document.set_aside
                )
            else:
                text = self.tr("Read again from the disk.")
            self._notices.show_notice(text)

    def keep_both(self) -> None:
        """Leave the file to the other program, and go on with what is here in a new file beside it."""
        document = self._dataset.document
        if document is not None and document.path is not None:
            self._saves.save(_free_name(document.path, self.tr("mine")))

    def write_again(self) -> None:
        """The file is gone, and what is here shall be it."""
        document = self._dataset.document
        if document is not None and document.path is not None:
            self._saves.save(document.path, overwrite=True)

    @cached_property
    def _tasks(self) -> Tasks:
        from ftdesk.ui.tasks import Tasks

        return Tasks(self, self._notices.show_error)

    def _tell(self, document: Document, path: Path) -> None:
        if not path.exists():
            self._ask(
                self.tr("{file} was removed or renamed by another program. All of it is still here.").format(
                    file=path.name
                ),
                (self.tr("Write it again"), self.write_again),
                (self.tr("Save as…"), self.save_as_requested.emit),
            )
            return
        text = self.tr("{file} was changed by another program.").format(file=path.name)
        merge, reload = (self.tr("Bring both together"), self.merge), (self.tr("Read it again"), self.reload)
        if not document.is_modified:
            self._ask(text, reload)
        elif document.is_readable:
            self._ask(text, merge, reload, (self.tr("Keep both"), self.keep_both))
        else:
            self._ask(
                self.tr(
                    "{file} was overwritten by another program, and with it the examples you have not edited. "
                    "Your edits are still here."
                ).format(file=path.name),
                merge,
                reload,
            )

    def _ask(self, text: str, first: _Choice, *others: _Choice) -> None:
        """Offer what can be done, until something has worked: a choice that fails leaves the others."""
        self._withdraw()
        self._question = text
        self._notices.show_notice(text, *first, others=others, lasting=True, until_done=True)

    def _withdraw(self) -> None:
        """The file is what is shown, or another dataset is."""
        if self._question:
            self._notices.close_notice(self._question)
            self._question = ""

    def _watch(self) -> None:
        """Watch the open file, and its folder: a file that is replaced is another one, which nobody watches yet."""
        watcher, document = self._watcher, self._dataset.document
        if watcher is None:
            return
        path = document.path if document is not None else None
        wanted = {str(path), str(path.parent)} if path is not None else set()
        watched = {*watcher.files(), *watcher.directories()}
        if watched - wanted:
            watcher.removePaths(sorted(watched - wanted))
        missing = sorted(name for name in wanted - watched if Path(name).exists())
        if missing:
            watcher.addPaths(missing)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _modified_at(path: Path) -> int | None:
    """When the file was written, in nanoseconds; ``None`` if it is not there."""
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return None


def _free_name(path: Path, mark: str) -> Path:
    """A name beside ``path`` that no file has: ``data (mine).jsonl``, then ``data (mine 2).jsonl``."""
    number = 1
    while True:
        free = path.with_name(f"{path.stem} ({mark}{f' {number}' if number > 1 else ''}){path.suffix}")
        if not free.exists():
            return free
        number += 1

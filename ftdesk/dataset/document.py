"""An open dataset: the file's lines, the edits on top, undo, journal and save."""

from __future__ import annotations

import hashlib
from array import array
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Self

from ftdesk.dataset.backups import Backups
from ftdesk.dataset.changes import Change, DocumentObserver, Splice
from ftdesk.dataset.journal import FileState, Journal, open_journal
from ftdesk.dataset.lines import FileLines, unreadable
from ftdesk.dataset.record import Record, read_record
from ftdesk.dataset.saving import Content, Saving
from ftdesk.errors import InputError, StorageError
from ftdesk.storage.files import write_atomic

_CACHED_RECORDS = 512


class Document:
    """A JSONL file that is edited line by line.

    A row is a physical line, blank and broken ones too, so row + 1 is the line number that every other program shows.
    Lines that nobody edits are never rewritten: saving copies their bytes. Every change goes through ``apply``, is
    undoable without limit, and is in the journal before ``apply`` returns.
    """

    def __init__(self, path: Path | None, journals: Path | None, backups: Backups | None = None) -> None:
        self.path = path
        self._backups = backups
        self._base = FileLines(path) if path else None
        self._state = FileState.of(self._base.stat) if self._base is not None else None
        self._final_newline = self._base.final_newline if self._base is not None and len(self._base) else True
        # A row is the number of a base line, or -1 - the index of a line in the overlay.
        self._rows = array("q", range(len(self._base) if self._base is not None else 0))
        self._overlay: list[bytes] = []
        self._done: list[Change] = []
        self._undone: list[Change] = []
        self._saved_at: int | None = 0
        self._since_save: list[Change] | None = None
        self._last_saving: Saving | None = None
        self._observers: list[DocumentObserver] = []
        self._records: OrderedDict[bytes, Record] = OrderedDict()
        self._journal = open_journal(journals, path) if journals else None
        self.recovered = 0
        self.set_aside: Path | None = None
        if self._journal and self._journal.owned:
            self._recover(self._journal)

    @staticmethod
    def open(path: Path, journals: Path | None = None, backups: Backups | None = None) -> Document:
        """Open ``path``. Raises ``InputError`` when it cannot be read.

        With ``journals``, edits of an earlier run that were never saved are there again (``recovered``). When the file
        has changed since, they are kept in ``set_aside`` instead. With ``backups``, a save keeps the version before it.
        """
        return Document(path, journals, backups)

    @staticmethod
    def new(journals: Path | None = None, backups: Backups | None = None) -> Document:
        """An empty dataset without a file yet, or the one that a crash left unsaved."""
        return Document(None, journals, backups)

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def read_only(self) -> bool:
        """Another window has this file open for editing."""
        return self._journal is not None and not self._journal.owned

    @property
    def is_modified(self) -> bool:
        return self._saved_at != len(self._done)

    @property
    def undo_title(self) -> str:
        """What undo would take back; empty when there is nothing."""
        return self._done[-1].title if self._done else ""

    @property
    def redo_title(self) -> str:
        return self._undone[-1].title if self._undone else ""

    def observe(self, observer: DocumentObserver) -> None:
        self._observers.append(observer)

    def unobserve(self, observer: DocumentObserver) -> None:
        self._observers.remove(observer)

    def line(self, row: int) -> bytes:
        """The bytes of a row without its LF."""
        number = self._rows[row]
        if number < 0:
            return self._overlay[-1 - number]
        if self._base is None:
            raise IndexError(row)
        return self._base.read(number)

    def record(self, row: int) -> Record:
        """The row, parsed. Recently seen rows are kept."""
        line = self.line(row)
        record = self._records.get(line)
        if record is None:
            record = self._records[line] = read_record(line)
            if len(self._records) > _CACHED_RECORDS:
                self._records.popitem(last=False)
        return record

    def lines(self) -> Iterator[bytes]:
        """All rows in order, without their LF."""
        return (self.line(row) for row in range(len(self)))

    def apply(self, change: Change) -> None:
        """Do ``change`` and write it to the journal. Raises ``InputError`` if the document is read-only.

        Raises ``StorageError`` when the journal cannot be written; the change is done all the same and can be saved.
        """
        if self.read_only:
            raise InputError(
                f"{self.path} is open for editing in another window.",
                hint="Close it there, or save a copy under another name.",
            )
        self._undone.clear()
        if self._saved_at is not None and self._saved_at > len(self._done):
            self._saved_at = None
        self._done.append(change)
        self._perform(change)

    def replace(self, row: int, line: bytes, title: str) -> None:
        """Replace one row."""
        self.apply(Change(title, (Splice(row, (self.line(row),), (_single(line),)),)))

    def insert(self, row: int, lines: Sequence[bytes], title: str) -> None:
        """Insert rows before ``row``."""
        self.apply(Change(title, (Splice(row, (), tuple(_single(line) for line in lines)),)))

    def remove(self, rows: Iterable[int], title: str) -> None:
        """Remove rows, each once, as one change."""
        ordered = sorted(set(rows), reverse=True)
        self.apply(Change(title, tuple(Splice(row, (self.line(row),), ()) for row in ordered)))

    def move(self, row: int, to: int, title: str) -> None:
        """Move a row so that it stands at ``to`` afterwards."""
        line = self.line(row)
        self.apply(Change(title, (Splice(row, (line,), ()), Splice(to, (), (line,)))))

    def undo(self) -> None:
        if self._done:
            change = self._done.pop()
            self._undone.append(change)
            self._perform(change.inverse)

    def redo(self) -> None:
        if self._undone:
            change = self._undone.pop()
            self._done.append(change)
            self._perform(change)

    def changed_on_disk(self) -> bool:
        """Whether another program has replaced, changed or removed the file since it was opened or saved."""
        if self.path is None or self._state is None:
            return False
        # A save that replaced the file and failed after that has made a state that is ours, too.
        ours = (self._state, self._last_saving.state if self._last_saving else None)
        try:
            return FileState.of(self.path.stat()) not in ours
        except OSError:
            return True

    def save(self, path: Path | None = None, *, overwrite: bool = False) -> None:
        """Write all rows to ``path``, or to the file itself, which is replaced whole or not at all.

        Raises ``InputError`` when the file has changed on disk and ``overwrite`` is false, ``StorageError`` when it
        cannot be written; the old file is then whole and the edits are still here and in the journal.
        """
        saving = self.begin_save(path, overwrite=overwrite)
        saving.write()
        self.finish_save(saving)

    def begin_save(self, path: Path | None = None, *, overwrite: bool = False) -> Saving:
        """Prepare a save of the rows as they are now, whose ``write`` may run in a thread while editing goes on.

        Pass it to ``finish_save`` afterwards, on the thread that edits. Raises as ``save`` does.
        """
        target = path or self.path
        if target is None:
            raise InputError("This dataset has no file yet.", hint="Choose where to save it.")
        other = self.path is None or target.resolve() != self.path.resolve()
        if self.read_only and not other:
            raise InputError(f"{target} is open for editing in another window.", hint="Save a copy under another name.")
        if not other and not overwrite and self.changed_on_disk():
            raise InputError(
                f"{target} was changed by another program since it was opened.",
                hint="Save under another name, or overwrite it knowingly.",
            )
        self._since_save = []
        # The overlay only ever grows, and is replaced and not emptied by a save: the snapshot may share it.
        content = Content(self._base, array("q", self._rows), self._overlay, final_newline=self._final_newline)
        journal = self._journal if self._journal and self._journal.owned and not other else None
        self._last_saving = Saving(target, content, journal, self._backups, other=other, position=len(self._done))
        return self._last_saving

    def finish_save(self, saving: Saving) -> None:
        """Stand on the file that ``saving`` has written; what was changed meanwhile stays changed."""
        if saving.result is None:
            raise ValueError("nothing was written")
        if self._base is not None:
            self._base.close()
        self._base = saving.result
        self._state = FileState.of(saving.result.stat)
        self._rows = array("q", range(len(saving.result)))
        self._overlay = []
        meanwhile, self._since_save = self._since_save or [], None
        for splice in (splice for change in meanwhile for splice in change.splices):
            self._put(splice)
        self._saved_at = saving.position if self._saved_position_lives(saving, meanwhile) else None
        self._move_journal(saving, meanwhile)
        self.path = saving.target
        for observer in list(self._observers):
            observer.state_changed()

    def export(self, path: Path) -> str:
        """Write a copy of all rows to ``path`` and return its sha256. The document stays as it is."""
        content = Content(self._base, self._rows, self._overlay, final_newline=self._final_newline)
        digest = hashlib.sha256()

        def measured() -> Iterator[bytes]:
            for chunk in content.chunks():
                digest.update(chunk)
                yield chunk

        write_atomic(path, measured())
        return digest.hexdigest()

    def discard_edits(self) -> None:
        """Forget the journal: the user has chosen not to keep what was never saved. Raises ``StorageError``."""
        if self._journal and self._journal.owned and not self._journal.clear():
            raise StorageError(f"Cannot remove the journal {self._journal.path}.", hint="Remove it by hand.")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the file and the journal. Edits that are not saved stay in the journal."""
        if self._base is not None:
            self._base.close()
        if self._journal:
            self._journal.close()

    def _perform(self, change: Change) -> None:
        for splice in change.splices:
            self._splice(splice)
        if self._since_save is not None:
            self._since_save.append(change)
        try:
            if self._journal:
                self._journal.append(change, self._state)
        finally:
            for observer in list(self._observers):
                observer.state_changed()

    def _splice(self, splice: Splice) -> None:
        row, removed, inserted = splice.row, len(splice.removed), len(splice.inserted)
        for observer in list(self._observers):
            observer.splicing(row, removed, inserted)
        self._put(splice)
        for observer in list(self._observers):
            observer.spliced(row, removed, inserted)

    def _put(self, splice: Splice) -> None:
        first = -1 - len(self._overlay)
        self._overlay.extend(splice.inserted)
        numbers = array("q", range(first, first - len(splice.inserted), -1))
        self._rows[splice.row : splice.row + len(splice.removed)] = numbers

    def _saved_position_lives(self, saving: Saving, meanwhile: list[Change]) -> bool:
        """Whether undo or redo can still lead to the state that was saved."""
        return not meanwhile or (len(self._done) >= saving.position and self._done[saving.position :] == meanwhile)

    def _move_journal(self, saving: Saving, meanwhile: list[Change]) -> None:
        """Begin the journal anew on what was saved. A crash before this point is covered by the state it noted."""
        journal = self._journal
        if journal is None:
            return
        if saving.other:
            folder = journal.path.parent
            if journal.owned:
                journal.clear()
            journal.close()
            journal = self._journal = open_journal(folder, saving.target)
        # A journal that cannot be cleared still knows the state that was saved, and what came after it.
        if journal.owned and journal.clear():
            for change in meanwhile:
                journal.append(change, self._state)

    def _recover(self, journal: Journal) -> None:
        changes = journal.read(self._state)
        if changes is None:
            self.set_aside = journal.set_aside()
            return
        if not changes:
            journal.clear()
            return
        for change in changes:
            for splice in change.splices:
                self._splice(splice)
        self._done.extend(changes)
        self.recovered = len(changes)


def _single(line: bytes) -> bytes:
    if b"\n" in line:
        raise ValueError("a row is one line")
    return line


def read_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Line numbers from 1 and lines without LF, streamed. Raises ``InputError`` with one sentence when that fails."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, start=1):
                yield number, line[:-1] if line.endswith(b"\n") else line
    except OSError as error:
        raise unreadable(path, error) from error

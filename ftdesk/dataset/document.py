"""An open dataset: the file's lines, the edits on top, undo, journal and save."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Self

from ftdesk.dataset.backups import Backups
from ftdesk.dataset.changes import Change, DocumentObserver, LabelChange, Splice
from ftdesk.dataset.file_state import FileState
from ftdesk.dataset.history import History
from ftdesk.dataset.journal import Journal, is_edited_elsewhere, open_journal
from ftdesk.dataset.labels import LabelBook, labels_path
from ftdesk.dataset.lines import FileLines, unreadable
from ftdesk.dataset.manners import in_the_manner_of
from ftdesk.dataset.merging import Merging
from ftdesk.dataset.record import Record, read_record
from ftdesk.dataset.rows import FileStretch, Rows
from ftdesk.dataset.saving import Saving, outdated
from ftdesk.errors import InputError, StorageError
from ftdesk.storage.files import write_atomic
from ftdesk.storage.folders import Folders

_CACHED_RECORDS = 512
_SOME_ROWS, _SOME_BYTES = 512, 1 << 16


class Document:
    """A JSONL file that is edited line by line.

    A row is a physical line, blank and broken ones too, so row + 1 is the line number that every other program shows.
    Lines that nobody edits are never rewritten: saving copies their bytes. Every change goes through ``apply``, is
    undoable without limit, and is in the journal before ``apply`` returns.
    """

    def __init__(self, path: Path | None, folders: Folders | None = None) -> None:
        self.path = path
        self._folders = folders
        self._backups = Backups(folders.backups) if folders else None
        self.labels = self._label_book()
        base = FileLines(path) if path else None
        self._rows = Rows(base)
        self._state = FileState.of(base.stat) if base is not None else None
        self._history = History()
        self._last_saving: Saving | None = None
        self._observers: list[DocumentObserver] = []
        self._records: OrderedDict[bytes, Record] = OrderedDict()
        self._journal: Journal | None = None
        self.recovered = 0
        self.set_aside: Path | None = None
        try:
            self._journal = open_journal(folders.journals, path) if folders else None
            if self._journal and self._journal.owned:
                self._recover(self._journal)
        except BaseException:
            self.close()
            raise

    @staticmethod
    def open(path: Path, folders: Folders | None = None) -> Document:
        """Open ``path``. Raises ``InputError`` when it cannot be read.

        With ``folders``, every edit is in a journal there, a save keeps the version before it, and labels are kept.
        Edits of an earlier run that were never saved are there again (``recovered``); when the file has changed since,
        they are put aside instead (``set_aside``).
        """
        return Document(path, folders)

    @staticmethod
    def new(folders: Folders | None = None) -> Document:
        """An empty dataset without a file yet, or the one that a crash left unsaved."""
        return Document(None, folders)

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def place(self) -> Path | None:
        """Where it is kept: its file, else the journal. The same again when it is opened again."""
        return self.path or (self._journal.path if self._journal else None)

    @property
    def read_only(self) -> bool:
        """Another window has this file open for editing."""
        return self._journal is not None and not self._journal.owned

    @property
    def is_modified(self) -> bool:
        """Whether saving would write something else than the file holds. Labels are not in the file."""
        return not self._history.is_saved

    @property
    def undo_title(self) -> str:
        """What undo would take back; empty when there is nothing."""
        return change.title if (change := self._history.undoable) else ""

    @property
    def undoable(self) -> Change | None:
        """What undo would take back. Each time something is done it is another object."""
        return self._history.undoable

    @property
    def redo_title(self) -> str:
        return change.title if (change := self._history.redoable) else ""

    def observe(self, observer: DocumentObserver) -> None:
        self._observers.append(observer)

    def unobserve(self, observer: DocumentObserver) -> None:
        self._observers.remove(observer)

    def line(self, row: int) -> bytes:
        """The bytes of a row without its LF. Raises ``InputError`` when another program changed the file in place."""
        return self._rows.line(row)

    def stretch(self, row: int, most_rows: int, part: int) -> FileStretch | None:
        """Untouched lines from ``row`` on, by where they stand in the file, for a process that reads them there.

        At most ``most_rows``, and only lines that begin in the same ``part`` bytes. ``None`` for an edited row.
        """
        return self._rows.stretch(row, most_rows, part)

    def shown_line(self, row: int) -> bytes:
        """A row for showing, empty where ``line`` raises: a list goes on painting until the file is read again."""
        try:
            return self.line(row)
        except InputError:
            return b""

    def shown_lines(self, row: int) -> list[bytes]:
        """Rows from ``row`` on for looking through, at least one; an empty one where ``line`` raises."""
        try:
            return self._rows.some(row, _SOME_ROWS, _SOME_BYTES)
        except InputError:
            return [b""]

    def record(self, row: int) -> Record:
        """The row, parsed. Recently seen rows are kept. A row that cannot be read any more is a broken one."""
        try:
            line = self.line(row)
        except InputError as error:
            return Record("broken", {}, error.sentence)
        record = self._records.get(line)
        if record is None:
            record = self._records[line] = read_record(line)
            if len(self._records) > _CACHED_RECORDS:
                self._records.popitem(last=False)
        return record

    def lines(self) -> Iterator[bytes]:
        """All rows in order, without their LF."""
        return self._rows.lines()

    @contextmanager
    def snapshot(self) -> Iterator[Rows]:
        """All rows as they are now, for a thread, whatever is done to the document meanwhile."""
        rows = self._rows.duplicate()
        try:
            yield rows
        finally:
            if rows.base is not None:
                rows.base.close()

    def apply(self, change: Change) -> None:
        """Do ``change`` and write it to the journal.

        Raises ``InputError`` if the document is read-only, or if the rows are no longer those that ``change`` removes.
        Raises ``StorageError`` when the journal cannot be written; the change is done all the same and can be saved.
        """
        if self.read_only:
            raise InputError(
                f"{self.path} is open for editing in another window.",
                hint="Close it there, or save a copy under another name.",
            )
        # Else it would remove what nobody has seen, and an undo would not bring that back.
        if not self._rows.fit(change.splices):
            raise InputError("The rows have changed since this was prepared.", hint="Do it again.")
        self._history.add(change)
        self._perform(change)

    def arrange(self, change: Change) -> None:
        """Do ``change``, by which rows come and go, so that a byte order mark and CR LF stay the file's.

        Raises as ``apply`` does, which does exactly what it is told.
        """
        self.apply(replace(change, splices=in_the_manner_of(self._rows, change.splices)))

    def replace(self, row: int, line: bytes, title: str) -> None:
        """Replace one row."""
        self.apply(Change(title, (Splice(row, (self.line(row),), (_single(line),)),)))

    def insert(self, row: int, lines: Sequence[bytes], title: str) -> None:
        """Insert rows before ``row``."""
        if lines:
            self.arrange(Change(title, (Splice(row, (), tuple(_single(line) for line in lines)),)))

    def remove(self, rows: Iterable[int], title: str) -> None:
        """Remove rows, each once, as one change."""
        ordered = sorted(set(rows), reverse=True)
        self.arrange(Change(title, tuple(Splice(row, (self.line(row),), ()) for row in ordered)))

    def move(self, row: int, to: int, title: str) -> None:
        """Move a row so that it stands at ``to`` afterwards."""
        line = self.line(row)
        self.arrange(Change(title, (Splice(row, (line,), ()), Splice(to, (), (line,)))))

    def label(self, changes: Sequence[LabelChange], title: str) -> None:
        """Change tags or notes; ``labels`` makes such changes. Raises ``StorageError`` when they cannot be kept."""
        if changes:
            change = Change(title, (), tuple(changes))
            self._history.add(change)
            self._perform(change)

    def undo(self) -> None:
        if self._history.undoable:
            self._perform(self._history.undo().inverse)

    def redo(self) -> None:
        if self._history.redoable:
            self._perform(self._history.redo())

    def changed_on_disk(self) -> bool:
        """Whether another program has replaced, changed or removed the file since it was opened or saved."""
        return self.path is not None and self._state is not None and self._is_foreign(FileState.at(self.path))

    @property
    def is_readable(self) -> bool:
        """Whether the rows that were not edited can still be read: another program may have written over them."""
        return self._rows.base is None or self._rows.base.is_intact()

    def _is_foreign(self, state: FileState | None) -> bool:
        # A save that replaced the file and failed after that has made a state that is ours, too.
        return state is None or state not in (self._state, self._last_saving.state if self._last_saving else None)

    def reload(self) -> None:
        """Show the file as another program has left it. Edits that were not saved are put aside (``set_aside``).

        Raises ``InputError`` when the file cannot be read, ``StorageError`` when the edits cannot be put aside.
        """
        base = FileLines(self._file())
        try:
            self._stand_on(base, ())
        except StorageError:
            base.close()
            raise

    def merge_from_disk(self) -> int:
        """Bring the edits here and those of another program together. Returns how many places both had changed.

        There, both versions stand in a row. The merged rows are one change on top of the file as it is now, and nothing
        is written yet. Raises as ``reload`` does.
        """
        with self.begin_merge() as merging:
            merging.compare()
            self.finish_merge(merging)
        return merging.conflicts

    def begin_merge(self) -> Merging:
        """Prepare a merge, whose ``compare`` may run in a thread. Close it in the end. Raises ``InputError``."""
        base = self._rows.base
        is_intact = base is None or base.is_intact()
        return Merging(self._file(), self._rows.duplicate(), tuple(self._history.performed), is_intact)

    def finish_merge(self, merging: Merging) -> bool:
        """Show the merged rows. False, and nothing done, if the document was edited since ``begin_merge``.

        Raises ``StorageError`` when the edits cannot be put aside.
        """
        if merging.theirs is None:
            raise ValueError("nothing was compared")
        if tuple(self._history.performed) != merging.performed:
            return False
        self._stand_on(merging.theirs, merging.splices)
        merging.theirs = None
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
        if other and self._folders and is_edited_elsewhere(self._folders.journals, target):
            raise InputError(f"{target} is open for editing in another window.", hint="Choose another name.")
        seen = FileState.at(target)
        if not other and not overwrite and self._state is not None and self._is_foreign(seen):
            raise InputError(
                f"{target} was changed by another program since it was opened.",
                hint="Merge with it, or save under another name.",
            )
        journal = self._journal if self._journal and self._journal.owned and not other else None
        self._last_saving = Saving(
            target, self._rows.snapshot(), journal, self._backups, seen, other, self._history.now
        )
        return self._last_saving

    def finish_save(self, saving: Saving) -> None:
        """Stand on the file that ``saving`` has written; what was changed meanwhile stays changed.

        Raises ``StorageError`` when the journal or the labels of another name cannot be made; the file is saved then.
        Raises ``InputError`` when the document was merged or read again meanwhile; it then stays on that.
        """
        if saving.result is None:
            raise ValueError("nothing was written")
        if saving.outdated:
            saving.result.close()
            raise outdated(saving.target)
        meanwhile = self._history.since(saving.moment)
        self._use(saving.result, final_newline=self._rows.final_newline)
        for splice in (splice for change in meanwhile for splice in change.splices):
            self._rows.put(splice)
        self._history.save(saving.moment)
        self.path = saving.target
        try:
            if saving.other:
                self.labels = self.labels.copied_to(self._label_book())
            # Also what could not be written when it was changed.
            self.labels.write_changed()
        finally:
            try:
                if self._folders and (saving.other or self._journal is None):
                    self._move_journal(self._folders)
                else:
                    self._renew_journal()
            finally:
                self._announce()

    def export(self, path: Path) -> str:
        """Write a copy of all rows to ``path`` and return its sha256. The document stays as it is."""
        digest = hashlib.sha256()

        def measured() -> Iterator[bytes]:
            for chunk in self._rows.chunks():
                digest.update(chunk)
                yield chunk

        # A file that was written over in place would give torn lines.
        self._rows.check()
        write_atomic(path, measured(), before_replace=lambda _: self._rows.check())
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
        if self._rows.base is not None:
            self._rows.base.close()
        if self._journal:
            self._journal.close()

    def _label_book(self) -> LabelBook:
        return LabelBook(labels_path(self._folders.labels, self.path) if self._folders and self.path else None)

    def _perform(self, change: Change, *, journaled: bool = False) -> None:
        if change.labels:
            self.labels.put(change.labels)
        if not change.splices:
            self._announce()
            return
        for splice in change.splices:
            self.labels.follow(splice)
        for splice in change.splices:
            for observer in list(self._observers):
                observer.splicing(splice.row, len(splice.removed), len(splice.inserted))
            self._rows.put(splice)
            for observer in list(self._observers):
                observer.spliced(splice.row, len(splice.removed), len(splice.inserted))
        self._history.performed.append(change)
        try:
            if not journaled:
                self._write_down(change)
        finally:
            self._announce()

    def _write_down(self, change: Change) -> None:
        """Labels first: a crash between the two leaves labels of a line that is not there, and loses none."""
        try:
            self.labels.write_changed()
        finally:
            if self._journal:
                self._journal.append(change, self._state)
            elif self._folders:  # the last save could not begin one
                self._move_journal(self._folders)

    def _announce(self) -> None:
        for observer in list(self._observers):
            observer.state_changed()

    def _use(self, base: FileLines, *, final_newline: bool = True) -> None:
        if self._rows.base is not None:
            self._rows.base.close()
        self._rows = Rows(base, final_newline=final_newline)
        self._state = FileState.of(base.stat)

    def _renew_journal(self) -> None:
        """Begin the journal anew on the file as it is. A crash before this is covered by the state a save has noted."""
        journal = self._journal
        if journal is None or not journal.owned:
            return
        if self._history.performed:
            # One that cannot be renewed still knows the state that was saved, and what came after it.
            with suppress(StorageError):
                journal.begin_anew(self._state, self._history.performed)
        else:
            journal.clear()

    def _move_journal(self, folders: Folders) -> None:
        """Begin the journal of another file. Raises ``StorageError``; the next edit tries again.

        What a crash has left there of the file that was replaced does not fit this one, and is put aside.
        """
        old, self._journal = self._journal, None
        try:
            journal = open_journal(folders.journals, self.path)
            try:
                if journal.owned:
                    self.set_aside = journal.set_aside() or self.set_aside
                if journal.owned and self._history.performed:
                    journal.begin_anew(self._state, self._history.performed)
            except StorageError:
                journal.close()
                raise
            self._journal = journal
        finally:
            if old is not None:
                if old.owned:
                    old.clear()
                old.close()

    def _file(self) -> Path:
        if self.path is None:
            raise InputError("This dataset has no file yet.", hint="Choose where to save it.")
        return self.path

    def _stand_on(self, base: FileLines, splices: tuple[Splice, ...]) -> None:
        """Show ``base``, the file as it is now, with ``splices`` as one change on top."""
        change = Change("Merge", splices)
        journal = self._journal if self._journal and self._journal.owned else None
        if journal and splices:
            journal.begin_anew(FileState.of(base.stat), [change])
        elif journal and self._history.performed:
            self.set_aside = journal.set_aside()
        if self._last_saving:
            self._last_saving.outdated = True
        before = len(self._rows)
        for observer in list(self._observers):
            observer.splicing(0, before, len(base))
        self._use(base)
        for observer in list(self._observers):
            observer.spliced(0, before, len(base))
        # Rows have moved under the history: older changes cannot be undone one by one any more.
        self._history = History()
        if splices:
            self._history.add(change)
            self._perform(change, journaled=journal is not None)
        else:
            self._announce()

    def _recover(self, journal: Journal) -> None:
        written = journal.read(self._state)
        if written is None:
            self.set_aside = journal.set_aside()
        elif not written:
            journal.clear()
        else:
            before = self._rows.snapshot()
            try:
                changes = [change.done_on(self._rows) for change in written]
            except (ValueError, KeyError, TypeError, IndexError):  # damaged: kept for a person to look at
                self._rows = before
                self.set_aside = journal.set_aside()
                return
            self._history.recover(changes)
            self.recovered = self._history.depth


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

"""What is done to many examples at once: each one step of undo, with a notice that offers it."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from PySide6.QtCore import QObject, QTimer

from ftdesk.dataset.changes import Change, Splice
from ftdesk.dataset.document import Document
from ftdesk.errors import FtdeskError
from ftdesk.ui.desk import Desk
from ftdesk.ui.text import plural
from ftdesk.ui.work import Work

_SLICE_SECONDS = 0.008

RowEdit = Callable[[int, bytes], bytes]
"""From a row and its line to the line it shall be. Raises ``InputError`` for a line that cannot be edited so."""


class BulkEdits(QObject):
    """Long edits are prepared in slices and then done as one change; a change of the dataset meanwhile stops them."""

    def __init__(self, desk: Desk, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._dataset = desk.dataset
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._slice)
        self._steps: Iterator[float] = iter(())
        self._work: Work | None = None
        for changed in (desk.dataset.spliced, desk.dataset.rows_reset, desk.dataset.replaced):
            changed.connect(self._interrupt)

    @property
    def is_running(self) -> bool:
        """An edit is being prepared."""
        return self._timer.isActive()

    def rewrite(self, rows: Sequence[int], edit: RowEdit, title: str, said: Callable[[int], str]) -> None:
        """Replace each row by what ``edit`` makes of it. ``said`` puts into words how many became another."""
        document = self._ready()
        if document is None:
            return
        self._steps = self._rewriting(document, rows, edit, title, said)
        self._timer.start()
        self._slice()
        if self._timer.isActive():
            self._work = self._desk.background.begin(title, self._cancel)

    def delete(self, rows: Collection[int]) -> None:
        document = self._ready()
        if document is None or not rows:
            return
        title = plural(len(rows), self.tr("Delete example"), self.tr("Delete {number} examples"))
        runs = list(_runs(sorted(rows)))
        splices = tuple(Splice(run.start, tuple(map(document.line, run)), ()) for run in reversed(runs))
        self._do(
            Change(title, splices),
            plural(len(rows), self.tr("Example deleted."), self.tr("{number} examples deleted.")),
        )

    def duplicate(self, rows: Collection[int]) -> bool:
        """Put copies of the rows after the last of them. Whether it could be done."""
        document = self._ready()
        if document is None or not rows:
            return False
        lines = tuple(document.line(row) for row in sorted(rows))
        title = plural(len(rows), self.tr("Duplicate example"), self.tr("Duplicate {number} examples"))
        return self._do(
            Change(title, (Splice(max(rows) + 1, (), lines),)),
            plural(len(rows), self.tr("Example duplicated."), self.tr("{number} examples duplicated.")),
        )

    def move(self, rows: Collection[int], before: int, *, quiet: bool = False) -> range | None:
        """Bring the rows together in their order, in front of the row that is ``before`` now. Where they are then."""
        document = self._ready()
        if document is None or not rows:
            return None
        ordered = sorted(rows)
        first = before - sum(row < before for row in ordered)
        moved = range(first, first + len(ordered))
        if ordered == list(moved):
            return moved
        lines = tuple(document.line(row) for row in ordered)
        splices = [Splice(run.start, tuple(map(document.line, run)), ()) for run in reversed(list(_runs(ordered)))]
        title = plural(len(rows), self.tr("Move example"), self.tr("Move {number} examples"))
        words = plural(len(rows), self.tr("Example moved."), self.tr("{number} examples moved."))
        done = self._do(Change(title, (*splices, Splice(first, (), lines))), "" if quiet else words)
        return moved if done else None

    def tag(self, rows: Collection[int], tag: str, *, present: bool) -> None:
        """Add or remove a tag."""
        document = self._ready()
        if document is None or not tag:
            return
        changes = document.labels.tagging([document.shown_line(row) for row in rows], tag, present=present)
        title = (self.tr("Add tag “{tag}”") if present else self.tr("Remove tag “{tag}”")).format(tag=tag)
        words = plural(
            len(changes), self.tr("Tag of 1 example changed."), self.tr("Tags of {number} examples changed.")
        )
        if changes and self._dataset.attempt(lambda document: document.label(changes, title)):
            self._say(words)

    def _ready(self) -> Document | None:
        """The document after what is typed has been committed, and with nothing else under way."""
        self._dataset.leaving.emit()
        self._stop()
        return self._dataset.document

    def _rewriting(
        self, document: Document, rows: Sequence[int], edit: RowEdit, title: str, said: Callable[[int], str]
    ) -> Iterator[float]:
        edited: dict[int, tuple[bytes, bytes]] = {}
        refused = 0
        for done, row in enumerate(rows):
            line = document.shown_line(row)
            try:
                after = edit(row, line)
            except FtdeskError:
                refused += 1
            else:
                if after != line:
                    edited[row] = (line, after)
            yield done / len(rows)
        self._stop()
        words = said(len(edited))
        if refused:
            words += " " + plural(
                refused,
                self.tr("1 example could not be edited so and is as it was."),
                self.tr("{number} examples could not be edited so and are as they were."),
            )
        if edited:
            self._do(Change(title, tuple(_rewritten(edited))), words)
        else:
            self._desk.notices.show_notice(words)

    def _slice(self) -> None:
        end = time.monotonic() + _SLICE_SECONDS
        share = 0.0
        try:
            while self._timer.isActive() and time.monotonic() < end:
                share = next(self._steps, 1.0)
        except BaseException:
            self._stop()
            raise
        if self._work is not None:
            self._work.report(self._work.title, share)

    def _do(self, change: Change, words: str) -> bool:
        done = self._dataset.attempt(lambda document: document.arrange(change))
        if done:
            self._say(words)
        return done

    def _say(self, words: str) -> None:
        if words:
            self._dataset.offer_undo(words)

    def _cancel(self) -> None:
        self._stop()
        self._desk.notices.show_notice(self.tr("Stopped. Nothing was changed."))

    def _interrupt(self) -> None:
        if self._timer.isActive():
            self._stop()
            self._desk.notices.show_notice(self.tr("The dataset was changed meanwhile, so nothing else was done."))

    def _stop(self) -> None:
        self._timer.stop()
        if self._work is not None:
            self._work.end()
            self._work = None


def _runs(rows: Sequence[int]) -> Iterator[range]:
    """Rows in rising order as ranges."""
    start = end = -1
    for row in rows:
        if row != end:
            if end > start:
                yield range(start, end)
            start = row
        end = row + 1
    if end > start:
        yield range(start, end)


def _rewritten(edited: Mapping[int, tuple[bytes, bytes]]) -> Iterator[Splice]:
    for run in _runs(sorted(edited)):
        yield Splice(run.start, tuple(edited[row][0] for row in run), tuple(edited[row][1] for row in run))

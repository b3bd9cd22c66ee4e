"""The dataset that the window shows: the document's observer as Qt signals, and the row that is looked at."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from ftdesk.dataset.changes import Change
from ftdesk.dataset.document import Document
from ftdesk.errors import FtdeskError
from ftdesk.ui.notices import Notices


class OpenDataset(QObject):
    """At most one document is open. Every place reads it here and changes it through ``attempt``."""

    replaced = Signal()
    """Another document stands here, or none."""
    splicing = Signal(int, int, int)
    """Row, removed, inserted: the document still is as it was."""
    spliced = Signal(int, int, int)
    rows_reset = Signal()
    """A change had so many splices that following each would take long: all rows may be others."""
    state_changed = Signal()
    """Modified, saved, undo or redo became different."""
    row_chosen = Signal(int)
    """The row that is looked at; -1 for none."""
    leaving = Signal()
    """Something is about to read the document or to go elsewhere: editors commit what is typed."""

    def __init__(self, notices: Notices) -> None:
        super().__init__(notices)
        self._notices = notices
        self._document: Document | None = None
        self._observer = _Signals(self)
        self._row = -1
        self._touched = -1
        self._row_moved = False
        self._offer: tuple[Change, str] | None = None

    @property
    def document(self) -> Document | None:
        return self._document

    @property
    def row(self) -> int:
        return self._row

    @property
    def title(self) -> str:
        """The file's name, or what an unnamed dataset is called."""
        if self._document is None:
            return ""
        return self._document.path.name if self._document.path else self.tr("Untitled dataset")

    def show_document(self, document: Document | None) -> None:
        """Close the document that is open and show ``document``. Unsaved edits of the old one stay in its journal."""
        if self._document is not None:
            self.leaving.emit()
            self._document.unobserve(self._observer)
            self._document.close()
        self._offer = None
        self._notices.close_passing()
        self._document = document
        if document is not None:
            document.observe(self._observer)
        self._row = -1
        self.replaced.emit()
        self.choose(0)
        self.state_changed.emit()

    def choose(self, row: int) -> None:
        """Look at ``row``, or at the nearest there is."""
        row = max(-1, min(row, len(self._document) - 1)) if self._document is not None else -1
        if row != self._row:
            self.leaving.emit()
            self._row = row
            self.row_chosen.emit(row)

    def attempt(self, change: Callable[[Document], None]) -> bool:
        """Let ``change`` edit the document; a refusal becomes a notice. Whether it worked."""
        if self._document is None:
            return False
        try:
            change(self._document)
        except FtdeskError as error:
            self._notices.show_error(error)
            return False
        return True

    def offer_undo(self, text: str, undo: Callable[[], object] | None = None) -> None:
        """Say ``text`` of the edit that was just made, and offer to take it back for as long as it is the last.

        ``undo`` does so in the place of this object's own.
        """
        change = self._document.undoable if self._document is not None else None
        if change is None:
            return

        def take_back() -> None:
            self.leaving.emit()
            if self._document is not None and self._document.undoable is change:
                (undo or self.undo)()
            else:
                self._notices.show_notice(
                    self.tr("Something was edited after that. Undo from the menu, one edit after another.")
                )

        self._offer = change, text
        self._notices.show_notice(text, self.tr("Undo"), take_back)

    def undo(self) -> None:
        self._step(lambda document: document.undo())

    def redo(self) -> None:
        self._step(lambda document: document.redo())

    def _step(self, take: Callable[[Document], None]) -> None:
        """Undo or redo, and look at what that changed."""
        self.leaving.emit()
        self._touched = -1
        self.attempt(take)
        if self._touched >= 0:
            self.choose(self._touched)

    def follow_splice(self, row: int, removed: int, inserted: int) -> None:
        """Keep looking at the same example when rows above it come or go, and at a changed one where it changed."""
        size = len(self._document) if self._document is not None else 0
        chosen = self._row
        self._touched = row
        if removed == inserted:
            return
        if inserted and not removed:
            chosen = row + inserted - 1
        elif row < chosen:
            chosen = max(row, chosen - removed)
        self._row = min(chosen, size - 1)
        self._row_moved = True

    def finish_change(self, *, reset: bool) -> None:
        """All splices of a change are done. With ``reset``, some were not announced."""
        self._withdraw_offer()
        if reset:
            self.rows_reset.emit()
        if reset or self._row_moved:
            self._row_moved = False
            self.row_chosen.emit(self._row)
        self.state_changed.emit()

    def _withdraw_offer(self) -> None:
        """Undo would take back something else than what the notice tells of."""
        if self._offer is not None and self._document is not None and self._document.undoable is not self._offer[0]:
            (_, text), self._offer = self._offer, None
            self._notices.close_notice(text)


_FOLLOWED = 64
"""Splices of one change that are announced one by one. A bulk edit has thousands."""


class _Signals:
    """Observer of the document on behalf of ``OpenDataset``."""

    def __init__(self, dataset: OpenDataset) -> None:
        self._dataset = dataset
        self._splices = 0

    def splicing(self, row: int, removed: int, inserted: int) -> None:
        self._splices += 1
        if self._splices <= _FOLLOWED:
            self._dataset.splicing.emit(row, removed, inserted)

    def spliced(self, row: int, removed: int, inserted: int) -> None:
        if self._splices <= _FOLLOWED:
            self._dataset.spliced.emit(row, removed, inserted)
        self._dataset.follow_splice(row, removed, inserted)

    def state_changed(self) -> None:
        reset, self._splices = self._splices > _FOLLOWED, 0
        self._dataset.finish_change(reset=reset)

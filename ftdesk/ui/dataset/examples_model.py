"""The rows of the open dataset for the list: all of them, or those that a search has found so far."""

from __future__ import annotations

import time
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal

from ftdesk.dataset.record import Kind
from ftdesk.overrides import override
from ftdesk.ui.checking import Checking
from ftdesk.ui.dataset.search import Query, parse_query
from ftdesk.ui.open_dataset import OpenDataset
from ftdesk.ui.text import one_line
from ftdesk.ui.widgets import count

Index = QModelIndex | QPersistentModelIndex

ROW_ROLE = Qt.ItemDataRole.UserRole
EXAMPLE_ROLE = Qt.ItemDataRole.UserRole + 1

_PREVIEW = 160
_LONGEST_PARSED = 1 << 20
_SLICE_SECONDS = 0.004
_SHOW_SECONDS = 0.06
_EVERYTHING = Query(())


@dataclass(frozen=True, slots=True)
class ExampleSummary:
    """What the list shows of a row."""

    row: int
    preview: str
    kind: Kind
    messages: int
    tokens: int | None
    severity: str
    tags: tuple[str, ...] = ()


class ExamplesModel(QAbstractTableModel):
    """A projection of the document. A search runs in slices of a few milliseconds and adds rows as it finds them."""

    search_changed = Signal()
    """The search went on or ended: ``found``, ``searching`` and ``problem`` are different."""

    def __init__(self, dataset: OpenDataset, checking: Checking, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._dataset = dataset
        self._checking = checking
        self._query = _EVERYTHING
        self._found: array[int] | None = None
        self._next = 0
        self._hits: list[int] = []
        """Found, and not shown yet."""
        self._shown_at = 0.0
        self._resetting = False
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._search_slice)
        dataset.replaced.connect(self._start_over)
        dataset.rows_reset.connect(self._start_over)
        dataset.splicing.connect(self._splicing)
        dataset.spliced.connect(self._spliced)
        dataset.state_changed.connect(self._rows_checked)
        checking.rows_checked.connect(self._rows_checked)

    @property
    def problem(self) -> str:
        """Why the search cannot be done; empty when it can."""
        return self._query.problem

    @property
    def searching(self) -> bool:
        return self._timer.isActive()

    @property
    def filtered(self) -> bool:
        return self._found is not None

    def search(self, text: str) -> None:
        """Show the rows that ``text`` means (see ``parse_query``)."""
        self._query = parse_query(text)
        self._start_over()

    def row_at(self, position: int) -> int:
        """The document's row at a position of the list."""
        return position if self._found is None else self._found[position]

    def shown_rows(self) -> Sequence[int]:
        """The rows of the document that the list shows at present, in order."""
        return range(self._size()) if self._found is None else array("q", self._found)

    def position_of(self, row: int) -> int:
        """Where a row of the document stands in the list; -1 if the search does not show it."""
        if self._found is None:
            return row if 0 <= row < self._size() else -1
        low, high = 0, len(self._found)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self._found[middle] < row else (low, middle)
        return low if low < len(self._found) and self._found[low] == row else -1

    @override
    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        if parent.isValid():
            return 0
        return self._size() if self._found is None else len(self._found)

    @override
    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else 1

    @override
    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsDragEnabled if index.isValid() else flags

    @override
    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        row = self.row_at(index.row())
        if role == ROW_ROLE:
            return row
        if role in (EXAMPLE_ROLE, Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            summary = self.summary(row)
            return (
                summary
                if role == EXAMPLE_ROLE
                else self.tr("{number}: {text}").format(number=row + 1, text=self._spoken(summary))
            )
        return None

    def summary(self, row: int) -> ExampleSummary:
        document = self._dataset.document
        if document is None:
            return ExampleSummary(row, "", "blank", 0, None, "")
        line = document.shown_line(row)
        tokens, severity = self._checking.tokens(row), self._checking.severity(row)
        if len(line) > _LONGEST_PARSED:
            # Parsing megabytes to paint one line would be felt; the beginning tells enough.
            preview = one_line(line[:_PREVIEW].decode("utf-8", "replace"), _PREVIEW)
            return ExampleSummary(row, preview, "supervised", 0, tokens, severity)
        record = document.record(row)
        if record.kind in ("broken", "blank"):
            preview = one_line(line[: _PREVIEW * 4].decode("utf-8", "replace"), _PREVIEW)
            if record.kind == "broken" and not line:
                preview = self.tr("overwritten by another program")
            return ExampleSummary(row, preview, record.kind, 0, None, "error" if record.kind == "broken" else severity)
        tags = tuple(sorted(document.labels.of(line).tags, key=str.casefold))
        preview = one_line(record.preview, _PREVIEW)
        return ExampleSummary(row, preview, record.kind, len(record.messages), tokens, severity, tags)

    def _spoken(self, summary: ExampleSummary) -> str:
        parts = [summary.preview or self.tr("no text yet")]
        if summary.kind != "supervised":
            parts.append(summary.kind)
        if summary.tokens is not None:
            parts.append(self.tr("{count} tokens").format(count=count(summary.tokens)))
        if summary.severity:
            parts.append(summary.severity)
        parts += summary.tags
        return ", ".join(parts)

    def _size(self) -> int:
        document = self._dataset.document
        return 0 if document is None else len(document)

    def _start_over(self) -> None:
        self.beginResetModel()
        self._found = array("q") if self._query.terms or self._query.problem else None
        self._next = 0
        self._hits.clear()
        self.endResetModel()
        if self._query.terms and self._size():
            self._timer.start()
        else:
            self._timer.stop()
        self.search_changed.emit()

    def _search_slice(self) -> None:
        document = self._dataset.document
        if document is None or self._found is None or self._next >= len(document):
            self._timer.stop()
            self._show_hits()
            self.search_changed.emit()
            return
        end = time.monotonic() + _SLICE_SECONDS
        while self._next < len(document) and time.monotonic() < end:
            lines = document.shown_lines(self._next)
            if not self._query.can_be_in(b"\n".join(lines)):
                self._next += len(lines)
                continue
            for line in lines:
                if self._query.meets(document, self._next, self._checking, line):
                    self._hits.append(self._next)
                self._next += 1
                if time.monotonic() > end:
                    break
        # Every insert paints the list: the first hits at once, the others some times a second.
        if not self._found or end - self._shown_at > _SHOW_SECONDS:
            self._show_hits()
            self.search_changed.emit()

    def _show_hits(self) -> None:
        hits, self._hits = self._hits, []
        self._shown_at = time.monotonic()
        if hits and self._found is not None:
            first = len(self._found)
            self.beginInsertRows(QModelIndex(), first, first + len(hits) - 1)
            self._found.extend(hits)
            self.endInsertRows()

    def _splicing(self, row: int, removed: int, inserted: int) -> None:
        if removed == inserted:
            return
        self._show_hits()
        if self._found is not None or (removed and inserted):
            self._resetting = True
            self.beginResetModel()
        elif removed:
            self.beginRemoveRows(QModelIndex(), row, row + removed - 1)
        else:
            self.beginInsertRows(QModelIndex(), row, row + inserted - 1)

    def _spliced(self, row: int, removed: int, inserted: int) -> None:
        if removed == inserted:
            # An edited example stays in the list although it may no longer be what was searched for.
            self._announce(range(row, row + inserted))
            return
        if self._found is not None:
            searched = row <= self._next
            self._found = _shifted(self._found, row, removed, inserted if searched else 0, inserted)
            if searched:
                self._next = max(row + inserted, self._next + inserted - removed)
        if self._resetting:
            self._resetting = False
            self.endResetModel()
        elif removed:
            self.endRemoveRows()
        else:
            self.endInsertRows()

    def _rows_checked(self) -> None:
        self._announce(range(self._size()))

    def _announce(self, rows: range) -> None:
        if self._found is None:
            first, last = rows.start, min(rows.stop, self._size()) - 1
        else:
            first, last = 0, len(self._found) - 1
        if first <= last:
            self.dataChanged.emit(self.index(first, 0), self.index(last, 0))


def _shifted(found: Sequence[int], row: int, removed: int, shown: int, inserted: int) -> array[int]:
    """Found rows after a splice. ``shown`` of the new rows are in, so that nothing vanishes while it is written."""
    before = [other for other in found if other < row]
    after = [other + inserted - removed for other in found if other >= row + removed]
    return array("q", [*before, *range(row, row + shown), *after])

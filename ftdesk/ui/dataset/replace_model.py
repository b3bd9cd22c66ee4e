"""Every change that find and replace would make, counted in slices, each with its tick."""

from __future__ import annotations

import time
from array import array
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, QTimer, Signal

from ftdesk.dataset.fields import Part, message_number, text_fields
from ftdesk.dataset.record import read_record
from ftdesk.dataset.spans import Path
from ftdesk.overrides import override
from ftdesk.ui.change_delegate import PREVIEW_ROLE, Piece, Preview
from ftdesk.ui.dataset.pattern import GaveUpError, Pattern
from ftdesk.ui.open_dataset import OpenDataset
from ftdesk.ui.text import one_line, plural, visible

Index = QModelIndex | QPersistentModelIndex

_SLICE_SECONDS = 0.008
_TELL_SECONDS = 0.06
"""While it counts, the list and the note are brought up to date so often: each time costs a layout."""

_PAUSE_MATCHES = 500
_BEFORE = 30
_SHOWN = 240


class ReplaceModel(QAbstractTableModel):
    """A row is a field with at least one change. Texts are read again when they are painted: only places are kept."""

    counted = Signal()
    """The count went on or ended, or ticks changed."""

    def __init__(self, dataset: OpenDataset, parent: QObject) -> None:
        super().__init__(parent)
        self._dataset = dataset
        self._pattern = Pattern("", "")
        self._scan: Iterator[None] = iter(())
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._slice)
        self._rows, self._places = array("q"), array("q")
        self._paths: list[Path] = []
        self._known_paths: dict[Path, Path] = {}
        self._ticks = bytearray()
        self._new: list[tuple[int, Path, int]] = []
        self._told_at = 0.0
        self.replacements = 0
        """Places in the ticked fields."""
        self.examples = 0
        """Examples with a ticked field."""
        self.gave_up = 0
        """Texts on which the pattern took too long."""
        self._preview = lru_cache(maxsize=256)(self._make_preview)

    @property
    def counting(self) -> bool:
        return self._timer.isActive()

    def start(self, pattern: Pattern, parts: frozenset[Part], rows: Sequence[int]) -> None:
        """Count anew, in these rows and parts of them."""
        self.beginResetModel()
        self._pattern = pattern
        self._rows, self._places, self._paths, self._ticks = array("q"), array("q"), [], bytearray()
        self._new = []
        self.replacements = self.examples = self.gave_up = 0
        self._preview.cache_clear()
        self._scan = self._look(parts, rows)
        self.endResetModel()
        self._timer.start()
        self.counted.emit()

    def stop(self) -> None:
        self._timer.stop()

    def tick(self, positions: Sequence[int], *, ticked: bool) -> None:
        for position in positions:
            if self._ticks[position] != ticked:
                self._ticks[position] = ticked
                self.replacements += self._places[position] * (1 if ticked else -1)
                if not self._has_other_tick(position):
                    self.examples += 1 if ticked else -1
        if positions:
            self.dataChanged.emit(self.index(min(positions), 0), self.index(max(positions), 0))
            self.counted.emit()

    def tick_all(self, *, ticked: bool) -> None:
        self._ticks[:] = bytes([ticked]) * len(self._ticks)
        self.replacements = sum(self._places) if ticked else 0
        self.examples = len(set(self._rows)) if ticked else 0
        if self._ticks:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._ticks) - 1, 0))
        self.counted.emit()

    def is_ticked(self, position: int) -> bool:
        return bool(self._ticks[position])

    def ticked_positions(self) -> list[int]:
        return [position for position, tick in enumerate(self._ticks) if tick]

    def chosen(self) -> Mapping[int, Sequence[Path]]:
        """The ticked fields by row."""
        chosen: dict[int, list[Path]] = {}
        for row, path, tick in zip(self._rows, self._paths, self._ticks, strict=True):
            if tick:
                chosen.setdefault(row, []).append(path)
        return chosen

    @override
    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self._ticks)

    @override
    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else 1

    @override
    def flags(self, index: Index) -> Qt.ItemFlag:
        flags = super().flags(index)
        return flags | Qt.ItemFlag.ItemIsUserCheckable if index.isValid() else flags

    @override
    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        position = index.row()
        if role == Qt.ItemDataRole.CheckStateRole:
            return Qt.CheckState.Checked if self._ticks[position] else Qt.CheckState.Unchecked
        if role == PREVIEW_ROLE:
            return self._preview(position)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            preview = self._preview(position)
            before, after = ("".join(piece.text for piece in side) for side in (preview.before, preview.after))
            text = self.tr("{where}: {before} becomes {after}").format(where=preview.where, before=before, after=after)
            return text if self._ticks[position] else self.tr("Left out. {text}").format(text=text)
        return None

    def _slice(self) -> None:
        end = time.monotonic() + _SLICE_SECONDS
        done = False
        while not done and time.monotonic() < end:
            done = next(self._scan, "done") is not None
        if done:
            self._timer.stop()
        if done or time.monotonic() - self._told_at > _TELL_SECONDS:
            self._tell()

    def _tell(self) -> None:
        """Add what was found since the last time."""
        if self._new:
            first = len(self._ticks)
            self.beginInsertRows(QModelIndex(), first, first + len(self._new) - 1)
            for row, path, places in self._new:
                self.replacements += places
                self.examples += not self._rows or self._rows[-1] != row
                self._rows.append(row)
                self._places.append(places)
                self._paths.append(self._known_paths.setdefault(path, path))
                self._ticks.append(1)
            self._new = []
            self.endInsertRows()
        self._told_at = time.monotonic()
        self.counted.emit()

    def _look(self, parts: frozenset[Part], rows: Sequence[int]) -> Iterator[None]:
        """Collect fields with changes, with pauses in which the slice may end."""
        document = self._dataset.document
        for row in rows if document is not None else ():
            line = document.shown_line(row) if document is not None else b""
            if self._pattern.may_be_in(line):
                for field in text_fields(read_record(line).value):
                    if field.part in parts:
                        yield from self._count(row, field.path, field.text)
            yield

    def _count(self, row: int, path: Path, text: str) -> Iterator[None]:
        places = 0
        try:
            for _ in self._pattern.changes(text):
                places += 1
                if places % _PAUSE_MATCHES == 0:
                    yield
        except GaveUpError:
            self.gave_up += 1
            return
        if places:
            self._new.append((row, path, places))

    def _has_other_tick(self, position: int) -> bool:
        """Whether the example at ``position`` has another field that is ticked. Its fields stand in a row."""
        row = self._rows[position]
        first = last = position
        while first > 0 and self._rows[first - 1] == row:
            first -= 1
        while last + 1 < len(self._rows) and self._rows[last + 1] == row:
            last += 1
        return sum(self._ticks[first : last + 1]) - self._ticks[position] > 0

    def _make_preview(self, position: int) -> Preview:
        row, path = self._rows[position], self._paths[position]
        document = self._dataset.document
        value: Any = read_record(document.shown_line(row)).value if document is not None else {}
        for step in path:
            value = value[step]
        before, after = _sides(str(value), self._pattern)
        return Preview(self._where(row, path, self._places[position]), before, after)

    def _where(self, row: int, path: Path, places: int) -> str:
        number = message_number(path)
        if number is None:
            inside = ".".join(map(str, path))
        else:
            inside = self.tr("message {number}").format(number=number)
            if path[0] in ("preferred_output", "non_preferred_output"):
                inside = self.tr("preferred answer") if path[0] == "preferred_output" else self.tr("other answer")
            if "tool_calls" in path:
                inside += ", " + (self.tr("arguments") if path[-1] == "arguments" else self.tr("tool name"))
        where = self.tr("Example {row}, {inside}").format(row=row + 1, inside=one_line(inside, 80))
        return where if places == 1 else f"{where} · {plural(places, '', self.tr('{number} places'))}"


def _sides(text: str, pattern: Pattern) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """The text before and after, from a little before its first change on."""
    before, after = [], []
    at, limit = -1, 0
    for found in pattern.changes(text):
        if at < 0:
            start = max(0, found.start - _BEFORE)
            limit = start + _SHOWN
            at = start
            if start:
                before.append(Piece("…", False))
                after.append(Piece("…", False))
        if found.start > limit:
            break
        same = Piece(_shown(text[at : found.start]), False)
        before += [same, Piece(_shown(text[found.start : min(found.end, limit + _SHOWN)]), True)]
        after += [same, Piece(_shown(found.replacement[:_SHOWN]), True)]
        at = found.end
    rest = Piece(_shown(text[at : max(at, limit)]), False)
    return (*before, rest), (*after, rest)


def _shown(text: str) -> str:
    return visible(text.replace("\n", "↵").replace("\t", "⇥"))

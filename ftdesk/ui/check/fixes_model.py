"""Proposed fixes, one for each line, each with its tick."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from ftdesk.overrides import override
from ftdesk.playground.diff import word_diff
from ftdesk.ui.change_delegate import PREVIEW_ROLE, Piece, Preview
from ftdesk.ui.text import visible
from ftdesk.validation.fixing import LineFix

Index = QModelIndex | QPersistentModelIndex

_AROUND = 24
_SHOWN = 400


class FixesModel(QAbstractTableModel):
    """Grows while fixes are worked out."""

    counted = Signal()
    """There are more, or ticks have changed."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._fixes: list[LineFix] = []
        self._ticks = bytearray()
        self.lines = 0
        """How many are ticked."""
        self.findings = 0
        """How many findings those fix."""
        self._preview = lru_cache(maxsize=256)(self._make_preview)

    def clear(self) -> None:
        self.beginResetModel()
        self._fixes, self._ticks = [], bytearray()
        self.lines = self.findings = 0
        self._preview.cache_clear()
        self.endResetModel()
        self.counted.emit()

    def add(self, fixes: Sequence[LineFix]) -> None:
        if fixes:
            first = len(self._fixes)
            self.beginInsertRows(QModelIndex(), first, first + len(fixes) - 1)
            self._fixes += fixes
            self._ticks += bytes([1]) * len(fixes)
            self.lines += len(fixes)
            self.findings += sum(len(fix.fixed) for fix in fixes)
            self.endInsertRows()
        self.counted.emit()

    def chosen(self) -> list[LineFix]:
        """Those that are ticked."""
        return [fix for fix, tick in zip(self._fixes, self._ticks, strict=True) if tick]

    def is_ticked(self, position: int) -> bool:
        return bool(self._ticks[position])

    def tick(self, positions: Sequence[int], *, ticked: bool) -> None:
        for position in positions:
            change = ticked - self._ticks[position]
            self.lines += change
            self.findings += change * len(self._fixes[position].fixed)
            self._ticks[position] = ticked
        if positions:
            self.dataChanged.emit(self.index(min(positions), 0), self.index(max(positions), 0))
            self.counted.emit()

    def tick_all(self, *, ticked: bool) -> None:
        self.tick(range(len(self._ticks)), ticked=ticked)

    @override
    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self._fixes)

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

    def _make_preview(self, position: int) -> Preview:
        fix = self._fixes[position]
        done = ", ".join(repair.title for repair in fix.repairs)
        where = self.tr("Line {number} · {done}").format(number=f"{fix.row + 1:,}", done=done)
        before = fix.before.decode("utf-8", "replace")
        if fix.after is None:
            text = before.strip() or self.tr("(blank)")
            gone = Piece(self.tr("(the line goes)"), False)
            return Preview(where, (Piece(_shown(text[:_SHOWN]), True),), (gone,))
        return Preview(where, *changed_sides(before, fix.after.decode("utf-8", "replace")))


def changed_sides(before: str, after: str) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Both texts from a little before the first difference to a little after the last, word by word."""
    start = _same_start(before, after)
    same_end = min(min(len(before), len(after)) - start, _same_start(before[::-1], after[::-1]))
    begin = max(0, start - _AROUND)
    parts = [text[begin : min(len(text) - same_end + _AROUND, begin + _SHOWN)] for text in (before, after)]
    sides: tuple[list[Piece], list[Piece]] = ([], [])
    for side in sides if begin else ():
        side.append(Piece("…", False))
    for span in word_diff(*parts):
        piece = Piece(_shown(span.text), span.kind != "same")
        if span.kind != "only_b":
            sides[0].append(piece)
        if span.kind != "only_a":
            sides[1].append(piece)
    return tuple(sides[0]), tuple(sides[1])


def _same_start(a: str, b: str) -> int:
    """How many characters at the beginning are equal. Halves, since whole slices are compared at once."""
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if a[low:middle] == b[low:middle] else (low, middle - 1)
    return low


def _shown(text: str) -> str:
    return visible(text.replace("\n", "↵").replace("\r", "␍").replace("\t", "⇥"))

"""All findings of the dataset, grouped by rule, as rows of one long list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from ftdesk.overrides import override
from ftdesk.ui.text import one_line, plural
from ftdesk.validation.findings import Finding

Index = QModelIndex | QPersistentModelIndex
ENTRY_ROLE = Qt.ItemDataRole.UserRole

_RANK = {"error": 0, "warning": 1, "hint": 2}
_OPEN_UP_TO = 100
"""With so many findings in all, every group is open at first."""


@dataclass(slots=True)
class Group:
    """The findings of one rule. ``title`` and ``why`` are the rule's own words. ``fixable`` counts those with a fix."""

    rule: str
    severity: str
    title: str
    why: str
    findings: list[tuple[int, Finding]] = field(default_factory=list)
    fixable: int = 0
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class FindingEntry:
    """A finding and the row of the document that has it; -1 for the dataset as a whole."""

    row: int
    finding: Finding


Entry = Group | FindingEntry


class FindingsModel(QAbstractTableModel):
    """Groups, the gravest first, each followed by its findings while it is open."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._groups: list[Group] = []
        self._starts: list[int] = []
        self._size = 0
        self._toggled: dict[str, bool] = {}

    @property
    def groups(self) -> list[Group]:
        return self._groups

    def show_findings(self, findings: Iterable[tuple[int, Finding]]) -> None:
        groups: dict[str, Group] = {}
        total = 0
        for row, finding in findings:
            total += 1
            group = groups.get(finding.rule)
            if group is None:
                title, why = _words_of(finding.rule)
                group = groups[finding.rule] = Group(finding.rule, finding.severity, title, why)
            elif _RANK[finding.severity] < _RANK[group.severity]:
                group.severity = finding.severity
            group.findings.append((row, finding))
            group.fixable += row >= 0 and finding.fix is not None
        for group in groups.values():
            group.is_open = self._toggled.get(group.rule, total <= _OPEN_UP_TO)
        self.beginResetModel()
        self._groups = sorted(groups.values(), key=lambda group: (_RANK[group.severity], -len(group.findings)))
        self._lay_out()
        self.endResetModel()

    def entry(self, position: int) -> Entry:
        low, high = 0, len(self._starts)
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if self._starts[middle] <= position else (low, middle)
        group = self._groups[low]
        inside = position - self._starts[low]
        return group if inside == 0 else FindingEntry(*group.findings[inside - 1])

    def position_of(self, entry: Entry) -> int | None:
        """Where ``entry``, which may be from before the last update, stands now."""
        rule = entry.rule if isinstance(entry, Group) else entry.finding.rule
        for group, start in zip(self._groups, self._starts, strict=True):
            if group.rule != rule:
                continue
            if isinstance(entry, Group):
                return start
            if group.is_open:
                wanted = (entry.row, entry.finding.path)
                places = (at for at, (row, finding) in enumerate(group.findings) if (row, finding.path) == wanted)
                return next((start + 1 + at for at in places), None)
        return None

    def toggle(self, position: int) -> None:
        """Open or close the group at ``position``."""
        group = self.entry(position)
        if isinstance(group, Group):
            self._toggled[group.rule] = not group.is_open
            size = len(group.findings)
            if group.is_open:
                self.beginRemoveRows(QModelIndex(), position + 1, position + size)
                group.is_open = False
                self._lay_out()
                self.endRemoveRows()
            else:
                self.beginInsertRows(QModelIndex(), position + 1, position + size)
                group.is_open = True
                self._lay_out()
                self.endInsertRows()
            index = self.index(position, 0)
            self.dataChanged.emit(index, index)

    @override
    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else self._size

    @override
    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008
        return 0 if parent.isValid() else 1

    @override
    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not index.isValid():
            return None
        entry = self.entry(index.row())
        if role == ENTRY_ROLE:
            return entry
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            if isinstance(entry, Group):
                number = plural(len(entry.findings), self.tr("1 finding"), self.tr("{number} findings"))
                return f"{entry.severity}: {entry.title}, {number}"
            return f"{self.place(entry)}: {one_line(entry.finding.message)}"
        return None

    def place(self, entry: FindingEntry) -> str:
        """Where the finding is, for a person."""
        return self.tr("Line {number}").format(number=entry.row + 1) if entry.row >= 0 else self.tr("Whole file")

    def _lay_out(self) -> None:
        position = 0
        self._starts = []
        for group in self._groups:
            self._starts.append(position)
            position += 1 + (len(group.findings) if group.is_open else 0)
        self._size = position


def _words_of(code: str) -> tuple[str, str]:
    from ftdesk.validation.rules import RULES

    return next(((rule.title, rule.why) for rule in RULES if rule.code == code), (code, ""))

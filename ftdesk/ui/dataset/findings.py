"""The findings of one example, each with its fix where there is one."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence, QMouseEvent, QPainter, QResizeEvent
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from ftdesk.overrides import override
from ftdesk.ui.icons import icon
from ftdesk.ui.text import visible
from ftdesk.ui.tokens import UNIT, tokens
from ftdesk.validation.findings import Finding

ICONS = {"error": "circle-x", "warning": "triangle-alert", "hint": "info"}
_ACCESSIBLE = Qt.ItemDataRole.AccessibleTextRole
_FIXABLE = Qt.ItemDataRole.UserRole
_MOST_HEIGHT = 60 * UNIT
_ICON_ROOM = 8 * UNIT
_FIX_ROOM = 8 * UNIT


class ExampleFindings(QListWidget):
    """A short list: one example has few findings. Text of items is never markup.

    A click on the wand beside a finding, or Ctrl+. on it, asks for its fix.
    """

    fix_wanted = Signal(object)
    """A ``Finding``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspector_findings")
        self.setAccessibleName(self.tr("Findings of this example"))
        self.setWordWrap(True)
        self.setSpacing(0)
        self._findings: list[Finding] = []
        self.setItemDelegate(_FindingDelegate(self))
        self.setMouseTracking(True)
        fix = QAction(self.tr("Fix this finding"), self)
        fix.setShortcut(QKeySequence("Ctrl+."))
        fix.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        fix.triggered.connect(lambda *_: self._want_fix(self.currentRow()))
        self.addAction(fix)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)

    def show_findings(self, findings: Sequence[Finding]) -> None:
        if list(findings) == self._findings and self.count() == len(findings):
            return
        self._findings = list(findings)
        self.clear()
        table = tokens(self.palette())
        colours = {"error": table.error, "warning": table.warning, "hint": table.mute}
        for finding in findings:
            item = QListWidgetItem(
                icon(ICONS[finding.severity], colours[finding.severity], 16), visible(finding.message)
            )
            spoken = f"{finding.severity}: {visible(finding.message)}"
            if finding.fix:
                from ftdesk.validation.fixes import repair_of

                title = repair_of(finding.fix).title
                spoken += " " + self.tr("Ctrl+. fixes it: {title}.").format(title=title)
                item.setData(Qt.ItemDataRole.ToolTipRole, self.tr("{title} (Ctrl+.)").format(title=title))
            item.setData(_ACCESSIBLE, spoken)
            item.setData(_FIXABLE, bool(finding.fix))
            self.addItem(item)
        self._fit()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        index = self.indexAt(event.position().toPoint())
        if index.isValid() and event.position().x() >= self.viewport().width() - _FIX_ROOM:
            self._want_fix(index.row())

    def _want_fix(self, row: int) -> None:
        if 0 <= row < len(self._findings) and self._findings[row].fix:
            self.fix_wanted.emit(self._findings[row])

    def _fit(self) -> None:
        """Every item as high as its words need; the list as high as its items, up to a limit."""
        width = max(20 * UNIT, self.viewport().width() - _ICON_ROOM)
        total = 0
        for row in range(self.count()):
            item = self.item(row)
            room = QRect(0, 0, width - (_FIX_ROOM if item.data(_FIXABLE) else 0), 10_000)
            words = self.fontMetrics().boundingRect(room, Qt.TextFlag.TextWordWrap, item.text())
            height = max(20, words.height()) + 2 * UNIT
            item.setSizeHint(QSize(width, height))
            total += height
        self.setFixedHeight(min(_MOST_HEIGHT, total + 2))


class _FindingDelegate(QStyledItemDelegate):
    """The wand at the right of a finding that can be fixed."""

    @override
    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        area: QRect = QRect(option.rect)
        if not index.data(_FIXABLE):
            super().paint(painter, option, index)
            return
        narrow = QStyleOptionViewItem(option)
        narrow.rect = area.adjusted(0, 0, -_FIX_ROOM, 0)
        super().paint(painter, narrow, index)
        colour = tokens(option.palette).accent
        icon("wand-sparkles", colour, 16).paint(painter, area.right() - 6 * UNIT, area.center().y() - 8, 16, 16)

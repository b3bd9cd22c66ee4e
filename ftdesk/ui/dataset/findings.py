"""The findings of one example."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QWidget

from ftdesk.overrides import override
from ftdesk.ui.icons import icon
from ftdesk.ui.text import visible
from ftdesk.ui.tokens import UNIT, tokens
from ftdesk.validation.findings import Finding

ICONS = {"error": "circle-x", "warning": "triangle-alert", "hint": "info"}
_ACCESSIBLE = Qt.ItemDataRole.AccessibleTextRole
_MOST_HEIGHT = 60 * UNIT
_ICON_ROOM = 8 * UNIT


class ExampleFindings(QListWidget):
    """A short list: one example has few findings. Text of items is never markup."""

    finding_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspector_findings")
        self.setAccessibleName(self.tr("Findings of this example"))
        self.setWordWrap(True)
        self.setSpacing(0)
        self._findings: list[Finding] = []
        self.itemActivated.connect(lambda item: self.finding_chosen.emit(self._findings[self.row(item)]))

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
            item.setData(_ACCESSIBLE, f"{finding.severity}: {visible(finding.message)}")
            self.addItem(item)
        self._fit()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Every item as high as its words need; the list as high as its items, up to a limit."""
        room = QRect(0, 0, max(20 * UNIT, self.viewport().width() - _ICON_ROOM), 10_000)
        total = 0
        for row in range(self.count()):
            item = self.item(row)
            words = self.fontMetrics().boundingRect(room, Qt.TextFlag.TextWordWrap, item.text())
            height = max(20, words.height()) + 2 * UNIT
            item.setSizeHint(QSize(room.width(), height))
            total += height
        self.setFixedHeight(min(_MOST_HEIGHT, total + 2))

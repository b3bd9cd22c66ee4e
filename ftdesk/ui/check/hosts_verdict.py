"""What every known host would say to the dataset: taken, or refused for so many errors."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from PySide6.QtCore import QEvent, Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from ftdesk.overrides import override
from ftdesk.ui.desk import Desk
from ftdesk.ui.icons import pixmap
from ftdesk.ui.tasks import Tasks
from ftdesk.ui.text import ElidedLabel, Label, plural
from ftdesk.ui.tokens import UNIT, tokens
from ftdesk.ui.widgets import separator
from ftdesk.validation.findings import HostVerdict
from ftdesk.validation.requirements import all_requirements, usable_requirements


class HostsVerdict(QWidget):
    """One line for each host, from what the checking process has counted for all of them."""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("hosts_verdict")
        self._desk = desk
        self._tasks = Tasks(self, desk.notices.show_error)
        self._has_read_requirements = False
        self._verdicts: Mapping[str, HostVerdict] = {}
        self._note = Label("", "caption", wrap=True)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(2 * UNIT)
        self._grid.setVerticalSpacing(UNIT)
        self._grid.setColumnStretch(1, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * UNIT)
        column.addWidget(Label(self.tr("What hosts would say"), "heading"))
        column.addWidget(separator())
        column.addLayout(self._grid)
        column.addWidget(self._note)

    def activated(self) -> None:
        """Tell, once, of a file with requirements of the user's own that cannot be used."""
        if not self._has_read_requirements:
            self._has_read_requirements = True
            self._tasks.start("requirements", self._read_requirements())

    def update_verdicts(self) -> None:
        """Show what the last check has found."""
        summary = self._desk.checking.summary
        if summary is None:
            self._show({}, self.tr("Known when all examples are checked."))
        else:
            self._show(summary.hosts, "")

    async def aclose(self) -> None:
        await self._tasks.aclose()

    async def _read_requirements(self) -> None:
        await asyncio.to_thread(all_requirements)

    def _show(self, verdicts: Mapping[str, HostVerdict], note: str) -> None:
        self._note.setText(note)
        self._note.setVisible(bool(note))
        if verdicts != self._verdicts:
            self._verdicts = verdicts
            self._draw()

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._draw()

    def _draw(self) -> None:
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        titles = {host.host: host.title for host in usable_requirements()}
        verdicts = self._verdicts
        for row, (host, verdict) in enumerate(verdicts.items()):
            self._add(row, titles.get(host, host), verdict)
        self.setAccessibleName(
            "; ".join(f"{titles.get(host, host)}: {self._words(verdict)}" for host, verdict in verdicts.items())
        )

    def _add(self, row: int, title: str, verdict: HostVerdict) -> None:
        table = tokens(self.palette())
        name, colour = ("circle-x", table.error) if verdict.errors else ("circle-check", table.accent)
        picture = QLabel()
        picture.setPixmap(pixmap(name, colour, 16, self.devicePixelRatioF()))
        said = Label(self._words(verdict), "caption")
        said.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._grid.addWidget(picture, row, 0)
        self._grid.addWidget(ElidedLabel(title), row, 1)
        self._grid.addWidget(said, row, 2)

    def _words(self, verdict: HostVerdict) -> str:
        errors = plural(verdict.errors, self.tr("1 error"), self.tr("{number} errors"))
        warnings = plural(verdict.warnings, self.tr("1 warning"), self.tr("{number} warnings"))
        told = [words for number, words in ((verdict.errors, errors), (verdict.warnings, warnings)) if number]
        return ", ".join(told) or self.tr("fine")

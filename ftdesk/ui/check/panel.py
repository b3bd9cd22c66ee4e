"""The place Check: what is wrong with the dataset, how long it is, and what a model learns from it."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from ftdesk.overrides import override
from ftdesk.ui.check.figures import CheckFigures, CheckTiles
from ftdesk.ui.check.findings_delegate import ROW_HEIGHT, FindingsDelegate
from ftdesk.ui.check.findings_model import Entry, FindingsModel, Group
from ftdesk.ui.desk import Desk
from ftdesk.ui.long_list import LongList
from ftdesk.ui.panel import Panel
from ftdesk.ui.repairs import Repairs
from ftdesk.ui.text import Label, plural, visible
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Button, EmptyState, Surface
from ftdesk.validation.findings import Fix

_REFRESH_MS = 400
"""While a large file is checked, the list is made anew no more often than this."""


class CheckPanel(Panel):
    place: ClassVar[str] = "check"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._checking = desk.checking
        self._repairs = Repairs(desk, self)
        self.model = FindingsModel(self)
        delegate = FindingsDelegate()
        delegate.fix_wanted.connect(self._fix_entry)
        self.view = _FindingsView(self.tr("Findings"), delegate, ROW_HEIGHT)
        self.view.setObjectName("findings_view")
        self.view.setModel(self.model)
        self.view.entered_on.connect(self._open)
        self.view.doubleClicked.connect(self._jump)
        self.view.clicked.connect(self._toggle)
        self.view.selectionModel().currentChanged.connect(lambda current, _: self._explain(current))
        self._refresh = QTimer(self)
        self._refresh.setSingleShot(True)
        self._refresh.setInterval(_REFRESH_MS)
        self._refresh.timeout.connect(self._show_findings)
        self._pages = QStackedWidget()
        self._pages.addWidget(self._nothing())
        self._pages.addWidget(self._results())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._pages)
        self.command(self.tr("Check again"), desk.checking.restart, "F5")
        self.command(self.tr("Fix this finding"), self._fix_chosen, "Ctrl+.")
        self.command(self.tr("Fix all findings…"), self.open_fixes, "Ctrl+Shift+.")
        self.command(self.tr("What training costs…"), self.figures.open_costs)
        desk.dataset.replaced.connect(self._show_dataset)
        desk.checking.rows_checked.connect(self._rows_checked)
        desk.checking.summarised.connect(self._show_all)
        desk.host.changed.connect(lambda _: self.tiles.show_figures())
        self._show_dataset()

    @override
    def activated(self) -> None:
        self.figures.hosts.activated()
        self._show_all()

    @override
    async def aclose(self) -> None:
        await self._repairs.aclose()
        await self.figures.hosts.aclose()
        await super().aclose()

    @override
    def focus_first(self) -> None:
        self.view.setFocus()

    def _nothing(self) -> QWidget:
        nothing = EmptyState(
            "list-checks",
            self.tr("Nothing to check yet"),
            self.tr("Open a dataset, and everything that a host would refuse or ignore is listed here."),
        )
        nothing.offer(self.tr("Open…"), self.desk.files.choose_and_open, primary=True)
        nothing.offer(self.tr("Try the sample"), self.desk.files.try_sample)
        return nothing

    def _results(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(6 * UNIT, 5 * UNIT, 6 * UNIT, 4 * UNIT)
        column.setSpacing(4 * UNIT)
        self.tiles = CheckTiles(self.desk)
        self.figures = CheckFigures(self.desk)
        column.addWidget(self.tiles)
        body = QHBoxLayout()
        body.setSpacing(6 * UNIT)
        body.addWidget(self._findings(), 2)
        body.addWidget(self.figures, 1)
        column.addLayout(body, 1)
        return page

    def _findings(self) -> QWidget:
        self._clean = EmptyState("circle-check", self.tr("No findings"), "")
        self._why = Label("", "caption", wrap=True)
        self._why.setObjectName("rule_why")
        self._why.setContentsMargins(UNIT, 0, UNIT, 0)
        self._fix = Button(self.tr("Fix"), self._fix_chosen, icon_name="wand-sparkles")
        self._fix.setObjectName("fix_button")
        self._fix_all = Button(self.tr("Fix all…"), self.open_fixes, icon_name="wand-sparkles")
        self._fix_all.setObjectName("fix_all_button")
        foot = QHBoxLayout()
        foot.setContentsMargins(UNIT, UNIT, UNIT, UNIT)
        foot.setSpacing(2 * UNIT)
        foot.addWidget(self._why, 1)
        foot.addWidget(self._fix)
        foot.addWidget(self._fix_all)
        listing = Surface("tile", UNIT, UNIT)
        listing.column.addWidget(self.view, 1)
        listing.column.addLayout(foot)
        self._found = QStackedWidget()
        self._found.addWidget(self._clean)
        self._found.addWidget(listing)
        return self._found

    def _show_dataset(self) -> None:
        self._pages.setCurrentIndex(0 if self.desk.dataset.document is None else 1)
        self._show_all()

    def _rows_checked(self) -> None:
        if not self._refresh.isActive():
            self._refresh.start()

    def _show_all(self) -> None:
        self._refresh.stop()
        self._show_findings()
        self.figures.hosts.update_verdicts()
        self.figures.show_figures()

    def _show_findings(self) -> None:
        document, summary = self.desk.dataset.document, self._checking.summary
        self.tiles.show_figures()
        if not self.isVisible() and self.model.rowCount():
            return
        chosen = self.view.currentIndex().row()
        entry = self.model.entry(chosen) if 0 <= chosen < self.model.rowCount() else None
        self.model.show_findings(self._checking.all_findings())
        position = self.model.position_of(entry) if entry is not None else None
        # What is gone gives way to what stands there now.
        position = min(chosen, self.model.rowCount() - 1) if position is None else position
        if position >= 0:
            self.view.setCurrentIndex(self.model.index(position, 0))
        self._found.setCurrentIndex(1 if self.model.rowCount() else 0)
        self._fix_all.setEnabled(any(group.fixable for group in self.model.groups))
        self._explain(self.view.currentIndex())
        if summary is None:
            self._clean.say(self.tr("Checking…"), self.tr("Findings appear as they are made."))
        elif document is not None and not summary.examples:
            self._clean.say(self.tr("No examples yet"), self.tr("Write one in Dataset; it is checked while you type."))
        else:
            self._clean.say(self.tr("No findings"), self.tr("Nothing here would be refused, ignored or cut off."))

    def _explain(self, current: QModelIndex) -> None:
        """Say why the rule of the current row exists, and offer what can be done."""
        why, fix = "", ""
        if current.isValid():
            entry = self.model.entry(current.row())
            rule = entry.rule if isinstance(entry, Group) else entry.finding.rule
            why = next((group.why for group in self.model.groups if group.rule == rule), "")
            fix = self._offer(entry)
        self._why.setText(visible(why))
        self._fix.setVisible(bool(fix))
        if fix:
            self._fix.setText(fix)

    def _offer(self, entry: Entry) -> str:
        """What the button would do for a group or a finding; empty where nothing can be done."""
        if isinstance(entry, Group):
            return plural(entry.fixable, self.tr("Fix 1…"), self.tr("Fix {number}…")) if entry.fixable else ""
        return self.tr("Fix") if entry.finding.fix and entry.row >= 0 else ""

    def _fix_chosen(self) -> None:
        """Fix the chosen finding at once; show what would be done for all of a rule."""
        index = self.view.currentIndex()
        if index.isValid():
            self._fix_entry(self.model.entry(index.row()))

    def _fix_entry(self, entry: Entry) -> None:
        if isinstance(entry, Group):
            self.open_fixes(next((finding.fix for _, finding in entry.findings if finding.fix), None))
        elif entry.finding.fix and entry.row >= 0:
            self._repairs.fix(entry.row, entry.finding)

    def open_fixes(self, only: Fix | None = None) -> None:
        """Show what can be fixed, with everything safe ticked, or only one kind."""
        self.tasks.start("fixes", self._open_fixes(only))

    async def _open_fixes(self, only: Fix | None) -> None:
        from ftdesk.ui.check.fixes_dialog import FixesDialog

        if await self._repairs.settled():
            FixesDialog(self.desk, self._repairs, self.window(), only).open()

    def _open(self, index: QModelIndex) -> None:
        self._toggle(index)
        self._jump(index)

    def _toggle(self, index: QModelIndex) -> None:
        if isinstance(self.model.entry(index.row()), Group):
            self.model.toggle(index.row())

    def _jump(self, index: QModelIndex) -> None:
        entry = self.model.entry(index.row())
        if not isinstance(entry, Group) and entry.row >= 0:
            self.desk.requests.example_requested.emit(entry.row)


class _FindingsView(LongList):
    entered_on = Signal(QModelIndex)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.entered_on.emit(self.currentIndex())
        else:
            super().keyPressEvent(event)

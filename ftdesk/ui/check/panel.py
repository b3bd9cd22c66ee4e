"""The place Check: what is wrong with the dataset, how long it is, and what a model learns from it."""

from __future__ import annotations

from typing import ClassVar

from PySide6.QtCore import QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QStackedWidget, QVBoxLayout, QWidget

from ftdesk.errors import FtdeskError
from ftdesk.overrides import override
from ftdesk.ui.check.findings_delegate import ROW_HEIGHT, FindingsDelegate
from ftdesk.ui.check.findings_model import Entry, FindingsModel, Group
from ftdesk.ui.check.histogram import TokensHistogram
from ftdesk.ui.check.hosts_verdict import HostsVerdict
from ftdesk.ui.check_summary import Summary
from ftdesk.ui.desk import Desk
from ftdesk.ui.long_list import LongList
from ftdesk.ui.panel import Panel
from ftdesk.ui.prices import amount
from ftdesk.ui.repairs import Repairs
from ftdesk.ui.text import Label, plural, set_tooltip, visible
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Button, Column, EmptyState, Surface, Tile, count
from ftdesk.validation.cost import CostEstimate, Size, estimate
from ftdesk.validation.findings import Fix, Method
from ftdesk.validation.prices import prices_of

_REFRESH_MS = 400
"""While a large file is checked, the list is made anew no more often than this."""


class CheckPanel(Panel):
    place: ClassVar[str] = "check"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._checking = desk.checking
        self._repairs = Repairs(desk, self)
        self._is_live = False
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
        self.command(self.tr("What training costs…"), self.open_costs)
        desk.dataset.replaced.connect(self._show_dataset)
        desk.checking.rows_checked.connect(self._rows_checked)
        desk.checking.summarised.connect(self._show_all)
        desk.host.changed.connect(lambda _: self._show_tiles())
        self._show_dataset()

    @override
    def activated(self) -> None:
        self._is_live = True
        self._show_all()

    @override
    async def aclose(self) -> None:
        await self._repairs.aclose()
        await self.hosts.aclose()
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
        column.addLayout(self._tile_row())
        body = QHBoxLayout()
        body.setSpacing(6 * UNIT)
        body.addWidget(self._findings(), 2)
        body.addWidget(self._lengths(), 1)
        column.addLayout(body, 1)
        return page

    def _tile_row(self) -> QHBoxLayout:
        self._examples = Tile(self.tr("examples"))
        self._errors = Tile(self.tr("errors"))
        self._warnings = Tile(self.tr("warnings"))
        self._tokens = Tile(self.tr("tokens"))
        self._cost = Tile(self.tr("to train"))
        self._cost.figure.setObjectName("cost_label")
        row = QHBoxLayout()
        row.setSpacing(3 * UNIT)
        for tile, name in (
            (self._examples, "examples_tile"),
            (self._errors, "errors_tile"),
            (self._warnings, "warnings_tile"),
            (self._tokens, "tokens_tile"),
            (self._cost, "cost_tile"),
        ):
            tile.setObjectName(name)
            row.addWidget(tile, 1)
        return row

    def _findings(self) -> QWidget:
        self._clean = EmptyState("circle-check", self.tr("No findings"), "")
        self._why = Label("", "caption", wrap=True)
        self._why.setObjectName("rule_why")
        self._why.setContentsMargins(UNIT, 0, UNIT, 0)
        self._fix = Button("", self._fix_chosen, icon_name="wand-sparkles")
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

    def _lengths(self) -> QWidget:
        side = Column(self.tr("Figures"))
        side.page.layout().setContentsMargins(0, 0, 0, 0)  # type: ignore[union-attr]
        column = side.column
        column.setSpacing(2 * UNIT)
        self.histogram = TokensHistogram()
        self._lengths_text = Label("", "caption", wrap=True)
        self._share = QProgressBar()
        self._share.setTextVisible(False)
        self._share.setRange(0, 1000)
        self._trained_text = Label("", "caption", wrap=True)
        self._trained_text.setObjectName("trained_label")
        column.addWidget(Label(self.tr("Tokens per example"), "heading"))
        column.addWidget(self.histogram)
        column.addWidget(self._lengths_text)
        column.addSpacing(4 * UNIT)
        column.addWidget(Label(self.tr("What is trained"), "heading"))
        column.addWidget(self._share)
        column.addWidget(self._trained_text)
        column.addSpacing(4 * UNIT)
        self.hosts = HostsVerdict(self.desk)
        column.addWidget(self.hosts)
        self._costs = Button(self.tr("What training costs…"), self.open_costs, icon_name="coins")
        self._costs.setObjectName("costs_button")
        costs = QHBoxLayout()
        costs.addWidget(self._costs)
        costs.addStretch()
        column.addSpacing(2 * UNIT)
        column.addLayout(costs)
        column.addStretch(1)
        return side

    def _show_dataset(self) -> None:
        self._pages.setCurrentIndex(0 if self.desk.dataset.document is None else 1)
        self._show_all()

    def _rows_checked(self) -> None:
        if not self._refresh.isActive():
            self._refresh.start()

    def _show_all(self) -> None:
        self._refresh.stop()
        self._show_findings()
        if self._is_live and self.isVisible():
            self.hosts.update_verdicts()
        summary = self._checking.summary
        self.histogram.show_summary(summary)
        self._lengths_text.setText(self.histogram.sentence() if summary else "")
        if summary is None:
            self._share.setValue(0)
            self._trained_text.setText(self.tr("Known when all examples are checked."))
            return
        share = summary.trained / summary.tokens if summary.tokens else 0.0
        self._share.setValue(round(share * 1000))
        self._share.setAccessibleName(self.tr("Share of tokens that are trained"))
        text = self.tr(
            "The model learns to write {trained} of {tokens} tokens ({share:.0%}); it reads the rest."
        ).format(trained=f"{summary.trained:,}", tokens=f"{summary.tokens:,}", share=share)
        if not summary.exact:
            text += " " + self.tr("Images and tools are estimated.")
        self._trained_text.setText(text)

    def _show_findings(self) -> None:
        document, summary = self.desk.dataset.document, self._checking.summary
        self._show_tiles()
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
        self._costs.setEnabled(summary is not None)
        self._fix_all.setEnabled(any(group.fixable for group in self.model.groups))
        self._explain(self.view.currentIndex())
        if summary is None:
            self._clean.say(self.tr("Checking…"), self.tr("Findings appear as they are made."))
        elif document is not None and not summary.examples:
            self._clean.say(self.tr("No examples yet"), self.tr("Write one in Dataset; it is checked while you type."))
        else:
            self._clean.say(self.tr("No findings"), self.tr("Nothing here would be refused, ignored or cut off."))

    def _show_tiles(self) -> None:
        checking = self._checking
        document, summary = self.desk.dataset.document, checking.summary
        examples = summary.examples if summary else len(document) if document is not None else 0
        self._examples.show_figure(f"{examples:,}")
        self._errors.show_figure(f"{checking.count('error'):,}", tone="error")
        self._warnings.show_figure(f"{checking.count('warning'):,}", tone="warning")
        self._tokens.show_figure(count(summary.tokens) if summary else "–")
        self._show_cost(summary)

    def _show_cost(self, summary: Summary | None) -> None:
        """What training on all of it costs at the chosen host, on the model that is cheapest there."""
        try:
            prices = prices_of(self.desk.profile_of(self.desk.host.name))
        except FtdeskError as error:
            self._cost.show_figure("–")
            set_tooltip(self._cost, error.sentence)
            return
        if summary is None or prices is None:
            self._cost.show_figure("–")
            set_tooltip(self._cost, self.tr("No prices of this host are known.") if prices is None else "")
            return
        cost = estimate(prices, _size_of(summary))
        self._cost.show_figure(amount(cost.training), cost.model or "" if cost.training else "")
        set_tooltip(self._cost, self._cost_in_words(cost))

    def _cost_in_words(self, cost: CostEstimate) -> str:
        if cost.training is None:
            return self.tr("The prices of {host} are not known here.").format(host=cost.title)
        epochs = plural(cost.epochs, self.tr("1 epoch"), self.tr("{number} epochs"))
        words = self.tr("{tokens} tokens × {epochs} at {host}, prices of {day}. The launch asks for any other model.")
        return words.format(
            tokens=f"{cost.size.tokens:,}", epochs=epochs, host=cost.title, day=f"{cost.as_of:%Y-%m-%d}"
        )

    def _explain(self, current: QModelIndex) -> None:
        """Say why the rule of the current row exists, and offer what can be done."""
        why, fix = "", ""
        if current.isValid():
            entry = self.model.entry(current.row())
            rule = entry.rule if isinstance(entry, Group) else entry.finding.rule
            why = next((group.why for group in self.model.groups if group.rule == rule), "")
            fix = self._offer(entry)
        self._why.setText(visible(why))
        self._fix.setText(fix)
        self._fix.setVisible(bool(fix))

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

    def open_costs(self) -> None:
        """Show what training costs on every host."""
        from ftdesk.ui.check.cost_dialog import CostDialog

        summary = self._checking.summary
        if summary is not None:
            CostDialog(self.desk, _size_of(summary), self.window()).open()

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


def _size_of(summary: Summary) -> Size:
    method: Method = "preference" if summary.method == "preference" else "supervised"
    return Size(summary.examples, summary.tokens, summary.trained, summary.exact, method)


class _FindingsView(LongList):
    entered_on = Signal(QModelIndex)

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.entered_on.emit(self.currentIndex())
        else:
            super().keyPressEvent(event)

"""What training on the open dataset costs, every host and model beside the others."""

from __future__ import annotations

import shutil
from collections.abc import Callable

from PySide6.QtCore import QEvent, Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QHeaderView,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from ftdesk import resources
from ftdesk.errors import FtdeskError, StorageError
from ftdesk.overrides import override
from ftdesk.storage.folders import make_folder
from ftdesk.ui.check.figures import size_of
from ftdesk.ui.check_summary import Summary
from ftdesk.ui.desk import Desk
from ftdesk.ui.prices import amount
from ftdesk.ui.text import Label, visible
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Button, Choice, Surface
from ftdesk.validation.cost import CostEstimate, ServingCost, Size, compare
from ftdesk.validation.prices import PriceList, all_prices

_ANSWERS = 1_000
_EPOCHS = (1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 25)
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class CostDialog(QDialog):
    """Follows the number of epochs; the chosen line tells where its prices come from."""

    def __init__(self, desk: Desk, summary: Summary, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("cost_dialog")
        self.setWindowTitle(self.tr("Cost"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(min(270 * UNIT, parent.width() - 8 * UNIT), min(165 * UNIT, parent.height() - 8 * UNIT))
        self._desk = desk
        self._summary = summary
        self._costs: list[CostEstimate] = []
        self._columns: tuple[tuple[str, Callable[[CostEstimate], str]], ...] = (
            (self.tr("Host and model"), lambda cost: f"{cost.title} · {cost.model}" if cost.model else cost.title),
            (self.tr("Epochs"), lambda cost: f"{cost.epochs}{'*' if cost.epochs_assumed else ''}"),
            (self.tr("Tokens billed"), lambda cost: f"{cost.billed_tokens:,}"),
            (self.tr("Training"), lambda cost: amount(cost.training)),
            (self.tr("1,000 answers"), lambda cost: amount(_for_answers(cost))),
            (self.tr("Hosting a month"), _cheapest_hosting),
            (self.tr("Prices of"), lambda cost: f"{cost.as_of:%Y-%m-%d}"),
        )
        self._lay_out()
        self._show_costs()
        self.table.selectRow(0)
        self.table.setFocus()

    def _lay_out(self) -> None:
        size = size_of(self._summary)
        about = self.tr("{examples} examples, {tokens} tokens, {answers} of them in answers").format(
            examples=f"{size.examples:,}", tokens=f"{size.tokens:,}", answers=f"{size.answers:,}"
        )
        self.epochs = Choice(self.tr("Epochs"))
        self.epochs.setObjectName("cost_epochs")
        self.epochs.addItem(self.tr("the host’s choice"), None)
        for number in _EPOCHS:
            self.epochs.addItem(str(number), number)
        self.epochs.currentIndexChanged.connect(lambda _: self._show_costs())
        top = QHBoxLayout()
        top.setSpacing(2 * UNIT)
        top.addWidget(Label(about, "mute"), 1)
        top.addWidget(Label(self.tr("Epochs")))
        top.addWidget(self.epochs)
        self.table = self._table()
        listing = Surface("tile", UNIT, 0)
        listing.column.addWidget(self.table)
        self._detail = Label("", "caption", wrap=True)
        self._detail.setObjectName("cost_detail")
        self._detail.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._own = Button(self.tr("Change prices…"), self._change_prices, icon_name="pencil")
        self._own.setObjectName("cost_change_button")
        buttons = QHBoxLayout()
        buttons.addWidget(self._own)
        buttons.addStretch()
        buttons.addWidget(Button(self.tr("Close"), self.accept))
        column = QVBoxLayout(self)
        column.setContentsMargins(6 * UNIT, 5 * UNIT, 6 * UNIT, 5 * UNIT)
        column.setSpacing(3 * UNIT)
        column.addWidget(Label(self.tr("What training costs"), "title"))
        column.addLayout(top)
        column.addWidget(listing, 1)
        column.addWidget(self._detail)
        column.addLayout(buttons)

    def _table(self) -> QTableWidget:
        table = QTableWidget(0, len(self._columns))
        table.setObjectName("cost_table")
        table.setAccessibleName(self.tr("Costs by host and model"))
        table.setHorizontalHeaderLabels([title for title, _ in self._columns])
        table.verticalHeader().hide()
        table.setShowGrid(False)
        table.setWordWrap(False)
        table.setTabKeyNavigation(False)
        table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        header = table.horizontalHeader()
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        table.verticalHeader().setDefaultSectionSize(9 * UNIT)
        for position in range(len(self._columns)):
            item = table.horizontalHeaderItem(position)
            if item is not None and position:
                item.setTextAlignment(_RIGHT)
            elif item is not None:
                item.setTextAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        table.currentCellChanged.connect(lambda *_: self._show_detail())
        return table

    def _show_costs(self) -> None:
        try:
            self._costs = compare(all_prices(), self._size_for, self.epochs.currentData())
        except FtdeskError as error:
            self._desk.notices.show_error(error)
            self._costs = []
        self.table.setRowCount(len(self._costs))
        for row, cost in enumerate(self._costs):
            for position, (_, told) in enumerate(self._columns):
                item = QTableWidgetItem(visible(told(cost)))
                if position:
                    item.setTextAlignment(_RIGHT)
                self.table.setItem(row, position, item)
        self._show_detail()

    def _size_for(self, prices: PriceList) -> Size:
        return size_of(self._summary, prices.host)

    def _show_detail(self) -> None:
        row = self.table.currentRow()
        cost = self._costs[row] if 0 <= row < len(self._costs) else None
        self._own.setEnabled(cost is not None)
        if cost is None:
            self._detail.setText("")
            return
        lines = [self.tr("Source: {source}, {day}").format(source=cost.source, day=f"{cost.as_of:%Y-%m-%d}")]
        lines += [self._serving(each) for each in cost.serving]
        lines += cost.notes
        self._detail.setText(visible("\n".join(lines)))

    def _serving(self, cost: ServingCost) -> str:
        serving = cost.serving
        price = self.tr("{price} an hour").format(price=amount(serving.per_hour))
        if not serving.per_hour:
            price = self.tr("price not known") if serving.per_hour is None else self.tr("nothing by the hour")
        told = [price]
        if serving.per_token:
            told.append(self.tr("answers by the token"))
        if cost.break_even is not None:
            told.append(
                self.tr("pays from {requests} requests an hour on, compared with {other}").format(
                    requests=f"{cost.break_even.requests_per_hour:,.0f}", other=cost.break_even.per_token
                )
            )
        return f"{serving.name}: {', '.join(told)}"

    def _change_prices(self) -> None:
        """Open the user's own price file of the chosen host, begun as a copy of the one that ships."""
        host = self._costs[self.table.currentRow()].host
        own = self._desk.app.folders.prices / f"{host}.toml"
        try:
            if not own.exists():
                shutil.copyfile(resources.path(f"prices/{host}.toml"), make_folder(own.parent) / own.name)
        except OSError as error:
            self._desk.notices.show_error(
                StorageError(f"Cannot write {own}: {error.strerror}.", str(error), "Check the folder’s permissions.")
            )
            return
        QDesktopServices.openUrl(QUrl.fromLocalFile(str(own)))
        self._desk.notices.show_notice(self.tr("The prices in {file} are yours from now on.").format(file=str(own)))

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        # Whoever comes back may have changed a price in between.
        if event.type() == QEvent.Type.ActivationChange and self.isActiveWindow():
            self._show_costs()


def _for_answers(cost: CostEstimate) -> float | None:
    return None if cost.per_request is None else cost.per_request * _ANSWERS


def _cheapest_hosting(cost: CostEstimate) -> str:
    """The least that a model costs that only waits; an en dash where that is not known, nothing where it is free."""
    known = [each.per_month for each in cost.serving if each.per_month is not None]
    return amount(min(known, default=None)) if min(known, default=1) else ""

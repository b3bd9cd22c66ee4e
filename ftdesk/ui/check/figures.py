"""The figures of a dataset: tiles above the findings; beside them lengths, what is trained, hosts and cost."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QWidget

from ftdesk.errors import FtdeskError
from ftdesk.ui.check.histogram import TokensHistogram
from ftdesk.ui.check.hosts_verdict import HostsVerdict
from ftdesk.ui.check_summary import Summary
from ftdesk.ui.desk import Desk
from ftdesk.ui.prices import amount
from ftdesk.ui.text import Label, plural, set_tooltip
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Button, Column, Tile, count
from ftdesk.validation.cost import CostEstimate, Size, estimate
from ftdesk.validation.findings import Method
from ftdesk.validation.prices import prices_of


class CheckTiles(QWidget):
    """Examples, errors, warnings, tokens, and the price of a training at the chosen host."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._examples = Tile(self.tr("examples"))
        self._errors = Tile(self.tr("errors"))
        self._warnings = Tile(self.tr("warnings"))
        self._tokens = Tile(self.tr("tokens"))
        self._cost = Tile(self.tr("to train"))
        self._cost.figure.setObjectName("cost_label")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
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

    def show_figures(self) -> None:
        """As far as they are known."""
        checking = self._desk.checking
        document, summary = self._desk.dataset.document, checking.summary
        examples = summary.examples if summary else len(document) if document is not None else 0
        self._examples.show_figure(f"{examples:,}")
        self._errors.show_figure(f"{checking.count('error'):,}", tone="error")
        self._warnings.show_figure(f"{checking.count('warning'):,}", tone="warning")
        self._tokens.show_figure(count(summary.tokens) if summary else "–")
        self._show_cost(summary)

    def _show_cost(self, summary: Summary | None) -> None:
        """What training on all of it costs at the chosen host, on the model that is cheapest there."""
        try:
            prices = prices_of(self._desk.profile_of(self._desk.host.name))
        except FtdeskError as error:
            self._cost.show_figure("–")
            set_tooltip(self._cost, error.sentence)
            return
        if summary is None or prices is None:
            self._cost.show_figure("–")
            set_tooltip(self._cost, self.tr("No prices of this host are known.") if prices is None else "")
            return
        cost = estimate(prices, size_of(summary, prices.host))
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


class CheckFigures(Column):
    """Scrolls where the window is low."""

    def __init__(self, desk: Desk) -> None:
        super().__init__("")
        self.setAccessibleName(self.tr("Figures"))
        self._desk = desk
        self.page.layout().setContentsMargins(0, 0, 0, 0)  # type: ignore[union-attr]
        self.histogram = TokensHistogram()
        self.hosts = HostsVerdict(desk)
        self._lengths = Label("", "caption", wrap=True)
        self._share = QProgressBar()
        self._share.setTextVisible(False)
        self._share.setRange(0, 1000)
        self._share.setAccessibleName(self.tr("Share of tokens that are trained"))
        self._trained = Label("", "caption", wrap=True)
        self._trained.setObjectName("trained_label")
        self._costs = Button(self.tr("What training costs…"), self.open_costs, icon_name="coins")
        self._costs.setObjectName("costs_button")
        costs = QHBoxLayout()
        costs.addWidget(self._costs)
        costs.addStretch()
        column = self.column
        column.setSpacing(2 * UNIT)
        column.addWidget(Label(self.tr("Tokens per example"), "heading"))
        column.addWidget(self.histogram)
        column.addWidget(self._lengths)
        column.addSpacing(4 * UNIT)
        column.addWidget(Label(self.tr("What is trained"), "heading"))
        column.addWidget(self._share)
        column.addWidget(self._trained)
        column.addSpacing(4 * UNIT)
        column.addWidget(self.hosts)
        column.addSpacing(2 * UNIT)
        column.addLayout(costs)
        column.addStretch(1)

    def show_figures(self) -> None:
        """As far as they are known."""
        summary = self._desk.checking.summary
        self.histogram.show_summary(summary)
        self._lengths.setText(self.histogram.sentence() if summary else "")
        self._costs.setEnabled(summary is not None)
        share = summary.trained / summary.tokens if summary and summary.tokens else 0.0
        self._share.setValue(round(share * 1000))
        self._trained.setText(self._trained_in_words(summary, share))

    def open_costs(self) -> None:
        """Show what training costs on every host."""
        from ftdesk.ui.check.cost_dialog import CostDialog

        summary = self._desk.checking.summary
        if summary is not None:
            CostDialog(self._desk, summary, self.window()).open()

    def _trained_in_words(self, summary: Summary | None, share: float) -> str:
        if summary is None:
            return self.tr("Known when all examples are checked.")
        text = self.tr(
            "The model learns to write {trained} of {tokens} tokens ({share:.0%}); it reads the rest."
        ).format(trained=f"{summary.trained:,}", tokens=f"{summary.tokens:,}", share=share)
        return text if summary.exact else text + " " + self.tr("Images and tools are estimated.")


def size_of(summary: Summary, host: str | None = None) -> Size:
    """What a training on the whole dataset reads, as ``host`` cuts its examples; in full where that is not known."""
    whole = summary.tokens, summary.trained
    tokens, trained = whole if host is None else summary.read.get(host, whole)
    method: Method = "preference" if summary.method == "preference" else "supervised"
    return Size(summary.examples, tokens, trained, summary.exact, method)

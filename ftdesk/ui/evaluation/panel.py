"""The place Evaluation: score models on examples they have not seen, and say which is better."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import ClassVar

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from ftdesk.dataset.document import Document
from ftdesk.errors import InputError
from ftdesk.evaluation.items import HeldOutFile, read_held_out
from ftdesk.hosts.types import ModelName
from ftdesk.overrides import override
from ftdesk.ui.desk import Desk
from ftdesk.ui.evaluation.item_detail import ItemDetail
from ftdesk.ui.evaluation.items_view import ItemsView
from ftdesk.ui.evaluation.outcome_filter import OutcomeFilter
from ftdesk.ui.evaluation.outcomes import Outcomes
from ftdesk.ui.evaluation.setup import EvaluationSetup
from ftdesk.ui.evaluation.verdict import VerdictCard
from ftdesk.ui.held_out import held_out_parts, take_out
from ftdesk.ui.models import base_of, list_models, newest_pair
from ftdesk.ui.panel import Panel
from ftdesk.ui.tasks import consume
from ftdesk.ui.text import plural
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Button, EmptyState

_REFRESH_MS = 200


class EvaluationPanel(Panel):
    place: ClassVar[str] = "evaluation"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._outcomes = Outcomes()
        self._file: Path | None = None
        self._is_chosen = False
        self._told: set[str] = set()
        self._setup = EvaluationSetup()
        self._verdict = VerdictCard()
        self._filter = OutcomeFilter()
        self._items = ItemsView()
        self._detail = ItemDetail(self.tasks)
        self._add = Button("", self.add_to_training, icon_name="file-plus")
        self._add.setObjectName("add_failures_button")
        self._refresh = QTimer(self)
        self._refresh.setInterval(_REFRESH_MS)
        self._refresh.timeout.connect(self._show_news)
        self._lay_out()
        self._connect()
        self.command(self.tr("Run the evaluation"), self.run, "Ctrl+Return")
        self.command(self.tr("Stop the evaluation"), self.stop, "Esc")
        self._show_selection()

    @override
    def activated(self) -> None:
        self._suggest()
        self.tasks.start("models", self._list_models())

    @override
    def focus_first(self) -> None:
        self._setup.run.setFocus()

    def choose_model(self, name: str) -> None:
        """Score ``HOST/MODEL`` against what it was trained from."""
        try:
            model = ModelName.parse(name)
        except InputError as error:
            self.desk.notices.show_error(error)
            return
        self._is_chosen = True
        self._setup.choose_models(base_of(model, self.desk.jobs.jobs), model)

    def run(self) -> None:
        """Evaluate what is chosen; answers that are stored are not asked for again."""
        file, models = self._setup.file, self._setup.models
        if file is None:
            self.desk.notices.show_notice(
                self.tr("Choose held-out examples first. A training that holds some back brings them along.")
            )
            return
        if not models:
            self.desk.notices.show_notice(self.tr("Choose at least one model; two to learn which is better."))
            return
        try:
            limit = self._setup.limit
        except InputError as error:
            self.desk.notices.show_error(error)
            return
        self._file, self._outcomes = file, Outcomes(models)
        self._items.items.show_outcomes(self._outcomes)
        self._filter.show_models(models)
        self._pages.setCurrentIndex(0)
        self._detail.show_item(None, self._outcomes)
        self._show_news()
        self._setup.show_running(on=True)
        self.tasks.start("evaluate", self._evaluate(file, models, limit))

    def stop(self) -> None:
        """Stop asking. What is stored stays, and the next run goes on from there."""
        self.tasks.cancel("evaluate")

    def add_to_training(self) -> None:
        """Move the selected examples from the held-out part into the open dataset, as one change."""
        numbers = {outcome.item.line for outcome in self._items.chosen}
        if self._file is not None and numbers:
            self.tasks.start("move", self._move(self._file, numbers))

    async def _evaluate(self, file: Path, models: list[ModelName], limit: int | None) -> None:
        outcomes, setup = self._outcomes, self._setup
        service = self.desk.app.evaluation
        self._refresh.start()
        try:
            held_out = await asyncio.to_thread(read_held_out, file)
            outcomes.expect(held_out.items[:limit])
            self._tell_of_skipped(held_out)
            self._show_news()
            events = service.evaluate(file, models, setup.grader, limit, resume=setup.reuses_answers)
            await consume(events, outcomes.apply)
        finally:
            if outcomes is self._outcomes:
                self._refresh.stop()
                setup.show_running(on=False, resumable=outcomes.result is None and outcomes.done > 0)
                self._show_news()

    async def _move(self, file: Path, numbers: set[int]) -> None:
        folder = self.desk.app.folders.data / "held-out"
        taken, rest = await asyncio.to_thread(take_out, file, numbers, folder)
        dataset = self.desk.dataset
        if dataset.document is None:
            self.desk.files.new()
        title = plural(len(taken), self.tr("Add a failure"), self.tr("Add {number} failures"))

        def insert(document: Document) -> None:
            document.insert(len(document), taken, title)

        if not dataset.attempt(insert):
            return
        before = self._setup.file
        self._is_chosen = True
        name = self.tr("{file} without {count}").format(file=file.name, count=len(taken))
        self._setup.choose_file(rest, name)

        def undo() -> None:
            dataset.undo()
            if before is not None:
                self._setup.choose_file(before)

        text = plural(
            len(taken),
            self.tr("The example is training data now, and has left the held-out set: the next run goes without it."),
            self.tr(
                "{number} examples are training data now, and have left the held-out set: the next run goes without."
            ),
        )
        dataset.offer_undo(text, undo)

    async def _list_models(self) -> None:
        offers, problems = await list_models(self.desk.app)
        self._setup.offer_models(offers)
        for problem in problems:
            # Once is enough for a host that stays away.
            if problem not in self._told:
                self._told.add(problem)
                self.desk.notices.show_notice(problem)

    def _suggest(self) -> None:
        """The held-out part and the two models of the last training, unless the user has chosen."""
        jobs = self.desk.jobs.jobs
        parts, pair = held_out_parts(jobs), newest_pair(jobs)
        self._setup.offer_files(parts)
        if parts and (self._setup.file is None or not self._is_chosen):
            self._setup.choose_file(parts[0].path)
        if pair is not None and not (self._setup.models and self._is_chosen):
            self._setup.choose_models(*pair)

    def _remember_choice(self) -> None:
        self._is_chosen = True

    def _job_ended(self, _: str) -> None:
        self._suggest()

    def _show_news(self) -> None:
        outcomes = self._outcomes
        self._setup.show_progress(outcomes.done, outcomes.total)
        self._verdict.show_outcomes(outcomes)
        self._filter.show_counts(outcomes)
        self._items.refresh()
        self._show_selection()
        self._detail.refresh()

    def _show_selection(self) -> None:
        chosen = self._items.chosen
        one = self.tr("Add 1 to the training data")
        self._add.setText(plural(len(chosen) or 1, one, self.tr("Add {number} to the training data")))
        self._add.setEnabled(bool(chosen))

    def _show_current(self) -> None:
        index = self._items.currentIndex()
        self._detail.show_item(self._items.items.at(index.row()) if index.isValid() else None, self._outcomes)

    def _tell_of_skipped(self, held_out: HeldOutFile) -> None:
        """Lines that ask nothing are in no score, and that must not go unsaid."""
        skipped = held_out.skipped
        if not skipped:
            self._setup.say_of_file("")
            return
        count = plural(len(skipped), self.tr("1 line is not scored"), self.tr("{number} lines are not scored"))
        first = self.tr("line {line}: {reason}").format(line=skipped[0].line, reason=skipped[0].reason)
        self._setup.say_of_file(f"{count}, {first}")

    def _lay_out(self) -> None:
        tools = QHBoxLayout()
        tools.setSpacing(UNIT)
        tools.addWidget(self._filter)
        tools.addStretch()
        tools.addWidget(self._add)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._items)
        parts = QSplitter()
        parts.addWidget(left)
        parts.addWidget(self._detail)
        parts.setSizes([640, 520])
        parts.setChildrenCollapsible(False)
        parts.setHandleWidth(1)
        results = QWidget()
        column = QVBoxLayout(results)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * UNIT)
        column.addWidget(self._verdict)
        column.addLayout(tools)
        column.addWidget(parts, 1)
        self._pages = QStackedWidget()
        self._pages.addWidget(results)
        self._pages.addWidget(self._make_empty())
        self._pages.setCurrentIndex(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(4 * UNIT, 3 * UNIT, 4 * UNIT, 2 * UNIT)
        column.setSpacing(3 * UNIT)
        column.addWidget(self._setup)
        column.addWidget(self._pages, 1)

    def _make_empty(self) -> EmptyState:
        return EmptyState(
            "scale",
            self.tr("Which model is better?"),
            self.tr(
                "Ask both models the same held-out examples. You get a score with its interval, a verdict, and every "
                "answer beside its reference."
            ),
        )

    def _connect(self) -> None:
        self._setup.run_wanted.connect(self.run)
        self._setup.stop_wanted.connect(self.stop)
        self._setup.chosen.connect(self._remember_choice)
        self._filter.chosen.connect(self._items.items.filter)
        self._items.selectionModel().selectionChanged.connect(lambda *_: self._show_selection())
        self._items.selectionModel().currentRowChanged.connect(lambda *_: self._show_current())
        self.desk.jobs.ended.connect(self._job_ended)

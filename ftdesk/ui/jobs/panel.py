"""The place Jobs: every training, its state and its results; and where one is started."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QAbstractItemView, QHBoxLayout, QSplitter, QStackedWidget, QVBoxLayout

from ftdesk.jobs.types import Job, LaunchPlan
from ftdesk.overrides import override
from ftdesk.ui.desk import Desk
from ftdesk.ui.jobs.detail import JobDetail
from ftdesk.ui.jobs.jobs_model import ROW_HEIGHT, JobDelegate, JobsModel
from ftdesk.ui.long_list import LongList
from ftdesk.ui.panel import Panel
from ftdesk.ui.text import Label
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import EmptyState, IconButton, Surface
from ftdesk.validation.prices import prices_of

_LOOK_MS = 5000


class JobsPanel(Panel):
    place: ClassVar[str] = "jobs"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._feed = desk.jobs
        self._wanted = ""
        self._model = JobsModel(self._feed)
        self._model.setParent(self)
        self._list = LongList(self.tr("Jobs"), JobDelegate(), ROW_HEIGHT)
        self._list.setObjectName("jobs_view")
        self._list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self._list.setModel(self._model)
        self._detail = JobDetail(lambda host: prices_of(desk.profile_of(host)))
        self._empty = self._make_empty()
        self._lay_out()
        self._connect()
        self._show_whether_empty()

    @override
    def activated(self) -> None:
        self._feed.refresh()
        self._look.start()
        self._detail.show_state()

    @override
    def focus_first(self) -> None:
        self._list.setFocus()

    def open_launch(self, like: Job | None = None) -> None:
        """Offer to train on the open dataset, with the settings of an earlier job where one is given."""
        from ftdesk.ui.jobs.launch_dialog import LaunchDialog

        self.desk.dataset.leaving.emit()
        if self.desk.dataset.document is None:
            self.desk.notices.show_notice(
                self.tr("Open the examples to train on first."), self.tr("Try the sample"), self.desk.files.try_sample
            )
            return
        dialog = LaunchDialog(self.desk, self.window(), like)
        dialog.launch_wanted.connect(self._launch)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def show_job(self, key: str) -> None:
        """Select a job, now or as soon as it is known."""
        self._wanted = key
        row = self._model.row(key)
        if row >= 0:
            self._wanted = ""
            self._list.selectRow(row)
            self._list.scrollTo(self._model.index(row, 0))

    def _lay_out(self) -> None:
        side = Surface("left", 0, 0)
        head = QHBoxLayout()
        head.setContentsMargins(4 * UNIT, 3 * UNIT, 2 * UNIT, 2 * UNIT)
        head.addWidget(Label(self.tr("Jobs"), "heading"))
        head.addStretch()
        head.addWidget(IconButton("refresh-cw", self.tr("Ask the hosts for their jobs"), self._feed.refresh))
        side.column.addLayout(head)
        side.column.addWidget(self._list, 1)
        self._pages = QStackedWidget()
        parts = QSplitter()
        parts.addWidget(side)
        parts.addWidget(self._detail)
        parts.setSizes([320, 880])
        parts.setStretchFactor(1, 1)
        parts.setChildrenCollapsible(False)
        parts.setHandleWidth(1)
        self._pages.addWidget(parts)
        self._pages.addWidget(self._empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._pages)

    def _make_empty(self) -> EmptyState:
        empty = EmptyState(
            "activity",
            self.tr("No training yet"),
            self.tr("Train a model on the open dataset and follow it here: progress, loss, checkpoints and cost."),
        )
        empty.offer(self.tr("Train…"), self.desk.requests.launch_requested.emit, primary=True, icon_name="zap")
        return empty

    def _connect(self) -> None:
        self._list.selectionModel().currentRowChanged.connect(lambda *_: self._show_chosen())
        self._model.rowsInserted.connect(lambda *_: self._show_whether_empty())
        self._model.modelReset.connect(self._show_whether_empty)
        feed, detail, requests = self._feed, self._detail, self.desk.requests
        feed.told.connect(self._hear)
        feed.changed.connect(self._job_changed)
        feed.launched.connect(self.show_job)
        detail.cancel_wanted.connect(lambda: feed.cancel(self._chosen()))
        detail.pause_wanted.connect(lambda: feed.pause(self._chosen()))
        detail.resume_wanted.connect(lambda: feed.resume(self._chosen()))
        detail.again_wanted.connect(self._train_again)
        detail.try_wanted.connect(lambda model: requests.model_requested.emit(self._named(model)))
        detail.evaluation_wanted.connect(lambda model: requests.evaluation_requested.emit(self._named(model)))
        for saved in (detail.chart.saved, detail.facts.copied):
            saved.connect(self._say_saved)
        for failed in (detail.chart.save_failed, detail.facts.copy_failed):
            failed.connect(self.desk.notices.show_error)
        self._look = QTimer(self)
        self._look.setInterval(_LOOK_MS)
        self._look.timeout.connect(self._look_again)

    def _chosen(self) -> str:
        index = self._list.currentIndex()
        return self._model.key(index.row()) if index.isValid() else ""

    def _named(self, model: str) -> str:
        story = self._detail.story
        return f"{story.job.host}/{model}" if story is not None else model

    def _show_chosen(self) -> None:
        key = self._chosen()
        story = self._feed.story(key)
        if story is not None and story is not self._detail.story:
            self._detail.show_story(story)
            self._feed.read(key)

    def _show_whether_empty(self) -> None:
        self._pages.setCurrentIndex(0 if self._model.rowCount() else 1)
        if self._wanted:
            self.show_job(self._wanted)
        elif self._model.rowCount() and not self._list.currentIndex().isValid():
            self._list.selectRow(0)

    def _hear(self, key: str, event: object) -> None:
        if self._detail.story is self._feed.story(key):
            self._detail.hear(event)

    def _job_changed(self, key: str) -> None:
        if self._detail.story is self._feed.story(key):
            self._detail.show_state()

    def _launch(self, plan: LaunchPlan) -> None:
        self._feed.launch(plan)
        self.desk.requests.place_requested.emit(self.place)

    def _train_again(self) -> None:
        if self._detail.story is not None:
            self.open_launch(self._detail.story.job)

    def _say_saved(self, path: Path) -> None:
        self.desk.notices.show_notice(self.tr("Saved {file}.").format(file=path.name))

    def _look_again(self) -> None:
        """Jobs that a command of this user has started appear by themselves."""
        if self.isVisible():
            self._feed.look()
        else:
            self._look.stop()

"""One job: its state in a sentence, what can be done, its loss, and everything that is known about it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal, SignalInstance
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QSplitter, QTabWidget, QVBoxLayout, QWidget

from ftdesk.hosts.types import Checkpoint, JobEvent
from ftdesk.jobs.types import CheckpointsArrived, EventsArrived
from ftdesk.ui.chart import LossChart
from ftdesk.ui.job_feed import METRICS, JobStory, job_title
from ftdesk.ui.jobs.checkpoints_view import CheckpointsView
from ftdesk.ui.jobs.events_view import EventsView
from ftdesk.ui.jobs.facts import JobFacts
from ftdesk.ui.jobs.wording import ICONS, next_step, status_sentence, status_word
from ftdesk.ui.loss import LossPoint
from ftdesk.ui.text import ElidedLabel, Label, one_line, set_tooltip, visible
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Button, Chip
from ftdesk.validation.prices import PriceList

_CHIPS = {"accent": "accent", "warning": "warning", "error": "error", "mute": "plain"}
_TICK_MS = 1000
_LONGEST_TITLE = 40


class JobDetail(QWidget):
    """Shows the story that ``show_story`` gave it, and what ``hear`` tells of it."""

    cancel_wanted = Signal()
    pause_wanted = Signal()
    resume_wanted = Signal()
    again_wanted = Signal()
    try_wanted = Signal(str)
    """A model of the job's host."""
    evaluation_wanted = Signal(str)

    def __init__(self, prices: Callable[[str], PriceList | None], parent: QWidget | None = None) -> None:
        """``prices`` gives those of a host."""
        super().__init__(parent)
        self._story: JobStory | None = None
        self.chart = LossChart()
        self.chart.setObjectName("loss_chart")
        self.events = EventsView()
        self.checkpoints = CheckpointsView()
        self.facts = JobFacts(prices)
        self.chart.checkpoint_chosen.connect(self._show_checkpoint)
        self.checkpoints.try_wanted.connect(self.try_wanted)
        self.checkpoints.evaluation_wanted.connect(self.evaluation_wanted)
        self._tabs = QTabWidget()
        self._tabs.setDocumentMode(True)
        for page, title in (
            (self.checkpoints, self.tr("Checkpoints")),
            (self.events, self.tr("Events")),
            (self.facts, self.tr("Settings and data")),
        ):
            self._tabs.addTab(page, title)
        parts = QSplitter(Qt.Orientation.Vertical)
        parts.addWidget(self.chart)
        parts.addWidget(self._tabs)
        parts.setSizes([320, 260])
        parts.setChildrenCollapsible(False)
        parts.setHandleWidth(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(6 * UNIT, 4 * UNIT, 4 * UNIT, 2 * UNIT)
        column.setSpacing(2 * UNIT)
        column.addLayout(self._make_head())
        column.addLayout(self._make_state())
        column.addWidget(parts, 1)
        # The time that is left changes without any news.
        self._tick = QTimer(self)
        self._tick.setInterval(_TICK_MS)
        self._tick.timeout.connect(self.show_state)

    @property
    def story(self) -> JobStory | None:
        return self._story

    def show_story(self, story: JobStory) -> None:
        """Show another job, with all that is known of it."""
        self._story = story
        self.chart.clear()
        self.events.clear()
        self._add_events(tuple(story.log.values()))
        self._show_checkpoints(story.checkpoints)
        # Of a failure, the last events are what one wants to see.
        self._tabs.setCurrentWidget(self.events if story.job.status == "failed" else self.checkpoints)
        self.show_state()

    def hear(self, event: object) -> None:
        """Something new was told of the job that is shown."""
        if isinstance(event, EventsArrived):
            self._add_events(event.events)
        elif isinstance(event, CheckpointsArrived):
            self._show_checkpoints(event.checkpoints)
        self.show_state()

    def show_state(self) -> None:
        story = self._story
        if story is None:
            return
        job = story.job
        self._title.setText(_shortened(job_title(job)))
        set_tooltip(self._title, job_title(job))
        self._chip.show_state(status_word(job.status), _CHIPS[ICONS[job.status][1]])
        self._model.setText(f"{job.host}/{job.model}")
        self._sentence.setText(visible(status_sentence(story)))
        self._next.setText(visible(next_step(story)))
        self._next.setVisible(bool(self._next.text()))
        self._show_progress(story)
        self._show_actions(story)
        self.facts.show_story(story)
        if not (story.is_active and self.isVisible()):
            self._tick.stop()
        elif not self._tick.isActive():
            self._tick.start()
        if not story.is_active and not self.chart.curves.ended:
            self.chart.end()

    def _make_head(self) -> QHBoxLayout:
        self._title = Label("", "title")
        self._chip = Chip()
        self._model = ElidedLabel("", "caption")
        self._pause = Button(self.tr("Pause"), self.pause_wanted.emit, icon_name="pause")
        self._pause.setObjectName("pause_job_button")
        self._resume = Button(self.tr("Resume"), self.resume_wanted.emit, icon_name="play")
        self._resume.setObjectName("resume_job_button")
        self._cancel = Button(self.tr("Cancel training"), self.cancel_wanted.emit, icon_name="circle-stop")
        self._cancel.setObjectName("cancel_job_button")
        self._again = Button(self.tr("Train again…"), self.again_wanted.emit, icon_name="rotate-ccw")
        self._score = Button(self.tr("Evaluate"), lambda: self._offer(self.evaluation_wanted), icon_name="scale")
        self._score.setObjectName("evaluate_job_button")
        self._try = Button(
            self.tr("Compare with the base"),
            lambda: self._offer(self.try_wanted),
            kind="primary",
            icon_name="columns-2",
        )
        self._try.setObjectName("try_job_button")
        names = QVBoxLayout()
        names.setSpacing(0)
        line = QHBoxLayout()
        line.setSpacing(3 * UNIT)
        line.addWidget(self._title)
        line.addWidget(self._chip)
        line.addStretch()
        names.addLayout(line)
        names.addWidget(self._model)
        row = QHBoxLayout()
        row.setSpacing(2 * UNIT)
        row.addLayout(names, 1)
        for button in (self._pause, self._resume, self._cancel, self._again, self._score, self._try):
            row.addWidget(button)
        return row

    def _make_state(self) -> QVBoxLayout:
        self._sentence = Label("", wrap=True)
        self._sentence.setObjectName("job_status_label")
        self._sentence.setAccessibleName(self.tr("Status of the job"))
        self._sentence.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._next = Label("", "caption", wrap=True)
        self._progress = QProgressBar()
        self._progress.setObjectName("job_progress")
        self._progress.setAccessibleName(self.tr("Progress of the job"))
        self._progress.setTextVisible(False)
        column = QVBoxLayout()
        column.setSpacing(UNIT)
        column.addWidget(self._sentence)
        column.addWidget(self._progress)
        column.addWidget(self._next)
        return column

    def _show_progress(self, story: JobStory) -> None:
        share = story.progress.share if story.progress is not None else -1.0
        self._progress.setVisible(story.is_active)
        if share >= 0:
            self._progress.setRange(0, 1000)
            self._progress.setValue(round(share * 1000))
        elif story.job.status in ("paused", "unknown"):
            self._progress.setRange(0, 1)
            self._progress.setValue(0)
        else:
            self._progress.setRange(0, 0)

    def _show_actions(self, story: JobStory) -> None:
        status = story.job.status
        ready = status == "succeeded" and bool(story.job.fine_tuned_model)
        known_to_host = status not in ("launching", "unknown")
        self._pause.setVisible(status in ("running", "queued"))
        self._resume.setVisible(status == "paused")
        self._cancel.setVisible(story.is_active)
        self._cancel.setEnabled(known_to_host)
        self._again.setVisible(status in ("failed", "cancelled"))
        self._try.setVisible(ready)
        self._score.setVisible(ready)

    def _add_events(self, events: tuple[JobEvent, ...]) -> None:
        self.events.add(events)
        points = [point for event in events if (point := _loss_point(event)) is not None]
        total = self._story.progress.total if self._story is not None and self._story.progress is not None else 0
        if points:
            self.chart.add(points, total)

    def _show_checkpoints(self, checkpoints: tuple[Checkpoint, ...]) -> None:
        self.checkpoints.show_checkpoints(checkpoints)
        self.chart.mark_checkpoints([one.step for one in checkpoints], self.checkpoints.best)

    def _show_checkpoint(self, step: int) -> None:
        self._tabs.setCurrentWidget(self.checkpoints)
        self.checkpoints.choose(step)

    def _offer(self, signal: SignalInstance) -> None:
        if self._story is not None and self._story.job.fine_tuned_model:
            signal.emit(self._story.job.fine_tuned_model)


def _shortened(name: str) -> str:
    return one_line(name, _LONGEST_TITLE) + ("…" if len(name) > _LONGEST_TITLE else "")


def _loss_point(event: JobEvent) -> LossPoint | None:
    """The losses of an event with the figures of a step."""
    step = event.data.get("step")
    if event.type != METRICS or not isinstance(step, int):
        return None

    def figure(name: str) -> float | None:
        value = event.data.get(name)
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

    return LossPoint(step, figure("train_loss"), figure("valid_loss"), figure("full_valid_loss"))

"""All jobs, followed until they end: one place that asks, wherever in the window somebody looks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from ftdesk.app import App
from ftdesk.errors import FtdeskError
from ftdesk.hosts.types import FINAL_STATUSES, LOCAL, Checkpoint, JobEvent
from ftdesk.jobs.types import (
    CheckpointsArrived,
    ContactLost,
    EventsArrived,
    Job,
    JobChanged,
    LaunchPlan,
    LaunchStepped,
    WatchEvent,
)
from ftdesk.ui.notices import Notices
from ftdesk.ui.work import BackgroundWork, Work

if TYPE_CHECKING:
    from asyncio import Lock

    from ftdesk.ui.tasks import Tasks

METRICS = "metrics"
"""The type of events that tell the figures of a step."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Steps done, of how many (0 while the host does not say), and the last training loss."""

    step: int
    total: int
    loss: float | None

    @property
    def share(self) -> float:
        """0 to 1, or -1 while nobody knows."""
        return self.step / self.total if self.total else -1.0


@dataclass(slots=True)
class JobStory:
    """A job and what has been told of it so far. ``note`` is what is being done about it, or why nothing is heard."""

    job: Job
    log: dict[str, JobEvent] = field(default_factory=dict)
    """Events by their id, oldest first."""
    checkpoints: tuple[Checkpoint, ...] = ()
    progress: Progress | None = None
    note: str = ""
    is_whole: bool = False
    """Whether its stored past has been read."""

    @property
    def is_active(self) -> bool:
        return self.job.status not in FINAL_STATUSES

    def apply(self, event: WatchEvent | LaunchStepped) -> WatchEvent | LaunchStepped:
        """Take in an event. Returns what of it is new: a watch that begins anew tells everything once more."""
        if not isinstance(event, ContactLost | LaunchStepped):
            self.note = ""
        match event:
            case JobChanged(job):
                self.job = job
            case EventsArrived(job_id, events):
                fresh = tuple(one for one in events if one.id not in self.log)
                self.log.update((one.id, one) for one in fresh)
                self.progress = next((_progress(one.data) for one in reversed(fresh) if _is_step(one)), self.progress)
                return EventsArrived(job_id, fresh)
            case CheckpointsArrived(_, checkpoints):
                self.checkpoints = checkpoints
            case ContactLost(_, reason, _):
                self.note = reason
            case LaunchStepped(_, text):
                self.note = text
        return event


class JobFeed(QObject):
    """Jobs have a ``key`` here that stays the same while a job gets its id."""

    changed = Signal(str)
    """The job of this key is new or different."""
    told = Signal(str, object)
    """Key and event: something was told of the job; its story has it already."""
    launched = Signal(str)
    ended = Signal(str)
    """A job that was followed has ended."""

    def __init__(self, app: App, notices: Notices, background: BackgroundWork, parent: QObject) -> None:
        super().__init__(parent)
        self._app = app
        self._notices = notices
        self._background = background
        self._stories: dict[str, JobStory] = {}
        self._works: dict[str, Work] = {}
        self._turns: dict[str, Lock] = {}
        self._orders = 0

    @property
    def jobs(self) -> list[Job]:
        """Newest first, also among those of one second."""
        known = [story.job for story in self._stories.values()]
        return sorted(known, key=lambda job: job.created_at)[::-1]

    def story(self, key: str) -> JobStory | None:
        return self._stories.get(key)

    def begin(self) -> None:
        """The event loop runs: follow what was left unfinished."""
        if self._app.folders.database.exists():
            self._tasks.start("begin", self._go_on())

    def refresh(self) -> None:
        """Ask every host for its jobs; those started elsewhere appear as well."""
        self._tasks.start("refresh", self._refresh())

    def look(self) -> None:
        """Show what another program of this user has written down."""
        if self._app.folders.database.exists() and not self._tasks.is_running("refresh"):
            self._tasks.start("look", self._list())

    def launch(self, plan: LaunchPlan) -> None:
        """Start a job; every step of it is told, and a failure is a notice."""
        self._tasks.start(f"launch {plan.training_file} {id(plan)}", self._launch(plan))

    def read(self, key: str) -> None:
        """Bring in the stored past of a job that is not followed."""
        story = self._stories.get(key)
        if story is not None and not story.is_whole and not self._tasks.is_running(f"watch {key}"):
            self._tasks.start(f"read {key}", self._read(key, story))

    def cancel(self, key: str) -> None:
        self._steer(key, self._app.jobs.cancel)

    def pause(self, key: str) -> None:
        self._steer(key, self._app.jobs.pause)

    def resume(self, key: str) -> None:
        self._steer(key, self._app.jobs.resume)

    async def aclose(self) -> None:
        if "_tasks" in self.__dict__:
            await self._tasks.aclose()

    @cached_property
    def _tasks(self) -> Tasks:
        from ftdesk.ui.tasks import Tasks

        return Tasks(self, self._notices.show_error)

    async def _go_on(self) -> None:
        await self._list()
        before = [story.job for story in self._stories.values() if story.is_active]
        if before:
            names = ", ".join(job_title(job) for job in before[:3])
            self._notices.show_notice(self.tr("Unfinished training goes on: {names}.").format(names=names))
        await self._app.jobs.resolve_unfinished()
        await self._list()

    async def _refresh(self) -> None:
        await self._list()
        self._take(await self._app.jobs.jobs(refresh=True))

    async def _list(self) -> None:
        self._take(await self._app.jobs.jobs(refresh=False))

    def _take(self, jobs: list[Job]) -> None:
        for job in reversed(jobs):
            key = job_key(job)
            self._adopt(job)
            # A launch under way is told by whoever launches; here, or in another program.
            if self._stories[key].is_active and job.status != "launching":
                self._follow(key)

    def _adopt(self, job: Job) -> None:
        key = job_key(job)
        story = self._stories.get(key)
        if story is None:
            self._stories[key] = JobStory(job)
            self.changed.emit(key)
        elif story.job != job:
            self._hear(key, JobChanged(job))

    def _follow(self, key: str) -> None:
        if not self._tasks.is_running(f"watch {key}"):
            self._tasks.start(f"watch {key}", self._watch(key))

    async def _watch(self, key: str) -> None:
        from ftdesk.ui.tasks import consume

        story = self._stories[key]
        story.is_whole = True
        try:
            job = story.job
            await consume(self._app.jobs.watch(_reference(job), job.host), lambda event: self._hear(key, event))
        except FtdeskError as error:
            story.note = error.sentence
            self.changed.emit(key)
            raise
        finally:
            self._end_work(key)

    async def _launch(self, plan: LaunchPlan) -> None:
        from contextlib import aclosing

        key = ""
        async with aclosing(self._app.jobs.launch(plan)) as events:
            async for event in events:
                if isinstance(event, LaunchStepped):
                    if key:
                        self._hear(key, event)
                    continue
                self._adopt(event.job)
                if not key:
                    key = job_key(event.job)
                    self.launched.emit(key)
        self._follow(key)

    async def _read(self, key: str, story: JobStory) -> None:
        reference = _reference(story.job)
        events = await self._app.jobs.events(reference)
        checkpoints = await self._app.jobs.checkpoints(reference)
        story.is_whole = True
        self._hear(key, EventsArrived(story.job.id, tuple(events)))
        self._hear(key, CheckpointsArrived(story.job.id, tuple(checkpoints)))

    def _hear(self, key: str, event: WatchEvent | LaunchStepped) -> None:
        story = self._stories[key]
        was_active = story.is_active
        news = story.apply(event)
        self._report(key, story)
        self.told.emit(key, news)
        if isinstance(event, JobChanged):
            self.changed.emit(key)
            if was_active and not story.is_active:
                self.ended.emit(key)

    def _steer(self, key: str, order: Callable[[str], Awaitable[Job]]) -> None:
        self._orders += 1
        self._tasks.start(f"order {self._orders}", self._give(key, order))

    async def _give(self, key: str, order: Callable[[str], Awaitable[Job]]) -> None:
        import asyncio

        # One after the other: an order under way that was taken back may have been heard all the same.
        async with self._turns.setdefault(key, asyncio.Lock()):
            self._hear(key, JobChanged(await order(_reference(self._stories[key].job))))
        if self._stories[key].is_active:
            self._follow(key)

    def _pause_with_a_way_back(self, key: str) -> None:
        self.pause(key)
        name = job_title(self._stories[key].job)
        self._notices.show_notice(
            self.tr("Pausing the training of {name}.").format(name=name), self.tr("Resume"), lambda: self.resume(key)
        )

    def _report(self, key: str, story: JobStory) -> None:
        """Keep the status bar up to date."""
        if story.job.status != "running":
            self._end_work(key)
            return
        title = self.tr("Training {name}").format(name=job_title(story.job))
        progress = story.progress
        if progress is not None and progress.loss is not None:
            title += self.tr(", loss {loss}").format(loss=f"{progress.loss:.2f}")
        if key not in self._works:
            # To pause is to stop without losing anything; to cancel for good is a button of the job itself.
            self._works[key] = self._background.begin(title, lambda: self._pause_with_a_way_back(key))
        self._works[key].report(title, progress.share if progress is not None else -1.0)

    def _end_work(self, key: str) -> None:
        work = self._works.pop(key, None)
        if work is not None:
            work.end()


def job_key(job: Job) -> str:
    """What names a job for as long as it lives: its launch token, or its id where it was started elsewhere."""
    return job.launch_token or f"{job.host}/{job.id}"


def job_title(job: Job) -> str:
    """What a person calls a job."""
    return job.suffix or job.id


def is_local(job: Job) -> bool:
    return job.host == LOCAL


def _reference(job: Job) -> str:
    return job.launch_token or job.id


def _is_step(event: JobEvent) -> bool:
    return event.type == METRICS and _number(event.data.get("step")) is not None


def _progress(data: Mapping[str, Any]) -> Progress:
    step, total = _number(data.get("step")) or 0, _number(data.get("total_steps")) or 0
    return Progress(int(step), int(total), _number(data.get("train_loss")))


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None

"""Where the places meet: what one asks of another, and what is said when a job ends."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject

from ftdesk.ui.desktop import tell_desktop
from ftdesk.ui.job_feed import job_title

if TYPE_CHECKING:
    from ftdesk.ui.dataset.panel import DatasetPanel
    from ftdesk.ui.evaluation.panel import EvaluationPanel
    from ftdesk.ui.jobs.panel import JobsPanel
    from ftdesk.ui.playground.panel import PlaygroundPanel
    from ftdesk.ui.window import Window


class Routes(QObject):
    """Hears the desk's requests. The panel that is asked is made if it was not there yet."""

    def __init__(self, window: Window) -> None:
        super().__init__(window)
        self._window = window
        self._desk = window.desk
        requests = self._desk.requests
        requests.place_requested.connect(window.show_place)
        requests.example_requested.connect(self._show_example)
        requests.launch_requested.connect(self._launch)
        requests.job_requested.connect(self._show_job)
        requests.model_requested.connect(self._try_model)
        requests.prompt_requested.connect(self._use_prompt)
        requests.evaluation_requested.connect(self._evaluate)
        self._desk.files.transfers.selected = self._selected_rows
        self._desk.jobs.ended.connect(self._say_ended)

    def _show_example(self, row: int) -> None:
        self._window.show_place("dataset")
        self._desk.dataset.choose(row)

    def _launch(self) -> None:
        self._jobs().open_launch()

    def _show_job(self, key: str) -> None:
        self._window.show_place("jobs")
        self._jobs().show_job(key)

    def _try_model(self, name: str) -> None:
        self._window.show_place("playground")
        cast("PlaygroundPanel", self._window.panel("playground")).try_model(name)

    def _use_prompt(self, row: int) -> None:
        self._window.show_place("playground")
        cast("PlaygroundPanel", self._window.panel("playground")).use_example(row)

    def _evaluate(self, name: str) -> None:
        self._window.show_place("evaluation")
        cast("EvaluationPanel", self._window.panel("evaluation")).choose_model(name)

    def _selected_rows(self) -> Sequence[int]:
        return cast("DatasetPanel", self._window.panel("dataset")).list.selected_rows()

    def _jobs(self) -> JobsPanel:
        return cast("JobsPanel", self._window.panel("jobs"))

    def _say_ended(self, key: str) -> None:
        """A job that was followed has ended: say so here, and on the desktop for whoever is elsewhere."""
        story = self._desk.jobs.story(key)
        if story is None:
            return
        job, name = story.job, job_title(story.job)
        if job.status == "succeeded":
            text = self.tr("{name} is trained.").format(name=name)
            model = f"{job.host}/{job.fine_tuned_model}"
            self._desk.notices.show_notice(
                text, self.tr("Compare"), lambda: self._desk.requests.model_requested.emit(model)
            )
        elif job.status == "failed":
            text = self.tr("The training of {name} failed: {reason}").format(name=name, reason=job.error or "–")
            self._desk.notices.show_notice(text, self.tr("Show"), lambda: self._show_job(key), lasting=True)
        else:
            text = self.tr("The training of {name} was cancelled.").format(name=name)
            self._desk.notices.show_notice(text)
        tell_desktop(self._window, text)

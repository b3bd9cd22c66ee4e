"""What every place is given: the services, the open dataset, and the ways to speak to the user and to other places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from ftdesk.app import App
from ftdesk.hosts.types import LOCAL
from ftdesk.ui.checking import Checking
from ftdesk.ui.files import Files
from ftdesk.ui.job_feed import JobFeed
from ftdesk.ui.notices import Notices
from ftdesk.ui.open_dataset import OpenDataset
from ftdesk.ui.theme import Theme
from ftdesk.ui.work import BackgroundWork


class Requests(QObject):
    """What one place wants of another. Places know only this; the window hears it and does it."""

    place_requested = Signal(str)
    """Show a place, by its name in ``PANELS``."""
    example_requested = Signal(int)
    """Show a row in Dataset."""
    launch_requested = Signal()
    """Open the launch sheet for the open dataset."""
    job_requested = Signal(str)
    """Show a job, by its key in the feed."""
    model_requested = Signal(str)
    """Try ``HOST/MODEL`` in Playground."""
    prompt_requested = Signal(int)
    """Put the prompt of a row into Playground."""
    evaluation_requested = Signal(str)
    """Score ``HOST/MODEL`` in Evaluation."""
    examples_offered = Signal(list, str)
    """Append lines (``list[bytes]``) to the open dataset, as one change with this title."""


class ChosenHost(QObject):
    """The host selected in the header: where training starts and which limits are shown."""

    changed = Signal(str)
    listed = Signal()
    """Hosts were added or removed."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._name = LOCAL

    @property
    def name(self) -> str:
        return self._name

    def choose(self, name: str) -> None:
        if name != self._name:
            self._name = name
            self.changed.emit(name)

    def title(self, name: str) -> str:
        """What a person calls the host."""
        return self.tr("This computer") if name == LOCAL else name


@dataclass(frozen=True, slots=True)
class Desk:
    """Built once by ``run_window`` and handed to every panel. Panels keep no other reference to anything shared."""

    app: App
    theme: Theme
    notices: Notices
    background: BackgroundWork
    dataset: OpenDataset
    checking: Checking
    jobs: JobFeed
    files: Files
    host: ChosenHost
    requests: Requests

    def profile_of(self, host: str) -> str:
        """The kind of host that ``host``, a name that the user gave, is: what its rules and prices are filed under."""
        entry = self.app.settings.hosts.get(host)
        return entry.profile if entry is not None else host

    def host_names(self) -> Sequence[str]:
        """The built-in host and those the user added, without loading anything."""
        return (LOCAL, *self.app.settings.hosts)


def make_desk(app: App, theme: Theme, window: QWidget) -> Desk:
    """Everything on the desk of ``window``."""
    notices = Notices(window)
    background = BackgroundWork(window)
    dataset = OpenDataset(notices)
    return Desk(
        app=app,
        theme=theme,
        notices=notices,
        background=background,
        dataset=dataset,
        checking=Checking(dataset, background, window),
        jobs=JobFeed(app, notices, background, window),
        files=Files(app, dataset, notices, background, window),
        host=ChosenHost(window),
        requests=Requests(window),
    )

"""The six places, in the order of the rail. A new one is a folder in ``ftdesk/ui`` and a line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QT_TRANSLATE_NOOP

if TYPE_CHECKING:
    from ftdesk.ui.desk import Desk
    from ftdesk.ui.panel import Panel


@dataclass(frozen=True, slots=True)
class Place:
    """A place of the window. ``make`` imports its panel when it is first shown."""

    name: str
    title: str
    icon: str
    make: Callable[[Desk], Panel]


def _dataset(desk: Desk) -> Panel:
    from ftdesk.ui.dataset.panel import DatasetPanel

    return DatasetPanel(desk)


def _check(desk: Desk) -> Panel:
    from ftdesk.ui.check.panel import CheckPanel

    return CheckPanel(desk)


def _jobs(desk: Desk) -> Panel:
    from ftdesk.ui.jobs.panel import JobsPanel

    return JobsPanel(desk)


def _playground(desk: Desk) -> Panel:
    from ftdesk.ui.playground.panel import PlaygroundPanel

    return PlaygroundPanel(desk)


def _evaluation(desk: Desk) -> Panel:
    from ftdesk.ui.evaluation.panel import EvaluationPanel

    return EvaluationPanel(desk)


def _rescue(desk: Desk) -> Panel:
    from ftdesk.ui.rescue.panel import RescuePanel

    return RescuePanel(desk)


PANELS: tuple[Place, ...] = (
    Place("dataset", str(QT_TRANSLATE_NOOP("Places", "Dataset")), "message-square", _dataset),
    Place("check", str(QT_TRANSLATE_NOOP("Places", "Check")), "list-checks", _check),
    Place("jobs", str(QT_TRANSLATE_NOOP("Places", "Jobs")), "activity", _jobs),
    Place("playground", str(QT_TRANSLATE_NOOP("Places", "Playground")), "columns-2", _playground),
    Place("evaluation", str(QT_TRANSLATE_NOOP("Places", "Evaluation")), "scale", _evaluation),
    Place("rescue", str(QT_TRANSLATE_NOOP("Places", "Rescue")), "life-buoy", _rescue),
)

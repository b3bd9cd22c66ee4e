"""What a comparison tells on its way. ``pane`` counts from 0 in the order of the models."""

from __future__ import annotations

from dataclasses import dataclass

from ftdesk.errors import FtdeskError
from ftdesk.hosts.types import ChatFinished, ModelName


@dataclass(frozen=True, slots=True)
class PaneStarted:
    pane: int
    model: ModelName


@dataclass(frozen=True, slots=True)
class PaneText:
    """Text to append."""

    pane: int
    text: str


@dataclass(frozen=True, slots=True)
class PaneFinished:
    pane: int
    answer: ChatFinished


@dataclass(frozen=True, slots=True)
class PaneFailed:
    """One model failed; the others go on."""

    pane: int
    error: FtdeskError


PaneEvent = PaneStarted | PaneText | PaneFinished | PaneFailed

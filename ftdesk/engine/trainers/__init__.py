"""What there is to train: one entry per family of models.

To add one, write a module that satisfies ``protocol.Trainer`` and name it in ``TRAINERS``. An entry imports its trainer
when it is called, so that whatever needs no trainer loads no numerical library.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

from ftdesk.engine.trainers.protocol import Trainer

TrainerEntry: TypeAlias = Callable[[Path], Trainer]
"""Makes a trainer, given the folder in which each base model has a folder of its own."""


def tiny(models: Path) -> Trainer:
    """The practice model: a small transformer in numpy."""
    from ftdesk.engine.trainers.tiny import TinyTrainer

    return TinyTrainer(models / "tiny")


TRAINERS: tuple[TrainerEntry, ...] = (tiny,)

"""The models an engine offers, and the one place where names of models turn into trainers and weights."""

from __future__ import annotations

import importlib
import threading
from collections import OrderedDict
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import cast

from ftdesk import resources
from ftdesk.engine.trainers import TRAINERS, TrainerEntry
from ftdesk.engine.trainers.protocol import BaseModel, ChatModel, Trainer
from ftdesk.errors import InputError

LOADED_MODELS = 4
"""How many models stay in memory for answering."""


class Catalogue:
    """Trainers by base model. They are made on first use, and that may be in any thread.

    ``model_dir`` replaces the folder of base models that comes with ftdesk.
    """

    def __init__(self, entries: Sequence[TrainerEntry], model_dir: Path | None) -> None:
        self._entries = entries
        self._model_dir = model_dir
        self._making = threading.Lock()
        self._loading = threading.Lock()
        self._loaded: OrderedDict[Path, ChatModel] = OrderedDict()

    @property
    def base_models(self) -> tuple[BaseModel, ...]:
        return tuple(model for trainer in self._trainers for model in trainer.base_models)

    def base_model(self, model_id: str) -> BaseModel | None:
        return next((model for model in self.base_models if model.id == model_id), None)

    def trainer(self, base_model: str) -> Trainer:
        """The trainer of a base model. Raises ``LookupError``: it may have gone since a job was created."""
        for trainer in self._trainers:
            if any(model.id == base_model for model in trainer.base_models):
                return trainer
        raise LookupError(base_model)

    def load(self, base_model: str, weights: Path | None) -> ChatModel:
        """Load for answering; without ``weights`` the base model. Those asked last stay in memory."""
        trainer = self.trainer(base_model)
        path = weights if weights is not None else trainer.base_weights(base_model)
        with self._loading:
            model = self._loaded.get(path)
            if model is None:
                model = self._loaded[path] = trainer.load(path)
                while len(self._loaded) > LOADED_MODELS:
                    self._loaded.popitem(last=False)
            self._loaded.move_to_end(path)
            return model

    def unload(self, weights: Path) -> None:
        """Forget a model whose weights are about to go."""
        with self._loading:
            self._loaded.pop(weights, None)

    @property
    def _trainers(self) -> tuple[Trainer, ...]:
        with self._making:
            return self._made

    @cached_property
    def _made(self) -> tuple[Trainer, ...]:
        models = self._model_dir or resources.folder() / "models"
        return tuple(entry(models) for entry in self._entries)


def find_entries(place: str | None) -> Sequence[TrainerEntry]:
    """The trainers named ``MODULE:NAME``, or those that come with ftdesk. Raises ``InputError``."""
    if place is None:
        return TRAINERS
    module, _, name = place.partition(":")
    try:
        return cast("Sequence[TrainerEntry]", getattr(importlib.import_module(module), name))
    except (ImportError, AttributeError, ValueError) as error:
        raise InputError(
            f"There are no trainers at “{place}”.", str(error), "Write MODULE:NAME of a tuple of trainer entries."
        ) from error

"""The models of all hosts, and the field that chooses one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QCompleter, QLineEdit, QWidget

from ftdesk.app import App
from ftdesk.errors import FtdeskError, InputError
from ftdesk.hosts.types import ModelInfo, ModelName
from ftdesk.jobs.types import Job
from ftdesk.ui.text import one_line, set_tooltip
from ftdesk.ui.widgets import Choice

CHECKPOINT = ":ckpt-step-"


@dataclass(frozen=True, slots=True)
class Offer:
    """A model that can be asked."""

    name: ModelName
    info: ModelInfo


async def list_models(app: App) -> tuple[list[Offer], list[str]]:
    """The models of every host, and a sentence for each host that did not tell its own."""
    import asyncio

    names = app.hosts.names()
    answers = await asyncio.gather(*(_models_of(app, name) for name in names))
    offers = [offer for answer in answers if isinstance(answer, list) for offer in answer]
    return offers, [answer for answer in answers if isinstance(answer, str)]


async def _models_of(app: App, host: str) -> list[Offer] | str:
    try:
        client = await app.hosts.client(host)
        models = in_order(await client.models())
    except FtdeskError as error:
        return error.sentence
    return [Offer(ModelName(host, info.id), info) for info in models]


def in_order(models: Iterable[ModelInfo]) -> list[ModelInfo]:
    """Base models as the host has them, then tuned ones, the newest first, then single checkpoints."""

    def rank(info: ModelInfo) -> tuple[int, int]:
        tuned, checkpoint = info.id.startswith("ft:"), CHECKPOINT in info.id
        return tuned + checkpoint, -(info.created_at or 0) if tuned else 0

    return sorted(models, key=rank)


def newest_pair(jobs: Sequence[Job]) -> tuple[ModelName, ModelName] | None:
    """The base and the tuned model of the last training that succeeded; ``jobs`` are newest first."""
    for job in jobs:
        if job.status == "succeeded" and job.fine_tuned_model:
            return ModelName(job.host, job.model), ModelName(job.host, job.fine_tuned_model)
    return None


def base_of(model: ModelName, jobs: Sequence[Job]) -> ModelName | None:
    """What ``model``, or the training that it is a checkpoint of, was trained from."""
    whole = model.model.partition(CHECKPOINT)[0]
    for job in jobs:
        if job.host == model.host and job.fine_tuned_model and whole.startswith(job.fine_tuned_model):
            return ModelName(job.host, job.model)
    # A job under way has no model yet, but its checkpoints name its suffix and the beginning of its id.
    for job in jobs:
        if job.host == model.host and CHECKPOINT in model.model and f":{job.id.rpartition('-')[2][:8]}" in whole:
            return ModelName(job.host, job.model)
    return None


class ModelChoice(Choice):
    """``HOST/MODEL``, chosen from a list or typed: hosts answer for models that they do not list."""

    picked = Signal()
    """The user has chosen, and not the program."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(name, parent)
        self._edit = QLineEdit()
        self.setLineEdit(self._edit)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(12)
        self._edit.setPlaceholderText(self.tr("Choose a model"))
        self._edit.setAccessibleName(name)
        completer = QCompleter(self.model(), self)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self.setCompleter(completer)
        self.currentTextChanged.connect(self._explain)
        self.activated.connect(lambda *_: self.picked.emit())
        self._edit.textEdited.connect(lambda *_: self.picked.emit())
        self._offers: dict[str, Offer] = {}

    @property
    def chosen(self) -> ModelName | None:
        """``None`` while the text names no model."""
        try:
            return ModelName.parse(self.currentText().strip())
        except InputError:
            return None

    def choose(self, model: ModelName | None) -> None:
        text = str(model) if model is not None else ""
        self.setCurrentIndex(self.findText(text))
        self.setEditText(text)
        self._edit.setCursorPosition(0)

    def offer(self, offers: Sequence[Offer]) -> None:
        """List these; what is chosen stays chosen."""
        chosen = self.currentText()
        self._offers = {str(offer.name): offer for offer in offers}
        self.blockSignals(True)
        self.clear()
        self.addItems([one_line(name, 200) for name in self._offers])
        self.setCurrentIndex(self.findText(chosen))
        self.setEditText(chosen)
        self._edit.setCursorPosition(0)
        self.blockSignals(False)
        self._explain(chosen)

    def _explain(self, text: str) -> None:
        offer = self._offers.get(text)
        parts = [text] if offer is None else [text, offer.info.name, offer.info.description]
        set_tooltip(self, " — ".join(part for part in parts if part))

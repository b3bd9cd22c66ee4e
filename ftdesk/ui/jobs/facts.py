"""What a job was asked to do, on which data, and what it cost."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QFormLayout, QHBoxLayout, QWidget

from ftdesk.errors import FtdeskError, StorageError
from ftdesk.hosts.types import LOCAL
from ftdesk.jobs.types import Job
from ftdesk.ui.job_feed import JobStory
from ftdesk.ui.jobs.wording import money, when
from ftdesk.ui.prices import amount
from ftdesk.ui.text import Label, set_tooltip, visible
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Button, Column
from ftdesk.validation.prices import ModelPrice, PriceList

_METHODS = {"supervised": "supervised", "dpo": "preference (DPO)", "reinforcement": "reinforcement"}


class JobFacts(Column):
    """A table of names and values; every value can be selected and copied."""

    copied = Signal(Path)
    copy_failed = Signal(object)

    def __init__(self, prices: Callable[[str], PriceList | None], parent: QWidget | None = None) -> None:
        """``prices`` gives those of a host."""
        super().__init__(self.tr("Settings and data of the job"), 760, parent)
        self._prices = prices
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(6 * UNIT)
        self._form.setVerticalSpacing(2 * UNIT)
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        self._values: dict[str, Label] = {}
        for name, title in (
            ("model", self.tr("Base model")),
            ("tuned", self.tr("New model")),
            ("method", self.tr("Method")),
            ("settings", self.tr("Hyperparameters")),
            ("seed", self.tr("Seed")),
            ("data", self.tr("Trained on")),
            ("validation", self.tr("Validated on")),
            ("sha256", self.tr("SHA-256 of the data")),
            ("tokens", self.tr("Trained tokens")),
            ("cost", self.tr("Cost")),
            ("times", self.tr("Created, finished")),
            ("id", self.tr("Job")),
        ):
            value = Label("", wrap=True)
            value.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
            value.setAccessibleName(title)
            self._values[name] = value
            self._form.addRow(Label(title, "mute"), value)
        self._copy = Button(self.tr("Save a copy of the data…"), self._ask_where, icon_name="download")
        row = QHBoxLayout()
        row.addWidget(self._copy)
        row.addStretch()
        self.column.addLayout(self._form)
        self.column.addLayout(row)
        self.column.addStretch()
        self._file: Path | None = None

    def show_story(self, story: JobStory) -> None:
        job = story.job
        settings = ", ".join(f"{name} {value}" for name, value in job.hyperparameters.items())
        shown = {
            "model": f"{job.host}/{job.model}",
            "tuned": f"{job.host}/{job.fine_tuned_model}" if job.fine_tuned_model else "–",
            "method": _METHODS.get(job.method, job.method),
            "settings": settings or self.tr("automatic"),
            "seed": "–" if job.seed is None else str(job.seed),
            "data": job.training_file or "–",
            "validation": job.validation_file or self.tr("nothing"),
            "sha256": job.dataset_sha256 or "–",
            "tokens": "–" if job.trained_tokens is None else f"{job.trained_tokens:,}",
            "cost": self._cost(job),
            "times": f"{when(job.created_at)} – {when(job.finished_at or 0)}",
            "id": f"{job.id} ({job.host_status or job.status})",
        }
        for name, text in shown.items():
            label = self._values[name]
            if label.text() != visible(text):
                label.setText(visible(text))
        if self._file != Path(job.training_file):
            self._file = Path(job.training_file)
            # A job from elsewhere names a file of its host here.
            there = self._file.is_absolute() and self._file.is_file()
            self._copy.setEnabled(there)
            set_tooltip(self._copy, "" if there else self.tr("The file is not on this computer."))

    def _cost(self, job: Job) -> str:
        """What was expected, and what the host bills for the tokens that it says it has trained on."""
        if job.host == LOCAL:
            return money(None, LOCAL)
        told = []
        if job.estimated_cost is not None:
            told.append(self.tr("{cost} estimated").format(cost=amount(job.estimated_cost)))
        price = self._price_of(job)
        if job.trained_tokens is not None and price is not None and price.training is not None:
            billed = job.trained_tokens * price.training / 1_000_000
            told.append(
                self.tr("{cost} billed: {tokens} trained tokens at {rate} a million (prices of {day})").format(
                    cost=amount(billed),
                    tokens=f"{job.trained_tokens:,}",
                    rate=amount(price.training),
                    day=f"{price.as_of:%Y-%m-%d}",
                )
            )
            if job.estimated_cost:
                told.append(_difference(billed / job.estimated_cost - 1))
        return " · ".join(told) or "–"

    def _price_of(self, job: Job) -> ModelPrice | None:
        try:
            prices = self._prices(job.host)
        except FtdeskError:  # Check says what is wrong with the file
            return None
        return prices.price_of(job.model) if prices is not None else None

    def _ask_where(self) -> None:
        source = self._file
        if source is None:
            return
        dialog = QFileDialog(self, self.tr("Save a copy of the data"), source.name)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setDefaultSuffix("jsonl")
        dialog.fileSelected.connect(lambda name: self._try_copy(source, Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _try_copy(self, source: Path, target: Path) -> None:
        try:
            shutil.copyfile(source, target)
        except OSError as error:
            self.copy_failed.emit(
                StorageError(f"Cannot copy {source} to {target}: {error.strerror}.", hint="Choose another place.")
            )
        else:
            self.copied.emit(target)


def _difference(share: float) -> str:
    """How far the bill is from the estimate."""
    percent = round(abs(share) * 100)
    if not percent:
        return QCoreApplication.translate("Jobs", "as estimated")
    more, less = (
        QCoreApplication.translate("Jobs", "{percent} % more than estimated"),
        QCoreApplication.translate("Jobs", "{percent} % less than estimated"),
    )
    return (more if share > 0 else less).format(percent=percent)

"""The sheet that starts a training: filled in already, so that the second click starts it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, QTimer, Signal
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from ftdesk.errors import FtdeskError, InputError
from ftdesk.hosts.types import LOCAL, Method, ModelInfo, ModelName
from ftdesk.jobs.types import Job, LaunchPlan
from ftdesk.ui.desk import Desk
from ftdesk.ui.icons import pixmap
from ftdesk.ui.jobs.estimate import expected_seconds
from ftdesk.ui.jobs.launch_form import LaunchForm
from ftdesk.ui.jobs.training_data import (
    SMALLEST_TO_SPLIT,
    TrainingData,
    copy_of,
    prepare,
    suggested_suffix,
)
from ftdesk.ui.jobs.wording import duration, money
from ftdesk.ui.overrides import override
from ftdesk.ui.tasks import Tasks
from ftdesk.ui.text import Label, plural, visible
from ftdesk.ui.tokens import UNIT, tokens
from ftdesk.ui.widgets import Button, separator
from ftdesk.validation.requirements import requirements_of

_WIDTH = 150 * UNIT
_SETTLE_MS = 200
_METHOD_OF_KIND: dict[str, Method] = {
    "supervised": "supervised",
    "preference": "dpo",
    "reinforcement": "reinforcement",
}


class LaunchDialog(QDialog):
    """Asks nothing that it can know. ``launch_wanted`` carries the plan when it was confirmed."""

    launch_wanted = Signal(LaunchPlan)

    def __init__(self, desk: Desk, parent: QWidget, like: Job | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("launch_dialog")
        self.setWindowTitle(self.tr("Train a model"))
        self.setFixedWidth(_WIDTH)
        self._desk = desk
        self._like = like
        self._copy: Path | None = None
        self._data: TrainingData | None = None
        self._data_problem = ""
        self._model_problem = ""
        self._tasks = Tasks(self, desk.notices.show_error)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MS)
        self._settle.timeout.connect(lambda: self._tasks.start("split", self._deal_out()))
        self._form = LaunchForm()
        self._lay_out()
        self._fill_in()
        self._form.changed.connect(self._show_state)
        self._form.host_chosen.connect(self._choose_host)
        self._form.method_chosen.connect(self._choose_method)
        self._form.shares_changed.connect(self._shares_changed)
        desk.checking.rows_checked.connect(self._show_state)
        desk.checking.summarised.connect(self._show_state)
        self._tasks.start("split", self._deal_out())
        self._choose_host()

    @override
    def done(self, result: int) -> None:
        # Cancelled here and not with the object, which lives until the dialog has faded.
        self._tasks.cancel_all()
        super().done(result)

    def _lay_out(self) -> None:
        self._icon = QLabel()
        self._icon.setFixedSize(QSize(18, 18))
        self._check = Label("", wrap=True)
        self._check.setObjectName("launch_check_label")
        self._anyway = QCheckBox(self.tr("Start anyway. I know that the host may reject it."))
        self._anyway.setObjectName("launch_anyway")
        self._anyway.toggled.connect(lambda *_: self._show_state())
        self._estimate = Label("", "mute", wrap=True)
        self._estimate.setObjectName("launch_estimate_label")
        self._start = Button(self.tr("Start training"), self._launch, kind="primary", icon_name="zap")
        self._start.setObjectName("launch_confirm_button")
        self._start.setDefault(True)
        verdict = QHBoxLayout()
        verdict.setSpacing(2 * UNIT)
        verdict.addWidget(self._icon)
        verdict.addWidget(self._check, 1)
        buttons = QHBoxLayout()
        buttons.setSpacing(2 * UNIT)
        buttons.addStretch()
        buttons.addWidget(Button(self.tr("Cancel"), self.reject))
        buttons.addWidget(self._start)
        column = QVBoxLayout(self)
        column.setContentsMargins(6 * UNIT, 5 * UNIT, 6 * UNIT, 5 * UNIT)
        column.setSpacing(3 * UNIT)
        column.addWidget(Label(self.tr("Train a model"), "title"))
        column.addWidget(self._form)
        column.addWidget(separator())
        column.addLayout(verdict)
        column.addWidget(self._anyway)
        column.addWidget(self._estimate)
        column.addSpacing(UNIT)
        column.addLayout(buttons)

    def _fill_in(self) -> None:
        desk, like = self._desk, self._like
        self._form.show_file(self.tr("{file}, as it is on screen").format(file=desk.dataset.title))
        self._form.hold_back(on=self._examples() >= SMALLEST_TO_SPLIT)
        self._form.suggest_suffix(
            like.suffix if like and like.suffix else suggested_suffix(Path(desk.dataset.title).stem)
        )
        titles = {name: desk.host.title(name) for name in desk.host_names()}
        self._form.offer_hosts(titles, like.host if like and like.host in titles else desk.host.name)

    def _examples(self) -> int:
        document = self._desk.dataset.document
        return len(document) if document is not None else 0

    def _choose_host(self) -> None:
        host = self._form.host
        # The checks follow the host, whose requirements differ.
        self._desk.host.choose(host)
        methods = list(self._desk.app.hosts.profile(host).methods)
        titles: dict[Method, str] = {
            "supervised": self.tr("Supervised"),
            "dpo": self.tr("Preference (DPO)"),
            "reinforcement": self.tr("Reinforcement"),
        }
        summary = self._desk.checking.summary
        fitting = _METHOD_OF_KIND.get(summary.method if summary else "supervised", "supervised")
        self._form.offer_methods([(method, titles[method]) for method in methods], fitting)
        self._choose_method()
        self._tasks.start("models", self._list_models(host))

    def _choose_method(self) -> None:
        profile, method = self._desk.app.hosts.profile(self._form.host), self._form.method
        like = self._like.hyperparameters if self._like is not None and self._like.host == self._form.host else {}
        self._form.offer_settings(profile.methods[method] if method else (), like)
        self._show_state()

    async def _list_models(self, host: str) -> None:
        self._model_problem = self.tr("Asking the host for its models …")
        self._form.offer_models((), "", may_type=False)
        self._show_state()
        listed: list[ModelInfo] = []
        try:
            client = await self._desk.app.hosts.client(host)
            listed = await client.models()
            self._model_problem = ""
        except FtdeskError as error:
            self._model_problem = error.sentence
        models = trainable(listed)
        known = [name for name in self._desk.app.hosts.profile(host).trainable_models if name not in _ids(models)]
        models += [ModelInfo(name, trainable=True) for name in known]
        self._form.offer_models(models, self._usual_model(host, models), may_type=host != LOCAL)
        if self._model_problem and models:
            self._form.say_of_models(visible(self._model_problem))
            self._model_problem = ""
        self._show_state()

    def _usual_model(self, host: str, models: Sequence[ModelInfo]) -> str:
        """The base of the last training on this host, else the first that the host has."""
        past, ids = self._desk.jobs.jobs, _ids(models)
        if self._like is not None:
            past.insert(0, self._like)
        used = [job.model for job in past if job.host == host and job.model in ids]
        return used[0] if used else (models[0].id if models else "")

    def _shares_changed(self) -> None:
        self._data = None
        self._settle.start()
        self._show_state()

    async def _deal_out(self) -> None:
        """Copy the dataset if that was not done yet, and deal it out. In threads: both may be large."""
        document = self._desk.dataset.document
        if document is None:
            return
        self._data_problem = ""
        try:
            if self._copy is None:
                folder = self._desk.app.folders.data / "datasets"
                self._copy = await asyncio.to_thread(copy_of, document, folder)
            self._data = await asyncio.to_thread(prepare, self._copy, len(document), self._form.shares)
        except InputError as error:
            self._data_problem = error.sentence
        self._show_state()

    def _show_state(self) -> None:
        """What is known so far, and whether it may start."""
        self._form.offer_shares(enough=self._examples() >= SMALLEST_TO_SPLIT, text=self._parts())
        waiting, blocking = self._waiting(), self._blocking()
        rejected = "" if waiting or blocking else self._rejected()
        text = waiting or blocking or rejected or self._accepted()
        self._check.setText(visible(text))
        table = tokens(self.palette())
        icon, colour = ("circle-check", table.accent)
        if waiting:
            icon, colour = ("loader-circle", table.mute)
        elif blocking or rejected:
            icon, colour = ("circle-x", table.error)
        self._icon.setPixmap(pixmap(icon, colour, 18, self.devicePixelRatioF()))
        self._anyway.setVisible(bool(rejected))
        self._estimate.setText(self._expectation())
        self._start.setEnabled(not waiting and not blocking and (not rejected or self._anyway.isChecked()))
        self._fit()

    def _fit(self) -> None:
        """As high as its wrapped texts need; Qt's own adjustment does not ask them."""
        layout = self.layout()
        if layout is not None:
            layout.activate()
            self.setFixedHeight(layout.totalHeightForWidth(_WIDTH))

    def _waiting(self) -> str:
        checking = self._desk.checking
        if self._data is None and not self._data_problem:
            return self.tr("Preparing the data …")
        if self._model_problem and not self._form.model:
            return "" if self._model_problem.endswith(".") else self._model_problem
        if checking.summary is None:
            return self.tr("Checking: {done} of {total} examples …").format(
                done=f"{checking.checked:,}", total=f"{self._examples():,}"
            )
        return ""

    def _blocking(self) -> str:
        """What nobody could want to override."""
        if self._data_problem:
            return self._data_problem
        if not self._form.model:
            return self._model_problem or self.tr("Choose a base model.")
        try:
            self._plan()
        except FtdeskError as error:
            return error.sentence
        return ""

    def _rejected(self) -> str:
        """What the host would reject, as far as the check can tell."""
        data = self._data
        if data is None:
            return ""
        least = _least_examples(self._form.host)
        training = data.rows.get("train", ())
        if len(training) < least:
            return self.tr("The host asks for at least {least} examples to train on; these are {count}.").format(
                least=least, count=len(training)
            )
        used = {row for part, rows in data.rows.items() if part != "test" for row in rows}
        findings = self._desk.checking.all_findings() if self._desk.checking.count("error") else ()
        wrong = {row for row, finding in findings if finding.severity == "error" and (row in used or row < 0)}
        if not wrong:
            return ""
        first = min(row for row in wrong) + 1
        where = self.tr("the first is line {line}").format(line=first) if first else self.tr("see Check")
        return plural(
            len(wrong),
            self.tr("1 error: the host would reject this file") + f" ({where}).",
            self.tr("{number} errors: the host would reject this file") + f" ({where}).",
        )

    def _accepted(self) -> str:
        warnings = self._desk.checking.count("warning")
        if not warnings:
            return self.tr("No errors and no warnings.")
        return plural(
            warnings, self.tr("No errors, 1 warning (see Check)."), self.tr("No errors, {number} warnings (see Check).")
        )

    def _parts(self) -> str:
        data = self._data
        if self._examples() < SMALLEST_TO_SPLIT:
            return self.tr("With fewer than {count} examples, all are needed for training.").format(
                count=SMALLEST_TO_SPLIT
            )
        if data is None:
            return " "
        names = {"train": self.tr("train"), "validation": self.tr("validate"), "test": self.tr("test")}
        parts = " · ".join(f"{len(rows):,} {names[part]}" for part, rows in data.rows.items())
        if data.left_out:
            parts += " · " + plural(
                len(data.left_out),
                self.tr("1 line left out: no example"),
                self.tr("{number} lines left out: no examples"),
            )
        return parts

    def _expectation(self) -> str:
        """Tokens × epochs, cost, and how long it may take."""
        data, checking = self._data, self._desk.checking
        if data is None or checking.summary is None:
            return " "
        training = data.rows.get("train", ())
        count = sum(checking.tokens(row) or 0 for row in training)
        epochs = self._form.settings.epochs()
        told = [self.tr("{tokens} tokens × automatic epochs").format(tokens=f"{count:,}")]
        if epochs is not None:
            told = [
                self.tr("{tokens} tokens × {epochs} epochs = {total} tokens").format(
                    tokens=f"{count:,}", epochs=epochs, total=f"{count * epochs:,}"
                )
            ]
        told.append(money(None, self._form.host) if self._form.host == LOCAL else self.tr("billed by the host"))
        seconds = expected_seconds(
            self._form.host, count, _size(data.training), len(training), epochs, self._desk.jobs.jobs
        )
        if seconds is not None:
            told.append(self.tr("about {time}").format(time=duration(_rounded(seconds))))
        return " · ".join(told)

    def _plan(self) -> LaunchPlan:
        """Raises ``InputError`` for what the host would refuse."""
        method = self._form.method
        if self._data is None or method is None:
            raise InputError(self.tr("The data is not ready yet."))
        plan = LaunchPlan(
            training_file=self._data.training,
            model=ModelName(self._form.host, self._form.model),
            validation_file=self._data.validation,
            method=method,
            hyperparameters=self._form.settings.values(),
            suffix=self._form.suffix,
            seed=self._form.settings.seed(),
            estimated_cost=0.0 if self._form.host == LOCAL else None,
        )
        self._desk.app.hosts.profile(plan.model.host).check(plan.method, plan.hyperparameters, plan.suffix)
        return plan

    def _launch(self) -> None:
        self.launch_wanted.emit(self._plan())
        self.accept()


def trainable(models: Sequence[ModelInfo]) -> list[ModelInfo]:
    """Those that can be trained on: base models first, then tuned ones, the newest first. No single checkpoints."""
    possible = [info for info in models if info.trainable is not False and ":ckpt-step-" not in info.id]
    base = [info for info in possible if not info.id.startswith("ft:")]
    tuned = [info for info in possible if info.id.startswith("ft:")]
    return base + sorted(tuned, key=lambda info: -(info.created_at or 0))


def _ids(models: Sequence[ModelInfo]) -> set[str]:
    return {info.id for info in models}


def _least_examples(host: str) -> int:
    try:
        return requirements_of(host).min_examples
    except InputError:
        return 1


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _rounded(seconds: float) -> float:
    """As exact as a guess is: to 5 s below a minute, to half a minute above."""
    step = 5 if seconds < 60 else 30
    return max(step, round(seconds / step) * step)

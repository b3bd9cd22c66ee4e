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
from ftdesk.overrides import override
from ftdesk.ui.desk import Desk
from ftdesk.ui.icons import pixmap
from ftdesk.ui.jobs.launch_form import LaunchForm
from ftdesk.ui.jobs.outlook import Outlook
from ftdesk.ui.jobs.training_data import SMALLEST_TO_SPLIT, Shares, TrainingData, copy_of, prepare, suggested_suffix
from ftdesk.ui.models import CHECKPOINT, in_order
from ftdesk.ui.tasks import Tasks
from ftdesk.ui.text import Label, visible
from ftdesk.ui.tokens import UNIT, tokens
from ftdesk.ui.widgets import Button, separator
from ftdesk.validation.prices import prices_of

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
        self._unsplit = ""
        self._shares_chosen = False
        self._model_problem = ""
        self._models_pending = True
        self._is_unchecked = False
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
        self._form.shares_chosen.connect(self._remember_choice)
        desk.checking.rows_checked.connect(self._show_state)
        desk.checking.summarised.connect(self._show_state)
        desk.checking.stopped.connect(self._checking_stopped)
        self._tasks.start("split", self._deal_out())
        self._choose_host()
        # Until it is known what the user has to do next; Return starts it.
        self.setFocus()

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
        self._form.hold_back(on=self._is_enough)
        self._form.suggest_suffix(
            like.suffix if like and like.suffix else suggested_suffix(Path(desk.dataset.title).stem)
        )
        titles = {name: desk.host.title(name) for name in desk.host_names()}
        self._form.offer_hosts(titles, like.host if like and like.host in titles else desk.host.name)

    def _examples(self) -> int:
        document = self._desk.dataset.document
        return len(document) if document is not None else 0

    @property
    def _is_enough(self) -> bool:
        """Whether examples can be held back."""
        return self._examples() >= SMALLEST_TO_SPLIT

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
        self._models_pending, self._model_problem = True, ""
        self._form.offer_models((), "", may_type=False)
        self._show_state()
        listed: list[ModelInfo] = []
        try:
            client = await self._desk.app.hosts.client(host)
            listed = await client.models()
        except FtdeskError as error:
            self._model_problem = error.sentence
        self._models_pending = False
        models = trainable(listed)
        known = [name for name in self._desk.app.hosts.profile(host).trainable_models if name not in _ids(models)]
        models += [ModelInfo(name, trainable=True) for name in known]
        self._form.offer_models(models, self._usual_model(host, models), may_type=host != LOCAL)
        if self._model_problem:
            self._form.say_of_models(visible(self._model_problem))
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

    def _remember_choice(self) -> None:
        self._shares_chosen = True

    async def _deal_out(self) -> None:
        """Copy the dataset if that was not done yet, and deal it out. In threads: both may be large."""
        document = self._desk.dataset.document
        if document is None:
            return
        self._data_problem = ""
        if self._form.shares != Shares():
            self._unsplit = ""
        try:
            if self._copy is None:
                folder = self._desk.app.folders.data / "datasets"
                self._copy = await asyncio.to_thread(copy_of, document, folder)
            self._data = await asyncio.to_thread(prepare, self._copy, len(document), self._form.shares)
        except InputError as error:
            if self._form.shares == Shares() or self._shares_chosen:
                self._data_problem = error.sentence
            else:
                # Nobody asked for parts; where there cannot be any, all is for training.
                self._unsplit = error.title
                self._form.hold_back(on=False)
        except FtdeskError as error:
            self._data_problem = error.sentence
        self._show_state()

    def _show_state(self) -> None:
        """What is known so far, and whether it may start."""
        outlook = self._outlook()
        self._form.offer_shares(enough=self._is_enough, text=self._parts(outlook))
        waiting, blocking = self._waiting(), self._blocking()
        rejection = "" if waiting or blocking or outlook is None else self._rejection(outlook)
        accepted = outlook.acceptance() if outlook is not None else ""
        self._check.setText(visible(waiting or blocking or rejection or accepted))
        icon = "loader-circle" if waiting else "circle-x" if blocking or rejection else "circle-check"
        table = tokens(self.palette())
        colour = {"loader-circle": table.mute, "circle-x": table.error}.get(icon, table.accent)
        self._icon.setPixmap(pixmap(icon, colour, 18, self.devicePixelRatioF()))
        self._anyway.setVisible(bool(rejection))
        known = outlook is not None and self._desk.checking.summary is not None
        told = outlook.expectation(self._form.settings.epochs(), self._desk.jobs.jobs) if outlook and known else " "
        self._estimate.setText(told)
        self._start.setEnabled(not waiting and not blocking and (not rejection or self._anyway.isChecked()))
        if self.focusWidget() is self and not waiting:
            (self._start if self._start.isEnabled() else self._form).setFocus()
        self._fit()

    def _outlook(self) -> Outlook | None:
        if self._data is None:
            return None
        try:
            prices = prices_of(self._desk.profile_of(self._form.host))
        except FtdeskError:  # Check says what is wrong with the file; a launch can do without
            prices = None
        profile = self._desk.profile_of(self._form.host)
        return Outlook(self._data, self._desk.checking, self._form.host, profile, self._form.model, prices)

    def _estimated_cost(self) -> float | None:
        outlook = self._outlook()
        cost = outlook.cost(self._form.settings.epochs()) if outlook and self._desk.checking.summary else None
        return 0.0 if self._form.host == LOCAL else cost.training if cost is not None else None

    def _fit(self) -> None:
        """As high as its wrapped texts need; Qt's own adjustment does not ask them."""
        layout = self.layout()
        if layout is not None:
            layout.activate()
            self.setFixedHeight(layout.totalHeightForWidth(_WIDTH))

    def _parts(self, outlook: Outlook | None) -> str:
        if not self._is_enough:
            text = self.tr("With fewer than {count} examples, all are needed for training.")
            return text.format(count=SMALLEST_TO_SPLIT)
        if outlook is None:
            return " "
        return f"{outlook.parts()} · {self._unsplit}" if self._unsplit else outlook.parts()

    def _waiting(self) -> str:
        checking = self._desk.checking
        if self._data is None and not self._data_problem:
            return self.tr("Preparing the data …")
        if self._models_pending:
            return self.tr("Asking the host for its models …")
        if checking.summary is None and not self._is_unchecked:
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

    def _rejection(self, outlook: Outlook) -> str:
        if self._is_unchecked:
            return self.tr("Checking has stopped, so nobody knows whether the host would reject this file.")
        return outlook.rejection()

    def _checking_stopped(self) -> None:
        self._is_unchecked = True
        self._show_state()

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
            estimated_cost=self._estimated_cost(),
        )
        self._desk.app.hosts.profile(plan.model.host).check(plan.method, plan.hyperparameters, plan.suffix)
        return plan

    def _launch(self) -> None:
        self.launch_wanted.emit(self._plan())
        self.accept()


def trainable(models: Sequence[ModelInfo]) -> list[ModelInfo]:
    """Those that can be trained on, in order. No single checkpoints."""
    return in_order(info for info in models if info.trainable is not False and CHECKPOINT not in info.id)


def _ids(models: Sequence[ModelInfo]) -> set[str]:
    return {info.id for info in models}

"""What is to be evaluated: held-out examples, models, grader, how many."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QFileDialog, QGridLayout, QHBoxLayout, QLineEdit, QProgressBar, QWidget

from ftdesk.errors import InputError
from ftdesk.evaluation.graders import GRADERS
from ftdesk.hosts.types import ModelName
from ftdesk.ui.evaluation.score_bars import LETTERS
from ftdesk.ui.held_out import HeldOut
from ftdesk.ui.models import ModelChoice, Offer
from ftdesk.ui.text import ElidedLabel, Label, one_line, set_tooltip
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Button, Chip, Choice, IconButton, Surface

_CHOOSE = "?"
MOST_MODELS = len(LETTERS)


class EvaluationSetup(Surface):
    """``run_wanted`` and ``stop_wanted`` tell what was pressed; everything else is read from here."""

    run_wanted = Signal()
    stop_wanted = Signal()
    chosen = Signal()
    """The user has chosen a file or a model."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("card", 3 * UNIT, 2 * UNIT, parent)
        self._offers: Sequence[Offer] = ()
        self._choices: list[ModelChoice] = []
        self._rows: list[QWidget] = []
        self._file = Choice(self.tr("Held-out examples"))
        self._file.setObjectName("evaluation_file")
        self._file.addItem(self.tr("Choose a file…"), _CHOOSE)
        self._file.activated.connect(self._file_chosen)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(2 * UNIT)
        self._grid.setVerticalSpacing(2 * UNIT)
        self._grid.setColumnStretch(1, 1)
        self._grid.setColumnStretch(3, 1)
        self.column.addLayout(self._make_first_row())
        self.column.addLayout(self._grid)
        self.column.addLayout(self._make_last_row())
        self.add_model()
        self.add_model()
        self.show_running(on=False)

    @property
    def file(self) -> Path | None:
        named = self._file.currentData()
        return Path(named) if named and named != _CHOOSE else None

    @property
    def models(self) -> list[ModelName]:
        """Those that are chosen, each once."""
        return list(dict.fromkeys(name for choice in self._choices if (name := choice.chosen) is not None))

    @property
    def grader(self) -> str:
        return str(self._grader.currentData())

    @property
    def reuses_answers(self) -> bool:
        return self._reuse.isChecked()

    @property
    def limit(self) -> int | None:
        """Raises ``InputError`` for what is no number from 1."""
        text = self._limit.text().strip()
        if not text:
            return None
        if not text.isdecimal() or int(text) < 1:
            raise InputError(
                f"“{text}” is no number of examples.", hint="Give a whole number from 1, or leave it empty."
            )
        return int(text)

    def offer_files(self, parts: Sequence[HeldOut]) -> None:
        """List the held-out parts of trainings, beside the files that were chosen."""
        for part in reversed(parts):
            if self._file.findData(str(part.path)) < 0:
                self._file.insertItem(0, one_line(self._name(part.title), 60), str(part.path))

    def choose_file(self, path: Path, title: str = "") -> None:
        at = self._file.findData(str(path))
        if at < 0:
            at = 0
            self._file.insertItem(at, one_line(title or path.name, 60), str(path))
        self._file.setCurrentIndex(at)
        set_tooltip(self._file, str(path))

    def offer_models(self, offers: Sequence[Offer]) -> None:
        self._offers = offers
        for choice in self._choices:
            choice.offer(offers)

    def choose_models(self, *models: ModelName | None) -> None:
        """A, B and so on; ``None`` leaves a choice as it is."""
        for choice, model in zip(self._choices, models, strict=False):
            if model is not None:
                choice.choose(model)

    def add_model(self) -> None:
        number = len(self._choices)
        if number == MOST_MODELS:
            return
        name = self.tr("Model {letter}").format(letter=LETTERS[number])
        choice = ModelChoice(name)
        choice.setObjectName(f"evaluation_model_{LETTERS[number].lower()}")
        choice.offer(self._offers)
        choice.picked.connect(self.chosen)
        row, column = divmod(number, 2)
        self._grid.addWidget(Chip(LETTERS[number], "accent"), row, 2 * column)
        self._grid.addWidget(choice, row, 2 * column + 1)
        self._choices.append(choice)
        self._add.setEnabled(len(self._choices) < MOST_MODELS)

    def show_running(self, *, on: bool, resumable: bool = False) -> None:
        keyboard_here = self.run.hasFocus() or self._stop.hasFocus()
        self.run.setVisible(not on)
        self.run.setText(self.tr("Resume") if resumable else self.tr("Run"))
        self._stop.setVisible(on)
        self._progress.setVisible(on)
        self.show_progress(0, 0)
        if keyboard_here:
            (self._stop if on else self.run).setFocus()

    def show_progress(self, done: int, total: int) -> None:
        self._progress.setRange(0, total)
        self._progress.setValue(done)
        self._told.setText(
            self.tr("{done} of {total} answers").format(done=f"{done:,}", total=f"{total:,}") if total else ""
        )

    def say_of_file(self, text: str) -> None:
        """What is to be known about the chosen file."""
        self._skipped.setText(text)

    def _name(self, title: str) -> str:
        return self.tr("Test part of {name}").format(name=title)

    def _make_first_row(self) -> QHBoxLayout:
        self._grader = Choice(self.tr("Grader"))
        self._grader.setObjectName("evaluation_grader")
        for grader in GRADERS:
            self._grader.addItem(f"{grader.name}: {grader.summary}", grader.name)
        self._limit = QLineEdit()
        self._limit.setObjectName("evaluation_limit")
        self._limit.setAccessibleName(self.tr("Most examples"))
        self._limit.setPlaceholderText(self.tr("all"))
        self._limit.setFixedWidth(18 * UNIT)
        self._add = IconButton("plus", self.tr("Add a model"), self.add_model)
        row = QHBoxLayout()
        row.setSpacing(2 * UNIT)
        row.addWidget(Label(self.tr("Examples"), "caption"))
        row.addWidget(self._file, 2)
        row.addWidget(Label(self.tr("Grader"), "caption"))
        row.addWidget(self._grader, 2)
        row.addWidget(Label(self.tr("Limit"), "caption"))
        row.addWidget(self._limit)
        row.addWidget(self._add)
        return row

    def _make_last_row(self) -> QHBoxLayout:
        self._reuse = QCheckBox(self.tr("Reuse stored answers"))
        self._reuse.setObjectName("evaluation_reuse")
        self._reuse.setChecked(True)
        set_tooltip(
            self._reuse, self.tr("What was asked before with the same file and grader is not asked, or paid, again.")
        )
        self._skipped = ElidedLabel("", "warning")
        self._skipped.setObjectName("evaluation_skipped_label")
        self._told = Label("", "caption")
        self._progress = QProgressBar()
        self._progress.setAccessibleName(self.tr("Progress of the evaluation"))
        self._progress.setTextVisible(False)
        self._progress.setFixedWidth(50 * UNIT)
        self.run = Button(self.tr("Run"), self.run_wanted.emit, kind="primary", icon_name="play")
        self.run.setObjectName("evaluation_run_button")
        self._stop = Button(self.tr("Stop"), self.stop_wanted.emit, icon_name="square")
        self._stop.setObjectName("evaluation_stop_button")
        row = QHBoxLayout()
        row.setSpacing(3 * UNIT)
        row.addWidget(self._reuse)
        row.addWidget(self._skipped, 1)
        row.addWidget(self._told)
        row.addWidget(self._progress)
        row.addWidget(self._stop)
        row.addWidget(self.run)
        return row

    def _file_chosen(self) -> None:
        if self._file.currentData() != _CHOOSE:
            set_tooltip(self._file, str(self.file))
            self.chosen.emit()
            return
        dialog = QFileDialog(self, self.tr("Held-out examples"), "", self.tr("JSON Lines (*.jsonl);;All files (*)"))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.fileSelected.connect(lambda name: self._use_file(Path(name)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _use_file(self, path: Path) -> None:
        self.choose_file(path)
        self.chosen.emit()

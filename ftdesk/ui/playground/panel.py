"""The place Playground: one prompt, two to four models side by side."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import ClassVar

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from ftdesk.dataset.document import Document
from ftdesk.errors import InputError
from ftdesk.hosts.types import ChatOptions, ModelName
from ftdesk.overrides import override
from ftdesk.playground.diff import word_diff
from ftdesk.playground.types import PaneEvent, PaneFailed, PaneFinished, PaneText
from ftdesk.ui.desk import Desk
from ftdesk.ui.fitted_text import FittedText
from ftdesk.ui.models import base_of, list_models, newest_pair
from ftdesk.ui.panel import Panel
from ftdesk.ui.playground.answers import MOST, Answers
from ftdesk.ui.playground.composer import Composer
from ftdesk.ui.playground.conversation import Turns
from ftdesk.ui.playground.pane import Pane
from ftdesk.ui.playground.prompts import Question, example_line, preference_line, question_of
from ftdesk.ui.playground.source import PromptSource
from ftdesk.ui.tasks import consume
from ftdesk.ui.text import Label
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Button, IconButton, Surface

_REFERENCE_HEIGHT = 20 * UNIT


class PlaygroundPanel(Panel):
    place: ClassVar[str] = "playground"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self._question = Question()
        self._asked = Question()
        self._models_chosen = False
        self._prefilled = ""
        self._told: set[str] = set()
        self._run = 0
        self._answers = Answers()
        self._composer = Composer()
        self._turns = Turns()
        self._source = PromptSource(desk, self.tasks)
        self._lay_out()
        self._connect()
        self._make_commands()
        self._prefill_system()
        self._show_saving()

    @override
    def activated(self) -> None:
        self._source.refresh()
        self._suggest_models()
        self.tasks.start("models", self._list_models())

    @override
    def focus_first(self) -> None:
        self._composer.prompt.setFocus()

    def try_model(self, name: str) -> None:
        """Put ``HOST/MODEL`` into the second pane, and what it was trained from into the first."""
        try:
            model = ModelName.parse(name)
        except InputError as error:
            self.desk.notices.show_error(error)
            return
        self._models_chosen = True
        base = base_of(model, self.desk.jobs.jobs)
        if base is not None:
            self._answers.panes[0].model.choose(base)
        self._answers.panes[1].model.choose(model)

    def use_example(self, row: int) -> None:
        """Ask what an example of the open dataset asks."""
        self._source.use_row(row)

    def send(self) -> None:
        """Ask all models. What is in the composer stays there, to be changed and sent again."""
        question = self._question.edited(self._composer.system.text, self._composer.prompt.text)
        try:
            options = self._composer.options(question.tools)
        except InputError as error:
            self.desk.notices.show_error(error)
            return
        if not (question.prompt.strip() or question.turns):
            self._composer.prompt.setFocus()
            return
        self.stop()
        self._asked = question
        if self._blind.isChecked():
            self._answers.shuffle()
            self._answers.set_blind(on=True)
        self._reference.setVisible(question.reference is not None)
        panes = self._answers.ask(question.reference)
        if not panes:
            self.desk.notices.show_notice(self.tr("Choose a model in at least one pane."))
            return
        self._composer.show_running(on=True)
        self.tasks.start("compare", self._compare(panes, question, options))

    def stop(self) -> None:
        if self.tasks.is_running("compare"):
            self.tasks.cancel("compare")
            for pane in self._answers.panes:
                pane.stop()
        self._composer.show_running(on=False)

    def save_example(self) -> None:
        """Append the question and the chosen answer to the open dataset."""
        pane = self._chosen()
        if pane is not None:
            self._append(example_line(self._asked, pane.message), self.tr("Save an answer as example"))

    def save_preference(self) -> None:
        """Append the question with the preferred answer and another one."""
        preferred, other = self._answers.preferred, self._other()
        if preferred is not None and other is not None:
            line = preference_line(self._asked, preferred.message, other.message)
            self._append(line, self.tr("Save two answers as preference"))

    async def _compare(self, panes: list[Pane], question: Question, options: ChatOptions) -> None:
        self._run += 1
        run = self._run
        models = [pane.asked for pane in panes if pane.asked is not None]

        def hear(event: PaneEvent) -> None:
            match event:
                case PaneText():
                    panes[event.pane].add(event.text)
                case PaneFinished():
                    panes[event.pane].finish(event.answer)
                case PaneFailed():
                    panes[event.pane].fail(event.error)

        try:
            await consume(self.desk.app.playground.compare(models, question.messages, options), hear)
        finally:
            # Another question may have been sent while this one was being stopped.
            if run == self._run:
                self._composer.show_running(on=False)
                self._show_saving()
        self._answers.warn_of_same_model()
        self._start_diff()

    def _start_diff(self) -> None:
        first, second = self._answers.panes[:2]
        if not self._diff.isChecked():
            self._answers.hide_diff()
        elif first.answer is not None and second.answer is not None:
            self.tasks.start("diff", self._compare_words(first.answer.text, second.answer.text))

    async def _compare_words(self, first: str, second: str) -> None:
        spans = await asyncio.to_thread(word_diff, first, second)
        self._answers.show_diff(spans)

    async def _list_models(self) -> None:
        offers, problems = await list_models(self.desk.app)
        self._answers.offer(offers)
        if self._answers.panes[0].model.chosen is None and offers:
            self._answers.panes[0].model.choose(offers[0].name)
        for problem in problems:
            # Once is enough for a host that stays away.
            if problem not in self._told:
                self._told.add(problem)
                self.desk.notices.show_notice(problem)

    def _suggest_models(self) -> None:
        """The base and the tuned model of the last training, until somebody chooses."""
        pair = newest_pair(self.desk.jobs.jobs)
        first, second = self._answers.panes[:2]
        if pair is None:
            second.say(self.tr("Train a model, and compare it here with its base."))
        elif not self._models_chosen:
            first.model.choose(pair[0])
            second.model.choose(pair[1])
            second.say(self.tr("The answer appears here."))

    def _remember_choice(self) -> None:
        self._models_chosen = True

    def _job_ended(self, _: str) -> None:
        self._source.refresh()
        self._suggest_models()
        if self.isVisible():
            self.tasks.start("models", self._list_models())

    def _show_question(self, question: Question) -> None:
        self._question = question
        if question.system:
            self._composer.system.show_text(question.system)
        self._composer.prompt.show_text(question.prompt)
        self._turns.show_turns(question.turns)
        self._reference.setVisible(question.reference is not None)
        self._reference_text.show_plain(question.reference or "")

    def _continue_with(self, pane: Pane) -> None:
        """What was asked and this answer become part of the conversation."""
        turns = (*self._asked.turns, *self._asked.asked, pane.message)
        self._show_question(Question(self._asked.system, turns, tools=self._asked.tools))
        self._composer.prompt.setFocus()

    def _take_back(self, index: int) -> None:
        turns = self._question.turns
        self._show_question(
            replace(self._question, turns=turns[:index], prompt=str(turns[index]["content"]), reference=None)
        )
        self._composer.prompt.setFocus()

    def _start_over(self) -> None:
        self._show_question(Question(self._composer.system.text))
        self._composer.prompt.setFocus()

    def _prefill_system(self) -> None:
        """The system prompt of the open dataset, unless the user has written another."""
        document = self.desk.dataset.document
        if document is None or self._composer.system.text not in ("", self._prefilled):
            return
        question = question_of(document.record(0)) if len(document) else None
        self._prefilled = question.system if question is not None else ""
        self._composer.system.show_text(self._prefilled)

    def _chosen(self) -> Pane | None:
        """The preferred answer, else that of the last pane: the tuned model's, as a rule."""
        answered = [pane for pane in self._answers.panes if pane.has_answer]
        return self._answers.preferred or (answered[-1] if answered else None)

    def _other(self) -> Pane | None:
        """An answer that was not preferred."""
        return next((pane for pane in self._answers.panes if pane.has_answer and not pane.is_preferred), None)

    def _show_saving(self) -> None:
        pane = self._chosen()
        self._save.setEnabled(pane is not None)
        text = self.tr("Save as example")
        self._save.setText(text if pane is None else self.tr("Save {letter} as example").format(letter=pane.letter))
        voted = self._answers.preferred is not None
        self._save_pair.setVisible(voted and self._other() is not None)
        if voted and self._blind.isChecked():
            self._blind.setChecked(False)

    def _append(self, line: bytes, title: str) -> None:
        dataset = self.desk.dataset
        if dataset.document is None:
            self.desk.files.new()

        def insert(document: Document) -> None:
            document.insert(len(document), [line], title)

        if not dataset.attempt(insert) or dataset.document is None:
            return
        text = self.tr("Saved as example {number} of {file}.").format(
            number=f"{len(dataset.document):,}", file=dataset.title
        )
        if self._asked.is_held_out:
            text += self.tr(" Its prompt is held out: evaluations on that part are too good from now on.")
        dataset.offer_undo(text)

    def _lay_out(self) -> None:
        self._reference = Surface("code", 2 * UNIT, UNIT)
        self._reference.setObjectName("reference_card")
        self._reference.column.addWidget(Label(self.tr("Reference answer"), "caption"))
        self._reference_text = FittedText(self.tr("Reference answer"), _REFERENCE_HEIGHT)
        self._reference_text.setObjectName("reference_text")
        self._reference.column.addWidget(self._reference_text)
        self._reference.hide()
        self._save = Button("", self.save_example, icon_name="file-plus")
        self._save.setObjectName("save_example_button")
        self._save_pair = Button(self.tr("Save as preference pair"), self.save_preference, icon_name="thumbs-up")
        self._save_pair.setObjectName("save_preference_button")
        self._composer.extra.addWidget(self._save)
        self._composer.extra.addWidget(self._save_pair)
        column = QVBoxLayout(self)
        column.setContentsMargins(4 * UNIT, 3 * UNIT, 4 * UNIT, 3 * UNIT)
        column.setSpacing(2 * UNIT)
        column.addLayout(self._make_bar())
        column.addWidget(self._turns)
        column.addWidget(self._answers, 1)
        column.addWidget(self._reference)
        column.addWidget(self._composer)

    def _make_bar(self) -> QHBoxLayout:
        self._diff = self._toggle(self.tr("Word diff"), "git-compare", "diff_toggle")
        self._formatted = self._toggle(self.tr("Formatted"), "file-text", "formatted_toggle")
        self._blind = self._toggle(self.tr("Blind"), "eye-off", "blind_toggle")
        self._add = IconButton("plus", self.tr("Add a pane"), self._answers.add_pane)
        bar = QHBoxLayout()
        bar.setSpacing(UNIT)
        bar.addWidget(self._source)
        bar.addStretch()
        for widget in (self._diff, self._formatted, self._blind, self._add):
            bar.addWidget(widget)
        return bar

    def _toggle(self, text: str, icon_name: str, name: str) -> Button:
        button = Button(text, kind="quiet", icon_name=icon_name)
        button.setObjectName(name)
        button.setCheckable(True)
        return button

    def _connect(self) -> None:
        answers, composer = self._answers, self._composer
        composer.send_wanted.connect(self.send)
        composer.stop_wanted.connect(self.stop)
        answers.continue_wanted.connect(self._continue_with)
        answers.preference_changed.connect(self._show_saving)
        answers.model_picked.connect(self._remember_choice)
        answers.changed.connect(lambda: self._add.setEnabled(len(answers.panes) < MOST))
        self._turns.taken_back.connect(self._take_back)
        self._turns.cleared.connect(self._start_over)
        self._source.question_chosen.connect(self._show_question)
        self._diff.toggled.connect(lambda *_: self._start_diff())
        self._formatted.toggled.connect(lambda on: answers.set_formatted(on=on))
        self._blind.toggled.connect(lambda on: answers.set_blind(on=on))
        self.desk.dataset.replaced.connect(self._prefill_system)
        self.desk.jobs.ended.connect(self._job_ended)

    def _make_commands(self) -> None:
        self.command(self.tr("Send the prompt"), self.send, "Ctrl+Return")
        self.command(self.tr("Stop the answers"), self.stop, "Esc")
        self.command(self.tr("Ask again"), self.send, "Ctrl+R")
        self.command(self.tr("Word diff of the answers"), self._diff.toggle, "Ctrl+D")
        self.command(self.tr("Save the answer as example"), self.save_example, "Ctrl+E")
        self.command(self.tr("Next example as prompt"), lambda: self._source.step(1), "Alt+Down")
        self.command(self.tr("Previous example as prompt"), lambda: self._source.step(-1), "Alt+Up")
        self.command(self.tr("Add a pane"), self._answers.add_pane)

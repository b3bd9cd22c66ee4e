"""One model's answer: who was asked, who answered, how fast, and the text as it streams in."""

from __future__ import annotations

import json
from collections.abc import Sequence

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget

from ftdesk.errors import FtdeskError
from ftdesk.hosts.types import ChatFinished, Message, ModelName
from ftdesk.overrides import override
from ftdesk.playground.diff import Span
from ftdesk.ui.diff_text import Side, show_side
from ftdesk.ui.fitted_text import FittedText
from ftdesk.ui.models import ModelChoice
from ftdesk.ui.streamed_text import StreamedText
from ftdesk.ui.text import ElidedLabel, Label, set_tooltip
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Chip, IconButton, Surface

LETTERS = "ABCD"
_ERROR_HEIGHT = 50 * UNIT


class Pane(Surface):
    """``answer`` is there once the stream has ended; ``text`` is what has come so far."""

    continue_wanted = Signal()
    close_wanted = Signal()
    preferred = Signal(bool)
    model_chosen = Signal()
    model_picked = Signal()
    """By the user, and not by the program."""

    def __init__(self, number: int) -> None:
        super().__init__("card", 3 * UNIT, 2 * UNIT)
        self.setObjectName(f"pane_{number}")
        self.number = number
        self.letter = LETTERS[number]
        self.setAccessibleName(self.tr("Answer {letter}").format(letter=self.letter))
        self.answer: ChatFinished | None = None
        self.asked: ModelName | None = None
        self._reference: str | None = None
        self._diff: tuple[Sequence[Span], Side] | None = None
        self._build(number)
        self.reset()

    @property
    def text(self) -> str:
        """What the model has said so far."""
        return self.answer.text if self.answer is not None else self._text.text

    @property
    def has_answer(self) -> bool:
        return bool(self.text) or (self.answer is not None and bool(self.answer.tool_calls))

    @property
    def message(self) -> Message:
        """The answer as a message of a conversation."""
        calls = list(self.answer.tool_calls) if self.answer is not None else []
        if not calls:
            return {"role": "assistant", "content": self.text}
        return {"role": "assistant", "content": self.text or None, "tool_calls": calls}

    @property
    def is_preferred(self) -> bool:
        return self.prefer.isChecked()

    def ask(self, model: ModelName | None, reference: str | None) -> None:
        """An answer to another prompt begins; ``None`` leaves this pane out."""
        self.reset()
        self.asked, self._reference = model, reference
        if model is not None:
            self._served.setText(self.tr("waiting for the first token …"))
            self._pages.setCurrentWidget(self._text)

    def add(self, text: str) -> None:
        self._text.append_piece(text)

    def finish(self, answer: ChatFinished) -> None:
        self.answer = answer
        whole = answer.text + _calls(answer)
        if whole == self._text.text:
            # Shown already, but for the last piece; to show it anew would scroll away from where one reads.
            self._text.flush()
        else:
            self._text.show_text(whole)
        served = self.tr("answered by {model}").format(model=answer.served_model or self.tr("an unnamed model"))
        self._served.setText(served)
        self._figures.setText(_figures(answer))
        if not answer.complete:
            self._state.show_state(self.tr("incomplete: the connection broke off"), "warning")
        elif answer.finish_reason == "length":
            self._state.show_state(self.tr("cut at the token limit"), "warning")
        elif self._reference is not None:
            is_right = answer.text.strip() == self._reference.strip()
            text = self.tr("= reference") if is_right else self.tr("≠ reference")
            self._state.show_state(text, "accent" if is_right else "plain")
        self._state.setVisible(bool(self._state.text()))
        self._enable()

    def fail(self, error: FtdeskError) -> None:
        """Show why there is no answer, or why it ends here."""
        self._text.flush()
        self._error.show_plain(error.sentence)
        set_tooltip(self._error, error.detail)
        self._failure.show()
        self._served.setText("")
        if not self._text.text:
            self._pages.setCurrentWidget(self._blank)
            self._hint.setText("")
        else:
            self._state.show_state(self.tr("incomplete"), "warning")
            self._state.show()

    def stop(self) -> None:
        """The user has stopped it."""
        self._text.flush()
        if self.answer is None and self.asked is not None and self._failure.isHidden():
            self._served.setText("")
            self._state.show_state(self.tr("stopped"), "warning")
            self._state.show()
            self._enable()

    def reset(self) -> None:
        self.answer = self.asked = self._diff = None
        self._text.begin()
        self._failure.hide()
        self._state.setText("")
        self._state.hide()
        self._served.setText("")
        self._figures.setText("")
        self.prefer.setChecked(False)
        self._hint.setText(self.tr("The answer appears here."))
        self._pages.setCurrentWidget(self._blank)
        self._enable()

    def show_diff(self, spans: Sequence[Span], side: Side) -> None:
        self._diff = (spans, side)
        show_side(self._text, spans, side)

    def hide_diff(self) -> None:
        if self._diff is not None:
            self._diff = None
            self._text.show_text(self._text.text)

    def set_formatted(self, *, on: bool) -> None:
        self._text.set_formatted(on=on)

    def set_blind(self, *, on: bool) -> None:
        """Hide who answers."""
        self.model.setVisible(not on)
        self._hidden_name.setVisible(on)
        self._served.setVisible(not on)
        self._figures.setVisible(not on)

    def say(self, hint: str) -> None:
        """What an empty pane shows."""
        self._hint.setText(hint)

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and self.__dict__.get("_diff") is not None:
            self.show_diff(*self._diff)  # type: ignore[misc]

    def _build(self, number: int) -> None:
        self.column.addLayout(self._make_head(number))
        self.column.addLayout(self._make_facts(number))
        self._text = StreamedText()
        self._text.setObjectName(f"pane_{number}_text")
        self._text.setAccessibleName(self.tr("Text of answer {letter}").format(letter=self.letter))
        self._hint = Label("", "mute", wrap=True)
        self._hint.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._blank = self._hint
        self._pages = QStackedWidget()
        self._pages.addWidget(self._text)
        self._pages.addWidget(self._blank)
        self._failure = Surface("error", 2 * UNIT, UNIT)
        self._error = FittedText(self.tr("Why answer {letter} failed").format(letter=self.letter), _ERROR_HEIGHT)
        self._error.setObjectName(f"pane_{number}_error")
        self._failure.column.addWidget(self._error)
        self.column.addWidget(self._failure)
        self.column.addWidget(self._pages, 1)
        self.column.addLayout(self._make_foot(number))

    def _make_head(self, number: int) -> QHBoxLayout:
        badge = Chip(self.letter, "accent")
        name = self.tr("Model of pane {letter}").format(letter=self.letter)
        self.model = ModelChoice(name)
        self.model.setObjectName(f"pane_{number}_model")
        self.model.currentTextChanged.connect(lambda *_: self.model_chosen.emit())
        self.model.picked.connect(self.model_picked)
        self._hidden_name = Label(self.tr("Hidden until you choose"), "mute")
        self._hidden_name.hide()
        self.close_button = IconButton("x", self.tr("Remove pane {letter}").format(letter=self.letter), size=14)
        self.close_button.clicked.connect(lambda *_: self.close_wanted.emit())
        row = QHBoxLayout()
        row.setSpacing(2 * UNIT)
        row.addWidget(badge)
        row.addWidget(self.model, 1)
        row.addWidget(self._hidden_name, 1)
        row.addWidget(self.close_button)
        return row

    def _make_facts(self, number: int) -> QHBoxLayout:
        self._served = _keeping_room(ElidedLabel("", "caption"))
        self._served.setObjectName(f"pane_{number}_served")
        self._state = Chip()
        self._state.setObjectName(f"pane_{number}_state")
        row = QHBoxLayout()
        row.setSpacing(2 * UNIT)
        row.addWidget(self._served, 1)
        row.addWidget(self._state)
        return row

    def _make_foot(self, number: int) -> QHBoxLayout:
        self._figures = _keeping_room(ElidedLabel("", "caption"))
        self._figures.setObjectName(f"pane_{number}_figures")
        self.prefer = IconButton("thumbs-up", self.tr("Prefer answer {letter}").format(letter=self.letter))
        self.prefer.setCheckable(True)
        self.prefer.toggled.connect(self._prefer)
        self._copy = IconButton("copy", self.tr("Copy answer {letter}").format(letter=self.letter), self._copy_text)
        self._go_on = IconButton(
            "message-square-plus",
            self.tr("Continue the conversation with answer {letter}").format(letter=self.letter),
            self.continue_wanted.emit,
        )
        row = QHBoxLayout()
        row.setSpacing(UNIT)
        row.addWidget(self._figures, 1)
        for button in (self.prefer, self._copy, self._go_on):
            row.addWidget(button)
        return row

    def _prefer(self, on: bool) -> None:
        self.prefer.set_icon("thumbs-up")
        self.preferred.emit(on)

    def _enable(self) -> None:
        for button in (self.prefer, self._copy, self._go_on):
            button.setEnabled(self.has_answer)

    def _copy_text(self) -> None:
        QGuiApplication.clipboard().setText(self.text)


def _keeping_room(label: ElidedLabel) -> ElidedLabel:
    """So that nothing moves when names are hidden."""
    policy = label.sizePolicy()
    policy.setRetainSizeWhenHidden(True)
    label.setSizePolicy(policy)
    return label


def _figures(answer: ChatFinished) -> str:
    """Time to the first token, tokens a second, tokens."""
    told = []
    if answer.first_token_seconds is not None:
        told.append(f"first token {answer.first_token_seconds:.2f} s")
        writing = answer.seconds - answer.first_token_seconds
        if answer.completion_tokens and writing > 0:
            told.append(f"{answer.completion_tokens / writing:,.0f} tokens/s")
    if answer.completion_tokens is not None:
        read = f"{answer.prompt_tokens:,} + " if answer.prompt_tokens is not None else ""
        told.append(f"{read}{answer.completion_tokens:,} tokens")
    return " · ".join(told)


def _calls(answer: ChatFinished) -> str:
    """Tool calls, as they were made."""
    return "".join(f"\n\n{json.dumps(call, ensure_ascii=False, indent=2)}" for call in answer.tool_calls)

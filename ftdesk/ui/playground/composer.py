"""The prompt: system text, message, how to sample, and the buttons that send and stop."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QWidget

from ftdesk.errors import InputError
from ftdesk.hosts.types import ChatOptions
from ftdesk.ui.prompt_edit import PromptEdit
from ftdesk.ui.text import Label, set_tooltip
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Button, Surface

_PROMPT_HEIGHT, _SYSTEM_HEIGHT = 36 * UNIT, 14 * UNIT
_LABEL_WIDTH = 15 * UNIT


class Composer(Surface):
    """``extra`` is the row beside the buttons, for what belongs to the panel."""

    send_wanted = Signal()
    stop_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("card", 0, 2 * UNIT, parent)
        self.column.setContentsMargins(4 * UNIT, 3 * UNIT, 3 * UNIT, 3 * UNIT)
        self.system = PromptEdit(self.tr("System prompt"))
        self.system.setObjectName("system_edit")
        self.system.setPlaceholderText(self.tr("How the models should behave (optional)"))
        self.system.limit_height(_SYSTEM_HEIGHT)
        self.prompt = PromptEdit(self.tr("Prompt"))
        self.prompt.setObjectName("prompt_edit")
        self.prompt.setPlaceholderText(self.tr("Ask all models the same…"))
        self.prompt.limit_height(_PROMPT_HEIGHT)
        for title, edit in ((self.tr("System"), self.system), (self.tr("Prompt"), self.prompt)):
            edit.send_pressed.connect(self.send_wanted)
            label = Label(title, "caption")
            label.setFixedWidth(_LABEL_WIDTH)
            row = QHBoxLayout()
            row.addWidget(label)
            row.addWidget(edit, 1)
            self.column.addLayout(row)
        self._options = self._make_options()
        self._options.hide()
        self.column.addWidget(self._options)
        self.column.addLayout(self._make_buttons())
        self.show_running(on=False)

    def options(self, tools: Sequence[Mapping[str, Any]] = ()) -> ChatOptions:
        """How to sample. Raises ``InputError`` for what is no number in its range."""
        longest, seed = _number(self._longest, 1), _number(self._seed, 0)
        return ChatOptions(
            temperature=_number(self._temperature, 0, 2),
            top_p=_number(self._top_p, 0, 1),
            max_tokens=None if longest is None else int(longest),
            seed=None if seed is None else int(seed),
            tools=tools,
        )

    def show_running(self, *, on: bool) -> None:
        self._send.setVisible(not on)
        self._stop.setVisible(on)

    def _make_options(self) -> QWidget:
        # Greedy by default: the same question gives the same answer, so that what differs is the models.
        self._temperature = self._field(self.tr("Temperature"), "0", "temperature_edit")
        self._top_p = self._field(self.tr("Top p"), "", "top_p_edit")
        self._longest = self._field(self.tr("Most tokens"), "", "max_tokens_edit")
        self._seed = self._field(self.tr("Seed"), "", "seed_edit")
        options = QWidget()
        row = QHBoxLayout(options)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(2 * UNIT)
        for field in (self._temperature, self._top_p, self._longest, self._seed):
            row.addWidget(Label(field.accessibleName(), "caption"))
            row.addWidget(field)
            row.addSpacing(2 * UNIT)
        row.addStretch()
        return options

    def _field(self, name: str, text: str, object_name: str) -> QLineEdit:
        field = QLineEdit(text)
        field.setObjectName(object_name)
        field.setAccessibleName(name)
        field.setPlaceholderText(self.tr("auto"))
        field.setFixedWidth(18 * UNIT)
        field.returnPressed.connect(self.send_wanted)
        return field

    def _make_buttons(self) -> QHBoxLayout:
        self._toggle = Button(self.tr("Options"), self._toggle_options, kind="quiet", icon_name="sliders-horizontal")
        self._toggle.setObjectName("options_button")
        self._send = Button(self.tr("Send"), self.send_wanted.emit, kind="primary", icon_name="send")
        self._send.setObjectName("send_button")
        set_tooltip(self._send, self.tr("Send to all models  Ctrl+Enter"))
        self._stop = Button(self.tr("Stop"), self.stop_wanted.emit, icon_name="square")
        self._stop.setObjectName("stop_button")
        set_tooltip(self._stop, self.tr("Stop all answers  Esc"))
        self.extra = QHBoxLayout()
        self.extra.setSpacing(UNIT)
        row = QHBoxLayout()
        row.setSpacing(2 * UNIT)
        row.addLayout(self.extra)
        row.addWidget(self._toggle)
        row.addStretch()
        row.addWidget(Label(self.tr("Ctrl+Enter sends"), "caption"))
        row.addWidget(self._stop)
        row.addWidget(self._send)
        return row

    def _toggle_options(self) -> None:
        self._options.setVisible(self._options.isHidden())


def _number(field: QLineEdit, low: float, high: float = float("inf")) -> float | None:
    text = field.text().strip().replace(",", ".")
    if not text or text == "auto":
        return None
    limits = f"from {low:g}" + ("" if high == float("inf") else f" to {high:g}")
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise InputError(
            f"{field.accessibleName()} cannot be “{text}”.", hint=f"Give a number {limits}, or leave it empty."
        )
    return value

"""A call of a tool inside a message: name, id, arguments, and the way to its answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from ftdesk.dataset.spans import JsonSyntaxError, dump
from ftdesk.dataset.tool_calls import answer_call, define_tool, remove_call, rename_call, set_in_call, tool_name
from ftdesk.ui.dataset.context import CardContext
from ftdesk.ui.dataset.edits import arguments_as_sent
from ftdesk.ui.dataset.text_line import TextLine
from ftdesk.ui.dataset.value_editors import ArgumentsEditor
from ftdesk.ui.fonts import mono_font
from ftdesk.ui.json_text import spread
from ftdesk.ui.text import Label, one_line, original, visible
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Button, IconButton, Surface


class ToolCallView(Surface):
    """Says every edit with its title and the edit of the line."""

    edited = Signal(str, object)
    restructured = Signal(str, object)
    """An edit after which places are others: what is typed elsewhere must be committed before."""
    jump_requested = Signal(int)
    """Show the message with this number, counted from 1."""

    def __init__(self, message: int, place: int, parent: QWidget | None = None) -> None:
        super().__init__("code", 3 * UNIT, 2 * UNIT, parent)
        self._message, self._place = message, place
        self._before = ""
        self._answered: int | None = None
        number = place + 1
        self.name = TextLine(
            self.tr("Name of the tool of call {number}").format(number=number),
            f"tool_call_{number}_name",
            self.tr("Name of the tool"),
        )
        self.name.committed.connect(self._rename_tool)
        self.id = TextLine(self.tr("Id of tool call {number}").format(number=number), f"tool_call_{number}_id", "id")
        self.id.setFont(mono_font(12))
        self.id.committed.connect(self._rename)
        self._link = Button("", self._follow, kind="link")
        self._link.setObjectName(f"tool_call_{number}_answer")
        self._define = Button(self.tr("Define this tool"), self._define_tool, kind="link")
        self._define.setObjectName(f"tool_call_{number}_define")
        remove = IconButton("x", self.tr("Remove tool call {number}").format(number=number), self._remove, size=14)
        remove.setObjectName(f"tool_call_{number}_remove")
        head = QHBoxLayout()
        head.setSpacing(2 * UNIT)
        head.addWidget(self.name, 3)
        head.addWidget(self.id, 2)
        head.addWidget(remove)
        self.arguments = ArgumentsEditor(self.tr("Arguments of tool call {number}").format(number=number))
        self.arguments.setObjectName(f"tool_call_{number}_arguments")
        self.arguments.limit_height(80 * UNIT)
        self.arguments.committed.connect(self._change_arguments)
        self._problem = Label("", "error", wrap=True)
        self._problem.setObjectName(f"tool_call_{number}_problem")
        self._problem.hide()
        self.arguments.problem_changed.connect(self._show_problem)
        foot = QHBoxLayout()
        foot.setContentsMargins(-UNIT, 0, 0, 0)
        foot.setSpacing(2 * UNIT)
        foot.addWidget(self._link)
        foot.addWidget(self._define)
        foot.addStretch()
        self.column.addLayout(head)
        self.column.addWidget(self.arguments)
        self.column.addWidget(self._problem)
        self.column.addLayout(foot)

    def show_call(self, call: Any, context: CardContext) -> None:
        name = tool_name(call)
        self.name.show_text(name)
        call_id = call.get("id") if isinstance(call, Mapping) else None
        self.id.show_text(call_id if isinstance(call_id, str) else "")
        self._answered = context.answered_by[self._place] if self._place < len(context.answered_by) else None
        self._link.setText(
            self.tr("Add answer")
            if self._answered is None
            else self.tr("Answered by message {number}").format(number=self._answered)
        )
        self._define.setVisible(bool(name) and name not in context.tools)
        function = call.get("function") if isinstance(call, Mapping) else None
        arguments = function.get("arguments") if isinstance(function, Mapping) else None
        self._before = arguments if isinstance(arguments, str) else ""
        self.arguments.show_text(_readable(arguments if isinstance(arguments, str) else dump(arguments)))
        # Arguments that are no text are wrong as such; the finding says so, and raw JSON repairs it.
        self.arguments.setReadOnly(not isinstance(arguments, str))
        self.arguments.use_schema(context.tools.get(name, ""))

    def commit(self) -> None:
        for field in (self.name, self.id, self.arguments):
            field.commit()

    def _rename_tool(self, name: str) -> None:
        title = self.tr("Name the tool called in message {number}").format(number=self._message + 1)
        self.edited.emit(title, lambda line: set_in_call(line, self._message, self._place, "name", name))

    def _rename(self, call_id: str) -> None:
        title = self.tr("Change the id of a call in message {number}").format(number=self._message + 1)
        self.edited.emit(title, lambda line: rename_call(line, self._message, self._place, call_id))

    def _change_arguments(self, shown: str) -> None:
        text = arguments_as_sent(shown, self._before)
        title = self.tr("Edit arguments in message {number}").format(number=self._message + 1)
        self.edited.emit(title, lambda line: set_in_call(line, self._message, self._place, "arguments", text))

    def _remove(self) -> None:
        title = self.tr("Remove tool call of message {number}").format(number=self._message + 1)
        self.restructured.emit(title, lambda line: remove_call(line, self._message, self._place))

    def _follow(self) -> None:
        if self._answered is None:
            title = self.tr("Answer the call of message {number}").format(number=self._message + 1)
            self.restructured.emit(title, lambda line: answer_call(line, self._message, self._place))
        if self._answered is not None:
            self.jump_requested.emit(self._answered)

    def _define_tool(self) -> None:
        name = original(self.name.text())
        try:
            arguments = json.loads(self.arguments.text)
        except (ValueError, RecursionError):
            arguments = {}
        title = self.tr("Define the tool “{name}”").replace("{name}", one_line(name, 40))
        self.restructured.emit(title, lambda line: define_tool(line, name, arguments))

    def _show_problem(self, problem: str) -> None:
        self._problem.setText(visible(problem))
        self._problem.setVisible(bool(problem))


def _readable(arguments: str) -> str:
    try:
        return spread(arguments)
    except JsonSyntaxError:
        return arguments

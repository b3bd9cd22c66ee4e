"""The tools that an example offers: a list whose entries open for name, description and parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from ftdesk.dataset.spans import Path
from ftdesk.dataset.tool_calls import define_tool, remove_tool, set_in_tool, tool_name
from ftdesk.ui.dataset.edits import replace_parameters, shown_json
from ftdesk.ui.dataset.text_line import TextLine
from ftdesk.ui.dataset.value_editors import SchemaEditor
from ftdesk.ui.editor import TextEditor
from ftdesk.ui.text import ElidedLabel, Label, one_line, visible
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import IconButton, Surface, separator

_MOST = 128
"""Tools that are shown: a host takes no more."""


class ToolsEditor(QWidget):
    """Says every edit with its title and the edit of the line."""

    edited = Signal(str, object)
    restructured = Signal(str, object)
    """An edit after which places are others: what is typed elsewhere must be committed before."""
    opened = Signal()
    """The fields of a tool are shown and want room."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._views: list[ToolView] = []
        add = IconButton("plus", self.tr("Add tool"), self._add, size=14)
        add.setObjectName("add_tool_button")
        head = QHBoxLayout()
        head.setSpacing(0)
        head.addWidget(Label(self.tr("Tools"), "heading"))
        head.addStretch()
        head.addWidget(add)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, UNIT, 0, 0)
        self._column.setSpacing(UNIT)
        self._column.addWidget(separator())
        self._column.addLayout(head)

    @property
    def views(self) -> Sequence[ToolView]:
        return self._views

    def show_tools(self, tools: Sequence[Any], line: bytes, place: Path) -> None:
        """The ``tools`` that stand at ``place`` of ``line``."""
        shown = tools[:_MOST]
        for surplus in self._views[len(shown) :]:
            self._column.removeWidget(surplus)
            surplus.hide()
            surplus.deleteLater()
        del self._views[len(shown) :]
        for index, tool in enumerate(shown):
            if index == len(self._views):
                view = ToolView(index)
                view.edited.connect(self.edited)
                view.restructured.connect(self.restructured)
                view.opened.connect(self.opened)
                self._views.append(view)
                self._column.addWidget(view)
            self._views[index].show_tool(tool, line, (*place, index))

    def commit(self) -> None:
        for view in list(self._views):
            view.commit()

    def _add(self) -> None:
        number = len(self._views)
        self.restructured.emit(self.tr("Add tool"), lambda line: define_tool(line, ""))
        if len(self._views) > number:
            self._views[-1].open()


class ToolView(Surface):
    """One tool. Its fields are made when it is opened for the first time."""

    edited = Signal(str, object)
    restructured = Signal(str, object)
    opened = Signal()

    def __init__(self, index: int, parent: QWidget | None = None) -> None:
        super().__init__("card", 2 * UNIT, 2 * UNIT, parent)
        self.column.setContentsMargins(UNIT, UNIT, UNIT, UNIT)
        self._index = index
        self._tool: Any = None
        self._line = b""
        self._place: Path = ()
        self._body: _Fields | None = None
        number = index + 1
        self._toggle = IconButton("chevron-right", "", self.toggle, size=14)
        self._toggle.setObjectName(f"tool_{index}_toggle")
        self._title = ElidedLabel("", "heading")
        remove = IconButton("x", self.tr("Remove tool {number}").format(number=number), self._remove, size=14)
        remove.setObjectName(f"tool_{index}_remove")
        head = QHBoxLayout()
        head.setSpacing(UNIT)
        head.addWidget(self._toggle)
        head.addWidget(self._title, 1)
        head.addWidget(remove)
        self._about = Label("", "caption", wrap=True)
        self._about.setContentsMargins(7 * UNIT, 0, UNIT, UNIT)
        self.column.addLayout(head)
        self.column.addWidget(self._about)

    def show_tool(self, tool: Any, line: bytes, place: Path) -> None:
        self._tool, self._line, self._place = tool, line, place
        function = tool.get("function") if isinstance(tool, Mapping) else None
        about = function.get("description") if isinstance(function, Mapping) else None
        self._title.setText(tool_name(tool) or self.tr("(no name)"))
        self._about.setText(one_line(about, 140) if isinstance(about, str) else "")
        self._show_state()
        if self._body is not None:
            self._body.show_tool(tool, line, place)

    def open(self) -> None:
        """Show its fields, and put the keyboard into the first."""
        if self._body is None or self._body.isHidden():
            self.toggle()
        if self._body is not None:
            self._body.name.setFocus()

    def toggle(self) -> None:
        if self._body is None:
            self._body = _Fields(self._index)
            self._body.edited.connect(self.edited)
            self._body.restructured.connect(self.restructured)
            self._body.show_tool(self._tool, self._line, self._place)
            self.column.addWidget(self._body)
            self._body.show()
        else:
            self._body.setVisible(self._body.isHidden())
        self._show_state()
        if not self._body.isHidden():
            self.opened.emit()

    def commit(self) -> None:
        if self._body is not None:
            self._body.commit()

    def _show_state(self) -> None:
        is_open = self._body is not None and not self._body.isHidden()
        self._about.setVisible(not is_open and bool(self._about.text()))
        self._toggle.set_icon("chevron-down" if is_open else "chevron-right")
        name = tool_name(self._tool) or str(self._index + 1)
        words = self.tr("Close tool {name}") if is_open else self.tr("Edit tool {name}")
        self._toggle.setAccessibleName(words.replace("{name}", one_line(name, 60)))

    def _remove(self) -> None:
        title = self.tr("Remove tool {number}").format(number=self._index + 1)
        self.restructured.emit(title, lambda line: remove_tool(line, self._index))


class _Fields(QWidget):
    edited = Signal(str, object)
    restructured = Signal(str, object)

    def __init__(self, index: int) -> None:
        super().__init__()
        self._index = index
        number = index + 1
        self.name = TextLine(self.tr("Name of tool {number}").format(number=number), f"tool_{index}_name")
        self.name.committed.connect(lambda text: self._set("name", text, self.tr("Rename tool {number}")))
        self._about = TextEditor(self.tr("Description of tool {number}").format(number=number))
        self._about.setObjectName(f"tool_{index}_description")
        self._about.setProperty("kind", "field")
        self._about.limit_height(40 * UNIT)
        self._about.committed.connect(lambda text: self._set("description", text, self.tr("Describe tool {number}")))
        self._parameters = SchemaEditor(self.tr("Parameters of tool {number}").format(number=number))
        self._parameters.setObjectName(f"tool_{index}_parameters")
        self._parameters.limit_height(80 * UNIT)
        self._parameters.committed.connect(self._set_parameters)
        self._parameters.problem_changed.connect(self._show_problem)
        self._problem = Label("", "error", wrap=True)
        self._problem.setObjectName(f"tool_{index}_problem")
        self._problem.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(UNIT, 0, UNIT, UNIT)
        column.setSpacing(UNIT)
        for title, field in (
            (self.tr("Name"), self.name),
            (self.tr("Description"), self._about),
            (self.tr("Parameters"), self._parameters),
        ):
            column.addWidget(Label(title, "caption"))
            column.addWidget(field)
        column.addWidget(self._problem)

    def show_tool(self, tool: Any, line: bytes, place: Path) -> None:
        function = tool.get("function") if isinstance(tool, Mapping) else None
        known = isinstance(function, Mapping)
        function = function if isinstance(function, Mapping) else {}
        self.name.show_text(tool_name(tool))
        about = function.get("description")
        self._about.show_text(about if isinstance(about, str) else "")
        self._parameters.show_text(shown_json(line, (*place, "function", "parameters"), function.get("parameters", {})))
        for field in (self.name, self._about, self._parameters):
            field.setReadOnly(not known)

    def commit(self) -> None:
        self.name.commit()
        self._about.commit()
        self._parameters.commit_all()

    def _set(self, key: str, value: str, title: str) -> None:
        self.edited.emit(title.format(number=self._index + 1), lambda line: set_in_tool(line, self._index, key, value))

    def _set_parameters(self, shown: str) -> None:
        title = self.tr("Edit parameters of tool {number}").format(number=self._index + 1)
        self.edited.emit(title, replace_parameters(self._index, shown))

    def _show_problem(self, problem: str) -> None:
        self._problem.setText(visible(problem))
        self._problem.setVisible(bool(problem))

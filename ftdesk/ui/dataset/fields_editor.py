"""The fields of an example besides its conversation, each with an editor of its type: reference answers above all."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from ftdesk.dataset.spans import dump
from ftdesk.ui.dataset.edits import Edit, remove_value, replace_json, replace_value, set_value, shown_json
from ftdesk.ui.dataset.text_line import TextLine
from ftdesk.ui.dataset.value_editors import ValueEditor
from ftdesk.ui.editor import TextEditor
from ftdesk.ui.fonts import mono_font
from ftdesk.ui.text import ElidedLabel, Label, one_line, visible
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Choice, IconButton, restyle, separator

FieldType = Literal["text", "number", "bool", "json"]

TYPES: tuple[FieldType, ...] = ("text", "number", "bool", "json")
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_SHOWN_ELSEWHERE = frozenset({"messages", "tools", "input", "preferred_output", "non_preferred_output"})
_MOST = 60
_HEIGHT = 60 * UNIT


def other_fields(value: Mapping[str, Any]) -> dict[str, Any]:
    """What an example has besides its conversation and its tools."""
    return {key: item for key, item in value.items() if key not in _SHOWN_ELSEWHERE}


def type_of(value: Any) -> FieldType:
    if isinstance(value, str):
        return "text"
    if isinstance(value, bool):
        return "bool"
    return "number" if isinstance(value, (int, float)) else "json"


def as_type(value: Any, wanted: FieldType) -> Any:
    """``value`` as another type, as far as it can be read so; else nothing of that type."""
    if wanted == "text":
        return dump(value)
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            value = None
    if wanted == "number":
        return value if type_of(value) == "number" else 0
    if wanted == "bool":
        return bool(value)
    return value if type_of(value) == "json" and value is not None else {}


class FieldsEditor(QWidget):
    """Says every edit with its title and the edit of the line."""

    edited = Signal(str, object)
    restructured = Signal(str, object)
    """An edit after which other fields stand here: what is typed elsewhere must be committed before."""

    def __init__(self, title: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._name = name
        self._views: list[FieldView] = []
        self._shape: list[tuple[str, FieldType]] = []
        self._new = TextLine(self.tr("Name of the new field"), f"{name}_new", self.tr("Name of the new field, Enter"))
        self._new.committed.connect(self._add)
        self._new.hide()
        add = IconButton("plus", self.tr("Add field"), self._ask_name, size=14)
        add.setObjectName(f"{name}_add")
        head = QHBoxLayout()
        head.setSpacing(0)
        head.addWidget(Label(title, "heading"))
        head.addStretch()
        head.addWidget(add)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, UNIT, 0, 0)
        self._column.setSpacing(2 * UNIT)
        self._column.addWidget(separator())
        self._column.addLayout(head)
        self._column.addWidget(self._new)

    @property
    def views(self) -> Sequence[FieldView]:
        return self._views

    def show_fields(self, fields: Mapping[str, Any], line: bytes) -> None:
        """The ``fields`` that stand in ``line``."""
        shown = dict(list(fields.items())[:_MOST])
        shape = [(key, type_of(value)) for key, value in shown.items()]
        if shape != self._shape:
            self._shape = shape
            self._build()
        for view, value in zip(self._views, shown.values(), strict=True):
            view.show_value(value, line)

    def commit(self) -> None:
        """Commit what is typed. A name that is half typed makes no field."""
        for view in list(self._views):
            view.commit()

    def _build(self) -> None:
        for view in self._views:
            self._column.removeWidget(view)
            view.hide()
            view.deleteLater()
        self._views = []
        for index, (key, kind) in enumerate(self._shape):
            view = FieldView(key, kind, f"{self._name}_{index}")
            view.edited.connect(self.edited)
            view.restructured.connect(self.restructured)
            self._views.append(view)
            self._column.insertWidget(self._column.count() - 1, view)

    def _ask_name(self) -> None:
        self._new.show()
        self._new.setFocus()

    def _add(self, name: str) -> None:
        self._new.hide()
        self._new.show_text("")
        self._new.clear()
        if not name or any(key == name for key, _ in self._shape):
            return
        title = self.tr("Add field “{name}”").replace("{name}", one_line(name, 40))
        self.restructured.emit(title, set_value((), name, ""))
        if self._views:
            self._views[-1].focus_value()


class FieldView(QWidget):
    """One field: its name, its type, and its value in an editor of that type."""

    edited = Signal(str, object)
    restructured = Signal(str, object)

    def __init__(self, key: str, kind: FieldType, name: str) -> None:
        super().__init__()
        self._key = key
        self._kind = kind
        self._value: Any = None
        words = one_line(key, 60)
        label = ElidedLabel(words, "caption")
        self._type = Choice(self.tr("Type of {name}").replace("{name}", words))
        self._type.setObjectName(f"{name}_type")
        titles = (self.tr("Text"), self.tr("Number"), self.tr("True or false"), self.tr("JSON"))
        for entry, title in zip(TYPES, titles, strict=True):
            self._type.addItem(title, entry)
        self._type.setCurrentIndex(TYPES.index(kind))
        self._type.setProperty("kind", "small")
        self._type.activated.connect(self._retype)
        remove = IconButton("x", self.tr("Remove {name}").replace("{name}", words), self._remove, size=12)
        remove.setObjectName(f"{name}_remove")
        self._problem = Label("", "error", wrap=True)
        self._problem.hide()
        head = QHBoxLayout()
        head.setSpacing(UNIT)
        head.addWidget(label, 1)
        head.addWidget(self._type)
        head.addWidget(remove)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(UNIT)
        column.addLayout(head)
        self.editor = self._make_editor(words, f"{name}_value")
        column.addWidget(self.editor)
        column.addWidget(self._problem)

    def show_value(self, value: Any, line: bytes) -> None:
        self._value = value
        editor = self.editor
        if isinstance(editor, QCheckBox):
            editor.setChecked(bool(value))
            editor.setText(self.tr("true") if value else self.tr("false"))
        elif isinstance(editor, ValueEditor):
            editor.show_text(shown_json(line, (self._key,), value))
        elif isinstance(editor, TextEditor):
            editor.show_text(str(value))
        elif isinstance(editor, TextLine):
            editor.show_text(shown_json(line, (self._key,), value))

    def commit(self) -> None:
        if isinstance(self.editor, ValueEditor):
            self.editor.commit_all()
        elif isinstance(self.editor, (TextEditor, TextLine)):
            self.editor.commit()

    def focus_value(self) -> None:
        self.editor.setFocus()

    def _make_editor(self, words: str, name: str) -> QCheckBox | TextEditor | TextLine:
        spoken = self.tr("Value of {name}").replace("{name}", words)
        editor: QCheckBox | TextEditor | TextLine
        if self._kind == "bool":
            editor = QCheckBox()
            editor.clicked.connect(lambda on: self._edit(replace_value((self._key,), bool(on))))
        elif self._kind == "number":
            editor = TextLine(spoken, name)
            editor.setFont(mono_font())
            editor.committed.connect(self._set_number)
        elif self._kind == "json":
            editor = ValueEditor(spoken)
            editor.limit_height(_HEIGHT)
            editor.committed.connect(lambda text: self._edit(replace_json((self._key,), text)))
            editor.problem_changed.connect(self._show_problem)
        else:
            editor = TextEditor(spoken)
            editor.setProperty("kind", "field")
            editor.limit_height(_HEIGHT)
            editor.committed.connect(lambda text: self._edit(replace_value((self._key,), text)))
        editor.setObjectName(name)
        editor.setAccessibleName(spoken)
        return editor

    def _edit(self, edit: Edit) -> None:
        self.edited.emit(self.tr("Edit {name}").replace("{name}", one_line(self._key, 40)), edit)

    def _set_number(self, text: str) -> None:
        """A number keeps its digits: 1.0 does not become 1."""
        is_number = _NUMBER.fullmatch(text.strip()) is not None
        self._show_problem("" if is_number else self.tr("Not a number as JSON writes it, such as 12 or -0.5."))
        restyle(self.editor, "broken", "false" if is_number else "true")
        if is_number:
            self._edit(replace_json((self._key,), text.strip()))

    def _retype(self) -> None:
        wanted: FieldType = self._type.currentData()
        if wanted != self._kind:
            title = self.tr("Change the type of {name}").replace("{name}", one_line(self._key, 40))

            def edit(line: bytes) -> bytes:
                # Only now, since what was typed is committed just before.
                return replace_value((self._key,), as_type(self._value, wanted))(line)

            self.restructured.emit(title, edit)

    def _remove(self) -> None:
        title = self.tr("Remove {name}").replace("{name}", one_line(self._key, 40))
        self.restructured.emit(title, remove_value((self._key,)))

    def _show_problem(self, problem: str) -> None:
        self._problem.setText(visible(problem))
        self._problem.setVisible(bool(problem))

"""One message of the conversation, edited where it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QMenu, QPushButton, QWidget

from ftdesk.dataset.conversation import set_field, set_role, set_text, set_trained
from ftdesk.dataset.record import ROLES
from ftdesk.ui.dataset.dragging import Grip
from ftdesk.ui.dataset.edits import Edit, replace_in_message
from ftdesk.ui.dataset.parts import ImagePart, JsonView, MessageText, ToolCallView
from ftdesk.ui.editor import TextEditor
from ftdesk.ui.text import Label, one_line, set_tooltip, visible
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Button, Chip, IconButton, Surface

_SHOWN_ELSEWHERE = frozenset({"role", "content", "tool_calls", "weight", "name", "tool_call_id"})
_SURFACES = {"user": "bubble", "assistant": "card"}


@dataclass(frozen=True, slots=True)
class CardContext:
    """What a card must know of the messages around it. Numbers of messages count from 1."""

    index: int
    total: int
    kind: str
    answered_by: Sequence[int | None] = ()
    answers: str = ""


class MessageCard(Surface):
    """Shows a message; every edit comes out as ``edited`` with its title. ``index`` never changes in a card's life."""

    edited = Signal(str, object)
    """A title for undo, and the ``Edit`` of the line."""
    move_requested = Signal(int, int)
    duplicate_requested = Signal(int)
    delete_requested = Signal(int)

    def __init__(self, message: Any, context: CardContext) -> None:
        role = message.get("role") if isinstance(message, Mapping) else None
        super().__init__(_SURFACES.get(str(role), "code"), 0, 2 * UNIT)
        self.column.setContentsMargins(3 * UNIT, 2 * UNIT, 3 * UNIT, 3 * UNIT)
        self.index = context.index
        self.shape = shape(message, context.kind)
        self.setObjectName(f"message_{self.index}")
        self._updates: list[Callable[[Mapping[str, Any], CardContext], None]] = []
        self.editors: list[TextEditor] = []
        self._head(context)
        if isinstance(message, Mapping):
            self._content(message)
            self._tool_calls(message)
            for key in message:
                if key not in _SHOWN_ELSEWHERE:
                    self._other_field(key)
        else:
            self.column.addWidget(Label(self.tr("This message is not an object; edit it as raw JSON."), "error"))
            self.column.addWidget(JsonView(message))
        self.show_message(message, context)

    def show_message(self, message: Any, context: CardContext) -> None:
        """Show a message of the same shape. Text that is the same is left alone, with its cursor."""
        self.setAccessibleName(
            self.tr("Message {number} of {total}").format(number=self.index + 1, total=context.total)
        )
        self._up.setEnabled(self.index > 0)
        self._down.setEnabled(self.index + 1 < context.total)
        if isinstance(message, Mapping):
            for update in self._updates:
                update(message, context)

    def commit(self) -> None:
        for editor in self.editors:
            editor.commit()

    def focus_text(self) -> None:
        if self.editors:
            self.editors[0].setFocus()
            self.editors[0].put_cursor_at_end()

    def _head(self, context: CardContext) -> None:
        number = self.index + 1
        row = QHBoxLayout()
        # The role is a button: its text, not its edge, stands over the text below; the grip is in the margin.
        row.setContentsMargins(-3 * UNIT, 0, 0, 0)
        row.setSpacing(2 * UNIT)
        self.grip = Grip(self.tr("Drag message {number} to another place").format(number=number))
        self.grip.setObjectName(f"message_{self.index}_grip")
        self._role = RoleButton(self.tr("Role of message {number}").format(number=number))
        self._role.setObjectName(f"message_{self.index}_role")
        self._role.role_chosen.connect(self._set_role)
        self._note = Chip()
        self._note.hide()
        self._role.hide()
        begin = QHBoxLayout()
        begin.setSpacing(0)
        begin.addWidget(self.grip)
        begin.addWidget(self._role)
        row.addLayout(begin)
        row.addWidget(self._note)
        self._updates.append(self._show_head)
        if self.shape[0] == "assistant" and context.kind == "supervised":
            row.addWidget(self._trains(number))
        row.addStretch()
        self._up = self._action("arrow-up", self.tr("Move message {number} up"), lambda: self._move(-1))
        self._down = self._action("arrow-down", self.tr("Move message {number} down"), lambda: self._move(1))
        copy = self._action(
            "copy", self.tr("Duplicate message {number}"), lambda: self.duplicate_requested.emit(self.index)
        )
        remove = self._action(
            "trash-2", self.tr("Delete message {number}"), lambda: self.delete_requested.emit(self.index)
        )
        actions = QHBoxLayout()
        actions.setSpacing(0)
        for button in (self._up, self._down, copy, remove):
            actions.addWidget(button)
        row.addLayout(actions)
        self.column.addLayout(row)

    def _action(self, icon_name: str, name: str, do: Callable[[], object]) -> IconButton:
        button = IconButton(icon_name, name.format(number=self.index + 1), do, size=14)
        button.setObjectName(f"message_{self.index}_{icon_name}")
        return button

    def _trains(self, number: int) -> QCheckBox:
        box = QCheckBox(self.tr("Trains"))
        box.setProperty("kind", "caption")
        box.setObjectName(f"message_{self.index}_trains")
        box.setAccessibleName(self.tr("Message {number} is trained on").format(number=number))
        set_tooltip(box, self.tr("The model learns to write this message. Without it, the message is context only."))
        box.clicked.connect(self._set_trained)

        def update(message: Mapping[str, Any], _context: CardContext) -> None:
            box.setChecked(message.get("weight", 1) != 0)

        self._updates.append(update)
        return box

    def _show_head(self, message: Mapping[str, Any], context: CardContext) -> None:
        self._role.show()
        self._role.show_role(message.get("role"))
        name = message.get("name")
        notes = [one_line(name, 40)] if isinstance(name, str) and name else []
        if message.get("role") == "tool":
            if context.answers:
                notes.append(self.tr("answers {call}").format(call=one_line(context.answers, 60)))
            else:
                notes.append(self.tr("answers no call"))
        self._note.show_state(" · ".join(notes), "plain" if context.answers or not notes else "warning")
        self._note.setVisible(bool(notes))

    def _content(self, message: Mapping[str, Any]) -> None:
        content = message.get("content")
        if isinstance(content, str) or (content is None and not message.get("tool_calls")):
            text = self._text(self.tr("Text of message {number}"), "text")
            text.editor.committed.connect(self._set_text)
            self._updates.append(lambda message, _: text.show_text(message.get("content") or ""))
        elif content is None:
            self.column.addWidget(
                Button(self.tr("Add text"), self._add_text, kind="link"), 0, Qt.AlignmentFlag.AlignLeft
            )
        elif isinstance(content, list):
            for place, part in enumerate(content):
                self._part(place, part)
        else:
            self._json(lambda message: message.get("content"))

    def _part(self, place: int, part: Any) -> None:
        if isinstance(part, Mapping) and part.get("type") == "text" and isinstance(part.get("text"), str):
            view = self._text(self.tr("Text of message {number}") + f", {place + 1}", f"part_{place}")
            view.editor.committed.connect(lambda text: self._set_part(place, text))
            self._updates.append(lambda message, _: view.show_text(message["content"][place]["text"]))
        elif isinstance(part, Mapping) and part.get("type") == "image_url":
            self.column.addWidget(ImagePart(part))
        else:
            self._json(lambda message: message["content"][place])

    def _tool_calls(self, message: Mapping[str, Any]) -> None:
        calls = message.get("tool_calls")
        if isinstance(calls, list):
            for place in range(len(calls)):
                self._tool_call(place)
        elif calls:
            self._json(lambda message: message.get("tool_calls"))

    def _tool_call(self, place: int) -> None:
        view = ToolCallView(place + 1)
        view.arguments_changed.connect(lambda text: self._set_arguments(place, text))
        self.editors.append(view.arguments)
        self.column.addWidget(view)
        self._updates.append(lambda message, context: _show_call(view, message, context, place))

    def _other_field(self, key: str) -> None:
        self.column.addWidget(Label(one_line(key), "caption"))
        self._json(lambda message: message.get(key))

    def _json(self, value: Callable[[Mapping[str, Any]], Any]) -> None:
        view = JsonView(None)
        self.column.addWidget(view)
        self._updates.append(lambda message, _: view.show_value(value(message)))

    def _text(self, name: str, what: str) -> MessageText:
        text = MessageText(name.format(number=self.index + 1))
        text.editor.setObjectName(f"message_{self.index}_{what}")
        self.editors.append(text.editor)
        self.column.addWidget(text)
        return text

    def _set_text(self, text: str) -> None:
        self._edit(self.tr("Edit message {number}"), lambda line: set_text(line, self.index, text))

    def _set_part(self, place: int, text: str) -> None:
        self._edit(self.tr("Edit message {number}"), replace_in_message(self.index, ("content", place, "text"), text))

    def _set_arguments(self, place: int, text: str) -> None:
        path = ("tool_calls", place, "function", "arguments")
        self._edit(self.tr("Edit arguments in message {number}"), replace_in_message(self.index, path, text))

    def _set_role(self, role: str) -> None:
        self._edit(self.tr("Change role of message {number}"), lambda line: set_role(line, self.index, role))

    def _set_trained(self, trained: bool) -> None:
        title = self.tr("Train on message {number}") if trained else self.tr("Do not train on message {number}")
        self._edit(title, lambda line: set_trained(line, self.index, trained=trained))

    def _add_text(self) -> None:
        self._edit(self.tr("Add text to message {number}"), lambda line: set_field(line, self.index, "content", ""))

    def _move(self, by: int) -> None:
        self.move_requested.emit(self.index, self.index + by)

    def _edit(self, title: str, edit: Edit) -> None:
        self.edited.emit(title.format(number=self.index + 1), edit)


class RoleButton(QPushButton):
    """The role of a message, and a menu of all there are."""

    role_chosen = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self.setProperty("kind", "role")
        self.clicked.connect(self._choose)

    def show_role(self, role: Any) -> None:
        known = self.titles().get(role) if isinstance(role, str) else None
        title = known or (one_line(role, 40) if isinstance(role, str) and role else self.tr("no role"))
        self.setText(visible(title).replace("&", "&&") + "  ▾")
        self.setAccessibleName(f"{self._name}: {title}")

    def titles(self) -> dict[str, str]:
        """What a person calls each role."""
        words = (self.tr("System"), self.tr("Developer"), self.tr("User"), self.tr("Assistant"), self.tr("Tool"))
        return dict(zip(ROLES, words, strict=True))

    def _choose(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for role, title in self.titles().items():
            menu.addAction(title).triggered.connect(lambda _=False, role=role: self.role_chosen.emit(role))
        menu.popup(self.mapToGlobal(self.rect().bottomLeft()))


def shape(message: Any, kind: str) -> tuple[Any, ...]:
    """What decides of which widgets a card is made. Messages of one shape can take each other's card."""
    if not isinstance(message, Mapping):
        return ("", repr(message)[:200])
    content = message.get("content")
    if isinstance(content, list):
        content_shape: Any = tuple(
            part.get("type") if isinstance(part, Mapping) and part.get("type") == "text" else hash(repr(part))
            for part in content
        )
    else:
        content_shape = "text" if isinstance(content, str) else type(content).__name__
    calls = message.get("tool_calls")
    fields = tuple(key for key in message if key not in _SHOWN_ELSEWHERE)
    return (message.get("role"), content_shape, len(calls) if isinstance(calls, list) else repr(calls), fields, kind)


def _show_call(view: ToolCallView, message: Mapping[str, Any], context: CardContext, place: int) -> None:
    answered = context.answered_by[place] if place < len(context.answered_by) else None
    view.show_call(message["tool_calls"][place], answered)

"""One message of the conversation, edited where it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QMenu

from ftdesk.dataset.content_parts import add_part, image_part, text_part
from ftdesk.dataset.conversation import remove_field, set_field, set_role, set_text, set_trained
from ftdesk.dataset.tool_calls import add_call
from ftdesk.ui.dataset.answered_call import AnsweredCall
from ftdesk.ui.dataset.card_shape import other_fields, shape
from ftdesk.ui.dataset.context import CardContext
from ftdesk.ui.dataset.dragging import Grip
from ftdesk.ui.dataset.edits import Edit
from ftdesk.ui.dataset.parts import JsonView, MessageText
from ftdesk.ui.dataset.parts_view import PartsView
from ftdesk.ui.dataset.pictures import Pictures
from ftdesk.ui.dataset.role_button import RoleButton
from ftdesk.ui.dataset.text_line import TextLine
from ftdesk.ui.dataset.tool_call import ToolCallView
from ftdesk.ui.editor import TextEditor
from ftdesk.ui.text import Label, one_line, plural, set_tooltip
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Button, IconButton, Surface, restyle

_SURFACES = {"user": "bubble", "assistant": "card"}


class _Field(Protocol):
    """What may hold text that is typed and not committed yet."""

    def commit(self) -> None: ...


class MessageCard(Surface):
    """Shows a message; every edit comes out as ``edited`` with its title. ``index`` never changes in a card's life."""

    edited = Signal(str, object)
    """A title for undo, and the ``Edit`` of the line."""
    restructured = Signal(str, object)
    """An edit after which parts stand elsewhere: what is typed must be committed before."""
    jump_requested = Signal(int)
    """Show the message with this number, counted from 1."""
    image_wanted = Signal(int)
    """Ask for an image file for this message's index."""
    move_requested = Signal(int, int)
    duplicate_requested = Signal(int)
    delete_requested = Signal(int)

    def __init__(self, message: Any, context: CardContext, pictures: Pictures) -> None:
        role = message.get("role") if isinstance(message, Mapping) else None
        super().__init__(_SURFACES.get(str(role), "code"), 0, 2 * UNIT)
        self.column.setContentsMargins(3 * UNIT, 2 * UNIT, 3 * UNIT, 3 * UNIT)
        self.index = context.index
        self._pictures = pictures
        self.shape = shape(message, context.kind)
        self.setObjectName(f"message_{self.index}")
        self._updates: list[Callable[[Mapping[str, Any], CardContext], None]] = []
        self.editors: list[TextEditor] = []
        self._fields: list[_Field] = []
        self._head(context)
        if isinstance(message, Mapping):
            if message.get("role") == "tool":
                self._answered_call()
            if "name" in message:
                self._name()
            self._content(message)
            if isinstance(message.get("refusal"), str):
                self._refusal()
            self._tool_calls(message)
            for key in other_fields(message):
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

    def show_tokens(self, number: int | None, read: int = 0) -> None:
        """``read`` of the ``number`` tokens come before the point at which a model stops reading the example."""
        if number is None or read >= number:
            tone = "caption"
            text = "" if number is None else plural(number, self.tr("1 token"), self.tr("{number} tokens"))
        elif read <= 0:
            tone, text = "warning", self.tr("cut off")
        else:
            tone, text = "warning", self.tr("cut after {read} of {number} tokens")
            text = text.format(read=f"{read:,}", number=f"{number:,}")
        self._tokens.setText(text)
        restyle(self._tokens, "tone", tone)

    def commit(self) -> None:
        for field in self._fields:
            field.commit()

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
        self._shown = {"name": False, "refusal": False, "is_list": False}
        self._role.hide()
        begin = QHBoxLayout()
        begin.setSpacing(0)
        begin.addWidget(self.grip)
        begin.addWidget(self._role)
        row.addLayout(begin)
        self._updates.append(self._show_head)
        if self.shape[0] == "assistant" and context.kind == "supervised":
            row.addWidget(self._trains(number))
        row.addStretch()
        self._tokens = Label("", "caption")
        self._tokens.setObjectName(f"message_{self.index}_tokens")
        row.addWidget(self._tokens)
        self._up = self._action("arrow-up", self.tr("Move message {number} up"), lambda: self._move(-1))
        self._down = self._action("arrow-down", self.tr("Move message {number} down"), lambda: self._move(1))
        copy = self._action(
            "copy", self.tr("Duplicate message {number}"), lambda: self.duplicate_requested.emit(self.index)
        )
        remove = self._action(
            "trash-2", self.tr("Delete message {number}"), lambda: self.delete_requested.emit(self.index)
        )
        add = self._action("plus", self.tr("Add to message {number}"), self._open_additions)
        self._additions = add
        actions = QHBoxLayout()
        actions.setSpacing(0)
        for button in (add, self._up, self._down, copy, remove):
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

    def _show_head(self, message: Mapping[str, Any], _context: CardContext) -> None:
        self._role.show()
        self._role.show_role(message.get("role"))
        self._shown = {
            "name": "name" in message,
            "refusal": "refusal" in message,
            "is_list": isinstance(message.get("content"), list),
        }

    def _name(self) -> None:
        """Who of several speakers of a role it is. An emptied name goes."""
        field = TextLine(
            self.tr("Name of the speaker of message {number}").format(number=self.index + 1),
            f"message_{self.index}_name",
            self.tr("Name of the speaker"),
        )
        field.setMaximumWidth(60 * UNIT)
        field.committed.connect(self._set_name)
        self._fields.append(field)
        self.column.addWidget(field)
        self._updates.append(lambda message, _: field.show_text(_text_of(message.get("name"))))

    def _refusal(self) -> None:
        self.column.addWidget(Label(self.tr("Refusal"), "caption"))
        text = self._text(self.tr("Refusal of message {number}"), "refusal")
        text.editor.committed.connect(self._set_refusal)
        self._updates.append(lambda message, _: text.show_text(message["refusal"]))

    def _answered_call(self) -> None:
        view = AnsweredCall(self.index)
        view.edited.connect(self.edited)
        view.jump_requested.connect(self.jump_requested)
        self._fields.append(view)
        self.column.addWidget(view)
        self._updates.append(view.show_message)

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
            self._parts(content)
        else:
            self._json(lambda message: message.get("content"))

    def _parts(self, content: Sequence[Any]) -> None:
        view = PartsView(content, self.index, self._pictures)
        view.edited.connect(self.edited)
        view.restructured.connect(self.restructured)
        self.editors += view.editors
        self._fields.append(view)
        self.column.addWidget(view)
        self._updates.append(lambda message, _: view.show_content(message["content"]))

    def _tool_calls(self, message: Mapping[str, Any]) -> None:
        calls = message.get("tool_calls")
        if isinstance(calls, list):
            for place in range(len(calls)):
                self._tool_call(place)
        elif calls:
            self._json(lambda message: message.get("tool_calls"))

    def _tool_call(self, place: int) -> None:
        view = ToolCallView(self.index, place)
        view.edited.connect(self.edited)
        view.restructured.connect(self.restructured)
        view.jump_requested.connect(self.jump_requested)
        self.editors.append(view.arguments)
        self._fields.append(view)
        self.column.addWidget(view)
        self._updates.append(lambda message, context: view.show_call(message["tool_calls"][place], context))

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
        self._fields.append(text.editor)
        self.column.addWidget(text)
        return text

    def _set_text(self, text: str) -> None:
        self._edit(self.tr("Edit message {number}"), lambda line: set_text(line, self.index, text))

    def _set_name(self, name: str) -> None:
        edit: Edit = (
            (lambda line: set_field(line, self.index, "name", name))
            if name
            else (lambda line: remove_field(line, self.index, "name"))
        )
        self._edit(self.tr("Name the speaker of message {number}"), edit)

    def _set_refusal(self, text: str) -> None:
        self._edit(self.tr("Edit message {number}"), lambda line: set_field(line, self.index, "refusal", text))

    def _set_role(self, role: str) -> None:
        self._edit(self.tr("Change role of message {number}"), lambda line: set_role(line, self.index, role))

    def _set_trained(self, trained: bool) -> None:
        title = self.tr("Train on message {number}") if trained else self.tr("Do not train on message {number}")
        self._edit(title, lambda line: set_trained(line, self.index, trained=trained))

    def _add_text(self) -> None:
        self._restructure(
            self.tr("Add text to message {number}"), lambda line: set_field(line, self.index, "content", "")
        )

    def _add_call(self) -> None:
        self._restructure(self.tr("Add tool call to message {number}"), lambda line: add_call(line, self.index))

    def _add_part(self, part: Mapping[str, Any]) -> None:
        self._restructure(self.tr("Add to message {number}"), lambda line: add_part(line, self.index, part))

    def _add_field(self, key: str) -> None:
        self._restructure(self.tr("Add to message {number}"), lambda line: set_field(line, self.index, key, ""))

    def additions(self) -> QMenu:
        """What this message can have besides what it has."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        role, shown = self.shape[0], self._shown
        offers: list[tuple[bool, str, Callable[[], None]]] = [
            (role == "assistant", self.tr("Tool call"), self._add_call),
            (role == "user", self.tr("Image from a file…"), lambda: self.image_wanted.emit(self.index)),
            (role == "user", self.tr("Image at an address"), lambda: self._add_part(image_part(""))),
            (shown["is_list"], self.tr("Text"), lambda: self._add_part(text_part())),
            (role == "assistant" and not shown["refusal"], self.tr("Refusal"), lambda: self._add_field("refusal")),
            (not shown["name"], self.tr("Name of the speaker"), lambda: self._add_field("name")),
        ]
        for offered, words, do in offers:
            if offered:
                menu.addAction(words).triggered.connect(lambda _=False, do=do: do())
        return menu

    def _open_additions(self) -> None:
        self.additions().popup(self._additions.mapToGlobal(self._additions.rect().bottomLeft()))

    def _move(self, by: int) -> None:
        self.move_requested.emit(self.index, self.index + by)

    def _edit(self, title: str, edit: Edit) -> None:
        self.edited.emit(title.format(number=self.index + 1), edit)

    def _restructure(self, title: str, edit: Edit) -> None:
        self.restructured.emit(title.format(number=self.index + 1), edit)


def _text_of(value: Any) -> str:
    return value if isinstance(value, str) else ""

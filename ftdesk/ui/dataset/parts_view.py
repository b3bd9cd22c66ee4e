"""Content that is made of parts, one below the other: texts and images in turn, refusals, and whatever else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from ftdesk.ui.dataset.edits import replace_in_message
from ftdesk.ui.dataset.image_part import ImagePart
from ftdesk.ui.dataset.part_frame import PartFrame
from ftdesk.ui.dataset.parts import JsonView, MessageText
from ftdesk.ui.dataset.pictures import Pictures
from ftdesk.ui.editor import TextEditor
from ftdesk.ui.tokens import UNIT

_TEXTS = ("text", "refusal")


class PartsView(QWidget):
    """Shows parts of the kinds it was made for (see ``kinds_of``)."""

    edited = Signal(str, object)
    restructured = Signal(str, object)

    def __init__(self, content: Sequence[Any], message: int, pictures: Pictures) -> None:
        super().__init__()
        self._message = message
        self._pictures = pictures
        self.editors: list[TextEditor] = []
        self._fields: list[TextEditor | ImagePart] = []
        self._updates: list[Callable[[Any], None]] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2 * UNIT)
        for place, kind in enumerate(kinds_of(content)):
            frame = PartFrame(self._view(place, kind), message, place, len(content))
            frame.restructured.connect(self.restructured)
            column.addWidget(frame)

    def show_content(self, content: Sequence[Any]) -> None:
        for update, part in zip(self._updates, content, strict=True):
            update(part)

    def commit(self) -> None:
        for field in self._fields:
            field.commit()

    def _view(self, place: int, kind: str) -> QWidget:
        if kind == "image_url":
            image = ImagePart(self._message, place, self._pictures)
            image.edited.connect(self.edited)
            self._fields.append(image)
            self._updates.append(image.show_part)
            return image
        if kind in _TEXTS:
            return self._text(place, kind)
        view = JsonView(None)
        self._updates.append(view.show_value)
        return view

    def _text(self, place: int, kind: str) -> MessageText:
        words = self.tr("Text of message {number}, part {place}")
        view = MessageText(words.format(number=self._message + 1, place=place + 1))
        view.editor.setObjectName(f"message_{self._message}_part_{place}")
        title = self.tr("Edit message {number}").format(number=self._message + 1)
        view.editor.committed.connect(
            lambda text: self.edited.emit(title, replace_in_message(self._message, ("content", place, kind), text))
        )
        self.editors.append(view.editor)
        self._fields.append(view.editor)
        self._updates.append(lambda part: view.show_text(part[kind]))
        return view


def kinds_of(content: Sequence[Any]) -> tuple[str, ...]:
    """What decides of which widgets the parts are made."""
    return tuple(map(_kind, content))


def _kind(part: Any) -> str:
    kind = part.get("type") if isinstance(part, Mapping) else None
    if kind in _TEXTS and isinstance(part.get(kind), str):
        return str(kind)
    return "image_url" if kind == "image_url" else ""

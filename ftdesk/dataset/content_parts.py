"""Edits of content that is made of parts: texts and images in turn. The parts that are not touched keep their bytes.

Every function takes a line and gives back the line with that one thing changed; ``message`` and ``place`` are indexes.
All raise ``InputError`` when the line is broken or has no such part.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ftdesk.dataset.conversation import messages_path
from ftdesk.dataset.record import read_record
from ftdesk.dataset.spans import JsonText, Path
from ftdesk.errors import InputError


def text_part(text: str = "") -> dict[str, Any]:
    return {"type": "text", "text": text}


def image_part(address: str, detail: str = "auto") -> dict[str, Any]:
    """An image by address or as a data URL. ``auto`` is the default, and the default is not written."""
    image = {"url": address} if detail == "auto" else {"url": address, "detail": detail}
    return {"type": "image_url", "image_url": image}


def add_part(line: bytes, message: int, part: Mapping[str, Any]) -> bytes:
    """Append a part. Content that is a text becomes the first part; an empty one gives way."""
    content = _message(line, message).get("content")
    text, path = JsonText(line), (*messages_path(line), message)
    if isinstance(content, list):
        text.insert((*path, "content"), len(content), dict(part))
    elif isinstance(content, str) and content:
        text.set_key(path, "content", [text_part(content), dict(part)])
    else:
        text.set_key(path, "content", [dict(part)])
    return bytes(text)


def remove_part(line: bytes, message: int, place: int) -> bytes:
    """Remove a part; with the last one the content is an empty text again."""
    path = _part_path(line, message, place)
    text = JsonText(line)
    if len(_message(line, message)["content"]) > 1:
        text.remove(path)
    else:
        text.replace(path[:-1], "")
    return bytes(text)


def move_part(line: bytes, message: int, place: int, to: int) -> bytes:
    """Move a part so that it stands at ``to`` afterwards."""
    path = _part_path(line, message, place)
    text = JsonText(line)
    text.move(path[:-1], place, to)
    return bytes(text)


def set_image(line: bytes, message: int, place: int, *, address: str | None = None, detail: str | None = None) -> bytes:
    """Change where an image is, or how closely the model looks (``auto``, ``low``, ``high``)."""
    path = (*_part_path(line, message, place), "image_url")
    image = _message(line, message)["content"][place].get("image_url")
    text = JsonText(line)
    if not isinstance(image, Mapping):
        text.set_key(path[:-1], "image_url", {"url": image if isinstance(image, str) else ""})
        image = {}
    if address is not None:
        text.set_key(path, "url", address)
    if detail == "auto" and "detail" in image:
        text.remove((*path, "detail"))
    elif detail is not None and detail != "auto":
        text.set_key(path, "detail", detail)
    return bytes(text)


def _part_path(line: bytes, message: int, place: int) -> Path:
    content = _message(line, message).get("content")
    if not isinstance(content, list) or not 0 <= place < len(content) or not isinstance(content[place], Mapping):
        raise InputError(f"Message {message + 1} has no part {place + 1}.", hint="Edit it as raw JSON.")
    return (*messages_path(line), message, "content", place)


def _message(line: bytes, index: int) -> Mapping[str, Any]:
    messages = read_record(line).messages
    message = messages[index] if index < len(messages) else None
    if not isinstance(message, Mapping):
        raise InputError(f"The line has no message {index + 1}.", hint="Edit it as raw JSON.")
    return message

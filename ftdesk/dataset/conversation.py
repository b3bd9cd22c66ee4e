"""Edits of one example, as a person makes them: each takes a line and gives back the line with that one thing changed.

Every function raises ``InputError`` when the line is broken or has no such message; it is edited as raw text then.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ftdesk.dataset.record import Kind, Record, read_record
from ftdesk.dataset.spans import JsonText, Path, dump
from ftdesk.errors import InputError


def messages_path(line: bytes) -> Path:
    """Where the conversation stands: at the top, or in ``input`` of a preference example."""
    return ("input", "messages") if read_record(line).kind == "preference" else ("messages",)


def set_text(line: bytes, message: int, text: str) -> bytes:
    """Replace the content of a message. Of content in parts, the first text part, or put one in front; others stay."""
    content = _message(line, message).get("content")
    if not isinstance(content, list) or not content:
        return set_field(line, message, "content", text)
    path: Path = (*messages_path(line), message, "content")
    texts = _text_parts(content)
    if texts:
        return _replaced(line, (*path, texts[0], "text"), text)
    edited = JsonText(line)
    edited.insert(path, 0, {"type": "text", "text": text})
    return bytes(edited)


def set_role(line: bytes, message: int, role: str) -> bytes:
    return set_field(line, message, "role", role)


def set_trained(line: bytes, message: int, *, trained: bool) -> bytes:
    """Whether an assistant message is learned from. Trained is the default, and the default is not written."""
    if trained:
        return remove_field(line, message, "weight")
    return set_field(line, message, "weight", 0)


def set_field(line: bytes, message: int, key: str, value: Any) -> bytes:
    text = JsonText(line)
    text.set_key((*messages_path(line), message), key, value)
    return bytes(text)


def remove_field(line: bytes, message: int, key: str) -> bytes:
    if key not in _message(line, message):
        return line
    text = JsonText(line)
    text.remove((*messages_path(line), message, key))
    return bytes(text)


def add_message(line: bytes, index: int, message: Mapping[str, Any]) -> bytes:
    """Insert a message before ``index``."""
    text = JsonText(line)
    text.insert(messages_path(line), index, dict(message))
    return bytes(text)


def remove_message(line: bytes, index: int) -> bytes:
    text = JsonText(line)
    text.remove((*messages_path(line), index))
    return bytes(text)


def move_message(line: bytes, index: int, to: int) -> bytes:
    text = JsonText(line)
    text.move(messages_path(line), index, to)
    return bytes(text)


def set_system_prompt(line: bytes, text: str) -> bytes:
    """Replace the text of the first message if that is a system or developer message, else put one in front."""
    messages = read_record(line).messages
    first = messages[0] if messages else None
    if isinstance(first, Mapping) and first.get("role") in ("system", "developer"):
        return line if first.get("content") == text else _with_one_text(set_text(line, 0, text), 0)
    return add_message(line, 0, {"role": "system", "content": text})


def new_example(like: bytes | None = None, kind: Kind | None = None) -> bytes:
    """A line for a new example: the kind, system message, tools and fields of ``like``, and nothing written in it yet.

    ``kind`` makes it another kind than ``like`` is.
    """
    record = read_record(like) if like is not None else Record("supervised", {})
    kind = kind or (record.kind if record.kind not in ("broken", "blank") else "supervised")
    begin: dict[str, Any] = {
        "messages": [
            {"role": message["role"], "content": message.get("content", "")}
            for message in record.messages[:1]
            if isinstance(message, Mapping) and message.get("role") in ("system", "developer")
        ]
    }
    holder: Any = record.value.get("input") if record.kind == "preference" else record.value
    for key in ("tools", "parallel_tool_calls"):
        if isinstance(holder, Mapping) and key in holder:
            begin[key] = holder[key]
    if kind == "preference":
        empty = [{"role": "assistant", "content": ""}]
        begin = {"input": begin, "preferred_output": empty, "non_preferred_output": empty}
    elif kind == "reinforcement":
        begin["messages"].append({"role": "user", "content": ""})
        fields = {key: _empty(value) for key, value in record.value.items() if key not in begin}
        begin |= fields if record.kind == "reinforcement" else {"reference_answer": ""}
    return dump(begin).encode("utf-8")


def _empty(value: Any) -> Any:
    """Nothing of the type of ``value``, to be filled in."""
    return next((kind() for kind in (bool, int, float, str, list, dict) if isinstance(value, kind)), None)


def _with_one_text(line: bytes, message: int) -> bytes:
    """Leave of a content in parts the first text part only."""
    content = _message(line, message).get("content")
    edited = JsonText(line)
    for index in reversed(_text_parts(content)[1:]):
        edited.remove((*messages_path(line), message, "content", index))
    return bytes(edited)


def _text_parts(content: Any) -> list[int]:
    parts = content if isinstance(content, list) else []
    texts = [part.get("text") if isinstance(part, Mapping) else None for part in parts]
    return [index for index, text in enumerate(texts) if isinstance(text, str)]


def _message(line: bytes, index: int) -> Mapping[str, Any]:
    messages = read_record(line).messages
    if index >= len(messages) or not isinstance(messages[index], Mapping):
        raise InputError(f"The line has no message {index + 1}.", hint="Edit it as raw text.")
    message: Mapping[str, Any] = messages[index]
    return message


def _replaced(line: bytes, path: Path, value: Any) -> bytes:
    text = JsonText(line)
    text.replace(path, value)
    return bytes(text)

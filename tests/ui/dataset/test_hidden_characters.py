"""What Qt alters or nobody sees comes through every place of the editor, whether it is typed beside it or not."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from dataset_window import MakeWindow, find, opened
from PySide6.QtCore import Qt
from PySide6.QtGui import QInputMethodEvent, QTextCursor
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from ftdesk.dataset.spans import dump
from ftdesk.ui.dataset.panel import DatasetPanel
from ftdesk.ui.editor import TextEditor
from ftdesk.ui.json_editor import JsonEditor
from ftdesk.ui.window import Window

HIDDEN = "\ufeffa\u00a0b\rc\u2028d\u2029e\r\nf\u200bg\u202eh\ud800i\u2066j\u2069k\ufdd0l\x00m\x85n\xado⟦U+200B⟧p⟦⤶⟧q"

CALL = {"id": "call_1", "type": "function", "function": {"name": "find", "arguments": dump({"q": HIDDEN})}}
USER = {"role": "user", "content": HIDDEN}
ANSWER = {"role": "assistant", "content": HIDDEN}
EXAMPLES: dict[str, Any] = {
    "text": {"messages": [{**USER, "name": HIDDEN}, ANSWER]},
    "parts": {"messages": [{"role": "user", "content": [{"type": "text", "text": HIDDEN}]}, ANSWER]},
    "tools": {
        "messages": [
            USER,
            {"role": "assistant", "tool_calls": [CALL]},
            {"role": "tool", "tool_call_id": "call_1", "content": HIDDEN},
        ]
    },
    "preference": {
        "input": {"messages": [USER]},
        "preferred_output": [ANSWER],
        "non_preferred_output": [{"role": "assistant", "content": HIDDEN + "!"}],
    },
    "reference": {"messages": [USER], "answer": HIDDEN},
}


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    else:
        yield path, value


def difference(before: bytes, after: bytes) -> dict[tuple[Any, ...], tuple[Any, Any]]:
    old, new = dict(leaves(json.loads(before))), dict(leaves(json.loads(after)))
    return {path: (old.get(path), new.get(path)) for path in old | new if old.get(path) != new.get(path)}


@pytest.fixture(params=EXAMPLES)
def window(request: pytest.FixtureRequest, make_window: MakeWindow, tmp_path: Path) -> Window:
    path = tmp_path / "a.jsonl"
    path.write_text(dump(EXAMPLES[request.param]) + "\n" + dump({"messages": []}) + "\n", "utf-8")
    made = make_window(path)
    made.desk.checking.close()
    return made


def places(window: Window) -> list[str]:
    """Names of all fields of the example in which a person can type."""
    panel = window.panel("dataset")
    assert isinstance(panel, DatasetPanel)
    widgets = [*panel.conversation.findChildren(TextEditor), *panel.conversation.findChildren(QLineEdit)]
    return [widget.objectName() for widget in widgets if widget.isVisible() and not widget.isReadOnly()]


def go_to_start(place: QWidget) -> None:
    place.setFocus()
    if isinstance(place, TextEditor):
        place.moveCursor(QTextCursor.MoveOperation.Start)
    elif isinstance(place, QLineEdit):
        place.setCursorPosition(0)


def leave(window: Window) -> None:
    """The keyboard goes elsewhere."""
    window.setFocus()
    window.desk.dataset.leaving.emit()


def test_looking_at_every_place_changes_nothing(window: Window) -> None:
    before = opened(window).line(0)
    for name in places(window):
        go_to_start(find(window, QWidget, name))
        leave(window)
    assert opened(window).line(0) == before
    assert not opened(window).is_modified


def test_typing_in_a_place_changes_its_value_and_no_other_and_undo_gives_the_bytes_back(
    window: Window, qtbot: QtBot
) -> None:
    document = opened(window)
    before = document.line(0)
    names = places(window)
    assert names
    for name in names:
        place = find(window, QWidget, name)
        if isinstance(place, JsonEditor):
            continue
        go_to_start(place)
        qtbot.keyClicks(place, "x")
        leave(window)
        changed = difference(before, document.line(0))
        assert len(changed) == (2 if name.endswith("_id") else 1), name  # an answer goes with the call it answers
        assert all(new == "x" + old for old, new in changed.values()), name
        window.desk.dataset.undo()
        assert document.line(0) == before
        window.desk.dataset.redo()
        window.desk.dataset.undo()
        assert document.line(0) == before


def test_typing_in_the_raw_json_keeps_every_hidden_character(window: Window, qtbot: QtBot) -> None:
    document = opened(window)
    before = document.line(0)
    raw = find(window, JsonEditor, "raw_json_edit")
    place = raw.shown_text.index('"role"')
    cursor = raw.textCursor()
    cursor.setPosition(place + 1)
    raw.setFocus()
    raw.setTextCursor(cursor)
    qtbot.keyClicks(raw, "x")
    leave(window)
    changed = difference(before, document.line(0))
    assert {path[-1] for path in changed} == {"role", "xrole"}
    window.desk.dataset.undo()
    assert document.line(0) == before


def test_what_is_copied_from_a_message_and_pasted_into_the_composer_is_the_same_text(
    make_window: MakeWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(dump(EXAMPLES["text"]) + "\n", "utf-8")
    window = make_window(path)
    text = find(window, TextEditor, "message_0_text")
    composer = find(window, TextEditor, "message_composer")
    text.setFocus()
    qtbot.keyClick(text, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(text, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    composer.setFocus()
    qtbot.keyClick(composer, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(composer, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert json.loads(opened(window).line(0))["messages"][-1]["content"] == HIDDEN


def test_an_input_method_composes_beside_hidden_characters(window: Window, qtbot: QtBot) -> None:
    document = opened(window)
    before = document.line(0)
    name = next(name for name in places(window) if not isinstance(find(window, QWidget, name), (JsonEditor, QLineEdit)))
    editor = find(window, TextEditor, name)
    go_to_start(editor)
    for composed in ("に", "にほ", "にほん"):
        QApplication.sendEvent(editor, QInputMethodEvent(composed, []))
        leave(window)
        assert document.line(0) == before
    done = QInputMethodEvent("", [])
    done.setCommitString("日本")
    editor.setFocus()
    QApplication.sendEvent(editor, done)
    leave(window)
    ((old, new),) = difference(before, document.line(0)).values()
    assert new == "日本" + old


def test_a_byte_order_mark_before_the_first_line_stays_whatever_is_edited(
    make_window: MakeWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + dump(EXAMPLES["text"]).encode() + b"\r\n")
    window = make_window(path)
    for name in ("raw_json_edit", "message_1_text"):
        place = find(window, TextEditor, name)
        place.setFocus()
        cursor = place.textCursor()
        cursor.setPosition(place.shown_text.index("b"))
        place.setTextCursor(cursor)
        qtbot.keyClicks(place, "y")
        leave(window)
    document = opened(window)
    document.save()
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf{")
    assert content.endswith(b"}\r\n")
    assert content.count(b"yb") == 2

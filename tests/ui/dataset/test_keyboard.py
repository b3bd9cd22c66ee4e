"""Every kind of example by keyboard alone, and for whoever hears the window instead of seeing it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dataset_window import MakeWindow, click, example, find, panel_of, write
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QInputMethodEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from ftdesk.ui.dataset.text_line import TextLine
from ftdesk.ui.editor import TextEditor
from ftdesk.ui.window import Window

CONTROLS = (QAbstractButton, QComboBox, QLineEdit, QAbstractItemView, QPlainTextEdit)

IMAGE = {"type": "image_url", "image_url": {"url": ""}}
CALL = {"id": "a", "type": "function", "function": {"name": "weather", "arguments": '{"city": 1}'}}
TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"properties": {"city": {"type": "string"}}}}}
KINDS: dict[str, Any] = {
    "conversation": {
        "messages": [
            {"role": "system", "content": "s", "name": "n"},
            {
                "role": "user",
                "content": [{"type": "text", "text": "t"}, {"type": "image_url", "image_url": {"url": ""}}],
            },
            {"role": "assistant", "tool_calls": [CALL], "refusal": "r"},
            {"role": "tool", "tool_call_id": "a", "content": "x"},
            {"role": "assistant", "content": "done"},
        ],
        "tools": [TOOL],
        "extra": {"a": 1},
    },
    "preference": {
        "input": {"messages": [{"role": "user", "content": "q"}]},
        "preferred_output": [{"role": "assistant", "content": "a"}],
    },
    "reinforcement": {"messages": [{"role": "user", "content": "q"}], "a": "text", "b": 1, "c": True, "d": []},
}


@pytest.fixture(params=list(KINDS))
def window(request: pytest.FixtureRequest, make_window: MakeWindow, qtbot: QtBot, tmp_path: Path) -> Window:
    made = make_window(write(tmp_path / "kind.jsonl", KINDS[request.param]))
    if request.param == "conversation":
        click(qtbot, made, "tool_0_toggle", QToolButton)
    QApplication.processEvents()
    assert isinstance(made, Window)
    return made


def controls(window: Window) -> list[QWidget]:
    """What a person can act on in the place, but for what Qt makes inside of others."""
    return [
        widget
        for widget in panel_of(window).findChildren(QWidget)
        if isinstance(widget, CONTROLS)
        and widget.isVisible()
        and widget.isEnabled()
        and not isinstance(widget.parent(), QComboBox)
        and not widget.objectName().startswith("qt_")
    ]


def walk(window: Window, start: QWidget) -> list[QWidget]:
    """Where Tab goes from ``start`` until it comes back."""
    start.setFocus()
    passed: list[QWidget] = []
    focused = start
    while focused not in passed:
        passed.append(focused)
        window.focusNextChild()
        following = QApplication.focusWidget()
        assert following is not None
        focused = following
    return passed


def test_every_control_has_a_name(window: Window) -> None:
    nameless = [
        f"{type(widget).__name__} {widget.objectName()}"
        for widget in controls(window)
        if not QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)
    ]
    assert nameless == []


def test_tab_reaches_every_control_from_left_to_right_and_from_above_to_below(window: Window) -> None:
    passed = walk(window, find(window, QLineEdit, "examples_search"))
    assert {widget.objectName() for widget in controls(window)} <= {widget.objectName() for widget in passed}
    panel = panel_of(window)
    of_cards = [widget for widget in passed if panel.conversation.isAncestorOf(widget)]
    cards = [next((card.index for card in panel.conversation.cards if card.isAncestorOf(w)), 99) for w in of_cards]
    assert cards == sorted(cards)
    parts = (panel.list, panel.conversation, panel.composer, panel.inspector)
    order = [at for widget in passed for at, part in enumerate(parts) if part.isAncestorOf(widget)]
    assert order == sorted(order)


def test_a_card_that_is_made_anew_keeps_its_turn(make_window: MakeWindow, qtbot: QtBot, sample: Path) -> None:
    window = make_window(sample)
    find(window, QAbstractButton, "message_1_role")
    panel = panel_of(window)
    panel.conversation.cards[0]._set_role("user")  # a card of another look, made last
    QApplication.processEvents()
    passed = [widget.objectName() for widget in walk(window, find(window, QLineEdit, "examples_search"))]
    texts = [name for name in passed if name.startswith("message_") and name.endswith("_text")]
    assert texts == ["message_0_text", "message_1_text", "message_2_text"]


@pytest.mark.parametrize("name", ["message_0_text", "message_0_name"])
def test_what_an_input_method_composes_is_not_written_before_it_is_finished(
    make_window: MakeWindow, qtbot: QtBot, tmp_path: Path, name: str
) -> None:
    value = {"messages": [{"role": "user", "content": "", "name": ""}]}
    window = make_window(write(tmp_path / "ime.jsonl", value))
    field = find(window, QWidget, name)
    assert isinstance(field, (TextEditor, TextLine))
    field.setFocus()
    QApplication.sendEvent(field, QInputMethodEvent("かん", []))
    window.desk.dataset.leaving.emit()
    assert example(window) == value
    done = QInputMethodEvent()
    done.setCommitString("漢")
    QApplication.sendEvent(field, done)
    window.desk.dataset.leaving.emit()
    assert "漢" in example(window)["messages"][0].values()


def test_an_example_is_written_found_and_replaced_by_keyboard_alone(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window()
    window.desk.files.new()
    control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(window.focusWidget() or window, Qt.Key.Key_N, control | shift)
    for text in ("Rain in Oslo?", "No."):
        qtbot.keyClicks(window.focusWidget(), text)
        qtbot.keyClick(window.focusWidget(), Qt.Key.Key_Return, control)
    qtbot.keyClick(window.focusWidget(), Qt.Key.Key_H, control)
    dialog = find(window, QWidget, "replace_dialog")
    qtbot.waitUntil(find(window, QLineEdit, "replace_find").hasFocus, timeout=60_000)
    for text in ("Oslo", "Bergen"):
        qtbot.keyClicks(QApplication.focusWidget(), text)
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
    button = find(window, QAbstractButton, "replace_button")
    qtbot.waitUntil(button.isEnabled, timeout=60_000)
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: not panel_of(window).examples.bulk.is_running, timeout=60_000)
    assert example(window)["messages"][0]["content"] == "Rain in Bergen?"

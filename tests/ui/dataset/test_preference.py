"""Preference and reinforcement examples, and new examples of every kind, with the widgets that a person uses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from dataset_window import MakeWindow, click, example, find, opened, panel_of, write
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QCheckBox, QComboBox, QToolButton
from pytestqt.qtbot import QtBot

from ftdesk.ui.dataset.text_line import TextLine
from ftdesk.ui.editor import TextEditor
from ftdesk.ui.json_editor import JsonEditor
from ftdesk.ui.window import Window

GREET = {"messages": [{"role": "system", "content": "Be kind."}, {"role": "user", "content": "Greet."}]}


def answer(text: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": text}]


def pair(good: str, poor: str) -> dict[str, Any]:
    return {"input": GREET, "preferred_output": answer(good), "non_preferred_output": answer(poor)}


def marked(window: Window, name: str) -> list[str]:
    return [mark.cursor.selectedText() for mark in find(window, TextEditor, name).extraSelections()]


def commit(window: Window) -> None:
    window.desk.dataset.leaving.emit()


def command(window: Window, name: str) -> None:
    action = panel_of(window).findChild(QAction, name)
    assert isinstance(action, QAction)
    action.trigger()


@pytest.fixture
def preference(make_window: MakeWindow, tmp_path: Path) -> Window:
    return make_window(write(tmp_path / "preference.jsonl", pair("Good day to you", "Bad day to me")))


def test_the_marks_of_different_words_can_be_taken_away(preference: Window) -> None:
    toggle = find(preference, QCheckBox, "preference_diff_toggle")
    assert marked(preference, "preferred_output_0") == ["Good", "you"]
    toggle.click()
    assert marked(preference, "preferred_output_0") == []
    toggle.click()
    assert marked(preference, "non_preferred_output_0") == ["Bad", "me"]


def test_answers_are_swapped_with_what_is_typed_in_them(preference: Window, qtbot: QtBot) -> None:
    text = find(preference, TextEditor, "preferred_output_0")
    text.setFocus()
    qtbot.keyClicks(text, "A ")
    click(qtbot, preference, "preference_swap_button")
    assert example(preference) == pair("Bad day to me", "A Good day to you")
    assert find(preference, TextEditor, "non_preferred_output_0").text == "A Good day to you"
    assert opened(preference).undo_title == "Swap the answers"


def test_an_answer_is_copied_to_the_other_side_to_be_changed(preference: Window, qtbot: QtBot) -> None:
    click(qtbot, preference, "preferred_output_copy", QToolButton)
    assert example(preference) == pair("Good day to you", "Good day to you")


def test_an_answer_that_is_missing_is_written(make_window: MakeWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window = make_window(write(tmp_path / "half.jsonl", {"input": GREET, "preferred_output": answer("Hello")}))
    click(qtbot, window, "non_preferred_output_write")
    text = find(window, TextEditor, "non_preferred_output_0")
    assert text.hasFocus()
    qtbot.keyClicks(text, "hi")
    commit(window)
    assert example(window) == pair("Hello", "hi")


REFERENCE = {
    "messages": [{"role": "user", "content": "Code it."}],
    "code": "J20.9",
    "weight": 1.50,
    "strict": True,
    "codes": [1, {"a": 2}],
}


@pytest.fixture
def reinforcement(make_window: MakeWindow, tmp_path: Path) -> Window:
    path = tmp_path / "reinforcement.jsonl"
    path.write_bytes(
        b'{"messages": [{"role": "user", "content": "Code it."}], "code": "J20.9", "weight": 1.50, '
        b'"strict": true, "codes": [1, {"a": 2}]}\n'
    )
    return make_window(path)


def test_reference_fields_have_editors_of_their_types(reinforcement: Window, qtbot: QtBot) -> None:
    before = opened(reinforcement).line(0)
    text = find(reinforcement, TextEditor, "reference_field_0_value")
    text.setFocus()
    text.selectAll()
    qtbot.keyClicks(text, "I10")
    number = find(reinforcement, TextLine, "reference_field_1_value")
    number.setFocus()
    number.selectAll()
    qtbot.keyClicks(number, "2.00")
    find(reinforcement, QCheckBox, "reference_field_2_value").click()
    codes = find(reinforcement, JsonEditor, "reference_field_3_value")
    codes.setFocus()
    codes.setPlainText(codes.toPlainText().replace("2", "20.0"))
    commit(reinforcement)
    after = before.replace(b"J20.9", b"I10").replace(b"1.50", b"2.00").replace(b"true", b"false")
    assert opened(reinforcement).line(0) == after.replace(b'"a": 2', b'"a": 20.0')


def test_an_edit_of_a_json_field_keeps_the_characters_of_the_rest(
    make_window: MakeWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "odd.jsonl"
    line = b'{"messages":[{"role":"user","content":"q"}],"a":[1.50,"caf\\u00e9",{"k" : 1e3}],"n":2.00}'
    path.write_bytes(line + b"\n")
    window = make_window(path)
    assert find(window, TextLine, "reference_field_1_value").text() == "2.00"
    field = find(window, JsonEditor, "reference_field_0_value")
    field.setFocus()
    field.setPlainText(field.toPlainText().replace("1e3", "1e4"))
    commit(window)
    assert opened(window).line(0) == line.replace(b'{"k" : 1e3}', b'{"k":1e4}')


def test_what_is_no_number_is_not_written(reinforcement: Window, qtbot: QtBot) -> None:
    before = opened(reinforcement).line(0)
    number = find(reinforcement, TextLine, "reference_field_1_value")
    number.setFocus()
    number.selectAll()
    qtbot.keyClicks(number, "1,5")
    commit(reinforcement)
    assert opened(reinforcement).line(0) == before
    assert number.property("broken") == "true"


@pytest.mark.parametrize(
    ("field", "type_at", "value"),
    [(0, 3, {}), (0, 1, 0), (1, 0, "1.5"), (2, 0, "true"), (3, 0, '[1, {"a": 2}]'), (3, 2, True)],
)
def test_a_field_becomes_another_type(reinforcement: Window, field: int, type_at: int, value: Any) -> None:
    box = find(reinforcement, QComboBox, f"reference_field_{field}_type")
    box.setCurrentIndex(type_at)
    box.activated.emit(type_at)
    assert list(example(reinforcement).values())[1 + field] == value


def test_fields_are_added_and_removed(reinforcement: Window, qtbot: QtBot) -> None:
    click(qtbot, reinforcement, "reference_field_add", QToolButton)
    name = find(reinforcement, TextLine, "reference_field_new")
    assert name.hasFocus()
    qtbot.keyClicks(name, "why")
    qtbot.keyClick(name, Qt.Key.Key_Return)
    value = find(reinforcement, TextEditor, "reference_field_4_value")
    assert value.hasFocus()
    qtbot.keyClicks(value, "because")
    commit(reinforcement)
    assert example(reinforcement)["why"] == "because"
    click(qtbot, reinforcement, "reference_field_0_remove", QToolButton)
    assert list(example(reinforcement)) == ["messages", "weight", "strict", "codes", "why"]


def test_extra_fields_of_a_conversation_are_edited_in_the_inspector(
    make_window: MakeWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    value = {
        "messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}],
        "parallel_tool_calls": True,
    }
    window = make_window(write(tmp_path / "extra.jsonl", value))
    find(window, QCheckBox, "extra_field_0_value").click()
    assert example(window)["parallel_tool_calls"] is False


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("command_new_supervised", GREET | {"messages": GREET["messages"][:1]}),
        (
            "command_new_preference",
            {
                "input": {"messages": GREET["messages"][:1]},
                "preferred_output": answer(""),
                "non_preferred_output": answer(""),
            },
        ),
        (
            "command_new_reinforcement",
            {"messages": [GREET["messages"][0], {"role": "user", "content": ""}], "reference_answer": ""},
        ),
    ],
)
def test_new_examples_of_every_kind_begin_as_the_last_one(preference: Window, name: str, made: dict[str, Any]) -> None:
    command(preference, name)
    assert preference.desk.dataset.row == 1
    assert example(preference) == made
    focused = preference.focusWidget()
    assert isinstance(focused, TextEditor)
    assert focused.text == ""


def test_without_a_wish_a_new_example_is_of_the_kind_of_the_last(reinforcement: Window, qtbot: QtBot) -> None:
    click(qtbot, reinforcement, "new_example_button", QToolButton)
    assert example(reinforcement) == {
        "messages": [{"role": "user", "content": ""}],
        "code": "",
        "weight": 0.0,
        "strict": False,
        "codes": [],
    }


def test_copied_examples_are_pasted_after_the_shown_one(preference: Window) -> None:
    QGuiApplication.clipboard().setText("User: Rain?\nAssistant: No.")
    command(preference, "command_paste")
    assert [message["content"] for message in example(preference, 1)["messages"]] == ["Rain?", "No."]
    assert preference.desk.dataset.row == 1
    assert preference.desk.notices.texts == ["1 example pasted."]
    preference.desk.dataset.undo()
    assert len(opened(preference)) == 1


def test_what_cannot_be_pasted_is_explained(preference: Window) -> None:
    QGuiApplication.clipboard().setText("nothing of use")
    command(preference, "command_paste")
    assert len(opened(preference)) == 1
    assert "no example" in preference.desk.notices.texts[0]


def test_names_and_refusals_are_edited_in_their_cards(make_window: MakeWindow, qtbot: QtBot, tmp_path: Path) -> None:
    messages = [
        {"role": "user", "content": "q", "name": "Ann"},
        {"role": "assistant", "content": None, "refusal": "No", "audio": {"id": "audio_1"}},
    ]
    window = make_window(write(tmp_path / "named.jsonl", {"messages": messages}))
    name = find(window, TextLine, "message_0_name")
    name.setFocus()
    name.selectAll()
    qtbot.keyClicks(name, "Bob")
    refusal = find(window, TextEditor, "message_1_refusal")
    refusal.setFocus()
    refusal.put_cursor_at_end()
    qtbot.keyClicks(refusal, ".")
    commit(window)
    assert example(window)["messages"] == [
        {"role": "user", "content": "q", "name": "Bob"},
        {"role": "assistant", "content": None, "refusal": "No.", "audio": {"id": "audio_1"}},
    ]
    name.clear()
    commit(window)
    assert "name" not in example(window)["messages"][0]

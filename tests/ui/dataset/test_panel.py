"""Writing examples in the window, with the widgets that a person uses."""

from __future__ import annotations

from pathlib import Path

import pytest
from dataset_window import MakeWindow, click, example, find, opened, panel_of, write
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLineEdit, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from ftdesk.ui.dataset.panel import DatasetPanel
from ftdesk.ui.dataset.role_button import RoleButton
from ftdesk.ui.editor import TextEditor
from ftdesk.ui.json_editor import JsonEditor
from ftdesk.ui.long_list import LongList
from ftdesk.ui.text import Label
from ftdesk.ui.window import Window


@pytest.fixture
def window(make_window: MakeWindow, sample: Path) -> Window:
    return make_window(sample)


def test_the_first_start_offers_what_to_do_and_the_sample_opens_as_a_copy(
    make_window: MakeWindow, qtbot: QtBot, home: Path
) -> None:
    window = make_window()
    click(qtbot, window, "try_sample_button")
    path = opened(window).path
    assert path is not None
    assert home in path.parents
    assert len(opened(window)) > 100


def test_an_example_is_written_by_keyboard_alone(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window()
    click(qtbot, window, "new_dataset_button")
    panel = window.panel("dataset")
    assert isinstance(panel, DatasetPanel)
    panel.new_example()
    composer = find(window, TextEditor, "message_composer")
    assert composer.hasFocus()
    for text in ("Patient presents with acute bronchitis.", "J20.9: Acute bronchitis, unspecified"):
        qtbot.keyClicks(composer, text)
        qtbot.keyClick(composer, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        assert composer.hasFocus()
    assert example(window) == {
        "messages": [
            {"role": "user", "content": "Patient presents with acute bronchitis."},
            {"role": "assistant", "content": "J20.9: Acute bronchitis, unspecified"},
        ]
    }


def test_the_first_message_in_an_empty_dataset_makes_its_example(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window()
    window.desk.files.new()
    qtbot.keyClicks(find(window, TextEditor, "message_composer"), "hello")
    click(qtbot, window, "add_message_button")
    assert example(window, 0)["messages"] == [{"role": "user", "content": "hello"}]


def test_enter_in_the_composer_is_a_new_line(window: Window, qtbot: QtBot) -> None:
    composer = find(window, TextEditor, "message_composer")
    qtbot.keyClicks(composer, "one")
    qtbot.keyClick(composer, Qt.Key.Key_Return)
    qtbot.keyClicks(composer, "two")
    click(qtbot, window, "add_message_button")
    assert example(window)["messages"][-1] == {"role": "user", "content": "one\ntwo"}


def test_the_composer_offers_whose_turn_it_is_and_keeps_what_the_user_chose(window: Window, qtbot: QtBot) -> None:
    role = find(window, QComboBox, "composer_role")
    assert role.currentData() == "user"
    qtbot.keyClicks(find(window, TextEditor, "message_composer"), "question")
    click(qtbot, window, "add_message_button")
    assert role.currentData() == "assistant"


def test_a_tool_message_answers_the_call_that_waits(make_window: MakeWindow, qtbot: QtBot, tmp_path: Path) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "get_weather", "arguments": '{"city":"Oslo"}'}}
    messages = [{"role": "user", "content": "?"}, {"role": "assistant", "tool_calls": [call]}]
    window = make_window(write(tmp_path / "tools.jsonl", {"messages": messages}))
    qtbot.keyClicks(find(window, TextEditor, "message_composer"), "sunny")
    click(qtbot, window, "add_message_button")
    assert example(window)["messages"][-1] == {"role": "tool", "tool_call_id": "call_1", "content": "sunny"}


def test_editing_a_card_changes_that_text_and_no_other_byte(
    make_window: MakeWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "odd.jsonl"
    path.write_bytes(
        b'{ "id":1.0,"messages" : [{"content":"caf\\u00e9 \\u2028","role":"user"},'
        b'{"role":"assistant","content":"x"}]}\n'
    )
    window = make_window(path)
    before = opened(window).line(0)
    text = find(window, TextEditor, "message_1_text")
    text.setFocus()
    text.put_cursor_at_end()
    qtbot.keyClicks(text, "y")
    window.desk.dataset.leaving.emit()
    assert opened(window).line(0) == before.replace(b'"content":"x"', b'"content":"xy"')


def test_walking_through_all_examples_changes_nothing(make_window: MakeWindow, tmp_path: Path) -> None:
    difficult = "a\u00a0b\r\nc\u2028d\ufeff\u200b"
    lines: list[object] = [
        {
            "messages": [
                {"role": "user", "content": difficult},
                {"role": "assistant", "content": [{"type": "text", "text": difficult}]},
            ]
        },
        {
            "messages": [
                {"role": "assistant", "tool_calls": [{"id": "c", "function": {"name": "f", "arguments": "{ }"}}]}
            ]
        },
        {"messages": [{"role": "weird", "content": {"x": 1}}, "nonsense", None]},
        {
            "input": {"messages": []},
            "preferred_output": [{"role": "assistant", "content": difficult}],
            "non_preferred_output": 3,
        },
        {"messages": [{"role": "user", "content": "?"}], "reference": {"a": [1.0]}},
    ]
    window = make_window(write(tmp_path / "difficult.jsonl", *lines))
    for row in [*range(5), *reversed(range(5))]:
        window.desk.dataset.choose(row)
        QApplication.processEvents()
    window.desk.dataset.leaving.emit()
    assert not opened(window).is_modified
    assert opened(window).undo_title == ""


def test_typing_is_one_step_of_undo_and_undo_shows_where_it_was(window: Window, qtbot: QtBot) -> None:
    text = find(window, TextEditor, "message_2_text")
    text.setFocus()
    text.put_cursor_at_end()
    qtbot.keyClicks(text, " and more")
    window.desk.dataset.choose(3)
    assert example(window, 0)["messages"][2]["content"] == "Answer 1 and more"
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert window.desk.dataset.row == 0
    assert find(window, TextEditor, "message_2_text").text == "Answer 1"
    assert not opened(window).is_modified
    qtbot.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert find(window, TextEditor, "message_2_text").text == "Answer 1 and more"


def test_undo_while_typing_takes_back_what_is_typed(window: Window, qtbot: QtBot) -> None:
    text = find(window, TextEditor, "message_2_text")
    text.setFocus()
    qtbot.keyClicks(text, "typed ")
    qtbot.keyClick(text, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert find(window, TextEditor, "message_2_text").text == "Answer 1"


def test_the_cursor_stays_in_the_text_while_its_edits_are_kept(window: Window, qtbot: QtBot) -> None:
    text = find(window, TextEditor, "message_1_text")
    text.setFocus()
    qtbot.keyClicks(text, "abc")
    qtbot.waitUntil(lambda: opened(window).is_modified, timeout=30_000)
    assert text.hasFocus()
    assert text.textCursor().position() == 3
    qtbot.keyClicks(text, "d")
    window.desk.dataset.leaving.emit()
    assert example(window)["messages"][1]["content"] == "abcdQuestion 1"


def test_the_role_menu_changes_the_role(window: Window) -> None:
    find(window, RoleButton, "message_1_role").role_chosen.emit("developer")
    assert example(window)["messages"][1]["role"] == "developer"
    assert "Developer" in find(window, RoleButton, "message_1_role").text()


def test_an_assistant_message_can_be_left_out_of_training(window: Window, qtbot: QtBot) -> None:
    trains = find(window, QCheckBox, "message_2_trains")
    assert trains.isChecked()
    trains.click()
    assert example(window)["messages"][2]["weight"] == 0
    find(window, QCheckBox, "message_2_trains").click()
    assert "weight" not in example(window)["messages"][2]


def test_messages_are_moved_duplicated_and_deleted(window: Window, qtbot: QtBot) -> None:
    click(qtbot, window, "message_2_arrow-up", QToolButton)
    assert [message["role"] for message in example(window)["messages"]] == ["system", "assistant", "user"]
    click(qtbot, window, "message_1_copy", QToolButton)
    assert [message["content"] for message in example(window)["messages"]][1:3] == ["Answer 1", "Answer 1"]
    click(qtbot, window, "message_0_trash-2", QToolButton)
    assert [message["role"] for message in example(window)["messages"]] == ["assistant", "assistant", "user"]
    assert window.desk.notices.texts == ["Message deleted."]


@pytest.mark.parametrize(
    ("button", "order"),
    [("message_2_arrow-up", [2, 1]), ("message_1_copy", [1, 1, 2]), ("message_0_trash-2", [1, 2])],
)
def test_what_is_being_typed_goes_along_when_messages_move(
    window: Window, qtbot: QtBot, button: str, order: list[int]
) -> None:
    text = find(window, TextEditor, "message_1_text")
    text.setFocus()
    qtbot.keyClicks(text, "Typed ")
    click(qtbot, window, button, QToolButton)
    texts = {1: "Typed Question 1", 2: "Answer 1"}
    contents = [message["content"] for message in example(window)["messages"] if message["role"] != "system"]
    assert contents == [texts[number] for number in order]


def test_a_new_example_begins_as_the_last_one_does(make_window: MakeWindow, qtbot: QtBot, tmp_path: Path) -> None:
    tools = [{"type": "function", "function": {"name": "f", "parameters": {}}}]
    last = {"messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "?"}], "tools": tools}
    window = make_window(write(tmp_path / "like.jsonl", last))
    click(qtbot, window, "new_example_button", QToolButton)
    assert window.desk.dataset.row == 1
    assert example(window) == {"messages": [{"role": "system", "content": "Be brief."}], "tools": tools}
    assert find(window, TextEditor, "message_composer").hasFocus()


def test_examples_are_deleted_without_a_question_and_come_back_with_undo(window: Window, qtbot: QtBot) -> None:
    view = find(window, LongList, "examples_view")
    view.selectRow(1)
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClick(view, Qt.Key.Key_Delete)
    assert len(opened(window)) == 3
    assert window.desk.notices.texts == ["2 examples deleted."]
    window.desk.dataset.undo()
    assert len(opened(window)) == 5


def test_examples_are_duplicated_and_moved_as_a_block(window: Window, qtbot: QtBot) -> None:
    panel = window.panel("dataset")
    assert isinstance(panel, DatasetPanel)
    window.desk.dataset.choose(4)
    panel.examples.duplicate()
    assert len(opened(window)) == 6
    window.desk.dataset.choose(1)
    panel.list.select_rows(range(1, 3))
    panel.examples.move(-1)
    order = [example(window, row)["messages"][1]["content"] for row in range(4)]
    assert order == ["Question 2", "Question 3", "Question 1", "Question 4"]
    assert panel.list.selected_rows() == [0, 1]


def test_a_broken_line_is_repaired_as_text(make_window: MakeWindow, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "broken.jsonl"
    path.write_bytes(b'{"messages": [{"role": "user", "content": "hi"}]\n\n')
    window = make_window(path)
    assert "column" in find(window, Label, "broken_reason").text()
    text = find(window, JsonEditor, "broken_text")
    text.setFocus()
    text.put_cursor_at_end()
    qtbot.keyClicks(text, "}")
    window.desk.dataset.leaving.emit()
    assert example(window) == {"messages": [{"role": "user", "content": "hi"}]}
    assert find(window, TextEditor, "message_0_text").text == "hi"


def test_raw_json_is_applied_where_it_was_changed(window: Window, qtbot: QtBot) -> None:
    raw = find(window, JsonEditor, "raw_json_edit")
    raw.setFocus()
    raw.setPlainText(raw.toPlainText().replace("Question 1", "Another question"))
    window.desk.dataset.leaving.emit()
    assert example(window)["messages"][1]["content"] == "Another question"
    assert find(window, TextEditor, "message_1_text").text == "Another question"
    assert b'", "' in opened(window).line(0)


def test_raw_json_that_was_left_broken_is_kept_as_a_broken_line(window: Window, qtbot: QtBot) -> None:
    raw = find(window, JsonEditor, "raw_json_edit")
    raw.setFocus()
    raw.setPlainText('{"messages": [')
    raw.look()
    assert find(window, Label, "raw_json_problem").text() != ""
    window.desk.dataset.choose(1)
    assert opened(window).line(0) == b'{"messages": ['
    assert opened(window).record(0).kind == "broken"
    window.desk.dataset.undo()
    assert example(window, 0)["messages"][1]["content"] == "Question 1"


def test_both_answers_of_a_preference_example_can_be_edited(
    make_window: MakeWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    value = {
        "input": {"messages": [{"role": "user", "content": "Greet."}]},
        "preferred_output": [{"role": "assistant", "content": "Welcome"}],
        "non_preferred_output": [{"role": "assistant", "content": "hi"}],
    }
    window = make_window(write(tmp_path / "preference.jsonl", value))
    for name, more in (("message_0_text", "?"), ("preferred_output_0", "!"), ("non_preferred_output_0", ".")):
        text = find(window, TextEditor, name)
        text.setFocus()
        text.put_cursor_at_end()
        qtbot.keyClicks(text, more)
    window.desk.dataset.leaving.emit()
    changed = example(window)
    assert changed["input"]["messages"][0]["content"] == "Greet.?"
    assert changed["preferred_output"][0]["content"] == "Welcome!"
    assert changed["non_preferred_output"][0]["content"] == "hi."


def test_arguments_of_a_tool_call_are_edited_spread_out_and_kept_on_one_line(
    make_window: MakeWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a":1.0,"b":[1,2]}'}}
    answer = {"role": "tool", "tool_call_id": "c", "content": "{}"}
    messages = [{"role": "assistant", "tool_calls": [call]}, answer]
    window = make_window(write(tmp_path / "tools.jsonl", {"messages": messages}))
    arguments = find(window, JsonEditor, "tool_call_1_arguments")
    assert arguments.toPlainText().splitlines()[1] == '  "a": 1.0,'
    arguments.setFocus()
    arguments.setPlainText(arguments.toPlainText().replace("1.0", "2.50"))
    window.desk.dataset.leaving.emit()
    assert example(window)["messages"][0]["tool_calls"][0]["function"]["arguments"] == '{"a":2.50,"b":[1,2]}'


def test_an_example_with_hundreds_of_messages_shows_the_first_and_offers_the_rest(
    make_window: MakeWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    messages = [{"role": "user", "content": str(number)} for number in range(300)]
    window = make_window(write(tmp_path / "many.jsonl", {"messages": messages}))
    panel = window.panel("dataset")
    assert isinstance(panel, DatasetPanel)
    assert len(panel.conversation.cards) < 60
    qtbot.waitUntil(lambda: len(panel.conversation.cards) == 60, timeout=60_000)
    more = next(button for button in panel.conversation.findChildren(QPushButton) if "240 more" in button.text())
    more.click()
    qtbot.waitUntil(lambda: len(panel.conversation.cards) == 120, timeout=60_000)


def test_a_message_of_megabytes_that_nobody_edits_is_left_alone(make_window: MakeWindow, tmp_path: Path) -> None:
    messages = [{"role": "user", "content": "x" * 2_000_000}, {"role": "assistant", "content": "ok"}]
    window = make_window(write(tmp_path / "big.jsonl", {"messages": messages}))
    assert len(find(window, TextEditor, "message_0_text").text) == 2_000_000
    window.desk.dataset.leaving.emit()
    assert not opened(window).is_modified


def test_tags_are_kept_beside_the_data_found_and_undone(window: Window, qtbot: QtBot) -> None:
    before = opened(window).line(1)
    panel = window.panel("dataset")
    assert isinstance(panel, DatasetPanel)
    window.desk.dataset.choose(1)
    panel.list.select_rows(range(1, 3))
    tags = find(window, QLineEdit, "tags_edit")
    tags.setFocus()
    qtbot.keyClicks(tags, "hard, to check")
    qtbot.keyClick(tags, Qt.Key.Key_Return)
    assert opened(window).line(1) == before
    assert [sorted(opened(window).labels.of(opened(window).line(row)).tags) for row in range(4)] == [
        [],
        ["hard", "to check"],
        ["hard", "to check"],
        [],
    ]
    panel.list.search.setText("tag:hard")
    qtbot.waitUntil(lambda: not panel.list.model.searching, timeout=60_000)
    assert panel.list.model.rowCount() == 2
    window.desk.dataset.undo()
    assert opened(window).labels.all_tags() == []
    assert tags.text() == ""


def test_words_that_only_one_answer_has_are_marked(make_window: MakeWindow, tmp_path: Path) -> None:
    value = {
        "input": {"messages": [{"role": "user", "content": "Greet."}]},
        "preferred_output": [{"role": "assistant", "content": "🎉 Good day to you"}],
        "non_preferred_output": [{"role": "assistant", "content": "🎉 Bad day to me"}],
    }
    window = make_window(write(tmp_path / "preference.jsonl", value))
    marked = {
        name: [mark.cursor.selectedText() for mark in find(window, TextEditor, name).extraSelections()]
        for name in ("preferred_output_0", "non_preferred_output_0")
    }
    assert marked == {"preferred_output_0": ["Good", "you"], "non_preferred_output_0": ["Bad", "me"]}


def test_in_a_narrow_window_the_inspector_takes_the_place_of_the_list(window: Window) -> None:
    window.resize(900, 600)
    QApplication.processEvents()
    panel = panel_of(window)
    panel.toggle_inspector()
    QApplication.processEvents()
    assert (panel.list.isVisible(), panel.inspector.isVisible()) == (False, True)
    assert panel.inspector.mapTo(panel, panel.inspector.rect().bottomRight()).x() <= panel.width()
    panel.toggle_inspector()
    assert (panel.list.isVisible(), panel.inspector.isVisible()) == (True, False)


def test_a_search_in_a_narrow_window_brings_the_list_back(window: Window) -> None:
    window.resize(900, 600)
    QApplication.processEvents()
    panel = panel_of(window)
    panel.toggle_inspector()
    panel._search()
    assert (panel.list.isVisible(), window.focusWidget()) == (True, panel.list.search)

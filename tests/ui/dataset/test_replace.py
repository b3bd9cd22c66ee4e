"""Find and replace over many examples, with the widgets that a person uses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from dataset_window import MakeWindow, example, find, opened, panel_of, write
from PySide6.QtCore import QPoint, Qt, QTimer
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit
from pytestqt.qtbot import QtBot

from ftdesk.ui.dataset.replace_dialog import ReplaceDialog
from ftdesk.ui.long_list import LongList
from ftdesk.ui.text import Label
from ftdesk.ui.widgets import Button
from ftdesk.ui.window import Window


@pytest.fixture
def window(make_window: MakeWindow, sample: Path) -> Window:
    return make_window(sample)


def open_replace(window: Window, qtbot: QtBot) -> ReplaceDialog:
    window.panel("dataset").setFocus()
    view = find(window, LongList, "examples_view")
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_H, Qt.KeyboardModifier.ControlModifier)
    return find(window, ReplaceDialog, "replace_dialog")


def fill(qtbot: QtBot, dialog: ReplaceDialog, wanted: str, put: str) -> None:
    for name, text in (("replace_find", wanted), ("replace_with", put)):
        field = dialog.findChild(QLineEdit, name)
        field.clear()
        qtbot.keyClicks(field, text)
    settle(qtbot, dialog)


def settle(qtbot: QtBot, dialog: ReplaceDialog) -> None:
    dialog._look()
    qtbot.waitUntil(lambda: not dialog.model.counting, timeout=60_000)


def note(dialog: ReplaceDialog) -> str:
    return str(dialog.findChild(Label, "replace_note").text())


def press_replace(qtbot: QtBot, dialog: ReplaceDialog) -> None:
    bulk = dialog._bulk
    qtbot.mouseClick(dialog.findChild(Button, "replace_button"), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not bulk.is_running, timeout=60_000)


def test_everything_ticked_is_replaced_as_one_step_of_undo(window: Window, qtbot: QtBot) -> None:
    before = list(opened(window).lines())
    dialog = open_replace(window, qtbot)
    QAbstractItemModelTester(dialog.model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    fill(qtbot, dialog, "coder", "writer")
    assert note(dialog) == "5 replacements in 5 examples."
    assert dialog.findChild(Button, "replace_button").text() == "Replace 5"
    press_replace(qtbot, dialog)
    assert list(opened(window).lines()) == [line.replace(b"coder", b"writer") for line in before]
    assert window.desk.notices.texts == ["5 replacements in 5 examples."]
    assert opened(window).undo_title == "Replace “coder” with “writer”"
    window.desk.dataset.undo()
    assert list(opened(window).lines()) == before


def test_the_shown_example_shows_what_was_replaced(window: Window, qtbot: QtBot) -> None:
    from ftdesk.ui.editor import TextEditor

    dialog = open_replace(window, qtbot)
    fill(qtbot, dialog, "Question", "Ask")
    press_replace(qtbot, dialog)
    assert find(window, TextEditor, "message_1_text").text == "Ask 1"


def test_groups_of_a_pattern_stand_in_the_replacement(window: Window, qtbot: QtBot) -> None:
    dialog = open_replace(window, qtbot)
    dialog.findChild(QCheckBox, "replace_regex").click()
    fill(qtbot, dialog, r"(question|answer) (\d)", "$2: \\1")
    press_replace(qtbot, dialog)
    assert [message["content"] for message in example(window)["messages"]] == [
        "You are a coder.",
        "1: Question",
        "1: Answer",
    ]


def test_only_the_ticked_parts_and_changes_are_replaced(window: Window, qtbot: QtBot) -> None:
    dialog = open_replace(window, qtbot)
    dialog.findChild(QCheckBox, "replace_in_user").click()
    fill(qtbot, dialog, r"e", "E")
    assert dialog.model.rowCount() == 10  # system and assistant of five
    view = dialog.findChild(LongList, "replace_changes")
    view.selectRow(1)
    qtbot.keyClick(view, Qt.Key.Key_Space)
    box = view.visualRect(dialog.model.index(2, 0)).topLeft() + QPoint(20, 38)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=box)
    assert dialog.model.ticked_positions() == [0, 3, 4, 5, 6, 7, 8, 9]
    press_replace(qtbot, dialog)
    texts = [[message["content"] for message in example(window, row)["messages"]] for row in range(3)]
    assert texts == [
        ["You arE a codEr.", "Question 1", "Answer 1"],
        ["You are a coder.", "Question 2", "AnswEr 2"],
        ["You arE a codEr.", "Question 3", "AnswEr 3"],
    ]


def test_ticks_are_counted_by_places_and_examples(window: Window, qtbot: QtBot) -> None:
    dialog = open_replace(window, qtbot)
    fill(qtbot, dialog, "e", "x")
    whole = (dialog.model.replacements, dialog.model.examples)
    assert whole == (2 * 5 + 1 * 5 + 1 * 5, 5)
    dialog.model.tick([0, 1, 2], ticked=False)
    assert (dialog.model.replacements, dialog.model.examples) == (16, 4)
    dialog.model.tick([1], ticked=True)
    assert (dialog.model.replacements, dialog.model.examples) == (17, 5)
    qtbot.mouseClick(dialog.findChild(Button, "replace_tick_none"), Qt.MouseButton.LeftButton)
    assert (dialog.model.replacements, dialog.model.examples) == (0, 0)
    assert not dialog.findChild(Button, "replace_button").isEnabled()
    qtbot.mouseClick(dialog.findChild(Button, "replace_tick_all"), Qt.MouseButton.LeftButton)
    assert (dialog.model.replacements, dialog.model.examples) == whole


def test_a_change_is_shown_before_and_after(window: Window, qtbot: QtBot) -> None:
    dialog = open_replace(window, qtbot)
    fill(qtbot, dialog, "answer", "Reply")
    spoken = dialog.model.data(dialog.model.index(2, 0))
    assert spoken == "Example 3, message 3: Answer 3 becomes Reply 3"
    dialog.model.tick([2], ticked=False)
    assert dialog.model.data(dialog.model.index(2, 0)).startswith("Left out.")


def test_the_selection_or_the_result_of_the_search_can_be_the_scope(window: Window, qtbot: QtBot) -> None:
    panel = panel_of(window)
    panel.list.search.setText("/[234]/")
    qtbot.waitUntil(lambda: not panel.list.model.searching, timeout=60_000)
    panel.list.select_rows(range(2, 4))
    dialog = open_replace(window, qtbot)
    scope = dialog.findChild(QComboBox, "replace_scope")
    assert [scope.itemText(at) for at in range(scope.count())] == [
        "The 2 selected examples",
        "What the search shows",
        "All 5 examples",
    ]
    counts = []
    for at in range(3):
        scope.setCurrentIndex(at)
        fill(qtbot, dialog, "coder", "x")
        counts.append(dialog.model.rowCount())
    assert counts == [2, 3, 5]


def test_only_the_bytes_of_the_touched_fields_change(make_window: MakeWindow, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "odd.jsonl"
    line = (
        b'{ "id":1.0,"messages" : [{"content":"caf\\u00e9 \\u2028","role":"user"},'
        b'{"role":"assistant","content":"ok",  "weight" : 1e0, "x":"\\/ ok"}, {"role":"tool","content":[1,"ok"]}]}'
    )
    path.write_bytes(line + b"\r\n" + b'{"broken ok\n' + line.replace(b"ok", b"no") + b"\n")
    window = make_window(path)
    dialog = open_replace(window, qtbot)
    fill(qtbot, dialog, "ok", 'fi"ne')
    press_replace(qtbot, dialog)
    changed = line.replace(b'"content":"ok"', b'"content":"fi\\"ne"')
    assert list(opened(window).lines()) == [changed + b"\r", b'{"broken ok', line.replace(b"ok", b"no")]


def test_a_pattern_that_takes_for_ever_is_told_of_and_holds_nothing(
    make_window: MakeWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    slow = {"messages": [{"role": "user", "content": "a" * 3000 + "b"}]}
    window = make_window(write(tmp_path / "slow.jsonl", slow, slow, {"messages": [{"role": "user", "content": "aaa"}]}))
    dialog = open_replace(window, qtbot)
    dialog.findChild(QCheckBox, "replace_regex").click()
    fill(qtbot, dialog, "(a+)+$", "x")
    assert note(dialog) == (
        "1 replacement in 1 example. In 2 texts the pattern takes too long; they are left as they are."
    )
    press_replace(qtbot, dialog)
    assert example(window, 2)["messages"][0]["content"] == "x"
    assert example(window, 0) == slow


def test_a_mistake_in_the_pattern_is_said(window: Window, qtbot: QtBot) -> None:
    dialog = open_replace(window, qtbot)
    dialog.findChild(QCheckBox, "replace_regex").click()
    fill(qtbot, dialog, "(", "")
    assert note(dialog).startswith("Not a usable pattern")
    assert not dialog.findChild(Button, "replace_button").isEnabled()


def test_many_examples_are_counted_in_slices_between_which_the_window_lives(
    make_window: MakeWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    examples = [{"messages": [{"role": "user", "content": f"number {row} " + "word " * 50}]} for row in range(4_000)]
    window = make_window(write(tmp_path / "many.jsonl", *examples))
    dialog = open_replace(window, qtbot)
    dialog.findChild(QLineEdit, "replace_find").setText("word")
    ticks: list[None] = []
    other = QTimer()
    other.timeout.connect(lambda: ticks.append(None) if dialog.model.counting else None)
    other.start(0)
    settle(qtbot, dialog)
    assert dialog.model.replacements == 4_000 * 50
    assert len(ticks) > 5


def test_lines_with_unusual_text_survive_a_replacement_beside_it(
    make_window: MakeWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    odd = "\ud800\u2028\ufeff\u200b\r\n🎉 here 🎉 here"
    path = tmp_path / "odd.jsonl"
    path.write_text(json.dumps({"messages": [{"role": "user", "content": odd}]}) + "\n")
    window = make_window(path)
    dialog = open_replace(window, qtbot)
    fill(qtbot, dialog, "here", "there")
    press_replace(qtbot, dialog)
    assert example(window)["messages"][0]["content"] == odd.replace("here", "there")

"""What is done to several examples at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from dataset_window import MakeWindow, click, example, find, opened, panel_of
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from ftdesk.ui.dataset.panel import DatasetPanel
from ftdesk.ui.editor import TextEditor
from ftdesk.ui.long_list import LongList
from ftdesk.ui.text import Label
from ftdesk.ui.widgets import Button
from ftdesk.ui.window import Window


@pytest.fixture
def window(make_window: MakeWindow, sample: Path) -> Window:
    return make_window(sample)


def select(window: Window, *rows: int) -> DatasetPanel:
    panel = panel_of(window)
    window.desk.dataset.choose(rows[-1])
    panel.list.select_rows(rows)
    return panel


def order(window: Window) -> list[int]:
    return [int(example(window, row)["messages"][1]["content"][-1]) for row in range(len(opened(window)))]


def answer(window: Window, qtbot: QtBot, text: str) -> None:
    field = find(window, QWidget, "ask_field")
    if isinstance(field, QLineEdit):
        field.setText(text)
    elif isinstance(field, TextEditor):
        field.replace_text(text)
    click(qtbot, window, "ask_button")
    settle(window, qtbot)


def settle(window: Window, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not panel_of(window).examples.bulk.is_running, timeout=60_000)


def test_the_title_says_how_many_are_selected(window: Window) -> None:
    select(window, 1, 3)
    assert find(window, Label, "example_title").text() == "2 of 5 selected"
    select(window, 1)
    assert find(window, Label, "example_title").text() == "Example 2 of 5"


def test_examples_that_lie_apart_are_deleted_as_one_step(window: Window) -> None:
    select(window, 0, 2, 3).examples.delete()
    assert order(window) == [2, 5]
    assert window.desk.notices.texts == ["3 examples deleted."]
    window.desk.dataset.undo()
    assert order(window) == [1, 2, 3, 4, 5]


def test_copies_stand_after_the_last_and_are_selected(window: Window) -> None:
    panel = select(window, 0, 2)
    panel.examples.duplicate()
    assert order(window) == [1, 2, 3, 1, 3, 4, 5]
    assert panel.list.selected_rows() == [3, 4]
    assert window.desk.notices.texts == ["2 examples duplicated."]
    window.desk.dataset.undo()
    assert order(window) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("rows", "by", "after", "selected"),
    [
        ((1, 2), -1, [2, 3, 1, 4, 5], [0, 1]),
        ((1, 2), 1, [1, 4, 2, 3, 5], [2, 3]),
        ((0, 2), -1, [1, 3, 2, 4, 5], [0, 1]),
        ((0, 2), 1, [2, 1, 3, 4, 5], [1, 2]),
        ((0, 1), -1, [1, 2, 3, 4, 5], [0, 1]),
        ((3, 4), 1, [1, 2, 3, 4, 5], [3, 4]),
    ],
)
def test_selected_examples_move_together(
    window: Window, rows: tuple[int, ...], by: int, after: list[int], selected: list[int]
) -> None:
    panel = select(window, *rows)
    panel.examples.move(by)
    assert order(window) == after
    assert panel.list.selected_rows() == selected


@pytest.mark.parametrize(
    ("rows", "to", "after"),
    [((0, 1), "3", [3, 4, 1, 2, 5]), ((4,), "1", [5, 1, 2, 3, 4]), ((0, 4), "4", [2, 3, 4, 1, 5])],
)
def test_examples_move_to_a_number(
    window: Window, qtbot: QtBot, rows: tuple[int, ...], to: str, after: list[int]
) -> None:
    panel = select(window, *rows)
    panel.examples.ask_where_to()
    answer(window, qtbot, to)
    assert order(window) == after
    assert panel.list.selected_rows()[0] == int(to) - 1
    window.desk.dataset.undo()
    assert order(window) == [1, 2, 3, 4, 5]


def test_a_number_beyond_the_end_is_not_taken(window: Window, qtbot: QtBot) -> None:
    select(window, 0).examples.ask_where_to()
    answer(window, qtbot, "6")
    assert order(window) == [1, 2, 3, 4, 5]
    assert find(window, QWidget, "ask_dialog").isVisible()


def test_the_system_prompt_of_many_is_set_as_one_step(make_window: MakeWindow, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "mixed.jsonl"
    lines = [
        '{"messages": [{"role": "system", "content": "old"}, {"role": "user", "content": "q"}]}',
        '{"messages": [{"role":"user","content":"q"}]}',
        '{"messages": broken',
        '{"messages": [{"role": "developer", "content": [{"type": "text", "text": "old"}]}]}',
        '{"messages": [{"role": "system", "content": "new"}]}',
    ]
    path.write_text("\n".join(lines) + "\n")
    window = make_window(path)
    panel = select(window, 0, 1, 2, 3, 4)
    panel.examples.ask_system_prompt()
    answer(window, qtbot, "new")
    after = [line.decode() for line in opened(window).lines()]
    assert after[0] == lines[0].replace("old", "new")
    assert json.loads(after[1])["messages"][0] == {"role": "system", "content": "new"}
    assert after[2] == lines[2]
    assert after[3] == lines[3].replace("old", "new")
    assert after[4] == lines[4]
    assert window.desk.notices.texts == [
        "3 system prompts set. 1 example could not be edited so and is as it was.",
    ]
    window.desk.dataset.undo()
    assert [line.decode() for line in opened(window).lines()] == lines


def test_a_tag_is_added_to_all_and_taken_away(window: Window, qtbot: QtBot) -> None:
    panel = select(window, 1, 3)
    panel.examples.ask_tag(present=True)
    answer(window, qtbot, "hard")
    labels = opened(window).labels
    assert [sorted(labels.of(line).tags) for line in opened(window).lines()] == [[], ["hard"], [], ["hard"], []]
    assert window.desk.notices.texts == ["Tags of 2 examples changed."]
    window.desk.dataset.undo()
    assert opened(window).labels.all_tags() == []


def test_copied_examples_are_pasted_as_they_are(window: Window, qtbot: QtBot) -> None:
    lines = list(opened(window).lines())
    select(window, 0, 2)
    view = find(window, LongList, "examples_view")
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert window.desk.notices.texts == ["2 examples copied."]
    select(window, 4)
    qtbot.keyClick(view, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    assert list(opened(window).lines()) == [*lines, lines[0], lines[2]]
    assert panel_of(window).list.selected_rows() == [5, 6]
    window.desk.dataset.undo()
    assert list(opened(window).lines()) == lines


def test_the_menu_offers_what_can_be_done_with_the_selection(window: Window) -> None:
    panel = select(window, 1, 3)
    menu = panel.examples.menu()
    names = [action.text() for action in menu.actions() if action.text()]
    assert {
        "Copy",
        "Paste",
        "Duplicate",
        "Move to…",
        "Set system prompt…",
        "Add tag…",
        "Find and replace…",
        "Delete",
    } <= set(names)
    next(action for action in menu.actions() if action.text() == "Delete").trigger()
    menu.deleteLater()
    assert order(window) == [1, 3, 5]


def test_a_long_edit_goes_on_in_slices_and_can_be_stopped(window: Window, qtbot: QtBot) -> None:
    panel = panel_of(window)
    document = opened(window)
    document.insert(5, [document.line(0)] * 3_000, "Many")
    works: list[object] = []
    window.desk.background.begun.connect(works.append)
    bulk = panel.examples.bulk

    def slow(row: int, line: bytes) -> bytes:
        for _ in range(100):
            json.loads(line)
        return line.replace(b"Question", b"Ask")

    bulk.rewrite(range(len(document)), slow, "Ask", lambda number: f"{number} changed")
    assert len(works) == 1
    works[0].cancel()  # type: ignore[attr-defined]
    QApplication.processEvents()
    assert document.undo_title == "Many"
    bulk.rewrite(range(len(document)), slow, "Ask", lambda number: f"{number} changed")
    qtbot.waitUntil(lambda: "3005 changed" in window.desk.notices.texts, timeout=120_000)
    assert document.line(3_000).count(b"Ask") == 1
    document.undo()
    assert document.undo_title == "Many"


def test_a_long_edit_stops_when_the_dataset_changes_under_it(window: Window, qtbot: QtBot) -> None:
    document = opened(window)
    document.insert(5, [document.line(0)] * 20_000, "Many")
    bulk = panel_of(window).examples.bulk
    bulk.rewrite(range(len(document)), lambda _, line: line[::-1], "Reverse", str)
    document.remove([0], "Another")
    for _ in range(20):
        QApplication.processEvents()
    assert document.undo_title == "Another"


def test_an_answer_is_given_by_keyboard(window: Window, qtbot: QtBot) -> None:
    select(window, 0, 1).examples.ask_system_prompt()
    field = find(window, TextEditor, "ask_field")
    assert field.text == "You are a coder."
    field.setFocus()
    qtbot.keyClicks(field, "Hi")
    qtbot.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    settle(window, qtbot)
    assert example(window, 1)["messages"][0]["content"] == "Hi"
    assert not any(button.isVisible() for button in window.findChildren(Button, "ask_button"))

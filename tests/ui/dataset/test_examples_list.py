"""The list of examples and its search, by keyboard."""

from __future__ import annotations

from pathlib import Path

import pytest
from dataset_window import MakeWindow, panel_of, write
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ftdesk.ui.dataset.examples_list import ExamplesList
from ftdesk.ui.window import Window


@pytest.fixture
def window(make_window: MakeWindow, tmp_path: Path) -> Window:
    texts = [f"{'odd' if number % 2 else 'even'} {number}" for number in range(6)]
    lines = [{"messages": [{"role": "user", "content": text}]} for text in texts]
    made = make_window(write(tmp_path / "six.jsonl", *lines))
    QApplication.processEvents()
    return made


@pytest.fixture
def examples(window: Window) -> ExamplesList:
    return panel_of(window).list


def search(qtbot: QtBot, examples: ExamplesList, text: str) -> None:
    examples.search.setFocus()
    qtbot.keyClicks(examples.search, text)
    qtbot.waitUntil(lambda: not examples.model.searching)


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Down])
def test_the_search_leads_to_the_first_example_found(
    window: Window, examples: ExamplesList, qtbot: QtBot, key: Qt.Key
) -> None:
    search(qtbot, examples, "odd")
    qtbot.keyClick(examples.search, key)
    assert window.focusWidget() is examples.view
    assert examples.selected_rows() == [1]


def test_the_search_stays_in_its_field_when_nothing_is_found(
    window: Window, examples: ExamplesList, qtbot: QtBot
) -> None:
    search(qtbot, examples, "absent")
    qtbot.keyClick(examples.search, Qt.Key.Key_Return)
    assert window.focusWidget() is examples.search


def test_escape_ends_the_search_and_returns_to_the_list(window: Window, examples: ExamplesList, qtbot: QtBot) -> None:
    search(qtbot, examples, "odd")
    qtbot.keyClick(examples.search, Qt.Key.Key_Escape)
    assert (examples.search.text(), examples.model.rowCount()) == ("", 6)
    assert window.focusWidget() is examples.view


def test_home_and_end_go_to_the_first_and_last_example(examples: ExamplesList, qtbot: QtBot) -> None:
    qtbot.keyClick(examples.view, Qt.Key.Key_End)
    assert examples.selected_rows() == [5]
    qtbot.keyClick(examples.view, Qt.Key.Key_Home)
    assert examples.selected_rows() == [0]


def test_shift_with_end_selects_all_that_follow(examples: ExamplesList, qtbot: QtBot) -> None:
    qtbot.keyClick(examples.view, Qt.Key.Key_Down)
    qtbot.keyClick(examples.view, Qt.Key.Key_End, Qt.KeyboardModifier.ShiftModifier)
    assert examples.selected_rows() == [1, 2, 3, 4, 5]


def test_rows_that_follow_each_other_are_selected_as_one_range(examples: ExamplesList) -> None:
    examples.select_rows([0, 1, 2, 4, 5])
    assert examples.view.selected_positions() == [range(3), range(4, 6)]

"""A dataset without examples, and an example without messages."""

from __future__ import annotations

from pathlib import Path

import pytest
from dataset_window import MakeWindow, click, find, opened, panel_of, write
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from ftdesk.ui.editor import TextEditor
from ftdesk.ui.text import Label
from ftdesk.ui.window import Window


@pytest.fixture
def empty(make_window: MakeWindow) -> Window:
    window = make_window()
    window.desk.files.new()
    return window


def test_a_dataset_without_examples_says_so(empty: Window) -> None:
    assert "no examples" in find(empty, Label, "conversation_empty").text()


def test_without_an_example_there_is_no_place_for_tags(empty: Window, qtbot: QtBot) -> None:
    assert not find(empty, QLineEdit, "tags_edit").isVisible()
    qtbot.keyClicks(find(empty, TextEditor, "message_composer"), "hello")
    click(qtbot, empty, "add_message_button")
    assert find(empty, QLineEdit, "tags_edit").isVisible()


@pytest.mark.parametrize(
    ("line", "words"), [({"messages": "x"}, "not a list"), ({"messages": []}, "This example is empty")]
)
def test_an_example_without_cards_says_why(
    make_window: MakeWindow, tmp_path: Path, line: dict[str, object], words: str
) -> None:
    window = make_window(write(tmp_path / "odd.jsonl", line))
    assert words in find(window, Label, "conversation_empty").text()


def test_the_first_message_is_one_step_of_undo(empty: Window, qtbot: QtBot) -> None:
    qtbot.keyClicks(find(empty, TextEditor, "message_composer"), "hello")
    click(qtbot, empty, "add_message_button")
    assert len(opened(empty)) == 1
    opened(empty).undo()
    assert len(opened(empty)) == 0


def test_no_verdict_is_shown_without_an_example(empty: Window) -> None:
    empty.desk.checking.rows_checked.emit()
    texts = [label.text() for label in panel_of(empty).inspector.findChildren(Label) if label.isVisible()]
    assert not any("complain" in text or "checked" in text for text in texts)

"""What is written as the next message has its own undo, and waits with its dataset."""

from __future__ import annotations

from pathlib import Path

import pytest
from dataset_window import MakeWindow, example, find, opened
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot

from ftdesk.ui.editor import TextEditor
from ftdesk.ui.window import Window

CONTROL = Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def window(make_window: MakeWindow, sample: Path) -> Window:
    return make_window(sample)


@pytest.fixture
def composer(window: Window) -> TextEditor:
    composer = find(window, TextEditor, "message_composer")
    composer.setFocus()
    return composer


def test_what_was_deleted_by_mistake_comes_back(window: Window, composer: TextEditor, qtbot: QtBot) -> None:
    opened(window).replace(0, b"{}", "Edit")
    qtbot.keyClicks(composer, "hello there")
    qtbot.keyClick(composer, Qt.Key.Key_A, CONTROL)
    qtbot.keyClick(composer, Qt.Key.Key_Delete)
    qtbot.keyClick(composer, Qt.Key.Key_Z, CONTROL)
    assert composer.text == "hello there"
    qtbot.keyClick(composer, Qt.Key.Key_Z, CONTROL | Qt.KeyboardModifier.ShiftModifier)
    assert composer.text == ""
    assert opened(window).undo_title == "Edit"


def test_undo_takes_back_the_message_that_was_just_added(window: Window, composer: TextEditor, qtbot: QtBot) -> None:
    before = example(window)
    qtbot.keyClicks(composer, "more")
    qtbot.keyClick(composer, Qt.Key.Key_Return, CONTROL)
    assert example(window) != before
    qtbot.keyClick(composer, Qt.Key.Key_Z, CONTROL)
    assert example(window) == before


def test_a_draft_stays_with_its_dataset(window: Window, composer: TextEditor, sample: Path, qtbot: QtBot) -> None:
    other = sample.with_name("other.jsonl")
    other.write_bytes(sample.read_bytes())
    role = find(window, QComboBox, "composer_role")
    role.setCurrentIndex(role.findData("system"))
    role.activated.emit(role.currentIndex())
    qtbot.keyClicks(composer, "not added")
    window.desk.files.open(other)
    assert composer.text == ""
    assert role.currentData() == "user"
    qtbot.keyClicks(composer, "for the other")
    window.desk.files.open(sample)
    assert (composer.text, role.currentData()) == ("not added", "system")
    window.desk.files.new()
    assert composer.text == ""
    window.desk.files.open(other)
    assert composer.text == "for the other"


def test_a_draft_of_an_unnamed_dataset_is_not_taken_into_another(
    window: Window, composer: TextEditor, sample: Path, qtbot: QtBot
) -> None:
    window.desk.files.new()
    qtbot.keyClicks(composer, "first of all")
    window.desk.files.new()
    assert composer.text == ""


def test_a_draft_follows_its_dataset_to_another_name(
    window: Window, composer: TextEditor, sample: Path, qtbot: QtBot
) -> None:
    qtbot.keyClicks(composer, "not added")
    renamed = sample.with_name("renamed.jsonl")
    opened(window).save(renamed)
    window.desk.files.open(sample)
    assert composer.text == ""
    window.desk.files.open(renamed)
    assert composer.text == "not added"

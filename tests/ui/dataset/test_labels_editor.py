"""Tags and notes in the window: kept, found again, undone, and never in what is saved or uploaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit
from pytestqt.qtbot import QtBot

from ftdesk.dataset.document import Document
from ftdesk.ui.editor import TextEditor
from ftdesk.ui.jobs.training_data import Shares, copy_of, prepare
from ftdesk.ui.window import Window

MakeWindow = Callable[..., Window]


@pytest.fixture
def window(make_window: MakeWindow, sample: Path) -> Window:
    return make_window(sample)


def opened(window: Window) -> Document:
    document = window.desk.dataset.document
    assert document is not None
    return document


def note_edit(window: Window) -> TextEditor:
    found = window.findChild(TextEditor, "note_edit")
    assert found is not None
    return found


def notes(window: Window) -> list[str]:
    return [opened(window).labels.of(line).note for line in opened(window).lines()]


def write_note(window: Window, qtbot: QtBot, text: str) -> None:
    note_edit(window).setFocus()
    qtbot.keyClicks(note_edit(window), text)


def test_a_note_is_kept_with_its_example_and_undone(
    window: Window, qtbot: QtBot, make_window: MakeWindow, sample: Path
) -> None:
    write_note(window, qtbot, "ask the doctor")
    window.desk.dataset.choose(1)
    assert notes(window) == ["ask the doctor", "", "", "", ""]
    assert note_edit(window).text == ""
    window.desk.dataset.choose(0)
    assert note_edit(window).text == "ask the doctor"
    assert not opened(window).is_modified
    window.desk.dataset.show_document(None)
    again = make_window(sample)
    assert note_edit(again).text == "ask the doctor"
    assert again.desk.dataset.attempt(lambda document: document.move(0, 3, "Move"))
    assert notes(again)[3] == "ask the doctor"


def test_undo_takes_a_note_back(window: Window, qtbot: QtBot) -> None:
    write_note(window, qtbot, "first")
    window.desk.dataset.leaving.emit()
    assert window.commands["undo"].text() == "Undo: Edit the note"
    window.commands["undo"].trigger()
    assert notes(window)[0] == ""
    assert note_edit(window).text == ""
    window.commands["redo"].trigger()
    assert note_edit(window).text == "first"


def test_tags_and_notes_are_neither_saved_with_the_examples_nor_uploaded(
    window: Window, qtbot: QtBot, sample: Path, tmp_path: Path
) -> None:
    document = opened(window)
    document.insert(5, list(document.lines()) * 5, "More")
    document.replace(0, document.line(0).replace(b"Question 1", b"Another question"), "Edit")
    tags = window.findChild(QLineEdit, "tags_edit")
    assert tags is not None
    window.desk.dataset.choose(0)
    tags.setFocus()
    qtbot.keyClicks(tags, "private-tag")
    qtbot.keyClick(tags, Qt.Key.Key_Return)
    write_note(window, qtbot, "private note")
    window.desk.files.save()
    assert sorted(document.labels.of(document.line(0)).tags) == ["private-tag"]
    assert notes(window)[0] == "private note"
    whole = copy_of(document, tmp_path / "uploads")
    data = prepare(whole, len(document), Shares(20, 10))
    assert data.validation is not None
    assert data.test is not None
    for path in (sample, whole, data.training, data.validation, data.test):
        assert b"private" not in path.read_bytes(), path
        assert b"messages" in path.read_bytes()

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QAccessible, QAccessibleInterface, QDropEvent
from PySide6.QtWidgets import QApplication, QComboBox, QDialog, QLabel, QLineEdit, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from ftdesk.app import App
from ftdesk.dataset.document import Document
from ftdesk.ui.editor import TextEditor
from ftdesk.ui.long_list import LongList
from ftdesk.ui.panels import PANELS
from ftdesk.ui.window import Window

MakeWindow = Callable[..., Window]

_ACTIONABLE = {
    QAccessible.Role.Button,
    QAccessible.Role.PushButton,
    QAccessible.Role.CheckBox,
    QAccessible.Role.RadioButton,
    QAccessible.Role.ComboBox,
    QAccessible.Role.EditableText,
    QAccessible.Role.List,
    QAccessible.Role.Table,
    QAccessible.Role.Tree,
    QAccessible.Role.Slider,
    QAccessible.Role.SpinBox,
    QAccessible.Role.ButtonMenu,
}


def interfaces(root: QAccessibleInterface) -> Iterator[QAccessibleInterface]:
    """``root`` and all below it. Cells of a list are data, and named by their model."""
    yield root
    if root.role() in (QAccessible.Role.Table, QAccessible.Role.List, QAccessible.Role.ComboBox):
        return
    for number in range(root.childCount()):
        child = root.child(number)
        if child is not None:
            yield from interfaces(child)


def unnamed(window: Window) -> list[str]:
    found = []
    for interface in interfaces(QAccessible.queryAccessibleInterface(window)):
        if interface.role() in _ACTIONABLE and not interface.text(QAccessible.Text.Name):
            widget = interface.object()
            found.append(f"{interface.role()} {type(widget).__name__} {widget.objectName() if widget else ''}")
    return found


def opened(window: Window) -> Document:
    document = window.desk.dataset.document
    assert document is not None
    return document


def edit(window: Window) -> None:
    opened(window).replace(0, b'{"messages": []}', "Edit")


def dialog(name: str) -> QDialog:
    QApplication.processEvents()
    found = [widget for widget in QApplication.topLevelWidgets() if widget.objectName() == name and widget.isVisible()]
    assert len(found) == 1
    assert isinstance(found[0], QDialog)
    return found[0]


@pytest.mark.parametrize("place", [entry.name for entry in PANELS])
def test_everything_that_can_be_acted_on_has_a_name(make_window: MakeWindow, sample: Path, place: str) -> None:
    window = make_window(sample, place=place)
    assert unnamed(window) == []


def test_the_walk_over_names_sees_a_button_without_one(make_window: MakeWindow, sample: Path) -> None:
    window = make_window(sample)
    nameless = QToolButton(window)
    nameless.show()
    assert len(unnamed(window)) == 1


@pytest.mark.parametrize("place", [entry.name for entry in PANELS])
def test_no_label_takes_text_for_markup(make_window: MakeWindow, tmp_path: Path, place: str) -> None:
    path = tmp_path / "markup.jsonl"
    text = "<b>bold</b> <img src='/etc/hostname'>"
    path.write_text(json.dumps({"messages": [{"role": text, "content": text, "name": text, "x": text}], text: text}))
    window = make_window(path, place=place)
    guessing = [
        label.text()
        for label in window.findChildren(QLabel)
        if label.textFormat() == Qt.TextFormat.AutoText and label.text()
    ]
    assert guessing == []
    assert not any("<img" in label.toolTip() for label in window.findChildren(QLabel))


@pytest.mark.parametrize(("key", "place"), [(str(at + 1), entry.name) for at, entry in enumerate(PANELS)])
def test_places_are_reached_by_keyboard(make_window: MakeWindow, qtbot: QtBot, key: str, place: str) -> None:
    window = make_window(place="check" if place == "dataset" else "dataset")
    qtbot.keyClick(window, Qt.Key(ord(key)), Qt.KeyboardModifier.ControlModifier)
    assert window.place == place
    button = window.findChild(QToolButton, f"place_{place}")
    assert button is not None
    assert button.isChecked()
    assert window.panel(place).objectName() == f"{place}_panel"
    assert window.panel(place).isVisible()


def test_the_title_tells_the_file_and_whether_it_is_saved(make_window: MakeWindow, sample: Path) -> None:
    window = make_window(sample)
    file_button = window.findChild(QPushButton, "file_button")
    assert file_button is not None
    assert window.windowTitle() == "sample.jsonl[*] — ftdesk"
    assert not window.isWindowModified()
    edit(window)
    assert window.isWindowModified()
    assert "●" in file_button.text()
    window.desk.files.save()
    assert not window.isWindowModified()
    assert sample.read_bytes().startswith(b'{"messages": []}\n')


def test_the_undo_command_names_what_it_takes_back(make_window: MakeWindow, sample: Path) -> None:
    window = make_window(sample)
    edit(window)
    assert window.commands["undo"].text() == "Undo: Edit"
    window.commands["undo"].trigger()
    assert window.commands["redo"].text() == "Redo: Edit"


def test_closing_with_unsaved_edits_asks_nothing_and_the_next_start_has_them(
    make_window: MakeWindow, sample: Path
) -> None:
    before = sample.read_bytes()
    window = make_window(sample)
    edit(window)
    with_dialogs = len(QApplication.topLevelWidgets())
    assert window.close()
    assert len(QApplication.topLevelWidgets()) == with_dialogs
    window.desk.dataset.show_document(None)
    assert sample.read_bytes() == before
    again = make_window()
    again.open_at_start(None)
    assert opened(again).path == sample
    assert opened(again).line(0) == b'{"messages": []}'
    assert again.desk.notices.texts == ["Your unsaved edit is here again."]


def test_what_is_typed_when_the_window_closes_is_kept(make_window: MakeWindow, qtbot: QtBot, sample: Path) -> None:
    window = make_window(sample)
    text = window.findChild(TextEditor, "message_1_text")
    assert text is not None
    text.setFocus()
    qtbot.keyClicks(text, "Typed ")
    window.close()
    assert json.loads(opened(window).line(0))["messages"][1]["content"] == "Typed Question 1"


def test_recovered_edits_can_be_undone_from_the_notice(make_window: MakeWindow, qtbot: QtBot, sample: Path) -> None:
    window = make_window(sample)
    edit(window)
    window.desk.dataset.show_document(None)
    again = make_window(sample)
    press_notice(qtbot, again, "Undo them")
    assert not opened(again).is_modified
    assert json.loads(opened(again).line(0))["messages"][1]["content"] == "Question 1"


def test_an_unsaved_dataset_without_a_file_comes_back_too(make_window: MakeWindow) -> None:
    window = make_window()
    window.desk.files.new()
    opened(window).insert(0, [b'{"messages": []}'], "New example")
    window.close()
    window.desk.dataset.show_document(None)
    again = make_window()
    again.open_at_start(None)
    assert opened(again).path is None
    assert len(opened(again)) == 1


def test_the_window_starts_at_the_last_place(make_window: MakeWindow, sample: Path) -> None:
    make_window(sample, place="check").close()
    assert App().settings.last_place == "check"
    assert Window(App(), make_window().desk.theme).place == "check"


def test_opened_files_head_the_recent_ones(make_window: MakeWindow, sample: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    other.write_bytes(b"{}\n")
    window = make_window(sample)
    window.desk.files.open(other)
    assert list(window.desk.files.recent) == [other, sample]


def test_a_file_that_cannot_be_opened_leaves_the_open_one(
    make_window: MakeWindow, sample: Path, tmp_path: Path
) -> None:
    window = make_window(sample)
    window.desk.files.open(tmp_path / "nowhere.jsonl")
    assert opened(window).path == sample
    assert "no such file" in window.desk.notices.texts[0]


def test_a_dropped_file_is_opened(make_window: MakeWindow, sample: Path) -> None:
    window = make_window()
    data = QMimeData()
    data.setUrls([QUrl("https://example.com/x.jsonl"), QUrl.fromLocalFile(str(sample))])
    window.dropEvent(
        QDropEvent(
            QPoint(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        )
    )
    assert opened(window).path == sample


def press_notice(qtbot: QtBot, window: Window, text: str) -> None:
    button = next(button for button in window.desk.notices.findChildren(QPushButton) if button.text() == text)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_a_save_never_loses_what_another_program_wrote(make_window: MakeWindow, qtbot: QtBot, sample: Path) -> None:
    window = make_window(sample)
    edit(window)
    theirs = sample.read_bytes() + b'{"from": "elsewhere"}\n'
    sample.write_bytes(theirs)
    window.desk.files.save()
    assert sample.read_bytes() == theirs
    press_notice(qtbot, window, "Bring both together")
    window.desk.files.save()
    lines = sample.read_bytes().splitlines()
    assert lines[0] == b'{"messages": []}'
    assert lines[-1] == b'{"from": "elsewhere"}'


def test_coming_back_to_a_file_that_changed_offers_to_read_it_again(
    make_window: MakeWindow, qtbot: QtBot, sample: Path
) -> None:
    window = make_window(sample)
    window.desk.files.disk.look()
    assert window.desk.notices.texts == []
    sample.write_bytes(b'{"messages": [{"role": "user", "content": "new"}]}\n')
    window.desk.files.disk.look()
    press_notice(qtbot, window, "Read it again")
    assert len(opened(window)) == 1
    assert window.desk.dataset.row == 0
    assert not opened(window).is_modified


def test_saving_under_another_name_goes_on_with_that_file(
    make_window: MakeWindow, sample: Path, tmp_path: Path
) -> None:
    before = sample.read_bytes()
    window = make_window(sample)
    edit(window)
    window.desk.files.save_to(tmp_path / "copy.jsonl")
    assert opened(window).path == tmp_path / "copy.jsonl"
    assert sample.read_bytes() == before
    assert window.desk.files.recent[0] == tmp_path / "copy.jsonl"


def test_what_is_typed_is_part_of_a_save(make_window: MakeWindow, qtbot: QtBot, sample: Path) -> None:
    window = make_window(sample)
    text = window.findChild(TextEditor, "message_1_text")
    assert text is not None
    text.setFocus()
    qtbot.keyClicks(text, "More ")
    qtbot.keyClick(text, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
    assert b"More Question 1" in sample.read_bytes()


def test_any_command_is_found_and_done_by_its_name(make_window: MakeWindow, qtbot: QtBot, sample: Path) -> None:
    window = make_window(sample)
    qtbot.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    palette = dialog("command_palette")
    search = palette.findChild(QLineEdit, "command_search")
    commands = palette.findChild(LongList, "command_list")
    assert search is not None
    assert commands is not None
    assert commands.model().rowCount() > 15
    qtbot.keyClicks(search, "go jobs")
    assert commands.model().rowCount() == 1
    qtbot.keyClick(search, Qt.Key.Key_Return)
    assert window.place == "jobs"


def test_the_palette_is_walked_with_arrows_and_left_with_escape(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window()
    window.open_palette()
    palette = dialog("command_palette")
    search = palette.findChild(QLineEdit, "command_search")
    commands = palette.findChild(LongList, "command_list")
    assert search is not None
    assert commands is not None
    qtbot.keyClick(search, Qt.Key.Key_Down)
    assert commands.currentIndex().row() == 1
    qtbot.keyClicks(search, "no such thing")
    assert commands.model().rowCount() == 0
    qtbot.keyClick(search, Qt.Key.Key_Return)
    qtbot.keyClick(search, Qt.Key.Key_Escape)
    assert not palette.isVisible()
    assert window.place == "dataset"


def test_every_shortcut_is_given_once(make_window: MakeWindow, sample: Path) -> None:
    window = make_window(sample)
    for entry in PANELS:
        actions = [*window.actions(), *window.panel(entry.name).actions()]
        keys = [action.shortcut().toString() for action in actions if not action.shortcut().isEmpty()]
        assert len(keys) == len(set(keys)), entry.name


def test_f1_lists_the_shortcuts_of_everywhere_and_of_the_place(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window()
    qtbot.keyClick(window, Qt.Key.Key_F1)
    texts = [label.text() for label in dialog("shortcuts_dialog").findChildren(QLabel)]
    assert {"Ctrl+K", "Ctrl+1", "Ctrl+Shift+N", "Everywhere", "Dataset"} <= set(texts)


def test_the_theme_is_chosen_in_the_settings_and_kept(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window()
    qtbot.keyClick(window, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    choice = dialog("settings_dialog").findChild(QComboBox, "theme_choice")
    assert choice is not None
    choice.setCurrentIndex(choice.findData("dark"))
    choice.activated.emit(choice.currentIndex())
    assert window.desk.theme.tokens.dark
    assert App().settings.theme == "dark"


def test_a_request_of_a_place_leads_to_the_example(make_window: MakeWindow, sample: Path) -> None:
    window = make_window(sample, place="check")
    window.desk.requests.example_requested.emit(3)
    assert window.place == "dataset"
    assert window.desk.dataset.row == 3


def test_work_in_the_background_is_shown_and_can_be_stopped(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window()
    stopped: list[bool] = []
    work = window.desk.background.begin("Counting sheep", lambda: stopped.append(True))
    work.report("Counting sheep, 3 of 4", 0.75)
    QApplication.processEvents()
    label = next(label for label in window.findChildren(QLabel) if label.text() == "Counting sheep, 3 of 4")
    assert label.isVisible()
    button = next(
        button for button in window.findChildren(QToolButton) if button.accessibleName() == "Stop: Counting sheep"
    )
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert stopped == [True]
    work.end()
    assert not label.isVisible()


def test_a_new_dataset_is_not_greeted_with_an_error(make_window: MakeWindow, qtbot: QtBot) -> None:
    window = make_window()
    window.desk.checking.begin()
    window.desk.files.new()
    qtbot.waitUntil(lambda: window.desk.checking.is_settled, timeout=60_000)
    assert window.desk.checking.count("error") == 1
    health = window.findChild(QLabel, "health_label")
    assert health.text() == "0 examples"
    window.desk.checking.close()

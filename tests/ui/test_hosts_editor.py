from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLineEdit, QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from ftdesk.app import App
from ftdesk.storage.secrets import Secrets
from ftdesk.ui.hosts_editor import HostsEditor
from ftdesk.ui.text import Label
from ftdesk.ui.window import Window

MakeWindow = Callable[..., Window]
Run = Callable[..., object]


@pytest.fixture
def window(make_window: MakeWindow) -> Window:
    """A window whose secrets know no keyring: tests leave the user's own alone."""
    window = make_window()
    window.desk.app.__dict__["secrets"] = Secrets(keyrings=())
    return window


def fill(editor: HostsEditor, **texts: str) -> None:
    for name, text in texts.items():
        field = editor.findChild(QLineEdit, name)
        assert field is not None
        field.setText(text)


def press(qtbot: QtBot, editor: HostsEditor, name: str) -> None:
    button = editor.findChild(QPushButton, name) or editor.findChild(QToolButton, name)
    assert button is not None
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def message(editor: HostsEditor) -> str:
    label = editor.findChild(Label, "hosts_message")
    assert label is not None
    return label.text()


async def until(holds: Callable[[], bool]) -> None:
    while not holds():  # noqa: ASYNC110 - what is waited for is what a person would see
        await asyncio.sleep(0.01)


def test_a_host_is_added_with_its_key_and_removed_again(window: Window, qtbot: QtBot, run_in_qt: Run) -> None:
    async def main() -> None:
        editor = HostsEditor(window.desk)
        qtbot.addWidget(editor)
        editor.show()
        fill(editor, host_name="work", host_base_url="https://api.example.com/v1", host_key="sk-secret-1234567890")
        press(qtbot, editor, "add_host_button")
        await until(lambda: "work" in window.desk.app.settings.hosts)
        await until(lambda: "key" in message(editor))
        assert App().settings.hosts["work"].base_url == "https://api.example.com/v1"
        assert "sk-secret" not in (window.desk.app.folders.settings).read_text("utf-8")
        key = await window.desk.app.secrets.get("work")
        assert key is not None
        assert key.value == "sk-secret-1234567890"
        selector = window.findChild(QComboBox, "host_selector")
        assert selector is not None
        assert [selector.itemText(row) for row in range(selector.count())] == ["This computer", "work"]
        press(qtbot, editor, "remove_host_work")
        await until(lambda: "work" not in window.desk.app.settings.hosts)
        await until(lambda: "Removed" in message(editor))
        assert await window.desk.app.secrets.get("work") is None
        assert selector.count() == 1
        await window.desk.app.aclose()

    run_in_qt(main())


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ({"host_name": "local", "host_base_url": "https://example.com"}, "built-in"),
        ({"host_name": "a/b", "host_base_url": "https://example.com"}, "name of a host"),
        ({"host_name": "work", "host_base_url": "http://example.com"}, "not encrypted"),
        ({"host_name": "work", "host_base_url": "https://example.com", "host_key": "two words"}, "characters"),
    ],
)
def test_what_cannot_be_a_host_is_refused_in_words(
    window: Window, qtbot: QtBot, run_in_qt: Run, texts: dict[str, str], words: str
) -> None:
    async def main() -> None:
        editor = HostsEditor(window.desk)
        qtbot.addWidget(editor)
        editor.show()
        fill(editor, **texts)
        press(qtbot, editor, "add_host_button")
        assert words in message(editor)
        assert window.desk.app.settings.hosts == {}

    run_in_qt(main())
    QApplication.processEvents()

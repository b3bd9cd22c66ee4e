"""A person at the window, for tests: finds widgets by name, clicks, types, and waits for what is shown."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLabel, QWidget

from ftdesk.app import App
from ftdesk.ui.fonts import install_fonts
from ftdesk.ui.loop import run
from ftdesk.ui.theme import Theme
from ftdesk.ui.window import Window

Found = TypeVar("Found", bound=QWidget)


class Driver:
    """Acts on a window whose event loop runs."""

    def __init__(self, window: Window) -> None:
        self.window = window

    def find(self, name: str, kind: type[Found] = QWidget) -> Found:  # type: ignore[assignment]
        """The visible widget of this name, in the window or in a dialog of it; else one that is hidden."""
        found = self.window.findChildren(kind, name)
        assert found, f"there is no {name}"
        return next((widget for widget in found if widget.isVisible()), found[-1])

    def is_shown(self, name: str) -> bool:
        return any(widget.isVisible() for widget in self.window.findChildren(QWidget, name))

    def text(self, name: str) -> str:
        widget: Any = self.find(name)
        return str(widget.toPlainText() if hasattr(widget, "toPlainText") else widget.text())

    def click(self, name: str) -> None:
        button = self.find(name)
        assert button.isVisible(), f"{name} is hidden"
        assert button.isEnabled(), f"{name} is disabled"
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)

    def type(self, name: str, text: str) -> None:
        QTest.keyClicks(self._focused(name), text)

    def press(self, name: str, key: Qt.Key, *modifiers: Qt.KeyboardModifier) -> None:
        held = Qt.KeyboardModifier.NoModifier
        for modifier in modifiers:
            held |= modifier
        QTest.keyClick(self._focused(name), key, held)

    def _focused(self, name: str) -> QWidget:
        """Shortcuts go by the keyboard's focus, not by where an event is sent."""
        widget = self.find(name)
        widget.setFocus()
        return widget

    def choose(self, name: str, text: str) -> None:
        """Choose the entry with this text as a person does."""
        box = self.find(name, QComboBox)
        at = box.findText(text)
        assert at >= 0, [box.itemText(index) for index in range(box.count())]
        box.setCurrentIndex(at)
        box.activated.emit(at)

    async def until(self, condition: Callable[[], object], *, unless: Callable[[], object] = lambda: None) -> None:
        """Wait until ``condition`` holds; fail as soon as ``unless`` says why it never will."""
        while not condition():  # What is shown has no event of its own.
            reason = unless()
            assert not reason, reason
            await asyncio.sleep(0.01)

    async def until_shown(self, name: str) -> None:
        await self.until(lambda: self.is_shown(name))

    async def until_enabled(self, name: str) -> None:
        await self.until(lambda: self.is_shown(name) and self.find(name, QAbstractButton).isEnabled())

    async def until_text(self, name: str, part: str) -> None:
        await self.until(lambda: part in self.text(name))

    def label(self, name: str) -> str:
        return self.find(name, QLabel).text()


@contextmanager
def quick_engine(home: Path) -> Iterator[None]:
    """The built-in host of the user with this ``FTDESK_HOME``, with models that train and answer in no time.

    It is the engine itself in a process of its own; the window finds it running, as it finds that of a command.
    """
    tests = Path(__file__).parent
    command = [
        "-m",
        "ftdesk.engine",
        "--data",
        str(home / "data" / "engine"),
        "--with-parent",
        "--trainers",
        "bigram:TRAINERS",
    ]
    with subprocess.Popen(
        [sys.executable, *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tests / "engine"), *sys.path])},
    ) as engine:
        assert engine.stdout is not None
        engine.stdout.readline()
        yield
        assert engine.stdin is not None
        engine.stdin.close()


def play(application: QApplication, scenario: Callable[[Driver], Awaitable[None]], *, place: str = "dataset") -> None:
    """Show a window on ``FTDESK_HOME``, let ``scenario`` act on it, and close it. No error may go unseen."""
    unseen: list[object] = []

    async def live() -> None:
        install_fonts(application)
        app = App()
        window = Window(app, Theme(application, "light"))
        window.show()
        window.activateWindow()
        window.begin()
        window.show_place(place)
        user = Driver(window)
        # Focus and shortcuts are for the active window only.
        await user.until(window.isActiveWindow)
        try:
            await scenario(user)
        finally:
            await window.aclose()
            await app.aclose()
            window.close()
            window.deleteLater()

    run(application, live(), lambda loop: loop.set_exception_handler(lambda _, context: unseen.append(context)))
    # Now and in this thread, not whenever Python collects it, which may be in another.
    application.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.collect()
    assert not unseen, unseen

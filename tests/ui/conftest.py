"""The window's tests run without a display and without the user's own folders."""

from __future__ import annotations

import os

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ftdesk.app import App
from ftdesk.ui.fonts import install_fonts
from ftdesk.ui.theme import Theme
from ftdesk.ui.window import Window

SAMPLE = b"".join(
    b'{"messages": [{"role": "system", "content": "You are a coder."}, {"role": "user", "content": "Question %d"}, '
    b'{"role": "assistant", "content": "Answer %d"}]}\n' % (number, number)
    for number in range(1, 6)
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh ``FTDESK_HOME``."""
    folder = tmp_path / "home"
    monkeypatch.setenv("FTDESK_HOME", str(folder))
    return folder


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    """A dataset of five examples: system, user, assistant."""
    path = tmp_path / "sample.jsonl"
    path.write_bytes(SAMPLE)
    return path


@pytest.fixture
def make_window(qtbot: QtBot, qapp: QApplication) -> Iterator[Callable[..., Window]]:
    """Makes real windows: ``make_window(path, place="check")``. They are closed at the end of the test."""
    made: list[Window] = []

    def make(path: Path | None = None, *, place: str = "dataset", theme: str = "light") -> Window:
        install_fonts(qapp)
        window = Window(App(), Theme(qapp, theme))  # type: ignore[arg-type]
        made.append(window)
        qtbot.addWidget(window)
        if path is not None:
            window.desk.files.open(path)
        # Keyboard focus is given to the active window only.
        with qtbot.waitActive(window):
            window.show()
        window.show_place(place)
        return window

    yield make
    for window in made:
        window.desk.checking.close()
        window.desk.dataset.show_document(None)


@pytest.fixture
def run_in_qt(qapp: QApplication) -> Callable[..., object]:
    """Runs a coroutine to its end on the window's own event loop."""
    from ftdesk.ui.loop import run

    return lambda main: run(qapp, main, lambda _loop: None)

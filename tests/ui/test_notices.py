from __future__ import annotations

import logging

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from ftdesk.errors import InputError
from ftdesk.ui.notices import Notices
from ftdesk.ui.text import Label


@pytest.fixture
def notices(qtbot: QtBot) -> Notices:
    window = QWidget()
    window.resize(800, 600)
    qtbot.addWidget(window)
    window.show()
    return Notices(window)


def test_a_known_error_is_told_in_its_own_words(notices: Notices) -> None:
    notices.show_error(InputError("The file is gone.", hint="Open another."))
    assert notices.texts == ["The file is gone. Open another."]


def test_a_bug_is_told_as_such_and_its_trace_is_logged(notices: Notices, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        notices.show_error(ZeroDivisionError("division by zero"))
    assert "inside ftdesk" in notices.texts[0]
    assert caplog.records[0].exc_info is not None


def test_the_button_of_a_notice_does_it_and_closes_the_notice(notices: Notices, qtbot: QtBot) -> None:
    done: list[bool] = []
    notices.show_notice("Example deleted.", "Undo", lambda: done.append(True))
    button = next(button for button in notices.findChildren(QPushButton) if button.text() == "Undo")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert done == [True]
    assert notices.texts == []
    assert not notices.isVisible()


def test_the_same_notice_is_shown_once_and_no_more_than_three_at_a_time(notices: Notices) -> None:
    for text in ("one", "one", "two", "three", "four"):
        notices.show_notice(text)
    assert notices.texts == ["two", "three", "four"]


def test_notices_stay_inside_the_window_when_it_shrinks(notices: Notices, qtbot: QtBot) -> None:
    notices.show_notice("A sentence that is long enough to need more than one line in a window that is narrow. " * 2)
    window = notices.parentWidget()
    assert window is not None
    window.resize(420, 300)
    assert window.rect().contains(notices.geometry())


def test_a_notice_is_as_high_as_its_words(notices: Notices, qtbot: QtBot) -> None:
    notices.show_notice("A sentence that needs more than one line, because it says a lot. " * 3, "Undo", lambda: None)
    notices.show_notice("Short.")
    QApplication.processEvents()
    for label in notices.findChildren(Label):
        assert label.height() >= label.heightForWidth(label.width())
    for button in notices.findChildren(QPushButton):
        assert button.height() >= button.sizeHint().height()

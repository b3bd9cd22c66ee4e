"""What holds for every dialog around a file: names for who hears it, keys for who has no mouse, room for its words."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QComboBox,
    QDialog,
    QLabel,
    QLineEdit,
    QProgressBar,
    QWidget,
)
from window_driver import Driver, play

CONTROLS = (QAbstractButton, QComboBox, QLineEdit, QAbstractItemView, QProgressBar)


async def opened(user: Driver, name: str, sample: Path) -> QDialog:
    files = user.window.desk.files
    files.open(sample)
    document = user.window.desk.dataset.document
    assert document is not None
    if name == "import":
        table = sample.with_name("table.csv")
        table.write_text("<b>q</b>,reply\nx,y\n", "utf-8")
        files.open_or_import(table)
        await user.until(lambda: user.find("import_shape", QComboBox).count() > 0)
    elif name == "versions":
        document.remove([0], "Delete")
        document.save()
        user.window.commands["versions"].trigger()
        await user.until(lambda: "Since then" in user.text("versions_verdict"))
    else:
        user.window.commands[name].trigger()
    dialog = user.find(f"{name}_dialog", QDialog)
    await user.until(dialog.isActiveWindow)
    return dialog


def is_shown_control(widget: QWidget) -> bool:
    inner = isinstance(widget.parent(), QComboBox) or widget.objectName().startswith("qt_")
    return isinstance(widget, CONTROLS) and widget.isVisible() and not inner


@pytest.mark.parametrize("name", ["import", "export", "split", "versions"])
def test_every_control_has_a_name_is_reached_by_tab_and_shows_its_words(
    qapp: QApplication, sample: Path, name: str
) -> None:
    async def scenario(user: Driver) -> None:
        dialog = await opened(user, name, sample)
        if name == "split":
            await user.until(lambda: user.find("split_button").isEnabled())
        controls = [widget for widget in dialog.findChildren(QWidget) if is_shown_control(widget)]
        nameless = [
            type(widget).__name__
            for widget in controls
            if not QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name)
        ]
        assert nameless == []
        reached: set[QWidget | None] = set()
        for _ in range(4 * len(controls)):
            reached.add(QApplication.focusWidget())
            QTest.keyClick(QApplication.focusWidget() or dialog, Qt.Key.Key_Tab)
        missed = [
            widget.accessibleName()
            for widget in controls
            if widget.isEnabled() and widget not in reached and not isinstance(widget, QProgressBar)
        ]
        assert missed == []
        cut = [
            widget.text()
            for widget in dialog.findChildren(QAbstractButton)
            if widget.isVisible() and widget.width() < widget.sizeHint().width()
        ]
        assert cut == []
        markup = [
            label.text() for label in dialog.findChildren(QLabel) if label.textFormat() != Qt.TextFormat.PlainText
        ]
        assert [text for text in markup if text] == []
        QTest.keyClick(dialog, Qt.Key.Key_Escape)
        await user.until(lambda: not user.is_shown(f"{name}_dialog"))

    play(qapp, scenario)

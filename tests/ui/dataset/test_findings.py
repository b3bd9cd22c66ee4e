"""The findings beside an example, and their fixes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from window_driver import Driver, play

from ftdesk.ui.dataset.findings import ExampleFindings
from ftdesk.validation.findings import Finding

UNKNOWN = Finding(
    3, None, "source", "unknown-key", "error", "The key “source” is not part of the format.", "remove-key"
)
LONG = Finding(3, None, None, "blank-line", "warning", "words " * 40 + ".", None)


@pytest.fixture
def shown(qtbot: QtBot) -> ExampleFindings:
    view = ExampleFindings()
    qtbot.addWidget(view)
    view.resize(240, 400)
    view.show()
    view.show_findings([UNKNOWN, LONG])
    return view


def click(view: ExampleFindings, row: int, *, from_right: int) -> None:
    area = view.visualItemRect(view.item(row))
    at = QPoint(view.viewport().width() - from_right, area.center().y())
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)


def test_the_wand_asks_for_the_fix_of_its_finding(shown: ExampleFindings) -> None:
    wanted: list[Finding] = []
    shown.fix_wanted.connect(wanted.append)
    click(shown, 0, from_right=100)
    click(shown, 1, from_right=12)
    assert wanted == []
    click(shown, 0, from_right=12)
    assert wanted == [UNKNOWN]


def test_the_keyboard_asks_as_well_and_a_screen_reader_says_how(shown: ExampleFindings) -> None:
    wanted: list[Finding] = []
    shown.fix_wanted.connect(wanted.append)
    shown.setFocus()
    shown.setCurrentRow(0)
    shown.actions()[0].trigger()
    shown.setCurrentRow(1)
    shown.actions()[0].trigger()
    assert wanted == [UNKNOWN]
    assert shown.item(0).data(Qt.ItemDataRole.AccessibleTextRole).endswith("Ctrl+. fixes it: Remove unknown keys.")


def test_a_finding_is_fixed_where_it_is_shown(qapp: QApplication, tmp_path: Path) -> None:
    good = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}
    path = tmp_path / "data.jsonl"
    path.write_text("".join(json.dumps({**good, "source": number}) + "\n" for number in range(12)))

    async def scenario(user: Driver) -> None:
        user.window.desk.files.open(path)
        view = user.find("inspector_findings", ExampleFindings)
        await user.until(lambda: view.count() > 0 and "source" in view.item(0).text())
        click(view, 0, from_right=12)
        document = user.window.desk.dataset.document
        assert document is not None
        await user.until(lambda: document.line(0) == json.dumps(good).encode())
        assert document.line(1) == json.dumps({**good, "source": 1}).encode()

    play(qapp, scenario)

"""Costs side by side in the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtGui import QDesktopServices
from pytestqt.qtbot import QtBot

from ftdesk.ui.check.cost_dialog import CostDialog
from ftdesk.ui.check_summary import Summary
from ftdesk.ui.text import Label
from ftdesk.ui.widgets import Button
from ftdesk.ui.window import Window

MakeWindow = Callable[..., Window]
READ = {"nebius": (40_000, 5_000)}
SUMMARY = Summary("supervised", 100, 50_000, 10_000, True, 500, 900, None, 0, (), {}, READ)


@pytest.fixture
def dialog(make_window: MakeWindow, qtbot: QtBot, tmp_path: Path) -> CostDialog:
    window = make_window(None)
    dialog = CostDialog(window.desk, SUMMARY, window)
    qtbot.addWidget(dialog)
    dialog.show()
    return dialog


def cells(dialog: CostDialog, host: str) -> list[str]:
    table = dialog.table
    row = next(row for row in range(table.rowCount()) if table.item(row, 0).text().startswith(host))
    table.selectRow(row)
    return [table.item(row, column).text() for column in range(table.columnCount())]


def detail(dialog: CostDialog) -> str:
    label = dialog.findChild(Label, "cost_detail")
    assert label is not None
    return label.text()


def test_every_line_has_its_figures_and_says_where_they_come_from(dialog: CostDialog) -> None:
    assert cells(dialog, "OpenAI · gpt-4.1-mini") == [
        *("OpenAI · gpt-4.1-mini", "3*", "150,000", "$0.75", "$0.64", "", "2026-11-22"),
    ]
    assert detail(dialog).startswith("Source: https://developers.openai.com/api/docs/pricing, 2026-11-22")
    assert "* Epochs are as OpenAI's cookbook estimates them" in detail(dialog)
    cells(dialog, "Nebius")
    assert "dedicated H100: $4.05 an hour, pays from " in detail(dialog)


def test_a_host_that_cuts_examples_bills_less(dialog: CostDialog) -> None:
    assert cells(dialog, "Nebius")[1:3] == ["3*", "120,000"]


def test_what_is_not_known_is_a_dash(dialog: CostDialog) -> None:
    assert cells(dialog, "Together")[3:6] == ["–", "–", "–"]


def test_the_figures_follow_the_epochs(dialog: CostDialog) -> None:
    dialog.epochs.setCurrentIndex(dialog.epochs.findData(10))
    assert cells(dialog, "OpenAI · gpt-4.1-mini")[1:4] == ["10", "500,000", "$2.50"]
    assert "Epochs are" not in detail(dialog)


def test_prices_are_changed_in_a_file_of_ones_own_and_used_at_once(
    dialog: CostDialog, monkeypatch: pytest.MonkeyPatch, make_window: MakeWindow
) -> None:
    opened: list[Path] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(Path(url.toLocalFile())))
    cells(dialog, "OpenAI · gpt-4.1-mini")
    button = dialog.findChild(Button, "cost_change_button")
    assert button is not None
    button.click()
    (own,) = opened
    assert (own.name, own.parent.name) == ("openai.toml", "prices")
    own.write_text(own.read_text().replace("training = 5.00", "training = 50.00"))
    dialog.epochs.setCurrentIndex(dialog.epochs.findData(1))
    assert cells(dialog, "OpenAI · gpt-4.1-mini")[3] == "$2.50"
    before = own.read_text()
    button.click()
    assert own.read_text() == before

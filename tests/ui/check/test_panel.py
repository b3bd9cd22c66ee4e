from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ftdesk.ui.check.findings_model import FindingEntry, FindingsModel, Group
from ftdesk.ui.check.histogram import TokensHistogram
from ftdesk.ui.check.panel import CheckPanel
from ftdesk.ui.check_summary import Summary
from ftdesk.ui.text import Label
from ftdesk.ui.tokens import LIGHT
from ftdesk.ui.widgets import Tile
from ftdesk.ui.window import Window
from ftdesk.validation.findings import Finding, Severity

MakeWindow = Callable[..., Window]
WAIT = 120_000


def line(user: str, assistant: str) -> bytes:
    messages = [{"role": "user", "content": user}, {"role": "assistant", "content": assistant}]
    return json.dumps({"messages": messages}).encode() + b"\n"


def panel_of(window: Window) -> CheckPanel:
    panel = window.panel("check")
    assert isinstance(panel, CheckPanel)
    return panel


def checked(window: Window, qtbot: QtBot) -> CheckPanel:
    window.desk.checking.begin()
    qtbot.waitUntil(lambda: window.desk.checking.is_settled, timeout=WAIT)
    QApplication.processEvents()
    return panel_of(window)


def figure(window: Window, name: str) -> str:
    tile = window.findChild(Tile, name)
    assert tile is not None
    return tile.accessibleName()


def test_tiles_findings_and_shares_are_those_of_the_file(make_window: MakeWindow, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_bytes(b"".join(line(f"question {number}", "" if number in (2, 5) else "fine") for number in range(12)))
    window = make_window(path, place="check")
    panel = checked(window, qtbot)
    assert figure(window, "examples_tile") == "examples: 12"
    assert figure(window, "errors_tile") == f"errors: {window.desk.checking.count('error')}"
    empty = next(group for group in panel.model.groups if group.rule == "empty-content")
    assert [row for row, _ in empty.findings] == [2, 5]
    assert empty.title
    trained = window.findChild(Label, "trained_label")
    assert trained is not None
    assert f"{window.desk.checking.summary.trained:,}" in trained.text()  # type: ignore[union-attr]
    assert panel.figures.histogram.accessibleName().startswith("Tokens per example: half have")


def test_enter_on_a_finding_leads_to_its_example(make_window: MakeWindow, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_bytes(b"".join(line(f"question {number}", "" if number == 7 else "fine") for number in range(12)))
    window = make_window(path, place="check")
    panel = checked(window, qtbot)
    position = next(
        at
        for at in range(panel.model.rowCount())
        if isinstance(entry := panel.model.entry(at), FindingEntry) and entry.row == 7
    )
    panel.view.setCurrentIndex(panel.model.index(position, 0))
    qtbot.keyClick(panel.view, Qt.Key.Key_Return)
    assert window.place == "dataset"
    assert window.desk.dataset.row == 7


def test_a_rule_says_why_it_exists(make_window: MakeWindow, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "data.jsonl"
    path.write_bytes(line("question", ""))
    window = make_window(path, place="check")
    panel = checked(window, qtbot)
    panel.view.setCurrentIndex(panel.model.index(0, 0))
    why = window.findChild(Label, "rule_why")
    assert why is not None
    assert why.text() == panel.model.groups[0].why != ""


def test_without_findings_the_place_says_so(make_window: MakeWindow, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "good.jsonl"
    path.write_bytes(b"".join(line(f"an own question, number {number}", f"answer {number}") for number in range(12)))
    window = make_window(path, place="check")
    panel = checked(window, qtbot)
    assert panel.model.rowCount() == 0
    assert any(label.text() == "No findings" and label.isVisible() for label in panel.findChildren(Label))


def test_without_a_dataset_the_place_offers_to_open_one(make_window: MakeWindow) -> None:
    panel = panel_of(make_window(place="check"))
    assert any(label.text() == "Nothing to check yet" and label.isVisible() for label in panel.findChildren(Label))


def finding(rule: str, severity: Severity = "error") -> Finding:
    return Finding(1, None, None, rule, severity, f"about {rule}")


def entries(model: FindingsModel) -> list[str]:
    shown = [model.entry(position) for position in range(model.rowCount())]
    return [entry.rule if isinstance(entry, Group) else f"{entry.finding.rule}@{entry.row}" for entry in shown]


def test_groups_stand_by_gravity_and_size_and_open_and_close(qtbot: QtBot) -> None:
    model = FindingsModel()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.show_findings([(0, finding("b", "warning")), (1, finding("a")), (2, finding("c")), (3, finding("c"))])
    assert entries(model) == ["c", "c@2", "c@3", "a", "a@1", "b", "b@0"]
    model.toggle(0)
    assert entries(model) == ["c", "a", "a@1", "b", "b@0"]
    model.show_findings([(5, finding("c")), (6, finding("a"))])
    assert entries(model)[-1] == "c" or entries(model)[0] == "c"
    assert "c@5" not in entries(model)


def test_a_hundred_thousand_findings_are_grouped_and_closed(qtbot: QtBot) -> None:
    model = FindingsModel()
    model.show_findings((row, finding("empty-content")) for row in range(100_000))
    assert model.rowCount() == 1
    model.toggle(0)
    assert model.rowCount() == 100_001
    entry = model.entry(77_777)
    assert isinstance(entry, FindingEntry)
    assert entry.row == 77_776


def summary(bars: tuple[tuple[int, int, int], ...], limit: int | None, over: int = 0) -> Summary:
    return Summary("supervised", 10, 1000, 300, True, 100, 200, limit, over, bars, {}, {})


@pytest.mark.parametrize("limit", [None, 30])
def test_the_histogram_draws_bars_and_the_limit(qtbot: QtBot, limit: int | None) -> None:
    histogram = TokensHistogram()
    qtbot.addWidget(histogram)
    histogram.resize(300, 180)
    histogram.show_summary(summary(((0, 20, 5), (20, 40, 1), (40, 60, 3)), limit, 3 if limit else 0))
    image = histogram.grab().toImage()
    colours = {image.pixelColor(x, y).name() for x in range(0, 300, 3) for y in range(0, 180, 3)}
    assert LIGHT.accent in colours
    assert (LIGHT.error in colours) == (limit is not None)
    assert ("3 are cut" in histogram.accessibleName()) == (limit is not None)


def test_what_is_chosen_stays_chosen_while_others_come_and_go(qtbot: QtBot) -> None:
    model = FindingsModel()
    empty = [Finding(None, None, f"messages[{row}]", "empty-content", "error", "Empty.") for row in range(3)]
    blank = Finding(None, None, None, "blank-line", "warning", "Blank.")
    model.show_findings([(1, empty[0]), (2, empty[1]), (5, blank)])
    second, group = model.entry(2), model.entry(3)
    model.show_findings([(0, empty[2]), (1, empty[0]), (2, empty[1]), (5, blank)])
    assert model.position_of(second) == 3
    assert model.position_of(group) == 4
    model.show_findings([(5, blank)])
    assert model.position_of(second) is None
    assert model.position_of(group) == 0

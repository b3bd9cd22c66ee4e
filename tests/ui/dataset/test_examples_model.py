from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QModelIndex
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from ftdesk.dataset.changes import Change, Splice
from ftdesk.ui.dataset.examples_model import ROW_ROLE, ExamplesModel
from ftdesk.ui.dataset.panel import DatasetPanel
from ftdesk.ui.window import Window

MakeWindow = Callable[..., Window]


def line(text: str) -> bytes:
    return b'{"messages": [{"role": "user", "content": "%s"}]}' % text.encode()


@pytest.fixture
def window(make_window: MakeWindow, tmp_path: Path) -> Window:
    path = tmp_path / "numbers.jsonl"
    path.write_bytes(b"".join(line(f"{'even' if number % 2 == 0 else 'odd'} {number}") + b"\n" for number in range(40)))
    return make_window(path)


def model_of(window: Window) -> ExamplesModel:
    panel = window.panel("dataset")
    assert isinstance(panel, DatasetPanel)
    return panel.list.model


def shown(model: ExamplesModel) -> list[int]:
    return [model.index(position, 0).data(ROW_ROLE) for position in range(model.rowCount())]


def test_the_list_mirrors_the_document_through_any_edits(window: Window, qtbot: QtBot) -> None:
    model = model_of(window)
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    document = window.desk.dataset.document
    assert document is not None
    chance = random.Random(7)  # noqa: S311 - the same edits in every run
    for step in range(60):
        row = chance.randrange(len(document))
        match chance.randrange(6):
            case 0:
                document.insert(row, [line(f"new {step}")] * chance.randrange(1, 4), "Insert")
            case 1 if len(document) > 4:
                document.remove({row, chance.randrange(len(document))}, "Remove")
            case 2:
                document.replace(row, line(f"changed {step}"), "Replace")
            case 3:
                document.apply(Change("Split", (Splice(row, (document.line(row),), (line("a"), line("b"))),)))
            case 4:
                document.undo()
            case _:
                document.move(row, chance.randrange(len(document)), "Move")
        assert shown(model) == list(range(len(document)))
        assert model.index(0, 0).data().startswith("1: ")


def test_a_search_shows_the_rows_it_finds_and_an_empty_one_shows_all(window: Window, qtbot: QtBot) -> None:
    model = model_of(window)
    model.search("odd")
    qtbot.waitUntil(lambda: not model.searching, timeout=30_000)
    assert shown(model) == list(range(1, 40, 2))
    assert model.position_of(3) == 1
    assert model.position_of(4) == -1
    model.search("")
    assert shown(model) == list(range(40))


def test_a_search_follows_rows_that_move_and_keeps_what_is_edited(window: Window, qtbot: QtBot) -> None:
    model = model_of(window)
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.search("odd")
    qtbot.waitUntil(lambda: not model.searching, timeout=30_000)
    document = window.desk.dataset.document
    assert document is not None
    document.remove([0], "Remove")
    assert shown(model) == list(range(0, 39, 2))
    document.replace(0, line("something else"), "Replace")
    assert shown(model)[0] == 0
    document.insert(39, [line("new")], "New")
    assert shown(model)[-1] == 39


def test_an_edit_while_a_search_runs_neither_loses_nor_repeats_rows(window: Window, qtbot: QtBot) -> None:
    model = model_of(window)
    document = window.desk.dataset.document
    assert document is not None
    model.search("odd")
    document.insert(0, [line("odd first")], "New")
    document.insert(len(document), [line("odd last")], "New")
    qtbot.waitUntil(lambda: not model.searching, timeout=30_000)
    assert shown(model) == [0, *range(2, 41, 2), 41]


def test_a_long_list_costs_no_more_than_what_is_seen(make_window: MakeWindow, tmp_path: Path) -> None:
    path = tmp_path / "long.jsonl"
    path.write_bytes(b"".join(line(f"number {number}") + b"\n" for number in range(100_000)))
    window = make_window(path)
    panel = window.panel("dataset")
    assert isinstance(panel, DatasetPanel)
    document = window.desk.dataset.document
    assert document is not None
    asked: list[int] = []
    summary = panel.list.model.summary

    def counted(row: int) -> object:
        asked.append(row)
        return summary(row)

    panel.list.model.summary = counted  # type: ignore[method-assign, assignment]
    view = panel.list.view
    view.grab()
    view.scrollToBottom()
    view.grab()
    window.desk.dataset.choose(50_000)
    view.grab()
    document.insert(50_000, [line("in the middle")], "New")
    view.grab()
    rows_on_screen = view.viewport().height() // 52 + 2
    assert len(asked) <= 8 * rows_on_screen
    assert panel.list.model.rowCount(QModelIndex()) == 100_001


def test_a_bulk_change_is_followed_as_a_whole(make_window: MakeWindow, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "long.jsonl"
    path.write_bytes(b"".join(line(f"number {number}") + b"\n" for number in range(4_000)))
    window = make_window(path)
    model = model_of(window)
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    document, dataset = window.desk.dataset.document, window.desk.dataset
    assert document is not None
    dataset.choose(3_001)
    chosen: list[int] = []
    dataset.row_chosen.connect(chosen.append)
    document.remove(range(0, 4_000, 2), "Remove every other")
    assert chosen == [1_500]
    assert model.rowCount() == 2_000
    assert model.index(1_500, 0).data().startswith("1501: number 3001")
    document.undo()
    assert model.rowCount() == 4_000


def test_a_row_that_another_program_has_overwritten_says_so(window: Window) -> None:
    document = window.desk.dataset.document
    assert document is not None
    assert document.path is not None
    document.replace(0, line("mine"), "Edit")
    document.path.write_bytes(b"{}\n")
    model = model_of(window)
    assert model.summary(0).preview == "mine"
    assert (model.summary(1).preview, model.summary(1).kind) == ("overwritten by another program", "broken")

"""Bringing messages and examples into another order, by keyboard and by dragging."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from dataset_window import MakeWindow, example, find, opened, panel_of, write
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFrame, QWidget
from pytestqt.qtbot import QtBot

from ftdesk.ui.editor import TextEditor
from ftdesk.ui.long_list import LongList
from ftdesk.ui.window import Window

ALT = Qt.KeyboardModifier.AltModifier
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def window(make_window: MakeWindow, sample: Path) -> Window:
    return make_window(sample)


def texts(window: Window) -> list[str]:
    return [message["content"] for message in example(window)["messages"]]


def order(window: Window) -> list[int]:
    return [int(example(window, row)["messages"][1]["content"][-1]) for row in range(len(opened(window)))]


def mark(window: Window) -> QFrame:
    return next(frame for frame in window.findChildren(QFrame) if frame.property("kind") == "drop")


def drag_card(window: Window, index: int, over: int, *, below: bool) -> QWidget:
    """Take a card by its grip and hold it over the upper or lower half of another. Gives the grip."""
    cards = panel_of(window).conversation.cards
    grip = cards[index].grip
    QTest.mousePress(grip, LEFT, pos=QPoint(4, 8))
    target = cards[over]
    height = target.height() - 4 if below else 4
    QTest.mouseMove(grip, grip.mapFrom(window, target.mapTo(window, QPoint(10, height))))
    QApplication.processEvents()
    return grip


@pytest.mark.parametrize(("message", "key", "after"), [(1, Qt.Key.Key_Up, 0), (1, Qt.Key.Key_Down, 2)])
def test_the_message_that_is_written_in_moves_by_keyboard_and_keeps_the_cursor(
    window: Window, qtbot: QtBot, message: int, key: Qt.Key, after: int
) -> None:
    text = find(window, TextEditor, f"message_{message}_text")
    text.setFocus()
    qtbot.keyClicks(text, "Ab")
    qtbot.keyClick(text, key, ALT)
    assert texts(window)[after] == "AbQuestion 1"
    moved = find(window, TextEditor, f"message_{after}_text")
    assert moved.hasFocus()
    assert moved.textCursor().position() == 2
    qtbot.keyClicks(moved, "c")
    window.desk.dataset.leaving.emit()
    assert texts(window)[after] == "AbcQuestion 1"


def test_at_the_end_a_message_stays_and_no_example_moves(window: Window, qtbot: QtBot) -> None:
    before = order(window)
    text = find(window, TextEditor, "message_2_text")
    text.setFocus()
    qtbot.keyClick(text, Qt.Key.Key_Down, ALT)
    assert order(window) == before
    assert text.hasFocus()


def test_from_the_list_the_same_keys_move_the_example(window: Window, qtbot: QtBot) -> None:
    view = find(window, LongList, "examples_view")
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_Down, ALT)
    assert order(window) == [2, 1, 3, 4, 5]


@pytest.mark.parametrize(
    ("index", "over", "below", "after"),
    [(0, 2, True, [1, 2, 0]), (2, 0, False, [2, 0, 1]), (0, 1, True, [1, 0, 2]), (1, 0, True, [0, 1, 2])],
)
def test_a_card_is_dragged_to_another_place(
    window: Window, index: int, over: int, below: bool, after: list[int]
) -> None:
    before = texts(window)
    line = opened(window).line(0)
    grip = drag_card(window, index, over, below=below)
    assert mark(window).isVisible()
    QTest.mouseRelease(grip, LEFT)
    assert texts(window) == [before[place] for place in after]
    assert not mark(window).isVisible()
    assert (opened(window).undo_title != "") == (after != [0, 1, 2])
    window.desk.dataset.undo()
    assert opened(window).line(0) == line


def test_escape_cancels_the_drag_of_a_card(window: Window) -> None:
    before = texts(window)
    grip = drag_card(window, 0, 2, below=True)
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert not mark(window).isVisible()
    QTest.mouseRelease(grip, LEFT)
    assert texts(window) == before


def test_a_card_held_at_the_edge_scrolls_the_conversation(
    make_window: MakeWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    messages = [{"role": "user", "content": f"{number}\n" * 5} for number in range(12)]
    window = make_window(write(tmp_path / "long.jsonl", {"messages": messages}))
    panel = panel_of(window)
    qtbot.waitUntil(lambda: len(panel.conversation.cards) == 12, timeout=60_000)
    column = panel.conversation._column
    grip = panel.conversation.cards[0].grip
    QTest.mousePress(grip, LEFT, pos=QPoint(4, 8))
    edge = column.viewport().mapTo(window, QPoint(50, column.viewport().height() - 2))
    QTest.mouseMove(grip, grip.mapFrom(window, edge))
    bar = column.verticalScrollBar()
    qtbot.waitUntil(lambda: bar.value() == bar.maximum() > 0, timeout=60_000)
    QTest.mouseRelease(grip, LEFT)
    assert texts(window)[-1].startswith("0")


def drag_row(window: Window, row: int, gap: int) -> QWidget:
    view = find(window, LongList, "examples_view")
    size = view.verticalHeader().defaultSectionSize()
    viewport = view.viewport()
    start = QPoint(40, row * size + size // 2)
    QTest.mousePress(viewport, LEFT, pos=start)
    # The first move makes it a drag, the next is followed.
    QTest.mouseMove(viewport, start + QPoint(20, 20))
    QTest.mouseMove(viewport, QPoint(40, gap * size + 3))
    QApplication.processEvents()
    return viewport


@pytest.mark.parametrize(("row", "gap", "after"), [(0, 3, [2, 3, 1, 4, 5]), (4, 0, [5, 1, 2, 3, 4])])
def test_an_example_is_dragged_in_the_list(window: Window, row: int, gap: int, after: list[int]) -> None:
    viewport = drag_row(window, row, gap)
    QTest.mouseRelease(viewport, LEFT)
    assert order(window) == after
    assert window.desk.notices.texts == ["Example moved."]
    window.desk.dataset.undo()
    assert order(window) == [1, 2, 3, 4, 5]


def test_selected_examples_are_dragged_together(window: Window) -> None:
    panel = panel_of(window)
    panel.list.select_rows([0, 2])
    viewport = drag_row(window, 2, 5)
    QTest.mouseRelease(viewport, LEFT)
    assert order(window) == [2, 4, 5, 1, 3]
    assert panel.list.selected_rows() == [3, 4]


def test_escape_cancels_the_drag_of_an_example(window: Window) -> None:
    viewport = drag_row(window, 0, 3)
    QTest.keyClick(window, Qt.Key.Key_Escape)
    QTest.mouseRelease(viewport, LEFT)
    assert order(window) == [1, 2, 3, 4, 5]


def test_while_a_search_is_shown_dragging_says_why_not(window: Window, qtbot: QtBot) -> None:
    panel = panel_of(window)
    panel.list.search.setText("Question")
    qtbot.waitUntil(lambda: not panel.list.model.searching, timeout=60_000)
    viewport = drag_row(window, 0, 3)
    QTest.mouseRelease(viewport, LEFT)
    assert order(window) == [1, 2, 3, 4, 5]
    assert window.desk.notices.texts == ["Examples can be dragged while all are shown. Clear the search first."]


def test_messages_that_are_moved_keep_their_bytes(make_window: MakeWindow, tmp_path: Path) -> None:
    path = tmp_path / "odd.jsonl"
    first, second = b'{ "role":"user", "content" :"\\u00e9" }', b'{"role": "assistant","content":"1.0","weight":1e0}'
    path.write_bytes(b'{"messages":[' + first + b", " + second + b"]}\n")
    window = make_window(path)
    QTest.mouseRelease(drag_card(window, 0, 1, below=True), LEFT)
    assert first in opened(window).line(0)
    assert opened(window).line(0).index(second) < opened(window).line(0).index(first)
    assert json.loads(opened(window).line(0))["messages"][1]["content"] == "é"

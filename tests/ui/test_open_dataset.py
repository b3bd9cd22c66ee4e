"""What a notice offers to undo is what it tells of, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from dataset_window import MakeWindow, opened, panel_of
from PySide6.QtWidgets import QPushButton

from ftdesk.ui.window import Window


@pytest.fixture
def window(make_window: MakeWindow, sample: Path) -> Window:
    return make_window(sample)


def undo_buttons(window: Window) -> list[QPushButton]:
    return [button for button in window.desk.notices.findChildren(QPushButton) if button.text() == "Undo"]


def test_the_notice_takes_back_what_it_tells_of(window: Window) -> None:
    panel_of(window).examples.delete()
    undo_buttons(window)[0].click()
    assert len(opened(window)) == 5
    assert window.desk.notices.texts == []


def test_the_notice_goes_as_soon_as_something_else_is_done(window: Window) -> None:
    panel_of(window).examples.delete()
    assert window.desk.notices.texts == ["Example deleted."]
    opened(window).replace(0, b"{}", "Edit")
    assert window.desk.notices.texts == []


def test_the_notice_goes_when_what_it_tells_of_is_undone_otherwise(window: Window) -> None:
    panel_of(window).examples.delete()
    window.desk.dataset.undo()
    assert window.desk.notices.texts == []


def test_the_notice_of_an_edit_stays_when_the_dataset_is_saved(window: Window) -> None:
    panel_of(window).examples.delete()
    window.desk.files.save()
    assert "Example deleted." in window.desk.notices.texts


def test_what_is_typed_after_it_is_not_undone_in_its_place(window: Window) -> None:
    panel_of(window).examples.delete()
    [undo] = undo_buttons(window)
    typed = [b'{"messages": []}']
    # An editor that has not told yet what was typed.
    window.desk.dataset.leaving.connect(lambda: typed and opened(window).replace(0, typed.pop(), "Type"))
    undo.click()
    assert opened(window).line(0) == b'{"messages": []}'
    assert len(opened(window)) == 4
    assert window.desk.notices.texts == ["Something was edited after that. Undo from the menu, one edit after another."]


def test_what_was_said_in_passing_of_one_dataset_goes_with_it(window: Window, tmp_path: Path) -> None:
    other = tmp_path / "other.jsonl"
    other.write_bytes(b"{}\n{}\n")
    panel_of(window).examples.delete()
    window.desk.notices.show_notice("To be read.", lasting=True)
    window.desk.files.open(other)
    assert window.desk.notices.texts == ["To be read."]
    assert len(opened(window)) == 2

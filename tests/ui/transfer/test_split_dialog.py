"""Split in the window: sizes and what stays together are seen before anything is written."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QLineEdit, QPushButton
from window_driver import Driver, play

from ftdesk.dataset.split import split_file
from ftdesk.ui.transfer import split_dialog
from ftdesk.ui.transfer.rows_list import RowsList, ShownRow
from ftdesk.ui.transfer.split_dialog import SplitDialog

LONG = "please tell me in one sentence what the difference between a crocodile and an alligator in a zoo is"


def line(question: str, **more: object) -> str:
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": "a"}]
    return json.dumps({"messages": messages, **more}) + "\n"


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    """Twenty examples: the first two almost ask the same, and every four belong to one patient."""
    path = tmp_path / "data.jsonl"
    questions = [LONG, f"now {LONG}", *(f"question {number}" for number in range(18))]
    lines = [line(question, metadata={"patient": number // 4}) for number, question in enumerate(questions)]
    path.write_text("".join(lines), "utf-8")
    return path


async def begin(user: Driver, path: Path) -> SplitDialog:
    user.window.desk.files.open(path)
    user.window.commands["split"].trigger()
    await until_dealt(user)
    return user.find("split_dialog", SplitDialog)


async def until_dealt(user: Driver) -> None:
    await user.until(lambda: user.find("split_button").isEnabled())


def sizes(user: Driver) -> list[str]:
    return [user.find(f"split_{part}_tile").accessibleName() for part in ("train", "validation", "test")]


def rows(user: Driver) -> list[ShownRow]:
    model = user.find("split_rows", RowsList).model()
    return [model.index(row, 0).data(Qt.ItemDataRole.UserRole) for row in range(model.rowCount())]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def content(path: Path) -> bytes:
    return path.read_bytes()


def test_the_split_is_shown_first_and_what_is_written_is_what_was_shown(
    qapp: QApplication, dataset: Path, tmp_path: Path
) -> None:
    async def scenario(user: Driver) -> None:
        await begin(user, dataset)
        assert sizes(user) == ["training: 14", "validation: 2", "test: 4"]
        assert user.text("split_verdict") == "2 examples stay together in 1 group; 2 of them are near duplicates."
        (group,) = rows(user)
        assert (group.number, group.first) == (1, LONG)
        assert group.second.startswith("with 2, in ")
        assert not (tmp_path / "data-split").exists()
        user.click("split_button")
        await user.until(lambda: not user.is_shown("split_dialog"))
        folder = tmp_path / "data-split"
        assert names(folder) == ["test.jsonl", "train.jsonl", "validation.jsonl"]
        parts = [content(folder / f"{part}.jsonl").splitlines() for part in ("train", "validation", "test")]
        assert [len(part) for part in parts] == [14, 2, 4]
        assert sorted(one for part in parts for one in part) == sorted(content(dataset).splitlines())
        button = next(
            button
            for button in user.window.desk.notices.findChildren(QPushButton)
            if button.text() == "Open train.jsonl"
        )
        button.click()
        document = user.window.desk.dataset.document
        assert document is not None
        assert document.path == folder / "train.jsonl"

    play(qapp, scenario)


def test_the_window_splits_as_the_command_does(qapp: QApplication, dataset: Path, tmp_path: Path) -> None:
    from ftdesk.dataset.split import Amount

    split_file(dataset, tmp_path / "by-command", test=Amount(count=5), seed=7, group_by="metadata.patient")

    async def scenario(user: Driver) -> None:
        await begin(user, dataset)
        user.find("split_test", QLineEdit).setText("5")
        user.find("split_validation", QLineEdit).setText("")
        user.find("split_seed", QLineEdit).setText("7")
        group = user.find("split_group", QComboBox)
        assert "metadata.patient" in [group.itemText(at) for at in range(group.count())]
        group.setCurrentText("metadata.patient")
        assert not user.find("split_button").isEnabled()
        await until_dealt(user)
        assert sizes(user)[1] == "validation: –"
        user.click("split_button")
        await user.until(lambda: not user.is_shown("split_dialog"))

    play(qapp, scenario)
    for part in ("train", "test"):
        assert content(tmp_path / "data-split" / f"{part}.jsonl") == content(tmp_path / "by-command" / f"{part}.jsonl")


def test_near_duplicates_may_be_parted_on_wish(qapp: QApplication, dataset: Path) -> None:
    async def scenario(user: Driver) -> None:
        await begin(user, dataset)
        user.find("split_near_duplicates", QCheckBox).setChecked(False)
        await until_dealt(user)
        assert user.text("split_verdict") == "No two examples have to stay together."
        assert rows(user) == []

    play(qapp, scenario)


@pytest.mark.parametrize(("amount", "said"), [("many", "is not an amount"), ("25", "none would be left to train on")])
def test_what_cannot_be_split_is_said_and_can_be_changed(
    qapp: QApplication, dataset: Path, amount: str, said: str
) -> None:
    async def scenario(user: Driver) -> None:
        await begin(user, dataset)
        user.find("split_test", QLineEdit).setText(amount)
        await user.until(lambda: said in user.text("split_verdict"))
        assert not user.find("split_button").isEnabled()
        user.find("split_test", QLineEdit).setText("3")
        await until_dealt(user)
        assert sizes(user)[2] == "test: 3"

    play(qapp, scenario)


def test_unsaved_edits_are_split_too_and_the_file_stays_as_it_is(
    qapp: QApplication, dataset: Path, tmp_path: Path
) -> None:
    before = content(dataset)

    async def scenario(user: Driver) -> None:
        user.window.desk.files.open(dataset)
        document = user.window.desk.dataset.document
        assert document is not None
        document.replace(5, line("edited").strip().encode(), "Edit")
        await begin(user, dataset)
        user.click("split_button")
        await user.until(lambda: not user.is_shown("split_dialog"))

    play(qapp, scenario)
    assert content(dataset) == before
    assert b"edited" in b"".join(content(path) for path in (tmp_path / "data-split").iterdir())


def test_a_dialog_that_is_closed_while_it_reads_stops_reading(
    qapp: QApplication, dataset: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended, go_on = threading.Event(), threading.Event()

    class Held(split_dialog.WatchedLines):
        def __iter__(self) -> Iterator[bytes]:
            try:
                for one in super().__iter__():
                    yield one
                    assert go_on.wait(60)
            finally:
                ended.set()

    monkeypatch.setattr(split_dialog, "WatchedLines", Held)

    async def scenario(user: Driver) -> None:
        user.window.desk.files.open(dataset)
        user.window.commands["split"].trigger()
        dialog: Any = user.find("split_dialog", SplitDialog)
        await user.until(lambda: dialog._lines is not None and dialog._lines.read > 0)
        lines = dialog._lines
        user.click("split_cancel")
        go_on.set()
        await user.until(ended.is_set)
        assert lines.read == 1

    play(qapp, scenario)

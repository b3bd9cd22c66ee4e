"""Earlier versions in the window: listed, compared, brought back as one undo, copied."""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from window_driver import Driver, play

from ftdesk.dataset.document import Document
from ftdesk.ui.transfer.rows_list import RowsList, ShownRow
from ftdesk.ui.transfer.versions_dialog import VersionsDialog


def line(question: str) -> bytes:
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": "a"}]
    return json.dumps({"messages": messages}).encode()


def opened(user: Driver) -> Document:
    document = user.window.desk.dataset.document
    assert document is not None
    return document


def rows(user: Driver, name: str) -> list[ShownRow]:
    model = user.find(name, RowsList).model()
    return [model.index(row, 0).data(Qt.ItemDataRole.UserRole) for row in range(model.rowCount())]


def content(path: Path) -> bytes:
    return path.read_bytes()


async def begin(user: Driver, path: Path) -> VersionsDialog:
    """Save twice, so that there are two earlier versions, and open the dialog with one more edit that is not saved."""
    user.window.desk.files.open(path)
    document = opened(user)
    document.insert(0, [line("added first")], "Add")
    document.save()
    document.remove([2], "Delete")
    document.replace(1, line("changed"), "Change")
    document.save()
    document.insert(5, [line("not saved yet")], "Add")
    user.window.commands["versions"].trigger()
    await user.until(lambda: "Since then" in user.text("versions_verdict"))
    await user.until(lambda: all("line" in row.second for row in rows(user, "versions_list")))
    return user.find("versions_dialog", VersionsDialog)


def test_each_version_is_listed_and_compared_with_what_is_on_screen(qapp: QApplication, sample: Path) -> None:
    async def scenario(user: Driver) -> None:
        await begin(user, sample)
        newest, oldest = rows(user, "versions_list")
        assert newest.first.startswith("Until ")
        assert (newest.second.split(" · ")[0], oldest.second.split(" · ")[0]) == ("6 lines", "5 lines")
        assert user.text("versions_verdict") == "Since then: 1 line added, 1 line removed, 1 line changed."
        assert rows(user, "versions_differences") == [
            ShownRow(2, "changed", "changed; then: Question 1"),
            ShownRow(3, "Question 2", "removed since then"),
            ShownRow(6, "not saved yet", "added since then"),
        ]
        user.find("versions_list", RowsList).selectRow(1)
        await user.until(lambda: "2 lines changed" in user.text("versions_verdict"))

    play(qapp, scenario)


def test_a_version_is_brought_back_as_one_change_that_undo_takes_back(qapp: QApplication, sample: Path) -> None:
    original = content(sample)

    async def scenario(user: Driver) -> None:
        await begin(user, sample)
        document = opened(user)
        before, saved = list(document.lines()), content(sample)
        user.find("versions_list", RowsList).selectRow(1)
        await user.until(lambda: "2 lines changed" in user.text("versions_verdict"))
        user.click("versions_restore")
        assert list(document.lines()) == original.splitlines()
        assert content(sample) == saved
        assert user.window.commands["undo"].text().startswith("Undo: Restore the version of ")
        user.window.commands["undo"].trigger()
        assert list(document.lines()) == before

    play(qapp, scenario)


def test_an_edit_made_meanwhile_is_compared_again(qapp: QApplication, sample: Path) -> None:
    async def scenario(user: Driver) -> None:
        await begin(user, sample)
        opened(user).replace(0, line("edited meanwhile"), "Edit")
        assert not user.find("versions_restore").isEnabled()
        await user.until(lambda: "2 lines changed" in user.text("versions_verdict"))

    play(qapp, scenario)


def test_a_copy_of_a_version_is_written(qapp: QApplication, sample: Path, tmp_path: Path) -> None:
    original = content(sample)

    async def scenario(user: Driver) -> None:
        dialog = await begin(user, sample)
        user.find("versions_list", RowsList).selectRow(1)
        dialog.save_copy(tmp_path / "copy.jsonl")
        await user.until(lambda: "Saved copy.jsonl." in user.window.desk.notices.texts)
        assert content(tmp_path / "copy.jsonl") == original

    play(qapp, scenario)


def test_without_an_earlier_version_that_is_said(qapp: QApplication, sample: Path) -> None:
    async def scenario(user: Driver) -> None:
        user.window.desk.files.open(sample)
        user.window.commands["versions"].trigger()
        assert "no earlier version yet" in user.window.desk.notices.texts[0]

    play(qapp, scenario)

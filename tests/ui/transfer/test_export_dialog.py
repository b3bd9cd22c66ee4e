"""Export in the window: all or the selected examples, what does not fit listed, labels only on wish."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox
from window_driver import Driver, play

from ftdesk.dataset.document import Document
from ftdesk.ui.transfer.export_dialog import ExportDialog
from ftdesk.ui.transfer.rows_list import RowsList, ShownRow

UNANSWERED = b'{"messages": [{"role": "user", "content": "and this?"}]}\n'


def opened(user: Driver) -> Document:
    document = user.window.desk.dataset.document
    assert document is not None
    return document


def rows(user: Driver) -> list[ShownRow]:
    model = user.find("export_rows", RowsList).model()
    return [model.index(row, 0).data(Qt.ItemDataRole.UserRole) for row in range(model.rowCount())]


def begin(user: Driver, path: Path) -> ExportDialog:
    user.window.desk.files.open(path)
    user.window.commands["export"].trigger()
    return user.find("export_dialog", ExportDialog)


def content(path: Path) -> bytes:
    return path.read_bytes()


async def export_to(user: Driver, dialog: ExportDialog, target: Path) -> None:
    dialog.export_to(target)
    await user.until(lambda: any("exported to" in text for text in user.window.desk.notices.texts))


def test_all_examples_are_exported_as_they_are_on_screen(qapp: QApplication, sample: Path, tmp_path: Path) -> None:
    async def scenario(user: Driver) -> None:
        dialog = begin(user, sample)
        opened(user).remove([0], "Delete")
        assert "can all be written" in user.text("export_verdict")
        await export_to(user, dialog, tmp_path / "out.jsonl")
        assert content(tmp_path / "out.jsonl") == b"".join(content(sample).splitlines(keepends=True)[1:])
        await user.until(lambda: not user.is_shown("export_dialog"))
        assert "4 examples exported to out.jsonl." in user.window.desk.notices.texts

    play(qapp, scenario)


def test_selected_examples_are_exported_alone(qapp: QApplication, sample: Path, tmp_path: Path) -> None:
    async def scenario(user: Driver) -> None:
        user.window.desk.files.open(sample)
        await user.until(lambda: user.is_shown("examples_view"))
        user.window.panel("dataset").list.select_rows([1, 3])  # type: ignore[attr-defined]
        user.window.commands["export"].trigger()
        dialog = user.find("export_dialog", ExportDialog)
        user.choose("export_examples", "Selected (2)")
        user.choose("export_format", "CSV, a prompt and its answer")
        await export_to(user, dialog, tmp_path / "out")
        assert "Question 2" in (text := content(tmp_path / "out.csv").decode("utf-8-sig"))
        assert ("Question 4" in text, "Question 1" in text) == (True, False)

    play(qapp, scenario)


def test_what_has_no_place_in_a_format_is_told_before_and_listed_after(
    qapp: QApplication, sample: Path, tmp_path: Path
) -> None:
    sample.write_bytes(content(sample) + UNANSWERED)

    async def scenario(user: Driver) -> None:
        dialog = begin(user, sample)
        user.choose("export_format", "JSON Lines, TRL")
        assert "1 of the first 6 examples would be left out" in user.text("export_verdict")
        await export_to(user, dialog, tmp_path / "out.jsonl")
        assert rows(user) == [ShownRow(6, "and this?", reason="it does not end with an answer")]
        assert "1 example has no place" in user.text("export_verdict")
        assert user.text("export_cancel") == "Close"

    play(qapp, scenario)


@pytest.mark.parametrize("wanted", [True, False])
def test_tags_and_notes_go_into_a_file_of_their_own_and_only_on_wish(
    qapp: QApplication, sample: Path, tmp_path: Path, wanted: bool
) -> None:
    async def scenario(user: Driver) -> None:
        dialog = begin(user, sample)
        document = opened(user)
        document.label(document.labels.tagging([document.line(2)], "hard", present=True), "Tag")
        user.find("export_labels", QCheckBox).setChecked(wanted)
        await export_to(user, dialog, tmp_path / "out.jsonl")
        assert b"hard" not in content(tmp_path / "out.jsonl")
        labels = tmp_path / "out.labels.jsonl"
        assert labels.exists() is wanted
        if wanted:
            assert json.loads(content(labels)) == {"line": 3, "tags": ["hard"], "note": ""}

    play(qapp, scenario)


def test_the_open_dataset_is_never_written_over(qapp: QApplication, sample: Path) -> None:
    async def scenario(user: Driver) -> None:
        before = content(sample)
        dialog = begin(user, sample)
        opened(user).remove([0], "Delete")
        dialog.export_to(sample)
        await user.until(lambda: "is the dataset that is open" in user.text("export_verdict"))
        assert content(sample) == before
        assert user.find("export_format", QComboBox).isEnabled()

    play(qapp, scenario)

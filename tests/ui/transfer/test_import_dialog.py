"""Import in the window: what is recognised, what rows become, one undo, and nothing dropped silently."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication, QComboBox
from window_driver import Driver, play

from ftdesk.dataset.formats import import_run
from ftdesk.ui.transfer.import_dialog import ImportDialog
from ftdesk.ui.transfer.rows_list import RowsList, ShownRow

TABLE = "ticket,severity,reply\nI cannot log in,high,Reset it\nNothing works,low,\nThe bill is wrong,low,Sorry\n"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    path.write_text(TABLE, "utf-8")
    return path


@pytest.fixture
def sharegpt(tmp_path: Path) -> Path:
    path = tmp_path / "chat.jsonl"
    turns = [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}]
    path.write_text("".join(json.dumps({"conversations": turns}) + "\n" for _ in range(30)), "utf-8")
    return path


async def begin(user: Driver, source: Path) -> ImportDialog:
    """Open the dialog and wait until the file was looked at."""
    user.window.desk.files.open_or_import(source)
    await user.until(lambda: user.is_shown("import_dialog"))
    await user.until(lambda: user.find("import_shape", QComboBox).count() > 0)
    return user.find("import_dialog", ImportDialog)


def rows(user: Driver) -> list[ShownRow]:
    model = user.find("import_rows", RowsList).model()
    return [model.index(row, 0).data(Qt.ItemDataRole.UserRole) for row in range(model.rowCount())]


def questions(user: Driver) -> list[Any]:
    document = user.window.desk.dataset.document
    assert document is not None
    return [json.loads(line)["messages"][-2]["content"] for line in document.lines()]


def content(path: Path) -> bytes:
    return path.read_bytes()


def test_a_known_shape_is_recognised_explained_and_imported_into_a_new_dataset(
    qapp: QApplication, sharegpt: Path
) -> None:
    async def scenario(user: Driver) -> None:
        await begin(user, sharegpt)
        assert "“conversations” in 30 of the first 30 rows: ShareGPT" in user.text("import_why")
        assert rows(user)[0] == ShownRow(1, "q", "a")
        user.click("import_button")
        document = user.window.desk.dataset
        await user.until(lambda: document.document is not None)
        assert document.document is not None
        assert document.document.path == sharegpt.with_name("chat-2.jsonl")
        assert len(document.document) == 30
        assert not document.document.is_modified
        assert "30 examples imported." in user.window.desk.notices.texts
        await user.until(lambda: not user.is_shown("import_dialog"))

    play(qapp, scenario)


def test_fields_that_have_no_place_are_named_before_and_after(qapp: QApplication, table: Path) -> None:
    table.write_text("id,prompt,completion\n1,q,a\n", "utf-8")

    async def scenario(user: Driver) -> None:
        await begin(user, table)
        told = "Left out, having no place in an example: “id”."
        assert user.text("import_why").endswith(told)
        user.click("import_button")
        await user.until(lambda: user.window.desk.dataset.document is not None)
        assert f"1 example imported. {told}" in user.window.desk.notices.texts

    play(qapp, scenario)


def test_columns_are_chosen_with_a_live_preview_and_refused_rows_are_listed_and_saved(
    qapp: QApplication, table: Path, sample: Path
) -> None:
    async def scenario(user: Driver) -> None:
        user.window.desk.files.open(sample)
        dialog = await begin(user, table)
        assert not user.find("import_button").isEnabled()
        user.choose("import_column_user", "ticket")
        user.choose("import_column_assistant", "reply")
        assert rows(user)[0] == ShownRow(1, "I cannot log in", "Reset it")
        assert rows(user)[1].reason == "the column “reply” is empty"
        assert user.text("import_counts") == "1 of the first 3 rows cannot be imported."
        user.choose("import_column_assistant", "severity")
        assert [row.second for row in rows(user)] == ["high", "low", "low"]
        user.choose("import_column_assistant", "reply")
        user.choose("import_into", "The end of sample.jsonl")
        user.click("import_button")
        await user.until(lambda: user.is_shown("import_keep_refused"))
        assert questions(user)[-3:] == ["Question 5", "I cannot log in", "The bill is wrong"]
        assert [(row.number, row.reason) for row in rows(user)] == [(2, "the column “reply” is empty")]
        kept = table.with_name("kept.jsonl")
        dialog.keep_refused(kept)
        await user.until(kept.exists)
        assert json.loads(content(kept))["value"] == {"ticket": "Nothing works", "severity": "low", "reply": ""}
        user.click("import_cancel")
        assert user.window.commands["undo"].text() == "Undo: Import 2 examples"
        user.window.commands["undo"].trigger()
        assert len(questions(user)) == 5

    play(qapp, scenario)


def test_an_import_is_stopped_and_nothing_is_left(
    qapp: QApplication, sharegpt: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached, go_on, read = threading.Event(), threading.Event(), import_run.import_rows

    def slow(*arguments: Any, **options: Any) -> Any:
        for row in read(*arguments, **options):
            yield row
            reached.set()
            assert go_on.wait(60)

    monkeypatch.setattr(import_run, "import_rows", slow)

    async def scenario(user: Driver) -> None:
        await begin(user, sharegpt)
        user.click("import_button")
        await user.until(reached.is_set)
        assert user.text("import_cancel") == "Stop"
        user.click("import_cancel")
        go_on.set()
        await user.until(lambda: user.find("import_button").isEnabled())
        assert sorted(path.name for path in sharegpt.parent.glob("*chat*")) == ["chat.jsonl"]
        assert user.window.desk.dataset.document is None
        user.click("import_cancel")
        await user.until(lambda: not user.is_shown("import_dialog"))

    play(qapp, scenario)


def test_where_no_row_can_be_imported_nothing_is_made_and_that_is_said(qapp: QApplication, sharegpt: Path) -> None:
    async def scenario(user: Driver) -> None:
        await begin(user, sharegpt)
        user.choose("import_shape", "Columns: a prompt and its answer")
        user.choose("import_column_user", "conversations")
        user.choose("import_column_assistant", "conversations")
        user.click("import_button")
        await user.until(lambda: "None of the 30 rows" in user.text("import_why"))
        assert not sharegpt.with_name("chat-2.jsonl").exists()
        assert user.find("import_button").isEnabled()
        user.choose("import_shape", "ShareGPT")
        user.click("import_button")
        await user.until(sharegpt.with_name("chat-2.jsonl").exists)

    play(qapp, scenario)


def test_a_file_that_cannot_be_read_is_said_in_the_dialog(qapp: QApplication, tmp_path: Path) -> None:
    path = tmp_path / "broken.parquet"
    path.write_bytes(b"PAR1 and no more")

    async def scenario(user: Driver) -> None:
        user.window.desk.files.open_or_import(path)
        await user.until(lambda: "cannot be read" in user.text("import_why"))
        assert not user.find("import_button").isEnabled()

    play(qapp, scenario)


def test_a_dropped_table_is_imported_and_a_dropped_dataset_opened(
    qapp: QApplication, table: Path, sample: Path
) -> None:
    async def scenario(user: Driver) -> None:
        for path in (table, sample):
            data = QMimeData()
            data.setUrls([QUrl.fromLocalFile(str(path))])
            user.window.dropEvent(
                QDropEvent(
                    QPoint(5, 5),
                    Qt.DropAction.CopyAction,
                    data,
                    Qt.MouseButton.LeftButton,
                    Qt.KeyboardModifier.NoModifier,
                )
            )
        assert user.is_shown("import_dialog")
        document = user.window.desk.dataset.document
        assert document is not None
        assert document.path == sample

    play(qapp, scenario)


def test_a_table_named_at_the_start_is_imported(qapp: QApplication, table: Path) -> None:
    async def scenario(user: Driver) -> None:
        user.window.open_at_start(table)
        await user.until(lambda: user.is_shown("import_dialog"))

    play(qapp, scenario)

"""Whatever stands in a line, the list, the editor and the raw view show it, and give back what they were given."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from data.json_cases import json_cases
from data.naughty_strings import naughty_strings
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtWidgets import QApplication, QStyleOptionViewItem
from pytestqt.qtbot import QtBot

from ftdesk.dataset.spans import dump
from ftdesk.ui.dataset.panel import DatasetPanel
from ftdesk.ui.editor import TextEditor
from ftdesk.ui.json_editor import JsonEditor
from ftdesk.ui.window import Window

MakeWindow = Callable[..., Window]


def hostile_lines() -> list[bytes]:
    texts = naughty_strings()
    shown = [dump({"messages": [{"role": "user", "content": text}]}) for text in texts]
    lines = [*json_cases().values(), *(line.encode() for line in shown)]
    return [piece for line in lines for piece in line.split(b"\n")]


def test_every_line_is_shown_and_none_is_changed_by_that(make_window: MakeWindow, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    content = b"".join(line + b"\n" for line in hostile_lines())
    path.write_bytes(content)
    window = make_window(path)
    window.desk.checking.close()  # what the check says of them is tested elsewhere
    panel = window.panel("dataset")
    assert isinstance(panel, DatasetPanel)
    document = window.desk.dataset.document
    assert document is not None
    model, view = panel.list.model, panel.list.view
    picture = QImage(300, 60, QImage.Format.Format_ARGB32)
    painter = QPainter(picture)
    option = QStyleOptionViewItem()
    option.rect = picture.rect()  # type: ignore[attr-defined]
    for row in range(len(document)):
        index = model.index(row, 0)
        view.itemDelegate().paint(painter, option, index)
        assert index.data(Qt.ItemDataRole.AccessibleTextRole)
    painter.end()
    for row in range(0, len(document), 3):
        window.desk.dataset.choose(row)
        window.desk.dataset.leaving.emit()
    assert not document.is_modified
    document.save()
    assert path.read_bytes() == content


def test_the_editors_give_back_every_text_and_change_only_what_is_typed(qtbot: QtBot) -> None:
    for editor in (TextEditor("Text"), JsonEditor("JSON")):
        qtbot.addWidget(editor)
        committed: list[str] = []
        editor.committed.connect(committed.append)
        texts = [*naughty_strings(), *(case.decode("utf-8", "replace")[:15_000] for case in json_cases().values())]
        for text in texts:
            editor.replace_text(text)
            assert editor.text == text
            editor.commit()
            assert committed == []
            editor.put_cursor_at_end()
            editor.insertPlainText("!")
            editor.commit()
            assert committed == [text + "!"]
            committed.clear()


def test_every_text_is_copied_and_pasted_as_it_is(qtbot: QtBot) -> None:
    one, other = TextEditor("One"), TextEditor("Other")
    for editor in (one, other):
        qtbot.addWidget(editor)
    for text in filter(None, naughty_strings()):
        one.replace_text(text)
        one.selectAll()
        one.copy()
        other.replace_text("")
        other.paste()
        assert other.text == text
    QApplication.clipboard().clear()

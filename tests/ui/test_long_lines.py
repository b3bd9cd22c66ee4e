"""Long lines and hidden characters are shown as something else; what is typed between them means one."""

from __future__ import annotations

import random

import pytest
from data.naughty_strings import naughty_strings
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from ftdesk.ui.editor import TextEditor
from ftdesk.ui.json_editor import JsonEditor
from ftdesk.ui.long_lines import LONGEST_LINE, PART, in_parts, in_pieces, place_in_pieces, whole
from ftdesk.ui.text import BREAK, original, visible
from ftdesk.ui.theme import palette
from ftdesk.ui.tokens import DARK, LIGHT

PIECES = [
    "a",
    "word ",
    "中",
    "🎉",
    "\u0301",
    "\u200b",
    "\u2028",
    "\n",
    "\n\n",
    "⟦",
    "⟧",
    "⤶",
    BREAK,
    f"{BREAK}\n",
    "⟦U+200B⟧",
    "\ufeff",
    "\xa0",
]


def long_text(seed: int, times: int = 40) -> str:
    source = random.Random(seed)  # noqa: S311 - the same texts in every run
    return "".join(source.choice(PIECES) * source.choice((1, 2, 30, 700)) for _ in range(times))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from((1, 2, 400, 3_000))), max_size=8))
def test_a_text_in_pieces_is_the_same_text(parts: list[tuple[str, int]]) -> None:
    text = "".join(piece * times for piece, times in parts)
    shown = in_pieces(visible(text))
    assert original(shown) == text
    assert whole(shown) == visible(text)
    assert max(map(len, shown.split("\n"))) <= LONGEST_LINE


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from((1, 9, 7_000, 30_000))), max_size=8))
def test_a_text_in_parts_is_the_same_text(parts: list[tuple[str, int]]) -> None:
    text = "".join(piece * times for piece, times in parts)
    shown = "".join(in_parts(text))
    assert original(shown) == text
    assert max(map(len, shown.split("\n"))) <= LONGEST_LINE + len(BREAK)


@pytest.mark.parametrize("text", ["word " * 60_000, "line\n" * 60_000, "词" * 200_000])
def test_a_long_text_comes_in_parts_while_somebody_writes_in_it(editor: TextEditor, qtbot: QtBot, text: str) -> None:
    committed: list[str] = []
    editor.committed.connect(committed.append)
    editor.show_text(text)
    assert len(editor.document().toPlainText()) < len(text)
    assert editor.text == text
    editor.moveCursor(QTextCursor.MoveOperation.End)
    written = place(editor, load=False)
    qtbot.keyClicks(editor, "new")
    qtbot.waitUntil(lambda: len(editor.document().toPlainText()) >= len(text), timeout=30_000)
    qtbot.keyClicks(editor, "er")
    editor.commit()
    assert committed == [text[:written] + "newer" + text[written:]]


@pytest.mark.parametrize("kind", [TextEditor, JsonEditor])
@pytest.mark.parametrize("length", [20_000, 31_000, PART])
def test_a_text_of_one_part_is_shown_at_once_and_looking_at_it_changes_nothing(
    kind: type[TextEditor], qtbot: QtBot, length: int
) -> None:
    editor = kind("Text")
    qtbot.addWidget(editor)
    editor.show()
    committed: list[str] = []
    editor.committed.connect(committed.append)
    text = "x" * (length - 100) + "\n" + "y" * 99
    for shown in (text, "another row", text):
        editor.show_text(shown)
        assert not editor.is_loading
        assert original(editor.document().toPlainText()) == shown
        for table in (DARK, LIGHT):
            QApplication.processEvents()
            editor.setPalette(palette(table))
        editor.textChanged.emit()
        editor.commit()
    assert committed == []


def test_a_long_text_is_copied_whole_before_its_end_is_shown(editor: TextEditor, qtbot: QtBot) -> None:
    text = "line\n" * 60_000
    editor.show_text(text)
    assert editor.is_loading
    qtbot.keyClick(editor, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert editor.createMimeDataFromSelection().text() == text


def test_a_place_is_found_again_in_the_pieces() -> None:
    text = "".join(f"{number} " for number in range(9_000))
    shown = in_pieces(text)
    assert shown != text
    for place in range(0, len(text), 977):
        assert shown[place_in_pieces(shown, place)] == text[place]


def test_no_piece_is_cut_inside_a_token_or_a_character() -> None:
    for text in ("\u200b" * 9_000, "e\u0301" * 9_000, "👩\u200d🚀" * 4_000):
        for piece in in_pieces(visible(text)).split(f"{BREAK}\n"):
            assert visible(original(piece)) == piece
            assert piece[0] not in "\u0301\u200d"


@pytest.fixture
def editor(qtbot: QtBot) -> TextEditor:
    made = TextEditor("Text")
    made.resize(500, 400)
    qtbot.addWidget(made)
    made.show()
    return made


def place(editor: TextEditor, *, load: bool = True) -> int:
    """Where the cursor stands in the exact text."""
    shown = editor.shown_text if load else editor.document().toPlainText()
    units = shown.encode("utf-16-le", "surrogatepass")
    return len(original(units[: 2 * editor.textCursor().position()].decode("utf-16-le", "surrogatepass")))


@pytest.mark.parametrize("seed", range(8))
def test_every_key_does_to_a_text_in_pieces_what_it_does_to_the_text(
    editor: TextEditor, qtbot: QtBot, seed: int
) -> None:
    source = random.Random(seed)  # noqa: S311
    text = long_text(seed).replace("\u0301", "")  # Qt takes a combining character and its base together
    editor.show_text(text)
    for _ in range(150):
        if source.random() < 0.3:
            cursor = editor.textCursor()
            cursor.setPosition(source.randrange(editor.document().characterCount()))
            if "\udc00" <= editor.document().characterAt(cursor.position()) <= "\udfff":
                cursor.setPosition(cursor.position() + 1)  # nobody can stand inside a character
            editor.setTextCursor(cursor)
        at = place(editor)
        key = source.choice((Qt.Key.Key_Backspace, Qt.Key.Key_Delete, Qt.Key.Key_X, Qt.Key.Key_Right, Qt.Key.Key_Left))
        qtbot.keyClick(editor, key)
        if key == Qt.Key.Key_X:
            text = text[:at] + "x" + text[at:]
        elif key == Qt.Key.Key_Backspace and at:
            text = text[: at - 1] + text[at:]
        elif key == Qt.Key.Key_Delete:
            text = text[:at] + text[at + 1 :]
        assert editor.text == text


@pytest.mark.parametrize("text", ["a\u200bb", "a\rb", "a\u2028b", "a\ud800b", "a\u202eb", "\ufeffb"])
def test_a_hidden_character_is_one_character_to_the_keyboard(editor: TextEditor, qtbot: QtBot, text: str) -> None:
    editor.show_text(text)
    editor.moveCursor(QTextCursor.MoveOperation.Start)
    steps = [place(editor)]
    for _ in text:
        qtbot.keyClick(editor, Qt.Key.Key_Right)
        steps.append(place(editor))
    assert steps == list(range(len(text) + 1))
    for size in range(len(text), 0, -1):
        qtbot.keyClick(editor, Qt.Key.Key_Backspace)
        assert editor.text == text[: size - 1]


def test_a_selection_takes_whole_tokens(editor: TextEditor, qtbot: QtBot) -> None:
    editor.show_text("a\u200bb")
    editor.moveCursor(QTextCursor.MoveOperation.Start)
    for _ in range(2):
        qtbot.keyClick(editor, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert editor.createMimeDataFromSelection().text() == "a\u200b"
    qtbot.keyClick(editor, Qt.Key.Key_Delete)
    assert editor.text == "b"


def test_a_pasted_long_line_is_cut_as_well_and_stays_what_it_is(editor: TextEditor, qtbot: QtBot) -> None:
    source = TextEditor("Other")
    qtbot.addWidget(source)
    for text in ("x" * 50_000, long_text(3), *filter(None, naughty_strings()[-40:])):
        source.replace_text(text)
        source.selectAll()
        editor.replace_text("<>")
        editor.moveCursor(QTextCursor.MoveOperation.Start)
        editor.moveCursor(QTextCursor.MoveOperation.Right)
        editor.insertFromMimeData(source.createMimeDataFromSelection())
        assert editor.text == f"<{text}>"
        assert max(map(len, editor.shown_text.split("\n"))) <= LONGEST_LINE + 1

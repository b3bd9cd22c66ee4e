from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, Qt
from PySide6.QtGui import QInputMethodEvent, QTextBlock, QTextCursor
from PySide6.QtWidgets import QApplication, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from ftdesk.ui import editor as editor_module
from ftdesk.ui.editor import LONG, TextEditor
from ftdesk.ui.json_editor import JsonEditor
from ftdesk.ui.long_lines import LONGEST_LINE
from ftdesk.ui.theme import palette
from ftdesk.ui.tokens import DARK, LIGHT


@pytest.fixture
def editor(qtbot: QtBot) -> TextEditor:
    page = QWidget()
    column = QVBoxLayout(page)
    made = TextEditor("Text")
    column.addWidget(made)
    column.addWidget(QLineEdit())
    column.addStretch()
    page.resize(400, 600)
    qtbot.addWidget(page)
    page.show()
    made.setFocus()
    made.page = page  # type: ignore[attr-defined]  # kept alive with the editor
    return made


def committed(editor: TextEditor) -> list[str]:
    texts: list[str] = []
    editor.committed.connect(texts.append)
    return texts


DIFFICULT = "a\u00a0b\r\nc\u2028d\u2029e\ufefff\u200bg⟦U+200B⟧ \U000e0041\t\x00"


def test_looking_at_a_text_changes_nothing(editor: TextEditor, qtbot: QtBot) -> None:
    texts = committed(editor)
    editor.show_text(DIFFICULT)
    assert editor.text == DIFFICULT
    editor.commit()
    QApplication.sendEvent(editor, QInputMethodEvent())
    editor.clearFocus()
    assert texts == []


def test_typing_changes_only_what_was_typed(editor: TextEditor, qtbot: QtBot) -> None:
    texts = committed(editor)
    editor.show_text(DIFFICULT)
    editor.moveCursor(QTextCursor.MoveOperation.Start)
    qtbot.keyClicks(editor, "new ")
    editor.commit()
    assert texts == ["new " + DIFFICULT]


def test_typing_is_one_step_after_a_pause(editor: TextEditor, qtbot: QtBot) -> None:
    texts = committed(editor)
    editor.show_text("")
    qtbot.keyClicks(editor, "several words in a row")
    assert texts == []
    qtbot.waitUntil(lambda: texts == ["several words in a row"], timeout=30_000)


def test_going_elsewhere_is_the_end_of_a_step(editor: TextEditor, qtbot: QtBot) -> None:
    texts = committed(editor)
    editor.show_text("one")
    editor.put_cursor_at_end()
    qtbot.keyClicks(editor, " two")
    qtbot.keyClick(editor, Qt.Key.Key_Tab)
    assert texts == ["one two"]


def test_text_that_was_typed_and_taken_back_is_no_change(editor: TextEditor, qtbot: QtBot) -> None:
    texts = committed(editor)
    editor.show_text("one")
    editor.put_cursor_at_end()
    qtbot.keyClick(editor, "x")
    qtbot.keyClick(editor, Qt.Key.Key_Backspace)
    editor.commit()
    assert texts == []


def test_nothing_is_committed_while_an_input_method_composes(editor: TextEditor, qtbot: QtBot) -> None:
    texts = committed(editor)
    editor.show_text("")
    qtbot.keyClicks(editor, "a")
    QApplication.sendEvent(editor, QInputMethodEvent("にほ", []))
    editor.commit()
    assert texts == []
    done = QInputMethodEvent("", [])
    done.setCommitString("日本")
    QApplication.sendEvent(editor, done)
    editor.commit()
    assert texts == ["a日本"]


def test_undo_keys_are_left_to_the_window(editor: TextEditor, qtbot: QtBot) -> None:
    editor.show_text("one")
    editor.put_cursor_at_end()
    qtbot.keyClicks(editor, "x")
    qtbot.keyClick(editor, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert editor.text == "onex"


def test_pasting_takes_plain_text_only(editor: TextEditor) -> None:
    clip = QMimeData()
    clip.setHtml('<img src="/etc/hostname"><b>bold</b>')
    clip.setText("plain\r\n\u202etext")
    editor.show_text("")
    editor.insertFromMimeData(clip)
    assert editor.text == "plain\n\u202etext"


def test_copying_gives_the_exact_text(editor: TextEditor) -> None:
    editor.show_text("a\u200bb\nc\u00a0d")
    editor.selectAll()
    assert editor.createMimeDataFromSelection().text() == "a\u200bb\nc\u00a0d"


def test_the_editor_is_as_high_as_its_text_and_shrinks_again(editor: TextEditor, qtbot: QtBot) -> None:
    heights = {}
    for lines in (1, 8, 1):
        editor.show_text("\n".join(["line"] * lines))
        QApplication.processEvents()
        heights[lines] = editor.height()
        assert editor.verticalScrollBar().maximum() == 0
    assert heights[8] - heights[1] == 7 * editor.fontMetrics().lineSpacing()


def test_a_wrapped_line_takes_the_height_it_needs(editor: TextEditor) -> None:
    editor.show_text("word " * 60)
    QApplication.processEvents()
    assert editor.height() > 3 * editor.fontMetrics().lineSpacing()
    assert editor.verticalScrollBar().maximum() == 0


def test_a_long_text_gets_a_scroll_bar_and_can_be_edited(editor: TextEditor, qtbot: QtBot) -> None:
    texts = committed(editor)
    long = "\n".join(f"line {number}" for number in range(60_000))
    assert len(long) > LONG
    editor.show_text(long)
    assert editor.height() < 600
    assert not editor.is_partial
    editor.put_cursor_at_end()
    qtbot.keyClicks(editor, "!")
    editor.commit()
    assert texts == [long + "!"]


@pytest.mark.parametrize("text", ["x" * 100_000, "word " * 20_000, "词语" * 50_000, "🎉" * 30_000, "e\u0301" * 40_000])
def test_a_line_too_long_to_lay_out_is_edited_in_pieces(editor: TextEditor, qtbot: QtBot, text: str) -> None:
    texts = committed(editor)
    editor.show_text(text)
    assert editor.shown_text  # all of it
    block = editor.document().begin()
    while block.isValid():
        assert block.length() < 2 * LONGEST_LINE
        block = block.next()
    editor.commit()
    assert texts == []
    half = len(text) // 2 // 5 * 5
    place = editor.document().characterCount() // 2
    cursor = editor.textCursor()
    cursor.setPosition(place)
    editor.setTextCursor(cursor)
    qtbot.keyClicks(editor, "new")
    editor.commit()
    assert len(texts) == 1
    head, _, tail = texts[0].partition("new")
    assert head + tail == text
    assert abs(len(head) - half) < 3_000


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"messages": [}', "line 1, column 15"),
        ('{\n  "a": 1,\n  b}', "line 3, column 3"),
        ("[1]", "object in braces"),
        ("", "blank"),
    ],
)
def test_a_mistake_in_json_is_named_and_marked(qtbot: QtBot, text: str, words: str) -> None:
    editor = JsonEditor("JSON")
    qtbot.addWidget(editor)
    editor.show_text(text)
    assert words in editor.problem
    assert len(editor.extraSelections()) == 1


def test_the_mark_stands_on_the_character_also_after_an_emoji(qtbot: QtBot) -> None:
    editor = JsonEditor("JSON")
    qtbot.addWidget(editor)
    editor.show_text('{"a": "🎉🎉", b}')
    assert editor.extraSelections()[0].cursor.selectedText() == "b"


def test_good_json_has_no_mark(qtbot: QtBot) -> None:
    editor = JsonEditor("JSON")
    qtbot.addWidget(editor)
    editor.show_text("{broken")
    editor.show_text('{"a": 1}')
    assert editor.problem == ""
    assert editor.extraSelections() == []


def test_showing_the_same_text_again_keeps_what_was_typed_meanwhile(editor: TextEditor, qtbot: QtBot) -> None:
    texts = committed(editor)
    editor.show_text("one")
    editor.put_cursor_at_end()
    qtbot.keyClicks(editor, " two")
    editor.show_text("one")
    editor.commit()
    assert texts == ["one two"]


@pytest.mark.parametrize("kind", [TextEditor, JsonEditor])
def test_a_text_of_which_only_the_beginning_is_shown_is_never_committed(
    kind: type[TextEditor], qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(editor_module, "MOST_CHARACTERS", 2 * LONG)
    editor = kind("Text")
    qtbot.addWidget(editor)
    editor.show()
    texts = committed(editor)
    text = '["' + "word " * LONG + '"]'
    editor.show_text(text)
    for table in (DARK, LIGHT):
        editor.setPalette(palette(table))
        editor.textChanged.emit()
        editor.commit()
    assert editor.is_partial
    assert texts == []
    assert editor.text == text


def test_another_colour_scheme_is_no_typing(qtbot: QtBot) -> None:
    editor = JsonEditor("JSON")
    qtbot.addWidget(editor)
    editor.show_text('{"a": 1}')
    QApplication.processEvents()
    with qtbot.assertNotEmitted(editor.textChanged):
        editor.setPalette(palette(DARK))
    assert colour(editor.document().firstBlock()) == DARK.accent


def test_a_long_text_takes_new_colours_from_what_is_visible_on_while_the_window_stays_free(
    qapp: QApplication, qtbot: QtBot
) -> None:
    qapp.setStyleSheet("")  # whatever the tests before this one have left
    editor = JsonEditor("JSON")
    qtbot.addWidget(editor)
    editor.setPalette(palette(LIGHT))
    editor.resize(400, 300)
    editor.fill_height()
    editor.show()
    editor.show_text("\n".join(f'"{number}": 1,' for number in range(12_000)))
    editor.put_cursor_at_end()
    first = editor.firstVisibleBlock()
    assert first.blockNumber() > 11_000
    document = editor.document()
    editor.setPalette(palette(DARK))
    assert colour(first) == DARK.accent
    assert colour(document.findBlockByNumber(9_000)) == LIGHT.accent  # neither seen nor among the next
    cursor = editor.textCursor()
    cursor.setPosition(0)
    cursor.insertText('"new": 1,\n')  # what is written meanwhile leaves no line out
    blocks = [document.findBlockByNumber(number) for number in range(document.blockCount())]
    qtbot.waitUntil(lambda: all(colour(block) == DARK.accent for block in blocks), timeout=30_000)


def colour(block: QTextBlock) -> str:
    layout = block.layout()
    ranges = layout.formats()  # held, since Qt for Python deletes what is in them with them
    return ranges[0].format.foreground().color().name()

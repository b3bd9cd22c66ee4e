from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QTextDocument
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from ftdesk.ui.text import ElidedLabel, Label, SafeText, editable, one_line, original, plural, set_tooltip, visible

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()))


@given(ANY_TEXT)
def test_every_text_comes_back_from_its_visible_form(text: str) -> None:
    assert original(visible(text)) == text
    assert original(editable(text)) == text


@given(st.text(alphabet="⟦⟧⤶⍽\xa0U+27E60D\u200b\n"))
def test_text_that_looks_like_a_token_comes_back_too(text: str) -> None:
    assert original(visible(text)) == text
    assert original(editable(text)) == text


def test_a_no_break_space_is_seen_where_it_is_edited() -> None:
    assert editable("100\xa0%") == "100⍽%"
    assert visible("100\xa0%") == "100\xa0%"


@pytest.mark.parametrize(
    "hidden", ["\u202e", "\u200b", "\ufeff", "\r", "\u2028", "\x00", "\x1b", "\U000e0041", "\ud800"]
)
def test_what_nobody_would_see_is_shown_as_a_token(hidden: str) -> None:
    assert visible(f"a{hidden}b") == f"a⟦U+{ord(hidden):04X}⟧b"


@pytest.mark.parametrize(
    "ordinary", ["👩\u200d👩\u200d👧", "نمی\u200cخواهم", "ligne\u00a0: fin", "tab\tand\nline", "中文"]
)
def test_ordinary_writing_is_left_alone(ordinary: str) -> None:
    assert visible(ordinary) == ordinary


def test_one_line_is_short_and_on_one_line_however_long_the_text() -> None:
    assert one_line("a\n\n  b\tc") == "a b c"
    assert len(one_line("x" * 10_000_000)) <= 300


def test_plural_agrees_with_its_number() -> None:
    assert plural(1, "1 line", "{number} lines") == "1 line"
    assert plural(1234, "1 line", "{number} lines") == "1,234 lines"


def test_labels_show_markup_as_the_characters_it_is(qtbot: QtBot) -> None:
    label = Label('<b>bold</b> <img src="/etc/hostname">')
    qtbot.addWidget(label)
    assert label.textFormat() == Qt.TextFormat.PlainText
    assert label.text() == '<b>bold</b> <img src="/etc/hostname">'


def test_tooltips_show_markup_as_the_characters_it_is(qtbot: QtBot) -> None:
    widget = QWidget()
    qtbot.addWidget(widget)
    set_tooltip(widget, '<img src="/etc/hostname"> & more')
    document = QTextDocument()
    document.setHtml(widget.toolTip())
    assert document.toPlainText() == '<img src="/etc/hostname"> & more'


def test_an_elided_label_keeps_the_whole_for_screen_readers_and_tooltip(qtbot: QtBot) -> None:
    label = ElidedLabel("a rather long sentence that has no room")
    qtbot.addWidget(label)
    label.resize(60, 20)
    label.show()
    assert label.text().endswith("…")
    assert label.accessibleName() == "a rather long sentence that has no room"


@pytest.mark.parametrize(
    "markdown",
    [
        "![x]({path})",
        "![x](file://{path})",
        '<img src="{path}">',
        "[![x]({path})](https://example.com)",
        "<link href='{path}'>",
    ],
)
def test_an_image_that_is_a_fifo_does_not_hang_the_view(qtbot: QtBot, tmp_path: Path, markdown: str) -> None:
    fifo = tmp_path / "fifo.png"
    os.mkfifo(fifo)
    # Every reader is served, and told how many there were: a view that opens the pipe does not hang, it is counted.
    # A process and not a thread, since Qt keeps Python's lock while it reads.
    serve = 'number=0; while number=$((number + 1)); do echo $number > "$0"; done'
    with subprocess.Popen(["sh", "-c", serve, str(fifo)]) as server:
        view = SafeText()
        qtbot.addWidget(view)
        view.resize(300, 200)
        view.show_markdown("before\n\n" + markdown.format(path=fifo) + "\n\nafter")
        view.show()
        view.grab()
        with fifo.open() as pipe:
            first = pipe.readline()
        server.kill()
    assert first == "1\n"
    assert "before" in view.toPlainText()
    assert "after" in view.toPlainText()


def test_whatever_a_safe_view_is_asked_to_load_is_an_empty_picture(qtbot: QtBot) -> None:
    view = SafeText()
    qtbot.addWidget(view)
    loaded = view.loadResource(QTextDocument.ResourceType.ImageResource.value, "file:///etc/hostname")
    assert isinstance(loaded, QImage)
    assert not loaded.isNull()


def test_tags_in_markdown_show_as_text_and_links_do_not_open(qtbot: QtBot) -> None:
    view = SafeText()
    qtbot.addWidget(view)
    view.show_markdown("<script>alert(1)</script> and **bold** [link](file:///etc/passwd)")
    assert "<script>" in view.toPlainText()
    assert "bold" in view.toPlainText()
    assert not view.openLinks()
    assert not view.textInteractionFlags() & Qt.TextInteractionFlag.LinksAccessibleByMouse


def test_raw_labels_are_found_by_the_walk_that_looks_for_them(qtbot: QtBot) -> None:
    """Guards the guard: an ordinary QLabel with foreign text is what the walk over the window must refuse."""
    label = QLabel("<b>x</b>")
    qtbot.addWidget(label)
    assert label.textFormat() == Qt.TextFormat.AutoText

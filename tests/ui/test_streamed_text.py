"""Text that grows while it is read."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from ftdesk.ui.fitted_text import FittedText
from ftdesk.ui.streamed_text import StreamedText, with_line_breaks

MARKDOWN = """# Title

Some **bold** words.
A second line.

- one
- two

```python
x = 1
y = 2
```

The end.
"""


@pytest.fixture
def view(qtbot: QtBot) -> StreamedText:
    view = StreamedText()
    view.resize(300, 120)
    qtbot.addWidget(view)
    view.show()
    return view


def stream(view: StreamedText, text: str, size: int) -> None:
    for start in range(0, len(text), size):
        view.append_piece(text[start : start + size])
        view.flush()


def test_nothing_is_painted_before_its_time_and_all_of_it_then(view: StreamedText, qtbot: QtBot) -> None:
    for _ in range(100):
        view.append_piece("word ")
    assert view.toPlainText() == ""
    assert view.text == "word " * 100
    qtbot.waitUntil(lambda: view.toPlainText() == "word " * 100)


def test_lines_stay_lines_and_tags_stay_text(view: StreamedText) -> None:
    stream(view, "I10: a\nE78.5: <b>b</b>\n![x](/dev/zero)", 5)
    assert view.toPlainText() == "I10: a\nE78.5: <b>b</b>\n![x](/dev/zero)"


def test_formatted_lines_stay_lines(view: StreamedText) -> None:
    view.set_formatted(on=True)
    view.show_text("I10: a\nE78.5: b")
    assert view.toPlainText().splitlines() == ["I10: a", "E78.5: b"]


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_markdown_by_block_reads_as_markdown_at_once(view: StreamedText, size: int) -> None:
    view.set_formatted(on=True)
    stream(view, MARKDOWN, size)
    streamed = [line for line in view.toPlainText().splitlines() if line.strip()]
    view.show_text(MARKDOWN)
    assert streamed == [line for line in view.toPlainText().splitlines() if line.strip()]
    assert "x = 1" in streamed


def test_switching_the_format_keeps_the_text(view: StreamedText) -> None:
    stream(view, "**bold**", 3)
    view.set_formatted(on=True)
    assert view.toPlainText() == "bold"
    view.set_formatted(on=False)
    assert view.toPlainText() == "**bold**"


def test_the_view_follows_the_end_unless_the_reader_went_elsewhere(view: StreamedText) -> None:
    bar = view.verticalScrollBar()
    stream(view, "line\n" * 60, 40)
    assert bar.value() == bar.maximum() > 0
    bar.setValue(0)
    stream(view, "line\n" * 60, 40)
    assert bar.value() == 0


def test_hidden_characters_are_seen(view: StreamedText) -> None:
    stream(view, "a\u200bb\u202ec", 1)
    assert view.toPlainText() == "a⟦U+200B⟧b⟦U+202E⟧c"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=200), st.integers(1, 9))
def test_any_text_in_any_pieces_is_kept(view: StreamedText, text: str, size: int) -> None:
    view.begin()
    stream(view, text, size)
    assert view.text == text


def test_line_breaks_are_kept_outside_of_code_only() -> None:
    assert with_line_breaks("a\nb\n\nc") == "a  \nb\n\nc"
    assert with_line_breaks("```\na\nb\n```") == "```\na\nb\n```"


def test_a_fitted_text_is_as_high_as_its_lines_up_to_its_limit(qtbot: QtBot) -> None:
    text = FittedText("Reference", 100)
    qtbot.addWidget(text)
    text.resize(300, 10)
    text.show()
    text.show_plain("one")
    one = text.height()
    text.show_plain("one\ntwo")
    assert one < text.height() < 100
    text.show_plain("line\n" * 50)
    assert text.height() == 100

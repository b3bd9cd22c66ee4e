"""Tokens on the cards, counted by the real checking process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from dataset_window import MakeWindow, find
from pytestqt.qtbot import QtBot

from ftdesk.ui.dataset.panel import DatasetPanel
from ftdesk.ui.text import Label
from ftdesk.ui.window import Window
from ftdesk.validation.checker import Checker

WAIT = 120_000
"""Milliseconds until a wait is given up as hopeless; not a limit that a slow machine could meet."""


def line(*messages: tuple[str, str]) -> bytes:
    return json.dumps({"messages": [{"role": role, "content": text} for role, text in messages]}).encode()


SHORT = line(("system", "Be brief."), ("user", "What is the capital of France?"), ("assistant", "Paris."))
LONG = line(("user", "word " * 65_000), ("user", "more " * 1_000), ("assistant", "never read"))

PREFERENCE = json.dumps(
    {
        "input": {"messages": [{"role": "user", "content": "Say hello."}]},
        "preferred_output": [{"role": "assistant", "content": "Hello to all of you, and welcome!"}],
        "non_preferred_output": [{"role": "assistant", "content": "Hello."}],
    }
).encode()


@pytest.fixture
def window(make_window: MakeWindow, qtbot: QtBot, tmp_path: Path) -> Iterator[Window]:
    path = tmp_path / "data.jsonl"
    path.write_bytes(b"\n".join((SHORT, LONG, PREFERENCE, b"")))
    window = make_window(path)
    window.desk.checking.begin()
    window.desk.checking.choose_host("openai")
    qtbot.waitUntil(lambda: window.desk.checking.is_settled, timeout=WAIT)
    yield window
    window.desk.checking.close()


def said(window: Window) -> list[str]:
    panel = window.panel("dataset")
    assert isinstance(panel, DatasetPanel)
    numbers = range(len(panel.conversation.cards))
    return [find(window, Label, f"message_{number}_tokens").text() for number in numbers]


def counts(raw: bytes) -> list[int]:
    tokens = Checker().check_record(2, raw).tokens
    assert tokens is not None
    return list(tokens.messages)


def test_each_card_tells_its_tokens_as_the_check_counts_them(window: Window, qtbot: QtBot) -> None:
    expected = [f"{number} tokens" for number in counts(SHORT)]
    qtbot.waitUntil(lambda: said(window) == expected, timeout=WAIT)


def test_an_edit_is_counted_anew(window: Window, qtbot: QtBot) -> None:
    document = window.desk.dataset.document
    assert document is not None
    edited = line(("system", "Be brief."), ("user", "Why?"), ("assistant", "Because of the weather in Paris."))
    document.replace(0, edited, "Edit")
    expected = [f"{number} tokens" for number in counts(edited)]
    qtbot.waitUntil(lambda: said(window) == expected, timeout=WAIT)


def test_what_a_model_would_not_read_is_told_where_it_stands(window: Window, qtbot: QtBot) -> None:
    window.desk.dataset.choose(1)
    first, second, _ = counts(LONG)
    read = 65_536 - first
    expected = [f"{first:,} tokens", f"cut after {read:,} of {second:,} tokens", "cut off"]
    qtbot.waitUntil(lambda: said(window) == expected, timeout=WAIT)
    window.desk.checking.choose_host("local")
    qtbot.waitUntil(lambda: said(window)[2] != "cut off", timeout=WAIT)


def test_the_answers_of_a_preference_example_have_their_tokens(window: Window, qtbot: QtBot) -> None:
    window.desk.dataset.choose(2)
    prompt, preferred, other = (f"{number} tokens" for number in counts(PREFERENCE))
    qtbot.waitUntil(lambda: said(window) == [prompt], timeout=WAIT)
    assert find(window, Label, "preferred_output_tokens").text() == preferred
    assert find(window, Label, "non_preferred_output_tokens").text() == other

"""The real checking process behind the real window."""

from __future__ import annotations

import json
import os
import random
import signal
from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from ftdesk.dataset.document import Document
from ftdesk.storage.folders import Folders
from ftdesk.ui.checking import Checking
from ftdesk.ui.window import Window
from ftdesk.validation.cache import CheckCache
from ftdesk.validation.checker import Checker
from ftdesk.validation.requirements import requirements_of

MakeWindow = Callable[..., Window]
WAIT = 120_000
"""Milliseconds until a wait is given up as hopeless; not a limit that a slow machine could meet."""


def line(user: str, assistant: str = "yes") -> bytes:
    messages = [{"role": "user", "content": user}, {"role": "assistant", "content": assistant}]
    return json.dumps({"messages": messages}).encode()


def settled(qtbot: QtBot, checking: Checking) -> None:
    """Wait until everything is checked and summed up."""
    qtbot.waitUntil(lambda: checking.is_settled, timeout=WAIT)


def opened(window: Window) -> Document:
    document = window.desk.dataset.document
    assert document is not None
    return document


@pytest.fixture
def window(make_window: MakeWindow, qtbot: QtBot, tmp_path: Path) -> Window:
    path = tmp_path / "data.jsonl"
    lines = [line(f"question number {number} about something") for number in range(12)]
    lines[3] = line("question", "")
    lines[7] = b'{"messages": ['
    path.write_bytes(b"\n".join(lines) + b"\n")
    window = make_window(path)
    window.desk.checking.begin()
    settled(qtbot, window.desk.checking)
    return window


def rules(window: Window, row: int) -> set[str]:
    return {finding.rule for finding in window.desk.checking.findings(row)}


def expected(window: Window) -> list[tuple[int, str, str]]:
    """What a fresh check of the same lines finds."""
    checker = Checker("auto")
    checker.method = "supervised"
    report = checker.check_lines(list(opened(window).lines()))
    return sorted((finding.line or 0, finding.rule, finding.message) for finding in report.findings)


def found(window: Window) -> list[tuple[int, str, str]]:
    return sorted((row + 1, finding.rule, finding.message) for row, finding in window.desk.checking.all_findings())


def test_the_findings_of_an_opened_file_are_those_of_a_check(window: Window) -> None:
    assert "empty-content" in rules(window, 3)
    assert "invalid-json" in rules(window, 7)
    assert rules(window, 0) == set()
    assert found(window) == expected(window)


def test_tokens_are_known_by_row_and_in_all(window: Window) -> None:
    checking = window.desk.checking
    assert checking.summary is not None
    counts = [checking.tokens(row) for row in range(12)]
    assert counts[7] is None
    assert sum(count or 0 for count in counts) == checking.summary.tokens
    assert sum(bar[2] for bar in checking.summary.bars) == 11
    assert checking.summary.examples == 12


def test_an_edit_is_checked_again_by_itself(window: Window, qtbot: QtBot) -> None:
    opened(window).replace(3, line("question", "an answer"), "Edit")
    qtbot.waitUntil(lambda: "empty-content" not in rules(window, 3), timeout=WAIT)
    opened(window).undo()
    qtbot.waitUntil(lambda: "empty-content" in rules(window, 3), timeout=WAIT)


def test_an_edit_that_repeats_another_example_is_found_across_the_file(window: Window, qtbot: QtBot) -> None:
    opened(window).replace(11, opened(window).line(0), "Edit")
    qtbot.waitUntil(lambda: "duplicate-example" in rules(window, 11) | rules(window, 0), timeout=WAIT)
    settled(qtbot, window.desk.checking)
    assert found(window) == expected(window)


def test_findings_keep_to_their_rows_through_any_edits(window: Window, qtbot: QtBot) -> None:
    chance = random.Random(11)  # noqa: S311 - the same edits in every run
    document = opened(window)
    for step in range(40):
        row = chance.randrange(len(document))
        text = line(f"new question {step}", chance.choice(["", "fine", "x" * 10]))
        match chance.randrange(5):
            case 0:
                document.insert(row, [text] * chance.randrange(1, 3), "Insert")
            case 1 if len(document) > 3:
                document.remove([row], "Remove")
            case 2:
                document.replace(row, text, "Replace")
            case 3:
                document.undo()
            case _:
                document.move(row, chance.randrange(len(document)), "Move")
    settled(qtbot, window.desk.checking)
    assert found(window) == expected(window)


def test_edits_made_while_a_file_is_still_checked_are_checked_too(
    make_window: MakeWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "long.jsonl"
    path.write_bytes(b"\n".join(line(f"question {number}") for number in range(3000)) + b"\n")
    window = make_window(path)
    document, checking = opened(window), window.desk.checking
    checking.begin()
    qtbot.waitUntil(lambda: checking.tokens(0) is not None, timeout=WAIT)
    document.replace(1, line("early", ""), "Edit")
    document.replace(2990, line("late", ""), "Edit")
    document.remove([5, 2995], "Remove")
    document.insert(0, [line("first", "")], "New")
    settled(qtbot, checking)
    assert [row for row in range(len(document)) if "empty-content" in rules(window, row)] == [0, 2, 2990]
    assert found(window) == expected(window)


def test_opening_another_file_while_one_is_checked_forgets_the_first(
    window: Window, qtbot: QtBot, sample: Path
) -> None:
    window.desk.checking.restart()
    window.desk.files.open(sample)
    settled(qtbot, window.desk.checking)
    assert found(window) == expected(window)


def test_a_file_replaced_on_disk_is_checked_as_it_is_shown(window: Window, qtbot: QtBot, tmp_path: Path) -> None:
    before = found(window)
    other = tmp_path / "other.jsonl"
    other.write_bytes(b"[]\n" * 12)
    other.replace(tmp_path / "data.jsonl")
    window.desk.checking.restart()
    settled(qtbot, window.desk.checking)
    assert found(window) == before == expected(window)


def test_edits_and_saves_before_the_file_was_read_are_checked_as_they_are_shown(
    window: Window, qtbot: QtBot, tmp_path: Path
) -> None:
    stopped: list[bool] = []
    window.desk.checking.stopped.connect(lambda: stopped.append(True))
    path = tmp_path / "another.jsonl"
    path.write_bytes(b"".join(line(f"question {number}") + b"\n" for number in range(30)))
    process = window.desk.checking.process_id
    assert process is not None
    os.kill(process, signal.SIGSTOP)  # as slow as a process can be
    window.desk.files.open(path)
    for number in range(3):
        opened(window).insert(number, [line(f"new {number}", "")], "Add")
        opened(window).save()
    opened(window).remove([20, 22], "Delete")
    os.kill(process, signal.SIGCONT)
    settled(qtbot, window.desk.checking)
    assert found(window) == expected(window)
    assert stopped == []


def test_edited_rows_between_those_on_disk_are_checked_as_they_are_shown(window: Window, qtbot: QtBot) -> None:
    document = opened(window)
    for row in (2, 5, 6, 11):
        document.replace(row, line(f"other {row}", "" if row == 6 else "yes"), "Edit")
    document.insert(0, [line("first", "")], "Insert")
    window.desk.checking.restart()
    settled(qtbot, window.desk.checking)
    assert found(window) == expected(window)
    assert {"empty-content"} <= rules(window, 0) & rules(window, 7)


def test_a_check_of_the_file_is_known_to_the_window(
    make_window: MakeWindow, qtbot: QtBot, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "data.jsonl"
    path.write_bytes(b"".join(line(f"question {number}", "word " * 60) + b"\n" for number in range(4000)))
    window = make_window(path)
    cache = CheckCache(Folders.of_user().checks)
    list(Checker(requirements=requirements_of(window.desk.host.name)).check_file(path, cache=cache))
    kept = {entry for entry in cache.folder.rglob("*") if entry.is_file()}
    assert len(kept) > 3
    window.desk.checking.begin()
    settled(qtbot, window.desk.checking)
    assert {entry for entry in cache.folder.rglob("*") if entry.is_file()} == kept
    assert found(window) == expected(window)


def test_a_checking_process_that_dies_is_told_and_started_again(window: Window, qtbot: QtBot) -> None:
    process = window.desk.checking.process_id
    assert process is not None
    with qtbot.waitSignal(window.desk.checking.stopped, timeout=WAIT):
        os.kill(process, signal.SIGKILL)
        opened(window).replace(0, line("wake it up"), "Edit")
    assert any("Check" in text for text in window.desk.notices.texts)
    window.desk.checking.restart()
    settled(qtbot, window.desk.checking)
    assert found(window) == expected(window)


def test_closing_the_window_ends_the_process(window: Window) -> None:
    process = window.desk.checking.process_id
    assert process is not None
    window.desk.checking.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_the_header_tells_how_the_data_is(window: Window, qtbot: QtBot) -> None:
    from ftdesk.ui.text import Label

    health = window.findChild(Label, "health_label")
    assert health is not None
    errors = window.desk.checking.count("error")
    assert errors >= 2
    assert health.text().startswith("12 examples · ")
    assert health.text().endswith(f"{errors} errors")

"""Saving while the window goes on: nothing is said to be saved before it is, and nothing is lost when it cannot be."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication, QLabel
from window_driver import Driver, play

from ftdesk.dataset import saving as saving_module
from ftdesk.dataset.document import Document

LINE = b'{"messages": [{"role": "user", "content": "%s"}, {"role": "assistant", "content": "a"}]}' % (b"x" * 4_000)
EDITED = b'{"messages": []}'


@pytest.fixture
def large(tmp_path: Path) -> Path:
    """A dataset of 4 MB, which is not saved at once."""
    path = tmp_path / "large.jsonl"
    path.write_bytes(b"\n".join([LINE] * 1_000) + b"\n")
    return path


def content(path: Path) -> bytes:
    return path.read_bytes()


class Gate:
    """Holds the real writing of files until it is opened."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.open = threading.Event()
        self.writes = 0


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    gate, write = Gate(), saving_module.write_atomic

    def held(*arguments: Any, **options: Any) -> Any:
        gate.writes += 1
        gate.reached.set()
        assert gate.open.wait(60)
        return write(*arguments, **options)

    monkeypatch.setattr(saving_module, "write_atomic", held)
    yield gate
    gate.open.set()


def opened(user: Driver) -> Document:
    document = user.window.desk.dataset.document
    assert document is not None
    return document


async def begin_save(user: Driver, path: Path, gate: Gate) -> Document:
    """Open ``path``, edit its first line and save it as far as the gate."""
    user.window.desk.files.open(path)
    await user.until(lambda: user.window.desk.dataset.document is not None)
    document = opened(user)
    document.replace(0, EDITED, "Edit")
    user.window.commands["save"].trigger()
    await user.until(gate.reached.is_set)
    return document


def test_a_large_dataset_is_edited_while_it_is_saved_and_said_to_be_saved_afterwards(
    qapp: QApplication, large: Path, gate: Gate
) -> None:
    async def scenario(user: Driver) -> None:
        document = await begin_save(user, large, gate)
        before = content(large)
        assert "Saving large.jsonl" in [label.text() for label in user.window.findChildren(QLabel)]
        document.replace(1, EDITED, "Edit meanwhile")
        await asyncio.sleep(0.2)
        assert content(large) == before
        assert user.window.desk.notices.texts == []
        gate.open.set()
        await user.until(lambda: user.window.desk.notices.texts == ["Saved large.jsonl."])
        assert content(large).splitlines()[:2] == [EDITED, LINE]
        assert document.is_modified
        assert document.line(1) == EDITED
        document.undo()
        assert not document.is_modified

    play(qapp, scenario)


def test_the_window_closes_only_when_the_save_is_done(qapp: QApplication, large: Path, gate: Gate) -> None:
    async def scenario(user: Driver) -> None:
        await begin_save(user, large, gate)
        asyncio.get_running_loop().call_later(0.3, gate.open.set)

    play(qapp, scenario)
    assert content(large).startswith(EDITED + b"\n")


def test_a_second_save_waits_its_turn_and_has_what_came_in_between(qapp: QApplication, large: Path, gate: Gate) -> None:
    async def scenario(user: Driver) -> None:
        document = await begin_save(user, large, gate)
        document.replace(1, EDITED, "Edit meanwhile")
        user.window.commands["save"].trigger()
        await asyncio.sleep(0.1)
        assert gate.writes == 1
        gate.open.set()
        await user.until(lambda: not document.is_modified)
        assert gate.writes == 2
        assert content(large).splitlines()[:3] == [EDITED, EDITED, LINE]

    play(qapp, scenario)


@pytest.mark.parametrize("leave", ["open", "new"])
def test_another_dataset_is_shown_when_the_save_is_done(
    qapp: QApplication, large: Path, sample: Path, gate: Gate, leave: str
) -> None:
    async def scenario(user: Driver) -> None:
        document = await begin_save(user, large, gate)
        files = user.window.desk.files
        files.open(sample) if leave == "open" else files.new()
        await asyncio.sleep(0.1)
        assert opened(user) is document
        gate.open.set()
        await user.until(lambda: user.window.desk.dataset.document is not document)
        assert opened(user).path == (sample if leave == "open" else None)
        assert content(large).startswith(EDITED + b"\n")

    play(qapp, scenario)


@contextmanager
def failing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def no_room(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("ftdesk.storage.files.os.fsync", no_room)
        yield


@pytest.mark.parametrize("size", ["small", "large"])
def test_a_save_that_fails_says_so_and_keeps_file_text_and_the_next_save(
    qapp: QApplication, large: Path, sample: Path, monkeypatch: pytest.MonkeyPatch, size: str
) -> None:
    path = large if size == "large" else sample

    async def scenario(user: Driver) -> None:
        notices: Callable[[], list[str]] = lambda: user.window.desk.notices.texts  # noqa: E731
        user.window.desk.files.open(path)
        await user.until(lambda: user.window.desk.dataset.document is not None)
        before = content(path)
        document = opened(user)
        document.replace(0, EDITED, "Edit")
        with failing(monkeypatch):
            user.window.commands["save"].trigger()
            await user.until(lambda: len(notices()) == 1)
        assert "Cannot save" in notices()[0]
        assert "No space left" in notices()[0]
        assert content(path) == before
        assert document.is_modified
        assert document.line(0) == EDITED
        user.window.commands["save"].trigger()
        await user.until(lambda: not document.is_modified)
        assert content(path).startswith(EDITED + b"\n")
        assert f"Saved {path.name}." in notices()

    play(qapp, scenario)


def test_what_was_never_a_file_is_saved_in_a_thread_when_it_is_large(qapp: QApplication, tmp_path: Path) -> None:
    async def scenario(user: Driver) -> None:
        files = user.window.desk.files
        files.new()
        opened(user).insert(0, [LINE] * 1_000, "Import")
        files.save_to(tmp_path / "new.jsonl")
        assert not (tmp_path / "new.jsonl").exists()
        await user.until(lambda: user.window.desk.notices.texts == ["Saved new.jsonl."])
        assert content(tmp_path / "new.jsonl") == (LINE + b"\n") * 1_000

    play(qapp, scenario)


def test_bringing_both_together_waits_for_the_save_that_runs(
    qapp: QApplication, large: Path, gate: Gate, tmp_path: Path
) -> None:
    async def scenario(user: Driver) -> None:
        document = await begin_save(user, large, gate)
        other = tmp_path / "other"
        replace(large, other, b"\n".join([LINE] * 1_000 + [b"theirs"]) + b"\n")
        user.window.desk.files.disk.merge()
        assert len(document) == 1_000
        gate.open.set()
        await user.until(lambda: len(document) == 1_001)
        assert list(document.lines()) == [EDITED, *[LINE] * 999, b"theirs"]

    play(qapp, scenario)


def test_edits_that_a_crash_left_of_the_file_saved_over_are_told(
    qapp: QApplication, sample: Path, tmp_path: Path
) -> None:
    async def scenario(user: Driver) -> None:
        other = tmp_path / "other.jsonl"
        replace(other, tmp_path / "new", b"{}\n")
        with Document.open(other, user.window._app.folders) as crashed:
            crashed.replace(0, EDITED, "Edit")
        user.window.desk.files.open(sample)
        for _ in range(2):
            user.window.desk.files._saving.save(other)
        (told,) = [text for text in user.window.desk.notices.texts if "never saved" in text]
        assert str(opened(user).set_aside) in told

    play(qapp, scenario)


def replace(path: Path, other: Path, content: bytes) -> None:
    other.write_bytes(content)
    other.replace(path)

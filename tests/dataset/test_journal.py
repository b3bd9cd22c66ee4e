"""A journal that a disk refuses to take goes on as soon as it takes again."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ftdesk.dataset import journal as journal_module
from ftdesk.dataset.changes import Change, Splice
from ftdesk.dataset.document import Document
from ftdesk.dataset.journal import Journal
from ftdesk.errors import StorageError
from ftdesk.storage.files import write_atomic
from ftdesk.storage.folders import Folders


@contextmanager
def full_disk() -> Iterator[None]:
    """Writing stops in the middle, as it does when a disk becomes full."""
    write = os.write

    def half(descriptor: int, data: Any) -> int:
        write(descriptor, memoryview(data)[: len(data) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "write", half)
        yield


def edit(title: str) -> Change:
    return Change(title, (Splice(0, (b"before",), (title.encode(),)),))


def titles_in(folder: Path) -> list[str]:
    again = Journal(folder, "a", None)
    changes = again.read(None)
    again.close()
    assert changes is not None, "the journal is damaged"
    return [change.title for change in changes]


def test_half_a_line_gives_way_though_the_journal_was_closed_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path, "a", None)
    journal.append(edit("one"), None)
    with full_disk(), pytest.raises(StorageError):
        journal.append(edit("two"), None)

    def no_room(*_: object, **__: object) -> None:
        raise StorageError("No space left on device.")

    with monkeypatch.context() as patch:
        patch.setattr(journal_module, "write_atomic", no_room)
        with pytest.raises(StorageError):
            journal.begin_anew(None, [edit("merged")])
    journal.append(edit("three"), None)
    journal.close()
    assert titles_in(tmp_path) == ["one", "two", "three"]


def test_changes_are_not_written_twice_when_only_the_folder_could_not_be_synchronised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path, "a", None)
    with full_disk(), pytest.raises(StorageError):
        journal.append(edit("one"), None)

    def write_and_complain(path: Path, chunks: list[bytes]) -> None:
        write_atomic(path, chunks)
        raise StorageError("The folder could not be synchronised.")

    with monkeypatch.context() as patch:
        patch.setattr(journal_module, "write_atomic", write_and_complain)
        journal.begin_anew(None, [edit("one")])
    journal.append(edit("two"), None)
    journal.close()
    assert titles_in(tmp_path) == ["one", "two"]


def copied(path: Path) -> None:
    """As a program that synchronises or restores files leaves it: another file with the same bytes."""
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content)
    os.utime(path, ns=(1, 1))


@pytest.mark.parametrize("lines", [3, 60_000])
def test_edits_are_there_again_though_the_file_was_copied_back_meanwhile(tmp_path: Path, lines: int) -> None:
    path, folders = tmp_path / "a.jsonl", Folders.under(tmp_path / "home")
    path.write_bytes(b"".join(b'{"line": "%050d"}\n' % number for number in range(lines)))
    with Document.open(path, folders) as document:
        document.replace(1, b"edited", "Edit")
    copied(path)
    with Document.open(path, folders) as document:
        assert document.recovered == 1
        assert document.line(1) == b"edited"
        document.save()
        assert path.read_bytes().splitlines()[1] == b"edited"


def test_edits_of_rows_that_became_others_are_put_aside_though_the_file_looks_the_same(tmp_path: Path) -> None:
    path, folders = tmp_path / "a.jsonl", Folders.under(tmp_path / "home")
    path.write_bytes(b"".join(b'{"line": "%050d"}\n' % number for number in range(60_000)))
    row = 70_000 // 64  # between the pieces that are compared
    with Document.open(path, folders) as document:
        document.replace(row, b"edited", "Edit")
    lines = path.read_bytes().splitlines()
    lines[row] = lines[row].replace(b"line", b"text")
    path.write_bytes(b"\n".join(lines) + b"\n")
    with Document.open(path, folders) as document:
        assert document.set_aside is not None
        assert b"edited" in document.set_aside.read_bytes()
        assert document.line(row) == lines[row]

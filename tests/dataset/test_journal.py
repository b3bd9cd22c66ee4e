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
from ftdesk.dataset.journal import Journal
from ftdesk.errors import StorageError
from ftdesk.storage.files import write_atomic


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

"""A save replaces the file that the user agreed to replace, and nothing that came between is lost."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ftdesk.dataset import saving as saving_module
from ftdesk.dataset.document import Document
from ftdesk.dataset.journal import Journal
from ftdesk.dataset.lines import FileLines
from ftdesk.errors import InputError, StorageError
from ftdesk.storage.files import write_atomic
from ftdesk.storage.folders import Folders
from ftdesk.storage.locks import FileLock

THEIRS = b'{"theirs": 1}\n'


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders.under(tmp_path / "home")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"1\n2\n3\n")
    return path


@pytest.fixture
def document(path: Path, folders: Folders) -> Iterator[Document]:
    with Document.open(path, folders) as document:
        document.replace(0, b"mine", "Edit")
        yield document


def kept(folders: Folders) -> list[bytes]:
    return [backup.read_bytes() for backup in folders.backups.rglob("*.jsonl")]


def test_what_another_program_saves_while_ours_is_written_stays(document: Document, path: Path) -> None:
    saving = document.begin_save()
    write_atomic(path, [THEIRS])
    with pytest.raises(InputError, match="changed by another program"):
        saving.write()
    assert path.read_bytes() == THEIRS
    assert document.merge_from_disk() == 1
    assert {b"mine", THEIRS.strip()} <= set(document.lines())


def test_a_file_that_comes_to_stand_where_a_copy_is_saved_stays(document: Document, tmp_path: Path) -> None:
    saving = document.begin_save(tmp_path / "b.jsonl")
    (tmp_path / "b.jsonl").write_bytes(THEIRS)
    with pytest.raises(InputError, match="changed by another program"):
        saving.write()
    assert (tmp_path / "b.jsonl").read_bytes() == THEIRS


def test_a_file_replaced_right_after_a_save_is_not_taken_for_the_saved_one(
    document: Document, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def replaced_before(path: Path) -> FileLines:
        write_atomic(path, [THEIRS])
        return FileLines(path)

    saving = document.begin_save()
    with monkeypatch.context() as patch:
        patch.setattr(saving_module, "FileLines", replaced_before)
        with pytest.raises(InputError, match="as soon as it was saved"):
            saving.write()
    assert list(document.lines()) == [b"mine", b"2", b"3"]
    assert document.changed_on_disk()
    with pytest.raises(InputError):
        document.save()


def test_a_copy_of_a_file_that_was_written_over_is_refused(document: Document, path: Path, tmp_path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"x\ny")
    os.utime(path, ns=(1, 1))
    with pytest.raises(InputError, match="written over"):
        document.export(tmp_path / "copy.jsonl")
    assert not (tmp_path / "copy.jsonl").exists()


def test_a_backup_is_not_left_by_a_save_that_failed(
    document: Document, path: Path, folders: Folders, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EACCES, os.strerror(errno.EACCES))

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", refuse)
        with pytest.raises(StorageError):
            document.save()
    assert kept(folders) == []
    document.save()
    path.write_bytes(THEIRS)
    assert kept(folders) == [b"1\n2\n3\n"]


def test_a_full_disk_of_the_journal_does_not_keep_the_file_from_being_saved(
    document: Document, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Journal, descriptor: int, content: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(Journal, "_write", full)
        with pytest.raises(StorageError):
            document.replace(1, b"more", "Edit")
        document.save()
    assert path.read_bytes() == b"mine\nmore\n3\n"
    assert not document.is_modified


def test_with_a_full_disk_of_the_app_a_copy_can_be_saved_elsewhere(
    document: Document, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: FileLock) -> bool:
        raise StorageError("No space left on device.")

    monkeypatch.setattr(FileLock, "acquire", full)
    saving = document.begin_save(tmp_path / "b.jsonl")
    saving.write()
    with pytest.raises(StorageError):  # no journal can begin there yet
        document.finish_save(saving)
    assert (tmp_path / "b.jsonl").read_bytes() == b"mine\n2\n3\n"
    monkeypatch.undo()
    document.replace(1, b"more", "Edit")
    assert not document.read_only


@pytest.mark.parametrize("finished", [True, False])
def test_edits_that_a_crash_left_of_a_file_are_put_aside_when_another_is_saved_over_it(
    document: Document, tmp_path: Path, folders: Folders, *, finished: bool
) -> None:
    other = tmp_path / "b.jsonl"
    other.write_bytes(b"other\n")
    with Document.open(other, folders) as crashed:
        crashed.replace(0, b"never saved", "Edit")
    document.save(other)
    assert document.set_aside is not None
    assert b"never saved" in document.set_aside.read_bytes()
    document.insert(0, [b"new"], "Insert")
    if not finished:
        document.begin_save().write()
    document.close()
    with Document.open(other, folders) as again:
        assert list(again.lines()) == [b"new", b"mine", b"2", b"3"]


def test_a_file_that_is_edited_in_another_window_is_not_saved_over(
    document: Document, tmp_path: Path, folders: Folders
) -> None:
    other = tmp_path / "b.jsonl"
    other.write_bytes(b"other\n")
    with Document.open(other, folders), pytest.raises(InputError, match="another window"):
        document.save(other)
    assert other.read_bytes() == b"other\n"
    document.save(other)
    assert not document.read_only


@pytest.mark.parametrize("written", [True, False])
def test_a_merge_is_not_lost_to_a_save_that_was_under_way(
    document: Document, path: Path, tmp_path: Path, *, written: bool
) -> None:
    saving = document.begin_save(tmp_path / "b.jsonl")
    if written:
        saving.write()
    write_atomic(path, [b"1\n2\ntheirs\n"])
    document.merge_from_disk()
    with pytest.raises(InputError, match="no longer"):
        document.finish_save(saving) if written else saving.write()
    assert list(document.lines()) == [b"mine", b"2", b"theirs"]
    assert document.is_modified
    assert document.path == path
    document.save()
    assert path.read_bytes() == b"mine\n2\ntheirs\n"


@pytest.mark.skipif(os.name == "nt" or sys.platform == "darwin", reason="file names are Unicode there")
def test_a_file_whose_name_is_not_utf_8_is_edited_and_saved(tmp_path: Path, folders: Folders) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.jsonl"))
    path.write_bytes(b"1\n")
    with Document.open(path, folders) as document:
        document.label(document.labels.tagging([b"1"], "hard", present=True), "Tag")
        document.replace(0, b"2", "Edit")
    with Document.open(path, folders) as document:
        assert document.recovered == 1
        assert document.labels.of(b"2").tags == {"hard"}
        document.save()
    assert path.read_bytes() == b"2\n"
    assert kept(folders) == [b"1\n"]


def test_rows_that_are_closed_are_not_read_from_whatever_file_is_open_instead(
    document: Document, tmp_path: Path
) -> None:
    saving = document.begin_save(tmp_path / "b.jsonl")
    document.save()
    with (tmp_path / "secret").open("wb"), pytest.raises(InputError):
        saving.write()
    assert not (tmp_path / "b.jsonl").exists()

"""Several files are replaced, or none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ftdesk.errors import StorageError
from ftdesk.storage.together import write_together


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a").write_bytes(b"old a")
    (tmp_path / "other").write_bytes(b"other")
    return tmp_path


def test_all_are_written_and_nothing_else_is_left(folder: Path) -> None:
    write_together(folder, {"a": [b"new ", b"a"], "b": [b"new b"]}, new_file_mode=0o600)
    assert contents(folder) == {"a": b"new a", "b": b"new b", "other": b"other"}


def test_when_the_content_of_one_fails_none_is_written(folder: Path) -> None:
    def torn() -> Iterator[bytes]:
        yield b"half"
        raise OSError(5, "Input/output error")

    with pytest.raises(StorageError):
        write_together(folder, {"a": [b"new a"], "b": torn()}, new_file_mode=0o600)
    assert contents(folder) == {"a": b"old a", "other": b"other"}


@pytest.mark.parametrize("failing", range(1, 4))
def test_when_one_cannot_be_put_into_its_place_the_others_come_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    calls, rename = iter(range(1, 9)), Path.rename

    def failing_rename(path: Path, target: Path) -> Path:
        if next(calls) == failing:
            raise OSError(1, "Operation not permitted")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", failing_rename)
    with pytest.raises(StorageError, match="Operation not permitted"):
        write_together(folder, {"a": [b"new a"], "b": [b"new b"]}, new_file_mode=0o600)
    assert contents(folder) == {"a": b"old a", "other": b"other"}


def test_a_folder_of_the_name_is_not_replaced(folder: Path) -> None:
    (folder / "b").mkdir()
    (folder / "b" / "mine").write_bytes(b"mine")
    with pytest.raises(StorageError, match="b is a folder"):
        write_together(folder, {"a": [b"new a"], "b": [b"new b"]}, new_file_mode=0o600)
    assert ((folder / "a").read_bytes(), (folder / "b" / "mine").read_bytes()) == (b"old a", b"mine")


def test_a_folder_that_cannot_be_written_to_is_a_storage_error(folder: Path) -> None:
    with pytest.raises(StorageError):
        write_together(folder / "a", {"b": [b""]}, new_file_mode=0o600)

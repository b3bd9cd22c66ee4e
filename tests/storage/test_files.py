"""Files are replaced whole or not at all. What happens at each system call is tested with the dataset."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ftdesk.errors import StorageError
from ftdesk.storage.files import read_at, write_atomic

posix = pytest.mark.skipif(os.name == "nt", reason="modes and links of POSIX")


def test_a_file_holds_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_atomic(path, [b"one", b"", b"two"])
    assert path.read_bytes() == b"onetwo"
    write_atomic(path, [])
    assert path.read_bytes() == b""
    assert list(tmp_path.iterdir()) == [path]


@posix
def test_a_new_file_is_private_and_an_old_one_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "a"
    write_atomic(path, [b"x"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    path.chmod(0o640)
    write_atomic(path, [b"y"])
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@posix
def test_a_link_keeps_pointing_where_it_did(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    target, link = tmp_path / "real" / "a", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(target)
    write_atomic(link, [b"new"])
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_a_writer_that_fails_midway_leaves_the_old_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")

    def chunks() -> Iterator[bytes]:
        yield b"half"
        raise OSError(28, "No space left on device")

    with pytest.raises(StorageError, match="No space left on device") as caught:
        write_atomic(path, chunks())
    assert str(path) in caught.value.title
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="Cannot save"):
        write_atomic(tmp_path / "none" / "a", [b"x"])


def test_threads_read_one_file_where_the_system_has_no_pread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "pread", raising=False)
    path = tmp_path / "a"
    path.write_bytes(b"".join(b"%04d" % number for number in range(1_000)))
    wrong: list[bytes] = []
    with path.open("rb") as file:
        duplicate = os.dup(file.fileno())

        def read(descriptor: int, step: int) -> None:
            for number in range(0, 1_000_000, step):
                wanted = number % 1_000
                if (found := read_at(descriptor, wanted * 4, 4)) != b"%04d" % wanted:
                    wrong.append(found)

        threads = [threading.Thread(target=read, args=args) for args in ((file.fileno(), 101), (duplicate, 103))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        os.close(duplicate)
    assert not wrong

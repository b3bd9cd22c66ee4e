"""Files are replaced whole or not at all. What happens at each system call is tested with the dataset."""

from __future__ import annotations

import os
import stat
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ftdesk.errors import StorageError
from ftdesk.storage.files import read_at, remove_left_over, write_atomic

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


@posix
def test_a_new_file_for_others_too_has_what_the_umask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomic(tmp_path / "new", [b"x"], new_file_mode=0o666)
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o640


@pytest.mark.parametrize("name", ["文" * 80, "😀" * 60, "a" * 250, ".jsonl"])
def test_a_name_may_be_as_long_as_the_system_lets_it(tmp_path: Path, name: str) -> None:
    write_atomic(tmp_path / name, [b"x"])
    assert [path.name for path in tmp_path.iterdir()] == [name]


@posix
def test_a_write_protected_file_is_left_alone(shared: Path) -> None:
    path = shared / "a"
    path.write_bytes(b"old")
    path.chmod(0o444)
    with as_nobody(), pytest.raises(StorageError, match="write-protected"):
        write_atomic(path, [b"new"])
    assert path.read_bytes() == b"old"
    assert list(shared.iterdir()) == [path]


@posix
def test_a_file_keeps_its_owner_and_its_extended_attributes(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    if os.geteuid() == 0:
        os.chown(path, 12_345, 23_456)
    before = path.stat()
    os.setxattr(path, "user.note", b"kept")
    write_atomic(path, [b"new"])
    assert path.read_bytes() == b"new"
    assert (path.stat().st_uid, path.stat().st_gid) == (before.st_uid, before.st_gid)
    assert os.getxattr(path, "user.note") == b"kept"


def test_what_writers_that_died_have_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    names = [".a.jsonl.0123abcd.tmp", ".a.jsonl.z_9z_9zz.tmp", ".a.jsonl.mine.tmp", ".b.jsonl.0123abcd.tmp", "a.jsonl"]
    for name in [*names, ".a.jsonl.abcdabcd.tmp"]:
        (tmp_path / name).write_bytes(b"x")
    for name in names:
        os.utime(tmp_path / name, (1, 1))
    remove_left_over(tmp_path / "a.jsonl")
    left = {path.name for path in tmp_path.iterdir()}
    assert left == {*names[2:], ".a.jsonl.abcdabcd.tmp"}, "one of them is of a writer at work"


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that everybody may write to; pytest's own are private."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o777)
        yield Path(folder)


@contextmanager
def as_nobody() -> Iterator[None]:
    """Root may write to everything, so it has to be somebody else for a while."""
    root = os.geteuid() == 0
    if root:
        os.seteuid(65_534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)


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

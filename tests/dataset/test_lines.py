"""The lines of a file that other programs write to as they please."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ftdesk.dataset import lines
from ftdesk.dataset.lines import FileLines
from ftdesk.errors import InputError
from ftdesk.storage.files import read_at


def test_a_file_cut_off_while_it_is_indexed_is_an_error_and_not_the_end_of_the_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"line": 1}\n' * 400_000)

    def read_and_cut(descriptor: int, start: int, length: int) -> bytes:
        os.truncate(path, start // 2)
        return read_at(descriptor, start, length)

    monkeypatch.setattr(lines, "read_at", read_and_cut)
    with pytest.raises(InputError, match="shortened"):
        FileLines(path)


@pytest.mark.parametrize("ending", [b"", b"\n"])
def test_lines_are_found_wherever_the_blocks_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: bytes
) -> None:
    path = tmp_path / "a.jsonl"
    wanted = [b"", b"a", b"", b"bcdefg", b"h\r", b"\xff" * 20, b"z"]
    path.write_bytes(b"\n".join(wanted) + ending)
    for size in range(1, 12):
        monkeypatch.setattr(lines, "_BLOCK", size)
        found = FileLines(path)
        assert [found.read(line) for line in range(len(found))] == wanted
        assert found.final_newline == bool(ending)
        found.close()


def test_some_lines_are_read_at_once_and_are_those_that_are_read_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    for content in (b"a", b"a\n", b"\n\n\n", b"one\n\nthree\n" + b"x" * 5_000 + b"\nlast"):
        path.write_bytes(content)
        file = FileLines(path)
        for most_bytes in (1, 4, 10, 6_000):
            found: list[bytes] = []
            while len(found) < len(file):
                some = file.read_some(len(found), 3, most_bytes)
                assert 1 <= len(some) <= 3
                assert sum(len(line) + 1 for line in some) <= max(most_bytes, len(some[0])) + 1
                found += some
            assert found == [file.read(number) for number in range(len(file))]
        file.close()

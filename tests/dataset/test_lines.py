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

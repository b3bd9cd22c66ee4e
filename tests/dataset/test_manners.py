"""A byte order mark and CR LF are the file's: lines come and go, and these stay as they are."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ftdesk.dataset.changes import Change, Splice
from ftdesk.dataset.document import Document
from ftdesk.errors import InputError

Do = Callable[[Document], None]
MARK = b"\xef\xbb\xbf"


@pytest.mark.parametrize(
    ("before", "do", "after"),
    [
        (MARK + b"a\nb\nc\n", lambda document: document.move(0, 2, "Move"), MARK + b"b\nc\na\n"),
        (MARK + b"a\nb\nc\n", lambda document: document.move(2, 0, "Move"), MARK + b"c\na\nb\n"),
        (MARK + b"a\nb\n", lambda document: document.insert(0, [b"x", b"y"], "Insert"), MARK + b"x\ny\na\nb\n"),
        (MARK + b"a\nb\n", lambda document: document.insert(1, [b"x"], "Insert"), MARK + b"a\nx\nb\n"),
        (MARK + b"a\nb\n", lambda document: document.replace(0, b"a", "Remove the mark"), b"a\nb\n"),
        (b"a\r\nb\r\n", lambda document: document.insert(0, [b"x"], "Insert"), b"x\r\na\r\nb\r\n"),
        (b"a\r\nb\r\n", lambda document: document.insert(2, [b"x", b"y\r"], "Insert"), b"a\r\nb\r\nx\r\ny\r\n"),
        (b"a\r\nb\r\nc", lambda document: document.insert(3, [b"x"], "Insert"), b"a\r\nb\r\nc\r\nx"),
        (b"a\r\nb\r\nc", lambda document: document.move(0, 2, "Move"), b"b\r\nc\r\na"),
        (b"a\r\nb\r\nc", lambda document: document.move(2, 0, "Move"), b"c\r\na\r\nb"),
        (b"a\nb\nc", lambda document: document.move(2, 0, "Move"), b"c\na\nb"),
        (b"a\r\nb\nc\n", lambda document: document.insert(3, [b"x"], "Insert"), b"a\r\nb\nc\nx\n"),
    ],
)
def test_rows_come_and_go_in_the_manner_of_the_file(tmp_path: Path, before: bytes, do: Do, after: bytes) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(before)
    with Document.open(path) as document:
        do(document)
        document.save()
        assert path.read_bytes() == after
        document.undo()
        document.save()
        assert path.read_bytes() == before


def test_a_change_for_other_rows_is_refused_and_leaves_all_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"a\nb\n")
    fits = Splice(0, (b"a",), (b"x",))
    with Document.open(path) as document:
        for wrong in (Splice(1, (b"c",), ()), Splice(3, (), (b"x",)), Splice(1, (b"b", b"c"), ()), Splice(-1, (), ())):
            with pytest.raises(InputError, match="have changed"):
                document.apply(Change("Edit", (fits, wrong)))
        assert list(document.lines()) == [b"a", b"b"]
        assert not document.is_modified
        document.apply(Change("Edit", (fits, Splice(0, (b"x",), (b"y", b"z")), Splice(2, (b"b",), ()))))
        assert list(document.lines()) == [b"y", b"z"]


def test_to_insert_nothing_is_no_change(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"a\n")
    with Document.open(path) as document:
        document.insert(0, [], "Insert")
        assert not document.is_modified
        assert not document.undo_title


def test_a_change_of_many_rows_is_compared_with_every_row_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    lines = [b"%d" % row for row in range(10_000)]
    path.write_bytes(b"\n".join(lines))
    with Document.open(path) as document:
        for wrong in (0, 5_001, 9_999):
            seen = [*lines[:wrong], b"x", *lines[wrong + 1 :]]
            change = Change("Edit", tuple(Splice(row, (line,), (b"new",)) for row, line in enumerate(seen)))
            with pytest.raises(InputError, match="have changed"):
                document.apply(change)
        document.remove(range(0, 10_000, 3), "Delete")
        assert list(document.lines()) == [line for row, line in enumerate(lines) if row % 3]


def test_applying_does_exactly_what_it_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(MARK + b"a\r\nb\r\n")
    with Document.open(path) as document:
        document.apply(Change("Bring an earlier version back", (Splice(0, (), (b"x",)),)))
        assert list(document.lines()) == [b"x", MARK + b"a\r", b"b\r"]

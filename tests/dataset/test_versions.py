"""An earlier version: what happened since is counted, and one undoable change brings it back byte for byte."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftdesk.dataset.changes import Change
from ftdesk.dataset.document import Document
from ftdesk.dataset.versions import ComparingStoppedError, VersionComparison, VersionDifference, count_lines


def compared(document: Document, version: Path) -> VersionDifference:
    with document.snapshot() as rows:
        return VersionComparison(version, rows).compare()


lines = st.lists(st.sampled_from([b"a", b"b", b"c", b"d", b"", b"e\r"]), max_size=12)


@given(lines, lines)
def test_restoring_makes_the_version_and_undo_what_was_there(
    tmp_path_factory: pytest.TempPathFactory, then: list[bytes], now: list[bytes]
) -> None:
    version = tmp_path_factory.mktemp("v") / "version.jsonl"
    version.write_bytes(b"".join(line + b"\n" for line in then))
    document = Document.new()
    document.insert(0, now, "Insert")
    difference = compared(document, version)
    assert difference.is_none == (then == now)
    assert len(now) - len(then) == difference.added - difference.removed
    document.apply(Change("Restore", difference.restoring))
    assert list(document.lines()) == then
    document.undo()
    assert list(document.lines()) == now


def test_what_was_added_removed_and_changed_since_is_counted(tmp_path: Path) -> None:
    version = tmp_path / "version.jsonl"
    version.write_bytes(b"1\n2\n3\n4\n5\n")
    document = Document.new()
    document.insert(0, [b"0", b"1", b"2 changed", b"3", b"5", b"6", b"7"], "Insert")
    difference = compared(document, version)
    assert (difference.added, difference.removed, difference.changed) == (3, 1, 1)
    assert count_lines(version) == 5


def test_a_comparison_is_stopped(tmp_path: Path) -> None:
    version = tmp_path / "version.jsonl"
    version.write_bytes(b"1\n")
    document = Document.open(version)
    with document.snapshot() as rows:
        comparison = VersionComparison(version, rows)
        comparison.stop()
        with pytest.raises(ComparingStoppedError):
            comparison.compare()

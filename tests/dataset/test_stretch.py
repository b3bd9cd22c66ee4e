"""Untouched rows are where the document says they stand in the file."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ftdesk.dataset.document import Document

PART = 16


@given(
    st.lists(st.sampled_from([b"", b"a", b"four", b"a line that is longer than a part"]), min_size=1, max_size=12),
    st.booleans(),
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 2)), max_size=5),
    st.integers(1, 5),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_stretches_hold_the_lines_of_their_rows(
    tmp_path: Path, lines: list[bytes], final_newline: bool, edits: list[tuple[int, int]], most: int
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n".join(lines) + b"\n" * final_newline)
    with Document.open(path) as document:
        for at, kind in edits:
            row = min(at, len(document))
            if kind == 0 or row == len(document):
                document.insert(row, [b"new"], "Insert")
            elif kind == 1:
                document.replace(row, b"edited", "Replace")
            else:
                document.move(row, len(document) - 1, "Move")
        row = 0
        while row < len(document):
            found = document.stretch(row, most, PART)
            if found is None:
                assert edits  # inserted, replaced or moved
                row += 1
                continue
            content = path.read_bytes()[found.start : found.end]
            shown = [document.line(at) for at in range(row, row + found.rows)]
            assert 1 <= found.rows <= most
            assert content.removesuffix(b"\n").split(b"\n") == shown
            begins = found.start + len(b"".join(line + b"\n" for line in shown[:-1]))
            assert begins // PART == found.start // PART
            row += found.rows


def test_untouched_lines_are_given_a_part_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"1234567\n" * 9)
    with Document.open(path) as document:
        rows = []
        while sum(rows) < len(document):
            found = document.stretch(sum(rows), 100, 32)
            assert found is not None
            rows.append(found.rows)
        assert rows == [4, 4, 1]

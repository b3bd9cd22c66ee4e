"""What is looked at while the window waits is bounded, in rows and in bytes."""

from __future__ import annotations

from ftdesk.ui.transfer.rows_list import MOST_BYTES, MOST_ROWS, LazyRows, ShownRow, within_reason


def test_many_small_rows_are_looked_at_up_to_a_number() -> None:
    assert len(list(within_reason(range(10_000), lambda _: 1))) == MOST_ROWS
    assert list(within_reason(range(10_000), lambda _: 1, 3)) == [0, 1, 2]


def test_large_rows_are_looked_at_up_to_a_size_and_one_always_is() -> None:
    assert list(within_reason(range(9), lambda _: MOST_BYTES // 2)) == [0, 1, 2]
    assert list(within_reason(range(9), lambda _: 10 * MOST_BYTES)) == [0]


def test_of_a_million_rows_only_those_looked_at_are_made() -> None:
    made: list[int] = []

    def make(number: int) -> ShownRow:
        made.append(number)
        return ShownRow(number, "row")

    rows = LazyRows(range(1_000_000), make)
    assert (len(rows), rows[-1].number, rows[7].number) == (1_000_000, 999_999, 7)
    assert [row.number for row in rows[3:5]] == [3, 4]
    assert made == [999_999, 7, 3, 4]

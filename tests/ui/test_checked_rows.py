"""Rows keep what is known of them through any splices, also those that come while an answer is under way."""

from __future__ import annotations

from array import array
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from ftdesk.ui.check_numbers import Keys, Lengths
from ftdesk.ui.checked_rows import NOT_COUNTED, CheckedRows, Stretch, moved
from ftdesk.validation.tally import BLANK, COUNTED, ESTIMATED, OVER_LIMIT, Tally

SPLICES = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 6), st.integers(0, 6)), max_size=12)
FIELDS = ["error", "empty-content", "The message is empty.", "messages[1].content", None, None]
OTHER = ["warning", "no-user", "Nobody asks.", None, None, "remove-line"]


@dataclass(frozen=True)
class Known:
    tokens: int | None = None
    checked: bool = False
    rules: tuple[str, ...] = ()


def known(rows: CheckedRows) -> list[Known]:
    return [
        Known(rows.tokens(row), rows.is_checked(row), tuple(finding.rule for finding in rows.findings(row)))
        for row in range(len(rows))
    ]


@given(st.integers(0, 20), st.lists(st.tuples(st.integers(0, 25), st.integers(1, 6), SPLICES), max_size=5))
def test_rows_know_what_a_list_of_rows_would_know(
    count: int, steps: list[tuple[int, int, list[tuple[int, int, int]]]]
) -> None:
    rows, model = CheckedRows(count), [Known() for _ in range(count)]
    for number, (at_first, asked, splices) in enumerate(steps):
        first, end = min(at_first, len(model)), min(at_first + asked, len(model))
        stretches = [Stretch(first, 0, end - first)]
        # Which line of the request each row is, if it is one.
        lines: list[int | None] = [row - first if first <= row < end else None for row in range(len(model))]
        for at, gone, come in splices:
            row = min(at, len(model))
            removed = min(gone, len(model) - row)
            kept = min(removed, come)
            replaced = [Known(old.tokens, False, old.rules) for old in model[row : row + kept]]
            model[row : row + removed] = replaced + [Known()] * (come - kept)
            lines[row : row + removed] = [None] * come
            rows.splice(row, removed, come)
            stretches = moved(stretches, row, removed, come)
        size = end - first
        tokens = array("I", [NOT_COUNTED if line % 3 == 2 else 100 * number + line for line in range(size)])
        found = [(line, FIELDS) for line in range(0, size, 2)] + [(line, OTHER) for line in range(0, size, 4)]
        rows.fill(stretches, tokens, found)
        for row, line in enumerate(lines):
            if line is not None:
                rules = ("empty-content",) * (line % 2 == 0) + ("no-user",) * (line % 4 == 0)
                model[row] = Known(None if line % 3 == 2 else tokens[line], True, rules)
        assert known(rows) == model
        assert list(rows.rows_with_findings()) == [row for row, state in enumerate(model) if state.rules]
        assert rows.counts["error"] == sum(state.rules.count("empty-content") for state in model)
        assert rows.counts["warning"] == sum(state.rules.count("no-user") for state in model)


def test_equal_findings_of_many_rows_are_one_object() -> None:
    rows = CheckedRows(3)
    rows.fill([Stretch(0, 0, 3)], array("I", [1, 2, 3]), [(0, FIELDS), (2, list(FIELDS))])
    assert rows.findings(0) is rows.findings(2)
    assert rows.findings(1) == ()


@given(SPLICES)
def test_keys_stay_with_their_rows(splices: list[tuple[int, int, int]]) -> None:
    keys = Keys()
    model: list[int] = []
    names: dict[int, int] = {}
    for number, (at, gone, come) in enumerate(splices):
        row = min(at, len(model))
        removed = min(gone, len(model) - row)
        first = keys.splice(row, removed, come)
        for old in model[row : row + removed]:
            del names[old]
        model[row : row + removed] = [100 * number + offset for offset in range(come)]
        names.update({100 * number + offset: first + offset for offset in range(come)})
        assert [keys[row] for row in range(len(model))] == [names[name] for name in model]
        assert len(set(names.values())) == len(names)
        assert [keys.line_of(names[name]) for name in model] == list(range(1, len(model) + 1))


LINES = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 40), st.integers(0, 15)), max_size=6)


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5), LINES), max_size=8))
def test_sums_are_those_of_the_rows_there_are(splices: list[tuple[int, int, list[tuple[int, int, int]]]]) -> None:
    lengths = Lengths()
    model: list[tuple[int, int, int]] = []
    for at, gone, lines in splices:
        row = min(at, len(model))
        tally = Tally.of_lines([], [], len(lines))
        for line, (total, trained, flags) in enumerate(lines):
            counted = flags & COUNTED
            tally.totals[line], tally.trained[line] = (total, trained) if counted else (0, 0)
            tally.flags[line] = flags
        removed = min(gone, len(model) - row)
        model[row : row + removed] = lines
        lengths.splice(row, removed, tally)
    counted_rows = [(total, trained) for total, trained, flags in model if flags & COUNTED]
    assert lengths.read_up_to(150) == (
        sum(min(total, 150) for total, _ in counted_rows),
        sum(max(0, trained - max(0, total - 150)) for total, trained in counted_rows),
    )
    assert lengths.read_up_to(None) == (sum(total for total, _ in counted_rows), sum(part for _, part in counted_rows))
    summary = lengths.summary()
    counted = sorted(total for total, _, flags in model if flags & COUNTED)
    assert summary["tokens"] == sum(counted)
    assert summary["trained"] == sum(trained for _, trained, flags in model if flags & COUNTED)
    assert summary["examples"] == sum(not flags & BLANK for _, _, flags in model)
    assert summary["exact"] == (not any(flags & ESTIMATED for _, _, flags in model))
    assert summary["over_limit"] == sum(bool(flags & OVER_LIMIT) for _, _, flags in model)
    assert summary["median"] == (counted[(len(counted) - 1) // 2] if counted else 0)
    assert summary["longest"] == (counted[-1] if counted else 0)
    assert sum(bar[2] for bar in summary["bars"]) == len(counted)
    for low, high, number in summary["bars"]:
        assert sum(low <= total < high for total in counted) == number

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ftdesk.dataset.document import Document
from ftdesk.ui.dataset.search import parse_query

EXAMPLES = [
    {"messages": [{"role": "user", "content": "Acute bronchitis"}, {"role": "assistant", "content": "J20.9"}]},
    {"messages": [{"role": "user", "content": "Straße und Ölpreis"}, {"role": "assistant", "content": "ja"}]},
    {
        "messages": [
            {"role": "user", "content": "Weather?"},
            {"role": "assistant", "tool_calls": [{"id": "c", "function": {"name": "get_weather", "arguments": "{}"}}]},
            {"role": "tool", "tool_call_id": "c", "content": "sunny"},
        ]
    },
    {"input": {"messages": [{"role": "user", "content": "Greet"}]}, "preferred_output": [], "non_preferred_output": []},
]
BROKEN = 4


class Known:
    """What a check would know: tokens rise with the row, row 1 has a warning."""

    def tokens(self, row: int) -> int | None:
        return None if row == BROKEN else 100 * row

    def severity(self, row: int) -> str:
        return {1: "warning", BROKEN: "error"}.get(row, "")


@pytest.fixture
def document(tmp_path: Path) -> Document:
    path = tmp_path / "data.jsonl"
    lines = [json.dumps(example) for example in EXAMPLES] + ['{"messages": broken bronchitis']
    path.write_text("\n".join(lines))
    return Document.open(path)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("", [0, 1, 2, 3, 4]),
        ("bronchitis", [0, 4]),
        ("BRONCHITIS acute", [0]),
        ('"acute bronchitis"', [0]),
        ('"bronchitis acute"', []),
        ("ölpreis", [1]),
        ("strasse", [1]),
        ("/j\\d+\\.9/", [0]),
        ("/^ja$/", [1]),
        ("role:tool", [2]),
        ("get_weather", [2]),
        ("has:tools", [2]),
        ("has:error", [4]),
        ("has:warning", [1]),
        ("has:finding", [1, 4]),
        ("is:preference", [3]),
        ("is:broken", [4]),
        ("tokens:>100", [2, 3]),
        ("tokens:<=100", [0, 1]),
        ("tokens:200", [2]),
        ("tokens:>0.1k", []),
        ("has:nonsense", []),
        ("role:user /sun/ tokens:>=200", [2]),
    ],
)
def test_a_query_means_these_rows(document: Document, text: str, rows: list[int]) -> None:
    query = parse_query(text)
    assert query.problem == ""
    assert [row for row in range(len(document)) if query.meets(document, row, Known())] == rows


def test_examples_with_a_note_are_found(document: Document) -> None:
    document.label(document.labels.noting(document.line(2), "ask somebody"), "Note")
    assert [row for row in range(5) if parse_query("has:note").meets(document, row, Known())] == [2]


@pytest.mark.parametrize(
    "line", ['{"messages": [{"role": "user", "content": "Straße \u212a"}]}', '{"x": "stra\\u0073se k"}']
)
def test_words_are_found_however_the_file_writes_their_letters(tmp_path: Path, line: str) -> None:
    path = tmp_path / "written.jsonl"
    path.write_text(line, "utf-8")
    document = Document.open(path)
    assert parse_query("strasse").meets(document, 0, Known())
    assert parse_query("k").meets(document, 0, Known())


def test_a_pattern_that_is_none_is_explained() -> None:
    assert "pattern" in parse_query("/(unclosed/").problem


def test_a_pattern_that_would_take_for_ever_gives_up(document: Document, tmp_path: Path) -> None:
    path = tmp_path / "hostile.jsonl"
    path.write_text(json.dumps({"messages": [{"role": "user", "content": "a" * 200 + "b"}]}))
    hostile = Document.open(path)
    assert not parse_query("/(a+)+$/").meets(hostile, 0, Known())


def test_rows_that_are_looked_through_together_are_found_as_one_by_one(tmp_path: Path) -> None:
    path = tmp_path / "many.jsonl"
    texts = [f"number {number} {'Straße' if number % 7 == 0 else 'road'}" for number in range(2_000)]
    lines = [json.dumps({"messages": [{"role": "user", "content": text}]}, ensure_ascii=False) for text in texts]
    path.write_text("\n".join(lines), "utf-8")
    with Document.open(path) as document:
        document.replace(900, json.dumps({"messages": [{"role": "user", "content": "STRASSE"}]}).encode(), "Edit")
        for text in ("strasse", "1999", "nowhere", "/num.er 19+ /"):
            query, row, found = parse_query(text), 0, []
            while row < len(document):
                some = document.shown_lines(row)
                if query.can_be_in(b"\n".join(some)):
                    found += [at for at, line in enumerate(some, row) if query.meets(document, at, Known(), line)]
                row += len(some)
            assert found == [at for at in range(len(document)) if query.meets(document, at, Known())], text

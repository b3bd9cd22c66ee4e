"""A whole import: every row is an example or listed, and a file is there as a whole or not at all."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ftdesk.dataset.formats.import_run import ImportRun, ImportStoppedError, write_refused
from ftdesk.dataset.formats.importing import ColumnMapping, is_foreign

ASK = {"role": "user", "content": "q"}
ANSWER = {"role": "assistant", "content": "a"}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    path.write_text("question,answer\nq,a\nr,\ns,c\ntoo,many,cells\n", "utf-8")
    return path


BY_HAND = ColumnMapping({"user": "question", "assistant": "answer"})


def test_every_row_is_imported_or_refused_with_its_reason_and_content(table: Path, tmp_path: Path) -> None:
    run = ImportRun(table, mapping=BY_HAND)
    lines = run.read()
    assert [json.loads(line)["messages"][0]["content"] for line in lines] == ["q", "s"]
    assert (run.imported, run.rows) == (2, 4)
    assert [(row.number, row.value) for row in run.refused] == [(2, {"question": "r", "answer": ""}), (4, None)]
    write_refused(run.refused, tmp_path / "refused.jsonl")
    listed = [json.loads(line) for line in (tmp_path / "refused.jsonl").read_bytes().splitlines()]
    assert listed[0] == {
        "row": 2,
        "reason": "the column “answer” is empty",
        "value": {"question": "r", "answer": ""},
    }
    assert "3 cells" in listed[1]["reason"]


def test_a_row_that_was_refused_for_a_number_is_kept_as_json(tmp_path: Path) -> None:
    source = tmp_path / "a.jsonl"
    source.write_text('{"prompt": "q", "completion": "a", "id": 1}\n{"prompt": 1e400, "completion": "a"}\n', "utf-8")
    run = ImportRun(source)
    run.read()
    assert run.left_out == {"id": 1}
    write_refused(run.refused, tmp_path / "refused.jsonl")
    kept = json.loads((tmp_path / "refused.jsonl").read_text(), parse_constant=pytest.fail)
    assert kept["value"]["prompt"] == "Infinity"


def test_what_is_written_is_what_would_be_read(table: Path, tmp_path: Path) -> None:
    ImportRun(table, mapping=BY_HAND).write(tmp_path / "new.jsonl")
    lines = ImportRun(table, mapping=BY_HAND).read()
    assert (tmp_path / "new.jsonl").read_bytes() == b"".join(line + b"\n" for line in lines)


def test_an_import_that_is_stopped_leaves_nothing_behind(tmp_path: Path) -> None:
    source = tmp_path / "many.csv"
    source.write_text("question,answer\n" + "q,a\n" * 50, "utf-8")
    run = ImportRun(source, mapping=BY_HAND)
    run.stop()
    with pytest.raises(ImportStoppedError):
        run.write(tmp_path / "new.jsonl")
    assert [path.name for path in tmp_path.iterdir()] == ["many.csv"]


@pytest.mark.parametrize(
    ("name", "content", "foreign"),
    [
        ("a.csv", "question,answer\nq,a\n", True),
        ("a.json", '[{"messages": []}]', True),
        ("a.json", '{"messages": []}\n{"messages": []}\n', False),
        ("a.jsonl", json.dumps({"messages": [ASK, ANSWER]}), False),
        ("a.jsonl", json.dumps({"conversations": [{"from": "human", "value": "q"}]}), True),
        ("a.jsonl", json.dumps({"prompt": "q", "completion": "a"}), True),
        ("a.jsonl", '{"no shape": "knows this"}', False),
        ("a.jsonl", "{broken\n", False),
        ("a.jsonl", "", False),
        ("a.csv", "", False),
    ],
)
def test_what_has_to_be_imported_is_told_from_what_can_be_edited(
    tmp_path: Path, name: str, content: str, foreign: bool
) -> None:
    path = tmp_path / name
    path.write_text(content, "utf-8")
    assert is_foreign(path) is foreign


def test_a_folder_is_imported_and_a_file_that_is_not_there_is_opened_so_that_this_is_said(tmp_path: Path) -> None:
    assert is_foreign(tmp_path)
    assert not is_foreign(tmp_path / "nowhere.csv")

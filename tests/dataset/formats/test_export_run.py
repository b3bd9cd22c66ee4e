"""An export of some or all rows: bytes kept, lines named as the dataset numbers them, labels apart on wish."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ftdesk.dataset.document import Document
from ftdesk.dataset.formats.export_run import ExportRun, ExportStoppedError, labels_file
from ftdesk.storage.folders import Folders

ODD = b'{"messages": [{"content":"q" , "role":"user"},{"role":"assistant","content":"\\u00e4 1.0"}], "n": 1.0}'
PLAIN = b'{"messages": [{"role": "user", "content": "r"}, {"role": "assistant", "content": "b"}]}'
OPEN = b'{"messages": [{"role": "user", "content": "no answer"}]}'


@pytest.fixture
def document(tmp_path: Path) -> Document:
    path = tmp_path / "data.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + ODD + b"\n\n" + OPEN + b"\n{broken\n" + PLAIN + b"\n")
    return Document.open(path, Folders.under(tmp_path / "home"))


def test_lines_that_stay_json_lines_keep_their_bytes(document: Document, tmp_path: Path) -> None:
    with document.snapshot() as rows:
        result = ExportRun(rows).write(tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl").read_bytes() == b"\n".join((ODD, OPEN, PLAIN, b""))
    assert [row.number for row in result.skipped] == [4]


def test_chosen_rows_are_exported_in_order_and_skipped_ones_named_by_their_line(
    document: Document, tmp_path: Path
) -> None:
    with document.snapshot() as rows:
        run = ExportRun(rows, [4, 2, 0])
        result = run.write(tmp_path / "out.jsonl", "trl")
    assert (run.done, run.total, result.written) == (3, 3, 2)
    written = [json.loads(line) for line in (tmp_path / "out.jsonl").read_bytes().splitlines()]
    assert [row["messages"][0]["content"] for row in written] == ["q", "r"]
    assert [(row.number, row.reason) for row in result.skipped] == [(3, "it does not end with an answer")]


def test_tags_and_notes_are_never_in_the_training_file_and_in_one_of_their_own_on_wish(
    document: Document, tmp_path: Path
) -> None:
    marked = document.line(4)
    document.label(document.labels.tagging([marked], "private-tag", present=True), "Tag")
    document.label(document.labels.noting(marked, "private note"), "Note")
    document.save()
    folder = tmp_path / "out"
    folder.mkdir()
    for name, layout in (("a.jsonl", ""), ("b.jsonl", "trl"), ("c.csv", ""), ("d.parquet", ""), ("e.tsv", "")):
        with document.snapshot() as rows:
            ExportRun(rows).write(folder / name, layout)
    document.export(folder / "upload.jsonl")
    assert document.path is not None
    for path in (document.path, *folder.iterdir()):
        assert b"private" not in path.read_bytes(), path
    with document.snapshot() as rows:
        run = ExportRun(rows)
        result = run.write(folder / "a.jsonl")
        assert run.write_labels(labels_file(folder / "a.jsonl"), result, document.labels.of) == 1
    (entry,) = (json.loads(line) for line in (folder / "a.labels.jsonl").read_bytes().splitlines())
    assert entry == {"line": 3, "tags": ["private-tag"], "note": "private note"}
    assert (folder / "a.jsonl").read_bytes().splitlines()[entry["line"] - 1] == PLAIN


def test_a_dataset_without_labels_gets_no_file_for_them(document: Document, tmp_path: Path) -> None:
    with document.snapshot() as rows:
        run = ExportRun(rows)
        assert run.write_labels(tmp_path / "x", run.write(tmp_path / "a.jsonl"), document.labels.of) == 0
    assert not (tmp_path / "x").exists()


def test_an_export_that_is_stopped_leaves_the_old_file(document: Document, tmp_path: Path) -> None:
    (tmp_path / "out.jsonl").write_bytes(b"old")
    with document.snapshot() as rows:
        run = ExportRun(rows)
        run.stop()
        with pytest.raises(ExportStoppedError):
            run.write(tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl").read_bytes() == b"old"

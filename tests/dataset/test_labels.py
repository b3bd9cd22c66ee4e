"""Tags and notes follow an example and never enter the training data."""

from __future__ import annotations

from pathlib import Path

from ftdesk.dataset.changes import Labels, Splice
from ftdesk.dataset.labels import LabelBook, labels_path


def test_labels_are_there_again_in_the_next_session(tmp_path: Path) -> None:
    path = labels_path(tmp_path / "labels", tmp_path / "a.jsonl")
    book = LabelBook(path)
    book.put(book.tagging([b"one", b"two"], "hard", present=True))
    book.put(book.noting(b"one", "ask 医生 \ud800"))
    again = LabelBook(path)
    assert again.of(b"two") == Labels(frozenset({"hard"}))
    assert again.of(b"one").tags == {"hard"}
    assert again.of(b"one").note.startswith("ask 医生")
    assert again.of(b"three") == Labels()
    assert again.all_tags() == ["hard"]


def test_what_changes_nothing_is_no_change(tmp_path: Path) -> None:
    book = LabelBook(None)
    book.put(book.tagging([b"one"], "hard", present=True))
    assert book.tagging([b"one"], "hard", present=True) == ()
    assert book.tagging([b"two"], "hard", present=False) == ()
    assert book.noting(b"one", "") == ()


def test_labels_are_taken_back_by_the_inverse() -> None:
    book = LabelBook(None)
    changes = book.tagging([b"one", b"two"], "hard", present=True)
    book.put(changes)
    book.put(change.inverse for change in changes)
    assert book.all_tags() == []


def test_an_edited_line_keeps_its_labels_and_an_undo_finds_them_too() -> None:
    book = LabelBook(None)
    book.put(book.tagging([b"one"], "hard", present=True))
    splice = Splice(0, (b"one",), (b"uno",))
    book.follow(splice)
    assert book.of(b"uno").tags == {"hard"}
    book.follow(splice.inverse)
    assert book.of(b"one").tags == {"hard"}
    book.follow(Splice(0, (), (b"new",)))


def test_an_export_names_lines_and_holds_only_what_is_labelled() -> None:
    book = LabelBook(None)
    book.put(book.tagging([b"two"], "b", present=True))
    book.put(book.tagging([b"two"], "a", present=True))
    assert book.export([b"one", b"two\r"]) == [{"line": 2, "tags": ["a", "b"], "note": ""}]


def test_a_damaged_file_is_kept_aside_and_does_not_stop_work(tmp_path: Path) -> None:
    path = tmp_path / "labels.json"
    path.write_bytes(b'{"labels": [broken')
    assert LabelBook(path).all_tags() == []
    assert path.with_suffix(".damaged").read_bytes() == b'{"labels": [broken'

"""Tags and notes follow an example and never enter the training data."""

from __future__ import annotations

from pathlib import Path

import pytest

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


def test_lines_that_are_edited_together_keep_their_labels_and_those_that_change_places_take_none_over() -> None:
    book = LabelBook(None)
    book.put(book.tagging([b"one", b"four"], "hard", present=True))
    book.follow(Splice(0, (b"one", b"two", b"three"), (b"uno", b"three", b"two")))
    assert book.of(b"uno").tags == {"hard"}
    book.follow(Splice(0, (b"four", b"five"), (b"five", b"four")))
    assert book.of(b"five") == Labels()
    book.follow(Splice(0, (b"four",), (b"six", b"seven")))
    assert book.of(b"six") == Labels()


def test_two_windows_keep_what_both_have_noted(tmp_path: Path) -> None:
    path = labels_path(tmp_path / "labels", tmp_path / "a.jsonl")
    first, second = LabelBook(path), LabelBook(path)
    first.put(first.tagging([b"one", b"two"], "hard", present=True))
    first.put(first.noting(b"one", "by the first"))
    second.put(second.noting(b"three", "by the second"))
    first.put(first.tagging([b"two"], "hard", present=False))
    for book in (first, LabelBook(path)):
        assert book.of(b"one") == Labels(frozenset({"hard"}), "by the first")
        assert book.of(b"two") == Labels()
        assert book.of(b"three").note == "by the second"


def test_an_export_names_lines_and_holds_only_what_is_labelled() -> None:
    book = LabelBook(None)
    book.put(book.tagging([b"two"], "b", present=True))
    book.put(book.tagging([b"two"], "a", present=True))
    assert book.export([b"one", b"two\r"]) == [{"line": 2, "tags": ["a", "b"], "note": ""}]


@pytest.mark.parametrize("damaged", [b'{"labels": [broken', b"[" * 100_000, b'{"labels": {"a": 1}}'])
def test_a_damaged_file_is_kept_aside_and_does_not_stop_work(tmp_path: Path, damaged: bytes) -> None:
    path = tmp_path / "labels.json"
    path.write_bytes(damaged)
    assert LabelBook(path).all_tags() == []
    assert path.with_suffix(".damaged").read_bytes() == damaged

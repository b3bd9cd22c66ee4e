"""A dataset keeps every byte that nobody edited and every edit that anybody finished."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ftdesk.dataset.changes import Change, Splice
from ftdesk.dataset.document import Document, read_lines
from ftdesk.errors import InputError, StorageError
from ftdesk.storage.folders import Folders

ODD_FILES = [
    b"",
    b"\n",
    b"a",
    b"a\n",
    b"\n\na\r\n\r\n",
    b"\xef\xbb\xbf{}\n{}",
    b"\x00\xff\xfe\n\xc3\x28\n",
    '{"messages": [{"role": "user", "content": "line\u2028separator\u0085"}]}\n'.encode(),
    b'{"a": 1.0, "a": 1, "b": 123456789012345678901234567890}\r\n  {"a" :\t2 }  \n\n',
]


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders.under(tmp_path / "home")


@pytest.fixture(autouse=True)
def documents(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close every document that a test opened, but not earlier: tests are about what happens while it is open."""
    made: list[Document] = []
    make = Document.__init__

    def remembered(self: Document, path: Path | None, *rest: Any) -> None:
        make(self, path, *rest)
        made.append(self)

    monkeypatch.setattr(Document, "__init__", remembered)
    yield
    for document in made:
        document.close()


def opened(path: Path, content: bytes, folders: Folders | None = None) -> Document:
    path.write_bytes(content)
    return Document.open(path, folders)


def rewrite(path: Path, content: bytes, *, in_place: bool) -> None:
    """As another program would: some replace a file, some write over it."""
    if in_place:
        path.write_bytes(content)
    else:
        other = path.with_name("other")
        other.write_bytes(content)
        other.replace(path)


@pytest.mark.parametrize("content", ODD_FILES)
def test_open_and_save_gives_the_same_bytes(tmp_path: Path, content: bytes) -> None:
    document = opened(tmp_path / "a.jsonl", content)
    document.save()
    assert (tmp_path / "a.jsonl").read_bytes() == content


@pytest.mark.parametrize("content", [content for content in ODD_FILES if content.count(b"\n") > 1])
def test_editing_a_row_changes_no_other_line(tmp_path: Path, content: bytes) -> None:
    document = opened(tmp_path / "a.jsonl", content)
    document.replace(0, b"new", "Edit")
    document.save()
    assert (tmp_path / "a.jsonl").read_bytes() == b"new\n" + content.split(b"\n", 1)[1]


def test_rows_are_physical_lines(tmp_path: Path) -> None:
    document = opened(tmp_path / "a.jsonl", "one\n\nthr\u2028ee\rx\n".encode())
    assert list(document.lines()) == [b"one", b"", "thr\u2028ee\rx".encode()]
    assert [number for number, _ in read_lines(tmp_path / "a.jsonl")] == [1, 2, 3]


def test_undo_and_redo_reach_every_state_and_know_the_saved_one(tmp_path: Path) -> None:
    document = opened(tmp_path / "a.jsonl", b"1\n2\n3\n")
    document.insert(1, [b"x", b"y"], "Insert")
    document.remove([0, 4], "Delete")
    document.save()
    document.move(0, 2, "Move")
    assert list(document.lines()) == [b"y", b"2", b"x"]
    assert document.is_modified
    document.undo()
    assert not document.is_modified
    document.undo()
    document.undo()
    assert list(document.lines()) == [b"1", b"2", b"3"]
    assert document.is_modified
    while document.redo_title:
        document.redo()
    assert list(document.lines()) == [b"y", b"2", b"x"]


def test_a_change_after_an_undo_past_the_save_can_never_look_saved(tmp_path: Path) -> None:
    document = opened(tmp_path / "a.jsonl", b"1\n")
    document.replace(0, b"2", "Edit")
    document.save()
    document.undo()
    document.replace(0, b"3", "Edit")
    assert document.is_modified


def test_edits_survive_a_process_that_never_said_goodbye(tmp_path: Path, folders: Folders) -> None:
    file = tmp_path / "a.jsonl"
    file.write_bytes(b"1\n2\n")
    program = (
        "import os, sys, pathlib\n"
        "from ftdesk.dataset.document import Document\n"
        "from ftdesk.storage.folders import Folders\n"
        "document = Document.open(pathlib.Path(sys.argv[1]), Folders.under(pathlib.Path(sys.argv[2])))\n"
        "document.replace(0, b'\\xff edited', 'Edit')\n"
        "document.insert(2, ['\\u4e2d'.encode()], 'Insert')\n"
        "os.kill(os.getpid(), 9)\n"
    )
    dead = subprocess.run([sys.executable, "-c", program, str(file), str(tmp_path / "home")], check=False)
    assert dead.returncode != 0
    document = Document.open(file, folders)
    assert document.recovered == 2
    assert list(document.lines()) == [b"\xff edited", b"2", "中".encode()]
    assert document.is_modified
    document.undo()
    document.undo()
    assert list(document.lines()) == [b"1", b"2"]


def test_what_was_undone_is_no_recovered_edit_and_can_be_done_again(tmp_path: Path, folders: Folders) -> None:
    document = opened(tmp_path / "a.jsonl", b"1\n2\n", folders)
    document.replace(0, b"one", "Edit")
    document.replace(1, b"two", "Edit")
    document.undo()
    document.redo()
    document.undo()
    document.close()
    with Document.open(tmp_path / "a.jsonl", folders) as again:
        assert again.recovered == 1
        assert list(again.lines()) == [b"one", b"2"]
        again.redo()
        assert list(again.lines()) == [b"one", b"two"]
        again.undo()
        again.undo()
        assert not again.undo_title
        assert not again.is_modified


def test_nothing_is_told_to_be_recovered_where_all_was_undone(tmp_path: Path, folders: Folders) -> None:
    document = opened(tmp_path / "a.jsonl", b"1\n", folders)
    document.replace(0, b"one", "Edit")
    document.undo()
    document.close()
    with Document.open(tmp_path / "a.jsonl", folders) as again:
        assert again.recovered == 0
        assert not again.is_modified


def test_an_unsaved_new_dataset_is_there_again(folders: Folders) -> None:
    document = Document.new(folders)
    document.insert(0, [b"{}"], "New example")
    document.close()
    assert list(Document.new(folders).lines()) == [b"{}"]


def test_two_new_datasets_at_once_do_not_share_a_journal(folders: Folders) -> None:
    first, second = Document.new(folders), Document.new(folders)
    first.insert(0, [b"first"], "New")
    second.insert(0, [b"second"], "New")
    assert not second.read_only
    assert list(second.lines()) == [b"second"]


def test_a_journal_that_a_crash_cut_off_gives_what_is_whole(tmp_path: Path, folders: Folders) -> None:
    document = opened(tmp_path / "a.jsonl", b"1\n", folders)
    document.replace(0, b"2", "Edit")
    document.replace(0, b"3", "Edit")
    document.close()
    (journal,) = folders.journals.glob("*.journal")
    whole = journal.read_bytes()
    journal.write_bytes(whole[:-5])
    recovered = Document.open(tmp_path / "a.jsonl", folders)
    assert list(recovered.lines()) == [b"2"]


def test_recovered_edits_can_go_on_after_a_cut_off_journal(tmp_path: Path, folders: Folders) -> None:
    document = opened(tmp_path / "a.jsonl", b"1\n", folders)
    document.replace(0, b"2", "Edit")
    document.replace(0, b"3", "Edit")
    document.close()
    (journal,) = folders.journals.glob("*.journal")
    journal.write_bytes(journal.read_bytes()[:-5])
    second = Document.open(tmp_path / "a.jsonl", folders)
    second.replace(0, b"4", "Edit")
    second.close()
    third = Document.open(tmp_path / "a.jsonl", folders)
    assert list(third.lines()) == [b"4"]


def test_edits_on_a_file_that_changed_meanwhile_are_set_aside_not_applied(tmp_path: Path, folders: Folders) -> None:
    document = opened(tmp_path / "a.jsonl", b"1\n", folders)
    document.replace(0, b"mine", "Edit")
    document.close()
    (tmp_path / "a.jsonl").write_bytes(b"theirs, longer\n")
    again = Document.open(tmp_path / "a.jsonl", folders)
    assert list(again.lines()) == [b"theirs, longer"]
    assert again.set_aside is not None
    assert b"mine" in again.set_aside.read_bytes()


def test_a_saved_file_leaves_no_journal(tmp_path: Path, folders: Folders) -> None:
    document = opened(tmp_path / "a.jsonl", b"1\n", folders)
    document.replace(0, b"2", "Edit")
    document.save()
    assert not list(folders.journals.glob("*.journal"))
    document.undo()
    document.close()
    assert list(Document.open(tmp_path / "a.jsonl", folders).lines()) == [b"1"]


def test_a_second_window_may_read_but_not_edit(tmp_path: Path, folders: Folders) -> None:
    first = opened(tmp_path / "a.jsonl", b"1\n", folders)
    second = Document.open(tmp_path / "a.jsonl", folders)
    assert not first.read_only
    assert second.read_only
    with pytest.raises(InputError, match="another window"):
        second.replace(0, b"2", "Edit")
    second.save(tmp_path / "copy.jsonl")
    assert not second.read_only
    first.close()


def test_a_file_changed_by_another_program_is_not_overwritten(tmp_path: Path) -> None:
    document = opened(tmp_path / "a.jsonl", b"1\n")
    document.replace(0, b"mine", "Edit")
    rewrite(tmp_path / "a.jsonl", b"theirs, longer\n", in_place=False)
    with pytest.raises(InputError, match="another program"):
        document.save()
    assert (tmp_path / "a.jsonl").read_bytes() == b"theirs, longer\n"
    document.save(overwrite=True)
    assert (tmp_path / "a.jsonl").read_bytes() == b"mine\n"


def test_a_file_truncated_while_open_is_an_error_and_not_a_crash(tmp_path: Path) -> None:
    document = opened(tmp_path / "a.jsonl", b"1\n" * 5000)
    os.truncate(tmp_path / "a.jsonl", 10)
    with pytest.raises(InputError, match="written over by another program"):
        document.line(4000)
    assert "written over" in document.record(4000).problem


def test_a_save_that_fails_keeps_the_old_file_and_the_edits(tmp_path: Path, folders: Folders) -> None:
    document = opened(tmp_path / "a.jsonl", b"1\n", folders)
    document.replace(0, b"2", "Edit")
    with pytest.raises(StorageError, match="Cannot save"):
        document.save(tmp_path / "missing" / "folder.jsonl")
    assert (tmp_path / "a.jsonl").read_bytes() == b"1\n"
    assert list(document.lines()) == [b"2"]
    assert document.is_modified
    assert list(folders.journals.glob("*.journal"))


def test_saving_keeps_the_mode_and_follows_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    file = tmp_path / "real" / "a.jsonl"
    file.write_bytes(b"1\n")
    file.chmod(0o640)
    link = tmp_path / "link.jsonl"
    link.symlink_to(file)
    document = Document.open(link)
    document.replace(0, b"2", "Edit")
    document.save()
    assert link.is_symlink()
    assert file.read_bytes() == b"2\n"
    assert file.stat().st_mode & 0o777 == 0o640
    assert [entry.name for entry in (tmp_path / "real").iterdir()] == ["a.jsonl"]


def test_what_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="it is a folder"):
        Document.open(tmp_path)
    with pytest.raises(InputError, match="no such file"):
        Document.open(tmp_path / "missing.jsonl")


def test_an_observer_sees_each_splice_before_and_after(tmp_path: Path) -> None:
    document = opened(tmp_path / "a.jsonl", b"1\n2\n3\n")
    seen: list[tuple[object, ...]] = []

    class Watcher:
        def splicing(self, row: int, removed: int, inserted: int) -> None:
            seen.append(("before", row, removed, inserted, len(document)))

        def spliced(self, row: int, removed: int, inserted: int) -> None:
            seen.append(("after", row, removed, inserted, len(document)))

        def state_changed(self) -> None:
            seen.append(("state", document.is_modified))

    document.observe(Watcher())
    document.apply(Change("Two", (Splice(0, (b"1",), ()), Splice(2, (), (b"4", b"5")))))
    assert seen == [
        ("before", 0, 1, 0, 3),
        ("after", 0, 1, 0, 2),
        ("before", 2, 0, 2, 2),
        ("after", 2, 0, 2, 4),
        ("state", True),
    ]


def test_what_is_edited_while_a_save_runs_is_neither_lost_nor_called_saved(tmp_path: Path, folders: Folders) -> None:
    document = opened(tmp_path / "a.jsonl", b"1\n2\n3\n", folders)
    document.replace(0, b"before", "Edit")
    saving = document.begin_save()
    document.replace(2, b"meanwhile", "Edit")
    saving.write()
    document.insert(0, [b"later"], "Insert")
    document.finish_save(saving)
    assert (tmp_path / "a.jsonl").read_bytes() == b"before\n2\n3\n"
    assert list(document.lines()) == [b"later", b"before", b"2", b"meanwhile"]
    assert document.is_modified
    document.undo()
    document.undo()
    assert not document.is_modified
    document.undo()
    assert list(document.lines()) == [b"1", b"2", b"3"]


@pytest.mark.parametrize("replaced", [False, True])
def test_a_crash_in_the_middle_of_a_save_loses_no_edit(tmp_path: Path, folders: Folders, *, replaced: bool) -> None:
    document = opened(tmp_path / "a.jsonl", b"1\n2\n3\n", folders)
    document.replace(0, b"before", "Edit")
    saving = document.begin_save()
    document.replace(2, b"meanwhile", "Edit")
    if replaced:
        saving.write()
        assert saving.result is not None
        saving.result.close()
    document.replace(1, b"later", "Edit")
    document.close()  # as a crash would, without finish_save
    again = Document.open(tmp_path / "a.jsonl", folders)
    assert again.set_aside is None
    assert list(again.lines()) == [b"before", b"later", b"meanwhile"]


def test_a_damaged_journal_is_kept_for_a_person_to_look_at(tmp_path: Path, folders: Folders) -> None:
    document = opened(tmp_path / "a.jsonl", b"1\n", folders)
    document.replace(0, b"2", "Edit")
    document.close()
    (journal,) = folders.journals.glob("*.journal")
    journal.write_bytes(b"garbage\n" + journal.read_bytes())
    again = Document.open(tmp_path / "a.jsonl", folders)
    assert list(again.lines()) == [b"1"]
    assert again.set_aside is not None


@pytest.mark.parametrize("long", [b"a" * 200_000, "词".encode() * 70_000, b"\xff\xfe" * 60_000])
def test_of_a_long_line_the_journal_holds_what_became_different(tmp_path: Path, folders: Folders, long: bytes) -> None:
    document = opened(tmp_path / "a.jsonl", b"1\n" + long + b"\n", folders)
    document.insert(0, [b"above"], "Insert")
    for number in range(3):
        middle = len(document.line(2)) // 2 + number
        document.replace(2, document.line(2)[:middle] + "typed 中".encode() + document.line(2)[middle + 7 :], "Edit")
    document.replace(2, document.line(2)[:100], "Edit")
    document.replace(2, long * 2, "Edit")
    document.undo()
    expected = list(document.lines())
    document.close()
    (journal,) = folders.journals.glob("*.journal")
    assert journal.stat().st_size < 3 * len(long) + 5_000
    again = Document.open(tmp_path / "a.jsonl", folders)
    assert list(again.lines()) == expected
    while again.undo_title:
        again.undo()
    assert list(again.lines()) == [b"1", long]


def test_a_journal_that_does_not_fit_its_long_line_is_put_aside(tmp_path: Path, folders: Folders) -> None:
    document = opened(tmp_path / "a.jsonl", b"1\n" + b"a" * 200_000, folders)
    document.replace(0, b"2", "Edit")
    document.replace(1, b"typed" + b"a" * 200_000, "Edit")
    document.close()
    (journal,) = folders.journals.glob("*.journal")
    journal.write_bytes(re.sub(rb'"sha256":"....', b'"sha256":"0000', journal.read_bytes()))
    again = Document.open(tmp_path / "a.jsonl", folders)
    assert list(again.lines()) == [b"1", b"a" * 200_000]
    assert again.set_aside is not None
    assert b"typed" in again.set_aside.read_bytes()


def test_a_pipe_is_refused_and_does_not_wait(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    with pytest.raises(InputError, match="not a regular file"):
        Document.open(tmp_path / "pipe.jsonl")


def test_runs_of_untouched_lines_are_copied_and_edits_written(tmp_path: Path) -> None:
    lines = [str(number).encode() for number in range(20_000)]
    document = opened(tmp_path / "a.jsonl", b"\n".join(lines))
    document.replace(9_000, b"edited", "Edit")
    document.move(19_999, 0, "Move")  # the last line, which had no LF, now needs one
    document.remove([5, 12_000], "Delete")
    expected = list(document.lines())
    document.save(tmp_path / "b.jsonl")
    assert (tmp_path / "b.jsonl").read_bytes() == b"\n".join(expected)
    assert document.export(tmp_path / "c.jsonl") == hashlib.sha256(b"\n".join(expected)).hexdigest()


@pytest.mark.parametrize("in_place", [False, True])
def test_edits_are_merged_with_those_of_another_program(tmp_path: Path, folders: Folders, *, in_place: bool) -> None:
    document = opened(tmp_path / "a.jsonl", b"1\n2\n3\n4\n", folders)
    document.replace(0, b"mine", "Edit")
    document.insert(4, [b"added by me"], "Insert")
    rewrite(tmp_path / "a.jsonl", b"1\n2\ntheirs\n4\n", in_place=in_place)
    assert document.merge_from_disk() == 0
    assert list(document.lines()) == [b"mine", b"2", b"theirs", b"4", b"added by me"]
    assert document.is_modified
    document.undo()
    assert list(document.lines()) == [b"1", b"2", b"theirs", b"4"]
    assert not document.is_modified
    document.redo()
    document.close()
    again = Document.open(tmp_path / "a.jsonl", folders)
    assert list(again.lines()) == [b"mine", b"2", b"theirs", b"4", b"added by me"]
    again.save()
    assert (tmp_path / "a.jsonl").read_bytes() == b"mine\n2\ntheirs\n4\nadded by me\n"


@pytest.mark.parametrize("in_place", [False, True])
def test_both_versions_of_a_line_that_both_changed_stay(tmp_path: Path, *, in_place: bool) -> None:
    document = opened(tmp_path / "a.jsonl", b"1\n2\n3\n")
    document.replace(1, b"mine", "Edit")
    rewrite(tmp_path / "a.jsonl", b"1\nwritten by them\n3\n", in_place=in_place)
    assert document.merge_from_disk() == 1
    assert sorted(document.lines()) == [b"1", b"3", b"mine", b"written by them"]


@pytest.mark.parametrize("in_place", [False, True])
def test_a_reload_shows_their_lines_and_keeps_the_edits_aside(
    tmp_path: Path, folders: Folders, *, in_place: bool
) -> None:
    document = opened(tmp_path / "a.jsonl", b"1\n2\n", folders)
    document.replace(0, b"mine", "Edit")
    rewrite(tmp_path / "a.jsonl", b"1\n2\ntheirs\n", in_place=in_place)
    document.reload()
    assert list(document.lines()) == [b"1", b"2", b"theirs"]
    assert not document.is_modified
    assert not document.changed_on_disk()
    assert document.set_aside is not None
    assert b"mine" in document.set_aside.read_bytes()


def test_a_save_does_not_copy_lines_that_were_written_over(tmp_path: Path) -> None:
    document = opened(tmp_path / "a.jsonl", b"1\n2\n3\n")
    document.replace(0, b"mine", "Edit")
    rewrite(tmp_path / "a.jsonl", b"X\nY\nZ\n", in_place=True)
    with pytest.raises(InputError, match="written over"):
        document.save(tmp_path / "b.jsonl")
    with pytest.raises(InputError, match="written over"):
        document.save(overwrite=True)
    assert (tmp_path / "a.jsonl").read_bytes() == b"X\nY\nZ\n"
    assert not (tmp_path / "b.jsonl").exists()


def test_labels_are_undone_like_edits_and_leave_the_file_alone(tmp_path: Path, folders: Folders) -> None:
    document = opened(tmp_path / "a.jsonl", b"1\n2\n", folders)
    document.label(document.labels.tagging([document.line(0)], "hard", present=True), "Tag")
    assert document.labels.of(b"1").tags == {"hard"}
    assert not document.is_modified
    document.replace(0, b"one", "Edit")
    assert document.labels.of(b"one").tags == {"hard"}
    assert document.is_modified
    document.save()
    assert (tmp_path / "a.jsonl").read_bytes() == b"one\n2\n"
    again = Document.open(tmp_path / "a.jsonl", folders)
    assert again.labels.of(b"one").tags == {"hard"}
    document.undo()
    document.undo()
    assert document.labels.all_tags() == ["hard"]  # the edited line has kept its own


def test_a_tag_alone_is_taken_back(tmp_path: Path) -> None:
    document = opened(tmp_path / "a.jsonl", b"1\n")
    document.label(document.labels.tagging([b"1"], "hard", present=True), "Tag")
    document.undo()
    assert document.labels.all_tags() == []
    document.redo()
    assert document.labels.all_tags() == ["hard"]
    assert not document.is_modified


def test_labels_go_along_to_another_name(tmp_path: Path, folders: Folders) -> None:
    document = opened(tmp_path / "a.jsonl", b"1\n", folders)
    document.label(document.labels.tagging([b"1"], "hard", present=True), "Tag")
    document.save(tmp_path / "b.jsonl")
    document.close()
    assert Document.open(tmp_path / "b.jsonl", folders).labels.of(b"1").tags == {"hard"}

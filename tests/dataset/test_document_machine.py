"""A dataset beside a plain list: whatever a person, a crash, a full disk or another program does, they agree."""

from __future__ import annotations

import errno
import os
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from ftdesk.dataset.changes import Change, Splice
from ftdesk.dataset.document import Document
from ftdesk.errors import InputError, StorageError
from ftdesk.storage.folders import Folders

# A document gives line ends and a byte order mark to lines that lack the manner of their file; not told of here.
_MANNERS = re.compile(rb"[\r\n]|\xef\xbb\xbf")
LINE = st.binary(max_size=12).map(lambda content: _MANNERS.sub(b"", content))
TAGS = ("hard", "easy")

Model = list[bytes]


@dataclass(frozen=True)
class Done:
    """What undo takes back: the rows before, a line that became another, the tags of a line before and after."""

    before: Model
    replaced: tuple[bytes, bytes] | None = None
    tagged: tuple[bytes, frozenset[str], frozenset[str]] | None = None


@contextmanager
def full_disk() -> Iterator[None]:
    def refuse(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with mock.patch("os.fsync", refuse):
        yield


class DocumentMachine(RuleBasedStateMachine):
    @initialize(lines=st.lists(LINE, max_size=5), final=st.booleans())
    def begin(self, lines: Model, *, final: bool) -> None:
        self.patches = (
            mock.patch("os.fsync", return_value=None),  # the process dies here, not the machine
            mock.patch("ftdesk.dataset.journal._LONG_LINE", 4),
        )
        for patch in self.patches:
            patch.start()
        self.temporary = tempfile.TemporaryDirectory()
        self.folder = Path(self.temporary.name)
        self.path = self.folder / "a.jsonl"
        self.path.write_bytes(b"\n".join(lines) + (b"\n" if final and lines else b""))
        self.tags: dict[bytes, frozenset[str]] = {}
        self.names = 0
        self.open()
        self.model = list(self.document.lines())
        self.base = list(self.model)

    def teardown(self) -> None:
        if hasattr(self, "document"):
            self.document.close()
            self.temporary.cleanup()
            for patch in self.patches:
                patch.stop()

    def open(self) -> None:
        self.document = Document.open(self.path, Folders.under(self.folder / "home"))
        self.past: list[Done] = []
        self.future: list[Done] = []

    def changed(self, model: Model, replaced: tuple[bytes, bytes] | None = None) -> None:
        self.past.append(Done(self.model, replaced))
        self.future = []
        self.follow(replaced)
        self.model = model

    def follow(self, replaced: tuple[bytes, bytes] | None) -> None:
        """An edited line keeps the tags it had."""
        if replaced is not None:
            before, after = (line.strip() for line in replaced)
            if self.tags.get(before) and not self.tags.get(after):
                self.tags[after] = self.tags[before]

    def row(self, data: st.DataObject, *, end: int = 0) -> int:
        return data.draw(st.integers(0, len(self.model) - 1 + end))

    @rule(line=LINE, data=st.data())
    def insert(self, line: bytes, data: st.DataObject) -> None:
        row = self.row(data, end=1)
        self.document.insert(row, [line, line], "Insert")
        self.changed([*self.model[:row], line, line, *self.model[row:]])

    @precondition(lambda self: self.model)
    @rule(line=LINE, data=st.data())
    def edit(self, line: bytes, data: st.DataObject) -> None:
        row = self.row(data)
        self.document.replace(row, line, "Edit")
        self.changed([*self.model[:row], line, *self.model[row + 1 :]], (self.model[row], line))

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        rows = data.draw(st.sets(st.integers(0, len(self.model) - 1), min_size=1))
        self.document.remove(rows, "Delete")
        self.changed([line for row, line in enumerate(self.model) if row not in rows])

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def move(self, data: st.DataObject) -> None:
        row, to = self.row(data), self.row(data)
        self.document.move(row, to, "Move")
        moved = list(self.model)
        moved.insert(to, moved.pop(row))
        self.changed(moved)

    @precondition(lambda self: len(self.model) > 1)
    @rule(line=LINE)
    def put_one_in_the_place_of_all(self, line: bytes) -> None:
        self.document.apply(Change("Replace all", (Splice(0, tuple(self.model), (line,)),)))
        self.changed([line])

    @precondition(lambda self: self.model)
    @rule(tag=st.sampled_from(TAGS), present=st.booleans(), data=st.data())
    def tag(self, tag: str, data: st.DataObject, *, present: bool) -> None:
        line = self.model[self.row(data)].strip()
        before = self.tags.get(line, frozenset())
        after = before | {tag} if present else before - {tag}
        self.document.label(self.document.labels.tagging([line], tag, present=present), "Tag")
        if before != after:
            self.past.append(Done(self.model, None, (line, before, after)))
            self.future = []
            self.tags[line] = after

    @precondition(lambda self: self.past)
    @rule()
    def undo(self) -> None:
        self.document.undo()
        done = self.past.pop()
        self.future.append(Done(self.model, done.replaced, done.tagged))
        self.model = done.before
        self.follow(done.replaced and done.replaced[::-1])
        if done.tagged:
            self.tags[done.tagged[0]] = done.tagged[1]

    @precondition(lambda self: self.future)
    @rule()
    def redo(self) -> None:
        self.document.redo()
        undone = self.future.pop()
        self.past.append(Done(self.model, undone.replaced, undone.tagged))
        self.model = undone.before
        self.follow(undone.replaced)
        if undone.tagged:
            self.tags[undone.tagged[0]] = undone.tagged[2]

    @rule(other=st.booleans())
    def save(self, *, other: bool) -> None:
        if other:
            self.names += 1
            self.path = self.folder / f"{self.names}.jsonl"
        self.document.save(self.path)
        self.saved()
        assert not self.document.is_modified

    def saved(self, lines: Model | None = None) -> None:
        self.base = list(self.model if lines is None else lines)
        whole = b"\n".join(self.base)
        assert self.path.read_bytes() in (whole, whole + b"\n")

    @rule(line=LINE, data=st.data(), ends=st.sampled_from(["well", "in a crash", "in a crash before it"]))
    def save_while_editing_goes_on(self, line: bytes, data: st.DataObject, ends: str) -> None:
        saving, lines = self.document.begin_save(), list(self.model)
        self.insert(line, data)
        if ends != "in a crash before it":
            saving.write()
            self.saved(lines)
        self.edit(line, data)
        if ends == "well":
            self.document.finish_save(saving)
            assert self.document.is_modified or self.model == lines
        else:
            if saving.result is not None:
                saving.result.close()
            self.crash()

    @rule(theirs=st.lists(LINE.filter(bool), max_size=4), merging=st.booleans(), in_place=st.booleans())
    def another_program_writes(self, theirs: Model, *, merging: bool, in_place: bool) -> None:
        content = b"".join(line + b"\n" for line in theirs)
        if in_place:
            self.path.write_bytes(content)
        else:
            self.path.with_name("other").write_bytes(content)
            self.path.with_name("other").replace(self.path)
        os.utime(self.path, ns=(0, time.time_ns()))
        if merging:
            mine = set(self.model) - set(self.base)
            self.document.merge_from_disk()
            merged = set(self.document.lines())
            assert merged >= mine
            assert in_place or merged >= set(theirs) - set(self.base)
        else:
            self.document.reload()
            assert list(self.document.lines()) == theirs
        self.model, self.base = list(self.document.lines()), theirs
        self.past, self.future = [], []
        if self.document.undo_title:
            self.past = [Done(theirs)]
            self.undo_and_redo_the_merge()

    def undo_and_redo_the_merge(self) -> None:
        """Its splices may take one line for another, and the tags with it; what they are then is not told here."""
        self.document.undo()
        assert list(self.document.lines()) == self.base
        self.document.redo()
        self.past = [Done(self.base)]
        for line in {*self.model, *self.base}:
            self.tags[line.strip()] = self.document.labels.of(line).tags

    @rule(line=LINE, data=st.data())
    def edit_on_a_full_disk(self, line: bytes, data: st.DataObject) -> None:
        """It is done and told; with the next edit both are in the journal."""
        row = self.row(data, end=1)
        with full_disk(), pytest.raises(StorageError):
            self.document.insert(row, [line], "Insert")
        self.changed([*self.model[:row], line, *self.model[row:]])
        self.insert(line, data)

    @rule()
    def look_from_a_second_window(self) -> None:
        with Document.open(self.path, Folders.under(self.folder / "home")) as second:
            assert second.read_only
            assert list(second.lines()) == self.base
            with pytest.raises(InputError):
                second.insert(0, [b"x"], "Insert")

    @rule()
    def crash(self) -> None:
        self.document.close()
        self.open()

    @invariant()
    def same_rows_and_tags(self) -> None:
        rows = list(self.document.lines())
        assert rows == self.model
        assert [self.document.labels.of(row).tags for row in rows] == [
            self.tags.get(row.strip(), frozenset()) for row in rows
        ]


DocumentMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
TestDocumentAgainstAList = DocumentMachine.TestCase

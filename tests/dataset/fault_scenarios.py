"""What a person does with a dataset, step by step, and what must be there after each step, whatever happened."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field, replace
from pathlib import Path

from disk_faults import DiskFaults

from ftdesk.cli.main import run_command
from ftdesk.dataset.changes import Change, Splice
from ftdesk.dataset.document import Document
from ftdesk.dataset.saving import Saving
from ftdesk.errors import InputError, StorageError
from ftdesk.storage.folders import Folders
from ftdesk.storage.settings_file import read_settings, write_settings

Rows = tuple[bytes, ...]
UNREADABLE: Rows = (b"written over in place by another program",)


class World:
    """A folder with files, the app's own folders, and the dataset that is open."""

    def __init__(self, folder: Path, faults: DiskFaults | None = None) -> None:
        self.folder = folder
        self.folders = Folders.under(folder / "home")
        self.path: Path | None = folder / "a.jsonl"
        self.document: Document | None = None
        self.saving: Saving | None = None
        self.faults = faults

    @property
    def open_document(self) -> Document:
        assert self.document is not None
        return self.document

    def file(self, name: str) -> Path:
        return self.folder / name


Do = Callable[[World], None]


@dataclass(frozen=True)
class Step:
    """``again``: a person who is told that it failed does it again. Otherwise it is done, though perhaps not durable.

    ``other`` is done by somebody else, and nothing of it fails.
    """

    do: Do
    again: bool = False
    other: bool = False


@dataclass(frozen=True)
class Scenario:
    steps: tuple[Step, ...]
    prepare: Do
    missing: frozenset[str] = frozenset()
    """Calls that this system does not offer: ``link``, ``copy_file_range``."""
    untitled: bool = False
    typed: bytes = b""
    """What the first edit typed: from then on it is in the rows or in a journal that was put aside."""


@dataclass(frozen=True)
class State:
    """``rows`` are ``None`` where no dataset is open. ``files`` are all beside it but temporary ones."""

    rows: Rows | None
    path: Path | None
    tags: tuple[tuple[str, ...], ...] = ()
    files: dict[str, bytes] = field(default_factory=dict)
    last_file: str = ""


def state_of(world: World) -> State:
    """What there is now. Reads as another program would, not what anybody remembers."""
    files = {path.name: path.read_bytes() for path in world.folder.iterdir() if path.is_file() and path.name[0] != "."}
    last = read_settings(world.folders.settings).last_file
    state = State(None, world.path, files=files, last_file=last)
    rows = rows_of(world)
    if rows is None or world.document is None:
        return state
    labels = world.document.labels
    return replace(state, rows=rows, tags=tuple(tuple(sorted(labels.of(row).tags)) for row in rows))


def rows_of(world: World) -> Rows | None:
    """The rows of the dataset that is open."""
    try:
        return None if world.document is None else tuple(world.document.lines())
    except InputError:
        return UNREADABLE


LINES = [b'{"line": %d}' % number for number in range(1, 5)]
ORIGINAL = b"\n".join(LINES) + b"\n"
_LARGE = [b'{"line": %d, "text": "%s"}' % (number, b"x" * 250_000) for number in range(5)]


def small(world: World) -> None:
    world.file("a.jsonl").write_bytes(ORIGINAL)


def large(world: World) -> None:
    world.file("a.jsonl").write_bytes(b"\n".join(_LARGE))


def linked(world: World) -> None:
    folder = world.folder / "elsewhere"
    folder.mkdir()
    (folder / "real.jsonl").write_bytes(ORIGINAL)
    world.file("a.jsonl").symlink_to(folder / "real.jsonl")


def unsaved(world: World) -> None:
    """An earlier run has died with two edits that were never saved."""
    small(world)
    with Document.open(world.file("a.jsonl"), world.folders) as document:
        document.replace(1, b"edited in an earlier run", "Edit")
        document.insert(0, [b"inserted in an earlier run", b"\xff not UTF-8"], "Insert")


def unsaved_on_another_file(world: World) -> None:
    unsaved(world)
    world.file("a.jsonl").write_bytes(b"written by another program since\n")


def tagged(world: World) -> None:
    small(world)
    with Document.open(world.file("a.jsonl"), world.folders) as document:
        document.label(document.labels.tagging([LINES[0], LINES[2]], "kept", present=True), "Tag")


def saved_often(world: World) -> None:
    small(world)
    with Document.open(world.file("a.jsonl"), world.folders) as document:
        for number in range(6):
            document.replace(0, b"version %d" % number, "Edit")
            document.save()
    # All older than the rules keep, so that the next save thins them.
    for number, backup in enumerate(sorted(world.folders.backups.rglob("*.jsonl"))):
        backup.rename(backup.with_stem(str(number + 1)))


def table(world: World) -> None:
    rows = "".join(f"question {number},answer {number}\n" for number in range(400))
    world.file("in.csv").write_text("prompt,completion\n" + rows)
    world.file("out.jsonl").write_bytes(b"what stood here before\n")
    world.path = None


def nothing(world: World) -> None:
    world.path = None


def _open(world: World) -> None:
    world.document = Document.open(world.path, world.folders) if world.path else Document.new(world.folders)


OPEN = Step(_open, again=True)


def edit(row: int, line: bytes) -> Step:
    return Step(lambda world: world.open_document.replace(row, line, "Edit"))


def insert(row: int, *lines: bytes) -> Step:
    return Step(lambda world: world.open_document.insert(row, lines, "Insert"))


def remove(*rows: int) -> Step:
    return Step(lambda world: world.open_document.remove(rows, "Delete"))


def move(row: int, to: int) -> Step:
    return Step(lambda world: world.open_document.move(row, to, "Move"))


def tag(row: int, name: str) -> Step:
    def do(world: World) -> None:
        document = world.open_document
        document.label(document.labels.tagging([document.line(row)], name, present=True), "Tag")

    return Step(do)


def save(name: str | None = None) -> Step:
    def do(world: World) -> None:
        world.open_document.save(world.file(name) if name else None)
        world.path = world.open_document.path

    return Step(do, again=True)


def command(*words: str) -> Step:
    def do(world: World) -> None:
        said = io.StringIO()
        with redirect_stdout(said), redirect_stderr(said):
            status = run_command([word.replace("FOLDER", str(world.folder)) for word in words])
        if status:
            raise StorageError(said.getvalue())

    return Step(do, again=True)


def other_program(content: bytes, *, in_place: bool) -> Step:
    def do(world: World) -> None:
        path = world.file("a.jsonl")
        if not in_place:
            path.with_name("b").write_bytes(content)
            path.with_name("b").replace(path)
            return
        path.write_bytes(content)
        before = path.stat()
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 1))

    return Step(do, other=True)


def _begin_save(world: World) -> None:
    world.saving = world.open_document.begin_save()


def _write_save(world: World) -> None:
    assert world.saving is not None
    world.saving.write()


def _finish_save(world: World) -> None:
    """A person who is told that it failed saves again, as a whole."""
    saving, world.saving = world.saving, None
    if saving is None:
        world.open_document.save()
    else:
        world.open_document.finish_save(saving)


def _look_from_a_second_window(world: World) -> None:
    with Document.open(world.file("a.jsonl"), world.folders) as second:
        assert second.read_only
        assert tuple(second.lines())
        second.save(world.file("copy.jsonl"))


def _bulk(world: World) -> None:
    lines = list(world.open_document.lines())
    splices = tuple(Splice(row, (line,), (line + b" changed",)) for row, line in enumerate(lines))
    world.open_document.apply(Change("Replace in all", splices))


UNDO = Step(lambda world: world.open_document.undo())
REDO = Step(lambda world: world.open_document.redo())
MERGE = Step(lambda world: world.open_document.merge_from_disk() and None, again=True)
RELOAD = Step(lambda world: world.open_document.reload(), again=True)
DISCARD = Step(lambda world: world.open_document.discard_edits(), again=True)
SECOND_WINDOW = Step(_look_from_a_second_window, again=True)
BULK = Step(_bulk)
BEGIN_SAVE, WRITE_SAVE, FINISH_SAVE = (Step(do, again=True) for do in (_begin_save, _write_save, _finish_save))


def settings(name: str) -> Step:
    def do(world: World) -> None:
        before = read_settings(world.folders.settings)
        write_settings(world.folders.settings, before.with_file(Path(name)))

    return Step(do, again=True)


_SESSION = (
    OPEN,
    edit(0, b"edited"),
    insert(1, b"inserted"),
    save(),
    edit(3, b"edited after the save"),
    remove(0),
    UNDO,
)
_THEIRS = b'{"line": 1}\n{"line": 2}\ntheirs\n{"line": 4}\n'

SCENARIOS: dict[str, Scenario] = {
    "edit, save, undo and save again": Scenario((*_SESSION, save(), insert(4, b"never saved")), small),
    "undo and redo past a save": Scenario((*_SESSION, UNDO, UNDO, UNDO, REDO, save(), UNDO, move(0, 3)), small),
    "a file of several megabytes": Scenario((OPEN, edit(2, b"edited"), save(), move(4, 0), save()), large),
    "without copying in the kernel, without links": Scenario(
        (OPEN, edit(2, b"edited"), save(), edit(0, b"again"), save()), large, frozenset({"copy_file_range", "link"})
    ),
    "through a symbolic link": Scenario((OPEN, edit(0, b"edited"), save(), edit(1, b"again"), save()), linked),
    "under another name": Scenario(
        (OPEN, edit(0, b"edited"), save("b.jsonl"), edit(1, b"again"), save(), save("c.jsonl"), insert(0, b"x")), small
    ),
    "a new dataset": Scenario(
        (OPEN, insert(0, b"first"), insert(1, b"second"), save("new.jsonl"), remove(0), save()), nothing, untitled=True
    ),
    "edits of an earlier run": Scenario((OPEN, edit(0, b"edited"), UNDO, UNDO, save(), REDO), unsaved),
    "edits that no longer fit": Scenario((OPEN, edit(0, b"edited"), save()), unsaved_on_another_file),
    "edits while a save runs": Scenario(
        (
            OPEN,
            edit(0, b"edited"),
            BEGIN_SAVE,
            edit(2, b"edited meanwhile"),
            WRITE_SAVE,
            insert(0, b"inserted meanwhile"),
            FINISH_SAVE,
            edit(1, b"later"),
            save(),
        ),
        small,
    ),
    "another program replaces the file": Scenario(
        (OPEN, edit(0, b"mine"), other_program(_THEIRS, in_place=False), MERGE, edit(1, b"more"), save()),
        small,
        typed=b"mine",
    ),
    "another program writes into the file": Scenario(
        (OPEN, edit(0, b"mine"), other_program(_THEIRS, in_place=True), MERGE, edit(1, b"more"), save()),
        small,
        typed=b"mine",
    ),
    "reading it again": Scenario(
        (OPEN, edit(0, b"mine"), other_program(_THEIRS, in_place=False), RELOAD, edit(1, b"more"), save()),
        small,
        typed=b"mine",
    ),
    "tags": Scenario(
        (OPEN, tag(1, "hard"), edit(1, b"edited"), UNDO, tag(0, "easy"), save("b.jsonl"), tag(2, "x")), tagged
    ),
    "a second window": Scenario((OPEN, edit(0, b"edited"), SECOND_WINDOW, edit(1, b"again"), save()), small),
    "a change of all rows": Scenario((OPEN, BULK, UNDO, REDO, save(), UNDO), small),
    "giving up edits": Scenario((OPEN, edit(0, b"edited"), save(), DISCARD, edit(1, b"again")), small),
    "many versions": Scenario((OPEN, edit(0, b"edited"), save(), edit(1, b"again"), save()), saved_often),
    "settings": Scenario((settings("a"), settings("b"), settings("c")), nothing),
    "an import": Scenario(
        (
            command("convert", "FOLDER/in.csv", "FOLDER/new.jsonl", "--force"),
            command("convert", "FOLDER/in.csv", "FOLDER/out.jsonl", "--force"),
            command("convert", "FOLDER/out.jsonl", "FOLDER/back.csv", "--force"),
        ),
        table,
    ),
}

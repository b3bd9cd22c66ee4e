"""Drives a dataset through edits and saves, again and again, with a fault at one more system call each time.

Run as a program: ``fault_points.py FOLDER KIND [STRIDE]``. KIND is ``KILL`` (the process dies before the call) or an
errno name (the call fails once). Prints one JSON line: how many points were tried and every violation found. A child is
forked per point, so that a thousand points take seconds.
"""

from __future__ import annotations

import builtins
import errno
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ftdesk.dataset.document import Document
from ftdesk.errors import FtdeskError
from ftdesk.storage.folders import Folders

CALLS = (
    "open",
    "write",
    "fsync",
    "replace",
    "rename",
    "unlink",
    "fchmod",
    "ftruncate",
    "truncate",
    "copy_file_range",
    "link",
)
FIRST = [b'{"line": 1}', b'{"line": 2}', b'{"line": 3}']

Step = tuple[str, int, bytes]
STEPS: list[Step] = [
    ("replace", 0, b"edited once"),
    ("insert", 1, b"inserted"),
    ("save", 0, b""),
    ("replace", 3, b"edited after the save"),
    ("remove", 0, b""),
    ("undo", 0, b""),
    ("save", 0, b""),
    ("insert", 4, b"never saved"),
]


class Fault:
    """Counts the calls that change a disk and lets one of them go wrong."""

    def __init__(self, point: int, kind: str) -> None:
        self.left = point
        self.kind = kind
        self.hit = False
        for name in CALLS:
            if hasattr(os, name):
                setattr(os, name, self._guarded(getattr(os, name)))
        tempfile._os.open = os.open  # type: ignore[attr-defined]

    def _guarded(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(*arguments: Any, **keywords: Any) -> Any:
            self.left -= 1
            if self.left == 0:
                self.hit = True
                if self.kind == "KILL":
                    os.kill(os.getpid(), signal.SIGKILL)
                number = getattr(errno, self.kind)
                raise OSError(number, os.strerror(number))
            return call(*arguments, **keywords)

        return guarded


def perform(document: Document, step: Step) -> None:
    action, row, line = step
    if action == "replace":
        document.replace(row, line, "Edit")
    elif action == "insert":
        document.insert(row, [line], "Insert")
    elif action == "remove":
        document.remove([row], "Delete")
    elif action == "undo":
        document.undo()
    else:
        document.save()


def states() -> list[list[bytes]]:
    """The rows after each step, from a document without any fault."""
    folder = Path(tempfile.mkdtemp())
    path = folder / "a.jsonl"
    path.write_bytes(b"\n".join(FIRST) + b"\n")
    with Document.open(path) as document:
        rows = [list(document.lines())]
        for step in STEPS:
            perform(document, step)
            rows.append(list(document.lines()))
    shutil.rmtree(folder)
    return rows


def child(path: Path, home: Path, point: int, kind: str, told: int, expected: list[bytes]) -> int:
    """Exit status 0: the fault was hit; 1: there are fewer calls than that; 2: something is wrong."""
    say = os.write
    fault = Fault(point, kind)
    try:
        document = Document.open(path, Folders.under(home))
    except FtdeskError:
        return 0 if fault.hit else 2
    for step in (*STEPS, ("save", 0, b"")):
        try:
            perform(document, step)
        except FtdeskError:
            if step[0] == "save":
                document.save()  # a second try must do
        say(told, b".")
    if document.is_modified or list(document.lines()) != expected:
        return 2
    document.close()
    return 2 if path.read_bytes() != b"\n".join(expected) + b"\n" else 0 if fault.hit else 1


def try_point(folder: Path, point: int, kind: str, known: list[list[bytes]]) -> tuple[bool, str]:
    """Whether the point exists, and what is wrong after it (empty when nothing is)."""
    path, home = folder / "a.jsonl", folder / "home"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    path.write_bytes(b"\n".join(FIRST) + b"\n")
    reader, writer = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(reader)
        status = 2
        try:
            status = child(path, home, point, kind, writer, known[-1])
        except BaseException as error:  # noqa: BLE001 - reported by the parent
            builtins.print(f"{kind} {point}: {error!r}", file=sys.stderr)
        os._exit(status)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        done = len(pipe.read())
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    if status == 1:
        return False, ""
    if status == 2:
        return True, "the child found a wrong state"
    if kind == "KILL":
        return True, wrong_after_kill(path, home, done, known)
    return True, ""


def wrong_after_kill(path: Path, home: Path, done: int, known: list[list[bytes]]) -> str:
    """A step that was finished must be there; the one under way may be there or not; nothing else may."""
    if path.read_bytes() not in [b"\n".join(rows) + b"\n" for rows in known]:
        return "the file is torn"
    with Document.open(path, Folders.under(home)) as document:
        if document.set_aside:
            return "edits were set aside though nobody changed the file"
        rows = list(document.lines())
    if rows not in known[done : done + 2]:
        return f"{done} steps were finished, but the rows are {rows}"
    return ""


def main() -> None:
    folder, kind = Path(sys.argv[1]), sys.argv[2]
    stride = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    known, violations, tried, point = states(), [], 0, 1
    while True:
        exists, wrong = try_point(folder / "work", point, kind, known)
        if not exists:
            break
        tried += 1
        if wrong:
            violations.append({"point": point, "wrong": wrong})
        point += stride
    builtins.print(json.dumps({"kind": kind, "tried": tried, "violations": violations}))


if __name__ == "__main__":
    main()

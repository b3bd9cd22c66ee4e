"""Runs every scenario again and again, with a fault at one more call that changes a disk each time.

Run as a program: ``fault_points.py FOLDER [--kinds KIND…] [--stride N] [--only TEXT]``. Prints one JSON line: how many
points were tried, by kind and by scenario, and every violation found. A child is forked per point, so that a thousand
points take seconds.
"""

from __future__ import annotations

import argparse
import errno
import json
import os
import shutil
import sys
import traceback
from collections import Counter
from pathlib import Path

from disk_faults import KINDS, DiskFaults
from fault_scenarios import ORIGINAL, SCENARIOS, Scenario, State, Step, World, rows_of, state_of

from ftdesk.dataset.document import Document
from ftdesk.errors import FtdeskError

HIT, NO_SUCH_POINT, WRONG = 0, 1, 2
_AFTERWARDS = b"written when the disk was well again"


def prepared(scenario: Scenario, folder: Path, faults: DiskFaults | None = None) -> World:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    world = World(folder, faults)
    scenario.prepare(world)
    for name in scenario.missing:
        setattr(os, name, _unavailable)
    return world


def _unavailable(*_: object, **__: object) -> None:
    raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))


def states(scenario: Scenario, folder: Path) -> list[State]:
    """What there is before the first step and after each, without any fault."""
    world = prepared(scenario, folder)
    known = [state_of(world)]
    for step in scenario.steps:
        step.do(world)
        known.append(state_of(world))
    if world.document:
        world.document.close()
    if world.path or scenario.untitled:
        # Before the dataset is opened it is what opening it will show.
        known[0] = State(known[1].rows, known[0].path, known[1].tags, known[0].files, known[0].last_file)
    return known


def child(scenario: Scenario, folder: Path, point: int, kind: str, told: int, known: list[State]) -> int:
    """Do all steps. Returns whether the point exists, or that something was wrong."""
    say = os.write
    world = prepared(scenario, folder)
    world.faults = faults = DiskFaults(point, kind)
    for step, before, after in zip(scenario.steps, known, known[1:], strict=False):
        _take(step, world, before, after)
        say(told, b".")
    faults.mend()
    if world.document is not None:
        world.document.insert(0, [_AFTERWARDS], "Insert")
    return HIT if faults.hit else NO_SUCH_POINT


def _take(step: Step, world: World, before: State, after: State) -> None:
    faults = world.faults
    assert faults is not None
    try:
        if step.other:
            with faults.paused():
                step.do(world)
        else:
            step.do(world)
    except FtdeskError as error:
        assert error.sentence  # noqa: PT017 - that it is raised is no mistake
        with faults.paused():
            done = rows_of(world) == after.rows != before.rows
            for name, content in state_of(world).files.items():
                assert content in (before.files.get(name), after.files.get(name)), f"{name} is torn"
        if step.again or not done:
            faults.mend()
            step.do(world)
    with faults.paused():
        assert rows_of(world) == after.rows, f"rows are {rows_of(world)}"


def try_point(name: str, folder: Path, point: int, kind: str, known: list[State]) -> tuple[bool, str]:
    """Whether the point exists, and what is wrong after it (empty when nothing is)."""
    scenario = SCENARIOS[name]
    reader, writer = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(reader)
        status = WRONG
        try:
            status = child(scenario, folder, point, kind, writer, known)
        except BaseException:  # noqa: BLE001 - reported by the parent
            traceback.print_exc()
        os._exit(status)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        done = len(pipe.read())
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    if status == NO_SUCH_POINT:
        return False, ""
    if status == WRONG:
        return True, "the steps ended in a wrong state"
    try:
        return True, wrong_afterwards(scenario, folder, known, done, killed=kind in ("KILL", "TORN"))
    except Exception as error:  # noqa: BLE001 - a violation like any other
        traceback.print_exc()
        return True, f"what is left cannot be used: {error!r}"


def wrong_afterwards(scenario: Scenario, folder: Path, known: list[State], done: int, *, killed: bool) -> str:
    """A step that was finished must be there; the one under way may be there or not; nothing else may."""
    if not killed:
        last = known[-1]
        rows = None if last.rows is None else (_AFTERWARDS, *last.rows)
        possible = [State(rows, last.path, (), last.files, last.last_file)]
    else:
        possible = known[done : done + 2]
    world = World(folder)
    found = state_of(world)
    for name in {name for state in known for name in state.files} | set(found.files):
        if found.files.get(name) not in [state.files.get(name) for state in possible]:
            return f"after {done} steps, {name} is torn or lost"
    if found.last_file not in [state.last_file for state in possible]:
        return f"after {done} steps, the settings are those of {found.last_file}"
    versions = {ORIGINAL} | {content for state in known for content in state.files.values()}
    for backup in world.folders.backups.rglob("*.jsonl"):
        if backup.read_bytes() not in versions and not backup.read_bytes().startswith(b"version "):
            return f"a backup is torn: {backup.stat().st_size} bytes"
    return _wrong_rows(world, possible, done, scenario.typed if done > 1 else b"", tags=killed)


def _wrong_rows(world: World, possible: list[State], done: int, typed: bytes, *, tags: bool) -> str:
    reasons = []
    for state in possible:
        if state.rows is None:
            return ""
        if state.path is not None and not state.path.exists():
            continue
        document = Document.open(state.path, world.folders) if state.path else Document.new(world.folders)
        with document:
            rows = tuple(document.lines())
            labels = tuple(tuple(sorted(document.labels.of(row).tags)) for row in rows)
        aside = document.set_aside.read_bytes() if document.set_aside else b""
        if aside and typed in aside and rows == tuple(state.path.read_bytes().splitlines() if state.path else ()):
            return ""  # the file is another program's, and the edits are kept for a person to look at
        if rows == state.rows and (not tags or labels in [other.tags for other in possible]):
            return ""
        reasons.append(f"{done} steps were finished, but the rows are {rows} {labels}"[:400])
    return " / ".join(reasons)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--kinds", nargs="*", default=KINDS, choices=KINDS)
    parser.add_argument("--stride", type=int, default=1, help="try every so many-th point only")
    parser.add_argument("--only", default="", help="scenarios with this in their name")
    arguments = parser.parse_args()
    tried: Counter[str] = Counter()
    violations = []
    for number, (name, scenario) in enumerate(SCENARIOS.items()):
        if arguments.only not in name:
            continue
        folder = arguments.folder / "work"
        known = _in_a_child(scenario, folder)
        for kind in arguments.kinds:
            # Another first point in each scenario, so that a sample hits different calls.
            point = 1 + (number + KINDS.index(kind)) % arguments.stride
            while True:
                exists, wrong = try_point(name, folder, point, kind, known)
                if not exists:
                    break
                tried.update((kind, name))
                if wrong:
                    violations.append({"scenario": name, "kind": kind, "point": point, "wrong": wrong})
                point += arguments.stride
    total = sum(tried[kind] for kind in KINDS)
    print(json.dumps({"tried": total, "by": tried, "violations": violations}))


def _in_a_child(scenario: Scenario, folder: Path) -> list[State]:
    """``states`` of a scenario; what it takes from the system it takes from this call only."""
    before = {name: getattr(os, name) for name in scenario.missing if hasattr(os, name)}
    known = states(scenario, folder)
    for name, call in before.items():
        setattr(os, name, call)
    return known


if __name__ == "__main__":
    sys.exit(main())

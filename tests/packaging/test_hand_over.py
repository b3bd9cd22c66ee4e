"""What the started program sees of the set-up when nothing is to be set up: nothing."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest
from environment import LOCK_FILES, Environment

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """\
import json, os, sys
print(json.dumps({"arguments": sys.argv[1:], "folder": os.getcwd(), "prefix": sys.prefix, "input": sys.stdin.read()}))
sys.exit(7)
"""


class Checkout:
    """A checkout of a small program in place of ftdesk, in an awkward place, with a finished environment."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "ftdesk" / "cli").mkdir(parents=True)
        (root / "ftdesk" / "__main__.py").write_text(PROGRAM)
        (root / "ftdesk" / "cli" / "check.py").touch()
        (root / "packaging").mkdir()
        for file in (ROOT / "packaging").glob("*.py"):
            shutil.copy(file, root / "packaging")
        for name in LOCK_FILES:
            (root / "packaging" / name).touch()
        subject = Environment(root, with_tests=True)
        venv.create(subject.folder, symlinks=sys.platform != "win32")
        subject._point_at_checkout()
        subject._write_stamp()
        self.stamp = subject._stamp_file
        next(subject.folder.rglob("site-packages")).joinpath("pytest.py").write_text(PROGRAM)

    def start(self, *words: str, folder: Path) -> subprocess.CompletedProcess[str]:
        environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        return subprocess.run(
            [sys.executable, str(self.root / "packaging" / "run.py"), *words],
            cwd=folder,
            env={**environ, "PYTHONUTF8": "1"},
            input="said on stdin",
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    return Checkout(tmp_path_factory.mktemp("checkout") / "Füße und Hände")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a person works, with a file of an unlucky name."""
    (tmp_path / "json.py").write_text("raise SystemExit('imported a file of the person')\n")
    return tmp_path


def test_the_program_has_the_callers_folder_input_and_exit_status(checkout: Checkout, folder: Path) -> None:
    done = checkout.start("check", "daten.jsonl", "--json", folder=folder)
    assert (done.returncode, done.stderr) == (7, "")
    assert json.loads(done.stdout) == {
        "arguments": ["check", "daten.jsonl", "--json"],
        "folder": str(folder),
        "prefix": str(checkout.root / ".venv"),
        "input": "said on stdin",
    }


def test_the_tests_run_in_the_checkout_with_the_callers_files(checkout: Checkout, folder: Path) -> None:
    done = checkout.start("test", "-k", "undo", "json.py", folder=folder)
    assert done.returncode == 7, done.stderr
    said = json.loads(done.stdout)
    assert said["arguments"] == ["-k", "undo", str(folder / "json.py")]
    assert said["folder"] == str(checkout.root)


def test_a_start_that_has_nothing_to_do_writes_nothing(checkout: Checkout, folder: Path) -> None:
    before = {file: file.stat().st_mtime_ns for file in checkout.root.rglob("*") if "__pycache__" not in file.parts}
    checkout.start("check", folder=folder)
    after = {file: file.stat().st_mtime_ns for file in checkout.root.rglob("*") if "__pycache__" not in file.parts}
    assert {file: when for file, when in after.items() if before.get(file) != when} == {}


def test_what_cannot_be_set_up_ends_with_a_sentence_and_status_2(checkout: Checkout, folder: Path) -> None:
    stamp = checkout.stamp.read_text()
    lock = checkout.root / "packaging" / LOCK_FILES[0]
    lock.write_text("probe==1 --hash=sha256:00\n")
    try:
        # The environment has no pip: a failure that needs no network.
        done = checkout.start("check", folder=folder)
    finally:
        lock.write_text("")
        checkout.stamp.write_text(stamp)
    assert (done.returncode, done.stdout) == (2, "")
    assert "ftdesk: The Python packages could not be installed." in done.stderr
    assert "Traceback" not in done.stderr

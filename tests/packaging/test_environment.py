"""``packaging/environment.py``: when the environment is made, renewed and left alone, and what is said if it fails."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import environment
import pytest
from environment import LOCK_FILES, Environment, explain_pip_failure, pip_step
from messages import SetupError
from typing_extensions import override

PROGRAM = """
import sys, time
from pathlib import Path
sys.path.insert(0, {packaging!r})
from environment import Environment, _running

class Slow(Environment):
    \"\"\"Its installation takes until the file GO exists, and is written down.\"\"\"

    def _create(self, held):
        self.python.parent.mkdir(parents=True, exist_ok=True)
        self.python.touch()

    def _fill(self, held):
        with (self.folder.parent / "installed").open("a") as log:
            log.write("once\\n")
        print("filling", file=sys.stderr, flush=True)
        step = (
            "import pathlib, time\\n"
            "pathlib.Path('filling').touch()\\n"
            "while not pathlib.Path('GO').exists(): time.sleep(0.01)"
        )
        with _running([sys.executable, "-c", step], held):
            pass

    def _point_at_checkout(self):
        pass

Slow(Path.cwd(), with_tests=False).make_ready()
"""


class Recorded(Environment):
    """One that writes down what it would have done, where the real one calls ``venv`` and pip."""

    def __init__(self, root: Path, *, with_tests: bool = False, failing: bool = False) -> None:
        super().__init__(root, with_tests=with_tests)
        self.done: list[str] = []
        self._failing = failing

    @override
    def _create(self, _: int) -> None:
        self.done.append("create")
        self.python.parent.mkdir(parents=True, exist_ok=True)
        self.python.touch()

    @override
    def _fill(self, _: int) -> None:
        assert not self._stamp_file.exists(), "whoever looks now must not take the environment for finished"
        if self._failing:
            raise SetupError("pip failed")
        self.done.append(f"fill from {self._lock_file.name}")

    @override
    def _point_at_checkout(self) -> None:
        self.done.append("point")


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "packaging").mkdir()
    for name in LOCK_FILES:
        (tmp_path / "packaging" / name).write_text(f"# {name}\n")
    return tmp_path


def started(checkout: Path, *, with_tests: bool = False) -> list[str]:
    """What one start does to the environment."""
    subject = Recorded(checkout, with_tests=with_tests)
    if not subject.is_ready():
        subject.make_ready()
    assert subject.is_ready()
    return subject.done


def test_the_first_start_makes_it_and_the_second_leaves_it_alone(checkout: Path) -> None:
    assert started(checkout) == ["create", "fill from requirements.lock", "point"]
    assert started(checkout) == []


def test_the_tests_add_what_they_need_and_serve_the_application_too(checkout: Path) -> None:
    started(checkout)
    assert started(checkout, with_tests=True) == ["fill from requirements-test.lock", "point"]
    assert started(checkout) == []
    assert started(checkout, with_tests=True) == []


def test_a_changed_lock_file_is_installed_into_the_same_environment(checkout: Path) -> None:
    started(checkout, with_tests=True)
    (checkout / "packaging" / "requirements.lock").write_text("# newer\n")
    assert started(checkout) == ["fill from requirements.lock", "point"]
    assert started(checkout, with_tests=True) == ["fill from requirements-test.lock", "point"]


def test_an_unfinished_installation_is_made_anew(checkout: Path) -> None:
    started(checkout)
    (checkout / "packaging" / "requirements.lock").write_text("# newer\n")
    with pytest.raises(SetupError):
        Recorded(checkout, failing=True).make_ready()
    assert started(checkout)[0] == "create"


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"locks": 1}'])
def test_a_damaged_stamp_counts_as_none(checkout: Path, damage: str) -> None:
    started(checkout)
    (checkout / ".venv" / "ftdesk-stamp.json").write_text(damage)
    assert started(checkout)[0] == "create"


def test_another_python_makes_it_anew(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started(checkout)
    monkeypatch.setattr(sys, "base_prefix", "/another/python")
    assert started(checkout)[0] == "create"


def test_a_checkout_that_was_moved_makes_it_anew(checkout: Path) -> None:
    first = checkout / "first"
    first.mkdir()
    (checkout / "packaging").rename(first / "packaging")
    started(first)
    assert started(first.rename(checkout / "second"))[0] == "create"


def test_an_environment_whose_interpreter_is_gone_is_made_anew(checkout: Path) -> None:
    started(checkout)
    Recorded(checkout).python.unlink()
    assert started(checkout)[0] == "create"


def test_a_folder_that_cannot_be_written_is_said_in_a_sentence(checkout: Path) -> None:
    (checkout / ".venv").write_text("a file is in the way")
    with pytest.raises(SetupError, match=r"\.venv cannot be set up"):
        Recorded(checkout).make_ready()


def test_the_checkout_is_found_by_a_path_that_any_encoding_can_read(tmp_path: Path) -> None:
    root = tmp_path / "Füße und Hände"
    (root / "packaging").mkdir(parents=True)
    for name in LOCK_FILES:
        (root / "packaging" / name).touch()
    subject = Environment(root, with_tests=False)
    packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(subject.folder)}))
    packages.mkdir(parents=True)
    subject._point_at_checkout()
    text = (packages / "ftdesk.pth").read_text("ascii")
    assert (packages / text.strip()).resolve() == root.resolve()


@pytest.fixture
def start_slowly(checkout: Path) -> list[str]:
    return [sys.executable, "-c", PROGRAM.format(packaging=str(Path(environment.__file__).parent))]


def test_of_two_first_starts_one_installs_and_the_other_waits(checkout: Path, start_slowly: list[str]) -> None:
    with subprocess.Popen(start_slowly, cwd=checkout) as first:
        wait_for(checkout / "filling")
        with subprocess.Popen(start_slowly, cwd=checkout, stderr=subprocess.PIPE, text=True) as second:
            assert second.stderr is not None
            said = second.stderr.readline()
            (checkout / "GO").touch()
            second.stderr.read()
    assert "waiting for it" in said
    assert (first.returncode, second.returncode) == (0, 0)
    assert (checkout / "installed").read_text() == "once\n"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot hand the lock on to a child")
def test_a_start_waits_for_the_step_that_a_killed_one_left_behind(checkout: Path, start_slowly: list[str]) -> None:
    with subprocess.Popen(start_slowly, cwd=checkout) as first:
        wait_for(checkout / "filling")
        first.kill()
    with subprocess.Popen(start_slowly, cwd=checkout, stderr=subprocess.PIPE, text=True) as second:
        assert second.stderr is not None
        said = second.stderr.readline()
        (checkout / "GO").touch()
        second.stderr.read()
    assert "waiting for it" in said
    assert second.returncode == 0
    assert (checkout / "installed").read_text() == "once\nonce\n"


def wait_for(file: Path) -> None:
    while not file.exists():
        time.sleep(0.01)


OFFLINE = """\
WARNING: Retrying (Retry(total=0, connect=None, read=None, redirect=None, status=None)) after connection broken by \
'NewConnectionError('<pip._vendor.urllib3.connection.HTTPSConnection object at 0x7f>: Failed to establish a new \
connection: [Errno -3] Temporary failure in name resolution')': /simple/anyio/
ERROR: Could not find a version that satisfies the requirement anyio==4.16.0 (from versions: none)
ERROR: No matching distribution found for anyio==4.16.0
"""
UNTRUSTED = OFFLINE.replace("NewConnectionError", "SSLError").replace(
    "Temporary failure in name resolution", "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"
)
UNSUPPORTED = "".join(OFFLINE.splitlines(keepends=True)[1:])
TAMPERED = """\
Collecting anyio==4.16.0
ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE. If you have updated the package versions, \
please update the hashes. Otherwise, examine the package contents carefully; someone may have tampered with them.
"""
FULL = "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n"


@pytest.mark.parametrize(
    ("output", "reason"),
    [
        (OFFLINE, "The package index cannot be reached."),
        (UNTRUSTED, "The package index could not be verified."),
        (UNSUPPORTED, "There is no ready-made package for this system"),
        (TAMPERED, "differs from the one that the lock file names"),
        (FULL, "The disk is full."),
        ("Segmentation fault\n", "pip failed."),
    ],
)
def test_a_failure_of_pip_is_explained(output: str, reason: str) -> None:
    text = explain_pip_failure(output)
    assert reason in text.splitlines()[0]
    assert text.splitlines()[-1] == output.splitlines()[-1]


def test_the_progress_line_names_what_is_fetched() -> None:
    lines = ["Collecting numpy==2.4.6 (from -r requirements.lock (line 3))", "  Downloading numpy.whl (17 MB)"]
    assert [pip_step(line) for line in lines] == ["Fetching numpy 2.4.6", ""]


def test_the_stamp_says_who_made_the_environment(checkout: Path) -> None:
    started(checkout)
    stamp = json.loads((checkout / ".venv" / "ftdesk-stamp.json").read_text())
    assert set(stamp) == {"python", "folder", "locks"}
    assert stamp["locks"].keys() == {"requirements.lock"}

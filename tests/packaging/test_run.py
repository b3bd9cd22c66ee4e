"""``packaging/run.py``: which Python it accepts, and what it may not get in the way of."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).resolve().parents[2]
RUN = ROOT / "packaging" / "run.py"


def started_as(version: str, *, implementation: str = "cpython") -> subprocess.CompletedProcess[str]:
    """Start it under a Python that claims to be another one."""
    program = (
        "import runpy, sys\n"
        f"sys.version_info = {version}\n"
        f"sys.implementation.name = {implementation!r}\n"
        f"sys.argv = ['run.py', '--version']\n"
        f"runpy.run_path({str(RUN)!r}, run_name='not main')\n"
    )
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(RUN.parent)!r})\n{program}"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "version",
    ["(3, 9, 18, 'final', 0)", "(3, 10, 4, 'final', 0)", "(3, 11, 0, 'candidate', 1)", "(3, 15, 0, 'final', 0)"],
)
def test_a_python_that_does_not_fit_is_told_which_ones_do(version: str) -> None:
    done = started_as(version)
    assert done.returncode == 2
    assert "CPython 3.11, 3.12, 3.13 or 3.14" in done.stderr
    assert "Traceback" not in done.stderr


def test_another_implementation_than_cpython_is_turned_away() -> None:
    assert started_as("(3, 11, 9, 'final', 0)", implementation="pypy").returncode == 2


@pytest.mark.parametrize("version", ["(3, 11, 0, 'final', 0)", "(3, 14, 8, 'final', 0)"])
def test_a_python_that_fits_is_accepted(version: str) -> None:
    done = started_as(version)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_versions_accepted_are_those_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    allowed = SpecifierSet(project["requires-python"])
    named = [f"3.{minor}" for minor in range(30) if allowed.contains(f"3.{minor}.1")]
    assert ", ".join(named[:-1]) + " or " + named[-1] == "3.11, 3.12, 3.13 or 3.14"


def test_an_old_python_can_read_the_file_that_turns_it_away() -> None:
    tree = ast.parse(RUN.read_text("utf-8"), feature_version=(3, 4))
    newer = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.FunctionDef, ast.AsyncFunctionDef, ast.Match)
    assert not [node for node in ast.walk(tree) if isinstance(node, newer)]
    assert RUN.read_bytes().isascii()


def test_no_module_of_the_set_up_hides_one_of_the_standard_library() -> None:
    """Python puts the folder of a script first on its path."""
    assert not {file.stem for file in RUN.parent.iterdir()} & set(sys.stdlib_module_names)


def test_the_folder_does_not_hide_the_library_of_the_same_name() -> None:
    """From the checkout, ``import packaging`` finds the library only as long as neither folder is a package."""
    program = "import packaging.version"
    for folder in (ROOT, ROOT / "tests"):
        subprocess.run([sys.executable, "-c", program], cwd=folder, check=True)

"""What is declared, what is locked and what is imported agree; and Qt is a version that Python survives."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
DECLARED = [Requirement(text) for text in PYPROJECT["project"]["dependencies"]]
FOR_TESTS = [Requirement(text) for text in PYPROJECT["dependency-groups"]["dev"]]


@dataclass(frozen=True, slots=True)
class Entry:
    """A package in a lock file. ``version`` is empty if it is not pinned."""

    name: str
    version: str
    hashes: frozenset[str]


def entries(lock: str) -> dict[str, Entry]:
    text = (ROOT / "packaging" / lock).read_text("utf-8").replace("\\\n", " ")
    found: dict[str, Entry] = {}
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        words = line.split()
        name, _, version = words[0].partition("==")
        hashes = frozenset(word for word in words if re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", word))
        found[canonicalize_name(name)] = Entry(name, version, hashes)
    return found


@pytest.mark.parametrize(
    ("lock", "declared"), [("requirements.lock", DECLARED), ("requirements-test.lock", [*DECLARED, *FOR_TESTS])]
)
def test_a_lock_file_holds_a_fitting_version_of_everything_declared(lock: str, declared: list[Requirement]) -> None:
    locked = entries(lock)
    unfit = [
        str(requirement)
        for requirement in declared
        if not (entry := locked.get(canonicalize_name(requirement.name)))
        or not requirement.specifier.contains(entry.version)
    ]
    assert unfit == []


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-test.lock"])
def test_every_locked_package_is_pinned_and_hashed(lock: str) -> None:
    assert [entry.name for entry in entries(lock).values() if not entry.version or not entry.hashes] == []


def test_the_lock_of_the_tests_holds_the_other_one() -> None:
    """The set-up relies on it: who has installed the one for the tests need not install the other."""
    for_tests = entries("requirements-test.lock")
    assert {name: for_tests.get(name) for name in entries("requirements.lock")} == entries("requirements.lock")


def test_everything_that_ftdesk_imports_is_declared() -> None:
    imported: set[str] = set()
    for file in (ROOT / "ftdesk").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                imported.add(node.module.partition(".")[0])
    distributions = packages_distributions()
    foreign = imported - set(sys.stdlib_module_names) - {"ftdesk"}
    used = {canonicalize_name(name) for module in foreign for name in distributions.get(module, [module])}
    assert used - {canonicalize_name(requirement.name) for requirement in DECLARED} == set()


def test_qt_is_one_that_the_oldest_python_survives() -> None:
    qt = next(requirement for requirement in DECLARED if requirement.name == "PySide6-Essentials")
    assert not qt.specifier.contains("6.12.0"), "it drops a reference to None in every void call"


def test_a_hundred_thousand_calls_that_return_none_cost_no_reference_to_none() -> None:
    """Until CPython 3.12, None is counted like any object: PySide6 6.12.0 ends the process after 5,000 calls or so."""
    program = (
        "import sys\n"
        "from PySide6.QtWidgets import QApplication, QLabel\n"
        "application = QApplication([])\n"
        "label = QLabel()\n"
        "before = sys.getrefcount(None)\n"
        "for _ in range(50_000):\n"
        "    label.setText('x')\n"
        "    label.setEnabled(True)\n"
        "print(before - sys.getrefcount(None))\n"
    )
    environ = os.environ | {"QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 100

"""What is loaded when, seen in a fresh interpreter: an import graph cannot tell whether a deferral really defers."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"PySide6", "openai", "httpx2", "pydantic", "tiktoken", "numpy", "scipy", "starlette", "uvicorn", "keyring"}


def loaded_by(program: str) -> set[str]:
    """The top-level modules that ``program`` has loaded at its end."""
    ending = "\nimport json, sys\nprint('\\n' + json.dumps(sorted({name.split('.')[0] for name in sys.modules})))"
    done = subprocess.run([sys.executable, "-c", program + ending], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_the_version_costs_nothing() -> None:
    loaded = loaded_by("import ftdesk.__main__ as main; main.main(['--version'])")
    assert not loaded & (HEAVY | {"argparse", "asyncio", "sqlite3"})


def test_checking_a_file_loads_neither_qt_nor_an_sdk(tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text('{"messages": [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]}\n' * 12)
    loaded = loaded_by(f"import ftdesk.__main__ as main; main.main(['check', {str(file)!r}])")
    assert not loaded & {"PySide6", "openai", "httpx2", "numpy", "scipy", "starlette", "keyring"}


@pytest.mark.parametrize("module", ["ftdesk.app", "ftdesk.dataset.document", "ftdesk.validation.checker"])
def test_what_the_window_needs_before_it_paints_is_light(module: str) -> None:
    assert not loaded_by(f"import {module}") & (HEAVY | {"sqlite3"})

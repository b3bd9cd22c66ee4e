"""A dataset survives a fault at every call that changes a disk: no file is torn, and no finished edit is lost."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

_EVERY = 1 if os.environ.get("FTDESK_ALL_FAULTS") else 10
"""``FTDESK_ALL_FAULTS=1`` tries every point, 8,000 in three minutes; else a sample, the same in each run."""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks a child per point")
def test_no_file_is_torn_and_no_finished_edit_lost(tmp_path: Path) -> None:
    program = Path(__file__).with_name("fault_points.py")
    command = [sys.executable, str(program), str(tmp_path), "--stride", str(_EVERY)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["violations"] == [], done.stderr
    assert result["tried"] > 7_600 / _EVERY

"""A dataset survives a fault at every system call that changes a disk."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks a child per point")
@pytest.mark.parametrize("kind", ["KILL", "ENOSPC", "EIO", "EACCES"])
def test_no_file_is_torn_and_no_finished_edit_lost(tmp_path: Path, kind: str) -> None:
    program = Path(__file__).with_name("fault_points.py")
    done = subprocess.run([sys.executable, program, tmp_path, kind], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["tried"] > 40
    assert result["violations"] == [], done.stderr

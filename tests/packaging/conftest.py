"""The set-up is no package: it has to run before anything is installed. Its modules are found where they lie."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2] / "packaging"))

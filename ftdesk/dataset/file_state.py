"""How the file of a dataset is recognised, so that a change by another program is seen."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

_PIECES, _PIECE = 16, 1 << 16


@dataclass(frozen=True, slots=True)
class FileState:
    """What every look at a file tells: enough to see that another program has changed it."""

    size: int
    mtime_ns: int
    inode: int

    @staticmethod
    def of(stat: os.stat_result) -> FileState:
        return FileState(stat.st_size, stat.st_mtime_ns, stat.st_ino)

    @staticmethod
    def at(path: Path) -> FileState | None:
        """The state of the file that has this name now; ``None`` if there is none that can be seen."""
        try:
            return FileState.of(path.stat())
        except OSError:
            return None


def sample(path: Path, state: FileState) -> str:
    """A digest of what the file in ``state`` holds, of up to 1 MiB whole, else of 16 pieces spread over it.

    Copied, restored or touched, a file is in another state and holds the same. Empty if the file is in another state.
    """
    step = max(_PIECE, state.size // _PIECES)
    digest = hashlib.sha256(str(state.size).encode())
    try:
        with path.open("rb") as file:
            for start in [*range(0, state.size, step), max(0, state.size - _PIECE)]:
                file.seek(start)
                digest.update(file.read(_PIECE))
            found = FileState.of(os.fstat(file.fileno()))
    except OSError:
        return ""
    return digest.hexdigest() if found == state else ""

"""Files are replaced whole or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path

from ftdesk.errors import StorageError


def write_atomic(path: Path, chunks: Iterable[bytes], *, new_file_mode: int = 0o600) -> None:
    """Replace the content of ``path`` so that a crash at any moment leaves the old file or the new one.

    Temporary file in the same folder, fsync, replace, fsync of the folder. An existing file keeps its mode, and a
    symbolic link keeps pointing where it did. Raises ``StorageError``; the old file is then untouched.
    """
    target = Path(os.path.realpath(path))
    temporary: Path | None = None
    try:
        mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else new_file_mode
        descriptor, name = tempfile.mkstemp(prefix=f".{target.name[:100]}.", suffix=".tmp", dir=target.parent)
        temporary = Path(name)
        with os.fdopen(descriptor, "wb") as file:
            file.writelines(chunks)
            file.flush()
            if hasattr(os, "fchmod"):
                os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        temporary.replace(target)
        temporary = None
        sync_folder(target.parent)
    except OSError as error:
        raise StorageError(
            f"Cannot save {path}: {error.strerror or error}.",
            str(error),
            "Nothing was overwritten. Free some space or choose another place.",
        ) from error
    finally:
        if temporary is not None:
            with contextlib.suppress(OSError):
                temporary.unlink()


def sync_folder(folder: Path) -> None:
    """Make a rename in ``folder`` survive a power loss. Windows has no such call and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

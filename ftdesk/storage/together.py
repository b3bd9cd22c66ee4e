"""Files that only make sense together are replaced together, or none of them is."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from ftdesk.errors import StorageError
from ftdesk.storage.files import sync_folder, write_atomic


def write_together(folder: Path, contents: Mapping[str, Iterable[bytes]], *, new_file_mode: int) -> None:
    """Write files by name into ``folder``.

    All are written in full before the first is put into its place, and what stood there comes back when one cannot be.
    Raises ``StorageError``; the folder then holds what it held.
    """
    staging: Path | None = None
    try:
        for name in contents:
            _check(folder / name)
        staging = Path(tempfile.mkdtemp(prefix=".ftdesk.", dir=folder))
        new, old = staging / "new", staging / "old"
        new.mkdir()
        old.mkdir()
        for name, chunks in contents.items():
            write_atomic(new / name, chunks, new_file_mode=new_file_mode)
        _move(list(contents), new, folder, old)
        shutil.rmtree(old)
        sync_folder(folder)
    except OSError as error:
        raise StorageError(
            f"Cannot write to {folder}: {error.strerror or error}.",
            str(error),
            "Nothing there was changed. Choose another folder, or make its files writable.",
        ) from error
    finally:
        if staging is not None:
            shutil.rmtree(staging / "new", ignore_errors=True)
            with contextlib.suppress(OSError):  # what could not be put back is left where it is
                (staging / "old").rmdir()
            with contextlib.suppress(OSError):
                staging.rmdir()


def _check(path: Path) -> None:
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, f"{path.name} is a folder")
    if path.exists() and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, f"{path.name} is write-protected")


def _move(names: list[str], new: Path, folder: Path, old: Path) -> None:
    """Put the files of ``new`` into ``folder`` and what stood there into ``old``; back again if one cannot be moved."""
    begun: list[str] = []
    try:
        for name in names:
            if (folder / name).exists():
                (folder / name).rename(old / name)
            begun.append(name)
            (new / name).rename(folder / name)
    except BaseException:
        for name in begun:
            with contextlib.suppress(OSError):
                if (old / name).exists():
                    (old / name).replace(folder / name)
                else:
                    (folder / name).unlink()
        raise

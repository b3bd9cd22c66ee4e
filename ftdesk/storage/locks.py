"""A lock between processes that the operating system releases when its holder dies."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ftdesk.errors import StorageError


class FileLock:
    """An exclusive lock on a file of its own. The file stays; only the lock goes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def acquire(self) -> bool:
        """Take the lock if nobody has it. Raises ``StorageError`` when the file cannot be made."""
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StorageError(f"Cannot make the lock {self._path}: {error.strerror}.", str(error)) from error
        try:
            _lock(descriptor)
        except OSError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True

    @contextmanager
    def held(self, seconds: float = 2.0) -> Iterator[None]:
        """Hold the lock for a moment's work, after others. Raises ``StorageError`` when ``seconds`` did not suffice."""
        until = time.monotonic() + seconds
        while not self.acquire():
            if time.monotonic() > until:
                raise StorageError(f"{self._path} is locked by another process.", hint="Close its other windows.")
            time.sleep(0.005)
        try:
            yield
        finally:
            self.release()

    def release(self) -> None:
        """Give the lock back. Safe to call twice."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

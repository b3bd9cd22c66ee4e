"""The data folder: where things lie, who may use it, and how files get there whole.

    lock  endpoint.json  engine.sqlite3  files/ID  parts/ID  jobs/ID/…  incoming/…

Everything is readable by its owner only. A file is written in ``incoming``, synced, and renamed to its place; what a
crash leaves in ``incoming`` is swept at the next start.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from ftdesk.engine.identifiers import checked_id
from ftdesk.errors import InputError, StorageError


class DataFolder:
    """Paths of one engine's data. Making the object touches nothing."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @staticmethod
    def of_user() -> DataFolder:
        """The usual place, or ``FTDESK_HOME/data/engine`` where that is set."""
        home = os.environ.get("FTDESK_HOME")
        if home:
            return DataFolder(Path(home).expanduser().absolute() / "data" / "engine")
        from platformdirs import user_data_path

        return DataFolder(user_data_path("ftdesk", appauthor=False) / "engine")

    @property
    def database(self) -> Path:
        return self.root / "engine.sqlite3"

    @property
    def incoming(self) -> Path:
        return self.root / "incoming"

    @property
    def _endpoint(self) -> Path:
        return self.root / "endpoint.json"

    def file(self, file_id: str) -> Path:
        return self.root / "files" / checked_id(file_id)

    def part(self, part_id: str) -> Path:
        return self.root / "parts" / checked_id(part_id)

    def job(self, job_id: str) -> Path:
        return self.root / "jobs" / checked_id(job_id)

    def prepare(self) -> None:
        """Make the folders, private to the user. Raises ``StorageError``."""
        try:
            self.root.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.root.chmod(0o700)
            for name in ("files", "parts", "jobs", "incoming"):
                (self.root / name).mkdir(exist_ok=True, mode=0o700)
        except OSError as error:
            raise StorageError(
                f"Cannot use the data folder {self.root}: {error.strerror or error}.",
                str(error),
                "Choose another one with --data.",
            ) from error

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the folder for this process; the system lets go of it however the process ends.

        Raises ``InputError`` when another engine holds it.
        """
        descriptor = os.open(self.root / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                _lock(descriptor)
            except OSError as error:
                raise InputError(
                    f"Another ftdesk engine is already using the data folder {self.root}.",
                    str(error),
                    "Stop it, or choose another folder with --data.",
                ) from error
            yield
        finally:
            os.close(descriptor)

    def sweep(self, *, known_files: set[str], known_parts: set[str]) -> None:
        """Remove what a crash left behind: half-written files, and whole ones that no row of the store knows."""
        for path in self.incoming.iterdir():
            path.unlink()
        for name, known in (("files", known_files), ("parts", known_parts)):
            for path in (self.root / name).iterdir():
                if path.name not in known:
                    path.unlink()

    @contextlib.contextmanager
    def new_file(self) -> Iterator[IncomingFile]:
        """A file that vanishes at the end of the block unless it was published."""
        descriptor, name = tempfile.mkstemp(dir=self.incoming)
        incoming = IncomingFile(Path(name), os.fdopen(descriptor, "wb"))
        try:
            yield incoming
        finally:
            incoming.discard()

    def forget_endpoint(self) -> None:
        """Remove what an engine that was killed left: it answers no more."""
        self._endpoint.unlink(missing_ok=True)

    @contextlib.contextmanager
    def announced(self, base_url: str, api_key: str) -> Iterator[None]:
        """Tell other processes of the same user how to reach this engine, for as long as the block runs."""
        with self.new_file() as incoming:
            incoming.stream.write(
                json.dumps({"base_url": base_url, "api_key": api_key, "pid": os.getpid()}).encode() + b"\n"
            )
            incoming.publish(self._endpoint)
        try:
            yield
        finally:
            self.forget_endpoint()


class IncomingFile:
    """A file on its way: written under a temporary name, then put in place whole or not at all."""

    def __init__(self, path: Path, stream: BinaryIO) -> None:
        self.path = path
        self.stream = stream

    def publish(self, target: Path) -> None:
        """Sync the content, rename it to ``target``, sync the rename. After an ``OSError`` nothing is at ``target``."""
        self.sync()
        self.path.replace(target)
        sync_folder(target.parent)

    def sync(self) -> None:
        """Bring the content to the disk; the slow half of ``publish``, safe to do early and in another thread."""
        if not self.stream.closed:
            self.stream.flush()
            os.fsync(self.stream.fileno())
            self.stream.close()

    def discard(self) -> None:
        """Remove the file unless it was published. Closing may fail on a full disk; the file still goes."""
        with contextlib.suppress(OSError):
            self.stream.close()
        self.path.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make a rename in ``folder`` survive a power loss. Windows has no such call and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

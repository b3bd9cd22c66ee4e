"""Earlier versions of a dataset's file, kept beside the app's data and thinned with age."""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from dataclasses import dataclass
from pathlib import Path

from ftdesk.errors import StorageError
from ftdesk.storage.files import FileRange, write_atomic
from ftdesk.storage.folders import make_folder

_RULES: tuple[tuple[float, float], ...] = (
    # up to this age in seconds, at most one version per so many seconds
    (3_600, 0),
    (86_400, 3_600),
    (30 * 86_400, 86_400),
    (365 * 86_400, 30 * 86_400),
)
_EVERY = (-1, -1)
"""The slot of versions that are all kept."""
_NEWEST_KEPT = 3
"""So many versions stay whatever their age and size."""
_MOST_BYTES = 2 << 30
"""Of the older ones, those stay that have room in this, newest first."""


@dataclass(frozen=True, slots=True, order=True)
class Backup:
    """One earlier version. ``saved_at`` is when it was replaced, in nanoseconds since 1970."""

    saved_at: int
    path: Path
    size: int


class Backups:
    """The earlier versions of all datasets. They are made by hard links where that is possible, and so cost no time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(self, dataset: Path) -> Backup | None:
        """Keep the file as it is now, which is about to be replaced. ``None`` when there is none or no room for it.

        A backup is a second net under the journal: that it cannot be made is no reason not to save.
        """
        try:
            folder = make_folder(self._folder_of(dataset))
            target = folder / f"{time.time_ns()}{dataset.suffix}"
            source = Path(os.path.realpath(dataset))
            try:
                os.link(source, target)
            except OSError:
                with source.open("rb") as file:
                    write_atomic(target, [FileRange(file.fileno(), 0, os.fstat(file.fileno()).st_size)])
            kept = Backup(int(target.stem), target, target.stat().st_size)
        except (OSError, StorageError):
            return None
        self.thin(dataset)
        return kept

    def drop(self, backup: Backup) -> None:
        """Forget a version: the file was not replaced after all."""
        with contextlib.suppress(OSError):
            backup.path.unlink()

    def versions(self, dataset: Path) -> list[Backup]:
        """What is kept of ``dataset``, newest first."""
        found: list[Backup] = []
        with contextlib.suppress(OSError):
            paths = [path for path in self._folder_of(dataset).iterdir() if path.stem.isdecimal()]
            found.extend(Backup(int(path.stem), path, path.stat().st_size) for path in paths)
        return sorted(found, reverse=True)

    def thin(self, dataset: Path, *, now: int | None = None) -> None:
        """Remove what the rules do not keep: all of the last hour, then one an hour, a day, a month, up to a year.

        Of large files that is too much: what has no room in 2 GiB goes as well, the oldest first.
        """
        moment = time.time_ns() if now is None else now
        taken: set[tuple[int, int]] = set()
        size = 0
        for position, backup in enumerate(self.versions(dataset)):
            slot = _slot((moment - backup.saved_at) / 1e9, backup.saved_at / 1e9)
            size += backup.size
            if position >= _NEWEST_KEPT and (slot is None or slot in taken or size > _MOST_BYTES):
                with contextlib.suppress(OSError):
                    backup.path.unlink()
                size -= backup.size
            elif slot is not None and slot != _EVERY:
                taken.add(slot)

    def _folder_of(self, dataset: Path) -> Path:
        return self._folder / hashlib.sha256(os.fsencode(os.path.realpath(dataset))).hexdigest()[:32]


def _slot(age: float, saved_at: float) -> tuple[int, int] | None:
    """Versions in the same slot are thinned to one; ``None`` is too old to keep."""
    for number, (limit, period) in enumerate(_RULES):
        if age <= limit:
            return (number, int(saved_at // period)) if period else _EVERY
    return None

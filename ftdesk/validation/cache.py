"""Results of earlier checks, by what was checked: an unchanged part of a file is not checked, nor counted, again.

One small file for each part of a dataset, named by a digest of the part and of everything that the result depends on.
So it does not matter where the part stands now, nor who else reads and writes here at the same time.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import fields, is_dataclass
from functools import cache
from hashlib import blake2b, sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ftdesk import __version__
from ftdesk.errors import StorageError
from ftdesk.storage.folders import make_folder
from ftdesk.validation.rule import Against
from ftdesk.validation.tally import Tally

if TYPE_CHECKING:
    from ftdesk.validation.line_checker import LineChecker

MOST_BYTES = 128 << 20
"""What the folder may hold; the results that were not asked for the longest go first."""

_CHECK = 16
_FRESH_SECONDS = 3600
_TOUCH_AFTER_SECONDS = 24 * 3600


class CheckCache:
    """Bytes by key, in a folder. Never raises: what cannot be read or kept is not there."""

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self.folder = folder
        self.most_bytes = most_bytes

    def find(self, key: bytes) -> bytes | None:
        """What was kept under ``key``, if it is still there and whole."""
        path = self._path(key)
        try:
            content = path.read_bytes()
        except OSError:
            return None
        packed = content[_CHECK:]
        if content[:_CHECK] != _digest(key + packed):
            return None
        with contextlib.suppress(OSError):
            stat = path.stat()
            if stat.st_mtime < time.time() - _TOUCH_AFTER_SECONDS:
                os.utime(path)
        return packed

    def find_tally(self, key: bytes) -> Tally | None:
        """What was kept under ``key`` as a tally."""
        packed = self.find(key)
        try:
            return None if packed is None else Tally.from_bytes(packed)
        except ValueError:  # of another version, which has not changed its number
            return None

    def keep(self, key: bytes, packed: bytes) -> None:
        """Keep ``packed``. Not synchronised with the disk: a torn file is found out when it is read."""
        path = self._path(key)
        with contextlib.suppress(OSError, StorageError):
            make_folder(path.parent)
            descriptor, name = tempfile.mkstemp(suffix=".tmp", dir=path.parent)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    file.write(_digest(key + packed) + packed)
                Path(name).replace(path)
            except OSError:
                Path(name).unlink(missing_ok=True)
                raise

    def trim(self) -> None:
        """Remove what was not used the longest, until the rest is small enough, and what was left half written."""
        entries: list[tuple[float, int, str]] = []
        with contextlib.suppress(OSError):
            for folder in os.scandir(self.folder):
                with contextlib.suppress(OSError):
                    entries += [
                        (stat.st_mtime, stat.st_size, entry.path)
                        for entry in os.scandir(folder.path)
                        for stat in (entry.stat(),)
                    ]
        size = sum(bytes_ for _, bytes_, _ in entries)
        oldest = time.time() - _FRESH_SECONDS
        for modified, bytes_, name in sorted(entries):
            if size > self.most_bytes or (name.endswith(".tmp") and modified < oldest):
                with contextlib.suppress(OSError):
                    Path(name).unlink()
                    size -= bytes_

    def _path(self, key: bytes) -> Path:
        name = key.hex()
        return self.folder / name[:2] / name[2:]


def settings_digest(checker: LineChecker) -> bytes:
    """Of everything but the lines that a result depends on: the rules, the hosts, the model, the program itself."""
    settings = (checker.method, checker.asked, checker.model, checker.count_tokens, checker.encoding, checker.hosts)
    return _digest(_program_digest() + _canonical(settings).encode())


def part_key(settings: bytes, pieces: Iterable[bytes | memoryview], *, first: bool) -> bytes:
    """The key of a part of a file; ``first`` says whether the file begins with it."""
    # SHA-256 has instructions of its own in most processors, where it is several times as fast as BLAKE2.
    digest = sha256(b"\1" + settings if first else b"\0" + settings)
    for piece in pieces:
        digest.update(piece)
    return digest.digest()


def whole_key(settings: bytes, parts: Iterable[bytes], against: Against) -> bytes:
    """The key of what is wrong with a file as a whole, from the keys of all its parts."""
    test_file = _canonical(against).encode("utf-8", "surrogatepass")
    return sha256(b"\2" + settings + test_file + b"".join(parts)).digest()


@cache
def _program_digest() -> bytes:
    """Of this version; of the source as well where there is one, so that a developer never sees an old result."""
    package = Path(__file__).parents[1]
    digest = blake2b(__version__.encode(), digest_size=_CHECK)
    for path in sorted((*package.glob("validation/**/*.py"), *package.glob("dataset/*.py"))):
        digest.update(path.read_bytes())
    return digest.digest()


def _canonical(value: Any) -> str:
    """The same text for equal values in every process, where sets have an order of their own."""
    if is_dataclass(value) and not isinstance(value, type):
        value = {name.name: getattr(value, name.name) for name in fields(value)}
    if isinstance(value, Mapping):
        return f"{{{','.join(sorted(f'{key!r}:{_canonical(item)}' for key, item in value.items()))}}}"
    if isinstance(value, AbstractSet):
        return f"<{','.join(sorted(map(_canonical, value)))}>"
    if isinstance(value, (tuple, list)):
        return f"[{','.join(map(_canonical, value))}]"
    return repr(value)


def _digest(content: bytes) -> bytes:
    return blake2b(content, digest_size=_CHECK).digest()

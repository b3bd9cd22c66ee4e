"""Files are replaced whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import stat
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ftdesk.errors import StorageError

_CHUNK = 1 << 20
_NO_KERNEL_COPY = {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP, errno.EPERM}
_CREATE = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0) | getattr(os, "O_NOFOLLOW", 0)
_POSITIONS = threading.Lock()
_LEFT_OVER_SECONDS = 3_600
"""A temporary file that nobody has written to for so long is of a process that died."""


@dataclass(frozen=True, slots=True)
class FileRange:
    """Bytes that stand in an open file already, so that the kernel can copy them."""

    descriptor: int
    start: int
    length: int

    def parts(self, size: int) -> Iterator[FileRange]:
        """The same bytes as ranges of at most ``size``."""
        for done in range(0, self.length, size):
            yield FileRange(self.descriptor, self.start + done, min(size, self.length - done))

    def read(self) -> Iterator[bytes]:
        """The bytes, a MiB at a time. Raises ``OSError`` if the file became shorter."""
        done = 0
        while done < self.length:
            content = read_at(self.descriptor, self.start + done, min(_CHUNK, self.length - done))
            if not content:
                raise OSError(errno.EIO, "the source became shorter while it was read")
            done += len(content)
            yield content


def write_atomic(
    path: Path,
    chunks: Iterable[bytes | FileRange],
    *,
    new_file_mode: int = 0o600,
    before_replace: Callable[[os.stat_result], None] | None = None,
) -> os.stat_result:
    """Replace the content of ``path`` so that a crash at any moment leaves the old file or the new one.

    Temporary file in the same folder, fsync, replace, fsync of the folder. An existing file keeps its mode, its
    extended attributes and, where the system lets us, its owner; a symbolic link keeps pointing where it did. Of
    ``new_file_mode``, a new file gets what the user's umask leaves. ``before_replace`` is called with what the file
    will be known by, when its content is on disk but its name is not. Returns the same. Raises ``StorageError``, also
    for a file that is write-protected; the file is then whole, the old one or, when only the folder could not be
    synchronised, the new one.
    """
    target = Path(os.path.realpath(path))
    temporary: Path | None = None
    try:
        old = target.stat() if target.exists() else None
        if old is not None and not os.access(target, os.W_OK, effective_ids=os.access in os.supports_effective_ids):
            raise PermissionError(errno.EACCES, "it is write-protected")
        name = _temporary_name(target, secrets.token_hex(4))
        # Until it has the permissions of the file that it replaces, it is private.
        descriptor = os.open(target.parent / name, _CREATE, new_file_mode if old is None else 0o600)
        temporary = target.parent / name
        with os.fdopen(descriptor, "wb") as file:
            for chunk in chunks:
                if isinstance(chunk, bytes):
                    file.write(chunk)
                else:
                    file.flush()
                    _copy(chunk, file.fileno())
            file.flush()
            if old is not None:
                _take_after(target, old, file.fileno())
            os.fsync(file.fileno())
            written = os.fstat(file.fileno())
        if before_replace:
            before_replace(written)
        temporary.replace(target)
        temporary = None
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
    try:
        sync_folder(target.parent)
    except OSError as error:
        raise StorageError(
            f"{path} was written, but its folder could not be synchronised: {error.strerror or error}.",
            str(error),
            "Save again, so that it survives a power failure.",
        ) from error
    return written


def copy_file(source: Path, target: Path) -> None:
    """Make ``target`` a copy of ``source``, whole or not at all. Raises ``StorageError``."""
    try:
        with source.open("rb") as file:
            write_atomic(target, [FileRange(file.fileno(), 0, os.fstat(file.fileno()).st_size)], new_file_mode=0o666)
    except OSError as error:
        raise StorageError(
            f"Cannot copy {source}: {error.strerror or error}.", str(error), "Check the file and try again."
        ) from error


def sync_folder(folder: Path) -> None:
    """Make a rename in ``folder`` survive a power loss. Windows has no such call and needs none."""
    if os.name == "nt":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_left_over(path: Path) -> None:
    """Remove the temporary files of writers of ``path`` that died. Never raises."""
    target = Path(os.path.realpath(path))
    wanted = re.compile(re.escape(_temporary_name(target, "TOKEN")).replace("TOKEN", "[0-9a-z_]{8}"))
    with contextlib.suppress(OSError), os.scandir(target.parent) as entries:
        for entry in entries:
            if wanted.fullmatch(entry.name):
                with contextlib.suppress(OSError):
                    if time.time() - entry.stat().st_mtime > _LEFT_OVER_SECONDS:
                        Path(entry).unlink()


def _temporary_name(target: Path, token: str) -> str:
    """Names are limited in bytes, and a character may have four."""
    return f".{os.fsencode(target.name)[:100].decode('utf-8', 'ignore')}.{token}.tmp"


def _take_after(target: Path, old: os.stat_result, descriptor: int) -> None:
    """Give a new file the owner, the mode and the extended attributes of the one that it replaces."""
    if hasattr(os, "fchown"):
        # To give files away one has to be root. The group is often possible, and first as the mode depends on it.
        for owner in (-1, old.st_uid):
            with contextlib.suppress(OSError):
                os.fchown(descriptor, owner, old.st_gid)
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, stat.S_IMODE(old.st_mode))
    if hasattr(os, "listxattr"):
        with contextlib.suppress(OSError):  # no file system must know them
            for name in os.listxattr(target):
                with contextlib.suppress(OSError):
                    os.setxattr(descriptor, name, os.getxattr(target, name))


def _copy(source: FileRange, target: int) -> None:
    """Append ``source`` to ``target``: inside the kernel where it can, else through memory."""
    done = 0
    while done < source.length:
        copied = _copy_in_kernel(source, done, target)
        if copied is None:
            copied = _copy_through_memory(source, done, target)
        if copied == 0:
            raise OSError(errno.EIO, "the source became shorter while it was copied")
        done += copied


def _copy_in_kernel(source: FileRange, done: int, target: int) -> int | None:
    """How many bytes were copied; ``None`` where the system or this pair of files does not offer it."""
    if not hasattr(os, "copy_file_range"):
        return None
    try:
        return os.copy_file_range(source.descriptor, target, source.length - done, source.start + done)
    except OSError as error:
        if error.errno in _NO_KERNEL_COPY:
            return None
        raise


def _copy_through_memory(source: FileRange, done: int, target: int) -> int:
    content = read_at(source.descriptor, source.start + done, min(_CHUNK, source.length - done))
    view = memoryview(content)
    while view:
        view = view[os.write(target, view) :]
    return len(content)


def read_at(descriptor: int, start: int, length: int) -> bytes:
    """Bytes at ``start``; fewer at the end of the file. Threads may read the same open file."""
    if hasattr(os, "pread"):
        return os.pread(descriptor, length, start)
    # Duplicates of a descriptor share one position, so nobody may move it between the two calls.
    with _POSITIONS:
        os.lseek(descriptor, start, os.SEEK_SET)
        return os.read(descriptor, length)

"""Lets one call that changes a disk go wrong: the n-th, once or from then on, or ends the process there."""

from __future__ import annotations

import builtins
import errno
import io
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

KINDS = ("KILL", "TORN", "ENOSPC", "EIO", "EACCES", "EROFS", "ENOSPC+", "EIO+", "EACCES+", "EROFS+")
"""``KILL``: the process dies before the call. ``TORN``: in the middle of a write. An errno: the call fails once, or,
with ``+``, all calls from it on fail until somebody mends the disk. A write that fails has written half, as on a full
disk."""

_CALLS = (
    *("open", "mkdir", "replace", "rename", "unlink", "link", "fsync", "fchmod", "ftruncate", "truncate"),
    *("write", "copy_file_range", "sendfile", "pread"),
)
_WRITES = {"write": 1, "copy_file_range": 2, "sendfile": 3}
"""Calls that may do a part of their work, and which argument is the data or its length."""
# Syncing for real would take most of the time and show nothing: the process dies, the machine does not.
_PRETENDED = {"fsync"}


class DiskFaults:
    """Counts the calls of this process, for the rest of its life. ``point`` counts from 1; 0 never comes."""

    def __init__(self, point: int, kind: str) -> None:
        self.kind = kind.removesuffix("+")
        self._lasting = kind.endswith("+")
        self._left = point or -1
        self._broken = False
        self._paused = False
        self.hit = False
        """Whether there is such a point."""
        for name in _CALLS:
            if hasattr(os, name):
                setattr(os, name, self._guarded(name, getattr(os, name)))
        self._fdopen, self._open = os.fdopen, io.open
        os.fdopen = self._opened_descriptor  # type: ignore[assignment]
        builtins.open = io.open = self._opened  # type: ignore[assignment]

    def mend(self) -> None:
        """From now on all is well."""
        self._left, self._broken = -1, False

    @contextmanager
    def paused(self) -> Iterator[None]:
        """What is done here is not the program's: it is neither counted nor refused."""
        before, self._paused = self._paused, True
        yield
        self._paused = before

    def meet(self, name: str, do_half: Callable[[], object] | None = None) -> None:
        """A call is about to be made."""
        if self._paused or (self.kind == "TORN" and do_half is None):
            return
        self._left -= 1
        if self._left != 0 and not self._broken:
            return
        self.hit = True
        self._broken = self._lasting
        if do_half is not None and self.kind != "KILL":
            with suppress(OSError):  # a call that this system does not offer does no half, either
                do_half()
        if self.kind in ("KILL", "TORN"):
            os.kill(os.getpid(), signal.SIGKILL)
        number = getattr(errno, self.kind)
        raise OSError(number, os.strerror(number), name)

    def _guarded(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def half(arguments: tuple[Any, ...]) -> object:
            place = _WRITES[name]
            data = arguments[place]
            less = data // 2 if isinstance(data, int) else memoryview(data)[: len(data) // 2]
            return call(*arguments[:place], less, *arguments[place + 1 :])

        def guarded(*arguments: Any, **keywords: Any) -> Any:
            self.meet(name, (lambda: half(arguments)) if name in _WRITES else None)
            return None if name in _PRETENDED else call(*arguments, **keywords)

        return guarded

    def _opened_descriptor(self, descriptor: int, mode: str = "r", *rest: Any, **keywords: Any) -> Any:
        if mode == "wb":
            return io.BufferedWriter(_Raw(self, descriptor, "w"))
        return self._fdopen(descriptor, mode, *rest, **keywords)

    def _opened(self, file: Any, mode: str = "r", *rest: Any, **keywords: Any) -> Any:
        if not set(mode) & set("wax+") or isinstance(file, int):
            return self._open(file, mode, *rest, **keywords)
        self.meet("open")
        if mode == "wb":
            return io.BufferedWriter(_Raw(self, file, "w"))
        return self._open(file, mode, *rest, **keywords)


class _Raw(io.FileIO):
    """A file whose buffered writes are counted as well: they do not go through ``os.write``."""

    def __init__(self, faults: DiskFaults, file: Any, mode: str) -> None:
        super().__init__(file, mode)
        self._faults = faults

    def write(self, data: Any) -> int:
        view = memoryview(data)
        self._faults.meet("write", lambda: super(_Raw, self).write(view[: len(view) // 2]))
        return super().write(view)

"""The file that a launch uploads."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

from ftdesk.errors import InputError


def size_of(path: Path) -> int:
    """The size of a training file in bytes. Raises ``InputError`` for what cannot be one."""
    try:
        facts = path.stat()
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    if stat.S_ISDIR(facts.st_mode):
        raise InputError(f"{path} is a folder.", hint="Give a JSONL file.")
    # Asked before opening: to open a pipe waits for somebody to write into it.
    if not stat.S_ISREG(facts.st_mode):
        raise InputError(f"{path} is not an ordinary file.", hint="Give a JSONL file.")
    if facts.st_size == 0:
        raise InputError(f"{path} is empty.", hint="Write examples into it first.")
    return facts.st_size


def sha256_of(path: Path) -> str:
    """The SHA-256 of a training file in hex. Raises ``InputError`` for what cannot be one."""
    size_of(path)
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError | ValueError) -> InputError:
    reason = (isinstance(error, OSError) and error.strerror) or str(error)
    return InputError(f"{path} cannot be read: {reason}.", str(error), "Check the name and the permissions.")

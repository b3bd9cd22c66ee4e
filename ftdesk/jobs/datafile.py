"""The file that a launch uploads."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

from ftdesk.errors import InputError


def sha256_of(path: Path) -> str:
    """The file's SHA-256 in hex. Raises ``InputError`` for what cannot be a training file."""
    try:
        facts = path.stat()
        if stat.S_ISDIR(facts.st_mode):
            raise InputError(f"{path} is a folder.", hint="Give a JSONL file.")
        # Asked before opening: to open a pipe waits for somebody to write into it.
        if not stat.S_ISREG(facts.st_mode):
            raise InputError(f"{path} is not an ordinary file.", hint="Give a JSONL file.")
        if facts.st_size == 0:
            raise InputError(f"{path} is empty.", hint="Write examples into it first.")
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise InputError(f"{path} cannot be read: {reason}.", hint="Check the name and the permissions.") from error

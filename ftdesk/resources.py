"""Finds the files that ship with ftdesk: icons, fonts, token vocabularies, samples."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from ftdesk.errors import FtdeskError


@cache
def folder() -> Path:
    """The folder that holds all of them.

    An installed ftdesk carries it inside the package; in a checkout it lies beside the package.
    """
    package = Path(__file__).resolve().parent
    installed = package / "resources"
    return installed if installed.is_dir() else package.parent / "resources"


def path(name: str) -> Path:
    """The file or folder ``name``, such as ``icons/ftdesk.svg``. Raises ``FtdeskError`` if it is missing."""
    found = folder() / name
    if not found.exists():
        raise FtdeskError(f"{found}, a part of ftdesk, is missing.", hint="Install ftdesk again.")
    return found

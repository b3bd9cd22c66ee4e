"""The settings on disk."""

from __future__ import annotations

from pathlib import Path

from ftdesk.errors import InputError
from ftdesk.settings import Settings, format_settings, parse_settings
from ftdesk.storage.folders import make_folder


def read_settings(path: Path) -> Settings:
    """Settings from ``path``, or the defaults where there is no file. Raises ``InputError`` that names file and key."""
    try:
        return parse_settings(path.read_text("utf-8"))
    except FileNotFoundError:
        return Settings()
    except (OSError, ValueError) as error:
        raise InputError(
            f"The settings file {path} cannot be used: {error}.", hint="Repair the file, or remove it to start afresh."
        ) from error


def write_settings(path: Path, settings: Settings) -> None:
    """Replace the file. Raises ``StorageError``; the old settings are then still there."""
    # Reading is on the way to the first paint, and needs none of this.
    from ftdesk.storage.files import write_atomic

    make_folder(path.parent)
    write_atomic(path, [format_settings(settings).encode()])

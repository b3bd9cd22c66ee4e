"""Where the app keeps what it keeps."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from ftdesk.errors import StorageError


@dataclass(frozen=True, slots=True)
class Folders:
    """The app's own folders. They are made on first use, readable by their owner only."""

    data: Path
    config: Path
    cache: Path
    logs: Path

    @staticmethod
    def of_user() -> Folders:
        """The platform's usual folders, or all of them under ``FTDESK_HOME`` where that is set."""
        home = os.environ.get("FTDESK_HOME")
        if home:
            return Folders.under(Path(home).expanduser().absolute())
        from platformdirs import PlatformDirs

        places = PlatformDirs("ftdesk", appauthor=False)
        return Folders(places.user_data_path, places.user_config_path, places.user_cache_path, places.user_log_path)

    @staticmethod
    def under(home: Path) -> Folders:
        """All of them in one folder, as ``FTDESK_HOME`` has them."""
        return Folders(home / "data", home / "config", home / "cache", home / "logs")

    @property
    def engine(self) -> Path:
        """The data of the built-in host."""
        return self.data / "engine"

    @property
    def journals(self) -> Path:
        """Edits that are not saved yet."""
        return self.data / "journals"

    @property
    def backups(self) -> Path:
        """Earlier versions of datasets."""
        return self.data / "backups"

    @property
    def labels(self) -> Path:
        """Tags and notes of examples."""
        return self.data / "labels"

    @property
    def checks(self) -> Path:
        """Results of earlier checks."""
        return self.cache / "checks"

    @property
    def database(self) -> Path:
        return self.data / "ftdesk.sqlite3"

    @property
    def prices(self) -> Path:
        """The user's own prices of hosts."""
        return self.config / "prices"

    @property
    def settings(self) -> Path:
        return self.config / "settings.toml"


def make_folder(path: Path) -> Path:
    """Make ``path`` and its parents, private to the user. Raises ``StorageError`` when that fails."""
    try:
        # One by one: mkdir(parents=True) gives the mode to the last one only.
        for folder in [*reversed(path.parents), path]:
            if not folder.is_dir():
                folder.mkdir(exist_ok=True, mode=0o700)
    except OSError as error:
        raise StorageError(
            f"Cannot make the folder {path}: {error.strerror}.",
            str(error),
            "Check its permissions, or set FTDESK_HOME to a folder you can write to.",
        ) from error
    return path

"""The composition root: builds folders, settings, storage, hosts and services, and closes them in reverse.

Nothing is imported or opened before it is asked for, so that the window paints first and ``ftdesk check`` never loads
an SDK.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from ftdesk.storage.folders import Folders

if TYPE_CHECKING:
    from ftdesk.evaluation.service import EvaluationService
    from ftdesk.hosts.connections import HostConnections
    from ftdesk.jobs.service import JobService
    from ftdesk.playground.service import PlaygroundService
    from ftdesk.settings import Settings
    from ftdesk.storage.database import Database
    from ftdesk.storage.secrets import Secrets


class App:
    """Everything that lives as long as the process. Close it with ``aclose``."""

    def __init__(self, folders: Folders | None = None) -> None:
        self.folders = folders or Folders.of_user()

    @cached_property
    def settings(self) -> Settings:
        """The settings as they were at the start; change them through ``save_settings``. Raises ``InputError``."""
        from ftdesk.storage.settings_file import read_settings

        return read_settings(self.folders.settings)

    def save_settings(self, settings: Settings) -> None:
        """Keep ``settings``. Raises ``StorageError``."""
        from ftdesk.storage.settings_file import write_settings

        write_settings(self.folders.settings, settings)
        self.__dict__["settings"] = settings

    @cached_property
    def database(self) -> Database:
        from ftdesk.storage.database import Database

        return Database(self.folders.database)

    @cached_property
    def secrets(self) -> Secrets:
        from ftdesk.storage.secrets import Secrets

        return Secrets()

    @cached_property
    def hosts(self) -> HostConnections:
        from ftdesk.hosts.connections import HostConnections

        return HostConnections(self.settings.hosts, self.secrets, self.folders)

    @cached_property
    def jobs(self) -> JobService:
        from ftdesk.jobs.service import JobService

        return JobService(self.database, self.hosts)

    @cached_property
    def playground(self) -> PlaygroundService:
        from ftdesk.playground.service import PlaygroundService

        return PlaygroundService(self.hosts)

    @cached_property
    def evaluation(self) -> EvaluationService:
        from ftdesk.evaluation.service import EvaluationService

        return EvaluationService(self.database, self.hosts)

    async def aclose(self) -> None:
        """Close what was opened, in reverse order. Safe to call twice."""
        opened = self.__dict__
        if "hosts" in opened:
            await self.hosts.aclose()
        if "database" in opened:
            self.database.close()

"""All connections of the app. The built-in host is always among them and is started when it is first used."""

from __future__ import annotations

import asyncio
import difflib
import os
import re
from collections.abc import Callable, Mapping

from ftdesk.errors import InputError
from ftdesk.hosts.bridge import BridgedClient, Source, WireClient
from ftdesk.hosts.endpoint import Endpoint, Limits, parse_base_url
from ftdesk.hosts.local import EngineTimes, LocalSource
from ftdesk.hosts.loop import HostLoop
from ftdesk.hosts.profiles import HostProfile, profile_named
from ftdesk.hosts.profiles.local import BUILT_IN
from ftdesk.hosts.types import LOCAL, HostClient
from ftdesk.settings import HostEntry
from ftdesk.storage.folders import Folders
from ftdesk.storage.secrets import Secrets


class HostConnections:
    """Implements ``Hosts``. Clients are opened on first use, and run on a loop in a thread of their own."""

    def __init__(
        self,
        entries: Mapping[str, HostEntry],
        secrets: Secrets,
        folders: Folders,
        limits: Limits | None = None,
        times: EngineTimes | None = None,
    ) -> None:
        self._entries = dict(entries)
        self._secrets = secrets
        self._folders = folders
        self._limits = limits or Limits()
        self._times = times
        self._calls = HostLoop("ftdesk-hosts")
        self._uploads = HostLoop("ftdesk-uploads")
        self._clients: dict[str, BridgedClient] = {}

    def names(self) -> list[str]:
        """The built-in host first, then the others as they were added."""
        return [LOCAL, *self._entries]

    def profile(self, name: str) -> HostProfile:
        """What host ``name`` can do. Raises ``InputError`` for an unknown name."""
        return BUILT_IN if name == LOCAL else profile_named(self._entry(name).profile)

    async def client(self, name: str) -> HostClient:
        """The connection ``name``. Nothing is sent yet. Raises ``InputError`` for a name or an entry of no use."""
        if name not in self._clients:
            source = self._local() if name == LOCAL else await self._remote(name)
            self._clients.setdefault(name, BridgedClient(self._calls, source))
        return self._clients[name]

    async def update(self, entries: Mapping[str, HostEntry]) -> None:
        """Go on with these connections; those that changed or are gone are closed."""
        former, self._entries = self._entries, dict(entries)
        for name in former:
            if self._entries.get(name) != former[name]:
                await self.forget(name)

    async def forget(self, name: str) -> None:
        """Close connection ``name``, so that the next use takes its key anew."""
        client = self._clients.pop(name, None)
        if client is not None:
            await client.aclose()

    async def aclose(self) -> None:
        """Close all connections and stop the built-in host if we started it. Safe to call twice."""
        clients, self._clients = list(self._clients.values()), {}
        try:
            await asyncio.gather(*(client.aclose() for client in clients))
        finally:
            await self._uploads.aclose()
            await self._calls.aclose()

    def _local(self) -> Source:
        return LocalSource(self._folders.engine, self._open, self._limits, self._times)

    async def _remote(self, name: str) -> Source:
        entry = self._entry(name)
        key = await self._secrets.get(name)
        endpoint = Endpoint(name, parse_base_url(entry.base_url), key, profile_named(entry.profile), self._limits)
        return RemoteSource(lambda: self._open(endpoint))

    def _entry(self, name: str) -> HostEntry:
        if name in self._entries:
            return self._entries[name]
        near = difflib.get_close_matches(name, self.names(), 1)
        hint = f"Did you mean “{near[0]}”?" if near else f"There are: {', '.join(self.names())}."
        raise InputError(f"There is no host “{name}”.", hint=hint)

    def _open(self, endpoint: Endpoint) -> WireClient:
        # The SDK takes a second to import, so that is done on the hosts' loop, when a host is first used.
        # OPENAI_LOG would make it install a log handler of its own.
        os.environ.pop("OPENAI_LOG", None)
        from ftdesk.hosts.openai_client import OpenAIClient

        return OpenAIClient(endpoint, self._uploads)


class RemoteSource:
    """Implements ``Source`` for a host elsewhere, which we cannot start again."""

    def __init__(self, open_client: Callable[[], WireClient]) -> None:
        self._open = open_client
        self._client: WireClient | None = None

    async def client(self) -> WireClient:
        if self._client is None:
            self._client = self._open()
        return self._client

    async def lost(self, client: WireClient) -> bool:
        del client
        return False

    async def aclose(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()


def check_host_name(name: str) -> None:
    """Raises ``InputError`` unless ``name`` can be the first half of a model's name."""
    if name == LOCAL:
        raise InputError("“local” is the built-in host.", hint="Choose another name.")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name):
        raise InputError(f"“{name}” cannot be the name of a host.", hint="Use letters, digits, dots and hyphens.")

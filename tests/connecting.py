"""Connections to hosts of a test, with waits short enough for one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from openai_server import OpenAIServer

from ftdesk.hosts.connections import HostConnections
from ftdesk.hosts.endpoint import Limits
from ftdesk.hosts.types import HostClient
from ftdesk.settings import HostEntry
from ftdesk.storage.folders import Folders
from ftdesk.storage.secrets import Key, Secrets

QUICK = Limits(
    connect=10, control=1.5, deadline=4, upload=1.5, chat=1.5, retries=0, reply_bytes=200_000, file_bytes=200_000
)
PATIENT = Limits(retries=0)
NOWHERE = Path("/nonexistent")


@asynccontextmanager
async def connections(
    urls: Mapping[str, str],
    *,
    key: str | None = None,
    profile: str = "openai-compatible",
    limits: Limits = PATIENT,
    root: Path = NOWHERE,
) -> AsyncIterator[HostConnections]:
    """Connections by name, all with ``key``, closed at the end of the block."""
    secrets = Secrets(keyrings=())
    for name in urls if key else ():
        await secrets.set(name, Key.parse(key or ""))
    entries = {name: HostEntry(profile, url) for name, url in urls.items()}
    hosts = HostConnections(entries, secrets, Folders.under(root), limits)
    try:
        yield hosts
    finally:
        await hosts.aclose()


@asynccontextmanager
async def client_of(
    server: OpenAIServer | str,
    *,
    key: str | None = None,
    profile: str = "openai-compatible",
    limits: Limits = PATIENT,
) -> AsyncIterator[HostClient]:
    """A client of one host, called ``acme``."""
    url = server if isinstance(server, str) else server.base_url
    async with connections({"acme": url}, key=key, profile=profile, limits=limits) as hosts:
        yield await hosts.client("acme")

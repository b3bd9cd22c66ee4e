"""Which host and model ``--host`` and ``--model`` mean, where the user's own connections count like the hosts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from ftdesk.settings import HostEntry
from ftdesk.storage.folders import Folders
from ftdesk.storage.settings_file import read_settings


@dataclass(frozen=True, slots=True)
class Target:
    """``host`` is as the user named it, ``None`` where no host was named.

    ``filed_under`` is what requirements and prices of that host are filed under: its profile if it is a connection.
    """

    host: str | None
    filed_under: str | None
    model: str | None
    is_connection: bool


def target_of(host: str | None, model: str | None, known: Collection[str]) -> Target:
    """``known`` are the hosts that data is filed under. Nothing is said about a host that is none of them.

    A model may itself hold a slash, so only a connection or a known host is split off. Raises ``InputError`` for
    settings that cannot be used.
    """
    named, slash, rest = (model or "").partition("/")
    # Only a name can be a connection's: a check without one reads no settings.
    connections = read_settings(Folders.of_user().settings).hosts if host or slash else {}
    if slash and (named in connections or named in known):
        host, model = host or named, rest or None
    return Target(host, host and _filed_under(host, connections, known), model, host in connections)


def _filed_under(host: str, connections: Mapping[str, HostEntry], known: Collection[str]) -> str:
    """The profile of a connection, unless only a file of the connection's own name is there."""
    entry = connections.get(host)
    if entry is None or (entry.profile not in known and host in known):
        return host
    return entry.profile

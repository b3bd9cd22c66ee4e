"""Where a host is, and how much we put up with from it."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from ftdesk.errors import InputError
from ftdesk.hosts.profiles import HostProfile
from ftdesk.hosts.types import LOCAL
from ftdesk.storage.secrets import Key


@dataclass(frozen=True, slots=True)
class Limits:
    """How long we wait, in seconds, how often we ask again, and how many bytes we take.

    ``control``, ``upload`` and ``chat`` limit a single wait for bytes, ``deadline`` a whole control call: a server that
    sends a byte now and then would otherwise hold a call for ever. Only calls that are safe to repeat are retried.
    """

    connect: float = 5.0
    control: float = 60.0
    deadline: float = 90.0
    upload: float = 600.0
    chat: float = 600.0
    retries: int = 2
    reply_bytes: int = 32 << 20
    file_bytes: int = 1 << 30


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One connection: all that a client needs. ``key`` is ``None`` for a host that wants none."""

    name: str
    base_url: str
    key: Key | None
    profile: HostProfile
    limits: Limits = field(default_factory=Limits)

    @property
    def label(self) -> str:
        """How sentences call the host."""
        return "The built-in host" if self.name == LOCAL else f"“{self.name}”"

    @property
    def address(self) -> str:
        """Host name and port, for sentences."""
        return urlsplit(self.base_url).netloc


def parse_base_url(text: str) -> str:
    """A base URL that is safe to send a key and training data to, without a slash at its end.

    Raises ``InputError`` unless it is https, or http on this computer, without user name, query or fragment.
    """
    try:
        parts = urlsplit(text.strip())
        _ = parts.port
    except ValueError as error:
        raise InputError(f"“{text}” is not an address: {error}.", hint=_EXAMPLE) from error
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise InputError(f"“{text}” is not the address of a host.", hint=_EXAMPLE)
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise InputError(f"“{_without_user(parts)}” holds more than an address.", hint=_EXAMPLE)
    if parts.scheme == "http" and not _is_this_computer(parts.hostname):
        raise InputError(
            f"“{text}” is not encrypted, so anyone on the way could read the key and the data.",
            hint="Use https; http is for this computer only.",
        )
    return parts.geturl().rstrip("/")


def is_loopback(base_url: str) -> bool:
    """Whether the address never leaves this computer, and so must never go through a proxy."""
    return _is_this_computer(urlsplit(base_url).hostname or "")


_EXAMPLE = "Write it like https://api.openai.com/v1 or http://127.0.0.1:8000/v1."


def _is_this_computer(hostname: str) -> bool:
    if hostname.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(hostname).is_loopback
    except ValueError:
        return False


def _without_user(parts: SplitResult) -> str:
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()

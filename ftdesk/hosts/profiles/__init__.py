"""What differs from host to host, as data. A new host is a module here and a line in ``PROFILES``."""

from __future__ import annotations

from ftdesk.errors import InputError
from ftdesk.hosts.profiles.azure import AZURE
from ftdesk.hosts.profiles.compatible import COMPATIBLE
from ftdesk.hosts.profiles.crusoe import CRUSOE
from ftdesk.hosts.profiles.local import BUILT_IN
from ftdesk.hosts.profiles.nebius import NEBIUS
from ftdesk.hosts.profiles.openai import OPENAI
from ftdesk.hosts.profiles.profile import HostProfile, Hyperparameter

__all__ = ["PROFILES", "HostProfile", "Hyperparameter", "profile_named"]

PROFILES: tuple[HostProfile, ...] = (BUILT_IN, OPENAI, AZURE, NEBIUS, CRUSOE, COMPATIBLE)


def profile_named(name: str) -> HostProfile:
    """Raises ``InputError`` that lists the names there are."""
    for profile in PROFILES:
        if profile.name == name:
            return profile
    names = ", ".join(profile.name for profile in PROFILES if profile is not BUILT_IN)
    raise InputError(f"There is no host profile “{name}”.", hint=f"Choose one of {names}.")

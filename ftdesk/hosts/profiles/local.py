"""The host that is built in."""

from __future__ import annotations

from ftdesk.hosts.profiles.profile import DPO, SUPERVISED, HostProfile
from ftdesk.hosts.types import LOCAL

BUILT_IN = HostProfile(
    name=LOCAL,
    title="The built-in host",
    as_of="2026-11-22",
    source="ftdesk.engine",
    methods={"supervised": SUPERVISED, "dpo": DPO},
)

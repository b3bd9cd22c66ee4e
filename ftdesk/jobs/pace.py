"""How often hosts are asked. All in seconds."""

from __future__ import annotations

from dataclasses import dataclass

from ftdesk.hosts.types import LOCAL


@dataclass(frozen=True, slots=True)
class Interval:
    """Shortest and longest wait between two looks; in between it grows while nothing happens."""

    shortest: float
    longest: float

    def after(self, wait: float, *, is_active: bool) -> float:
        return self.shortest if is_active else min(wait * 1.5, self.longest)


@dataclass(frozen=True, slots=True)
class Pace:
    """``search`` are the waits before each look for a job whose creation was not confirmed.

    A launching process gives a sign of life every ``heartbeat``; one silent for ``silence`` is taken for dead.
    """

    local: Interval = Interval(0.3, 2.0)
    remote: Interval = Interval(2.0, 30.0)
    lost: Interval = Interval(1.0, 30.0)
    search: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0, 8.0, 15.0)
    heartbeat: float = 2.0
    silence: float = 10.0

    def of(self, host: str) -> Interval:
        return self.local if host == LOCAL else self.remote

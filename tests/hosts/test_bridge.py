"""What is asked again when a host went away and came back, and what never is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import pytest

from ftdesk.errors import HostRefusedError, HostUnreachableError
from ftdesk.hosts.bridge import BridgedClient
from ftdesk.hosts.loop import HostLoop
from ftdesk.hosts.types import ChatDelta, ChatOptions, JobRequest


class Wire:
    """Fails its first call with ``error``, whatever it is."""

    def __init__(self, error: Exception | None) -> None:
        self.calls: list[str] = []
        self.error = error

    def __getattr__(self, name: str) -> Any:
        async def call(*_: Any, **__: Any) -> str:
            return self._take(name)

        return call

    async def chat(self, *_: Any) -> AsyncGenerator[ChatDelta]:
        yield ChatDelta(self._take("chat"))

    def _take(self, name: str) -> str:
        self.calls.append(name)
        if self.error is not None:
            error, self.error = self.error, None
            raise error
        return "done"


class Source:
    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.losses = 0

    async def client(self) -> Any:
        return self.wire

    async def lost(self, _client: Any) -> bool:
        self.losses += 1
        return True

    async def aclose(self) -> None:
        pass


def bridged(error: Exception, *path: Any) -> tuple[list[str], object]:
    """The calls that were made of method ``path[0]``, and what came of them."""

    async def run() -> tuple[list[str], object]:
        wire, loop = Wire(error), HostLoop("test")
        client = BridgedClient(loop, Source(wire))  # type: ignore[arg-type]
        try:
            if path[0] == "chat":
                outcome: object = [item async for item in client.chat("m", [], ChatOptions())]
            else:
                outcome = await getattr(client, path[0])(*path[1:])
        except Exception as raised:  # noqa: BLE001 - whatever comes out is the outcome
            outcome = raised
        await client.aclose()
        await loop.aclose()
        return wire.calls, outcome

    return asyncio.run(run())


LOST = HostUnreachableError("lost")
NEVER_SENT = HostUnreachableError("never sent", never_sent=True)
PAID = [("create_job", JobRequest("m", "f")), ("upload", None), ("cancel", "j"), ("pause", "j"), ("resume", "j")]
SAFE = [("models",), ("job", "j"), ("jobs",), ("events", "j"), ("checkpoints", "j"), ("delete_file", "f")]


@pytest.mark.parametrize("call", SAFE, ids=lambda call: call[0])
def test_what_is_safe_to_repeat_is_asked_again(call: tuple[Any, ...]) -> None:
    calls, outcome = bridged(LOST, *call)
    assert len(calls) == 2
    assert outcome in {"done", None}


@pytest.mark.parametrize("call", [*PAID, ("chat",)], ids=lambda call: call[0])
def test_what_may_have_taken_effect_is_not(call: tuple[Any, ...]) -> None:
    calls, outcome = bridged(LOST, *call)
    assert len(calls) == 1
    assert outcome is LOST


@pytest.mark.parametrize("call", [*PAID, ("chat",)], ids=lambda call: call[0])
def test_what_was_never_sent_is(call: tuple[Any, ...]) -> None:
    calls, outcome = bridged(NEVER_SENT, *call)
    assert len(calls) == 2
    assert outcome in ("done", [ChatDelta("done")])


@pytest.mark.parametrize("call", [*SAFE, *PAID, ("chat",)], ids=lambda call: call[0])
def test_a_host_that_answers_is_not_lost(call: tuple[Any, ...]) -> None:
    refusal = HostRefusedError("no", status=400)
    assert bridged(refusal, *call) == ([call[0]], refusal)

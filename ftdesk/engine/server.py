"""The process that listens: one socket on 127.0.0.1, one event loop, and a parent that it does not outlive."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from types import FrameType

import uvicorn
from typing_extensions import override

from ftdesk.engine.api.app import create_app
from ftdesk.engine.api.context import Engine
from ftdesk.errors import InputError

_STDIN = 0
_GRACE_SECONDS = 1
"""How long answers under way may take when the server stops."""
_KEEP_ALIVE_SECONDS = 75
"""Longer than clients keep idle connections, so that it is they who close them."""


def serve(engine: Engine, listener: socket.socket, announce: Callable[[str, str], None], *, with_parent: bool) -> None:
    """Answer requests until told to stop, by a signal or by the end of the parent.

    ``announce`` is called once with base URL and token, when connections are accepted.
    """
    port = int(listener.getsockname()[1])
    token = secrets.token_urlsafe(32)
    config = uvicorn.Config(
        create_app(engine, port=port, token=token),
        loop="asyncio",
        http="h11",
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
    )
    server = _Server(config, engine, lambda: announce(f"http://127.0.0.1:{port}/v1", token))
    with ExitStack() as stack:
        # uvicorn ends with the signal that stopped it, under the handlers it found here: give it harmless ones.
        for number in (signal.SIGTERM, signal.SIGINT):
            former = signal.signal(number, server.stop)
            stack.callback(signal.signal, number, former)
        if with_parent:
            threading.Thread(target=_watch_parent, args=(server,), name="parent", daemon=True).start()
        server.run(sockets=[listener])


def listen(port: int) -> socket.socket:
    """Bind to 127.0.0.1; 0 lets the system choose a free port. Raises ``InputError``."""
    # asyncio turns Nagle's algorithm off only for sockets that name their protocol; without that an answer takes 45 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if sys.platform == "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise InputError(
            f"Cannot listen on port {port} of 127.0.0.1.", str(error), "Choose another port, or 0 for any free one."
        ) from error
    return listener


class _Server(uvicorn.Server):
    """Says when it is ready, and lets go of its processes as soon as it stops rather than after the last answer."""

    def __init__(self, config: uvicorn.Config, engine: Engine, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._engine = engine
        self._ready = ready

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()

    @override
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._engine.scheduler.release()
        await super().shutdown(sockets)

    def stop(self, _signal: int = 0, _frame: FrameType | None = None) -> None:
        self.should_exit = True


def _watch_parent(server: _Server) -> None:
    # The raw descriptor: a daemon thread inside sys.stdin would hold its lock while the interpreter shuts down.
    while os.read(_STDIN, 64):
        pass
    server.stop()

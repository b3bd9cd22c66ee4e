"""The built-in host: finds the engine of this user that runs already, or starts one and stops it again."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ftdesk.errors import ExitStatus, FtdeskError, HostUnreachableError
from ftdesk.hosts.bridge import WireClient
from ftdesk.hosts.endpoint import Endpoint, Limits, is_loopback
from ftdesk.hosts.profiles.local import BUILT_IN
from ftdesk.hosts.types import LOCAL
from ftdesk.storage.folders import make_folder
from ftdesk.storage.secrets import Key

Open = Callable[[Endpoint], WireClient]


def engine_command(folder: Path) -> list[str]:
    """What starts the engine on ``folder`` for as long as our end of its standard input is open."""
    frozen = getattr(sys, "frozen", False)
    # -P: a json.py in the folder where somebody keeps data is not a module of ours.
    program = [sys.executable, "engine"] if frozen else [sys.executable, "-P", "-m", "ftdesk.engine"]
    return [*program, "--data", str(folder), "--with-parent"]


@dataclass(frozen=True, slots=True)
class EngineTimes:
    """Seconds: to start, to stop, and to answer when asked whether it is there."""

    start: float = 60.0
    stop: float = 5.0
    answer: float = 5.0


class LocalSource:
    """Implements ``Source``. Runs on the hosts' loop only.

    An engine that another program of this user runs is used and not stopped. Whichever it is, after it has gone away
    the next call finds or starts another.
    """

    def __init__(self, folder: Path, open_client: Open, limits: Limits, times: EngineTimes | None = None) -> None:
        self._folder = folder
        self._open = open_client
        self._limits = limits
        self._times = times or EngineTimes()
        self._one_at_a_time = asyncio.Lock()
        self._client: WireClient | None = None
        self._process: EngineProcess | None = None

    async def client(self) -> WireClient:
        """Raises ``HostUnreachableError`` when no engine answers and none can be started."""
        async with self._one_at_a_time:
            if self._process is not None and self._process.has_ended:
                await self._let_go()
            if self._client is None:
                self._client = await self._running() or await self._started()
            return self._client

    async def lost(self, client: WireClient) -> bool:
        async with self._one_at_a_time:
            if client is not self._client:
                return True  # somebody else found out already
            is_there = await self._answers(client) if self._process is None else not await self._process.ends()
            if not is_there:
                await self._let_go()
            return not is_there

    async def aclose(self) -> None:
        async with self._one_at_a_time:
            await self._let_go()

    async def _let_go(self) -> None:
        client, process = self._client, self._process
        self._client = self._process = None
        if client is not None:
            await client.aclose()
        if process is not None:
            await process.stop()

    async def _running(self) -> WireClient | None:
        """A client for the engine that ``endpoint.json`` tells of, if it answers."""
        address = _announced(self._folder / "endpoint.json")
        if address is None:
            return None
        client = self._open(self._endpoint(*address))
        if await self._answers(client):
            return client
        await client.aclose()
        return None

    async def _started(self) -> WireClient:
        """A client for an engine of our own, or for the one that another program started at the same moment."""
        process = EngineProcess(make_folder(self._folder), self._times)
        deadline = asyncio.get_running_loop().time() + self._times.start
        while True:
            address = await process.start()
            if address is not None:
                self._process = process
                return self._open(self._endpoint(*address))
            # The folder is held, so somebody else's engine starts up, or winds down. Wait for either.
            await asyncio.sleep(0.25)
            client = await self._running()
            if client is not None:
                return client
            if asyncio.get_running_loop().time() > deadline:
                raise process.failure()

    async def _answers(self, client: WireClient) -> bool:
        try:
            async with asyncio.timeout(self._times.answer):
                await client.models()
        except (TimeoutError, FtdeskError):
            return False
        return True

    def _endpoint(self, base_url: str, key: str) -> Endpoint:
        return Endpoint(LOCAL, base_url, Key.parse(key), BUILT_IN, self._limits)


class EngineProcess:
    """The engine as a child process. Closing its standard input stops it, and so does the end of this program."""

    def __init__(self, folder: Path, times: EngineTimes) -> None:
        self._folder = folder
        self._times = times
        self._process: asyncio.subprocess.Process | None = None
        self._readers: list[asyncio.Task[None]] = []
        self._last_words = ""

    @property
    def has_ended(self) -> bool:
        return self._process is None or self._process.returncode is not None

    async def start(self) -> tuple[str, str] | None:
        """Base URL and key when it is ready; ``None`` when another engine holds the folder.

        Raises ``HostUnreachableError`` when it ends otherwise, or is not ready in time.
        """
        self._process = await _spawn(self._folder)
        self._readers = [asyncio.create_task(self._read_errors(self._process))]
        try:
            async with asyncio.timeout(self._times.start):
                address = await self._ready_line(self._process)
        except TimeoutError:
            address = None
        except BaseException:
            await self.stop()
            raise
        if address is not None:
            self._readers.append(asyncio.create_task(_drain(self._process.stdout)))
            return address
        await self.stop()
        # The status says unusable, which may have other reasons; its words say which.
        if self._process.returncode == ExitStatus.UNUSABLE and "already using" in self._last_words:
            return None
        raise self.failure()

    async def ends(self) -> bool:
        """Whether it is gone. A process whose connections have just broken is given a moment to be found dead."""
        if self._process is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), 0.5)
        return self.has_ended

    async def stop(self) -> None:
        """End it, gently at first, and wait until it is gone."""
        process = self._process
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        for push in (process.terminate, process.kill):
            try:
                await asyncio.wait_for(process.wait(), self._times.stop)
                break
            except TimeoutError:
                with contextlib.suppress(ProcessLookupError):
                    push()
        await process.wait()
        # What it started itself may hold its pipes open for longer.
        _, reading = await asyncio.wait(self._readers, timeout=1)
        for reader in reading:
            reader.cancel()
        await asyncio.gather(*self._readers, return_exceptions=True)

    def failure(self) -> HostUnreachableError:
        """The error that gives its last line for a reason, and all of its last words for the details."""
        code = self._process.returncode if self._process else None
        words = self._last_words.strip() or f"it ended with status {code}."
        reason = words.splitlines()[-1].removeprefix("ftdesk engine: ")
        return HostUnreachableError(f"The built-in host could not be started: {reason}", words, never_sent=True)

    async def _ready_line(self, process: asyncio.subprocess.Process) -> tuple[str, str] | None:
        line = await process.stdout.readline() if process.stdout else b""
        return _address(line)

    async def _read_errors(self, process: asyncio.subprocess.Process) -> None:
        """Keep the last words, and keep the pipe from filling up."""
        while process.stderr is not None and (chunk := await process.stderr.read(4096)):
            self._last_words = (self._last_words + chunk.decode("utf-8", "replace"))[-4096:]


async def _spawn(folder: Path) -> asyncio.subprocess.Process:
    # Its own session: Ctrl-C in a terminal is for us, and we end it in order.
    try:
        return await asyncio.create_subprocess_exec(
            *engine_command(folder),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=_environment(),
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        raise HostUnreachableError(
            f"The built-in host could not be started: {error.strerror or error}.", str(error), never_sent=True
        ) from error


def _environment() -> dict[str, str]:
    """Ours without keys. One BLAS thread: two of them on busy cores cost seven times the processor time."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "FTDESK_KEY_"))}
    return kept | {"OPENBLAS_NUM_THREADS": "1"}


async def _drain(stream: asyncio.StreamReader | None) -> None:
    while stream is not None and await stream.read(4096):
        pass


def _announced(path: Path) -> tuple[str, str] | None:
    """Address and key from ``endpoint.json``, unless somebody else could have written it."""
    try:
        with path.open("rb") as file:
            facts = os.fstat(file.fileno())
            is_ours = os.name == "nt" or (
                facts.st_uid == os.getuid() and not facts.st_mode & (stat.S_IRWXG | stat.S_IRWXO)
            )
            return _address(file.read(65_536)) if is_ours else None
    except OSError:
        return None


def _address(line: bytes) -> tuple[str, str] | None:
    """Base URL and key, if they lead to this computer."""
    try:
        found = json.loads(line)
        base_url, key = found["base_url"], found["api_key"]
    except (ValueError, TypeError, KeyError):
        return None
    is_good = isinstance(base_url, str) and isinstance(key, str) and base_url.startswith("http://")
    return (base_url.rstrip("/"), key) if is_good and is_loopback(base_url) else None

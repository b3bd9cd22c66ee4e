"""The built-in host as a client meets it: the real engine, found, started, lost and stopped."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ftdesk.errors import HostUnreachableError
from ftdesk.hosts import local
from ftdesk.hosts.connections import HostConnections
from ftdesk.storage.folders import Folders
from ftdesk.storage.secrets import Secrets

posix = pytest.mark.skipif(os.name == "nt", reason="looks into processes by POSIX means")


@asynccontextmanager
async def desk(root: Path) -> AsyncIterator[HostConnections]:
    """What one program of the user has open."""
    hosts = HostConnections({}, Secrets(keyrings=()), Folders.under(root))
    try:
        yield hosts
    finally:
        await hosts.aclose()


def announced(root: Path) -> dict[str, str | int]:
    return json.loads((Folders.under(root).engine / "endpoint.json").read_text())


def runs(pid: int) -> bool:
    """Whether the process is there, dead but not waited for included."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def models(hosts: HostConnections) -> list[str]:
    return [model.id for model in await (await hosts.client("local")).models()]


@posix
def test_the_engine_starts_with_the_first_call_and_is_gone_with_the_last(tmp_path: Path) -> None:
    async def run() -> int:
        async with desk(tmp_path) as hosts:
            assert not Folders.under(tmp_path).engine.exists()
            assert "tiny" in await models(hosts)
            return int(announced(tmp_path)["pid"])

    assert not runs(asyncio.run(run()))


@posix
def test_a_second_program_uses_the_engine_of_the_first_and_goes_on_without_it(tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path) as second:
            async with desk(tmp_path) as first:
                await models(first)
                pid = announced(tmp_path)["pid"]
                await models(second)
                assert announced(tmp_path)["pid"] == pid
            assert not runs(int(pid))
            await models(second)
            assert announced(tmp_path)["pid"] != pid

    asyncio.run(run())


@posix
def test_programs_that_start_at_the_same_moment_share_one_engine(tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path) as one, desk(tmp_path) as two, desk(tmp_path) as three:
            found = await asyncio.gather(models(one), models(two), models(three))
            assert all("tiny" in names for names in found)

    asyncio.run(run())


@posix
def test_an_engine_that_was_killed_is_started_again_by_the_next_call(tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path) as hosts:
            await models(hosts)
            pid = int(announced(tmp_path)["pid"])
            os.kill(pid, signal.SIGKILL)
            assert "tiny" in await models(hosts)
            assert not runs(pid), "a process that ended has to be waited for"
            assert announced(tmp_path)["pid"] != pid

    asyncio.run(run())


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_no_key_is_in_the_environment_or_the_arguments_of_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "canary")
    monkeypatch.setenv("FTDESK_KEY_ACME", "canary")

    async def run() -> None:
        async with desk(tmp_path) as hosts:
            await models(hosts)
            process = Path("/proc") / str(announced(tmp_path)["pid"])
            seen = (process / "environ").read_bytes() + (process / "cmdline").read_bytes()
            assert b"canary" not in seen
            assert str(announced(tmp_path)["api_key"]).encode() not in seen
            assert b"OPENBLAS_NUM_THREADS=1" in seen

    asyncio.run(run())


@posix
@pytest.mark.parametrize(
    "text", ['{"base_url": "http://127.0.0.1:1/v1", "api_key": "k"}', "{", "[]", '{"base_url": 1, "api_key": 2}']
)
def test_an_announcement_of_an_engine_that_is_gone_is_passed_over(tmp_path: Path, text: str) -> None:
    async def run() -> None:
        folder = Folders.under(tmp_path).engine
        folder.mkdir(parents=True)
        path = folder / "endpoint.json"
        path.touch(0o600)
        path.write_text(text)
        async with desk(tmp_path) as hosts:
            assert "tiny" in await models(hosts)

    asyncio.run(run())


@posix
@pytest.mark.parametrize(
    ("mode", "url"), [(0o644, "http://127.0.0.1:{port}/v1"), (0o600, "http://example.com:{port}/v1")]
)
def test_an_announcement_that_others_could_have_made_is_not_trusted(tmp_path: Path, mode: int, url: str) -> None:
    path = tmp_path / "endpoint.json"
    path.write_text(json.dumps({"base_url": url.format(port=80), "api_key": "k"}))
    path.chmod(mode)
    assert local._announced(path) is None
    path.write_text(json.dumps({"base_url": "http://127.0.0.1:80/v1/", "api_key": "k"}))
    path.chmod(0o600)
    assert local._announced(path) == ("http://127.0.0.1:80/v1", "k")


def test_an_engine_that_cannot_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = "import sys; sys.stderr.write('WARNING x\\nftdesk engine: The disk is full of cats.\\n'); sys.exit(2)"
    monkeypatch.setattr(local, "engine_command", lambda _folder: [sys.executable, "-c", program])

    async def run() -> None:
        async with desk(tmp_path) as hosts:
            with pytest.raises(
                HostUnreachableError, match=r"could not be started: The disk is full of cats\."
            ) as caught:
                await models(hosts)
            assert "WARNING x" in caught.value.detail
            assert caught.value.never_sent

    asyncio.run(run())


def test_a_program_that_is_missing_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "engine_command", lambda _folder: [str(tmp_path / "missing")])

    async def run() -> None:
        async with desk(tmp_path) as hosts:
            with pytest.raises(HostUnreachableError, match="could not be started: No such file"):
                await models(hosts)

    asyncio.run(run())


@posix
def test_an_engine_that_does_not_stop_by_itself_is_made_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # It answers nothing, ignores the end of its input and SIGTERM, and has a child that keeps its pipes open.
    program = (
        "import json, os, signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print(json.dumps({'base_url': 'http://127.0.0.1:1/v1', 'api_key': str(os.getpid())}), flush=True)\n"
        "time.sleep(600)\n"
    )
    monkeypatch.setattr(local, "engine_command", lambda _folder: [sys.executable, "-c", program])

    async def run() -> int:
        times = local.EngineTimes(stop=0.2, answer=0.2)
        hosts = HostConnections({}, Secrets(keyrings=()), Folders.under(tmp_path), times=times)
        with pytest.raises(HostUnreachableError):
            await models(hosts)
        client = await hosts.client("local")
        process = client._source._process  # type: ignore[attr-defined]
        assert process is not None
        pid = process._process.pid
        await hosts.aclose()
        return int(pid)

    assert not runs(asyncio.run(run()))

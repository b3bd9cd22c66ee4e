"""Connections by name, and calls from any loop."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from connecting import client_of, connections
from openai_server import OpenAIServer, hang, refuse

from ftdesk.errors import HostRefusedError, HostUnreachableError, InputError
from ftdesk.hosts.connections import HostConnections, check_host_name
from ftdesk.hosts.endpoint import Endpoint
from ftdesk.hosts.loop import HostLoop
from ftdesk.hosts.openai_client import OpenAIClient
from ftdesk.hosts.profiles import profile_named
from ftdesk.hosts.types import JobRequest, ModelName
from ftdesk.settings import HostEntry
from ftdesk.storage.folders import Folders
from ftdesk.storage.secrets import Key, Secrets


def test_the_built_in_host_is_always_there(tmp_path: Path) -> None:
    hosts = HostConnections(
        {"b": HostEntry("openai", "https://x/v1"), "a": HostEntry("azure", "https://y/v1")},
        Secrets(keyrings=()),
        Folders.under(tmp_path),
    )
    assert hosts.names() == ["local", "b", "a"]
    assert [hosts.profile(name).name for name in hosts.names()] == ["local", "openai", "azure"]


def test_an_unknown_name_is_refused_with_the_nearest(tmp_path: Path) -> None:
    async def run() -> None:
        async with connections({"openai": "https://x/v1"}, root=tmp_path) as hosts:
            with pytest.raises(InputError, match="no host “opanai”") as caught:
                await hosts.client("opanai")
            assert caught.value.hint == "Did you mean “openai”?"
            with pytest.raises(InputError, match="no host “zzz”") as caught:
                hosts.profile("zzz")
            assert caught.value.hint == "There are: local, openai."

    asyncio.run(run())


def test_an_entry_that_would_send_the_key_in_the_clear_is_refused() -> None:
    async def run() -> None:
        async with connections({"acme": "http://example.com/v1"}) as hosts:
            with pytest.raises(InputError, match="not encrypted"):
                await hosts.client("acme")

    asyncio.run(run())


@pytest.mark.parametrize("name", ["local", "", "a/b", "-x", "ä", "a b", "x" * 65])
def test_a_name_that_cannot_be_half_of_a_model_name_is_refused(name: str) -> None:
    with pytest.raises(InputError):
        check_host_name(name)


def test_a_name_that_can_be_is_taken() -> None:
    check_host_name("my-host_2.eu")
    assert ModelName.parse("my-host_2.eu/ft:a/b") == ModelName("my-host_2.eu", "ft:a/b")


def test_a_changed_entry_or_key_takes_effect_at_once(server: OpenAIServer, tmp_path: Path) -> None:
    async def run() -> None:
        secrets = Secrets(keyrings=())
        hosts = HostConnections(
            {"acme": HostEntry("openai-compatible", "http://127.0.0.1:1/v1")}, secrets, Folders.under(tmp_path)
        )
        with pytest.raises(HostUnreachableError):
            await (await hosts.client("acme")).models()
        entry = HostEntry("openai-compatible", server.base_url)
        await hosts.update({"acme": entry, "other": entry})
        await (await hosts.client("acme")).models()
        await secrets.set("acme", Key("sk-1"))
        await hosts.forget("acme")
        await (await hosts.client("acme")).models()
        await hosts.update({"other": entry})
        assert hosts.names() == ["local", "other"]
        await hosts.aclose()
        await hosts.aclose()

    asyncio.run(run())
    assert [request.headers.get("authorization") for request in server.requests] == [None, "Bearer sk-1"]


def test_the_sdk_is_imported_when_a_host_is_first_asked_and_on_another_thread(server: OpenAIServer) -> None:
    program = f"""
import asyncio, json, sys, threading
from pathlib import Path
sys.path[:0] = {[str(Path(__file__).parents[1])]!r}
from connecting import connections
importers = set()
class Spy:
    def find_spec(self, name, path=None, target=None):
        if name == "openai":
            importers.add(threading.current_thread().name)
sys.meta_path.insert(0, Spy())
async def run():
    async with connections({{"acme": {server.base_url!r}}}) as hosts:
        client = await hosts.client("acme")
        before = "openai" in sys.modules
        await client.models()
        print(json.dumps([before, "openai" in sys.modules, sorted(importers)]))
asyncio.run(run())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [False, True, ["ftdesk-hosts"]]


def test_to_cancel_a_call_is_to_cancel_it_over_there(server: OpenAIServer) -> None:
    server.next("GET", "models", hang)

    async def run() -> None:
        async with client_of(server) as client:
            call = asyncio.create_task(client.models())
            while not server.requests:  # noqa: ASYNC110 - happens in another thread
                await asyncio.sleep(0.005)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            assert await client.models(), "the next call goes through"

    asyncio.run(run())


def test_calls_under_way_end_when_the_connections_are_closed(server: OpenAIServer) -> None:
    server.next("GET", "models", hang)

    async def run() -> None:
        async with connections({"acme": server.base_url}) as hosts:
            client = await hosts.client("acme")
            call = asyncio.create_task(client.models())
            while not server.requests:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
            await hosts.aclose()
            with pytest.raises((asyncio.CancelledError, HostUnreachableError)):
                await call
            with pytest.raises(HostUnreachableError, match="closed its connections"):
                await client.models()

    asyncio.run(run())


def test_no_thread_outlives_its_connections(server: OpenAIServer, tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text("{}\n")

    async def run() -> None:
        async with client_of(server) as client:
            await client.upload(file)
            assert {"ftdesk-hosts", "ftdesk-uploads"} <= {thread.name for thread in threading.enumerate()}

    asyncio.run(run())
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("ftdesk")]


def test_a_call_from_the_loop_of_the_hosts_is_just_made(server: OpenAIServer) -> None:
    seen: list[str] = []
    server.on_request = lambda request: seen.append(request.path)

    async def run() -> None:
        async with connections({"acme": server.base_url}) as hosts:
            client = await hosts.client("acme")
            models = asyncio.run_coroutine_threadsafe(client.models(), hosts._calls.started())
            assert await asyncio.wrap_future(models)

    asyncio.run(run())
    assert seen == ["/v1/models"]


def test_a_refused_upload_does_not_start_a_job(server: OpenAIServer, tmp_path: Path) -> None:
    file = tmp_path / "a.jsonl"
    file.write_text("{}\n")
    server.next("POST", "files", refuse(400, "Expected file to have JSONL format"))

    async def run() -> None:
        async with client_of(server) as client:
            with pytest.raises(HostRefusedError, match="JSONL format"):
                await client.upload(file)
            with pytest.raises(HostRefusedError, match="invalid training_file"):
                await client.create_job(JobRequest("m", "file-9"))

    asyncio.run(run())


def test_a_host_that_answers_elsewhere_is_asked_there_unless_a_gateway_stands_before_it() -> None:
    async def address(base_url: str) -> str:
        endpoint = Endpoint("c", base_url, None, profile_named("crusoe"))
        client = OpenAIClient(endpoint, HostLoop("unused"))
        await client.aclose()
        return str(client._chats.base_url)

    assert asyncio.run(address("https://api.intelligence.crusoecloud.com/v1")).startswith("https://api.inference.")
    assert asyncio.run(address("http://127.0.0.1:9/v1")) == "http://127.0.0.1:9/v1/"

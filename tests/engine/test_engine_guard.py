from __future__ import annotations

import asyncio
import itertools
import json
import socket
import sys
from pathlib import Path
from typing import Any

import openai
import pytest
from running import EXAMPLES, Engine, jsonl, until, upload

from ftdesk.engine.api.guard import Guard

JSON = {"Content-Type": "application/json"}
HOSTS = ["evil.example", "127.0.0.1", "127.0.0.1.evil.example:PORT", "localhost:1", "[::1]:PORT", "127.0.0.1:PORT@evil"]
ORIGINS = ["http://evil.example", "null", "http://127.0.0.1:PORT", "http://localhost:PORT", "", "file://"]
SITES = ["cross-site", "same-site", "same-origin", ""]
TOKENS = ["", "Bearer ", "Bearer wrong", "TOKEN", "Basic TOKEN", "bearer TOKEN", "Bearer  TOKEN", "Bearer TOKENx"]
TYPES = ["text/plain", "application/x-www-form-urlencoded", "", "text/json", "application/jsonx"]
TARGETS = [
    ("POST", "/v1/fine_tuning/jobs"),
    ("POST", "/v1/fine_tuning/jobs/ftjob-x/cancel"),
    ("DELETE", "/v1/files/FILE"),
    ("GET", "/v1/files"),
    ("POST", "/v1/chat/completions"),
]


def hostile() -> list[tuple[str, dict[str, str | None]]]:
    """Name and headers of every hostile request; ``None`` leaves a header out."""
    cases: list[tuple[str, dict[str, str | None]]] = []
    cases += [(f"host {host}", {"Host": host}) for host in HOSTS]
    cases += [(f"origin {origin}", {"Origin": origin}) for origin in ORIGINS]
    cases += [(f"site {site}", {"Sec-Fetch-Site": site}) for site in SITES]
    cases += [(f"token {token}", {"Authorization": token}) for token in TOKENS]
    cases += [("no token", {"Authorization": None})]
    return cases


def send(engine: Engine, method: str, path: str, headers: dict[str, str | None], body: bytes) -> tuple[int, str]:
    """Status and head of the answer to a request written by hand: header values may be anything here."""
    given: dict[str, str | None] = {
        "Host": "127.0.0.1:PORT",
        "Authorization": "Bearer TOKEN",
        "Content-Type": "application/json",
    } | headers
    lines = [f"{method} {path} HTTP/1.1", "Connection: close", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in given.items() if value is not None]
    text = "\r\n".join(lines).replace("PORT", str(engine.port)).replace("TOKEN", engine.api_key) + "\r\n\r\n"
    with socket.create_connection(("127.0.0.1", engine.port)) as connection:
        connection.sendall(text.encode() + body)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    head = answer.partition(b"\r\n\r\n")[0].decode()
    return int(head.split()[1]), head.lower()


@pytest.fixture(scope="module")
def file(client: openai.OpenAI) -> str:
    return upload(client)


def state(client: openai.OpenAI) -> tuple[list[str], list[str]]:
    return [file.id for file in client.files.list()], [job.id for job in client.fine_tuning.jobs.list()]


@pytest.mark.parametrize(("name", "headers"), hostile(), ids=lambda value: value if isinstance(value, str) else "")
def test_a_hostile_request_is_refused_and_has_no_effect(
    engine: Engine, client: openai.OpenAI, file: str, name: str, headers: dict[str, str | None]
) -> None:
    before = state(client)
    body = json.dumps({"model": "bigram", "training_file": file}).encode()
    for method, path in TARGETS:
        status, head = send(engine, method, path.replace("FILE", file), headers, body)
        expected = {"host": 421, "origin": 403, "site": 403, "token": 401, "no": 401}[name.split(maxsplit=1)[0]]
        assert status == expected, (method, path)
        assert "access-control" not in head
        assert "server:" not in head
    assert state(client) == before


@pytest.mark.parametrize("kind", TYPES)
def test_a_body_that_a_web_form_could_send_is_not_read(
    engine: Engine, client: openai.OpenAI, file: str, kind: str
) -> None:
    before = state(client)
    body = json.dumps({"model": "bigram", "training_file": file}).encode()
    for method, path in TARGETS:
        if method != "GET":
            assert send(engine, method, path.replace("FILE", file), {"Content-Type": kind}, body)[0] == 415
    assert state(client) == before


def test_all_ways_to_be_hostile_at_once_are_refused_for_every_method(
    engine: Engine, client: openai.OpenAI, file: str
) -> None:
    before = state(client)
    ways = itertools.product([None, "evil.example"], [None, "null"], ["Bearer TOKEN", "Bearer no"], ["text/plain"])
    for host, origin, token, kind in ways:
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"):
            headers = {"Origin": origin, "Authorization": token, "Content-Type": kind}
            headers |= {"Host": host} if host else {}
            status, head = send(engine, method, f"/v1/files/{file}/content", headers, b"x")
            benign = host is None and origin is None and token == "Bearer TOKEN" and method in {"GET", "HEAD"}
            assert (status < 400) == benign, (method, headers)
            assert "access-control" not in head
    assert state(client) == before


def test_both_names_of_the_loopback_address_are_answered(engine: Engine) -> None:
    for host in ("127.0.0.1:PORT", "localhost:PORT", "LOCALHOST:PORT"):
        assert send(engine, "GET", "/v1/models", {"Host": host}, b"")[0] == 200


def test_two_hosts_are_none(engine: Engine) -> None:
    assert send(engine, "GET", "/v1/models", {"host": "127.0.0.1:PORT"}, b"")[0] in (400, 421)


def test_navigation_by_the_user_is_no_cross_site_request(engine: Engine) -> None:
    assert send(engine, "GET", "/v1/models", {"Sec-Fetch-Site": "none"}, b"")[0] == 200


@pytest.mark.parametrize(
    "path", ["/v1/nothing", "/", "/v1", "/v1/files/", "/v1/files/a/b/c", "/docs", "/v1/assistants"]
)
def test_an_unknown_address_is_not_found(engine: Engine, path: str) -> None:
    status, answer = engine.request("GET", path)
    assert (status, answer["error"]["code"]) == (404, "unknown_url")


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "/v1/files"), ("GET", "/v1/chat/completions"), ("DELETE", "/v1/models")]
)
def test_a_wrong_method_is_not_allowed(engine: Engine, method: str, path: str) -> None:
    status, answer = engine.request(method, path)
    assert (status, answer["error"]["code"]) == (405, "method_not_allowed")


def test_errors_reach_clients_as_their_own_classes(engine: Engine, client: openai.OpenAI) -> None:
    with pytest.raises(openai.AuthenticationError) as unauthorized:
        engine.client(api_key="sk-wrong").models.list()
    assert unauthorized.value.code == "invalid_api_key"
    assert "sk-wrong" not in unauthorized.value.message
    with pytest.raises(openai.PermissionDeniedError) as denied:
        engine.client(default_headers={"Origin": "null"}).models.list()
    assert denied.value.code == "origin_not_allowed"
    with pytest.raises(openai.NotFoundError) as unknown:
        client.get("/nothing", cast_to=object)
    assert unknown.value.code == "unknown_url"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_it_listens_on_the_loopback_address_alone(engine: Engine) -> None:
    sockets = [
        line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]
    ]
    listening = {row[1] for row in sockets if row[3] == "0A" and row[1].endswith(f":{engine.port:04X}")}
    assert listening == {f"0100007F:{engine.port:04X}"}


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_token_is_in_no_argument_and_no_environment(engine: Engine, client: openai.OpenAI, file: str) -> None:
    job = client.fine_tuning.jobs.create(model="bigram-slow", training_file=file)
    worker = until(lambda: engine.worker(job.id))
    for pid in (engine.process.pid, worker):
        for name in ("cmdline", "environ"):
            assert engine.api_key.encode() not in Path(f"/proc/{pid}/{name}").read_bytes()
    client.fine_tuning.jobs.cancel(job.id)
    kept = [path for path in engine.data.rglob("*") if path.is_file() and engine.api_key.encode() in path.read_bytes()]
    assert [path.name for path in kept] == ["endpoint.json"]


def test_a_connection_to_anything_but_http_is_ignored() -> None:
    async def app(*_: Any) -> None:
        raise AssertionError("reached")

    async def attempt() -> None:
        await Guard(app, port=1, token="t")({"type": "websocket", "headers": []}, app, app)

    asyncio.run(attempt())


def test_a_form_sent_to_a_json_address_is_refused(engine: Engine, client: openai.OpenAI, file: str) -> None:
    before = state(client)
    form = b"--b\r\nContent-Disposition: form-data; name=model\r\n\r\nbigram\r\n--b--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    assert engine.request("POST", "/v1/fine_tuning/jobs", form, headers)[0] == 415
    assert engine.request("POST", "/v1/files", jsonl(EXAMPLES), JSON)[0] == 415
    assert state(client) == before

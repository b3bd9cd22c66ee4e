"""What a client makes of what a host does. Real HTTP, the real SDK."""

from __future__ import annotations

import asyncio
import datetime as dt
import re
import socket
import ssl
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2
import openai
import pytest
from connecting import PATIENT, QUICK, client_of
from openai_server import Fault, OpenAIServer, Request, hang, refuse, reset, say, send

from ftdesk.errors import HostError, HostRefusedError, HostUnreachableError, InputError
from ftdesk.hosts.endpoint import Endpoint, Limits
from ftdesk.hosts.openai_wire import FOREIGN_ERRORS, Wire
from ftdesk.hosts.profiles.compatible import COMPATIBLE
from ftdesk.hosts.types import ChatOptions, HostClient, JobRequest

KEY = "sk-canary-0123456789"
HELLO = [{"role": "user", "content": "hi"}]
REQUEST = JobRequest("m", "file-000001", metadata={"ftdesk_launch": "t"})
JOB = {"id": "ftjob-1", "object": "fine_tuning.job", "status": "queued", "model": "m", "created_at": 1}
HTML = b"<!DOCTYPE html><html><body>Please log in</body></html>"


async def drip(server: OpenAIServer, _request: Request, writer: asyncio.StreamWriter) -> None:
    """A byte now and then, for ever."""
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n")
    while not server.stopping.is_set():
        writer.write(b" ")
        await writer.drain()
        await asyncio.sleep(0.05)


def outcome(server: OpenAIServer | str, call: Callable[[HostClient], Awaitable[object]], **options: Any) -> HostError:
    """The error that ``call`` ends with."""

    async def ask() -> None:
        async with client_of(server, **options) as client:
            await call(client)

    with pytest.raises(HostError) as caught:
        asyncio.run(ask())
    return caught.value


REFUSALS: tuple[tuple[Fault, int, str], ...] = (
    (refuse(400, "n_epochs is too high"), 400, "“acme” refused: n_epochs is too high"),
    (refuse(401), 401, "wants a key, and none is kept"),
    (refuse(403, "not your project"), 403, "does not allow this: not your project"),
    (refuse(403, "winding down", "training_not_available"), 403, "no longer lets this organisation start training"),
    (refuse(404, "no such job", "not_found"), 404, "does not have what was asked for: no such job"),
    (say(404, b"<html>nginx</html>", content_type="text/html"), 404, "has nothing at this address"),
    (refuse(407), 407, "The proxy on the way to “acme”"),
    (refuse(409, "busy"), 409, "refused: busy"),
    (refuse(413, "max 512 MB"), 413, "does not take a file of this size: max 512 MB"),
    (refuse(422, "bad field"), 422, "refused: bad field"),
    (say(422, {"detail": [{"msg": "suffix"}]}), 422, "suffix"),
    (refuse(429, "slow down", retry_after="7"), 429, "has been asked too often: slow down. Try again in 7 s."),
    (refuse(429, "pay", "insufficient_quota"), 429, "has no credit left"),
    (refuse(429, "8 per day", "daily_rate_limit_exceeded"), 429, "starts no more training jobs of this model today"),
    (refuse(500, "oops"), 500, "has a problem of its own at present (HTTP 500): oops"),
    (say(502, HTML, content_type="text/html"), 502, "has a problem of its own at present (HTTP 502). Try again"),
    (refuse(503), 503, "HTTP 503"),
    (say(529, b""), 529, "HTTP 529"),
    (say(302, b"", location="http://elsewhere/"), 302, "sends us elsewhere to http://elsewhere/, and data is not sent"),
)


@pytest.mark.parametrize(("fault", "status", "words"), REFUSALS)
def test_a_refusal_is_a_sentence_that_says_what_and_why(
    server: OpenAIServer, fault: Fault, status: int, words: str
) -> None:
    server.next("GET", "jobs/ftjob-1$", fault)
    error = outcome(server, lambda client: client.job("ftjob-1"))
    assert isinstance(error, HostRefusedError)
    assert error.status == status
    assert words in error.sentence


LOST: tuple[tuple[Fault, str], ...] = (
    (reset, "broke before its answer was complete"),
    (hang, "did not answer in time"),
    (drip, "took longer than 4 s"),
    (send(b""), "broke before its answer was complete"),
    (send(b"SSH-2.0-OpenSSH\r\n"), "broke before its answer was complete"),
    (send(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"), "broke before its answer was complete"),
    (say(200, b'{"id": "ftjob-1", "sta'), "did not answer with a job"),
    (say(200, b""), "did not answer with a job"),
    (say(200, b"[" * 100_000), "did not answer with a job"),
    (say(200, b'{"id": "\xff"}'), "did not answer with a job"),
    (say(200, HTML, content_type="text/html"), "answered with a web page where a job was expected"),
    (say(200, [JOB]), "did not answer with a job"),
    (say(200, {**JOB, "id": 5}), "did not answer with a job"),
    (say(200, {**JOB, "created_at": "soon"}), "did not answer with a job"),
    (say(200, {**JOB, "trained_tokens": 10**30}), "did not answer with a job"),
    (say(200, b" " * 300_000), "sent more than 0 MB in one answer"),
    (say(200, b"\x1f\x8b", content_encoding="gzip"), "did not answer with an uncompressed reply"),
)


@pytest.mark.parametrize(("fault", "words"), LOST)
def test_an_answer_that_makes_no_sense_leaves_the_effect_unknown(
    server: OpenAIServer, fault: Fault, words: str
) -> None:
    server.next("GET", "jobs/ftjob-1$", fault)
    error = outcome(server, lambda client: client.job("ftjob-1"), limits=QUICK)
    assert isinstance(error, HostUnreachableError)
    assert words in error.sentence
    assert not error.never_sent


def test_a_port_without_a_server_is_named_and_nothing_was_sent() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        error = outcome(f"http://127.0.0.1:{port}/v1", lambda client: client.create_job(REQUEST))
    assert isinstance(error, HostUnreachableError)
    assert error.never_sent
    assert f"Nothing answers for “acme” at 127.0.0.1:{port}." in error.sentence


def test_a_name_that_does_not_exist_is_named_and_nothing_was_sent() -> None:
    error = outcome("https://no-such-host.invalid/v1", lambda client: client.models())
    assert isinstance(error, HostUnreachableError)
    assert error.never_sent
    assert "The name of “acme” was not found: no-such-host.invalid." in error.sentence


def test_https_to_a_server_without_it_is_told_apart(server: OpenAIServer) -> None:
    error = outcome(server.base_url.replace("http:", "https:"), lambda client: client.models())
    assert isinstance(error, HostUnreachableError)
    assert error.never_sent
    assert "No encrypted connection to “acme”" in error.sentence


def self_signed(folder: Path) -> ssl.SSLContext:
    """The server side of a connection whose certificate nobody vouches for."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + dt.timedelta(1))
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(pem))
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(pem, *private))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


def test_a_certificate_that_nobody_vouches_for_is_not_accepted(tmp_path: Path) -> None:
    with OpenAIServer(tls=self_signed(tmp_path)) as server:
        error = outcome(server, lambda client: client.models(), key=KEY)
        assert server.requests == []
    assert isinstance(error, HostUnreachableError)
    assert error.never_sent
    assert "The certificate of “acme” is not valid: self-signed certificate." in error.sentence


@pytest.mark.parametrize("fault", [refuse(408), refuse(409), refuse(429), refuse(500), refuse(503), reset, hang])
def test_the_request_for_a_paid_job_is_sent_once_whatever_happens(server: OpenAIServer, fault: Fault) -> None:
    server.next("POST", "fine_tuning/jobs$", fault)
    limits = Limits(connect=10, control=1.5, retries=5)
    outcome(server, lambda client: client.create_job(REQUEST), limits=limits)
    assert len(server.asked("POST", "fine_tuning/jobs$")) == 1


def test_a_paid_job_is_asked_for_on_a_new_connection(server: OpenAIServer, tmp_path: Path) -> None:
    """One that was kept alive may be closing, and then nobody knows whether the request arrived."""
    file = tmp_path / "a.jsonl"
    file.write_text("{}\n")

    async def ask() -> None:
        async with client_of(server) as client:
            await client.models()
            uploaded = await client.upload(file)
            job = await client.create_job(JobRequest("m", uploaded.id))
            await client.job(job.id)
            await client.cancel(job.id)

    asyncio.run(ask())
    models, upload, create, look, cancel = (request.connection for request in server.requests)
    assert models == look
    assert len({models, upload, create, cancel}) == 4


def test_what_is_safe_to_ask_again_is_asked_again(server: OpenAIServer) -> None:
    server.next("GET", "models", refuse(503), reset)

    async def ask() -> None:
        async with client_of(server, limits=Limits(retries=2)) as client:
            assert await client.models()

    asyncio.run(ask())
    assert len(server.asked("GET", "models")) == 3


def test_nothing_of_the_environment_reaches_a_host(server: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("API_KEY", "ADMIN_KEY", "ORG_ID", "PROJECT_ID", "WEBHOOK_SECRET"):
        monkeypatch.setenv(f"OPENAI_{name}", "canary")
    monkeypatch.setenv("OPENAI_BASE_URL", "https://canary.invalid")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Canary: canary\nAuthorization: Bearer canary")

    async def ask() -> None:
        async with client_of(server) as client:
            await client.models()
            await client.create_job(REQUEST)
            async for _ in client.chat("m", HELLO, ChatOptions()):
                pass

    server.files["file-000001"] = b"x"
    asyncio.run(ask())
    assert len(server.requests) == 3
    allowed = {
        *("accept", "accept-encoding", "content-length", "content-type", "host", "user-agent"),
        "x-stainless-raw-response",
    }
    for request in server.requests:
        assert "canary" not in str(request.headers)
        assert set(request.headers) <= allowed


def test_a_proxy_never_sees_what_stays_on_this_computer(server: OpenAIServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with OpenAIServer() as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.base_url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)

        async def ask() -> None:
            async with client_of(server, key=KEY) as client:
                await client.models()

        asyncio.run(ask())
        assert proxy.requests == []
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_gets_neither_key_nor_data(server: OpenAIServer, tmp_path: Path, status: int) -> None:
    file = tmp_path / "train.jsonl"
    file.write_text('{"secret": 1}\n')
    with OpenAIServer() as other:
        for path in ("files", "jobs", "completions"):
            server.next("POST", path, say(status, b"", location=other.base_url + "/files"))

        async def ask() -> None:
            async with client_of(server, key=KEY) as client:
                for call in (client.upload(file), client.create_job(REQUEST), read_answer(client)):
                    with pytest.raises(HostRefusedError, match="sends us elsewhere"):
                        await call

        asyncio.run(ask())
        assert other.requests == []


async def read_answer(client: HostClient) -> list[object]:
    return [item async for item in client.chat("m", HELLO, ChatOptions())]


def test_the_key_is_sent_to_its_host_and_shown_to_nobody(server: OpenAIServer) -> None:
    server.next("GET", "models", refuse(401, f"Incorrect API key provided: {KEY}."), say(200, KEY.encode()))
    for _ in range(2):
        error = outcome(server, lambda client: client.models(), key=KEY)
        assert KEY not in f"{error.title} {error.detail} {error.hint} {error!r}"
    assert {request.headers["authorization"] for request in server.requests} == {f"Bearer {KEY}"}


def test_a_list_from_a_server_that_knows_no_pages_ends(server: OpenAIServer) -> None:
    jobs = [{**JOB, "id": f"ftjob-{number}"} for number in range(100)]

    async def ask() -> None:
        async with client_of(server) as client:
            for page in ({"data": jobs, "has_more": True}, {"data": jobs}):
                server.next("GET", "jobs$", *[say(200, page)] * 50)
                assert len(await client.jobs(limit=1000)) == 100

    asyncio.run(ask())
    assert len(server.requests) == 4


def test_events_come_in_their_order_without_those_that_are_known(server: OpenAIServer) -> None:
    for number in range(250):
        server.add_event("ftjob-1", str(number), created_at=1000 + number // 10)

    async def ask() -> None:
        async with client_of(server) as client:
            events = await client.events("ftjob-1")
            assert [event.message for event in events] == [str(number) for number in range(250)]
            known = frozenset(event.id for event in events[:240])
            server.requests.clear()
            new = await client.events("ftjob-1", known=known)
            assert [event.message for event in new] == [str(number) for number in range(240, 250)]

    asyncio.run(ask())
    assert len(server.requests) == 2, "a page with nothing new is the last"


def test_events_without_an_id_are_told_apart_by_time_and_text(server: OpenAIServer) -> None:
    event = {"created_at": 7, "level": "info", "message": "Job is submitted", "data": None}
    server.next("GET", "events", say(200, {"data": [event, {**event, "message": "Done"}, event]}))

    async def ask() -> None:
        async with client_of(server) as client:
            assert sorted(event.message for event in await client.events("j")) == ["Done", "Job is submitted"]

    asyncio.run(ask())


def test_a_file_arrives_byte_for_byte_under_a_name_that_hosts_accept(server: OpenAIServer, tmp_path: Path) -> None:
    file = tmp_path / "train.json"
    file.write_bytes(bytes(range(256)) * 3000)

    async def ask() -> None:
        async with client_of(server) as client:
            uploaded = await client.upload(file)
            assert uploaded.filename == "train.jsonl"
            assert server.files[uploaded.id] == file.read_bytes()
            assert await client.file_content(uploaded.id) == file.read_bytes()
            await client.delete_file(uploaded.id)
            await client.delete_file(uploaded.id)  # gone already is what was wanted
            with pytest.raises(InputError, match=re.escape(f"{tmp_path} cannot be read")):
                await client.upload(tmp_path)

    asyncio.run(ask())
    assert not server.files


def test_a_job_is_asked_for_by_the_protocol(server: OpenAIServer) -> None:
    server.files["file-000001"] = b"x"
    request = JobRequest(
        "m", "file-000001", "file-000001", "dpo", {"beta": 0.1, "n_epochs": "auto"}, "suffix", 0, {"a": "b"}
    )

    async def ask() -> None:
        async with client_of(server) as client:
            job = await client.create_job(request)
            assert (job.method, job.metadata) == ("dpo", {"a": "b"})
            await client.create_job(JobRequest("m", "file-000001"))

    asyncio.run(ask())
    full, plain = (asked.json for asked in server.requests)
    assert full == {
        "model": "m",
        "training_file": "file-000001",
        "validation_file": "file-000001",
        "method": {"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.1, "n_epochs": "auto"}}},
        "suffix": "suffix",
        "seed": 0,
        "metadata": {"a": "b"},
    }
    assert plain == {"model": "m", "training_file": "file-000001", "method": {"type": "supervised"}}


def sdk_errors() -> list[type[Exception]]:
    """Every exception class of the SDK and of HTTP that can leave a call."""
    found: list[type[Exception]] = [openai.OpenAIError, httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError]
    for kind in found:
        found += [below for below in kind.__subclasses__() if below not in found]
    return found


@pytest.mark.parametrize("kind", sdk_errors())
def test_every_error_of_the_sdk_becomes_one_of_ours(kind: type[Exception]) -> None:
    request = httpx2.Request("GET", "https://x")
    response = httpx2.Response(418, request=request)
    error = kind.__new__(kind)
    error.__dict__.update(
        {"message": "m", "body": None, "code": None, "param": None, "response": response, "status_code": 418}
    )
    assert isinstance(error, FOREIGN_ERRORS)
    endpoint = Endpoint("acme", "https://x/v1", None, COMPATIBLE, PATIENT)
    assert isinstance(Wire(endpoint).error(error), HostError)

"""Answers as they stream in."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from connecting import QUICK, client_of, connections
from openai_server import Fault, OpenAIServer, Request, hang, refuse, reset, say, send, stream_of

from ftdesk.errors import HostError, HostRefusedError, HostUnreachableError
from ftdesk.hosts.types import ChatDelta, ChatFinished, ChatOptions, HostClient

HELLO = [{"role": "user", "content": "hi"}]
SSE = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nx-request-id: req_1\r\n\r\n"


async def answer(client: HostClient, options: ChatOptions | None = None) -> tuple[list[ChatDelta], ChatFinished]:
    *deltas, end = [item async for item in client.chat("m", HELLO, options or ChatOptions())]
    assert isinstance(end, ChatFinished)
    return [delta for delta in deltas if isinstance(delta, ChatDelta)], end


def ask(server: OpenAIServer, options: ChatOptions | None = None, **more: Any) -> tuple[list[ChatDelta], ChatFinished]:
    async def run() -> tuple[list[ChatDelta], ChatFinished]:
        async with client_of(server, **more) as client:
            return await answer(client, options)

    return asyncio.run(run())


def chunk(**delta: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": None}
    return b"data: " + json.dumps({"id": "c", "model": "served-1", "choices": [choice]}).encode() + b"\n\n"


def test_an_answer_tells_who_answered_how_fast_and_what_it_took(server: OpenAIServer) -> None:
    server.next("POST", "completions", send(SSE + b"".join(stream_of("Hello there, you"))))
    deltas, end = ask(server, ChatOptions(temperature=0.0, max_tokens=5, seed=0, tools=[{"type": "function"}]))
    assert "".join(delta.text for delta in deltas) == end.text == "Hello there, you"
    assert (end.served_model, end.finish_reason, end.complete, end.request_id) == ("served-1", "stop", True, "req_1")
    assert (end.prompt_tokens, end.completion_tokens) == (7, 3)
    assert end.first_token_seconds is not None
    assert 0 < end.first_token_seconds <= end.seconds
    assert server.requests[0].json == {
        "model": "m",
        "messages": HELLO,
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.0,
        "max_tokens": 5,
        "seed": 0,
        "tools": [{"type": "function"}],
    }


def test_openai_takes_its_own_name_for_the_limit_of_an_answer(server: OpenAIServer) -> None:
    ask(server, ChatOptions(max_tokens=5), profile="openai")
    assert server.requests[0].json["max_completion_tokens"] == 5
    assert "max_tokens" not in server.requests[0].json


def test_a_host_that_refuses_to_count_tokens_is_asked_without(server: OpenAIServer) -> None:
    server.next("POST", "completions", refuse(400, "Unrecognized request argument supplied: stream_options"))

    async def run() -> None:
        async with client_of(server) as client:
            for _ in range(2):
                _, end = await answer(client)
                assert end.text == "Hello there"

    asyncio.run(run())
    assert ["stream_options" in request.json for request in server.requests] == [True, False, False]


def test_an_answer_cut_at_any_byte_is_never_taken_for_a_whole_one(server: OpenAIServer) -> None:
    body = b"".join(stream_of("Hello there, how are you?"))
    ends_at = body.index(b"\n\n", body.index(b'"stop"')) + 2
    assert len(body) > 1000

    async def cut_as_asked(server: OpenAIServer, request: Request, writer: asyncio.StreamWriter) -> None:
        await send(SSE + body[: int(request.json["messages"][0]["content"])])(server, request, writer)

    async def check(client: HostClient, cut: int) -> None:
        *deltas, end = [item async for item in client.chat("m", [{"role": "user", "content": str(cut)}], ChatOptions())]
        assert isinstance(end, ChatFinished)
        # The line ends of the last event may be missing at the end of a stream.
        assert end.complete <= (cut >= ends_at - 2), cut
        assert end.complete >= (cut >= ends_at), cut
        assert end.text == "".join(delta.text for delta in deltas if isinstance(delta, ChatDelta))
        assert "Hello there, how are you?".startswith(end.text)

    async def run() -> None:
        async with client_of(server) as client:
            for start in range(0, len(body), 50):
                await asyncio.gather(*(check(client, cut) for cut in range(start, min(start + 50, len(body)))))

    server.next("POST", "completions", *[cut_as_asked] * len(body))
    asyncio.run(run())
    assert len(server.requests) == len(body)


@pytest.mark.parametrize("begun", [False, True])
def test_a_torn_connection_ends_an_answer_that_had_begun_as_incomplete(server: OpenAIServer, begun: bool) -> None:
    event = chunk(content="Hel") if begun else b""
    torn = SSE.replace(b"\r\n\r\n", b"\r\ncontent-length: 5000\r\n\r\n") + event
    server.next("POST", "completions", send(torn))
    if begun:
        _, end = ask(server)
        assert (end.text, end.complete) == ("Hel", False)
    else:
        with pytest.raises(HostUnreachableError):
            ask(server)


FAULTS: tuple[tuple[Fault, type[HostError], str], ...] = (
    (refuse(429, "slow down"), HostRefusedError, "asked too often"),
    (reset, HostUnreachableError, "broke before"),
    (hang, HostUnreachableError, "did not answer in time"),
    (say(200, b"<html>Log in</html>", content_type="text/html"), HostUnreachableError, "a web page where an answer"),
    (
        send(SSE + chunk(content="a") + b'data: {"error": {"message": "overloaded", "code": "x"}}\n\n'),
        HostRefusedError,
        "“acme” broke off: overloaded",
    ),
    (send(SSE + b"data: {nonsense}\n\n"), HostUnreachableError, "did not answer with"),
    (send(SSE + b'data: {"a": "\xff"}\n\n'), HostUnreachableError, "did not answer with"),
    (send(SSE + b"data: " + b"x" * 300_000), HostUnreachableError, "sent more than"),
)


@pytest.mark.parametrize(("fault", "kind", "words"), FAULTS)
def test_what_is_no_answer_is_an_error_that_says_why(
    server: OpenAIServer, fault: Fault, kind: type[HostError], words: str
) -> None:
    server.next("POST", "completions", fault)
    with pytest.raises(kind, match=words):
        ask(server, limits=QUICK)


def test_chunks_of_any_shape_do_no_harm(server: OpenAIServer) -> None:
    odd: list[Any] = [None, 5, [], "x", {"choices": 3}, {"choices": [None]}, {"choices": [{"delta": []}]}]
    odd += [{"choices": [{"delta": {"content": 5, "tool_calls": [None, {"function": 7}]}}], "usage": 3, "model": 9}]
    pieces = b"".join(b"data: " + json.dumps(one).encode() + b"\n\n" for one in odd)
    server.next("POST", "completions", send(SSE + pieces + b"".join(stream_of("fine"))))
    _, end = ask(server)
    assert (end.text, end.complete) == ("fine", True)


def test_an_answer_in_one_piece_is_read_as_well(server: OpenAIServer) -> None:
    choice = {"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}
    server.next("POST", "completions", say(200, {"model": "served-1", "choices": [choice]}))
    deltas, end = ask(server)
    assert [delta.text for delta in deltas] == [end.text] == ["Hello"]
    assert end.complete


def test_tool_calls_are_put_together_from_their_pieces(server: OpenAIServer) -> None:
    def call(index: int, **more: Any) -> dict[str, Any]:
        return {"index": index, **more}

    pieces = [
        chunk(tool_calls=[call(0, id="call_1", type="function", function={"name": "find", "arguments": ""})]),
        chunk(tool_calls=[call(0, function={"arguments": '{"q": '})]),
        chunk(tool_calls=[call(1, id="call_2", function={"name": "stop", "arguments": "{}"})]),
        chunk(tool_calls=[call(0, function={"arguments": "1}"})]),
    ]
    server.next("POST", "completions", send(SSE + b"".join(pieces) + b"".join(stream_of("", "tool_calls"))))
    _, end = ask(server)
    assert [dict(call) for call in end.tool_calls] == [
        {"id": "call_1", "type": "function", "function": {"name": "find", "arguments": '{"q": 1}'}},
        {"id": "call_2", "type": "function", "function": {"name": "stop", "arguments": "{}"}},
    ]


def test_many_tokens_arrive_in_few_batches_and_none_is_lost(server: OpenAIServer) -> None:
    text = " ".join(str(number) for number in range(3000))
    server.answer = stream_of(text)
    deltas, end = ask(server)
    assert "".join(delta.text for delta in deltas) == end.text == text
    assert len(deltas) < 300


def test_a_stopped_answer_lets_go_of_its_connection_and_says_nothing_more(server: OpenAIServer) -> None:
    server.answer, server.chunk_pause = stream_of("word " * 1000), 0.005

    async def run() -> None:
        async with client_of(server) as client:
            stream = client.chat("m", HELLO, ChatOptions())
            assert isinstance(await anext(stream), ChatDelta)
            await stream.aclose()
            await stream.aclose()
            with pytest.raises(StopAsyncIteration):
                await anext(stream)
            await until(lambda: not server.open_answers)
            assert server.whole_answers == 0

    asyncio.run(run())


def test_an_answer_that_nobody_reads_any_more_ends_with_its_connections(server: OpenAIServer) -> None:
    server.answer, server.chunk_pause = stream_of("word " * 1000), 0.005

    async def run() -> None:
        async with connections({"acme": server.base_url}) as hosts:
            stream = (await hosts.client("acme")).chat("m", HELLO, ChatOptions())
            await anext(stream)
            waiting = asyncio.create_task(read_to_the_end(stream))
            await asyncio.sleep(0)
            await hosts.aclose()
            end = await waiting
            assert isinstance(end, ChatFinished)
            assert not end.complete
            await stream.aclose()

    asyncio.run(run())


async def read_to_the_end(stream: Any) -> object:
    return [item async for item in stream][-1]


async def until(is_so: Callable[[], object]) -> None:
    while not is_so():  # noqa: ASYNC110 - what is waited for happens in another thread
        await asyncio.sleep(0.005)


def test_a_reader_that_is_cancelled_can_still_stop_the_answer(server: OpenAIServer) -> None:
    server.next("POST", "completions", hang)

    async def run() -> None:
        async with client_of(server) as client:
            stream = client.chat("m", HELLO, ChatOptions())
            task = asyncio.create_task(read_to_the_end(stream))
            await until(lambda: server.requests)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            await stream.aclose()

    asyncio.run(run())


def test_two_loops_read_from_one_connection_at_a_time_of_their_own(server: OpenAIServer) -> None:
    async def run() -> None:
        async with connections({"acme": server.base_url}) as hosts:
            client = await hosts.client("acme")
            ends: list[ChatFinished] = []

            def other_loop() -> None:
                _, end = asyncio.run(answer(client))
                ends.append(end)

            threads = [threading.Thread(target=other_loop) for _ in range(3)]
            for thread in threads:
                thread.start()
            _, end = await answer(client)
            await until(lambda: not any(thread.is_alive() for thread in threads))
            assert {one.text for one in [end, *ends]} == {"Hello there"}
            assert len(ends) == 3

    asyncio.run(run())


def test_the_callers_loop_is_free_while_an_answer_pours_in(server: OpenAIServer) -> None:
    server.answer = stream_of("word " * 5000)
    gaps: list[float] = []

    async def beat() -> None:
        last = time.monotonic()
        while True:
            await asyncio.sleep(0.001)
            gaps.append(time.monotonic() - last)
            last = time.monotonic()

    async def run() -> int:
        async with client_of(server) as client:
            heart = asyncio.create_task(beat())
            deltas, _ = await answer(client)
            heart.cancel()
            return len(deltas)

    wakes = asyncio.run(run())
    # The reader is woken per batch, not per token, so that most beats come between two batches.
    assert len(gaps) > wakes

"""Several models asked at once, over real HTTP."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from pathlib import Path

import pytest
from answering import CHAT, NOBODY, AnsweringServer, connections, until
from openai_server import hang, refuse, stream_of

from ftdesk.errors import HostRefusedError, HostUnreachableError, InputError
from ftdesk.hosts.types import ChatFinished, ChatOptions, ModelName
from ftdesk.playground.merging import merged
from ftdesk.playground.service import PlaygroundService, panes_served_alike
from ftdesk.playground.types import PaneEvent, PaneFailed, PaneFinished, PaneStarted, PaneText

A, B = ModelName("one", "a"), ModelName("two", "b")
QUESTION = [{"role": "user", "content": "q"}]


@pytest.fixture
def one() -> Iterator[AnsweringServer]:
    with AnsweringServer(lambda model, question: f"{model} says what {question} is") as server:
        yield server


@pytest.fixture
def two() -> Iterator[AnsweringServer]:
    with AnsweringServer(lambda model, _question: f"{model} says more") as server:
        yield server


def compare(folder: Path, models: list[ModelName], **servers: AnsweringServer | str) -> list[PaneEvent]:
    async def collect() -> list[PaneEvent]:
        async with aclosing(connections(folder, servers)) as hosts:
            return [event async for event in PlaygroundService(hosts).compare(models, QUESTION, ChatOptions())]

    return asyncio.run(collect())


def pane(events: list[PaneEvent], number: int) -> list[PaneEvent]:
    return [event for event in events if event.pane == number]


def test_every_pane_starts_then_streams_then_finishes(
    tmp_path: Path, one: AnsweringServer, two: AnsweringServer
) -> None:
    events = compare(tmp_path, [A, B], one=one, two=two)
    for number, (model, text) in enumerate([(A, "a says what q is"), (B, "b says more")]):
        started, *deltas, finished = pane(events, number)
        assert started == PaneStarted(number, model)
        assert "".join(delta.text for delta in deltas if isinstance(delta, PaneText)) == text
        assert isinstance(finished, PaneFinished)
        assert (finished.answer.text, finished.answer.served_model) == (text, model.model)


def test_a_pane_finishes_while_another_is_in_the_middle_of_its_answer(
    tmp_path: Path, one: AnsweringServer, two: AnsweringServer
) -> None:
    one.chunk_pause = 3600

    async def read_until_b_is_done() -> list[PaneEvent]:
        events = []
        async with (
            aclosing(connections(tmp_path, {"one": one, "two": two})) as hosts,
            aclosing(PlaygroundService(hosts).compare([A, B], QUESTION, ChatOptions())) as stream,
        ):
            async for event in stream:
                events.append(event)
                if any(isinstance(event, PaneFinished) for event in events) and PaneText(0, "a") in events:
                    break
        return events

    assert not [event for event in pane(asyncio.run(read_until_b_is_done()), 0) if isinstance(event, PaneFinished)]


def test_a_failing_pane_leaves_the_others_alone(tmp_path: Path, one: AnsweringServer, two: AnsweringServer) -> None:
    one.next("POST", CHAT, refuse(400, "no such thing"))
    events = compare(tmp_path, [A, B], one=one, two=two)
    failed = pane(events, 0)[-1]
    assert isinstance(failed, PaneFailed)
    assert isinstance(failed.error, HostRefusedError)
    assert isinstance(pane(events, 1)[-1], PaneFinished)


def test_hosts_that_are_unknown_or_down_fail_in_their_own_panes(tmp_path: Path, one: AnsweringServer) -> None:
    models = [A, ModelName("nobody", "x"), ModelName("down", "x")]
    events = compare(tmp_path, models, one=one, down=NOBODY)
    errors = [event.error for event in events if isinstance(event, PaneFailed)]
    assert {type(error) for error in errors} == {InputError, HostUnreachableError}
    assert isinstance(pane(events, 0)[-1], PaneFinished)


def test_an_answer_that_breaks_off_is_finished_but_not_complete(tmp_path: Path, one: AnsweringServer) -> None:
    one.on_request = None
    one.answer = stream_of("half an", finish=None)
    finished = compare(tmp_path, [A], one=one)[-1]
    assert isinstance(finished, PaneFinished)
    assert (finished.answer.text, finished.answer.complete) == ("half an", False)


def test_closing_in_the_middle_ends_every_request_at_once(
    tmp_path: Path, one: AnsweringServer, two: AnsweringServer
) -> None:
    """The servers see their connections closed: they would otherwise go on writing for minutes."""
    one.answering = two.answering = lambda _model, _question: "word " * 1000
    one.chunk_pause = two.chunk_pause = 0.2

    async def stop_early() -> None:
        async with aclosing(connections(tmp_path, {"one": one, "two": two})) as hosts:
            begun = set()
            async with aclosing(PlaygroundService(hosts).compare([A, B], QUESTION, ChatOptions())) as events:
                async for event in events:
                    if isinstance(event, PaneText):
                        begun.add(event.pane)
                    if begun == {0, 1}:
                        break
            assert asyncio.all_tasks() == {asyncio.current_task()}
            await until(lambda: not (one._connections or two._connections))

    asyncio.run(stop_early())


def test_cancelling_the_reader_stops_panes_that_have_not_begun_to_answer(tmp_path: Path, one: AnsweringServer) -> None:
    one.next("POST", CHAT, hang, hang)

    async def cancel() -> None:
        async with aclosing(connections(tmp_path, {"one": one})) as hosts:

            async def read() -> None:
                async with aclosing(PlaygroundService(hosts).compare([A, A], QUESTION, ChatOptions())) as events:
                    async for _ in events:
                        pass

            reading = asyncio.create_task(read())
            await until(lambda: len(one.asked("POST", CHAT)) == 2)
            reading.cancel()
            with pytest.raises(asyncio.CancelledError):
                await reading
            assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(cancel())


def test_one_stream_that_raises_ends_all_and_closes_them() -> None:
    closed = []

    async def endless(name: str) -> AsyncGenerator[str, None]:
        try:
            while True:
                yield name
                await asyncio.sleep(0)
        finally:
            closed.append(name)

    async def broken() -> AsyncGenerator[str, None]:
        yield "x"
        raise LookupError("a bug")

    async def read() -> None:
        async for _ in merged([endless("a"), broken(), endless("b")]):
            pass

    with pytest.raises(LookupError, match="a bug"):
        asyncio.run(read())
    gc.collect()
    assert sorted(closed) == ["a", "b"]


def test_merging_nothing_yields_nothing() -> None:
    async def read() -> list[int]:
        return [value async for value in merged([])]

    assert asyncio.run(read()) == []


def answered_by(model: str) -> ChatFinished:
    return ChatFinished("", model, "stop", complete=True, first_token_seconds=None, seconds=0)


@pytest.mark.parametrize(
    ("models", "served", "groups"),
    [
        (["h/base", "h/ft:base:x"], ["base", "ft:base:x"], ()),
        (["h/base", "h/ft:base:x"], ["base", "base"], ((0, 1),)),
        (["h/mini", "h/mini-2025-04-14"], ["mini-2025-04-14", "mini-2025-04-14"], ((0, 1),)),
        (["h/tiny", "other/tiny"], ["tiny", "tiny"], ()),
        (["h/a", "h/b"], ["", ""], ()),
        (["h/a", "h/b", "h/c", "h/d"], ["x", "y", "x", "y"], ((0, 2), (1, 3))),
    ],
)
def test_panes_that_one_model_answered_are_told(
    models: list[str], served: list[str], groups: tuple[tuple[int, ...], ...]
) -> None:
    answers = {number: answered_by(model) for number, model in enumerate(served)}
    assert panes_served_alike([ModelName.parse(model) for model in models], answers) == groups


def test_a_pane_without_an_answer_is_like_no_other() -> None:
    models = [ModelName.parse("h/a"), ModelName.parse("h/a"), ModelName.parse("h/b")]
    assert panes_served_alike(models, {2: answered_by("a")}) == ()

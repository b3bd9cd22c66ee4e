"""Following a job: nothing is told twice, nothing is lost, and what is told is stored."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import pytest
from desk import PACE, SHORT, Desk, desk, last_job, launched, plan_for, training_file
from openai_server import OpenAIServer, Request, refuse, reset, say

from ftdesk.errors import HostRefusedError, HostUnreachableError, InputError
from ftdesk.hosts import local
from ftdesk.hosts.types import JobEvent, RemoteJob
from ftdesk.jobs.pace import Interval, Pace
from ftdesk.jobs.types import CheckpointsArrived, ContactLost, EventsArrived, Job, JobChanged, WatchEvent

STEPS = 6
JOB = "ftjob-000001"


def training_host(server: OpenAIServer) -> Callable[[Request], None]:
    """Each look at the job finds it a step further on; in the end it has a model."""
    looks = 0

    def advance(request: Request) -> None:
        nonlocal looks
        job = server.jobs.get(JOB)
        if request.path.endswith(JOB) and job and job["status"] in {"queued", "running"}:
            looks += 1
            job["status"] = "running"
            server.add_step(JOB, looks, STEPS)
            if looks % 3 == 0:
                server.checkpoints.setdefault(JOB, []).append(
                    {
                        "id": f"ftckpt-{looks}",
                        "created_at": 1,
                        "fine_tuned_model_checkpoint": f"ft:base-1:ckpt-step-{looks}",
                        "step_number": looks,
                        "metrics": {"train_loss": 1 / looks},
                    }
                )
            if looks == STEPS:
                server.add_event(JOB, "The job has successfully completed")
                server.finish(JOB)

    return advance


async def start(here: Desk, root: Path) -> Job:
    return last_job(await launched(here.jobs, plan_for(training_file(root))))


async def followed(here: Desk, job_id: str = JOB) -> list[WatchEvent]:
    return [event async for event in here.jobs.watch(job_id)]


def log_of(events: list[WatchEvent]) -> list[JobEvent]:
    return [one for event in events if isinstance(event, EventsArrived) for one in event.events]


EXPECTED = [
    "Created fine-tuning job: ftjob-000001",
    *(f"Step {step}/{STEPS}: training loss={1 / step:.2f}" for step in range(1, STEPS + 1)),
    "The job has successfully completed",
]


def test_a_watch_tells_all_of_it_once_in_order_and_its_end_last(server: OpenAIServer, tmp_path: Path) -> None:
    server.on_request = training_host(server)

    async def run() -> None:
        async with desk(tmp_path, {"acme": server.base_url}) as here:
            await start(here, tmp_path)
            told = await followed(here)
            assert [event.message for event in log_of(told)] == EXPECTED
            assert [event.data["step"] for event in log_of(told) if event.type == "metrics"] == [1, 2, 3, 4, 5, 6]
            statuses = [event.job.status for event in told if isinstance(event, JobChanged)]
            assert statuses == ["queued", "running", "succeeded"]
            end = told[-1]
            assert isinstance(end, JobChanged)
            assert (end.job.fine_tuned_model, end.job.trained_tokens) == ("ft:base-1:me::0001", 1234)
            checkpoints = [event.checkpoints for event in told if isinstance(event, CheckpointsArrived)]
            assert [[one.step for one in some] for some in checkpoints] == [[3], [3, 6]]
            # And it is stored.
            assert await here.jobs.job(JOB) == end.job
            assert await here.jobs.events(JOB) == log_of(told)
            assert tuple(await here.jobs.checkpoints(JOB)) == checkpoints[-1]

    asyncio.run(run())


def test_what_is_told_is_stored_already(server: OpenAIServer, tmp_path: Path) -> None:
    server.on_request = training_host(server)

    async def run() -> None:
        async with desk(tmp_path, {"acme": server.base_url}) as here:
            await start(here, tmp_path)
            async for event in here.jobs.watch(JOB):
                if isinstance(event, EventsArrived):
                    stored = await here.jobs.events(JOB)
                    assert all(one in stored for one in event.events)
                if isinstance(event, JobChanged):
                    assert await here.jobs.job(JOB) == event.job

    asyncio.run(run())


def test_a_watch_goes_on_after_a_restart_where_it_was(server: OpenAIServer, tmp_path: Path) -> None:
    server.on_request = training_host(server)

    async def first() -> None:
        async with desk(tmp_path, {"acme": server.base_url}) as here:
            await start(here, tmp_path)
            async with aclosing(here.jobs.watch(JOB)) as events:
                async for event in events:
                    if isinstance(event, CheckpointsArrived):
                        return

    async def second() -> None:
        async with desk(tmp_path, {"acme": server.base_url}) as here:
            told = await followed(here)
            assert [event.message for event in log_of(told)] == EXPECTED
            assert isinstance(told[1], EventsArrived), "what is stored comes first"
            assert len(told[1].events) >= 4

    asyncio.run(first())
    asyncio.run(second())


def test_two_windows_are_both_told_everything_once(server: OpenAIServer, tmp_path: Path) -> None:
    server.on_request = training_host(server)

    async def run() -> None:
        urls = {"acme": server.base_url}
        async with desk(tmp_path, urls) as one, desk(tmp_path, urls) as two:
            await start(one, tmp_path)
            for told in await asyncio.gather(followed(one), followed(two)):
                assert [event.message for event in log_of(told)] == EXPECTED
                assert isinstance(told[-1], JobChanged)
                assert told[-1].job.status == "succeeded"
            assert [event.message for event in await one.jobs.events(JOB)] == EXPECTED

    asyncio.run(run())


def test_a_watch_outlives_a_host_that_does_not_answer_for_a_while(server: OpenAIServer, tmp_path: Path) -> None:
    server.on_request = training_host(server)

    async def run() -> None:
        async with desk(tmp_path, {"acme": server.base_url}) as here:
            await start(here, tmp_path)
            server.next("GET", JOB, reset, refuse(503), refuse(429), say(200, b"<html>"), say(200, b""))
            told = await followed(here)
            lost = [event for event in told if isinstance(event, ContactLost)]
            assert len(lost) == 5
            assert "broke before" in lost[0].reason
            assert lost[0].retry_seconds < lost[-1].retry_seconds <= SHORT.longest
            assert [event.message for event in log_of(told)] == EXPECTED

    asyncio.run(run())


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refusal_that_asking_again_does_not_change_ends_the_watch(
    server: OpenAIServer, tmp_path: Path, status: int
) -> None:
    async def run() -> None:
        async with desk(tmp_path, {"acme": server.base_url}) as here:
            await start(here, tmp_path)
            server.next("GET", JOB, refuse(status))
            with pytest.raises(HostRefusedError) as caught:
                await followed(here)
            assert caught.value.status == status

    asyncio.run(run())


def test_a_host_without_events_and_checkpoints_can_be_followed(server: OpenAIServer, tmp_path: Path) -> None:
    server.on_request = training_host(server)

    async def run() -> None:
        async with desk(tmp_path, {"acme": server.base_url}) as here:
            await start(here, tmp_path)
            server.next("GET", "events", *[refuse(404)] * 20)
            server.next("GET", "checkpoints", *[refuse(405)] * 20)
            told = await followed(here)
            assert log_of(told) == []
            assert isinstance(told[-1], JobChanged)
            assert told[-1].job.status == "succeeded"

    asyncio.run(run())


def test_a_failed_job_says_why(server: OpenAIServer, tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path, {"acme": server.base_url}) as here:
            await start(here, tmp_path)
            server.finish(JOB, "failed", {"code": "invalid_n_examples", "message": "has 7 examples", "param": None})
            told = await followed(here)
            assert isinstance(told[-1], JobChanged)
            assert (told[-1].job.status, told[-1].job.error) == ("failed", "has 7 examples")

    asyncio.run(run())


def test_an_ended_job_is_told_even_when_its_host_is_gone(tmp_path: Path) -> None:
    async def run() -> None:
        with OpenAIServer() as server:
            server.on_request = training_host(server)
            url = server.base_url
            async with desk(tmp_path, {"acme": url}) as here:
                await start(here, tmp_path)
                told = await followed(here)
        async with desk(tmp_path, {"acme": url}) as here:
            again = await followed(here)
            assert log_of(again) == log_of(told)
            assert again[0] == told[-1]

    asyncio.run(run())


def test_a_late_answer_does_not_bring_an_ended_job_back_to_life(server: OpenAIServer, tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path, {"acme": server.base_url}) as here:
            await start(here, tmp_path)
            late = await (await here.hosts.client("acme")).job(JOB)
            server.finish(JOB)
            await followed(here)
            entry = await here.ledger.record("acme", late)
            assert entry.job.status == "succeeded"
            assert entry.job.fine_tuned_model

    asyncio.run(run())


def test_a_watch_that_is_closed_asks_no_more(server: OpenAIServer, tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path, {"acme": server.base_url}) as here:
            await start(here, tmp_path)
            async with aclosing(here.jobs.watch(JOB)) as events:
                await anext(events)
                await anext(events)
            asked = len(server.requests)
            await asyncio.sleep(SHORT.longest * 3)
            assert len(server.requests) == asked

    asyncio.run(run())


def test_a_launch_that_is_not_confirmed_yet_is_watched_by_its_token(server: OpenAIServer, tmp_path: Path) -> None:
    server.on_request = training_host(server)
    server.next("POST", "fine_tuning/jobs$", reset)

    async def run() -> None:
        async with desk(tmp_path, {"acme": server.base_url}) as here:
            with pytest.raises(Exception, match="not known"):
                await start(here, tmp_path)
            (job,) = await here.jobs.jobs(refresh=False)
            told = await followed(here, job.launch_token)
            assert [event.job.status for event in told if isinstance(event, JobChanged)] == ["unknown", "unknown"]
            # It was started after all, and is listed now.
            asked = server.asked("POST", "fine_tuning/jobs$")[0]
            server.reply(asked)
            told = await followed(here, job.launch_token)
            assert isinstance(told[-1], JobChanged)
            assert (told[-1].job.id, told[-1].job.status) == (JOB, "succeeded")

    asyncio.run(run())


def test_an_unknown_job_is_looked_for_and_then_refused(server: OpenAIServer, tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path, {"acme": server.base_url}) as here:
            with pytest.raises(InputError, match="There is no job “ftjob-none”"):
                await followed(here, "ftjob-none")

    asyncio.run(run())
    assert server.asked("GET", "fine_tuning/jobs$")


def test_waits_grow_while_nothing_happens_and_shrink_when_something_does() -> None:
    interval = Interval(0.3, 2.0)
    waits = [0.3]
    for _ in range(8):
        waits.append(interval.after(waits[-1], is_active=False))
    assert waits == sorted(waits)
    assert waits[-1] == 2.0
    assert interval.after(2.0, is_active=True) == 0.3
    assert Pace().of("local").longest < Pace().of("acme").longest == 30
    assert PACE.silence > PACE.heartbeat


def test_a_quiet_job_is_asked_about_ever_less_often(server: OpenAIServer, tmp_path: Path) -> None:
    times: list[float] = []
    server.on_request = lambda request: times.append(time.monotonic()) if request.path.endswith(JOB) else None
    pace = Pace(remote=Interval(0.02, 0.3))

    async def run() -> None:
        async with desk(tmp_path, {"acme": server.base_url}, pace=pace) as here:
            await start(here, tmp_path)
            watching = asyncio.create_task(followed(here))
            while len(times) < 7:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
            watching.cancel()
            await asyncio.wait([watching])

    asyncio.run(run())
    gaps = [after - before for before, after in itertools.pairwise(times)]
    assert gaps[-1] > 2 * 0.02


def test_a_built_in_host_that_does_not_come_up_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local, "engine_command", lambda _folder: [str(tmp_path / "missing")])

    async def run() -> None:
        async with desk(tmp_path, {}) as here:
            await here.ledger.record("local", RemoteJob("ftjob-1", "running", "running", "tiny", 1))
            watch = here.jobs.watch("ftjob-1")
            told = [await anext(watch) for _ in range(5)]
            assert [type(event) for event in told] == [JobChanged, *[ContactLost] * 4]
            with pytest.raises(HostUnreachableError, match="could not be started"):
                await anext(watch)

    asyncio.run(run())

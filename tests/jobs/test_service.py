"""Lists of jobs, jobs from elsewhere, and telling a job what to do."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from desk import desk, last_job, launched, plan_for, training_file
from openai_server import Fault, OpenAIServer, after_effect, refuse, reset, say

from ftdesk.errors import HostError, HostRefusedError, HostUnreachableError, InputError


def elsewhere(server: OpenAIServer, number: int, **more: Any) -> str:
    """A job that another program started."""
    job_id = f"ftjob-{number:06d}"
    server.jobs[job_id] = {
        "id": job_id,
        "created_at": int(time.time()) - 1000 + number,
        "status": "queued",
        "model": "base-2",
        "fine_tuned_model": None,
        "finished_at": None,
        "training_file": "file-x",
        "metadata": None,
        "visible_at": 0,
        **more,
    }
    return job_id


def test_the_list_has_our_jobs_and_those_from_elsewhere_newest_first(server: OpenAIServer, tmp_path: Path) -> None:
    for number in range(10, 14):
        elsewhere(server, number)

    async def run() -> None:
        async with desk(tmp_path, {"acme": server.base_url}) as here:
            ours = last_job(await launched(here.jobs, plan_for(training_file(tmp_path))))
            for _ in range(2):
                jobs = await here.jobs.jobs()
                assert [job.id for job in jobs] == [ours.id, *(f"ftjob-0000{number}" for number in (13, 12, 11, 10))]
                assert [bool(job.launch_token) for job in jobs] == [True, False, False, False, False]
            assert jobs[1].training_file == "file-x"
            assert await here.jobs.jobs("local", refresh=False) == []

    asyncio.run(run())


def test_a_host_that_does_not_answer_keeps_its_rows_and_harms_no_other(tmp_path: Path) -> None:
    async def run() -> None:
        with OpenAIServer() as good, OpenAIServer() as bad:
            elsewhere(good, 1)
            elsewhere(bad, 2)
            async with desk(tmp_path, {"good": good.base_url, "bad": bad.base_url}) as here:
                assert len(await here.jobs.jobs()) == 2
                elsewhere(good, 3)
                bad.next("GET", "jobs$", reset, reset)
                assert {job.id for job in await here.jobs.jobs()} == {"ftjob-000001", "ftjob-000002", "ftjob-000003"}
                with pytest.raises(HostUnreachableError):
                    await here.jobs.jobs("bad")

    asyncio.run(run())


def test_the_built_in_host_is_not_started_to_ask_for_jobs_it_never_had(tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path, {}) as here:
            assert await here.jobs.jobs() == []
            assert await here.jobs.hosts_in_use() == []
            assert not (tmp_path / "data" / "engine").exists()

    asyncio.run(run())


def test_a_job_is_found_by_id_token_and_beginning(server: OpenAIServer, tmp_path: Path) -> None:
    elsewhere(server, 111)
    elsewhere(server, 222)

    async def run() -> None:
        async with desk(tmp_path, {"acme": server.base_url}) as here:
            ours = last_job(await launched(here.jobs, plan_for(training_file(tmp_path))))
            await here.jobs.jobs()
            assert (await here.jobs.job(ours.launch_token)).id == ours.id
            assert (await here.jobs.job("ftjob-0001")).id == "ftjob-000111"
            with pytest.raises(InputError, match="stands for several jobs: ftjob-") as caught:
                await here.jobs.job("ftjob-")
            assert caught.value.hint
            with pytest.raises(InputError, match="There is no job “%”"):
                await here.jobs.job("%")

    asyncio.run(run())


def test_one_id_at_two_hosts_is_told_apart_by_the_host(tmp_path: Path) -> None:
    async def run() -> None:
        with OpenAIServer() as one, OpenAIServer() as two:
            elsewhere(one, 1, model="of-one")
            elsewhere(two, 1, model="of-two")
            async with desk(tmp_path, {"one": one.base_url, "two": two.base_url}) as here:
                assert (await here.jobs.job("ftjob-000001", "two")).model == "of-two", "asked for at the host"
                assert (await here.jobs.job("ftjob-000001", "one")).model == "of-one"
                with pytest.raises(InputError, match="several"):
                    await here.jobs.job("ftjob-000001")

    asyncio.run(run())


@pytest.mark.parametrize(("verb", "status"), [("cancel", "cancelled"), ("pause", "paused"), ("resume", "queued")])
@pytest.mark.parametrize("fault", [None, after_effect(reset), after_effect(refuse(500))])
def test_a_job_does_what_it_is_told_even_if_its_answer_is_lost(
    server: OpenAIServer, tmp_path: Path, verb: str, status: str, fault: Fault | None
) -> None:
    async def run() -> None:
        async with desk(tmp_path, {"acme": server.base_url}) as here:
            job = last_job(await launched(here.jobs, plan_for(training_file(tmp_path))))
            if fault:
                server.next("POST", verb, fault)
            steered = await getattr(here.jobs, verb)(job.id)
            assert steered.status == status
            assert await here.jobs.job(job.id) == steered

    asyncio.run(run())
    assert len(server.asked("POST", verb)) == 1


def test_what_did_not_happen_is_not_reported_as_done(server: OpenAIServer, tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path, {"acme": server.base_url}) as here:
            job = last_job(await launched(here.jobs, plan_for(training_file(tmp_path))))
            server.next("POST", "cancel", reset, refuse(500), say(200, b"<html>"))
            for _ in range(3):
                with pytest.raises(HostError):
                    await here.jobs.cancel(job.id)
            assert (await here.jobs.job(job.id)).status == "queued"

    asyncio.run(run())


def test_to_cancel_twice_is_to_cancel_once(server: OpenAIServer, tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path, {"acme": server.base_url}) as here:
            job = last_job(await launched(here.jobs, plan_for(training_file(tmp_path))))
            assert await here.jobs.cancel(job.id) == await here.jobs.cancel(job.id)

    asyncio.run(run())


def test_a_job_that_ended_otherwise_is_said_to_have(server: OpenAIServer, tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path, {"acme": server.base_url}) as here:
            job = last_job(await launched(here.jobs, plan_for(training_file(tmp_path))))
            server.finish(job.id)
            with pytest.raises(HostRefusedError, match="has ended already: succeeded"):
                await here.jobs.cancel(job.id)
            assert (await here.jobs.job(job.id)).status == "succeeded"

    asyncio.run(run())


def test_a_job_without_an_id_cannot_be_told_anything(server: OpenAIServer, tmp_path: Path) -> None:
    server.next("POST", "fine_tuning/jobs$", reset)

    async def run() -> None:
        async with desk(tmp_path, {"acme": server.base_url}) as here:
            with pytest.raises(HostUnreachableError):
                await launched(here.jobs, plan_for(training_file(tmp_path)))
            (job,) = await here.jobs.jobs()
            with pytest.raises(InputError, match="has not confirmed"):
                await here.jobs.cancel(job.id)

    asyncio.run(run())


def test_a_job_that_was_first_seen_as_from_elsewhere_becomes_ours(server: OpenAIServer, tmp_path: Path) -> None:
    """A second window lists the job between its creation and the answer to it, at a host that drops metadata."""
    server.keeps_metadata = False

    async def run() -> None:
        urls = {"acme": server.base_url}
        async with desk(tmp_path, urls) as here:
            entry = await here.ledger.record("acme", await remote(here, elsewhere(server, 1)))
            assert entry.job.launch_token == ""
            del server.jobs["ftjob-000001"]
            job = last_job(await launched(here.jobs, plan_for(training_file(tmp_path))))
            (only,) = await here.jobs.jobs()
            assert (only.id, only.launch_token) == ("ftjob-000001", job.launch_token)

    asyncio.run(run())


async def remote(here: Any, job_id: str) -> Any:
    return await (await here.hosts.client("acme")).job(job_id)


def test_no_key_is_written_anywhere(server: OpenAIServer, tmp_path: Path) -> None:
    key = "sk-canary-0123456789"
    server.next("POST", "fine_tuning/jobs$", refuse(400, f"bad key {key}"))
    server.next("GET", "fine_tuning/jobs$", say(200, key.encode()))

    async def run() -> None:
        async with desk(tmp_path, {"acme": server.base_url}, key=key) as here:
            with pytest.raises(HostRefusedError):
                await launched(here.jobs, plan_for(training_file(tmp_path)))
            await here.jobs.jobs()

    asyncio.run(run())
    assert server.requests[0].headers["authorization"] == f"Bearer {key}"
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or key.encode() not in path.read_bytes(), path

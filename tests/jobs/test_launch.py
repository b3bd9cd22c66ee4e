"""Exactly one paid job, whatever the network does and whenever the program ends."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from desk import PACE, Desk, desk, last_job, launched, plan_for, training_file
from openai_server import Fault, OpenAIServer, Request, after_effect, hang, refuse, reset, say, send

from ftdesk.errors import FtdeskError, HostError, HostRefusedError, HostUnreachableError, InputError, StorageError
from ftdesk.hosts.endpoint import Limits
from ftdesk.jobs.ledger import TOKEN_MARK
from ftdesk.jobs.types import Job, JobChanged, LaunchEvent, LaunchStepped
from ftdesk.storage.folders import Folders

CREATE = ("POST", "fine_tuning/jobs$")
posix = pytest.mark.skipif(os.name == "nt", reason="by POSIX means")


def launch(server: OpenAIServer, root: Path, **more: Any) -> list[LaunchEvent]:
    async def run() -> list[LaunchEvent]:
        async with desk(root, {"acme": server.base_url}) as here:
            return await launched(here.jobs, plan_for(training_file(root), **more))

    return asyncio.run(run())


def launch_badly(server: OpenAIServer, root: Path, **more: Any) -> tuple[FtdeskError, Job]:
    """The error that a launch ends with, and its row."""

    async def run() -> tuple[FtdeskError, Job]:
        async with desk(root, {"acme": server.base_url}) as here:
            with pytest.raises(FtdeskError) as caught:
                await launched(here.jobs, plan_for(training_file(root), **more))
            (job,) = await here.jobs.jobs(refresh=False)
            return caught.value, job

    return asyncio.run(run())


def row(root: Path) -> dict[str, Any]:
    """The only row, as another process sees it."""
    connection = sqlite3.connect(Folders.under(root).database)
    connection.row_factory = sqlite3.Row
    (found,) = connection.execute("SELECT * FROM jobs").fetchall()
    connection.close()
    return dict(found)


def test_the_intent_is_on_disk_before_each_step_is_taken(server: OpenAIServer, tmp_path: Path) -> None:
    steps: list[tuple[str, str, str | None]] = []

    def look(request: Request) -> None:
        if request.method == "POST":
            found = row(tmp_path)
            steps.append((found["launch_step"], found["status"], found["uploaded_training_file"]))

    server.on_request = look
    events = launch(server, tmp_path)
    assert steps == [("recorded", "launching", None), ("creating", "launching", "file-000001")]
    assert [event.step for event in events if isinstance(event, LaunchStepped)] == [
        *("recorded", "uploading", "uploaded", "creating", "created"),
    ]
    assert row(tmp_path)["id"] == "ftjob-000001"


def test_the_job_carries_the_token_and_the_row_what_was_asked_for(server: OpenAIServer, tmp_path: Path) -> None:
    validation = training_file(tmp_path, "valid.jsonl")
    job = last_job(
        launch(
            server,
            tmp_path,
            validation_file=validation,
            hyperparameters={"n_epochs": 3},
            suffix="mine",
            seed=7,
            estimated_cost=1.5,
        )
    )
    asked = server.asked(*CREATE)[0].json
    assert asked["metadata"] == {TOKEN_MARK: job.launch_token}
    assert (asked["training_file"], asked["validation_file"]) == ("file-000001", "file-000002")
    assert (asked["suffix"], asked["seed"]) == ("mine", 7)
    assert asked["method"] == {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 3}}}
    data = (tmp_path / "train.jsonl").read_bytes()
    assert job.dataset_sha256 == hashlib.sha256(data).hexdigest()
    assert server.files["file-000001"] == data
    assert (job.status, job.host, job.model, job.estimated_cost) == ("queued", "acme", "base-1", 1.5)
    assert (job.training_file, job.validation_file) == (str(tmp_path / "train.jsonl"), str(validation))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422, 429])
def test_a_refused_launch_says_so_and_takes_its_file_back(server: OpenAIServer, tmp_path: Path, status: int) -> None:
    server.next(*CREATE, refuse(status, "no such model"))
    error, job = launch_badly(server, tmp_path, validation_file=training_file(tmp_path, "valid.jsonl"))
    assert isinstance(error, HostRefusedError)
    assert (job.status, job.error) == ("failed", error.title)
    assert server.files == {}
    assert len(server.asked(*CREATE)) == 1


def test_a_host_that_went_away_before_the_request_was_sent_has_no_job(tmp_path: Path) -> None:
    with OpenAIServer() as server:
        # It takes the file and dies.
        server.on_request = lambda _request: server._loop.call_soon(server.stopping.set)
        error, job = launch_badly(server, tmp_path)
    assert isinstance(error, HostUnreachableError)
    assert (job.status, job.error) == ("failed", error.title)


LOST: tuple[Fault, ...] = (
    refuse(500),
    refuse(503),
    refuse(409),
    refuse(408),
    say(502, b"<html>Bad Gateway</html>", content_type="text/html"),
    say(307, b"", location="http://127.0.0.1:1/"),
    reset,
    hang,
    send(b""),
    send(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{"),
    say(200, b"<html>Log in</html>", content_type="text/html"),
    say(200, b""),
    say(200, [1]),
    say(200, {"id": 5}),
    say(200, {"id": "ftjob-9", "status": "queued", "model": "m", "created_at": 1, "training_file": "file-of-another"}),
)


@pytest.mark.parametrize("fault", LOST)
def test_a_job_whose_confirmation_was_lost_is_found(server: OpenAIServer, tmp_path: Path, fault: Fault) -> None:
    server.next(*CREATE, after_effect(fault))
    job = last_job(launch(server, tmp_path))
    assert (job.id, job.status) == ("ftjob-000001", "queued")
    assert len(server.asked(*CREATE)) == 1
    assert server.files, "the job needs its file"


@pytest.mark.parametrize("fault", LOST)
def test_a_job_that_does_not_turn_up_is_unknown_and_not_asked_for_again(
    server: OpenAIServer, tmp_path: Path, fault: Fault
) -> None:
    server.next(*CREATE, fault)
    error, job = launch_badly(server, tmp_path)
    assert isinstance(error, HostUnreachableError)
    assert "it is not known whether “acme” started the job" in error.title
    assert job.status == "unknown"
    assert job.id == job.launch_token
    assert len(server.asked(*CREATE)) == 1


def drop_metadata(server: OpenAIServer) -> None:
    server.keeps_metadata = False


def ignore_the_filter(server: OpenAIServer) -> None:
    server.filters_jobs = False


def refuse_the_filter(server: OpenAIServer) -> None:
    server.next("GET", "fine_tuning/jobs$", *[refuse(400, "unknown parameter: metadata")])


def list_late(server: OpenAIServer) -> None:
    server.list_is_late_by = 0.2


@pytest.mark.parametrize("habit", [drop_metadata, ignore_the_filter, refuse_the_filter, list_late])
def test_a_job_is_found_at_hosts_of_other_habits(
    server: OpenAIServer, tmp_path: Path, habit: Callable[[OpenAIServer], None]
) -> None:
    launch(server, tmp_path)  # another job, of the same file and model
    habit(server)
    server.next(*CREATE, after_effect(reset))
    assert last_job(launch(server, tmp_path)).id == "ftjob-000002"


def test_a_job_that_turns_up_later_is_ours_when_it_does(server: OpenAIServer, tmp_path: Path) -> None:
    server.list_is_late_by = 3600
    server.next(*CREATE, after_effect(reset))
    _, job = launch_badly(server, tmp_path)
    server.jobs["ftjob-000001"]["visible_at"] = 0

    async def run() -> list[Job]:
        async with desk(tmp_path, {"acme": server.base_url}) as here:
            return await here.jobs.jobs()

    (found,) = asyncio.run(run())
    assert (found.id, found.status, found.launch_token) == ("ftjob-000001", "queued", job.launch_token)


def test_a_job_that_something_on_the_way_started_twice_is_told_of(server: OpenAIServer, tmp_path: Path) -> None:
    server.next(*CREATE, after_effect(after_effect(reset)))
    events = launch(server, tmp_path)
    jobs = [event.job for event in events if isinstance(event, JobChanged)]
    assert [job.id for job in jobs[-2:]] == ["ftjob-000001", "ftjob-000002"]
    assert [bool(job.launch_token) for job in jobs[-2:]] == [True, False]
    assert "ftjob-000002" in next(
        event.text for event in events if isinstance(event, LaunchStepped) and event.step == "duplicate"
    )


def make_folder(path: Path) -> None:
    path.mkdir()


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (make_folder, "is a folder"),
        (Path.touch, "is empty"),
        (lambda _path: None, "cannot be read: No such file"),
        pytest.param(make_pipe, "is not an ordinary file", marks=posix),
        pytest.param(lambda path: path.symlink_to("/dev/zero"), "is not an ordinary file", marks=posix),
    ],
)
def test_what_cannot_be_a_training_file_is_refused_before_anything_happens(
    server: OpenAIServer, tmp_path: Path, make: Callable[[Path], None], words: str
) -> None:
    path = tmp_path / "it.jsonl"
    make(path)

    async def run() -> None:
        async with desk(tmp_path, {"acme": server.base_url}) as here:
            for plan in (plan_for(path), plan_for(training_file(tmp_path), validation_file=path)):
                with pytest.raises(InputError, match=re.escape(f"{path} ") + words):
                    await launched(here.jobs, plan)
            with pytest.raises(InputError, match="Epochs cannot be 0"):
                await launched(here.jobs, plan_for(training_file(tmp_path), hyperparameters={"n_epochs": 0}))
            assert await here.jobs.jobs(refresh=False) == []

    asyncio.run(run())
    assert server.requests == []


def test_a_file_that_changes_while_it_is_uploaded_is_not_trained_on(server: OpenAIServer, tmp_path: Path) -> None:
    def change(request: Request) -> None:
        if request.path.endswith("/files"):
            with (tmp_path / "train.jsonl").open("a") as file:
                file.write("{}\n")

    server.on_request = change
    error, job = launch_badly(server, tmp_path)
    assert "changed while it was uploaded" in error.title
    assert (job.status, server.files, server.asked(*CREATE)) == ("failed", {}, [])


def test_a_launch_that_is_stopped_while_uploading_leaves_nothing(server: OpenAIServer, tmp_path: Path) -> None:
    async def run() -> None:
        async with desk(tmp_path, {"acme": server.base_url}) as here:
            async with aclosing(here.jobs.launch(plan_for(training_file(tmp_path)))) as events:
                async for event in events:
                    if isinstance(event, LaunchStepped) and event.step == "uploaded":
                        break
            (job,) = await here.jobs.jobs(refresh=False)
            assert (job.status, job.error) == ("cancelled", "The launch was stopped before the job was started.")

    asyncio.run(run())
    assert (server.files, server.asked(*CREATE)) == ({}, [])


@pytest.mark.parametrize("fault", [hang, after_effect(hang)])
def test_a_launch_that_is_stopped_while_creating_is_unknown_until_it_is_looked_for(
    server: OpenAIServer, tmp_path: Path, fault: Fault
) -> None:
    server.next(*CREATE, fault)

    async def run() -> None:
        async with desk(tmp_path, {"acme": server.base_url}) as here:
            task = asyncio.create_task(launched(here.jobs, plan_for(training_file(tmp_path))))
            while not server.asked(*CREATE):  # noqa: ASYNC110 - happens in another thread
                await asyncio.sleep(0.005)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            (job,) = await here.jobs.jobs(refresh=False)
            assert job.status == "unknown"
            changed = await here.jobs.resolve_unfinished()
            assert [job.id for job in changed] == list(server.jobs)

    asyncio.run(run())
    assert len(server.asked(*CREATE)) == 1


def test_a_job_that_cannot_be_written_down_is_named(server: OpenAIServer, tmp_path: Path) -> None:
    def break_database(request: Request) -> None:
        if re.search(CREATE[1], request.path) and request.method == "POST":
            with sqlite3.connect(Folders.under(tmp_path).database) as connection:
                connection.execute("ALTER TABLE jobs RENAME TO gone")
            connection.close()

    async def run() -> None:
        async with desk(tmp_path, {"acme": server.base_url}) as here:
            with pytest.raises(StorageError, match="The job ftjob-000001 was started, but"):
                await launched(here.jobs, plan_for(training_file(tmp_path)))

    server.on_request = break_database
    asyncio.run(run())
    assert server.files, "the job needs its file"


def test_a_launch_that_was_given_up_for_dead_does_not_start_a_job_after_all(
    server: OpenAIServer, tmp_path: Path
) -> None:
    """As when a computer sleeps in the middle of an upload and another window is opened meanwhile."""

    def give_up(request: Request) -> None:
        if request.path.endswith("/files") and request.method == "POST":
            with sqlite3.connect(Folders.under(tmp_path).database) as connection:
                connection.execute("UPDATE jobs SET status = 'failed'")
            connection.close()

    server.on_request = give_up
    error, job = launch_badly(server, tmp_path)
    assert "given up" in error.title
    assert (job.status, server.asked(*CREATE)) == ("failed", [])


@posix
@pytest.mark.parametrize("way", ["start", "list"])
@pytest.mark.parametrize(
    ("at", "has_effect", "status"),
    [("files$", False, "failed"), ("jobs$", False, "unknown"), ("jobs$", True, "queued")],
)
def test_a_launch_whose_program_was_killed_is_resolved_at_the_next_start_or_list(
    server: OpenAIServer, tmp_path: Path, at: str, has_effect: bool, status: str, way: str
) -> None:
    file = training_file(tmp_path)
    tests = Path(__file__).parents[1]
    program = f"""
import asyncio, sys
from pathlib import Path
sys.path[:0] = [{str(tests)!r}, {str(tests / "jobs")!r}]
from desk import desk, launched, plan_for
async def run():
    async with desk(Path({str(tmp_path)!r}), {{"acme": {server.base_url!r}}}) as here:
        await launched(here.jobs, plan_for(Path({str(file)!r})))
asyncio.run(run())
"""
    process = subprocess.Popen([sys.executable, "-c", program])

    async def kill(server: OpenAIServer, request: Request, writer: asyncio.StreamWriter) -> None:
        if has_effect:
            server.reply(request)
        process.send_signal(signal.SIGKILL)
        writer.close()

    server.next("POST", at, kill)
    assert process.wait() == -signal.SIGKILL
    assert row(tmp_path)["status"] == "launching"

    async def resolve() -> list[Job]:
        async with desk(tmp_path, {"acme": server.base_url}) as here:
            if way == "start":
                await here.jobs.resolve_unfinished()
                return await here.jobs.jobs(refresh=False)
            await asyncio.sleep(PACE.silence)
            return await here.jobs.jobs()

    (job,) = asyncio.run(resolve())
    assert job.status == status
    assert len(server.jobs) == has_effect
    assert len(server.asked(*CREATE)) == (at == "jobs$")


def test_a_launch_at_work_is_left_alone_by_another_window(server: OpenAIServer, tmp_path: Path) -> None:
    async def wait_a_little(server: OpenAIServer, request: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(PACE.silence + 0.5)  # longer than a silence that is taken for death
        reply = server.reply(request)
        assert reply
        writer.write(reply.encoded())

    server.next("POST", "files$", wait_a_little)

    async def run() -> None:
        urls, limits = {"acme": server.base_url}, Limits()
        async with desk(tmp_path, urls, limits=limits) as one, desk(tmp_path, urls, limits=limits) as two:
            task = asyncio.create_task(launched(one.jobs, plan_for(training_file(tmp_path))))
            while not server.requests:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
            await two.jobs.resolve_unfinished()
            assert last_job(await task).status == "queued"

    asyncio.run(run())
    assert len(server.jobs) == 1


def test_a_hostile_network_never_makes_two_jobs_of_one(server: OpenAIServer, tmp_path: Path) -> None:
    """120 launches, twelve at a time. Half of the requests take effect, and most answers go wrong."""
    choose = random.Random(7)  # noqa: S311 - the same mix each time
    refusals = [refuse(429), refuse(400), refuse(403, "x", "training_not_available")]
    server.next(*CREATE, *[choose.choice([*refusals, *LOST, *map(after_effect, LOST)]) for _ in range(90)])
    server.next("GET", "fine_tuning/jobs$", *[choose.choice([reset, refuse(503), refuse(429)]) for _ in range(60)])
    server.next("POST", "files$", *[choose.choice([reset, refuse(500), send(b"")]) for _ in range(15)])
    server.list_is_late_by = 0.05

    async def one(here: Desk, number: int, turn: asyncio.Semaphore) -> None:
        async with turn:
            with contextlib.suppress(HostError):
                await launched(here.jobs, plan_for(training_file(tmp_path, f"{number}.jsonl")))

    async def run() -> list[Job]:
        turn = asyncio.Semaphore(12)
        async with desk(tmp_path, {"acme": server.base_url}) as here:
            await asyncio.gather(*(one(here, number, turn) for number in range(120)))
            return await here.jobs.jobs(refresh=False)

    jobs = asyncio.run(run())
    existing = Counter(job["metadata"][TOKEN_MARK] for job in server.jobs.values())
    assert max(existing.values()) == 1, "a second job"
    assert len(jobs) == 120
    for job in jobs:
        if job.status == "failed":
            assert job.launch_token not in existing, "billed, but shown as failed"
        elif job.status != "unknown":
            assert job.launch_token in existing
            assert server.jobs[job.id]["metadata"][TOKEN_MARK] == job.launch_token
    assert not [job for job in jobs if job.status == "launching"]
    statuses = Counter(job.status for job in jobs)
    assert min(statuses["queued"], statuses["failed"], statuses["unknown"]) >= 5, statuses

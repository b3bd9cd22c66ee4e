"""From a file to a model that answers, with the engine as it is shipped."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path

import pytest

from ftdesk.app import App
from ftdesk.hosts.types import ChatDelta, ChatFinished, ChatOptions, JobEvent, ModelName
from ftdesk.jobs.types import EventsArrived, JobChanged, LaunchPlan
from ftdesk.storage.folders import Folders

EPOCHS = 8
STEPS = 2 * EPOCHS


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "train.jsonl"
    lines = [
        {"messages": [{"role": "user", "content": f"say {word}"}, {"role": "assistant", "content": f"{word}!"}]}
        for word in ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "red", "blue")
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


@asynccontextmanager
async def running(home: Path) -> AsyncIterator[App]:
    async with aclosing(App(Folders.under(home))) as app:
        yield app


async def start(app: App, file: Path) -> str:
    plan = LaunchPlan(file, ModelName("local", "tiny"), hyperparameters={"n_epochs": EPOCHS})
    jobs = [event.job async for event in app.jobs.launch(plan) if isinstance(event, JobChanged)]
    return jobs[-1].id


def steps_of(events: list[JobEvent]) -> list[int]:
    return [event.data["step"] for event in events if event.type == "metrics"]


def test_a_file_becomes_a_model_that_is_listed_and_answers(tmp_path: Path, file: Path) -> None:
    async def run() -> None:
        async with running(tmp_path) as app:
            job_id = await start(app, file)
            async for _ in app.jobs.watch(job_id):
                pass
            job = await app.jobs.job(job_id)
            assert (job.status, job.error) == ("succeeded", None)
            assert job.fine_tuned_model
            assert job.trained_tokens
            assert steps_of(await app.jobs.events(job_id)) == list(range(1, STEPS + 1))
            assert await app.jobs.checkpoints(job_id)

            client = await app.hosts.client("local")
            assert job.fine_tuned_model in {model.id for model in await client.models()}
            messages = [{"role": "user", "content": "say red"}]
            async with aclosing(client.chat(job.fine_tuned_model, messages, ChatOptions(temperature=0))) as answer:
                *deltas, end = [item async for item in answer]
            assert isinstance(end, ChatFinished)
            assert end.complete
            assert end.served_model == job.fine_tuned_model
            assert end.text == "".join(delta.text for delta in deltas if isinstance(delta, ChatDelta)) != ""

    asyncio.run(run())


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_job_goes_on_after_the_engine_was_killed_under_it(tmp_path: Path, file: Path) -> None:
    async def run() -> None:
        async with running(tmp_path) as app:
            job_id = await start(app, file)
            engine = json.loads((app.folders.engine / "endpoint.json").read_text())
            told: list[JobEvent] = []
            async for event in app.jobs.watch(job_id):
                if isinstance(event, EventsArrived):
                    if not steps_of(told) and steps_of(list(event.events)):
                        os.kill(engine["pid"], signal.SIGKILL)
                    told += event.events
            assert (await app.jobs.job(job_id)).status == "succeeded"
            assert steps_of(told) == list(range(1, STEPS + 1)), "each step once"
            assert json.loads((app.folders.engine / "endpoint.json").read_text())["pid"] != engine["pid"]

    asyncio.run(run())


def test_a_job_waits_while_nothing_runs_and_goes_on_when_it_is_watched(tmp_path: Path, file: Path) -> None:
    def ftdesk(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "ftdesk", *words]
        return subprocess.run(
            command, env={**os.environ, "FTDESK_HOME": str(tmp_path)}, capture_output=True, text=True, check=True
        )

    launched = ftdesk("launch", str(file), "--model", "local/tiny", "--epochs", str(EPOCHS), "--yes")
    job_id = launched.stdout.strip()
    assert f"trains only while ftdesk runs. Go on with: ftdesk watch {job_id}" in launched.stderr
    watched = ftdesk("watch", job_id, "--json")
    lines = [json.loads(line) for line in watched.stdout.splitlines()]
    assert (lines[-1]["type"], lines[-1]["id"], lines[-1]["status"]) == ("job", job_id, "succeeded")
    steps = [line["event"]["data"]["step"] for line in lines if line["type"] == "event" and line["event"]["data"]]
    assert steps == list(range(1, STEPS + 1))
    assert watched.stderr.count("Step") == 0

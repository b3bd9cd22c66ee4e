"""Whatever is killed whenever: a job goes on, and its loss curve is that of a job nobody disturbed."""

from __future__ import annotations

import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running import Engine, ended, messages, newest_step, processes_with, steps, train, until, upload

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")
OPTIONS: Any = {"model": "bigram-slow", "seed": 3, "hyperparameters": {"n_epochs": 8, "batch_size": 4}}


class Restartable:
    """An engine that can be killed and started again over the same data."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self.start()

    def start(self) -> None:
        self.engine = Engine(self._data)
        self.client = self.engine.client()

    def kill(self) -> None:
        self.engine.kill()


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Restartable]:
    running = Restartable(tmp_path_factory.mktemp("interrupted") / "data")
    yield running
    running.engine.stop()


@pytest.fixture(scope="module")
def file(host: Restartable) -> str:
    return upload(host.client)


@pytest.fixture(scope="module")
def undisturbed(host: Restartable, file: str) -> Any:
    job = train(host.client, training_file=file, validation_file=file, **OPTIONS | {"model": "bigram"})
    told = [message for message in messages(host.client, job.id) if "model created" not in message]
    return {
        "steps": steps(host.client, job.id),
        "told": told[1:],
        "checkpoints": [point.step_number for point in host.client.fine_tuning.jobs.checkpoints.list(job.id)],
        "tokens": job.trained_tokens,
        "csv": host.client.files.content(job.result_files[0]).text,
    }


def begin(host: Restartable, file: str) -> str:
    return host.client.fine_tuning.jobs.create(training_file=file, validation_file=file, **OPTIONS).id


def reached(host: Restartable, job: str, step: int) -> None:
    def look() -> bool:
        assert host.client.fine_tuning.jobs.retrieve(job).status not in ("failed", "succeeded")
        return newest_step(host.client, job) >= step

    until(look)


def assert_as_undisturbed(host: Restartable, job_id: str, undisturbed: Any) -> None:
    job = ended(host.client, job_id)
    assert job.status == "succeeded", job.error
    assert steps(host.client, job_id) == undisturbed["steps"]
    assert job.trained_tokens == undisturbed["tokens"]
    assert host.client.files.content(job.result_files[0]).text == undisturbed["csv"]
    checkpoints = [point.step_number for point in host.client.fine_tuning.jobs.checkpoints.list(job_id)]
    assert checkpoints == undisturbed["checkpoints"] == [24, 21, 18, 15, 12]
    events = list(host.client.fine_tuning.jobs.list_events(job_id, limit=100))[::-1]
    remarks = ("resumed from step", "paused", "model created", "Created fine-tuning job")
    plain = [event for event in events if event.level == "info" and not any(word in event.message for word in remarks)]
    assert [event.message for event in plain] == undisturbed["told"]


@pytest.mark.parametrize("victim", ["trainer", "server", "both"])
def test_a_job_survives_a_kill(host: Restartable, file: str, undisturbed: Any, victim: str) -> None:
    job = begin(host, file)
    for step in (4, 11):
        reached(host, job, step)
        worker = until(lambda: host.engine.worker(job))
        if victim != "server":
            os.kill(worker, signal.SIGKILL)
        if victim != "trainer":
            host.kill()
            host.start()
    assert_as_undisturbed(host, job, undisturbed)
    warnings = [e for e in host.client.fine_tuning.jobs.list_events(job, limit=100) if e.level == "warn"]
    assert len(warnings) >= 2


def test_a_job_survives_kills_at_any_moment(host: Restartable, file: str, undisturbed: Any) -> None:
    moment = random.Random(1)  # noqa: S311 - repeatable on purpose
    job = begin(host, file)
    for _ in range(5):
        time.sleep(moment.random() * 0.5)
        for pid in processes_with(f"--job\0{job}"):
            os.kill(pid, signal.SIGKILL)
        host.kill()
        host.start()
    assert_as_undisturbed(host, job, undisturbed)
    with sqlite3.connect(host.engine.data / "engine.sqlite3") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()


def test_a_paused_job_goes_on_where_it_stopped(host: Restartable, file: str, undisturbed: Any) -> None:
    job = begin(host, file)
    for step in (2, 9):
        reached(host, job, step)
        assert host.client.fine_tuning.jobs.pause(job).status == "paused"
        assert host.engine.worker(job) is None
        curve = steps(host.client, job)
        assert host.client.fine_tuning.jobs.retrieve(job).estimated_finish is None
        assert host.client.fine_tuning.jobs.resume(job).status in ("queued", "running")
        reached(host, job, len(curve) + 1)
    assert_as_undisturbed(host, job, undisturbed)


def test_a_pause_outlives_the_engine(host: Restartable, file: str, undisturbed: Any) -> None:
    job = begin(host, file)
    reached(host, job, 5)
    host.client.fine_tuning.jobs.pause(job)
    host.kill()
    host.start()
    assert host.client.fine_tuning.jobs.retrieve(job).status == "paused"
    host.client.fine_tuning.jobs.resume(job)
    assert_as_undisturbed(host, job, undisturbed)


def test_pausing_and_resuming_in_one_breath_loses_nothing(host: Restartable, file: str, undisturbed: Any) -> None:
    job = begin(host, file)
    reached(host, job, 2)
    jobs = host.client.fine_tuning.jobs
    for _ in range(4):
        jobs.pause(job)
        jobs.resume(job)
        until(lambda: jobs.retrieve(job).status == "running")
    assert_as_undisturbed(host, job, undisturbed)


def test_a_job_whose_process_is_killed_again_and_again_fails_with_the_reason(host: Restartable, file: str) -> None:
    job = begin(host, file)
    killed: set[int] = set()
    while len(killed) < 3:
        worker = until(lambda: host.engine.worker(job))
        if worker not in killed:
            os.kill(worker, signal.SIGKILL)
            killed.add(worker)
    failed = ended(host.client, job)
    assert failed.error is not None
    assert "killed 3 times (signal 9" in failed.error.message


def test_the_engine_ends_with_its_parent_and_the_job_waits_for_the_next_one(
    host: Restartable, file: str, undisturbed: Any
) -> None:
    job = begin(host, file)
    reached(host, job, 4)
    worker = until(lambda: host.engine.worker(job))
    port = host.engine.port
    assert host.engine.stop() == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
    until(lambda: not Path(f"/proc/{worker}").exists())
    assert not (host.engine.data / "endpoint.json").exists()
    host.start()
    assert_as_undisturbed(host, job, undisturbed)
    told = messages(host.client, job)
    assert any(message.startswith("The engine was stopped; the job will go on from step") for message in told)


def test_the_engine_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    program = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-m', 'ftdesk.engine', '--data', sys.argv[1], '--with-parent'],"
        " stdin=subprocess.PIPE)\n"
        "print(child.pid, flush=True)\n"
        "time.sleep(1000)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path / "data")], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    endpoint = parent.stdout.readline()
    assert "base_url" in endpoint
    parent.kill()
    parent.wait()
    parent.stdout.close()
    until(lambda: not Path(f"/proc/{pid}").exists())
    assert not (tmp_path / "data" / "endpoint.json").exists()


def test_an_upload_that_was_under_way_when_the_engine_was_killed_leaves_nothing(host: Restartable) -> None:
    known = [file.id for file in host.client.files.list()]
    incoming = host.engine.data / "incoming"
    with socket.create_connection(("127.0.0.1", host.engine.port)) as connection:
        connection.sendall(
            f"POST /v1/files HTTP/1.1\r\nHost: 127.0.0.1:{host.engine.port}\r\n"
            f"Authorization: Bearer {host.engine.api_key}\r\n"
            "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 1000000\r\n\r\n"
            '--b\r\nContent-Disposition: form-data; name=file; filename="a"\r\n\r\n{}\n'.encode()
        )
        until(lambda: list(incoming.iterdir()))
        host.kill()
    assert list(incoming.iterdir())
    stray = host.engine.data / "files" / ("file-" + "x" * 24)
    stray.write_bytes(b"renamed, and then the engine died")
    host.start()
    assert list(incoming.iterdir()) == []
    assert not stray.exists()
    assert [file.id for file in host.client.files.list()] == known


def test_a_damaged_state_costs_time_and_nothing_else(host: Restartable, file: str, undisturbed: Any) -> None:
    job = begin(host, file)
    reached(host, job, 7)
    host.client.fine_tuning.jobs.pause(job)
    (state,) = (host.engine.data / "jobs" / job).glob("*.state")
    state.write_bytes(b"\0" * 100)
    host.client.fine_tuning.jobs.resume(job)
    assert_as_undisturbed(host, job, undisturbed)
    assert any("starts again from the first step" in message for message in messages(host.client, job))


def test_a_file_that_vanished_fails_the_job_with_the_reason(host: Restartable) -> None:
    lost = upload(host.client)
    job = begin(host, lost)
    reached(host, job, 2)
    host.client.fine_tuning.jobs.pause(job)
    (host.engine.data / "files" / lost).unlink()
    host.client.fine_tuning.jobs.resume(job)
    failed = ended(host.client, job)
    assert failed.error is not None
    assert (failed.error.param, failed.error.message) == ("training_file", f"The file {lost} is no longer there.")

"""What the built-in host costs: starting, taking files, answering while it trains, the first words of an answer.

    .venv/bin/python tests/benchmarks/bench_engine.py [--rounds 5] [--mib 200]

Medians over the rounds, with the worst behind them. The practice model trains and answers; the client is OpenAI's.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import openai

ROOT = Path(__file__).resolve().parents[2]


class Host:
    """An engine process with a client."""

    def __init__(self, data: Path) -> None:
        command = [sys.executable, "-m", "ftdesk.engine", "--data", str(data), "--with-parent"]
        began = time.perf_counter()
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, text=True)
        assert self._process.stdout is not None
        endpoint = json.loads(self._process.stdout.readline())
        self.start_seconds = time.perf_counter() - began
        self.client = openai.OpenAI(**endpoint, max_retries=0, http_client=openai.DefaultHttpxClient(trust_env=False))

    def memory(self, what: str) -> float:
        """``VmRSS`` or ``VmHWM`` in MiB."""
        lines = Path(f"/proc/{self._process.pid}/status").read_text().splitlines()
        return int(next(line.split()[1] for line in lines if line.startswith(what))) / 1024

    def stop(self) -> float:
        """Close the pipe; seconds until the process has gone."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self.client.close()
        began = time.perf_counter()
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()
        return time.perf_counter() - began


@contextmanager
def running(data: Path) -> Iterator[Host]:
    host = Host(data)
    try:
        yield host
    finally:
        host.stop()


def report(what: str, values: list[float], unit: str) -> None:
    worst = min(values) if unit.endswith("/s") else max(values)
    print(f"{what:48} {statistics.median(values):9.1f} {unit:6} (worst {worst:.1f})")


def dataset(examples: int) -> bytes:
    lines = []
    for number in range(examples):
        order = f"A{number * 7919 % 90000 + 10000}"
        messages = [
            {"role": "user", "content": f"Where is my order {order}? I have waited for {number % 9 + 2} days."},
            {"role": "assistant", "content": json.dumps({"category": "delivery", "order_id": order})},
        ]
        lines.append(json.dumps({"messages": messages}))
    return "\n".join(lines).encode()


def bench_start(folder: Path, rounds: int) -> None:
    starts, stops, memories = [], [], []
    for number in range(rounds):
        host = Host(folder / f"start{number}")
        host.client.files.list()
        starts.append(host.start_seconds * 1000)
        memories.append(host.memory("VmRSS"))
        stops.append(host.stop() * 1000)
    report("process start to the line on stdout", starts, "ms")
    report("memory of the server after its first request", memories, "MiB")
    report("end of the parent to end of the process", stops, "ms")


def bench_upload(folder: Path, rounds: int, mib: int) -> None:
    path = folder / "large.jsonl"
    line = json.dumps({"messages": [{"role": "user", "content": "x" * 900}]}).encode() + b"\n"
    path.write_bytes(line * ((mib << 20) // len(line)))
    speeds, growths, retrieves = [], [], []
    with running(folder / "upload") as host:
        host.client.files.list()
        for _ in range(rounds):
            peak = host.memory("VmHWM")
            began = time.perf_counter()
            file = host.client.files.create(file=path, purpose="fine-tune")
            speeds.append(mib / (time.perf_counter() - began))
            growths.append(host.memory("VmHWM") - peak)
            began = time.perf_counter()
            host.client.files.retrieve(file.id)
            retrieves.append((time.perf_counter() - began) * 1000)
            host.client.files.delete(file.id)
    path.unlink()
    report(f"upload of {mib} MiB", speeds, "MiB/s")
    report("growth of the server's peak memory by it", growths, "MiB")
    report("files.retrieve on an idle server", retrieves, "ms")


def bench_training(folder: Path, rounds: int) -> None:
    firsts, polls = [], []
    with running(folder / "training") as host:
        jobs = host.client.fine_tuning.jobs
        file = host.client.files.create(file=("train.jsonl", dataset(60)), purpose="fine-tune").id
        for _ in range(rounds):
            began = time.perf_counter()
            job = jobs.create(model="tiny", training_file=file, hyperparameters={"n_epochs": 6}, seed=1)
            while not any(event.type == "metrics" for event in jobs.list_events(job.id, limit=5).data):
                time.sleep(0.01)
            firsts.append((time.perf_counter() - began) * 1000)
            while job.status not in ("succeeded", "failed"):
                began = time.perf_counter()
                job = jobs.retrieve(job.id)
                polls.append((time.perf_counter() - began) * 1000)
                time.sleep(0.02)
    report("jobs.create to the first step", firsts, "ms")
    report(f"jobs.retrieve while it trains ({len(polls)} times)", polls, "ms")


def bench_answers(folder: Path, rounds: int) -> None:
    colds, firsts, speeds = [], [], []
    for number in range(rounds):
        with running(folder / f"answers{number}") as host:
            for attempt in range(5):
                began = time.perf_counter()
                first, chunks = 0.0, 0
                for chunk in host.client.chat.completions.create(
                    model="tiny", messages=[{"role": "user", "content": "Hello!"}], stream=True, seed=attempt
                ):
                    if chunk.choices[0].delta.content and not first:
                        first = (time.perf_counter() - began) * 1000
                    chunks += 1
                (firsts if attempt else colds).append(first)
                if attempt:
                    speeds.append(chunks / (time.perf_counter() - began))
    report("first words of the first answer (loads numpy)", colds, "ms")
    report("first words of further answers", firsts, "ms")
    report("chunks a second to the client", speeds, "/s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--mib", type=int, default=200)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        bench_start(folder, arguments.rounds)
        bench_upload(folder, arguments.rounds, arguments.mib)
        bench_training(folder, arguments.rounds)
        bench_answers(folder, arguments.rounds)


if __name__ == "__main__":
    main()

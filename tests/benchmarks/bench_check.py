"""What a check costs, beside the scripts that people use instead.

    .venv/bin/python tests/benchmarks/bench_check.py [--mib 40] [--rounds 5] [FILE]

Every method runs in a process of its own, all of them once in each round. Printed are medians: wall and processor
seconds (children included), memory at its highest, and the processor time in relation to the baseline of its group.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ftdesk.validation.checker import Checker, CheckFinished
from ftdesk.validation.counters import load_o200k_base

GROUPS = {
    "without tokens": ("json", "naive", "check"),
    "with tokens": ("cookbook", "check-tokens", "check-tokens-2"),
}


def run_json(path: Path) -> str:
    """Nothing but parsing."""
    with path.open(encoding="utf-8") as file:
        return f"{sum(1 for line in file if json.loads(line) is not None)} lines"


def run_naive(path: Path) -> str:
    """The script of a usual walk-through: parse, an assistant somewhere, no content blank."""
    valid = 0
    with path.open(encoding="utf-8") as file:
        for line in file:
            messages = json.loads(line).get("messages", [])
            has_assistant = any(message["role"] == "assistant" for message in messages)
            valid += has_assistant and all((message.get("content") or "-").strip() for message in messages)
    return f"{valid} valid"


def run_cookbook(path: Path) -> str:
    """In the manner of OpenAI's cookbook: load all, count format errors, then tokens message by message."""
    encoding = load_o200k_base()
    with path.open(encoding="utf-8") as file:
        dataset = [json.loads(line) for line in file]
    errors: dict[str, int] = defaultdict(int)
    for example in dataset:
        for message in example["messages"]:
            errors["keys"] += "role" not in message or "content" not in message
            errors["role"] += message.get("role") not in ("system", "user", "assistant", "tool")
            errors["content"] += not (message.get("content") or message.get("tool_calls"))
        errors["assistant"] += not any(message.get("role") == "assistant" for message in example["messages"])
    total = trained = 0
    for example in dataset:
        total += 3
        for message in example["messages"]:
            texts = [value for value in message.values() if isinstance(value, str)]
            total += 3 + sum(len(encoding.encode(text)) for text in texts)
        answers = [message for message in example["messages"] if message["role"] == "assistant"]
        trained += sum(len(encoding.encode(message.get("content") or "")) for message in answers)
    return f"{total:,} tokens"


def run_check(path: Path, *, count_tokens: bool, workers: int = 1) -> str:
    *_, last = Checker(count_tokens=count_tokens).check_file(path, workers=workers)
    assert isinstance(last, CheckFinished)
    tokens = last.report.tokens
    found = f"{last.report.count('error')} errors"
    return f"{tokens.total:,} tokens, {found}" if tokens else f"{last.report.lines} lines, {found}"


METHODS: dict[str, Callable[[Path], str]] = {
    "json": run_json,
    "naive": run_naive,
    "check": lambda path: run_check(path, count_tokens=False),
    "cookbook": run_cookbook,
    "check-tokens": lambda path: run_check(path, count_tokens=True),
    "check-tokens-2": lambda path: run_check(path, count_tokens=True, workers=2),
}


def write_dataset(path: Path, size: int, words_of_answer: int) -> None:
    """Conversations in the words of Python's own manual, one in ten with a tool call; the same for every run."""
    from pydoc_data.topics import topics

    source = random.Random(7)  # noqa: S311 - a benchmark wants the same data each time
    words = " ".join(topics.values()).split()
    with path.open("w", encoding="utf-8") as file:
        number = 0
        while file.tell() < size:
            for _ in range(200):
                number += 1
                file.write(json.dumps(_example(number, words, words_of_answer, source), ensure_ascii=False) + "\n")


def _example(number: int, words: list[str], length: int, source: random.Random) -> dict[str, Any]:
    def text(mean: int) -> str:
        start = source.randrange(len(words) - 8 * mean)
        return " ".join(words[start : start + source.randint(mean // 2, mean * 3 // 2)])

    system = {"role": "system", "content": "You explain the Python language to people who know another one."}
    user = {"role": "user", "content": f"{number}: {text(max(8, length // 3))}"}
    answer = {"role": "assistant", "content": text(length)}
    if number % 10:
        return {"messages": [system, user, answer]}
    call = {"id": "c", "type": "function", "function": {"name": "look_up", "arguments": '{"topic": "for"}'}}
    tool = {"role": "tool", "tool_call_id": "c", "content": text(length)}
    called = {"role": "assistant", "content": None, "tool_calls": [call]}
    tools = [{"type": "function", "function": {"name": "look_up", "parameters": {"type": "object", "properties": {}}}}]
    return {"messages": [system, user, called, tool, answer], "tools": tools}


def measure(method: str, path: Path) -> dict[str, Any]:
    """Run ``method`` in a fresh process, which prints what it measured of itself."""
    command = [sys.executable, __file__, "--method", method, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    measured: dict[str, Any] = json.loads(done.stdout)
    return measured


def run_here(method: str, path: Path) -> None:
    begin = time.perf_counter()
    result = METHODS[method](path)
    wall = time.perf_counter() - begin
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    processor = sum(usage.ru_utime + usage.ru_stime for usage in usages)
    memory = max(usage.ru_maxrss for usage in usages) / 1024
    print(json.dumps({"wall": wall, "processor": processor, "memory": memory, "result": result}))


def compare(path: Path, rounds: int) -> None:
    megabytes = path.stat().st_size / 1e6
    with path.open("rb") as file:
        lines = sum(1 for _ in file)
    print(f"\n{path.name}: {megabytes:,.0f} MB, {lines:,} lines, {path.stat().st_size // lines:,} bytes a line")
    for group, methods in GROUPS.items():
        runs: dict[str, list[dict[str, Any]]] = {method: [] for method in methods}
        for _ in range(rounds):
            for method in methods:
                runs[method].append(measure(method, path))
        print(f"  {group:<16} {'wall s':>8} {'cpu s':>8} {'MB/s':>8} {'MiB':>8} {'ratio':>8}")
        baseline = statistics.median(run["processor"] for run in runs[methods[0]])
        for method in methods:
            wall, processor, memory = (
                statistics.median(run[key] for run in runs[method]) for key in ("wall", "processor", "memory")
            )
            print(
                f"  {method:<16} {wall:8.2f} {processor:8.2f} {megabytes / wall:8.1f} {memory:8.0f}"
                f" {processor / baseline:8.2f}   {runs[method][0]['result']}"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--mib", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--method", choices=METHODS, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.method:
        run_here(arguments.method, arguments.file)
        return
    print(f"{os.cpu_count()} processors, Python {sys.version.split()[0]}")
    if arguments.file:
        compare(arguments.file, arguments.rounds)
        return
    with tempfile.TemporaryDirectory() as folder:
        for name, length in (("short.jsonl", 20), ("long.jsonl", 350)):
            path = Path(folder, name)
            write_dataset(path, arguments.mib << 20, length)
            compare(path, arguments.rounds)


if __name__ == "__main__":
    main()

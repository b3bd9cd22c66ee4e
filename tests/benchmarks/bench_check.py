"""What a check costs, beside the scripts that people use instead and the bare parser and counter below it.

    .venv/bin/python tests/benchmarks/bench_check.py [--mib 40] [--rounds 5] [FILE]

Every method runs in a process of its own, all of them once in each round. Printed are medians: wall and processor
seconds (children included, the loading of modules and vocabularies not), memory at its highest in one process, and
wall and processor time in relation to the baseline of the group. ``bench_edit.py`` measures an edit in the window.
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
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ftdesk.validation.cache import CheckCache
from ftdesk.validation.checker import Checker, CheckFinished
from ftdesk.validation.counters import O200K_BASE, load_o200k_base, shared_counter

GROUPS = {
    "without tokens": ("orjson", "jiter", "json", "naive", "check", "check-2"),
    "with tokens": (
        *("orjson+toktok", "orjson+tiktoken", "cookbook", "check-tokens", "check-tokens-2"),
        *("check-first-2", "check-again", "check-again-2"),
    ),
}
BLOCK = 256 * 1024


def run_orjson(path: Path) -> str:
    """Nothing but parsing, by the fastest parser that makes the same values."""
    import orjson

    return _parsed(path, orjson.loads)


def run_jiter(path: Path) -> str:
    """Nothing but parsing, by the parser of the check, as strict as the check."""
    from jiter import from_json

    return _parsed(path, lambda raw: from_json(raw, allow_inf_nan=False, cache_mode="keys", catch_duplicate_keys=True))


def _parsed(path: Path, loads: Callable[[bytes], Any]) -> str:
    good = bad = 0
    with path.open("rb") as file:
        for line in file:
            try:
                loads(line)
                good += 1
            except ValueError:
                bad += 1
    return f"{good + bad} lines, {bad} bad"


def run_parser_and_toktok(path: Path) -> str:
    """The least that counts: parse, collect the contents of a block, count them in one call."""
    from toktok import batch_count

    return f"{sum(sum(batch_count(texts, O200K_BASE, 1)) for texts in _contents(path)):,} tokens of contents"


def run_parser_and_tiktoken(path: Path) -> str:
    encode = load_o200k_base().encode_ordinary
    return f"{sum(len(encode(text)) for texts in _contents(path) for text in texts):,} tokens of contents"


def _contents(path: Path) -> Iterator[list[str]]:
    import orjson

    with path.open("rb") as file:
        while lines := file.readlines(BLOCK):
            texts = []
            for line in lines:
                try:
                    messages = orjson.loads(line)["messages"]
                    texts += [message["content"] for message in messages if message.get("content")]
                except (ValueError, TypeError, KeyError, AttributeError):
                    continue
            yield texts


def run_json(path: Path) -> str:
    """Nothing but parsing, by the standard library."""
    return _parsed(path, json.loads)


def run_naive(path: Path) -> str:
    """The script of a usual walk-through: parse, an assistant somewhere, no content blank."""
    valid = 0
    with path.open(encoding="utf-8") as file:
        for line in file:
            try:
                messages = json.loads(line)["messages"]
                has_assistant = any(message["role"] == "assistant" for message in messages)
                valid += has_assistant and all((message.get("content") or "-").strip() for message in messages)
            except (ValueError, TypeError, KeyError):
                continue
    return f"{valid} valid"


def run_cookbook(path: Path) -> str:
    """In the manner of OpenAI's cookbook: load all, count format errors, then tokens message by message."""
    encoding = load_o200k_base()
    errors: dict[str, int] = defaultdict(int)
    dataset = []
    with path.open(encoding="utf-8") as file:
        for line in file:
            try:
                dataset.append(json.loads(line)["messages"])
            except (ValueError, TypeError, KeyError):
                errors["line"] += 1
    for messages in dataset:
        for message in messages:
            errors["keys"] += "role" not in message or "content" not in message
            errors["role"] += message.get("role") not in ("system", "user", "assistant", "tool")
            errors["content"] += not (message.get("content") or message.get("tool_calls"))
        errors["assistant"] += not any(message.get("role") == "assistant" for message in messages)
    total = trained = 0
    for messages in dataset:
        total += 3
        for message in messages:
            texts = [value for value in message.values() if isinstance(value, str)]
            total += 3 + sum(len(encoding.encode(text, disallowed_special=())) for text in texts)
        answers = [message for message in messages if message["role"] == "assistant"]
        trained += sum(len(encoding.encode(message.get("content") or "", disallowed_special=())) for message in answers)
    return f"{total:,} tokens"


def run_check(path: Path, *, count_tokens: bool, workers: int = 1, cache: Path | None = None) -> str:
    checker = Checker(count_tokens=count_tokens)
    *_, last = checker.check_file(path, workers=workers, cache=CheckCache(cache) if cache else None)
    assert isinstance(last, CheckFinished)
    tokens = last.report.tokens
    found = f"{last.report.count('error')} errors, {len(last.report.findings):,} findings"
    return f"{tokens.total:,} tokens, {found}" if tokens else f"{last.report.lines} lines, {found}"


def run_first(path: Path, workers: int) -> str:
    """With an empty cache, which it fills."""
    cache = cache_of(path, workers)
    for entry in cache.rglob("*"):
        if entry.is_file():
            entry.unlink()
    return run_check(path, count_tokens=True, workers=workers, cache=cache)


def cache_of(path: Path, workers: int) -> Path:
    return path.with_name(f"{path.name}-checks-{workers}")


METHODS: dict[str, Callable[[Path], str]] = {
    "orjson": run_orjson,
    "jiter": run_jiter,
    "json": run_json,
    "naive": run_naive,
    "check": lambda path: run_check(path, count_tokens=False),
    "check-2": lambda path: run_check(path, count_tokens=False, workers=2),
    "orjson+toktok": run_parser_and_toktok,
    "orjson+tiktoken": run_parser_and_tiktoken,
    "cookbook": run_cookbook,
    "check-tokens": lambda path: run_check(path, count_tokens=True),
    "check-tokens-2": lambda path: run_check(path, count_tokens=True, workers=2),
    "check-first-2": lambda path: run_first(path, 2),
    "check-again": lambda path: run_check(path, count_tokens=True, cache=cache_of(path, 2)),
    "check-again-2": lambda path: run_check(path, count_tokens=True, workers=2, cache=cache_of(path, 2)),
}
LOADED: dict[str, Callable[[], object]] = {
    "orjson+toktok": lambda: shared_counter().count("loaded"),
    "orjson+tiktoken": load_o200k_base,
    "cookbook": load_o200k_base,
    "check-tokens": lambda: (shared_counter().count("loaded"), load_o200k_base()),
}
"""What is loaded before the clock starts. Worker processes load theirs while it runs."""


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
    LOADED.get(method, lambda: None)()
    begin, before = time.perf_counter(), time.process_time()
    result = METHODS[method](path)
    wall = time.perf_counter() - begin
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    processor = time.process_time() - before + usages[1].ru_utime + usages[1].ru_stime
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
        print(f"  {group:<16} {'wall s':>8} {'cpu s':>8} {'MB/s':>8} {'MiB':>6} {'x wall':>7} {'x cpu':>7}")
        first = {key: statistics.median(run[key] for run in runs[methods[0]]) for key in ("wall", "processor")}
        for method in methods:
            wall, processor, memory = (
                statistics.median(run[key] for run in runs[method]) for key in ("wall", "processor", "memory")
            )
            print(
                f"  {method:<16} {wall:8.2f} {processor:8.2f} {megabytes / wall:8.1f} {memory:6.0f}"
                f" {wall / first['wall']:7.2f} {processor / first['processor']:7.2f}   {runs[method][0]['result']}"
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

"""What opening, editing and saving a large dataset costs, beside the plainest programs that do the same.

    .venv/bin/python tests/benchmarks/bench_dataset.py [--mib 512] [--rounds 5]

Each round runs every method once, in turn; medians and their ratio are printed.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from ftdesk.dataset.changes import Change, Splice
from ftdesk.dataset.conversation import set_text
from ftdesk.dataset.document import Document
from ftdesk.dataset.lines import FileLines
from ftdesk.storage.folders import Folders

WORDS = [
    "patient",
    "presents",
    "with",
    "acute",
    "chronic",
    "pain",
    "of",
    "the",
    "left",
    "knee",
    "and",
    "fever",
    "since",
]


def write_dataset(path: Path, size: int, line_bytes: int) -> None:
    """Conversation lines of about ``line_bytes``, ``size`` bytes in all, the same for every run."""
    source = random.Random(7)  # noqa: S311 - a benchmark wants the same data each time
    pool = []
    for _ in range(2000):
        words = " ".join(source.choices(WORDS, k=max(4, source.randint(line_bytes // 12, line_bytes // 4))))
        pool.append(
            f'{{"messages": [{{"role": "user", "content": "{words}"}}, {{"role": "assistant", "content": "ok"}}]}}\n'
        )
    with path.open("wb") as file:
        while file.tell() < size:
            file.write("".join(source.choices(pool, k=500)).encode())


def seconds(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def compare(title: str, rounds: int, ours: Callable[[], float], theirs: dict[str, Callable[[], float]]) -> None:
    """Interleaved rounds of ours and of each reference."""
    results: dict[str, list[float]] = {"ftdesk": [], **{name: [] for name in theirs}}
    for _ in range(rounds):
        results["ftdesk"].append(ours())
        for name, work in theirs.items():
            results[name].append(work())
    mine = statistics.median(results["ftdesk"])
    parts = [f"ftdesk {mine * 1000:8.2f} ms"]
    for name in theirs:
        other = statistics.median(results[name])
        parts.append(f"{name} {other * 1000:8.2f} ms  ratio {mine / other:5.2f}")
    print(f"{title:44} {'   '.join(parts)}", flush=True)


def index(path: Path) -> float:
    def work() -> None:
        FileLines(path).close()

    return seconds(work)


def count_lines(path: Path) -> float:
    return seconds(lambda: subprocess.run(["wc", "-l", path], check=True, stdout=subprocess.DEVNULL))


def edit_and_save(path: Path, home: Path) -> float:
    document = Document.open(path, Folders.under(home))
    row = len(document) // 2
    document.replace(row, set_text(document.line(row), 0, f"edited {time.time_ns()}"), "Edit")
    taken = seconds(document.save)
    document.close()
    return taken


def copy_and_sync(path: Path, target: Path) -> float:
    def work() -> None:
        subprocess.run(["cp", path, target], check=True)
        with target.open("rb+") as file:
            os.fsync(file.fileno())

    taken = seconds(work)
    target.unlink()
    return taken


def durable_edit(path: Path, home: Path, count: int = 200) -> float:
    """Seconds for one edit of a 4 kB line to be in the journal and on disk."""
    with Document.open(path, Folders.under(home)) as document:
        line = document.line(0)
        times = [
            seconds(lambda: document.apply(Change("Edit", (Splice(0, (document.line(0),), (line + b" ",)),))))
            for _ in range(count)
        ]
        document.discard_edits()
    return statistics.median(times)


def append_and_sync(folder: Path, size: int, count: int = 200) -> float:
    """The floor: the same bytes appended to a plain file."""
    descriptor = os.open(folder / "floor", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    content = b"x" * size

    def work() -> None:
        os.write(descriptor, content)
        os.fdatasync(descriptor)

    times = [seconds(work) for _ in range(count)]
    os.close(descriptor)
    return statistics.median(times)


def private_memory() -> int:
    """Bytes of memory that belong to this process alone."""
    text = Path("/proc/self/smaps_rollup").read_text()
    return sum(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith("Private_"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mib", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", type=Path)
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="ftdesk-bench-", dir=arguments.folder))
    try:
        for line_bytes in (4000, 250):
            path = folder / f"{line_bytes}.jsonl"
            write_dataset(path, arguments.mib << 20, line_bytes)
            index(path)
            compare(
                f"index {arguments.mib} MiB, {line_bytes}-byte lines",
                arguments.rounds,
                lambda path=path: index(path),  # type: ignore[misc]
                {"wc -l": lambda path=path: count_lines(path)},  # type: ignore[misc]
            )
            before = private_memory()
            with Document.open(path) as document:
                print(
                    f"    {len(document)} lines, private memory +{(private_memory() - before) / 2**20:.0f} MiB",
                    flush=True,
                )
            compare(
                f"edit one example and save, {line_bytes}-byte lines",
                arguments.rounds,
                lambda path=path: edit_and_save(path, folder / "home"),  # type: ignore[misc]
                {"cp + fsync": lambda path=path: copy_and_sync(path, folder / "copy")},  # type: ignore[misc]
            )
        path = folder / "4000.jsonl"
        with Document.open(path) as document:
            size = 2 * len(document.line(0))
        compare(
            "one edit made durable",
            arguments.rounds,
            lambda: durable_edit(path, folder / "home"),
            {"append + fdatasync": lambda: append_and_sync(folder, size)},
        )
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main())

"""From an edit to its findings on screen, in the real window, and the memory that checking a large file takes.

    .venv/bin/python tests/benchmarks/bench_edit.py [--lines 1000000] [--edits 30] [FILE]

Printed are the milliseconds from the edit until the list and the inspector show its findings, while the file is still
being checked and after, the longest time for which the event loop stood still, and the private memory of the window
and of the checking process.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from ftdesk.app import App
from ftdesk.dataset.document import Document
from ftdesk.storage.folders import Folders
from ftdesk.ui.fonts import install_fonts
from ftdesk.ui.theme import Theme
from ftdesk.ui.window import Window

GIVE_UP_SECONDS = 1800
WORDS = (
    *("the", "order", "parcel", "late", "refund", "please", "account", "login", "when", "why", "where", "blue"),
    *("cancel", "invoice", "again", "address"),
)


def write_dataset(path: Path, lines: int) -> None:
    """Short examples, about 250 bytes each, one in a thousand with an empty answer."""
    source = random.Random(3)  # noqa: S311 - a benchmark wants the same data each time
    with path.open("w", encoding="utf-8") as file:
        for number in range(lines):
            file.write(example(f"{number}: {' '.join(source.choices(WORDS, k=20))}", number % 1000 != 999) + "\n")


def example(question: str, answered: bool) -> str:
    answer = f"About {question[:12]}" if answered else ""
    return json.dumps({"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]})


def private_mib(process: int | None) -> float:
    """Private memory of a process in MiB; 0 where the system does not tell."""
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in text.splitlines() if line.startswith("Private_")) / 1024


class Gaps:
    """Runs the event loop and remembers the longest time that one turn of it took."""

    longest = 0.0

    def wait(self, until: Callable[[], bool]) -> None:
        end = time.monotonic() + GIVE_UP_SECONDS
        while not until():
            begin = time.perf_counter()
            QApplication.processEvents()
            self.longest = max(self.longest, time.perf_counter() - begin)
            if time.monotonic() > end:
                raise TimeoutError
            time.sleep(0.0005)


def timed_edits(window: Window, count: int, gaps: Gaps) -> list[float]:
    """Make an answer empty or whole in turn, of a row that is on screen, until its findings are shown."""
    checking, document, chosen = window.desk.checking, window.desk.dataset.document, window.desk.dataset.row
    assert document is not None
    times = []
    for number in range(count):
        wrong = number % 2 == 0
        line = example(f"edit {number} {time.time_ns()}", not wrong).encode()
        begin = time.perf_counter()
        document.replace(chosen, line, "Edit")
        gaps.wait(lambda: checking.is_checked(chosen))
        QApplication.processEvents()  # paints
        times.append(time.perf_counter() - begin)
        assert any(finding.rule == "empty-content" for finding in checking.findings(chosen)) == wrong
        pause = time.monotonic() + 0.05
        while time.monotonic() < pause:
            QApplication.processEvents()
    return times


def spread(times: list[float]) -> str:
    ordered = sorted(time * 1000 for time in times)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]
    return f"median {statistics.median(ordered):6.1f} ms, p95 {p95:6.1f} ms, worst {ordered[-1]:6.1f} ms"


def measure(application: QApplication, path: Path, edits: int) -> None:
    install_fonts(application)
    window = Window(App(), Theme(application, "light"))
    window.show()
    gaps = Gaps()
    wait = gaps.wait
    wait(window.isVisible)
    idle = private_mib(os.getpid())
    window.desk.dataset.show_document(Document.open(path, Folders.of_user()))
    document, checking = window.desk.dataset.document, window.desk.checking
    assert document is not None
    index = private_mib(os.getpid()) - idle
    begin = time.perf_counter()
    checking.begin()
    wait(lambda: checking.checked > min(20_000, len(document) // 4))
    print(f"while checking    {spread(timed_edits(window, max(3, edits // 3), gaps))}")
    wait(lambda: checking.is_settled)
    print(f"{len(document):,} rows checked and summed up in {time.perf_counter() - begin:.1f} s")
    print(f"longest turn of the event loop {gaps.longest * 1000:.0f} ms")
    for place in ("dataset", "check"):
        window.show_place(place)
        wait(lambda: checking.is_settled)
        gaps.longest = 0.0
        times = timed_edits(window, edits, gaps)
        print(f"then, in {place:<8} {spread(times)}, longest turn {gaps.longest * 1000:.0f} ms")
    begin = time.perf_counter()
    wait(lambda: checking.is_settled)
    print(f"settled {time.perf_counter() - begin:.2f} s after the last edit")
    grown = private_mib(os.getpid()) - idle
    print(f"window {grown:+.0f} MiB above idle ({idle:.0f} MiB), {index:.0f} of them the index of lines")
    print(f"checking process {private_mib(checking.process_id):.0f} MiB")
    checking.restart()
    begin = time.perf_counter()
    wait(lambda: checking.is_settled)
    print(f"checked again in {time.perf_counter() - begin:.1f} s")
    checking.close()
    window.desk.dataset.show_document(None)
    window.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", nargs="?", type=Path)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--edits", type=int, default=30)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["FTDESK_HOME"] = str(Path(folder, "home"))
        QApplication.setAttribute(Qt.ApplicationAttribute.AA_DontUseNativeMenuBar)
        application = QApplication(sys.argv[:1])
        path = Path(folder, "examples.jsonl")
        if arguments.file is None:
            write_dataset(path, arguments.lines)
        measure(application, arguments.file or path, arguments.edits)


if __name__ == "__main__":
    main()

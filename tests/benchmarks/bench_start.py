"""How long the window takes to its first paint, against a bare PySide6 window in the same run.

    python tests/benchmarks/bench_start.py [ROUNDS]

Both are fresh interpreters, started in turn, offscreen, with warm file caches. The time runs from just before the
process starts to the end of a paint: the first, of the frame, and the one that shows the place with its file (the
sample of 160 examples). Prints the medians and their ratios.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "resources" / "samples" / "medical-coder.jsonl"

BARE = """
import sys, time
from PySide6.QtWidgets import QApplication, QMainWindow
application = QApplication([])
window = QMainWindow()
window.resize(1280, 820)
window.show()
application.processEvents()
print(time.time())
"""

# ftdesk paints its frame, then its place, and then asks for the event loop, which is replaced here.
FTDESK = """
import sys, time, types
from ftdesk.ui import start

times = []
go_on = start._run

def note_paints(application, path):
    process_events = type(application).processEvents
    def process_and_note(*_):
        process_events()
        times.append(time.time())
    type(application).processEvents = process_and_note
    return go_on(application, path)

def run(application, main, prepare):
    main.close()
    print(" ".join(sorted(sys.modules)), *times)
    return 0

start._run = note_paints
sys.modules["ftdesk.ui.loop"] = types.SimpleNamespace(run=run)
from ftdesk.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


def run_child(code: str, home: Path, *words: str) -> tuple[list[float], list[str]]:
    """Milliseconds from the start of the interpreter to its paints, and the modules it had loaded after the last."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "FTDESK_HOME": str(home)}
    # An installed ftdesk is compiled. In a checkout the first round compiles it, outside the checkout.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    environment["PYTHONPYCACHEPREFIX"] = str(home / "compiled")
    begun = time.time()
    done = subprocess.run(
        [sys.executable, "-c", code, *words], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    said = done.stdout.split()
    times = [word for word in said if word[0].isdigit()]
    return [(float(painted) - begun) * 1000 for painted in times], [word for word in said if word not in times]


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 15
    bare, frame, place = [], [], []
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for measured in range(-1, rounds):
            reference, ours = run_child(BARE, home)[0], run_child(FTDESK, home, str(SAMPLE))[0]
            if measured >= 0:
                bare.append(reference[0])
                frame.append(ours[0])
                place.append(ours[1])
    base = statistics.median(bare)
    for name, times in (("bare PySide6 window", bare), ("ftdesk, first paint", frame), ("ftdesk, file shown", place)):
        median = statistics.median(times)
        print(f"{name:20} median {median:6.0f} ms  ratio {median / base:4.2f}   fastest {min(times):6.0f} ms")
    print("goal: a ratio of 1.5 at most for the first paint")


if __name__ == "__main__":
    main()

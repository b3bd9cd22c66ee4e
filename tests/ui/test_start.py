"""Starting the window as a person does: in a process of its own."""

from __future__ import annotations

import json
import os
import runpy
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ftdesk.ui.window import Window

MakeWindow = Callable[..., Window]
Start = Callable[..., subprocess.Popen[str]]

# Runs the real program; what follows `begun` happens in its event loop.
DRIVEN = """
import sys
from PySide6.QtCore import QTimer
from PySide6.QtTest import QTest
from ftdesk.ui.editor import TextEditor
from ftdesk.ui.window import Window

begin = Window.begin

def say(*words):
    print(*words, flush=True)

def begun(window):
    begin(window)
    QTimer.singleShot(0, lambda: drive(window))

{drive}

Window.begin = begun
from ftdesk.__main__ import main
sys.exit(main(sys.argv[1:]))
"""

TYPING = """
def drive(window):
    text = window.findChild(TextEditor, "message_1_text")
    text.setFocus()
    text.committed.connect(lambda _: QTimer.singleShot(0, lambda: say("kept")))
    QTest.keyClicks(text, "Edited ")
"""

WAITING = """
def drive(window):
    window.desk.dataset.replaced.connect(lambda: say("opened", window.desk.dataset.title))
    say("ready")
"""

CLOSING = """
def drive(window):
    window.close()
"""

LOSING = """
def drive(window):
    from PySide6.QtCore import qWarning
    for _ in range(1000):
        qWarning("The X11 connection broke (error 1). Did the X11 server die?")
"""

FAILING = """
def drive(window):
    def look():
        say(*window.desk.notices.texts)
        window.close()
    QTimer.singleShot(0, look)
    raise ZeroDivisionError("on purpose, sk-secret1234567890")
"""


@pytest.fixture
def start(home: Path) -> Iterator[Start]:
    """Starts the program with a drive; what still runs at the end is killed."""
    started: list[subprocess.Popen[str]] = []

    def start_driven(drive: str, *words: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", DRIVEN.format(drive=drive), *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "FTDESK_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"},
        )
        started.append(process)
        return process

    yield start_driven
    for process in started:
        process.kill()
        process.communicate()


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_an_edit_survives_a_window_that_is_killed(start: Start, make_window: MakeWindow, sample: Path) -> None:
    before = sample.read_bytes()
    process = start(TYPING, str(sample))
    assert line_of(process) == "kept"
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert sample.read_bytes() == before
    window = make_window()
    window.open_at_start(None)
    document = window.desk.dataset.document
    assert document is not None
    assert json.loads(document.line(0))["messages"][1]["content"] == "Edited Question 1"
    assert window.desk.notices.texts == ["Your unsaved edit is here again."]


def test_a_second_start_hands_its_file_to_the_running_window(start: Start, sample: Path) -> None:
    first = start(WAITING)
    assert line_of(first) == "ready"
    second = start(WAITING, str(sample))
    assert line_of(second) == ""
    assert second.wait() == 0
    assert line_of(first) == "opened sample.jsonl"


def test_a_window_that_crashed_does_not_keep_the_next_from_starting(start: Start, sample: Path) -> None:
    first = start(WAITING)
    assert line_of(first) == "ready"
    first.send_signal(signal.SIGKILL)
    first.wait()
    second = start(CLOSING, str(sample))
    assert second.wait() == 0


def test_closing_the_window_ends_the_program_without_a_word(start: Start, sample: Path) -> None:
    process = start(CLOSING, str(sample))
    assert process.communicate() == ("", "")
    assert process.returncode == 0


def test_an_unexpected_error_is_told_and_logged_and_the_window_stays(start: Start, home: Path) -> None:
    process = start(FAILING)
    assert "inside ftdesk (ZeroDivisionError)" in line_of(process)
    assert process.wait() == 0
    log = (home / "logs" / "ftdesk.log").read_text("utf-8")
    assert "on purpose" in log
    assert "Traceback" in log
    assert "sk-secret" not in log


def test_a_lost_display_ends_the_program_and_does_not_fill_the_log(start: Start, home: Path, sample: Path) -> None:
    process = start(LOSING, str(sample))
    assert process.wait() == 0
    assert (home / "logs" / "ftdesk.log").read_text("utf-8").count("The X11 connection broke") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can lack a display")
def test_without_a_display_a_sentence_says_what_to_do(home: Path) -> None:
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    }
    done = subprocess.run(
        [sys.executable, "-m", "ftdesk"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "“demo”" in done.stderr
    assert "xvfb-run" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has X displays")
@pytest.mark.parametrize("display", [":97531", "unix:97531.0", "127.0.0.1:47531"])
def test_a_display_at_which_nothing_answers_is_told(display: str) -> None:
    environment = {
        name: value for name, value in os.environ.items() if name not in ("WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    }
    done = subprocess.run(
        [sys.executable, "-m", "ftdesk"],
        env={**environment, "DISPLAY": display},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert display in done.stderr


@pytest.mark.parametrize("words", [["--no-such-option"], ["one.jsonl", "two.jsonl"]])
def test_arguments_that_mean_nothing_are_refused(words: list[str]) -> None:
    done = subprocess.run([sys.executable, "-m", "ftdesk", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1


def test_settings_that_cannot_be_read_are_a_sentence_and_no_traceback(start: Start, home: Path) -> None:
    (home / "config").mkdir(parents=True)
    (home / "config" / "settings.toml").write_text("theme = 3")
    process = start(CLOSING)
    _, errors = process.communicate()
    assert process.returncode == 2
    assert len(errors.splitlines()) == 1
    assert "settings.toml" in errors


@pytest.mark.parametrize(
    "heavy",
    ["pydantic", "openai", "httpx2", "tiktoken", "numpy", "pyqtgraph", "asyncio", "qasync", "PySide6.QtNetwork"],
)
def test_nothing_heavy_is_loaded_before_the_file_is_shown(modules_at_first_sight: list[str], heavy: str) -> None:
    assert heavy not in modules_at_first_sight


@pytest.fixture(scope="module")
def modules_at_first_sight(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    bench = runpy.run_path(str(Path(__file__).parents[1] / "benchmarks" / "bench_start.py"))
    folder = tmp_path_factory.mktemp("start")
    sample = folder / "one.jsonl"
    sample.write_bytes(b'{"messages": [{"role": "user", "content": "hi"}]}\n')
    times, modules = bench["run_child"](bench["FTDESK"], folder, str(sample))
    assert len(times) == 2
    assert "ftdesk.ui.dataset.panel" in modules
    return modules

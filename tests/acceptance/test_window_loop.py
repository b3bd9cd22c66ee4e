"""The whole loop in the window, by clicks: real files, the real engine over HTTP, real training, real statistics."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QApplication, QLineEdit
from window_driver import Driver, play

from ftdesk.ui.chart import LossChart
from ftdesk.ui.evaluation.score_bars import ScoreBars
from ftdesk.ui.long_list import LongList
from ftdesk.ui.prompt_edit import PromptEdit

EPOCHS = 8
EDIT = " Give nothing else."
EDIT_OF_PROCESS = "written and not saved"
KILLED_AT = 16
"""A step after the first epoch, whose end is saved."""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FTDESK_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_a_person_writes_checks_trains_compares_and_learns_which_model_is_better(qapp: QApplication) -> None:
    play(qapp, the_whole_loop)


async def the_whole_loop(user: Driver) -> None:
    user.click("try_sample_button")
    await write(user)
    await user.until_text("health_label", "✓")
    await train(user)
    await compare(user)
    await evaluate(user)


async def write(user: Driver) -> None:
    await user.until_shown("message_0_text")
    user.find("message_0_text").moveCursor(QTextCursor.MoveOperation.End)  # type: ignore[attr-defined]
    user.type("message_0_text", EDIT)
    dataset = user.window.desk.dataset
    dataset.leaving.emit()
    document = dataset.document
    assert document is not None
    assert document.is_modified
    assert EDIT.encode() in document.line(0)


async def train(user: Driver) -> None:
    user.click("launch_button")
    await user.until_enabled("launch_confirm_button")
    assert user.label("launch_parts_label") == "112 train · 16 validate · 32 test"
    assert user.label("launch_check_label") == "No errors and no warnings."
    assert "free" in user.label("launch_estimate_label")
    user.click("advanced_button")
    user.find("hyperparameter_n_epochs", QLineEdit).setText(str(EPOCHS))
    user.click("launch_confirm_button")
    await user.until_shown("job_status_label")
    await user.until(
        lambda: user.label("job_status_label").startswith("Succeeded"),
        unless=lambda: (
            user.label("job_status_label").startswith(("Failed", "Cancelled")) and user.label("job_status_label")
        ),
    )
    assert edits_in_the_parts_of(user.window.desk.jobs.jobs[0].training_file) == 1
    curves = user.find("loss_chart", LossChart).curves
    assert len(curves.train) == EPOCHS * 14
    assert curves.train.values[-1] < curves.train.values[0] / 4
    assert curves.checkpoints == tuple(range(14, EPOCHS * 14 + 1, 14))
    assert user.find("checkpoints_view", LongList).model().rowCount() == EPOCHS


def edits_in_the_parts_of(training_file: str) -> int:
    """In how many examples of all parts the unsaved edit stands: what was trained and held back is what was shown."""
    parts = [path.read_bytes().splitlines() for path in Path(training_file).parent.iterdir()]
    assert sorted(map(len, parts)) == [16, 32, 112]
    return sum(EDIT.encode() in line for part in parts for line in part)


async def compare(user: Driver) -> None:
    user.click("try_job_button")
    job = user.window.desk.jobs.jobs[0]
    await user.until_shown("prompt_edit")
    user.find("prompt_edit", PromptEdit).setFocus()
    user.type("prompt_edit", "Patient presents with acute bronchitis.")
    user.click("send_button")
    await user.until(lambda: not user.is_shown("stop_button"))
    assert user.text("pane_0_served") == "answered by tiny"
    assert user.find("pane_1_served").accessibleName() == f"answered by {job.fine_tuned_model}"
    assert user.text("pane_1_text") == "J20.9: Acute bronchitis, unspecified"
    assert user.text("pane_0_text") != user.text("pane_1_text")


async def evaluate(user: Driver) -> None:
    user.click("place_evaluation")
    job = user.window.desk.jobs.jobs[0]
    await user.until_shown("evaluation_run_button")
    user.click("evaluation_run_button")
    await user.until(lambda: not user.is_shown("evaluation_stop_button"))
    verdict = user.label("evaluation_verdict")
    assert verdict.startswith(f"local/{job.fine_tuned_model} is better: +")
    assert verdict.endswith("32 examples.")
    assert "exact McNemar test" in user.label("evaluation_figures")
    assert f"local/{job.fine_tuned_model}" in user.find("evaluation_results", ScoreBars).text


def test_a_killed_window_finds_its_edits_again_and_follows_its_training_to_the_end() -> None:
    before = facts_until(start("train"), lambda facts: facts["step"] >= KILLED_AT, kill=True)
    assert before["status"] == "running"
    assert before["modified"]
    assert EDIT_OF_PROCESS in before["first_line"]
    after = facts_until(start("follow"), lambda _: False)
    assert after["status"] == "succeeded"
    assert after["job"] == before["job"]
    assert after["step"] > before["step"]
    assert (after["modified"], after["first_line"]) == (True, before["first_line"])


def start(what: str) -> subprocess.Popen[str]:
    program = Path(__file__).with_name("window_process.py")
    return subprocess.Popen(
        [sys.executable, str(program), what],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )


def facts_until(
    window: subprocess.Popen[str], enough: Callable[[dict[str, Any]], bool], *, kill: bool = False
) -> dict[str, Any]:
    """What the window last said of its job, when that was ``enough`` or when it ended by itself, in order."""
    facts: dict[str, Any] = {}
    assert window.stdout is not None
    with window, window.stdout as lines:
        for line in lines:
            facts = json.loads(line)
            assert "problem" not in facts, facts
            if enough(facts):
                break
        if kill:
            window.kill()
    assert window.returncode == (-signal.SIGKILL if kill else 0)
    return facts

"""Following and steering jobs in the window, with the real engine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel
from window_driver import Driver, play, quick_engine

from ftdesk.hosts.types import ModelName
from ftdesk.jobs.types import LaunchPlan
from ftdesk.ui.chart import LossChart
from ftdesk.ui.long_list import LongList


@pytest.fixture(autouse=True)
def engine(home: Path) -> Iterator[None]:
    with quick_engine(home):
        yield


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data.jsonl"
    messages = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "answer"}]
    path.write_bytes(b"".join(json.dumps({"messages": messages}).encode() + b"\n" for _ in range(20)))
    return path


def plan(data: Path, model: str = "bigram-slow", suffix: str = "coder", epochs: int = 50) -> LaunchPlan:
    return LaunchPlan(data, ModelName("local", model), hyperparameters={"n_epochs": epochs}, suffix=suffix)


def status(user: Driver) -> str:
    return user.label("job_status_label")


def test_an_empty_place_offers_to_train(qapp: QApplication) -> None:
    async def scenario(user: Driver) -> None:
        assert not user.is_shown("jobs_view")
        shown = [label.text() for label in user.find("jobs_panel").findChildren(QLabel) if label.isVisible()]
        assert "No training yet" in shown

    play(qapp, scenario, place="jobs")


def test_a_training_is_followed_paused_resumed_and_cancelled(qapp: QApplication, data: Path) -> None:
    async def scenario(user: Driver) -> None:
        user.window.desk.jobs.launch(plan(data))
        await user.until_shown("job_status_label")
        await user.until(lambda: "step" in status(user))
        assert status(user).startswith("Running: step ")
        assert " of 250, loss " in status(user)
        await user.until_shown("checkpoints_view")
        user.click("pause_job_button")
        await user.until_shown("resume_job_button")
        assert status(user).startswith("Paused: step ")
        assert not user.is_shown("pause_job_button")
        user.click("resume_job_button")
        await user.until(lambda: status(user).startswith("Running"))
        curves = user.find("loss_chart", LossChart).curves
        await user.until(lambda: len(curves.checkpoints) >= 2)
        user.click("cancel_job_button")
        await user.until(lambda: status(user).startswith("Cancelled"))
        assert not user.is_shown("cancel_job_button")
        assert not user.is_shown("job_progress")
        assert curves.train.steps == list(range(1, len(curves.train) + 1))
        assert "The training of coder was cancelled." in user.window.desk.notices.texts

    play(qapp, scenario, place="jobs")


def test_a_finished_job_offers_its_model_and_each_checkpoint(qapp: QApplication, data: Path) -> None:
    async def scenario(user: Driver) -> None:
        user.window.desk.jobs.launch(plan(data, "bigram", epochs=3))
        await user.until_shown("try_job_button")
        job = user.window.desk.jobs.jobs[0]
        assert "coder is trained." in user.window.desk.notices.texts
        checkpoints = user.find("checkpoints_view", LongList)
        assert checkpoints.model().rowCount() == 3
        checkpoints.selectRow(2)
        user.press("checkpoints_view", Qt.Key.Key_Return)
        await user.until_shown("pane_1_model")
        first = f"local/{job.fine_tuned_model}:ckpt-step-5"
        assert user.find("pane_1_model").currentText() == first  # type: ignore[attr-defined]
        assert user.find("pane_0_model").currentText() == "local/bigram"  # type: ignore[attr-defined]
        user.click("place_jobs")
        user.click("evaluate_job_button")
        await user.until_shown("evaluation_model_b")
        assert user.find("evaluation_model_b").currentText() == f"local/{job.fine_tuned_model}"  # type: ignore[attr-defined]

    play(qapp, scenario, place="jobs")


def test_events_can_be_copied_and_show_hidden_characters(qapp: QApplication, data: Path) -> None:
    async def scenario(user: Driver) -> None:
        user.window.desk.jobs.launch(plan(data, "bigram", epochs=1))
        await user.until_shown("try_job_button")
        events = user.window.findChild(LongList, "events_view")
        assert events is not None
        events.selectAll()
        user.press("events_view", Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
        copied = QGuiApplication.clipboard().text().splitlines()
        assert copied[0].endswith(f"Created fine-tuning job: {user.window.desk.jobs.jobs[0].id}")
        assert copied[-1].endswith("The job has successfully completed")

    play(qapp, scenario, place="jobs")


def test_a_start_of_the_window_goes_on_following(qapp: QApplication, data: Path) -> None:
    async def leave(user: Driver) -> None:
        user.window.desk.jobs.launch(plan(data, epochs=4))
        await user.until_shown("job_status_label")
        await user.until(lambda: "step" in status(user))

    async def come_back(user: Driver) -> None:
        notices = user.window.desk.notices
        await user.until(lambda: "Unfinished training goes on: coder." in notices.texts)
        await user.until(lambda: "coder is trained." in notices.texts)
        assert [job.status for job in user.window.desk.jobs.jobs] == ["succeeded"]

    play(qapp, leave, place="jobs")
    play(qapp, come_back, place="dataset")


def test_a_refused_launch_is_a_failed_job_with_the_host_s_reason(qapp: QApplication, data: Path) -> None:
    async def scenario(user: Driver) -> None:
        user.window.desk.jobs.launch(plan(data, "no-such-model"))
        await user.until(lambda: user.is_shown("job_status_label") and status(user).startswith("Failed"))
        assert "no-such-model" in status(user)
        assert user.window.desk.notices.texts

    play(qapp, scenario, place="jobs")

"""The launch sheet: what it knows when it opens, what it refuses, and what it starts."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QCheckBox, QLineEdit
from window_driver import Driver, play, quick_engine

from ftdesk.dataset.document import Document
from ftdesk.jobs.types import Job


def example(number: int) -> bytes:
    messages = [{"role": "user", "content": f"Question {number}"}, {"role": "assistant", "content": f"Answer {number}"}]
    return json.dumps({"messages": messages}).encode()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "my data.jsonl"
    path.write_bytes(b"".join(example(number) + b"\n" for number in range(20)))
    return path


@pytest.fixture
def engine(home: Path) -> object:
    with quick_engine(home):
        yield


async def opened(user: Driver, data: Path) -> Document:
    user.window.desk.files.open(data)
    document = user.window.desk.dataset.document
    assert document is not None
    user.click("launch_button")
    await user.until_shown("launch_dialog")
    await user.until(lambda: "…" not in user.label("launch_check_label"))
    return document


async def ended(user: Driver) -> Job:
    jobs = user.window.desk.jobs
    await user.until(lambda: jobs.jobs and jobs.jobs[0].finished_at)
    return jobs.jobs[0]


@pytest.mark.usefixtures("engine")
def test_two_clicks_train_on_what_is_on_screen_and_hold_examples_back(
    qapp: QApplication, data: Path, home: Path
) -> None:
    async def scenario(user: Driver) -> None:
        document = await opened(user, data)
        user.find("launch_dialog").reject()  # type: ignore[attr-defined]
        document.replace(3, example(333), "Edit")
        await opened(user, data)
        assert user.find("launch_suffix", QLineEdit).text() == "my-data"
        assert user.label("launch_parts_label") == "14 train · 2 validate · 4 test"
        user.click("launch_confirm_button")
        job = await ended(user)
        assert (job.status, job.host, job.model, job.suffix) == ("succeeded", "local", "bigram", "my-data")
        assert user.window.place == "jobs"
        await user.until(lambda: user.label("job_status_label").startswith("Succeeded"))
        folder = Path(job.training_file).parent
        parts = {path.stem: path.read_bytes().splitlines() for path in folder.iterdir()}
        assert {name: len(lines) for name, lines in parts.items()} == {"train": 14, "validation": 2, "test": 4}
        assert sorted(line for lines in parts.values() for line in lines) == sorted(document.lines())
        whole = (folder.parent / "train.jsonl").read_bytes()
        assert hashlib.sha256(whole).hexdigest().startswith(folder.parent.name)
        assert job.validation_file == str(folder / "validation.jsonl")

    play(qapp, scenario)
    assert data.read_bytes().splitlines()[3] == example(3)


@pytest.mark.usefixtures("engine")
def test_what_the_host_would_reject_blocks_the_start_until_it_is_knowingly_overridden(
    qapp: QApplication, data: Path
) -> None:
    async def scenario(user: Driver) -> None:
        user.window.desk.files.open(data)
        document = user.window.desk.dataset.document
        assert document is not None
        document.replace(0, b'{"messages": [{"role": "user", "content": "q"}]}', "Break")
        await opened(user, data)
        assert user.label("launch_check_label") == "1 error: the host would reject this file (the first is line 1)."
        assert not user.find("launch_confirm_button").isEnabled()
        user.find("launch_anyway", QCheckBox).click()
        user.click("launch_confirm_button")
        job = await ended(user)
        assert job.status == "failed"
        await user.until(lambda: user.label("job_status_label").startswith("Failed"))
        assert job.error is not None
        assert job.error in user.label("job_status_label")

    play(qapp, scenario)


@pytest.mark.usefixtures("engine")
def test_few_examples_are_not_split_and_too_few_are_named(qapp: QApplication, tmp_path: Path) -> None:
    few = tmp_path / "few.jsonl"
    few.write_bytes(b"".join(example(number) + b"\n" for number in range(9)))

    async def scenario(user: Driver) -> None:
        await opened(user, few)
        assert "all are needed for training" in user.label("launch_parts_label")
        assert user.label("launch_check_label") == "The host asks for at least 10 examples to train on; these are 9."
        assert not user.find("launch_confirm_button").isEnabled()
        assert user.find("launch_anyway").isVisible()

    play(qapp, scenario)


@pytest.mark.usefixtures("engine")
def test_examples_that_all_ask_the_same_are_all_trained_on(qapp: QApplication, tmp_path: Path) -> None:
    same = tmp_path / "same.jsonl"
    same.write_bytes(b"".join(example(1) + b"\n" for _ in range(20)))

    async def scenario(user: Driver) -> None:
        await opened(user, same)
        assert user.label("launch_parts_label").startswith("20 train · There is 1 separate group")
        assert not user.find("hold_back", QCheckBox).isChecked()
        assert user.find("launch_confirm_button").isEnabled()

    play(qapp, scenario)


@pytest.mark.usefixtures("engine")
def test_a_setting_out_of_range_is_told_at_once(qapp: QApplication, data: Path) -> None:
    async def scenario(user: Driver) -> None:
        await opened(user, data)
        user.click("advanced_button")
        user.type("hyperparameter_n_epochs", "4")
        assert "× 4 epochs = " in user.label("launch_estimate_label")
        user.type("hyperparameter_n_epochs", "00")
        assert user.label("launch_check_label").startswith("Epochs cannot be 400.")
        assert not user.find("launch_confirm_button").isEnabled()
        user.find("hyperparameter_n_epochs", QLineEdit).clear()
        assert user.find("launch_confirm_button").isEnabled()

    play(qapp, scenario)


@pytest.mark.usefixtures("engine")
def test_other_shares_are_dealt_out_again(qapp: QApplication, data: Path) -> None:
    async def scenario(user: Driver) -> None:
        await opened(user, data)
        user.choose("launch_test_share", "50 %")
        assert not user.find("launch_confirm_button").isEnabled()
        await user.until_text("launch_parts_label", "10 test")
        user.choose("launch_test_share", "0 %")
        await user.until(lambda: user.label("launch_parts_label") == "18 train · 2 validate")
        user.find("hold_back", QCheckBox).click()
        await user.until(lambda: user.label("launch_parts_label") == "20 train")

    play(qapp, scenario)


@pytest.mark.usefixtures("engine")
def test_the_sheet_works_by_keys_alone(qapp: QApplication, data: Path) -> None:
    async def scenario(user: Driver) -> None:
        user.window.desk.files.open(data)
        user.window.commands["train"].trigger()
        await user.until_enabled("launch_confirm_button")
        user.press("launch_suffix", Qt.Key.Key_Return)
        job = await ended(user)
        assert job.status == "succeeded"

    play(qapp, scenario)


def test_the_keyboard_is_on_the_start_as_soon_as_it_can_be_pressed(qapp: QApplication, data: Path) -> None:
    async def scenario(user: Driver) -> None:
        user.window.desk.files.open(data)
        user.window.commands["train"].trigger()
        await user.until_enabled("launch_confirm_button")
        assert user.find("launch_dialog").focusWidget() is user.find("launch_confirm_button")

    play(qapp, scenario)


def test_without_a_dataset_the_sample_is_offered(qapp: QApplication) -> None:
    async def scenario(user: Driver) -> None:
        user.click("launch_button")
        assert user.window.desk.notices.texts == ["Open the examples to train on first."]
        assert not user.is_shown("launch_dialog")

    play(qapp, scenario)

"""Jobs in words."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from ftdesk.hosts.types import Checkpoint, JobEvent, JobStatus
from ftdesk.jobs.types import CheckpointsArrived, ContactLost, EventsArrived, Job, JobChanged, LaunchStepped
from ftdesk.ui.job_feed import JobStory, Progress, job_key
from ftdesk.ui.jobs.estimate import expected_seconds
from ftdesk.ui.jobs.training_data import suggested_suffix
from ftdesk.ui.jobs.wording import ICONS, duration, next_step, status_sentence, status_word

JOB = Job("ftjob-1", "local", "tiny", "running", created_at=1000, launch_token="token", suffix="coder")


def step(number: int, loss: float) -> JobEvent:
    data = {"step": number, "total_steps": 100, "train_loss": loss}
    return JobEvent(f"event-{number}", 1000, "info", f"Step {number}", "metrics", data)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (65, "1 min 5 s"),
        (120, "2 min"),
        (725, "12 min"),
        (3600, "1 h"),
        (3790, "1 h 3 min"),
    ],
)
def test_durations_are_as_exact_as_a_person_needs(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_every_status_has_a_word_an_icon_and_a_sentence() -> None:
    for status in get_args(JobStatus):
        story = JobStory(replace(JOB, status=status))
        assert status_word(status)
        assert ICONS[status]
        assert status_sentence(story).endswith((".", "…"))


def test_a_running_job_says_how_far_it_is_and_when_it_will_be_done() -> None:
    story = JobStory(replace(JOB, estimated_finish=1090))
    story.apply(EventsArrived("ftjob-1", (step(41, 0.5), step(42, 0.311))))
    assert status_sentence(story, now=1000) == "Running: step 42 of 100, loss 0.311. About 1 min 30 s left."
    assert story.progress == Progress(42, 100, 0.311)


def test_a_failed_job_says_why_and_what_to_do() -> None:
    story = JobStory(replace(JOB, status="failed", finished_at=1005, error="Line 3 has no answer"))
    assert status_sentence(story) == "Failed after 5 s: Line 3 has no answer."
    assert "train again" in next_step(story)


def test_lost_contact_is_told_until_the_host_answers_again() -> None:
    story = JobStory(replace(JOB, host="acme"))
    story.apply(ContactLost("ftjob-1", "acme does not answer.", 2.0))
    assert next_step(story) == "acme does not answer."
    story.apply(JobChanged(story.job))
    assert next_step(story) == ""


def test_a_launch_tells_its_steps() -> None:
    story = JobStory(replace(JOB, status="launching"))
    story.apply(LaunchStepped("uploading", "Uploading data.jsonl."))
    assert status_sentence(story) == "Uploading data.jsonl."


def test_what_was_told_before_is_not_told_again() -> None:
    story = JobStory(JOB)
    assert story.apply(EventsArrived("ftjob-1", (step(1, 2.0), step(2, 1.0)))) == EventsArrived(
        "ftjob-1", (step(1, 2.0), step(2, 1.0))
    )
    again = story.apply(EventsArrived("ftjob-1", (step(1, 2.0), step(2, 1.0), step(3, 0.5))))
    assert again == EventsArrived("ftjob-1", (step(3, 0.5),))
    assert list(story.log) == ["event-1", "event-2", "event-3"]
    checkpoints = (Checkpoint("c", "m", 3, 0),)
    story.apply(CheckpointsArrived("ftjob-1", checkpoints))
    assert story.checkpoints == checkpoints


def test_a_job_keeps_its_key_when_it_gets_its_id() -> None:
    launching = replace(JOB, id="token", status="launching")
    assert job_key(launching) == job_key(JOB) == "token"
    assert job_key(replace(JOB, launch_token="")) == "local/ftjob-1"


@pytest.mark.parametrize(
    ("name", "suffix"),
    [
        ("My Data (v2)", "my-data-v2"),
        ("病人", "my-model"),
        ("a" * 40, "a" * 18),
        ("x.y_z", "x-y-z"),
        ("--", "my-model"),
    ],
)
def test_a_name_for_the_model_comes_from_the_file(name: str, suffix: str) -> None:
    assert suggested_suffix(name) == suffix


def test_a_training_takes_as_long_as_the_last_one_like_it(tmp_path: object) -> None:
    assert expected_seconds("acme", 500, 3, [], None) is None
    assert expected_seconds("local", 9000, 2, [], 2.0) == pytest.approx(2.0)


def test_what_was_measured_before_is_the_better_guide(tmp_path_factory: pytest.TempPathFactory) -> None:
    file = tmp_path_factory.mktemp("past") / "train.jsonl"
    file.write_bytes(b"x" * 1000)
    past = replace(JOB, status="succeeded", finished_at=1010, training_file=str(file), hyperparameters={"n_epochs": 4})
    # 1,000 bytes 4 times in 10 s: 400 bytes a second.
    assert expected_seconds("local", 2000, 2, [past], 99.0) == pytest.approx(10.0)
    assert expected_seconds("local", 2000, None, [past], None) == pytest.approx(20.0)

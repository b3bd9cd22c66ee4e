"""Replies of hosts that differ, read into values that do not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ftdesk.hosts.profiles import PROFILES, profile_named
from ftdesk.hosts.replies import CheckpointReply, EventReply, JobReply, MalformedReplyError, ModelReply, read
from ftdesk.hosts.types import RemoteJob

JOB: dict[str, Any] = {"id": "ftjob-1", "status": "queued", "model": "m", "created_at": 1}


def job(profile: str = "openai-compatible", **more: Any) -> RemoteJob:
    return read(JobReply, json.dumps({**JOB, **more}).encode()).value(profile_named(profile))


def test_the_least_of_a_job_is_enough() -> None:
    assert job() == RemoteJob("ftjob-1", "queued", "queued", "m", 1)


@pytest.mark.parametrize("missing", ["id", "status", "model", "created_at"])
def test_less_than_that_is_no_job(missing: str) -> None:
    body = json.dumps({name: value for name, value in JOB.items() if name != missing}).encode()
    with pytest.raises(MalformedReplyError, match=missing):
        read(JobReply, body)


@pytest.mark.parametrize(
    ("status", "profile", "ours"),
    [
        ("validating_files", "openai", "validating_files"),
        ("paused", "openai", "paused"),
        ("pending", "azure", "queued"),
        ("notRunning", "azure", "queued"),
        ("canceling", "azure", "running"),
        ("canceled", "azure", "cancelled"),
        ("completed", "openai-compatible", "succeeded"),
        ("warming_up", "openai-compatible", "running"),
        # Ours for what we do not know are not a host's to give.
        ("unknown", "openai-compatible", "running"),
        ("launching", "openai-compatible", "running"),
    ],
)
def test_the_words_of_a_host_map_to_the_nearest_of_ours_and_are_kept(status: str, profile: str, ours: str) -> None:
    found = job(profile, status=status)
    assert (found.status, found.host_status) == (ours, status)


def test_a_word_never_heard_is_read_by_what_else_the_job_says() -> None:
    assert job(status="archived", finished_at=5, fine_tuned_model="ft:x").status == "succeeded"
    assert job(status="archived", finished_at=5).status == "failed"
    assert job(status="broken", error={"code": "x", "message": "bad file"}).status == "failed"
    assert job(status="odd", error={"code": None, "message": None}).status == "running"


@pytest.mark.parametrize("none", [None, {}, {"code": None, "message": None, "param": None}])
def test_no_error_comes_in_three_shapes(none: Any) -> None:
    assert job(error=none).error is None


def test_an_error_is_a_sentence_with_its_code() -> None:
    found = job(status="failed", error={"code": "invalid_n_examples", "message": "has 7 examples", "param": "x"})
    assert (found.error, found.error_code) == ("has 7 examples", "invalid_n_examples")
    assert job(error={"code": "server_error"}).error == "server_error"
    assert job(error="all wrong").error == "all wrong"


@pytest.mark.parametrize(
    ("created", "seconds"), [(7, 7), (7.9, 7), ("7", 7), ("1970-01-01T00:00:07Z", 7), ("1970-01-01T00:00:07", 7)]
)
def test_a_time_is_unix_seconds_however_it_was_sent(created: Any, seconds: int) -> None:
    assert job(created_at=created).created_at == seconds


def test_hyperparameters_are_found_where_they_are_now_and_where_they_were() -> None:
    now = job(method={"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.1}}}, hyperparameters=None)
    assert (now.method, now.hyperparameters) == ("dpo", {"beta": 0.1})
    before = job(hyperparameters={"n_epochs": 3})
    assert (before.method, before.hyperparameters) == ("supervised", {"n_epochs": 3})
    assert job(method={"type": "mystery"}).method == "supervised"


def test_what_is_no_number_is_null_so_that_it_fits_into_json() -> None:
    event = b'{"id": "e", "created_at": 1, "data": {"step": 3, "train_loss": NaN, "full_valid_loss": Infinity}}'
    assert read(EventReply, event).value().data == {"step": 3, "train_loss": None, "full_valid_loss": None}


def test_metadata_is_text_whatever_it_was() -> None:
    assert job(metadata={"a": 1}).metadata == {"a": "1"}
    assert job(metadata=None).metadata == {}
    assert job(metadata=["x"]).metadata == {}


def test_a_number_too_large_for_the_database_is_refused() -> None:
    with pytest.raises(MalformedReplyError, match="trained_tokens"):
        job(trained_tokens=2**64)


@pytest.mark.parametrize(
    ("more", "profile", "trainable"),
    [
        ({}, "openai-compatible", None),
        ({"trainable": True}, "local", True),
        ({"fine_tuning_available": False}, "crusoe", False),
        ({"id": "gpt-4.1-2025-04-14"}, "openai", True),
        ({"id": "ft:gpt-4.1:x"}, "openai", True),
        ({"id": "gpt-6-luna"}, "openai", False),
    ],
)
def test_a_model_says_whether_it_can_be_trained_as_far_as_is_known(
    more: dict[str, Any], profile: str, trainable: bool | None
) -> None:
    reply = read(ModelReply, json.dumps({"id": "m", "object": "model", **more}).encode())
    assert reply.value(profile_named(profile)).trainable is trainable


def test_a_checkpoint_of_crusoe_is_known_by_the_model_that_can_be_asked() -> None:
    body = {"id": "c", "fine_tuned_model_checkpoint": "shown", "fine_tuned_model_id": "ftmodel-1", "step_number": 4}
    found = read(CheckpointReply, json.dumps(body).encode()).value()
    assert (found.model, found.step, found.metrics) == ("ftmodel-1", 4, {})


def test_an_event_without_data_has_an_empty_table() -> None:
    body = {"id": "e", "created_at": 1, "level": "info", "message": "hi", "data": None}
    assert read(EventReply, json.dumps(body).encode()).value().data == {}


def test_every_profile_says_when_and_where_it_was_read() -> None:
    assert len({profile.name for profile in PROFILES}) == len(PROFILES)
    for profile in PROFILES:
        assert profile.as_of.startswith("202")
        assert profile.source
        assert profile.methods

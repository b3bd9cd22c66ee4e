"""The practice model behind the real engine: the loop that a person without a key goes through."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from typing import Any

import openai
import pytest
from running import PREFERENCES, Engine, chat, ended, jsonl, messages, newest_step, steps, train, until, upload

COLOURS = {"sky": "blue", "grass": "green", "snow": "white", "coal": "black", "lemon": "yellow", "blood": "red"}
EXAMPLES = [chat(f"Colour of {thing}?", f"{colour} ✓") for thing, colour in COLOURS.items() for _ in range(2)]
OPTIONS: Any = {"model": "tiny", "seed": 1, "hyperparameters": {"n_epochs": 4, "batch_size": 4}}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    running = Engine(tmp_path_factory.mktemp("practice") / "data", trainers=None)
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="module")
def trained(client: openai.OpenAI) -> Any:
    file = upload(client, jsonl(EXAMPLES))
    return train(client, training_file=file, validation_file=file, **OPTIONS)


def test_it_learns_from_a_dozen_examples(client: openai.OpenAI, trained: Any) -> None:
    assert trained.status == "succeeded", trained.error
    curve = steps(client, trained.id)
    assert curve[-1]["train_loss"] < curve[0]["train_loss"] / 2
    assert curve[-1]["full_valid_loss"] < curve[2]["full_valid_loss"]


def test_it_answers_whole_and_in_pieces_of_whole_characters(client: openai.OpenAI, trained: Any) -> None:
    question: Any = {
        "model": trained.fine_tuned_model,
        "messages": [{"role": "user", "content": "Colour of snow?"}],
        "temperature": 0,
        "max_tokens": 30,
    }
    whole = client.chat.completions.create(**question)
    pieces = [chunk.choices[0].delta.content or "" for chunk in client.chat.completions.create(**question, stream=True)]
    assert "".join(pieces) == whole.choices[0].message.content != ""
    assert "\ufffd" not in "".join(pieces)
    base = client.chat.completions.create(**question | {"model": "tiny"})
    assert base.choices[0].message.content != whole.choices[0].message.content


@pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")
def test_a_kill_does_not_change_its_loss_curve(engine: Engine, client: openai.OpenAI, trained: Any) -> None:
    file = trained.training_file
    job = client.fine_tuning.jobs.create(training_file=file, validation_file=file, **OPTIONS)
    until(lambda: newest_step(client, job.id) >= 5)
    os.kill(until(lambda: engine.worker(job.id)), signal.SIGKILL)
    assert ended(client, job.id).status == "succeeded"
    assert steps(client, job.id) == steps(client, trained.id)
    assert any("was killed" in message for message in messages(client, job.id))


def test_preferences_train_it_too(client: openai.OpenAI) -> None:
    job = train(
        client, jsonl(PREFERENCES), model="tiny", method={"type": "dpo", "dpo": {"hyperparameters": {"n_epochs": 1}}}
    )
    assert job.status == "succeeded", job.error


def test_what_it_cannot_do_is_refused(client: openai.OpenAI) -> None:
    image = [{"type": "image_url", "image_url": {"url": "http://127.0.0.1/x.png"}}]
    for content in (image, "word " * 5000):
        with pytest.raises(openai.BadRequestError) as caught:
            client.chat.completions.create(model="tiny", messages=[{"role": "user", "content": content}])  # type: ignore[misc,list-item]
        assert caught.value.code is not None
    with pytest.raises(openai.BadRequestError) as unknown:
        client.fine_tuning.jobs.create(
            model="tiny",
            training_file=upload(client, jsonl(EXAMPLES)),
            hyperparameters={"no_such_thing": 1},  # type: ignore[typeddict-unknown-key]
        )
    assert (unknown.value.param or "").endswith("hyperparameters.no_such_thing")


def test_an_example_that_does_not_fit_fails_the_job_before_it_starts(client: openai.OpenAI) -> None:
    job = train(client, jsonl([*EXAMPLES, chat("word " * 5000, "a")]), model="tiny")
    assert job.error is not None
    assert job.error.code == "invalid_training_file"
    assert "Example 13" in job.error.message

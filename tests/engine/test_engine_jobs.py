from __future__ import annotations

import csv
import io
import json
import sys
from typing import Any

import openai
import pytest
from running import (
    EXAMPLES,
    PREFERENCES,
    Engine,
    allows,
    chat,
    ended,
    jsonl,
    messages,
    newest_step,
    preference,
    steps,
    train,
    until,
    upload,
)


@pytest.fixture(scope="module")
def file(client: openai.OpenAI) -> str:
    return upload(client)


@pytest.fixture(scope="module")
def trained(client: openai.OpenAI, file: str) -> Any:
    """A job with everything: validation, suffix, metadata."""
    return train(
        client,
        training_file=file,
        validation_file=file,
        suffix="odd or even?",
        metadata={"project": "numbers"},
        method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 2, "batch_size": 4}}},
    )


def test_a_job_tells_its_story_in_openais_words(client: openai.OpenAI, trained: Any, file: str) -> None:
    told = messages(client, trained.id)
    assert told[:5] == [
        f"Created fine-tuning job: {trained.id}",
        f"Validating training file: {file} and validation file: {file}",
        "Files validated, moving job to queued state",
        "Fine-tuning job started",
        told[4],
    ]
    assert told[4].startswith("Step 1/6: training loss=")
    assert told[6].startswith("Step 3/6: training loss=")
    assert ", validation loss=" in told[6]
    assert ", full validation loss=" in told[6]
    assert told[7] == "Checkpoint created at step 3"
    assert told[-3:] == [
        "Checkpoint created at step 6",
        f"New fine-tuned model created: {trained.fine_tuned_model}",
        "The job has successfully completed",
    ]


def test_a_job_that_succeeded_says_what_was_done(trained: Any) -> None:
    assert trained.status == "succeeded"
    assert trained.fine_tuned_model == f"ft:bigram:local:odd-or-even:{trained.id[6:14]}"
    assert trained.user_provided_suffix == "odd or even?"
    assert trained.method.supervised.hyperparameters.to_dict() == {
        "n_epochs": 2,
        "batch_size": 4,
        "learning_rate_multiplier": 1.0,
    }
    assert trained.hyperparameters.n_epochs == 2
    assert trained.metadata == {"project": "numbers"}
    assert trained.seed == 7
    assert trained.finished_at >= trained.created_at
    assert trained.error is None
    assert trained.estimated_finish is None
    assert trained.trained_tokens == 2 * sum(len(e["messages"][1]["content"]) + 1 for e in EXAMPLES)


def test_metrics_carry_openais_names(client: openai.OpenAI, trained: Any) -> None:
    curve = steps(client, trained.id)
    assert [point["step"] for point in curve] == [1, 2, 3, 4, 5, 6]
    assert set(curve[0]) == {"step", "total_steps", "train_loss", "train_mean_token_accuracy"}
    assert set(curve[2]) == set(curve[0]) | {
        "valid_loss",
        "valid_mean_token_accuracy",
        "full_valid_loss",
        "full_valid_mean_token_accuracy",
    }
    assert curve[-1]["train_loss"] < curve[0]["train_loss"] / 5


def test_pages_of_events_and_checkpoints_run_from_new_to_old(client: openai.OpenAI, trained: Any) -> None:
    everything = list(client.fine_tuning.jobs.list_events(trained.id, limit=100))
    assert [event.id for event in client.fine_tuning.jobs.list_events(trained.id, limit=3)] == [
        e.id for e in everything
    ]
    assert everything[0].message == "The job has successfully completed"
    checkpoints = list(client.fine_tuning.jobs.checkpoints.list(trained.id, limit=1))
    assert [checkpoint.step_number for checkpoint in checkpoints] == [6, 3]
    assert checkpoints[1].fine_tuned_model_checkpoint == f"{trained.fine_tuned_model}:ckpt-step-3"
    assert checkpoints[0].metrics.train_loss == steps(client, trained.id)[-1]["train_loss"]


def test_the_result_file_is_the_loss_curve_as_plain_csv(client: openai.OpenAI, trained: Any) -> None:
    (result,) = trained.result_files
    assert client.files.retrieve(result).purpose == "fine-tune-results"
    rows = list(csv.reader(io.StringIO(client.files.content(result).text)))
    assert rows[0] == ["step", "train_loss", "train_accuracy", "valid_loss", "valid_mean_token_accuracy"]
    curve = steps(client, trained.id)
    assert [(int(row[0]), float(row[1])) for row in rows[1:]] == [(p["step"], p["train_loss"]) for p in curve]
    assert rows[1][3:] == ["", ""]
    assert float(rows[3][3]) == curve[2]["valid_loss"]


def test_the_same_seed_gives_the_same_curve_and_another_one_another(client: openai.OpenAI, trained: Any) -> None:
    values = {"training_file": trained.training_file, "validation_file": trained.training_file}
    method = {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 2, "batch_size": 4}}}
    same = train(client, **values, method=method)
    other = train(client, **values, method=method, seed=8)
    assert steps(client, same.id) == steps(client, trained.id)
    assert steps(client, other.id) != steps(client, trained.id)


def test_the_deprecated_place_of_hyperparameters_still_counts(client: openai.OpenAI, file: str) -> None:
    job = train(client, training_file=file, hyperparameters={"n_epochs": 1, "batch_size": "auto"})
    assert job.method is not None
    assert job.method.supervised is not None
    assert job.method.supervised.hyperparameters is not None
    assert job.method.supervised.hyperparameters.n_epochs == 1
    assert job.hyperparameters.n_epochs == 1


def test_preferences_are_learned_by_dpo(client: openai.OpenAI) -> None:
    method = {"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.2, "n_epochs": 1}}}
    job = train(client, jsonl(PREFERENCES), method=method)
    assert job.status == "succeeded"
    assert job.method is not None
    assert job.method.dpo is not None
    assert job.method.dpo.hyperparameters is not None
    assert job.method.dpo.hyperparameters.beta == 0.2


def test_training_goes_on_from_a_tuned_model_or_a_checkpoint(client: openai.OpenAI, trained: Any, file: str) -> None:
    first = steps(client, trained.id)[0]["train_loss"]
    for model in (trained.fine_tuned_model, f"{trained.fine_tuned_model}:ckpt-step-3"):
        job = train(client, training_file=file, model=model)
        assert job.model == model
        assert job.fine_tuned_model == f"ft:bigram:local::{job.id[6:14]}"
        assert steps(client, job.id)[0]["train_loss"] < first / 2


def test_a_job_without_a_seed_gets_one(client: openai.OpenAI, file: str) -> None:
    job = client.fine_tuning.jobs.create(model="bigram", training_file=file)
    assert 0 <= job.seed < 2**31
    ended(client, job.id)


def test_auto_is_shown_until_it_is_resolved(client: openai.OpenAI, file: str) -> None:
    job = client.fine_tuning.jobs.create(model="bigram", training_file=file)
    assert job.status == "validating_files"
    assert job.hyperparameters.n_epochs == "auto"
    assert ended(client, job.id).hyperparameters.n_epochs == 3


def test_jobs_run_one_after_the_other_in_the_order_asked(client: openai.OpenAI, file: str) -> None:
    asked = [client.fine_tuning.jobs.create(model="bigram", training_file=file).id for _ in range(4)]
    for job in asked:
        ended(client, job)
    finished = {}
    for job in asked:
        events = {event.message: event for event in client.fine_tuning.jobs.list_events(job, limit=100)}
        finished[job] = (
            events["Fine-tuning job started"].created_at,
            events["The job has successfully completed"].created_at,
        )
    assert sorted(asked, key=lambda job: finished[job]) == asked


def test_lists_of_jobs_are_paged_and_filtered_by_metadata(tmp_path_factory: pytest.TempPathFactory) -> None:
    engine = Engine(tmp_path_factory.mktemp("jobs") / "data")
    try:
        client = engine.client()
        file = upload(client)
        labels: list[dict[str, str] | None] = [{"team": "a", "n": "1"}, {"team": "b"}, None, {"team": "a"}, {}]
        ids = [
            client.fine_tuning.jobs.create(model="bigram-slow", training_file=file, metadata=label).id
            for label in labels
        ]
        listed = client.fine_tuning.jobs.list
        assert [job.id for job in listed(limit=2)] == ids[::-1]
        assert [job.id for job in listed(metadata={"team": "a"})] == [ids[3], ids[0]]
        assert [job.id for job in listed(metadata={"team": "a", "n": "1"})] == [ids[0]]
        assert [job.id for job in listed(metadata={"team": "c"})] == []
        assert [job.id for job in listed(extra_query={"metadata": "null"})] == [ids[4], ids[2]]
        assert [job.id for job in listed(after=ids[2])] == [ids[1], ids[0]]
        with pytest.raises(openai.NotFoundError):
            listed(after="ftjob-x")
        for job in ids:
            client.fine_tuning.jobs.cancel(job)
    finally:
        engine.stop()


IMAGE = [{"type": "image_url", "image_url": {"url": "http://127.0.0.1/x.png"}}]
BASE = {"model": "bigram", "training_file": "FILE"}


def with_hyperparameters(method: str = "supervised", **values: object) -> dict[str, object]:
    return BASE | {"method": {"type": method, method: {"hyperparameters": values}}}


@pytest.mark.parametrize(
    ("body", "param", "code"),
    [
        ({"model": "bigram"}, "training_file", "missing_required_parameter"),
        ({"training_file": "FILE"}, "model", "missing_required_parameter"),
        (BASE | {"model": 3}, "model", "invalid_type"),
        (BASE | {"model": "gpt-4o"}, "model", "model_not_available"),
        (BASE | {"model": "ft:bigram:local::gone"}, "model", "model_not_available"),
        (BASE | {"training_file": "file-x"}, "training_file", "invalid_file"),
        (BASE | {"validation_file": "file-x"}, "validation_file", "invalid_file"),
        (BASE | {"training_file": "OTHER"}, "training_file", "invalid_file_purpose"),
        (BASE | {"suffix": ""}, "suffix", "empty_string"),
        (BASE | {"suffix": "x" * 65}, "suffix", "string_above_max_length"),
        (BASE | {"suffix": 5}, "suffix", "invalid_type"),
        (BASE | {"seed": -1}, "seed", "integer_below_min_value"),
        (BASE | {"seed": 2**31}, "seed", "integer_above_max_value"),
        (BASE | {"seed": 1.5}, "seed", "invalid_type"),
        (BASE | {"seed": True}, "seed", "invalid_type"),
        (BASE | {"metadata": {"k" * 65: "v"}}, "metadata", "string_above_max_length"),
        (BASE | {"metadata": {"k": "v" * 513}}, "metadata.k", "string_above_max_length"),
        (BASE | {"metadata": {"k": 1}}, "metadata.k", "invalid_type"),
        (BASE | {"metadata": {str(n): "v" for n in range(17)}}, "metadata", "object_above_max_properties"),
        (BASE | {"epochs": 3}, "epochs", "unknown_parameter"),
        (
            BASE | {"integrations": [{"type": "wandb", "wandb": {"project": "p"}}]},
            "integrations",
            "unsupported_parameter",
        ),
        (BASE | {"method": {"type": "magic"}}, "method.type", "invalid_value"),
        (BASE | {"method": {"supervised": {}}}, "method.type", "missing_required_parameter"),
        (BASE | {"method": {"type": "reinforcement"}}, "method.type", "unsupported_value"),
        (BASE | {"method": {"type": "dpo"}, "model": "bigram-slow"}, "method.type", "unsupported_value"),
        (with_hyperparameters(n_epochs=0), "method.supervised.hyperparameters.n_epochs", "integer_below_min_value"),
        (with_hyperparameters(n_epochs=51), "method.supervised.hyperparameters.n_epochs", "integer_above_max_value"),
        (with_hyperparameters(n_epochs="three"), "method.supervised.hyperparameters.n_epochs", "invalid_type"),
        (
            with_hyperparameters(batch_size=257),
            "method.supervised.hyperparameters.batch_size",
            "integer_above_max_value",
        ),
        (with_hyperparameters(batch_size=65), "method.supervised.hyperparameters.batch_size", "unsupported_value"),
        (with_hyperparameters(warmup=1), "method.supervised.hyperparameters.warmup", "unknown_parameter"),
        (
            with_hyperparameters(learning_rate_multiplier=0),
            "method.supervised.hyperparameters.learning_rate_multiplier",
            "integer_below_min_value",
        ),
        (with_hyperparameters("dpo", beta=2.5), "method.dpo.hyperparameters.beta", "decimal_above_max_value"),
        (BASE | {"hyperparameters": {"n_epochs": 0}}, "hyperparameters.n_epochs", "integer_below_min_value"),
    ],
)
def test_a_request_that_cannot_be_met_names_what_is_wrong(
    engine: Engine, client: openai.OpenAI, file: str, body: dict[str, Any], param: str, code: str
) -> None:
    other = client.files.create(file=("a.txt", b"a"), purpose="user_data").id
    known = len(list(client.fine_tuning.jobs.list()))
    names = {"FILE": file, "OTHER": other}
    sent = {key: names.get(value, value) if isinstance(value, str) else value for key, value in body.items()}
    with pytest.raises(openai.BadRequestError) as caught:
        client.post("/fine_tuning/jobs", body=sent, cast_to=object)
    assert (caught.value.param, caught.value.code, caught.value.type) == (param, code, "invalid_request_error")
    assert len(list(client.fine_tuning.jobs.list())) == known


@pytest.mark.parametrize(
    "name", ["n_epochs", "batch_size", "learning_rate_multiplier", "seed", "suffix", "validation_file"]
)
def test_a_value_is_accepted_exactly_when_the_description_allows_it(
    engine: Engine, client: openai.OpenAI, file: str, name: str
) -> None:
    hyper = name in {"n_epochs", "batch_size", "learning_rate_multiplier"}
    for value in (
        None,
        "auto",
        "",
        "x",
        "x" * 64,
        "x" * 65,
        0,
        1,
        2,
        50,
        51,
        -1,
        1.0,
        0.1,
        2**31 - 1,
        2**31,
        [],
        {},
        True,
    ):
        if hyper:
            body = {"model": "bigram", "training_file": file, "hyperparameters": {name: value}}
        else:
            body = {"model": "bigram", "training_file": file, name: value}
        status, answer = engine.request(
            "POST", "/v1/fine_tuning/jobs", json.dumps(body).encode(), {"Content-Type": "application/json"}
        )
        accepted = status == 200
        if accepted:
            client.fine_tuning.jobs.cancel(answer["id"])
        # Looser on purpose: null means “not given” everywhere. Narrower: what is more than the trainer can do, and
        # whether a file exists. An integer written as 1.0 is one in JSON Schema and not in Python.
        if value is None or (type(value) is float and name != "learning_rate_multiplier"):
            continue
        if not accepted and answer["error"]["code"] in {"unsupported_value", "invalid_file"}:
            continue
        assert accepted == allows("CreateFineTuningJobRequest", body), (name, value, answer)


@pytest.mark.parametrize(
    "body", [b" ", b"{", b"[]", b'{"model": NaN}', b'{"seed": 1e999}', b"\xff", b'{"model": "\\ud800"}', b"[" * 100_000]
)
def test_a_body_that_is_no_json_object_is_refused(engine: Engine, body: bytes) -> None:
    status, answer = engine.request("POST", "/v1/fine_tuning/jobs", body, {"Content-Type": "application/json"})
    assert (status, answer["error"]["code"]) == (400, "invalid_json")


def test_a_body_of_more_than_16_mib_is_refused(engine: Engine) -> None:
    body = json.dumps({"model": "x" * (17 << 20)}).encode()
    status, answer = engine.request("POST", "/v1/fine_tuning/jobs", body, {"Content-Type": "application/json"})
    assert (status, answer["error"]["code"]) == (413, "request_too_large")


INVALID = "The job failed due to an invalid training file. "
FORMAT = "The job failed due to a file format error in the training file. "
AT_CHARACTER_14 = "line contains invalid json: Expecting value: line 1 column 15 (char 14) (line 14)"
NO_ROLE = {"messages": [{"role": "user", "content": "q"}, {"content": "a"}]}
WITH_IMAGE = {"messages": [{"role": "user", "content": IMAGE}, *EXAMPLES[0]["messages"]]}
MISMATCH = "is in the {} format, but the specified fine-tuning job is not using '{}' as the training method "
UNFIT: dict[str, tuple[bytes, str, str, str]] = {
    "too few examples": (
        jsonl(EXAMPLES[:7]),
        "supervised",
        "invalid_n_examples",
        "Training file has 7 example(s), but must have at least 10 examples",
    ),
    "broken JSON": (
        jsonl(EXAMPLES) + b'\n{"messages": [}\n',
        "supervised",
        "invalid_training_file",
        f"{INVALID}Invalid file format. Example 13 cannot be parsed. Error: {AT_CHARACTER_14}",
    ),
    "a message without a role": (
        jsonl([*EXAMPLES, NO_ROLE]),
        "supervised",
        "invalid_training_file",
        f"{INVALID}Invalid file format. Example 13, message 2 Discriminator 'role' is missing in value",
    ),
    "a key too many": (
        jsonl([EXAMPLES[0] | {"weight": 1}, *EXAMPLES]),
        "supervised",
        "invalid_file_format",
        f'{FORMAT}Invalid file format. Example 1 contains an extra "weight".',
    ),
    "no messages": (
        jsonl([{"text": "hello"}, *EXAMPLES]),
        "supervised",
        "invalid_file_format",
        f"{FORMAT}Invalid file format. Example 1 is missing key 'messages'",
    ),
    "chat for dpo": (
        jsonl(EXAMPLES),
        "dpo",
        "invalid_training_file",
        f"{INVALID}Input file FILE {MISMATCH.format('fine-tune-chat', 'supervised')}(provided method=dpo).",
    ),
    "preferences for supervised": (
        jsonl(PREFERENCES),
        "supervised",
        "invalid_training_file",
        f"{INVALID}Input file FILE {MISMATCH.format('fine-tune-preference', 'dpo')}(provided method=supervised).",
    ),
    "more than the model can learn from": (
        jsonl([*EXAMPLES, WITH_IMAGE]),
        "supervised",
        "invalid_training_file",
        f"{INVALID}Example 13: Images are not supported by this model.",
    ),
}


@pytest.mark.parametrize("fault", UNFIT)
def test_a_file_that_cannot_be_trained_on_fails_the_job_in_openais_words(client: openai.OpenAI, fault: str) -> None:
    content, method, code, message = UNFIT[fault]
    file = upload(client, content)
    job = train(client, training_file=file, method={"type": method})
    assert job.status == "failed"
    assert job.error is not None
    assert (job.error.code, job.error.param) == (code, "training_file")
    assert job.error.message == message.replace("FILE", file)
    newest = next(iter(client.fine_tuning.jobs.list_events(job.id, limit=1)))
    assert (newest.level, newest.message) == ("error", job.error.message)
    assert job.finished_at is not None


def test_the_validation_file_is_blamed_for_its_own_faults(client: openai.OpenAI, file: str) -> None:
    job = train(client, training_file=file, validation_file=upload(client, b'{"messages": []}\n'))
    assert job.error is not None
    assert (job.error.code, job.error.param) == ("invalid_validation_file", "validation_file")


def test_a_small_validation_file_is_enough(client: openai.OpenAI, file: str) -> None:
    assert train(client, training_file=file, validation_file=upload(client, jsonl(EXAMPLES[:2]))).status == "succeeded"


def test_an_exception_of_the_trainer_is_the_reason_of_the_failure(client: openai.OpenAI) -> None:
    job = train(client, jsonl([*EXAMPLES, chat("q", "EXPLODE")]))
    assert job.error is not None
    assert job.error.code == "server_error"
    assert job.error.message == "The job failed due to an internal error: this example cannot be learned"


def test_a_loss_that_is_no_number_fails_the_job(client: openai.OpenAI) -> None:
    job = train(client, jsonl([*EXAMPLES, chat("q", "DIVERGE")]))
    assert job.error is not None
    assert (job.error.code, job.error.param) == ("training_diverged", "learning_rate_multiplier")


def test_a_full_disk_pauses_the_job_instead_of_losing_its_work(client: openai.OpenAI) -> None:
    job = client.fine_tuning.jobs.create(
        model="bigram", training_file=upload(client, jsonl([*EXAMPLES, chat("q", "FULL DISK")]))
    )
    until(lambda: client.fine_tuning.jobs.retrieve(job.id).status == "paused")
    assert "the disk is full" in messages(client, job.id)[-1]
    client.fine_tuning.jobs.cancel(job.id)


def test_a_repeated_request_with_an_idempotency_key_starts_one_job(client: openai.OpenAI, file: str) -> None:
    def create(seed: int, key: str = "once") -> str:
        return client.fine_tuning.jobs.create(
            model="bigram", training_file=file, seed=seed, extra_headers={"Idempotency-Key": key}
        ).id

    first = create(1)
    assert create(1) == first
    assert create(1, "twice") != first
    with pytest.raises(openai.BadRequestError) as caught:
        create(2)
    assert caught.value.code == "idempotency_key_reused"


def test_an_unknown_job_is_not_found_whatever_is_asked_of_it(client: openai.OpenAI) -> None:
    jobs = client.fine_tuning.jobs
    for ask in (jobs.retrieve, jobs.cancel, jobs.pause, jobs.resume, jobs.list_events, jobs.checkpoints.list):
        with pytest.raises(openai.NotFoundError) as caught:
            ask("ftjob-x")
        assert (caught.value.code, caught.value.param) == ("fine_tune_not_found", "fine_tuning_job_id")


def test_a_job_that_has_ended_can_be_neither_stopped_nor_resumed(client: openai.OpenAI, trained: Any) -> None:
    jobs = client.fine_tuning.jobs
    for ask in (jobs.cancel, jobs.pause, jobs.resume):
        with pytest.raises(openai.BadRequestError, match=f"Job has already completed: {trained.id}"):
            ask(trained.id)


def test_files_of_a_job_stay_until_it_has_ended(client: openai.OpenAI) -> None:
    file = upload(client)
    job = client.fine_tuning.jobs.create(model="bigram-slow", training_file=file)
    with pytest.raises(openai.BadRequestError) as caught:
        client.files.delete(file)
    assert caught.value.code == "file_in_use"
    client.fine_tuning.jobs.cancel(job.id)
    assert client.files.delete(file).deleted


def test_models_are_listed_retrieved_and_deleted(engine: Engine, client: openai.OpenAI, file: str) -> None:
    job = train(client, training_file=file)
    name = job.fine_tuned_model
    assert name is not None
    listed = [model.id for model in client.models.list()]
    assert listed[:2] == ["bigram", "bigram-slow"]
    assert name in listed
    assert not any("ckpt-step" in model for model in listed)
    assert client.models.retrieve(name).owned_by == "org-local"
    assert client.models.retrieve("bigram").owned_by == "ftdesk"
    middle = f"{name}:ckpt-step-3"
    assert client.models.retrieve(middle).id == middle
    assert client.models.delete(middle).deleted
    assert [point.step_number for point in client.fine_tuning.jobs.checkpoints.list(job.id)] == [9, 6]
    assert client.models.delete(name).deleted
    assert list((engine.data / "jobs" / job.id).glob("*.weights")) == []
    for gone in (name, middle, f"{name}:ckpt-step-9", "nothing/at/all"):
        with pytest.raises(openai.NotFoundError) as caught:
            client.models.retrieve(gone)
        assert caught.value.code == "model_not_found"
    with pytest.raises(openai.PermissionDeniedError):
        client.models.delete("bigram")


def test_a_model_that_a_waiting_job_starts_from_is_not_deleted(client: openai.OpenAI, trained: Any) -> None:
    slow = client.fine_tuning.jobs.create(model="bigram-slow", training_file=trained.training_file)
    job = client.fine_tuning.jobs.create(model=trained.fine_tuned_model, training_file=trained.training_file)
    with pytest.raises(openai.BadRequestError) as caught:
        client.models.delete(trained.fine_tuned_model)
    assert caught.value.code == "model_in_use"
    client.fine_tuning.jobs.cancel(slow.id)
    client.fine_tuning.jobs.cancel(job.id)


@pytest.mark.skipif(sys.platform != "linux", reason="finds processes in /proc")
def test_a_cancelled_job_stops_at_once_and_keeps_what_it_made(engine: Engine, client: openai.OpenAI) -> None:
    job = client.fine_tuning.jobs.create(
        model="bigram-slow", training_file=upload(client), hyperparameters={"n_epochs": 50}
    )
    until(lambda: newest_step(client, job.id) >= 4)
    cancelled = client.fine_tuning.jobs.cancel(job.id)
    assert cancelled.status == "cancelled"
    assert cancelled.finished_at is not None
    told = messages(client, job.id)
    assert told[-1] == "Fine-tuning job cancelled"
    until(lambda: engine.worker(job.id) is None)
    assert messages(client, job.id) == told
    (checkpoint, *_) = client.fine_tuning.jobs.checkpoints.list(job.id)
    answer = client.chat.completions.create(
        model=checkpoint.fine_tuned_model_checkpoint, messages=[{"role": "user", "content": "What is 3?"}], max_tokens=5
    )
    assert answer.choices[0].message.content
    until(lambda: not list((engine.data / "jobs" / job.id).glob("*.state")))


def test_a_job_in_the_queue_can_be_cancelled_paused_and_resumed(client: openai.OpenAI) -> None:
    file = upload(client)
    running = client.fine_tuning.jobs.create(model="bigram-slow", training_file=file, hyperparameters={"n_epochs": 50})
    waiting = [client.fine_tuning.jobs.create(model="bigram", training_file=file).id for _ in range(2)]
    until(lambda: client.fine_tuning.jobs.retrieve(waiting[1]).status == "queued")
    assert client.fine_tuning.jobs.cancel(waiting[0]).status == "cancelled"
    assert client.fine_tuning.jobs.pause(waiting[1]).status == "paused"
    with pytest.raises(openai.BadRequestError, match="already paused"):
        client.fine_tuning.jobs.pause(waiting[1])
    client.fine_tuning.jobs.cancel(running.id)
    assert client.fine_tuning.jobs.resume(waiting[1]).status == "queued"
    assert ended(client, waiting[1]).status == "succeeded"
    assert ended(client, waiting[0]).status == "cancelled"
    assert "Fine-tuning job started" not in messages(client, waiting[0])


def test_a_job_can_be_paused_while_its_file_is_validated(client: openai.OpenAI) -> None:
    jobs = client.fine_tuning.jobs
    job = jobs.create(model="bigram", training_file=upload(client, jsonl(EXAMPLES * 3000)))
    until(lambda: any(message.startswith("Validating") for message in messages(client, job.id)))
    assert jobs.pause(job.id).status == "paused"
    assert jobs.resume(job.id).status == "validating_files"
    assert jobs.cancel(job.id).status == "cancelled"


def test_preference_text_is_not_mistaken_for_chat(client: openai.OpenAI) -> None:
    content = jsonl([*PREFERENCES, preference("q", "a", "b") | {"extra": 1}])
    job = train(client, content, method={"type": "dpo"})
    assert job.error is not None
    assert job.error.message.endswith('Example 13 contains an extra "extra".')

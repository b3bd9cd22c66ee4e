"""The commands of jobs, hosts and models as a shell meets them."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from keyring.backend import KeyringBackend
from openai_server import OpenAIServer, Request, hang, refuse, reset

from ftdesk.cli.main import run_command
from ftdesk.storage import secrets

JOB_KEYS = [
    *("id", "host", "model", "status", "host_status", "fine_tuned_model", "created_at", "finished_at"),
    *("trained_tokens", "estimated_cost", "error", "suffix", "method", "training_file", "validation_file"),
    *("dataset_sha256", "launch_token"),
]


@dataclass
class Done:
    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


class Shell:
    """Runs commands in a home of its own."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys = capsys
        self._monkeypatch = monkeypatch

    def __call__(self, *words: str, stdin: str = "", terminal: bool = False) -> Done:
        stream = io.StringIO(stdin)
        self._monkeypatch.setattr(stream, "isatty", lambda: terminal, raising=False)
        self._monkeypatch.setattr(sys, "stdin", stream)
        try:
            status = int(run_command(words))
        except SystemExit as ending:  # argparse
            status = int(ending.code or 0)
        out, err = self._capsys.readouterr()
        assert "Traceback" not in err
        assert "\x1b" not in out + err
        return Done(status, out, err)


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    monkeypatch.setenv("FTDESK_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(secrets, "KEYRINGS", ())
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    return Shell(capsys, monkeypatch)


@pytest.fixture
def acme(shell: Shell, server: OpenAIServer) -> Shell:
    """A shell in which the host ``acme`` was added."""
    assert shell("hosts", "add", "acme", "--base-url", server.base_url).status == 0
    return shell


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "train.jsonl"
    path.write_text('{"messages": []}\n')
    return str(path)


# hosts


def test_a_connection_can_be_added_listed_tested_and_removed(shell: Shell, server: OpenAIServer) -> None:
    assert shell("hosts", "--json").json == [{"name": "local", "profile": "local", "base_url": None, "key": None}]
    added = shell("hosts", "add", "acme", "--profile", "openai", "--base-url", server.base_url + "/")
    assert (added.status, added.out) == (0, "")
    assert shell("hosts", "--json").json[1] == {
        "name": "acme",
        "profile": "openai",
        "base_url": server.base_url,
        "key": None,
    }
    table = shell("hosts").out.splitlines()
    assert table[0].split() == ["host", "profile", "address", "key"]
    assert len(table) == 3
    tested = shell("hosts", "test", "acme")
    assert (tested.status, tested.out.startswith("acme answers: 1 models")) == (0, True)
    assert shell("hosts", "remove", "acme").status == 0
    assert len(shell("hosts", "--json").json) == 1


def test_a_key_from_standard_input_is_used_and_not_written(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = "sk-canary-0123456789"
    with OpenAIServer(key) as server:
        added = shell("hosts", "add", "my-host", "--base-url", server.base_url, "--key-stdin", stdin=key + "\n")
        assert added.status == 0
        assert "no keyring that we trust, so the key was not kept" in added.err
        assert "FTDESK_KEY_MY_HOST" in added.err
        without = shell("hosts", "test", "my-host")
        assert (without.status, without.err) == (
            3,
            "ftdesk hosts: “my-host” wants a key, and none is kept for it. Add the key of this connection.\n",
        )
        monkeypatch.setenv("FTDESK_KEY_MY_HOST", key)
        assert shell("hosts", "test", "my-host").status == 0
        assert shell("hosts", "--json").json[1]["key"] == "environment"
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or key.encode() not in path.read_bytes()


class Keyring(KeyringBackend):
    """Stands for the keyring of the system."""

    priority = 5
    kept: dict[str, str] = {}  # noqa: RUF012 - one for all, as a system has

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get(f"{service} {username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[f"{service} {username}"] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[f"{service} {username}"]


def test_a_key_stays_with_the_address_that_it_was_given_for(
    shell: Shell, server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(secrets, "KEYRINGS", ((__name__, "Keyring"),))
    add = ("hosts", "add", "acme", "--base-url")
    shell(*add, server.base_url, "--key-stdin", stdin="sk-1")
    assert shell("hosts", "--json").json[1]["key"] == "keyring"
    shell(*add, server.base_url, "--profile", "openai")
    assert Keyring.kept == {"ftdesk acme": "sk-1"}, "the same address"
    shell(*add, server.base_url + "/elsewhere")
    assert Keyring.kept == {}
    shell(*add, server.base_url, "--key-stdin", stdin="sk-2")
    assert shell("hosts", "remove", "acme").err == "Removed acme.\n"
    assert Keyring.kept == {}


def test_the_key_of_another_program_is_offered_and_not_taken(
    shell: Shell, server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-another-program")
    added = shell("hosts", "add", "acme", "--base-url", server.base_url)
    assert "OPENAI_API_KEY is set but not used" in added.err
    shell("hosts", "test", "acme")
    assert "authorization" not in server.requests[0].headers


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["add", "acme", "--base-url", "http://example.com/v1"], "is not encrypted"),
        (["add", "acme", "--base-url", "example"], "is not the address of a host"),
        (["add", "acme"], "needs an address. Add --base-url http://127.0.0.1:8000/v1."),
        (["add", "azure"], "Azure OpenAI needs an address"),
        (["add", "acme", "--profile", "opnai"], "There is no host profile “opnai”"),
        (["add", "local", "--base-url", "https://x"], "“local” is the built-in host"),
        (["add", "a/b", "--base-url", "https://x"], "cannot be the name of a host"),
        (["add", "openai", "--key-stdin"], "The key is empty"),
        (["remove", "acme"], "There is no host “acme” to remove"),
        (["test", "acme"], "There is no host “acme”"),
    ],
)
def test_what_cannot_be_a_connection_is_one_sentence(shell: Shell, words: list[str], sentence: str) -> None:
    done = shell("hosts", *words)
    assert (done.status, done.out) == (2, "")
    assert sentence in done.err
    assert done.err.count("\n") == 1
    assert len(shell("hosts", "--json").json) == 1


def test_a_profile_knows_its_address(shell: Shell) -> None:
    shell("hosts", "add", "openai")
    assert shell("hosts", "--json").json[1]["base_url"] == "https://api.openai.com/v1"


# models


def test_models_come_with_the_day_they_shut_down(acme: Shell, server: OpenAIServer) -> None:
    done = acme("models", "--host", "acme", "--json")
    assert done.json == [
        {
            "host": "acme",
            "id": "gpt-4.1-mini-2025-04-14",
            "owned_by": "system",
            "created_at": 1,
            "shutdown_date": "2027-01-14",
            "trainable": None,
            "name": "",
            "description": "",
        }
    ]
    assert "acme/gpt-4.1-mini-2025-04-14" in acme("models", "--host", "acme").out
    server.next("GET", "models", *[reset] * 3)
    failed = acme("models", "--host", "acme", "--json")
    assert (failed.status, failed.out) == (3, "")


# launch


def test_a_launch_prints_the_id_of_the_job(acme: Shell, server: OpenAIServer, file: str) -> None:
    done = acme("launch", file, "--model", "acme/base-1", "--yes")
    assert (done.status, done.out) == (0, "ftjob-000001\n")
    assert "Uploading train.jsonl." in done.err
    assert "trains only while ftdesk runs" not in done.err
    assert len(server.jobs) == 1


def test_a_launch_as_json_is_one_document_with_the_keys_of_the_contract(acme: Shell, file: str) -> None:
    done = acme("launch", file, "--model", "acme/base-1", "--yes", "--json", "--suffix", "mine")
    assert list(done.json) == JOB_KEYS
    assert (done.json["id"], done.json["status"], done.json["suffix"]) == ("ftjob-000001", "queued", "mine")
    assert done.json["training_file"] == file
    assert len(done.json["dataset_sha256"]) == 64


def test_settings_are_sent_as_numbers(acme: Shell, server: OpenAIServer, file: str) -> None:
    done = acme(
        *("launch", file, "--model", "acme/base-1", "--yes", "--method", "dpo", "--validation-file", file),
        *("--epochs", "3", "--batch-size", "auto", "--learning-rate-multiplier", "0.5", "--beta", "1e-1"),
        *("--seed", "7"),
    )
    assert done.status == 0
    asked = server.asked("POST", "fine_tuning/jobs$")[0].json
    settings = {"n_epochs": 3, "batch_size": "auto", "learning_rate_multiplier": 0.5, "beta": 0.1}
    assert asked["method"] == {"type": "dpo", "dpo": {"hyperparameters": settings}}
    assert (asked["seed"], asked["validation_file"]) == (7, "file-000002")


def test_nothing_is_started_without_a_yes(acme: Shell, server: OpenAIServer, file: str) -> None:
    launch = ("launch", file, "--model", "acme/base-1")
    unattended = acme(*launch)
    assert (unattended.status, unattended.out) == (2, "")
    assert unattended.err == "ftdesk launch: A launch may cost money, so it has to be confirmed. Add --yes.\n"
    for answer in ("n\n", "\n", "", "yes please\n"):
        refused = acme(*launch, stdin=answer, terminal=True)
        assert (refused.status, refused.out) == (1, "")
        assert "Nothing was started." in refused.err
    assert server.requests == []
    agreed = acme(*launch, stdin="y\n", terminal=True)
    assert (agreed.status, agreed.out) == (0, "ftjob-000001\n")
    assert server.base_url in agreed.err, "the address is shown before anything is sent there"


def test_what_a_launch_will_cost_is_said_before_the_question_and_kept_with_the_job(
    shell: Shell, server: OpenAIServer, tmp_path: Path
) -> None:
    shell("hosts", "add", "work", "--profile", "openai", "--base-url", server.base_url)
    path = tmp_path / "train.jsonl"
    line = {"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "word " * 1_000}]}
    path.write_text((json.dumps(line) + "\n") * 12 + "\n")
    launch = ("launch", str(path), "--model", "work/gpt-4.1-2025-04-14", "--epochs", "2", "--json")
    done = shell(*launch, stdin="y\n", terminal=True)
    told = next(text for text in done.err.splitlines() if "tokens ×" in text)
    tokens = int(told.split()[0].replace(",", ""))
    assert told == f"{tokens:,} tokens × 2 epochs: $0.61, by prices of 2026-11-22."
    assert done.json["estimated_cost"] == pytest.approx(tokens * 2 * 25 / 1e6)


def test_a_launch_is_priced_by_what_the_host_reads_of_a_long_example(
    shell: Shell, server: OpenAIServer, tmp_path: Path
) -> None:
    shell("hosts", "add", "work", "--profile", "openai", "--base-url", server.base_url)
    path = tmp_path / "train.jsonl"
    line = {"messages": [{"role": "user", "content": "word " * 70_000}, {"role": "assistant", "content": "Yes."}]}
    path.write_text(json.dumps(line) + "\n")
    launch = ("launch", str(path), "--model", "work/gpt-4.1-2025-04-14", "--epochs", "2")
    assert "65,536 tokens × 2 epochs: $3.28" in shell(*launch, stdin="n\n", terminal=True).err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["FOLDER", "--model", "acme/base-1"], "is a folder. Give a JSONL file."),
        (["FOLDER/none", "--model", "acme/base-1"], "cannot be read: No such file or directory."),
        (["FOLDER/empty", "--model", "acme/base-1"], "is empty."),
        (["FILE", "--model", "acme/base-1", "--validation-file", "FOLDER"], "is a folder."),
        (["FILE", "--model", "base-1"], "“base-1” is not a model name. Write HOST/MODEL"),
        (["FILE", "--model", "acm/base-1"], "There is no host “acm”. Did you mean “acme”?"),
        (["FILE", "--model", "acme/base-1", "--epochs", "0"], "Epochs cannot be 0."),
        (["FILE", "--model", "acme/base-1", "--epochs", "nan"], "Epochs cannot be nan."),
        (["FILE", "--model", "acme/base-1", "--beta", "0.1"], "has no setting “beta” for supervised."),
        (["FILE", "--model", "acme/base-1", "--method", "reinforcement"], "does not train by “reinforcement”."),
        (["FILE", "--model", "acme/base-1", "--suffix", "\udcff"], "cannot be a suffix"),
        (["FILE", "--model", "acme/\udcff"], "could not be used"),
    ],
)
def test_a_launch_that_cannot_be_is_one_sentence_and_sends_nothing(
    acme: Shell, server: OpenAIServer, tmp_path: Path, file: str, words: list[str], sentence: str
) -> None:
    (tmp_path / "empty").touch()
    done = acme("launch", *(word.replace("FOLDER", str(tmp_path)).replace("FILE", file) for word in words), "--yes")
    assert (done.status, done.out) == (2, "")
    assert sentence in done.err
    assert done.err.count("\n") == 1
    assert server.requests == []


@pytest.mark.parametrize("word", ["many", "1,5", "--"])
def test_a_setting_that_is_no_number_is_refused_by_its_name(acme: Shell, file: str, word: str) -> None:
    done = acme("launch", file, "--model", "acme/base-1", "--epochs", word)
    assert done.status == 2
    assert "--epochs" in done.err


def test_a_refused_launch_is_still_a_document_and_ends_with_three(acme: Shell, server: OpenAIServer, file: str) -> None:
    server.next("POST", "fine_tuning/jobs$", refuse(403, "winding down \x1b]0;x\x07", "training_not_available"))
    done = acme("launch", file, "--model", "acme/base-1", "--yes", "--json")
    assert done.status == 3
    assert done.json["status"] == "failed"
    assert "no longer lets this organisation start training jobs. Train on another host" in done.err


def test_a_launch_that_is_followed_is_told_line_by_line_and_ends_as_the_job(
    acme: Shell, server: OpenAIServer, file: str
) -> None:
    def finish(request: Request) -> None:
        if request.method == "GET" and "ftjob-000001" in server.jobs:
            server.finish("ftjob-000001")

    server.on_request = finish
    done = acme("launch", file, "--model", "acme/base-1", "--yes", "--follow", "--json")
    assert done.status == 0
    assert {line["type"] for line in done.lines} == {"step", "job", "event"}
    end = done.lines[-1]
    assert (end["type"], end["status"], end["fine_tuned_model"]) == ("job", "succeeded", "ft:base-1:me::0001")
    assert list(end) == ["type", *JOB_KEYS]
    server.on_request = None
    shown = acme("watch", "ftjob-000001")
    assert shown.status == 0
    assert "model         acme/ft:base-1:me::0001\n" in shown.out
    assert "Created fine-tuning job: ftjob-000001" in shown.err


# jobs, watch, cancel, pause, resume


def test_jobs_are_a_list_of_documents_or_a_table(acme: Shell, server: OpenAIServer, file: str) -> None:
    empty = acme("jobs")
    assert (empty.status, empty.out) == (0, "")
    assert acme("jobs", "--json").json == []
    acme("launch", file, "--model", "acme/base-1", "--yes")
    (job,) = acme("jobs", "--json").json
    assert list(job) == JOB_KEYS
    header, row = acme("jobs", "--host", "acme").out.splitlines()
    assert header.split() == ["job", "host", "status", "started", "model"]
    assert row.split()[:3] == ["ftjob-000001", "acme", "queued"]
    server.next("GET", "fine_tuning/jobs$", *[refuse(401)] * 2)
    late = acme("jobs", "--json")
    assert (late.status, [job["id"] for job in late.json]) == (0, ["ftjob-000001"])
    assert "wants a key" in late.err
    named = acme("jobs", "--host", "acme", "--json")
    assert (named.status, named.out) == (3, "")


def test_a_watch_ends_with_one_when_the_job_failed(acme: Shell, server: OpenAIServer, file: str) -> None:
    acme("launch", file, "--model", "acme/base-1", "--yes")
    server.finish("ftjob-000001", "failed", {"code": "x", "message": "too few \x1b[31mexamples", "param": None})
    done = acme("watch", "ftjob")
    assert done.status == 1
    assert "status        failed\n" in done.out
    assert "too few \\x1b[31mexamples" in done.out
    assert acme("watch", "ftjob", "--json").lines[-1]["error"] == "too few \x1b[31mexamples"


def test_an_unknown_job_is_one_sentence(acme: Shell) -> None:
    for command in ("watch", "cancel", "pause", "resume"):
        done = acme(command, "ftjob-none")
        assert (done.status, done.out) == (2, "")
        assert done.err == f"ftdesk {command}: There is no job “ftjob-none”. The list of jobs shows them all.\n"


def test_a_job_can_be_paused_resumed_and_cancelled(acme: Shell, file: str) -> None:
    acme("launch", file, "--model", "acme/base-1", "--yes")
    assert acme("pause", "ftjob-000001", "--json").json["status"] == "paused"
    assert acme("resume", "ftjob-000001", "--json").json["status"] == "queued"
    done = acme("cancel", "ftjob-000001")
    assert (done.status, "cancelled" in done.out) == (0, True)
    assert acme("cancel", "ftjob-000001").status == 0
    refused = acme("resume", "ftjob-000001")
    assert (refused.status, refused.out) == (3, "")
    assert "has ended already: cancelled" in refused.err


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_an_interrupted_watch_ends_with_130_and_a_word(
    acme: Shell, server: OpenAIServer, file: str, tmp_path: Path
) -> None:
    acme("launch", file, "--model", "acme/base-1", "--yes")
    asked = len(server.requests)
    server.next("GET", "ftjob-000001$", hang)
    process = subprocess.Popen(
        [sys.executable, "-m", "ftdesk", "watch", "ftjob-000001"],
        env={**os.environ, "FTDESK_HOME": str(tmp_path / "home")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while len(server.requests) == asked:
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert (process.returncode, out, err) == (130, "", "Interrupted.\n")

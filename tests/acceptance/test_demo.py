"""The whole loop with nothing replaced: real files, the real engine in its own process, real HTTP, real training."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ftdesk.__main__ import main
from ftdesk.errors import ExitStatus


def environment(folder: Path) -> dict[str, str]:
    """A user whose own folder, and whose place for temporary files, can be looked at afterwards."""
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    return {**os.environ, "FTDESK_HOME": str(folder / "home"), "TMPDIR": str(temporary)}


def start(arguments: list[str], variables: Mapping[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "ftdesk", "demo", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=variables,
    )


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def result(kept: Path) -> dict[str, Any]:
    """One run for all tests: it takes about a minute."""
    running = start(["--json", "--keep", str(kept / "everything")], environment(kept))
    out, said = running.communicate()
    assert running.returncode == ExitStatus.GOOD, said
    assert [line[:2] for line in said.splitlines() if line[:1].isdigit()] == ["1.", "2.", "3.", "4.", "5."]
    return dict(json.loads(out))


def test_the_tuned_model_beats_the_base_on_examples_that_it_has_not_seen(result: dict[str, Any]) -> None:
    assert list(result) == [
        *("examples", "errors", "train", "test", "job", "steps", "final_train_loss", "final_valid_loss"),
        *("base_score", "tuned_score", "verdict", "seconds"),
    ]
    assert (result["examples"], result["errors"], result["train"], result["test"]) == (160, 0, 112, 32)
    assert result["verdict"] == "better"
    assert 0 <= result["base_score"] < result["tuned_score"] <= 1


def test_the_job_is_a_job_of_the_built_in_host_and_told_its_losses(result: dict[str, Any]) -> None:
    job = result["job"]
    assert (job["host"], job["model"], job["status"], job["suffix"]) == ("local", "tiny", "succeeded", "medical-coder")
    assert job["fine_tuned_model"].startswith("ft:tiny:")
    assert job["trained_tokens"] > 0
    assert result["steps"] > 0
    assert 0 < result["final_train_loss"] < result["final_valid_loss"]


def test_what_is_kept_is_a_home_that_ftdesk_opens(
    result: dict[str, Any], kept: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The same evaluation resumes there without asking: both models are called what they were called."""
    monkeypatch.setenv("FTDESK_HOME", str(kept / "everything"))
    test = kept / "everything" / "medical-coder" / "test.jsonl"
    models = ["--model", "local/tiny", "--model", f"local/{result['job']['fine_tuned_model']}"]
    assert main(["evaluate", str(test), *models, "--resume", "--json"]) == ExitStatus.GOOD
    scores = [score["score"] for score in json.loads(capsys.readouterr().out)["models"]]
    assert scores == [result["base_score"], result["tuned_score"]]


def test_the_users_own_folder_and_the_temporary_one_are_left_alone(result: dict[str, Any], kept: Path) -> None:
    assert result["verdict"]
    assert not (kept / "home").exists()
    assert list((kept / "tmp").iterdir()) == []


def test_an_interrupted_demo_leaves_nothing_behind(tmp_path: Path) -> None:
    running = start([], environment(tmp_path))
    assert running.stderr
    for line in running.stderr:
        if line.startswith("3."):
            break
    engine_data = next((tmp_path / "tmp").iterdir()) / "data" / "engine"
    while not engine_data.exists():
        assert running.poll() is None
    running.send_signal(signal.SIGINT)
    assert running.wait() == ExitStatus.INTERRUPTED
    assert list((tmp_path / "tmp").iterdir()) == []
    assert not (tmp_path / "home").exists()
    running.communicate()


def test_a_folder_with_something_in_it_is_not_used(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    for place in (tmp_path, tmp_path / "mine.txt"):
        assert main(["demo", "--keep", str(place)]) == ExitStatus.UNUSABLE
    assert capsys.readouterr().err.count("is not an empty folder") == 2
    assert (tmp_path / "mine.txt").read_text() == "mine"

"""``ftdesk evaluate`` as a person or a script runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from answering import CHAT, NOBODY, AnsweringServer, make_home, write_examples
from openai_server import hang, refuse

from ftdesk.__main__ import main
from ftdesk.errors import ExitStatus

PAIRS = [(f"question {number}", f"answer {number}") for number in range(10)]
MODELS = ["--model", "one/base", "--model", "one/tuned"]


@pytest.fixture
def one() -> Iterator[AnsweringServer]:
    def answering(model: str, question: str) -> str:
        return question.replace("question", "answer") if model == "tuned" else "I do not know"

    with AnsweringServer(answering) as server:
        yield server


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one: AnsweringServer) -> Path:
    """A user who has added the hosts ``one``, and ``down``, where nothing answers."""
    home = make_home(tmp_path / "home", {"one": one, "down": NOBODY})
    monkeypatch.setenv("FTDESK_HOME", str(home))
    return home


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_examples(tmp_path / "test.jsonl", PAIRS)


def test_evaluate_prints_the_promised_document(home: Path, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(file), *MODELS, "--json"]) == ExitStatus.GOOD
    document = json.loads(capsys.readouterr().out)
    intervals = [document["models"][0].pop("interval"), document["models"][1].pop("interval")]
    difference = document["pairs"][0].pop("interval")
    assert document == {
        "file": str(file),
        "grader": "exact",
        "examples": 10,
        "models": [
            {"model": "one/base", "correct": 0, "score": 0.0, "failed": 0},
            {"model": "one/tuned", "correct": 10, "score": 1.0, "failed": 0},
        ],
        "pairs": [
            {
                "a": "one/base",
                "b": "one/tuned",
                "difference": 1.0,
                "p_value": 2 / 2**10,
                "test": "mcnemar-exact",
                "only_a": 0,
                "only_b": 10,
                "verdict": "better",
            }
        ],
    }
    assert intervals == [pytest.approx([0, 0.278], abs=1e-3), pytest.approx([0.722, 1], abs=1e-3)]
    assert difference == pytest.approx([0.607, 1], abs=1e-3)


def test_a_verdict_that_is_negative_is_still_a_good_exit(
    home: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(file), "--model", "one/tuned", "--model", "one/base"]) == ExitStatus.GOOD
    assert capsys.readouterr().out.splitlines() == [
        "model         right    score    95 % interval  failed",
        "one/tuned  10 of 10  100.0 %  72.2 to 100.0 %       0",
        "one/base    0 of 10    0.0 %    0.0 to 27.8 %       0",
        "",
        "one/base is worse: −100 points, 95 % interval −100 to −61, 10 examples",
    ]


def test_failed_and_skipped_lines_are_told(
    home: Path, file: Path, one: AnsweringServer, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_bytes(file.read_bytes() + b"{broken\n")
    one.next("POST", CHAT, refuse(400, "too \x1b[31mlong"))
    assert main(["evaluate", str(file), "--model", "one/tuned"]) == ExitStatus.GOOD
    captured = capsys.readouterr()
    assert "Line 11 is not evaluated: Not valid JSON" in captured.err
    assert "one/tuned, counts as wrong" in captured.err
    assert "\x1b" not in captured.err
    assert " ".join(captured.out.splitlines()[1].split()) == "one/tuned 9 of 10 90.0 % 59.6 to 98.2 % 1"


@pytest.mark.parametrize(
    ("content", "options", "status", "said"),
    [
        (None, MODELS, ExitStatus.UNUSABLE, "there is no such file"),
        (b"", MODELS, ExitStatus.UNUSABLE, "no example to evaluate"),
        (b"\x00\xff" * 99, MODELS, ExitStatus.UNUSABLE, "no example to evaluate"),
        (b"ok", ["--model", "tiny"], ExitStatus.UNUSABLE, "is not a model name"),
        (b"ok", ["--model", "nobody/x"], ExitStatus.UNUSABLE, "There is no host"),
        (b"ok", ["--model", "one/x", "--model", "one/x"], ExitStatus.UNUSABLE, "named twice"),
        (b"ok", [*MODELS, "--limit", "0"], ExitStatus.UNUSABLE, "The limit is a whole number from 1"),
        (b"ok", [*MODELS, "--grader", "nice"], ExitStatus.UNUSABLE, "There is no grader"),
        (b"ok", ["--model", "down/x"], ExitStatus.HOST, "Nothing answers"),
    ],
)
def test_what_cannot_be_evaluated_is_one_sentence(
    home: Path,
    file: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    content: bytes | None,
    options: list[str],
    status: int,
    said: str,
) -> None:
    monkeypatch.setattr("ftdesk.evaluation.asking._UNSENT_PAUSES", ())
    if content is None:
        file.unlink()
    elif content != b"ok":
        file.write_bytes(content)
    assert main(["evaluate", str(file), *options]) == status
    captured = capsys.readouterr()
    assert said in captured.err
    assert (captured.err.count("\n"), captured.out) == (1, "")


def test_one_example_is_evaluated(home: Path, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_examples(file, PAIRS[:1])
    assert main(["evaluate", str(file), *MODELS]) == ExitStatus.GOOD
    assert "cannot tell yet: about" in capsys.readouterr().out


def test_a_host_that_refuses_everything_leaves_what_was_kept_to_resume(
    home: Path, file: Path, one: AnsweringServer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(file), *MODELS, "--limit", "4"]) == ExitStatus.GOOD
    one.next("POST", CHAT, *[refuse(401)] * 20)
    assert main(["evaluate", str(file), *MODELS, "--resume"]) == ExitStatus.HOST
    assert "8 answers so far are kept. The same command with --resume goes on" in capsys.readouterr().err


def start(arguments: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "ftdesk", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ,
    )


@pytest.mark.parametrize(
    ("how", "status"), [(signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, ExitStatus.INTERRUPTED)]
)
def test_an_evaluation_that_was_ended_asks_nothing_twice_when_it_resumes(
    home: Path,
    file: Path,
    one: AnsweringServer,
    capsys: pytest.CaptureFixture[str],
    how: signal.Signals,
    status: int,
) -> None:
    """Six answers arrive, then four questions stay open; at that moment the process is ended."""
    prepare = one.on_request
    assert prepare
    one.on_request = lambda request: (prepare(request), len(one.questions) > 6 and one.next("POST", CHAT, hang))[0]
    running = start(["evaluate", str(file), *MODELS])
    while len(one.questions) < 10:
        assert running.poll() is None, running.communicate()
    running.send_signal(how)
    _, said = running.communicate()
    assert running.returncode == status
    assert ("6 answers so far are kept" in said) == (how == signal.SIGINT)

    answered = list(one.questions)[:6]
    one.on_request = prepare
    assert main(["evaluate", str(file), *MODELS, "--resume", "--json"]) == ExitStatus.GOOD
    assert all(one.questions[question] == 1 for question in answered)
    assert sum(one.questions.values()) == 20 + 4
    resumed = json.loads(capsys.readouterr().out)
    assert main(["evaluate", str(file), *MODELS, "--json"]) == ExitStatus.GOOD
    assert json.loads(capsys.readouterr().out) == resumed

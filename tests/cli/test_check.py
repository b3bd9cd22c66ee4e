"""``ftdesk check`` as a program: what it prints, where, and what it ends with."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ftdesk.cli.main import run_command
from ftdesk.cli.progress import Progress

GOOD = b'{"messages": [{"role": "user", "content": "%d?"}, {"role": "assistant", "content": "Yes."}]}\n'

REST = b'{"role": "user", "content": "5?"}, {"role": "assistant", "content": "Yes."}]}\n'


@pytest.fixture
def good(tmp_path: Path) -> Path:
    path = tmp_path / "good.jsonl"
    path.write_bytes(b"".join(GOOD % number for number in range(12)))
    return path


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    path = tmp_path / "bad.jsonl"
    lines = [GOOD % number for number in range(12)]
    lines[2] = b'{"messages": [{"role": "user" "content": "Hi"}]}\n'
    lines[5] = b'{"messages": [{"role": "user", "content": "5?"}, {"role": "assistant", "content": " "}, ' + REST
    lines[8] = b"\n"
    path.write_bytes(b"".join(lines))
    return path


@pytest.fixture
def connections(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FTDESK_HOME", str(tmp_path / "home"))
    settings = tmp_path / "home" / "config" / "settings.toml"
    settings.parent.mkdir(parents=True)
    entry = '[hosts.%s]\nprofile = "%s"\nbase_url = "https://example.com/v1"\n'
    compatible = "openai-compatible"
    settings.write_text(entry % ("work", "azure") + entry % ("rack", compatible) + entry % (compatible, compatible))


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    status = run_command(["check", *map(str, words)])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def run_json(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, Any]:
    status, out, err = run(capsys, *words, "--json")
    assert err == ""
    return status, json.loads(out)


def test_a_clean_file_ends_with_0(capsys: pytest.CaptureFixture[str], good: Path) -> None:
    status, out, err = run(capsys, good)
    assert status == 0
    assert out.splitlines()[0] == str(good)
    assert "12 lines, 12 examples (supervised): nothing to complain of." in out
    assert err == ""


def test_findings_are_aligned_and_name_place_severity_and_rule(capsys: pytest.CaptureFixture[str], bad: Path) -> None:
    status, out, _ = run(capsys, bad)
    assert status == 1
    assert out.splitlines()[1:5] == [
        "  3:31  error    Not valid JSON: a comma is missing before this.       invalid-json",
        "  6     error    messages[1].content: The assistant message is empty.  empty-content *",
        "  9     warning  The line is blank.                                    blank-line *",
        "  12 lines, 11 examples (supervised): 2 errors, 1 warning.",
    ]


def test_warnings_alone_end_with_0(capsys: pytest.CaptureFixture[str], good: Path) -> None:
    good.write_bytes(good.read_bytes() + b"\n")
    status, out, _ = run(capsys, good)
    assert status == 0
    assert "1 warning" in out


def test_json_is_one_document_of_the_promised_shape(capsys: pytest.CaptureFixture[str], bad: Path) -> None:
    status, document = run_json(capsys, bad)
    assert status == 1
    tokens = document.pop("tokens")
    assert document == {
        "file": str(bad),
        "method": "supervised",
        "lines": 12,
        "examples": 11,
        "errors": 2,
        "warnings": 1,
        "bytes": bad.stat().st_size,
        "hosts": document["hosts"],
        "findings": [
            {
                "line": 3,
                "column": 31,
                "path": None,
                "rule": "invalid-json",
                "severity": "error",
                "message": "Not valid JSON: a comma is missing before this.",
                "fix": None,
            },
            {
                "line": 6,
                "column": None,
                "path": "messages[1].content",
                "rule": "empty-content",
                "severity": "error",
                "message": "The assistant message is empty.",
                "fix": "remove-message",
            },
            {
                "line": 9,
                "column": None,
                "path": None,
                "rule": "blank-line",
                "severity": "warning",
                "message": "The line is blank.",
                "fix": "remove-line",
            },
        ],
    }
    assert list(tokens) == ["encoding", "exact", "total", "trained", "min", "median", "p95", "max", "over_limit"]
    assert tokens["encoding"] == "o200k_base"
    assert tokens["exact"] is False
    assert 0 < tokens["trained"] < tokens["total"]


def test_several_files_become_one_document_with_a_report_each(
    capsys: pytest.CaptureFixture[str], good: Path, bad: Path
) -> None:
    status, document = run_json(capsys, good, bad)
    assert status == 1
    assert [report["file"] for report in document["files"]] == [str(good), str(bad)]


def test_one_example_is_too_few(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    path.write_bytes(GOOD % 1)
    status, document = run_json(capsys, path)
    assert status == 1
    assert [(finding["line"], finding["rule"]) for finding in document["findings"]] == [(None, "too-few-examples")]


@pytest.mark.parametrize(
    ("words", "host", "exact"),
    [
        ([], "openai", False),
        (["--model", "gpt-4.1-mini"], "openai", True),
        (["--model", "openai/ft:gpt-4.1-mini:acme:x:y"], "openai", True),
        (["--model", "local/tiny"], "local", False),
        (["--host", "local"], "local", False),
        (["--model", "meta-llama/Llama-3.1-8B"], "openai", False),
    ],
)
def test_host_and_model_are_understood_in_every_way_of_writing(
    capsys: pytest.CaptureFixture[str], good: Path, words: list[str], host: str, exact: bool
) -> None:
    _, document = run_json(capsys, good, *words)
    assert next(iter(document["hosts"])) == host
    assert document["tokens"]["exact"] is exact


def test_an_unknown_host_is_refused_in_one_sentence(capsys: pytest.CaptureFixture[str], good: Path) -> None:
    status, out, err = run(capsys, good, "--host", "nowhere")
    assert (status, out) == (2, "")
    assert err.count("\n") == 1
    assert "nowhere" in err


@pytest.mark.usefixtures("connections")
@pytest.mark.parametrize(
    "words", [["--host", "work", "--model", "gpt-4.1"], ["--model", "work/gpt-4.1"]], ids=["host", "model"]
)
def test_a_connection_is_judged_by_the_requirements_of_its_kind(
    capsys: pytest.CaptureFixture[str], good: Path, words: list[str]
) -> None:
    _, document = run_json(capsys, good, *words)
    assert next(iter(document["hosts"])) == "azure"
    assert document["tokens"]["exact"] is True


@pytest.mark.usefixtures("connections")
@pytest.mark.parametrize("name", ["rack", "openai-compatible"])
def test_a_connection_of_which_nothing_is_known_is_judged_as_the_default_host_and_says_so(
    capsys: pytest.CaptureFixture[str], good: Path, name: str
) -> None:
    status, out, said = run(capsys, good, "--model", f"{name}/llama", "--json")
    assert status == 0
    assert next(iter(json.loads(out)["hosts"])) == "openai"
    assert said == f"What “{name}” asks is not known; the requirements of openai count.\n"


def test_the_method_can_be_asked_for(capsys: pytest.CaptureFixture[str], good: Path) -> None:
    status, document = run_json(capsys, good, "--method", "preference")
    assert status == 1
    assert document["method"] == "preference"
    assert {finding["rule"] for finding in document["findings"]} == {"method-mismatch"}


@pytest.mark.parametrize("content", [None, b"", b"\x7fELF\x00\x01"])
@pytest.mark.parametrize("option", [[], ["--json"]])
def test_a_file_that_cannot_be_used_ends_with_2_and_one_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes | None, option: list[str]
) -> None:
    path = tmp_path / "a.jsonl"
    if content is not None:
        path.write_bytes(content)
    status, out, err = run(capsys, path, *option)
    assert (status, out) == (2, "")
    assert err.startswith("ftdesk check: ")
    assert err.count("\n") == 1
    assert str(path) in err


def test_terminal_controls_in_data_and_names_are_made_visible(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "a\x1b]0;title\x07\n.jsonl"
    value = {
        "messages": [{"role": "\x1b[2J\u202e", "content": "x"}, {"role": "assistant", "content": "x"}],
        "\x9b1m": 1,
    }
    path.write_text(json.dumps(value) * 1 + "\n" + '{"a": "\x1b[31m"}\n')
    status, out, _ = run(capsys, path)
    assert status == 1
    assert all(character.isprintable() or character == "\n" for character in out)
    assert "\\x1b[2J" in out
    assert out.splitlines()[0].endswith("a\\x1b]0;title\\x07\\n.jsonl")


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    screen = io.StringIO()
    monkeypatch.setattr(screen, "isatty", lambda: True)
    return screen


@pytest.mark.parametrize(
    ("variables", "coloured"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colours_are_for_terminals_that_want_them(
    monkeypatch: pytest.MonkeyPatch, terminal: io.StringIO, bad: Path, variables: dict[str, str], coloured: bool
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "stdout", terminal)
    run_command(["check", str(bad)])
    assert ("\x1b[31m" in terminal.getvalue()) == coloured


def test_without_a_terminal_there_are_no_colours(capsys: pytest.CaptureFixture[str], bad: Path) -> None:
    _, out, _ = run(capsys, bad)
    assert "\x1b" not in out


def test_a_console_that_lacks_characters_shows_their_escapes(bad: Path) -> None:
    bad.write_bytes('{"messages": [{"role": "日本", "content": "x"}]}\n'.encode())
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "ftdesk", "check", str(bad)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 1
    assert "\\u65e5\\u672c" in done.stdout
    assert done.stderr == ""


def test_a_reader_that_goes_away_is_no_error(bad: Path) -> None:
    bad.write_bytes(b"{]\n" * 20_000)
    with subprocess.Popen(
        [sys.executable, "-m", "ftdesk", "check", bad], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() in {0, 1}


def test_a_bar_is_drawn_on_a_terminal_and_taken_away(monkeypatch: pytest.MonkeyPatch, terminal: io.StringIO) -> None:
    now = iter(range(100))
    monkeypatch.setattr("time.monotonic", lambda: next(now))
    with Progress("Checking a.jsonl", terminal) as progress:
        progress.show(1, 4, "10 lines")
        progress.show(4, 4, "40 lines")
    shown = terminal.getvalue().split("\r")
    assert re.fullmatch(r"\[#{8}·{22}\] Checking a\.jsonl  25% 10 lines", shown[1])
    assert re.fullmatch(r"\[#{30}\] Checking a\.jsonl 100% 40 lines", shown[2])
    assert shown[3].strip() == ""
    assert shown[4] == ""


def test_elsewhere_progress_is_a_line_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    now = iter([0, 1, 11, 12, 25])
    monkeypatch.setattr("time.monotonic", lambda: next(now))
    stream = io.StringIO()
    with Progress("Checking a.jsonl", stream) as progress:
        for done in (1, 2, 3, 4):
            progress.show(done, 4, f"{done} lines")
    assert stream.getvalue() == "Checking a.jsonl  50% 2 lines\nChecking a.jsonl 100% 4 lines\n"


def test_what_comes_quickly_shows_no_progress(good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, good)[2] == ""


def test_neither_a_window_nor_an_sdk_is_loaded(good: Path) -> None:
    program = (
        "import sys\n"
        "from ftdesk.__main__ import main\n"
        "status = main(['check', sys.argv[1]])\n"
        "heavy = {'PySide6', 'openai', 'numpy', 'pydantic', 'httpx2', 'requests', 'sqlite3'}\n"
        "print(status, sorted(heavy & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program, good], capture_output=True, text=True, check=True)
    assert done.stderr == "0 []\n"


def test_the_vocabulary_is_not_loaded_before_an_example_is_counted() -> None:
    program = (
        "import sys, ftdesk.validation.checker, ftdesk.cli.check\n"
        "heavy = {'tiktoken', 'regex', 'pydantic', 'numpy', 'multiprocessing', 'difflib'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"

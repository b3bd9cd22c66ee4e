"""``ftdesk moderate`` as a person or a script runs it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from answering import NOBODY, example, make_home
from openai_server import OpenAIServer, refuse, say

from ftdesk.__main__ import main
from ftdesk.errors import ExitStatus
from ftdesk.validation.moderation import PIECE


@pytest.fixture
def one() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        server.flags = lambda text: ["violence", "harassment/threatening"] if "stab" in text else []
        yield server


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one: OpenAIServer) -> None:
    monkeypatch.setenv("FTDESK_HOME", str(make_home(tmp_path / "home", {"one": one, "down": NOBODY})))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "train.jsonl"


def asked(server: OpenAIServer) -> list[str]:
    return [text for request in server.asked("POST", "/moderations") for text in request.json["input"]]


def test_a_flagged_message_is_told_with_its_line_and_place(
    one: OpenAIServer, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_bytes(example("q", "a") + b"\nnot json\n" + example("fine", "I will stab you"))
    assert main(["moderate", str(file), "--host", "one"]) == ExitStatus.NO
    said = capsys.readouterr()
    assert said.out == (
        f"{file}:4: messages[1].content: The host flags this assistant message: harassment/threatening, violence.\n"
    )
    assert said.err.endswith("2 examples, 4 texts asked about: 1 line flagged.\n")
    assert sorted(asked(one)) == ["I will stab you", "a", "fine", "q"]


def test_what_stands_on_many_lines_is_sent_once_and_flagged_on_each(
    one: OpenAIServer, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_bytes(b"".join(example("stab", f"answer {number}") for number in range(300)))
    assert main(["moderate", str(file), "--host", "one", "--json"]) == ExitStatus.NO
    document = json.loads(capsys.readouterr().out)
    assert [finding["line"] for finding in document["findings"]] == list(range(1, 301))
    assert (document["examples"], document["asked"]) == (300, 301)
    assert sorted(asked(one)) == sorted(["stab", *(f"answer {number}" for number in range(300))])


def test_a_long_text_is_asked_about_in_pieces(one: OpenAIServer, file: Path) -> None:
    file.write_bytes(example("x" * (2 * PIECE) + " stab", "a"))
    assert main(["moderate", str(file), "--host", "one"]) == ExitStatus.NO
    assert max(map(len, asked(one))) == PIECE


def test_preferences_tool_arguments_and_text_parts_are_asked_about(one: OpenAIServer, file: Path) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"do": "call"}'}}
    parts = [{"type": "text", "text": "part"}, {"type": "image_url", "image_url": {"url": "https://a/b.png"}}]
    user = {"role": "user", "content": parts}
    lines = [
        {"messages": [user, {"role": "assistant", "tool_calls": [call]}, {"role": "assistant", "content": None}]},
        {
            "input": {"messages": [{"role": "user", "content": "asked"}]},
            "preferred_output": [{"role": "assistant", "content": "good"}],
            "non_preferred_output": [{"role": "assistant", "content": "bad"}],
        },
    ]
    file.write_text("\n".join(map(json.dumps, lines)))
    assert main(["moderate", str(file), "--host", "one"]) == ExitStatus.GOOD
    assert sorted(asked(one)) == ["asked", "bad", "good", "part", '{"do": "call"}']


def test_a_host_that_is_busy_is_asked_again_and_one_that_cannot_is_a_sentence(
    one: OpenAIServer, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_bytes(example("q", "a"))
    one.next("POST", "/moderations", refuse(429, retry_after="0"))
    assert main(["moderate", str(file), "--host", "one"]) == ExitStatus.GOOD
    one.next("POST", "/moderations", *[refuse(404, "no such thing")] * 9)
    assert main(["moderate", str(file), "--host", "one"]) == ExitStatus.HOST
    assert main(["moderate", str(file), "--host", "down"]) == ExitStatus.HOST
    assert main(["moderate", str(file), "--host", "nobody"]) == ExitStatus.UNUSABLE
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("body", [{"results": []}, {"results": [{"flagged": "who knows"}]}, b"<html>"])
def test_an_answer_that_is_none_flags_nothing_and_is_told(one: OpenAIServer, file: Path, body: object) -> None:
    file.write_bytes(example("q", "a"))
    one.next("POST", "/moderations", *[say(200, body)] * 9)
    assert main(["moderate", str(file), "--host", "one"]) == ExitStatus.HOST


def test_a_file_that_is_none_is_told_before_anything_is_sent(one: OpenAIServer, file: Path) -> None:
    assert main(["moderate", str(file), "--host", "one"]) == ExitStatus.UNUSABLE
    assert not asked(one)

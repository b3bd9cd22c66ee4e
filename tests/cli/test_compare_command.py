"""``ftdesk compare`` as a person or a script runs it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from answering import CHAT, NOBODY, AnsweringServer, example, make_home
from openai_server import refuse, stream_of

from ftdesk.__main__ import main
from ftdesk.cli.panes import Columns, Pane, wrapped
from ftdesk.cli.table import table, width
from ftdesk.errors import ExitStatus
from ftdesk.hosts.types import ModelName

MODELS = ["--model", "one/base", "--model", "one/tuned"]


@pytest.fixture
def one() -> Iterator[AnsweringServer]:
    with AnsweringServer(lambda model, question: f"{model} says: {question}") as server:
        yield server


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one: AnsweringServer) -> None:
    monkeypatch.setenv("FTDESK_HOME", str(make_home(tmp_path / "home", {"one": one, "down": NOBODY})))


def test_answers_follow_one_another_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", *MODELS, "--prompt", "hello"]) == ExitStatus.GOOD
    said = re.sub(r"\d+\.\d+ s", "… s", capsys.readouterr().out)
    assert said == (
        "── one/base\nbase says: hello\n(answered by base · … s · first token after … s · 3 tokens)\n\n"
        "── one/tuned\ntuned says: hello\n(answered by tuned · … s · first token after … s · 3 tokens)\n\n"
    )


def test_json_is_one_document(one: AnsweringServer, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compare", *MODELS, "--prompt", "hello", "--system", "Be brief.", "--json"]) == ExitStatus.GOOD
    document = json.loads(capsys.readouterr().out)
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hello"}]
    assert document["messages"] == messages
    assert [request.json["messages"] for request in one.asked("POST", CHAT)] == [messages] * 2
    answers = document["answers"]
    assert [answer["text"] for answer in answers] == ["base says: hello", "tuned says: hello"]
    assert [(answer["model"], answer["served_model"]) for answer in answers] == [
        ("one/base", "base"),
        ("one/tuned", "tuned"),
    ]
    assert all(answer["complete"] and answer["error"] is None and answer["seconds"] > 0 for answer in answers)


def test_a_model_that_fails_leaves_the_other_answer_and_the_exit_of_its_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["compare", "--model", "down/x", "--model", "one/tuned", "--prompt", "q"]) == ExitStatus.HOST
    captured = capsys.readouterr()
    assert "tuned says: q" in captured.out
    assert "Nothing answers for “down”" in captured.err


def test_two_panes_of_one_model_are_called_out(one: AnsweringServer, capsys: pytest.CaptureFixture[str]) -> None:
    one.on_request = None
    one.answer = stream_of("hi", model="base-2025-04-14")
    main(["compare", *MODELS, "--prompt", "q"])
    said = capsys.readouterr().err
    assert said == "Careful: one model, base-2025-04-14, has answered for one/base and one/tuned.\n"


def test_the_difference_is_shown_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    main(["compare", *MODELS, "--prompt", "hello", "--diff"])
    assert capsys.readouterr().out.splitlines()[-1] == "[-base-]{+tuned+} says: hello"


def test_terminal_controls_in_an_answer_are_shown_and_not_sent(
    one: AnsweringServer, capsys: pytest.CaptureFixture[str]
) -> None:
    one.answering = lambda _model, _question: "\x1b]0;owned\x07 \x9b31m"
    main(["compare", *MODELS, "--prompt", "q", "--diff"])
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", capsys.readouterr().out)


def test_the_prompt_can_be_a_file_of_text_or_an_example(tmp_path: Path, one: AnsweringServer) -> None:
    text, data = tmp_path / "prompt.txt", tmp_path / "data.jsonl"
    text.write_text("from a file", "utf-8")
    data.write_bytes(b"{broken\n" + example("first", "a") + example("second", "b"))
    for options in (["--file", str(text)], ["--file", str(data)], ["--file", str(data), "--line", "3"]):
        assert main(["compare", "--model", "one/base", *options]) == ExitStatus.GOOD
    assert [question for _, question in one.questions] == ["from a file", "first", "second"]


def test_a_system_message_takes_the_place_of_the_examples_own(tmp_path: Path, one: AnsweringServer) -> None:
    data = tmp_path / "data.jsonl"
    roles = ("system", "user", "assistant")
    data.write_text(json.dumps({"messages": [{"role": role, "content": role} for role in roles]}))
    main(["compare", "--model", "one/base", "--file", str(data), "--system", "mine"])
    (request,) = one.asked("POST", CHAT)
    assert [message["content"] for message in request.json["messages"]] == ["mine", "user"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--model", "base", "--prompt", "q"], "is not a model name"),
        (["--model", "nobody/x", "--prompt", "q"], "There is no host"),
        ([*MODELS, "--prompt", "  "], "The prompt is empty"),
        ([*MODELS, "--file", "missing.txt"], "there is no such file"),
        ([*MODELS, "--file", "."], "it is a folder"),
        ([*MODELS, "--file", "binary.txt"], "is not a text in UTF-8"),
        ([*MODELS, "--file", "one.jsonl", "--line", "2"], "Line 2"),
        ([*MODELS, "--model", "one/x", "--prompt", "q", "--diff"], "--diff compares two models"),
    ],
)
def test_what_cannot_be_asked_is_one_sentence(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    options: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "binary.txt").write_bytes(b"\xff\x00")
    (tmp_path / "one.jsonl").write_bytes(example("q", "a"))
    assert main(["compare", *options]) == ExitStatus.UNUSABLE
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1


def test_a_prompt_or_a_file_is_needed() -> None:
    with pytest.raises(SystemExit) as caught:
        main(["compare", *MODELS])
    assert caught.value.code == ExitStatus.UNUSABLE


def test_a_host_that_refuses_gives_its_exit(one: AnsweringServer) -> None:
    one.next("POST", CHAT, refuse(401))
    assert main(["compare", "--model", "one/base", "--prompt", "q"]) == ExitStatus.HOST


def panes(*texts: str) -> list[Pane]:
    return [Pane(ModelName("h", f"model-{number}"), text) for number, text in enumerate(texts)]


def test_columns_keep_their_places_whatever_is_in_them(capsys: pytest.CaptureFixture[str]) -> None:
    view = Columns(panes("日本語" * 20 + " e\u0301\n\tend", "short"), 80, 24)
    view.finish()
    lines = capsys.readouterr().out.splitlines()
    assert {width(line.split("│")[0]) for line in lines} == {39}
    assert all(width(line) <= 80 for line in lines)
    assert lines[0].split() == ["h/model-0", "│", "h/model-1"]


def test_columns_are_drawn_over_what_was_drawn_before(capsys: pytest.CaptureFixture[str]) -> None:
    both = panes("a", "b")
    view = Columns(both, 80, 24)
    view.update()
    drawn = capsys.readouterr().out.count("\n")
    both[0].text += " more"
    view.finish()
    assert capsys.readouterr().out.startswith(f"\x1b[{drawn}A\x1b[J")


def test_while_it_streams_no_more_lines_are_drawn_than_the_terminal_has(capsys: pytest.CaptureFixture[str]) -> None:
    Columns(panes("line\n" * 500, "b"), 80, 24).update()
    assert capsys.readouterr().out.count("\n") < 24


@pytest.mark.parametrize("columns", [1, 2, 7, 40])
@pytest.mark.parametrize(
    "text", ["", "one two three", "x" * 99, "日本" * 30, "a  b\n\nc", " lead", "\t\tx", "👍🏽" * 9]
)
def test_wrapped_lines_fit_and_lose_nothing_but_spaces(text: str, columns: int) -> None:
    lines = wrapped(text, columns)
    assert all(width(line) <= max(columns, 2) for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_tables_align_text_of_any_width() -> None:
    assert table([("model", "n"), ("日本", "12"), ("e\u0301", "3")]) == "model   n\n日本   12\ne\u0301       3"

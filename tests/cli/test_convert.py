"""``ftdesk convert`` in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def convert(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ftdesk", "convert", *map(str, arguments)], capture_output=True, text=True, check=False
    )


def test_all_rows_converted_is_good_and_one_refused_is_no(tmp_path: Path) -> None:
    source, target = tmp_path / "a.csv", tmp_path / "a.jsonl"
    source.write_text("prompt,completion\nq,a\n")
    done = convert(source, target)
    assert (done.returncode, done.stdout) == (0, "")
    assert "“prompt” and “completion”" in done.stderr
    source.write_text("prompt,completion\nq,a\nq,\n")
    done = convert(source, target, "--force", "--json")
    assert done.returncode == 1
    result = json.loads(done.stdout)
    assert (result["written"], [row["row"] for row in result["refused"]]) == (1, [2])


def test_columns_are_chosen_by_name(tmp_path: Path) -> None:
    source, target = tmp_path / "a.csv", tmp_path / "a.jsonl"
    source.write_text("x,y\nq,a\n")
    assert convert(source, target).returncode == 2
    done = convert(source, target, "--column", "user=x", "--column", "assistant=y")
    assert done.returncode == 0
    assert json.loads(target.read_text())["messages"][1] == {"role": "assistant", "content": "a"}


def test_a_field_without_a_place_is_told_and_the_status_says_so_unless_it_may_go(tmp_path: Path) -> None:
    source, target = tmp_path / "a.csv", tmp_path / "a.jsonl"
    source.write_text("id,prompt,completion\n1,q,a\n2,q,a\n,q,a\n")
    done = convert(source, target)
    assert done.returncode == 1
    assert "“id” was left out of 2 rows" in done.stderr
    assert json.loads(convert(source, target, "--json", "--force").stdout)["left_out"] == {"id": 2}
    done = convert(source, target, "--force", "--drop", "id")
    assert (done.returncode, "“id”" in done.stderr) == (0, False)


def test_rows_are_numbered_as_the_source_does_and_reasons_may_hold_any_character(tmp_path: Path) -> None:
    ask, answer = {"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}
    source = tmp_path / "a.jsonl"
    turns = [{"from": "\ud800", "value": "x"}]
    source.write_text(
        "\n".join(
            [
                "",
                json.dumps({"conversations": turns}),
                "{broken",
                json.dumps({"conversations": [{"from": "human", "value": "q"}]}),
                json.dumps({"conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}]}),
            ]
        )
    )
    done = convert(source, tmp_path / "a.trl.jsonl", "--to", "trl", "--json")
    assert done.returncode == 1
    refused = json.loads(done.stdout)["refused"]
    assert [row["row"] for row in refused] == [2, 3, 4]
    assert "\ud800" in refused[0]["reason"]
    assert json.loads((tmp_path / "a.trl.jsonl").read_text()) == {"messages": [ask, answer]}


def test_where_no_row_can_be_converted_nothing_is_written(tmp_path: Path) -> None:
    source, target = tmp_path / "a.jsonl", tmp_path / "b.jsonl"
    source.write_text('{"instruction": "q", "output": "a", "history": ["x"]}')
    target.write_text("old")
    done = convert(source, target, "--force")
    assert (done.returncode, target.read_text()) == (1, "old")
    assert "No examples written" in done.stderr


def test_what_cannot_be_done_is_one_sentence_and_changes_nothing(tmp_path: Path) -> None:
    source, target = tmp_path / "a.csv", tmp_path / "a.jsonl"
    source.write_text("prompt,completion\nq,a\n")
    target.write_text("mine")
    for arguments in (
        (source, target),
        (tmp_path / "missing.csv", tmp_path / "b.jsonl"),
        (source, tmp_path / "b.unknown"),
        (source, tmp_path / "b.jsonl", "--from", "nope"),
        (source, tmp_path / "b.jsonl", "--column", "user"),
        (source, tmp_path / "b.jsonl", "--column", "user=prompt"),
    ):
        done = convert(*arguments)
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1
        assert done.stderr.startswith("ftdesk convert: ")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "a.jsonl"]
    assert target.read_text() == "mine"

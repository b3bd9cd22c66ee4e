"""``ftdesk split``: files on disk, words on stderr, exit status."""

from __future__ import annotations

from pathlib import Path

import pytest
from answering import example

from ftdesk.__main__ import main
from ftdesk.errors import ExitStatus


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "data.jsonl"
    path.write_bytes(b"".join(example(f"question {number}", "answer", patient=number % 4) for number in range(20)))
    return path


def test_the_parts_are_written_and_counted(tmp_path: Path, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "parts"
    status = main(["split", str(file), "--test", "20%", "--validation", "3", "--seed", "7", "--out", str(out)])
    assert status == ExitStatus.GOOD
    counts = {path.name: len(path.read_bytes().splitlines()) for path in out.iterdir()}
    assert counts == {"train.jsonl": 13, "validation.jsonl": 3, "test.jsonl": 4}
    assert capsys.readouterr().out.split() == [
        *("13", str(out / "train.jsonl")),
        *("3", str(out / "validation.jsonl")),
        *("4", str(out / "test.jsonl")),
    ]


def test_a_group_is_on_one_side(tmp_path: Path, file: Path) -> None:
    assert main(["split", str(file), "--test", "5", "--group-by", "patient", "--out", str(tmp_path / "parts")]) == 0
    patients = [
        {line.split(b'"patient": ')[1] for line in (tmp_path / "parts" / name).read_bytes().splitlines()}
        for name in ("train.jsonl", "test.jsonl")
    ]
    assert (len(patients[0]), len(patients[1])) == (3, 1)
    assert not patients[0] & patients[1]


def test_near_duplicates_are_told_and_may_be_split(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "data.jsonl"
    long = "tell me in one sentence what the difference between a crocodile and an alligator in a zoo is"
    path.write_bytes(example(long, "a") + example(f"now {long}", "b") + example("x", "c") + example("y", "d"))
    assert main(["split", str(path), "--test", "1", "--out", str(tmp_path / "parts")]) == 0
    said = capsys.readouterr().err
    assert "2 examples were kept together in 1 group that asks the same" in said
    assert "2 of them are near duplicates" in said
    apart = ["--split-near-duplicates", "--out", str(tmp_path / "more")]
    assert main(["split", str(path), "--test", "1", *apart]) == 0
    assert "kept together" not in capsys.readouterr().err


def test_lines_that_are_in_no_part_are_told(tmp_path: Path, file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = file.read_bytes()
    file.write_bytes(b"\n" + content)
    assert main(["split", str(file), "--test", "20%", "--out", str(tmp_path / "parts")]) == ExitStatus.GOOD
    file.write_bytes(b"\n{broken\n" + content)
    assert main(["split", str(file), "--test", "20%", "--out", str(tmp_path / "other")]) == ExitStatus.NO
    said = capsys.readouterr().err
    assert "Line 1 is in no part: The line is blank." in said
    assert "Line 2 is in no part: Not valid JSON" in said


@pytest.mark.parametrize(
    ("content", "options", "said"),
    [
        (None, ["--test", "20%"], "Cannot read"),
        (b"", ["--test", "20%"], "no example to split"),
        (b"\x00\xff" * 99, ["--test", "20%"], "no example to split"),
        (example("only", "one"), ["--test", "20%"], "cannot fill 2 parts"),
        (example("a", "x") + example("A!", "y"), ["--test", "1"], "cannot fill 2 parts"),
        (example("a", "x") + example("b", "y"), ["--test", "2"], "none would be left to train on"),
        (example("a", "x") + example("b", "y"), ["--test", "1", "--group-by", "nothing"], "No example has a field"),
        *[
            (example("a", "x") + example("b", "y"), ["--test", amount], "is not an amount of examples")
            for amount in ("", "0", "-1", "100%", "0%", "x", "20%%", "nan%", "0.2")
        ],
        (example("a", "x") + example("b", "y"), ["--test", "1", "--validation", ""], "is not an amount"),
    ],
)
def test_what_cannot_be_split_is_one_sentence_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: bytes | None, options: list[str], said: str
) -> None:
    path, out = tmp_path / "data.jsonl", tmp_path / "parts"
    if content is not None:
        path.write_bytes(content)
    assert main(["split", str(path), *options, "--out", str(out)]) == ExitStatus.UNUSABLE
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""
    assert not out.exists()


def test_parts_that_are_there_are_replaced_on_wish_only(
    tmp_path: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["split", str(file), "--test", "20%", "--out", str(tmp_path / "parts")]
    assert [main(arguments), main(arguments), main([*arguments, "--force"])] == [0, ExitStatus.UNUSABLE, 0]
    assert "exists already" in capsys.readouterr().err


def test_a_folder_is_no_dataset(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["split", str(tmp_path), "--test", "1", "--out", str(tmp_path / "parts")]) == ExitStatus.UNUSABLE
    assert "it is a folder" in capsys.readouterr().err

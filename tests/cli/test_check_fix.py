"""``ftdesk check --fix``: what is written, what is said, and what stays."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ftdesk.cli.main import run_command

USER = b'{"role": "user", "content": "0?"}'
ANSWER = b'{"role": "assistant", "content": "Y\\u00e9s."}'
GOOD = b'{"messages": [{"role": "user", "content": "%d?"}, ' + ANSWER + b"]}\n"
GOODS = b"".join(GOOD % number for number in range(12))
EXTRA = b'{"id":1.50, "messages": [' + USER + b", " + ANSWER + b"]}\n"
WEIGHT = b'{"messages": [{"role": "user", "content": "w"}, {"role": "assistant", "content": "Y", "weight": "1"}]}\n'
EMPTY = b'{"messages": [{"role": "user", "content": "x"}, {"role": "user", "content": " "}, ' + ANSWER + b"]}\n"
MENDED = WEIGHT.replace(b'"1"', b"1")
BROKEN = b'{"messages": [}\n'


@pytest.fixture
def untidy(tmp_path: Path) -> Path:
    path = tmp_path / "untidy.jsonl"
    path.write_bytes(GOODS + b"\r\n" + WEIGHT + EXTRA + EMPTY + BROKEN)
    return path


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    status = run_command(["check", *map(str, words)])
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def test_safe_fixes_are_written_elsewhere_and_all_other_bytes_stay(
    capsys: pytest.CaptureFixture[str], untidy: Path, tmp_path: Path
) -> None:
    before, out = untidy.read_bytes(), tmp_path / "out.jsonl"
    status, report, said = run(capsys, untidy, "--fix", out)
    assert status == 1
    assert untidy.read_bytes() == before
    assert out.read_bytes() == GOODS + MENDED + EXTRA + EMPTY + BROKEN
    assert said.splitlines() == [
        f"2 findings fixed in {out}: 1 line changed, 1 removed.",
        "       1  remove-line",
        "       1  coerce-weight",
    ]
    assert report.splitlines()[0] == str(out)
    assert "3 errors" in report


def test_with_fix_all_goes_also_what_became_a_copy_only_by_mending(
    capsys: pytest.CaptureFixture[str], untidy: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out.jsonl"
    status, printed, _ = run(capsys, untidy, "--fix", out, "--fix-all", "--json")
    assert status == 1
    shorter = EMPTY.replace(b', {"role": "user", "content": " "}', b"")
    assert out.read_bytes() == GOODS + MENDED + shorter + BROKEN
    document: Any = json.loads(printed)
    assert document["file"] == str(out)
    assert document["fixed"] == {
        "file": str(out),
        "findings": 5,
        "lines_changed": 2,
        "lines_removed": 2,
        "repairs": {"remove-line": 1, "coerce-weight": 1, "remove-key": 1, "remove-duplicate": 1, "remove-message": 1},
    }
    assert [finding["rule"] for finding in document["findings"]] == ["invalid-json"]


def test_the_file_itself_is_replaced_only_when_that_is_asked_for(
    capsys: pytest.CaptureFixture[str], untidy: Path
) -> None:
    old = untidy.stat().st_ino
    assert run(capsys, untidy, "--fix", untidy)[0] == 1
    assert untidy.read_bytes().startswith(GOODS + MENDED + EXTRA)
    assert untidy.stat().st_ino != old
    assert [path.name for path in untidy.parent.iterdir()] == [untidy.name]


def test_a_file_without_anything_to_fix_is_copied(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path, out = tmp_path / "good.jsonl", tmp_path / "out.jsonl"
    path.write_bytes(GOODS.removesuffix(b"\n"))
    status, _, said = run(capsys, path, "--fix", out)
    assert status == 0
    assert said == f"Nothing to fix: {out} is a copy.\n"
    assert out.read_bytes() == path.read_bytes()


def test_a_place_that_cannot_be_written_is_one_sentence(
    capsys: pytest.CaptureFixture[str], untidy: Path, tmp_path: Path
) -> None:
    before = untidy.read_bytes()
    status, out, said = run(capsys, untidy, "--fix", tmp_path / "nowhere" / "out.jsonl")
    assert status == 2
    assert out == ""
    assert said.count("\n") == 1
    assert untidy.read_bytes() == before


def test_examples_of_a_test_file_are_found_and_removed_with_fix_all(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path, held_out, out = (tmp_path / name for name in ("train.jsonl", "test.jsonl", "out.jsonl"))
    path.write_bytes(GOODS + GOOD % 99)
    held_out.write_bytes(GOOD % 98 + (GOOD % 3).replace(ANSWER, b'{"role": "assistant", "content": "No."}'))
    status, report, _ = run(capsys, path, "--against", held_out)
    assert status == 1
    assert "The question is also on line 2 of the test file." in report
    _, _, said = run(capsys, path, "--against", held_out, "--fix", out, "--fix-all")
    assert said.splitlines()[1:] == ["       1  remove-leak"]
    assert out.read_bytes() == (GOODS + GOOD % 99).replace(GOOD % 3, b"")
    assert run(capsys, out, "--against", held_out)[1].count("leaked-into-test") == 0


def test_another_file_is_replaced_only_by_force(
    capsys: pytest.CaptureFixture[str], untidy: Path, tmp_path: Path
) -> None:
    out = tmp_path / "precious.jsonl"
    out.write_bytes(GOODS)
    status, printed, said = run(capsys, untidy, "--fix", out)
    assert (status, printed) == (2, "")
    assert said == f"ftdesk check: {out} exists already. Choose another name, or add --force to replace it.\n"
    assert out.read_bytes() == GOODS
    assert run(capsys, untidy, "--fix", out, "--force")[0] == 1
    assert out.read_bytes() != GOODS


def test_the_same_file_by_another_name_is_the_file_itself(
    capsys: pytest.CaptureFixture[str], untidy: Path, tmp_path: Path
) -> None:
    link = tmp_path / "link.jsonl"
    link.symlink_to(untidy)
    assert run(capsys, untidy, "--fix", link)[0] == 1
    assert link.is_symlink()
    assert untidy.read_bytes().startswith(GOODS + MENDED + EXTRA)


def test_a_file_that_is_not_there_is_named_before_the_one_to_be_written(
    capsys: pytest.CaptureFixture[str], untidy: Path, tmp_path: Path
) -> None:
    status, _, said = run(capsys, tmp_path / "none.jsonl", "--fix", untidy)
    assert status == 2
    assert "none.jsonl" in said


@pytest.mark.parametrize("content", [b"\n \n", b'{"messages": []}\n'])
def test_a_file_of_which_nothing_would_stay_is_not_replaced(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "nothing.jsonl"
    path.write_bytes(content)
    status, out, said = run(capsys, path, "--fix", path)
    assert (status, out) == (2, "")
    assert "No line would remain" in said
    assert path.read_bytes() == content

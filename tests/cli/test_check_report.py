"""What a person reads after ``ftdesk check``."""

from __future__ import annotations

import io
from typing import Any

import pytest

from ftdesk.cli.check_report import Screen, Wishes
from ftdesk.cli.main import run_command
from ftdesk.validation.checker import Checker
from ftdesk.validation.findings import Report

GOOD = b'{"messages": [{"role": "user", "content": "%d?"}, {"role": "assistant", "content": "Yes."}]}'


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def report_of(*lines: bytes) -> Report:
    good = [GOOD % number for number in range(12)]
    return Checker(count_tokens=False).check_lines([*good, *lines], "train.jsonl")


def shown(report: Report, stream: io.StringIO | None = None, **wishes: Any) -> list[str]:
    screen = stream or io.StringIO()
    Screen(screen, Wishes(**wishes)).show(report)
    return screen.getvalue().splitlines()


def test_rules_are_counted_the_most_frequent_first() -> None:
    lines = shown(report_of(b"", b"{", b" ", b"\t"))
    at = lines.index("  16 lines, 13 examples (supervised): 1 error, 3 warnings.")
    assert lines[at + 1 : at + 3] == ["  3  warning  blank-line", "  1  error    invalid-json"]


def test_a_single_finding_needs_no_table_of_rules() -> None:
    assert not any(line.startswith("  1  ") for line in shown(report_of(b"")))


def test_a_terminal_gets_the_first_of_a_rule_and_how_many_there_are_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    lines = shown(report_of(*[b""] * 1_332, b"{"), Terminal())
    assert sum(line.endswith("blank-line *") for line in lines) == 20
    assert "  … and 1,312 more of blank-line" in lines
    assert sum(line.endswith("invalid-json") for line in lines) == 2


def test_elsewhere_all_are_listed() -> None:
    lines = shown(report_of(*[b""] * 50))
    assert sum(line.endswith("blank-line *") for line in lines) == 50
    assert not any("more of" in line for line in lines)


@pytest.mark.parametrize("most", [0, 3])
def test_how_many_can_be_asked_for(most: int) -> None:
    lines = shown(report_of(*[b""] * 50), most=most)
    assert sum(line.endswith("blank-line *") for line in lines) == most
    assert f"  … and {50 - most} more of blank-line" in lines


def test_quiet_shows_errors_only() -> None:
    lines = shown(report_of(b"", b"{"), quiet=True)
    assert [line.split()[-1] for line in lines[:2]] == ["train.jsonl", "invalid-json"]
    assert lines[2:] == ["  14 lines, 13 examples (supervised): 1 error, 1 warning."]


def test_quiet_says_nothing_of_a_file_without_errors() -> None:
    assert shown(report_of(b""), quiet=True) == []


def test_what_can_be_fixed_is_marked_and_counted_by_how_sure_that_is() -> None:
    lines = shown(report_of(b"", GOOD % 0))
    assert lines[-1] == "  * can be fixed: 1 with --fix OUT, 1 with --fix OUT --fix-all."
    assert shown(report_of(GOOD % 0))[-1] == "  * can be fixed: 1 with --fix OUT --fix-all."


def test_hosts_that_say_the_same_share_a_line() -> None:
    lines = shown(report_of(b"\xef\xbb\xbf", b"{"))
    verdicts = [line for line in lines if line.startswith(("  ✓", "  ✗"))]
    hosts = report_of(b"\xef\xbb\xbf", b"{").to_json()["hosts"]
    named = [name for line in verdicts for name in line[4:].partition(":")[0].split(", ")]
    assert sorted(named) == sorted(hosts)
    assert len(verdicts) == len({tuple(verdict.values()) for verdict in hosts.values()})


def test_wide_characters_keep_the_columns() -> None:
    odd = '{"messages": [{"role": "用户们", "content": "a"}, {"role": "assistant", "content": "b"}]}'.encode()
    findings = [line for line in shown(report_of(odd, b"")) if line.startswith("  1")]
    role, blank = findings[0], findings[1]
    assert role.index("unknown-role") + 3 == blank.index("blank-line")


@pytest.mark.parametrize(
    "words",
    [
        ["a.jsonl", "b.jsonl", "--fix", "c.jsonl"],
        ["a.jsonl", "--fix-all"],
        ["a.jsonl", "--json", "--sarif"],
        ["a.jsonl", "--most", "-1"],
    ],
)
def test_options_that_contradict_each_other_are_refused_in_one_sentence(
    capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert run_command(["check", *words]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("ftdesk check: ")
    assert captured.err.count("\n") == 1


def test_the_price_of_a_training_is_told_where_it_is_known() -> None:
    report = Checker().check_lines([GOOD % number for number in range(1_000)], "train.jsonl")
    tokens = sum(report.example_tokens)
    told = next(line for line in shown(report, model="gpt-4.1-2025-04-14") if "Training" in line)
    assert told == (
        f"  Training gpt-4.1-2025-04-14 at OpenAI for 3 epochs (assumed): ${tokens * 3 * 25 / 1e6:,.2f},"
        " by prices of 2026-11-22."
    )
    assert not any("Training" in line for line in shown(report, model="gpt-99"))


def test_the_price_is_of_what_the_host_reads_of_a_long_example() -> None:
    line = GOOD.replace(b"%d?", b"so" + b" on and" * 50_000)  # OpenAI cuts an example of gpt-4.1 at 65,536 tokens
    report = Checker().check_lines([line], "train.jsonl")
    assert report.example_tokens[0] > 65_536
    told = next(line for line in shown(report, model="gpt-4.1-2025-04-14") if "Training" in line)
    assert f"for 25 epochs (assumed): ${65_536 * 25 * 25 / 1e6:,.2f}," in told

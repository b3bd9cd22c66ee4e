"""The SARIF log, against the parts of the standard that it uses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ftdesk.cli.main import run_command
from ftdesk.dataset.spans import Node
from ftdesk.validation.checker import Checker
from ftdesk.validation.findings import Report
from ftdesk.validation.paths import span_of, tree_of
from ftdesk.validation.rules import RULES
from ftdesk.validation.sarif import sarif_log

GOOD = b'{"messages": [{"role": "user", "content": "%d?"}, {"role": "assistant", "content": "Yes."}]}'

TEXT = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string", "minLength": 1}}}
LEVEL = {"enum": ["none", "note", "warning", "error"]}
COUNT = {"type": "integer", "minimum": 1}
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["version", "runs"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"type": "string", "format": "uri"},
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "items": {"$ref": "#/$defs/run"}},
    },
    "$defs": {
        "run": {
            "type": "object",
            "required": ["tool"],
            "additionalProperties": False,
            "properties": {
                "tool": {
                    "type": "object",
                    "required": ["driver"],
                    "additionalProperties": False,
                    "properties": {"driver": {"$ref": "#/$defs/driver"}},
                },
                "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                "artifacts": {"type": "array", "uniqueItems": True},
                "results": {"type": "array", "items": {"$ref": "#/$defs/result"}},
            },
        },
        "driver": {
            "type": "object",
            "required": ["name", "rules"],
            "additionalProperties": False,
            "properties": {
                "name": {"const": "ftdesk"},
                "semanticVersion": {"type": "string", "pattern": r"^\d+\.\d+\.\d+"},
                "rules": {
                    "type": "array",
                    "uniqueItems": True,
                    "items": {
                        "type": "object",
                        "required": ["id", "shortDescription", "fullDescription", "help", "defaultConfiguration"],
                        "properties": {
                            "id": {"type": "string"},
                            "shortDescription": TEXT,
                            "fullDescription": TEXT,
                            "help": TEXT,
                            "defaultConfiguration": {"type": "object", "properties": {"level": LEVEL}},
                        },
                    },
                },
            },
        },
        "result": {
            "type": "object",
            "required": ["ruleId", "level", "message", "locations", "partialFingerprints"],
            "properties": {
                "level": LEVEL,
                "message": TEXT,
                "ruleIndex": {"type": "integer", "minimum": 0},
                "locations": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["physicalLocation"],
                        "properties": {
                            "physicalLocation": {
                                "type": "object",
                                "required": ["artifactLocation"],
                                "properties": {
                                    "region": {
                                        "type": "object",
                                        "required": ["startLine"],
                                        "additionalProperties": False,
                                        "properties": {"startLine": COUNT, "startColumn": COUNT, "endColumn": COUNT},
                                    }
                                },
                            }
                        },
                    },
                },
            },
        },
    },
}
"""What the standard asks of the objects that ftdesk writes (sections 3.13, 3.14, 3.19, 3.27, 3.30, 3.49)."""


def log_of(lines: list[bytes], file: str = "data/träin 1.jsonl") -> tuple[Report, Any]:
    report = Checker(count_tokens=False).check_lines(lines, file)
    log = sarif_log([report], lambda _, line: lines[line - 1])
    jsonschema.validate(log, SCHEMA)
    return report, json.loads(json.dumps(log))


def regions(log: Any) -> list[tuple[str, dict[str, int] | None]]:
    return [
        (result["ruleId"], result["locations"][0]["physicalLocation"].get("region"))
        for result in log["runs"][0]["results"]
    ]


def test_every_finding_has_its_rule_level_and_region() -> None:
    odd = '{"né": 1, "messages": [{"role": "user", "content": "?"}, {"role": "assistant", "content": " "}]}'.encode()
    report, log = log_of([*(GOOD % number for number in range(12)), b"", b"{]", odd])
    run = log["runs"][0]
    assert [result["ruleId"] for result in run["results"]] == [finding.rule for finding in report.findings]
    assert all(run["tool"]["driver"]["rules"][item["ruleIndex"]]["id"] == item["ruleId"] for item in run["results"])
    assert regions(log) == [
        ("blank-line", {"startLine": 13}),
        ("invalid-json", {"startLine": 14, "startColumn": 2}),
        ("unknown-key", {"startLine": 15, "startColumn": 8, "endColumn": 9}),
        ("empty-content", {"startLine": 15, "startColumn": 91, "endColumn": 94}),
    ]
    assert [item["level"] for item in run["results"]] == ["warning", "error", "error", "error"]


def test_a_finding_about_the_whole_file_has_no_region() -> None:
    _, log = log_of([GOOD % 1])
    assert regions(log) == [("too-few-examples", None)]


def test_every_rule_is_described() -> None:
    _, log = log_of([GOOD % 1])
    described = log["runs"][0]["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in described] == [rule.code for rule in RULES]
    assert all(len(rule["help"]["text"]) < 2_000 for rule in described)


@pytest.mark.parametrize(
    ("file", "uri"), [("data/träin 1.jsonl", "data/tr%C3%A4in%201.jsonl"), ("/data/a.jsonl", "file:///data/a.jsonl")]
)
def test_paths_become_uris_and_relative_ones_stay_relative(file: str, uri: str) -> None:
    _, log = log_of([GOOD % 1], file)
    assert log["runs"][0]["artifacts"][0]["location"]["uri"] == uri


def test_a_finding_is_recognised_after_its_line_has_moved() -> None:
    wrong = b'{"messages": [{"role": "user", "content": ""}, {"role": "assistant", "content": "a"}]}'
    _, before = log_of([wrong])
    _, after = log_of([GOOD % 1, wrong])
    marks = [
        [item["partialFingerprints"] for item in log["runs"][0]["results"] if item["ruleId"] == "empty-content"]
        for log in (before, after)
    ]
    assert marks[0] == marks[1] != []


def test_a_line_with_many_findings_is_read_and_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    odd = b'{"messages": [%s{"role": "assistant", "content": "a"}]}' % (
        b'{"role": "user", "content": "", "x": 1}, ' * 9
    )
    lines = [odd, GOOD % 1, b"{]", odd]
    parsed: list[bytes] = []
    read: list[int] = []

    def parse(raw: bytes) -> Node | None:
        parsed.append(raw)
        return tree_of(raw)

    def read_line(_: Report, number: int) -> bytes:
        read.append(number)
        return lines[number - 1]

    monkeypatch.setattr("ftdesk.validation.sarif.tree_of", parse)
    report = Checker(count_tokens=False).check_lines(lines, "a.jsonl")
    assert len(report.findings) > 18
    sarif_log([report], read_line)
    assert read == [1, 3, 4]
    assert parsed == [odd, odd]


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("messages[0].content", '"é"'),
        ("messages[0].name", '{"content": "é"}'),
        ("messages[4].content", '[{"content": "é"}]'),
        ("gone", "whole"),
        ("", "whole"),
    ],
)
def test_a_path_leads_to_its_value_or_to_what_should_have_it(path: str, part: str) -> None:
    line = '{"messages": [{"content": "é"}]}'
    root = tree_of(b"\xef\xbb\xbf" + line.encode())
    assert root is not None
    span = span_of(root, path)
    assert line[span[0] - 1 : span[1] - 1] == (line if part == "whole" else part)


def test_the_command_writes_a_log_beside_its_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, log = tmp_path / "a.jsonl", tmp_path / "a.sarif"
    path.write_bytes(b"{]\n")
    assert run_command(["check", str(path), "--sarif", str(log)]) == 1
    assert "invalid-json" in capsys.readouterr().out
    jsonschema.validate(json.loads(log.read_text()), SCHEMA)


def test_without_a_name_the_log_is_what_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"{]\n")
    assert run_command(["check", str(path), "--sarif"]) == 1
    jsonschema.validate(json.loads(capsys.readouterr().out), SCHEMA)

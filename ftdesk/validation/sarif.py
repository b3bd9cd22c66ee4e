"""Reports as SARIF 2.1.0, which code hosts and editors show beside the lines that are meant.

Source of the shape: OASIS, Static Analysis Results Interchange Format Version 2.1.0.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ftdesk import __version__
from ftdesk.dataset.spans import Node
from ftdesk.validation.findings import Finding, Report, Severity
from ftdesk.validation.paths import span_of, tree_of
from ftdesk.validation.rules import RULES

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "hint": "note"}


def sarif_log(reports: Sequence[Report], read_line: Callable[[Report, int], bytes]) -> dict[str, Any]:
    """One SARIF log with one run. ``read_line`` gives the line of a report's file by its number, without its LF."""
    positions = {rule.code: position for position, rule in enumerate(RULES)}
    results = [
        _result(finding, report, index, positions, line)
        for index, report in enumerate(reports)
        for finding, line in _with_lines(report, read_line)
    ]
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "ftdesk", "semanticVersion": __version__, "rules": list(_rules())}},
                "columnKind": "unicodeCodePoints",
                "artifacts": [
                    {"location": {"uri": uri_of(report.file)}, "length": report.bytes, "encoding": "utf-8"}
                    for report in reports
                ],
                "results": results,
            }
        ],
    }


def uri_of(file: str) -> str:
    """A relative path stays one, so that a code host finds it in the repository."""
    path = Path(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())


def _rules() -> Iterable[dict[str, Any]]:
    for rule in RULES:
        good, bad = (_first_line(example) for example in (rule.good, rule.bad))
        yield {
            "id": rule.code,
            "shortDescription": {"text": f"{rule.title}."},
            "fullDescription": {"text": rule.why},
            "help": {
                "text": f"{rule.why}\n\nGood: {good}\nBad: {bad}",
                "markdown": f"{rule.why}\n\nGood:\n```json\n{good}\n```\nBad:\n```json\n{bad}\n```\n",
            },
            "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        }


def _first_line(example: bytes) -> str:
    """An example of a rule on one line, and no longer than a person reads."""
    line = example.split(b"\n", 1)[0].decode("utf-8", "backslashreplace")
    return line if len(line) <= 400 else line[:399] + "…"


class _Line:
    """A line that has findings. It may be long and have many, so nothing is worked out twice."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self.digest = hashlib.sha256(raw).digest()

    @cached_property
    def root(self) -> Node | None:
        """Where its values stand; ``None`` if it is no JSON."""
        return tree_of(self._raw)


def _with_lines(report: Report, read_line: Callable[[Report, int], bytes]) -> Iterator[tuple[Finding, _Line | None]]:
    """The findings in their order, which is that of the lines, each with its line; ``None`` for the whole file."""
    for number, findings in groupby(report.findings, key=lambda finding: finding.line):
        line = None if number is None else _Line(read_line(report, number))
        for finding in findings:
            yield finding, line


def _result(
    finding: Finding, report: Report, artifact: int, positions: dict[str, int], line: _Line | None
) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": uri_of(report.file), "index": artifact}}
    if line is not None:
        physical["region"] = _region(finding, line)
    location: dict[str, Any] = {"physicalLocation": physical}
    if finding.path:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.path, "kind": "member"}]
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [location],
        # Lines move; a finding stays the same as long as its line does.
        "partialFingerprints": {"findingHash/v1": _fingerprint(finding, line)},
    }
    if finding.rule in positions:
        result["ruleIndex"] = positions[finding.rule]
    if finding.fix:
        result["properties"] = {"fix": finding.fix}
    return result


def _region(finding: Finding, line: _Line) -> dict[str, int]:
    region = {"startLine": finding.line or 1}
    if finding.column is not None:
        region["startColumn"] = finding.column
    elif finding.path and line.root is not None:
        region["startColumn"], region["endColumn"] = span_of(line.root, finding.path)
    return region


def _fingerprint(finding: Finding, line: _Line | None) -> str:
    place = f"{finding.rule}\0{finding.path}\0{finding.column}\0".encode()
    return hashlib.sha256(place + (line.digest if line else b"")).hexdigest()[:32]

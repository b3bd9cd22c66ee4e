"""Reports as SARIF 2.1.0, which code hosts and editors show beside the lines that are meant.

Source of the shape: OASIS, Static Analysis Results Interchange Format Version 2.1.0.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ftdesk import __version__
from ftdesk.validation.findings import Finding, Report, Severity
from ftdesk.validation.paths import span_of
from ftdesk.validation.rules import RULES

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: dict[Severity, str] = {"error": "error", "warning": "warning", "hint": "note"}


def sarif_log(reports: Sequence[Report], read_line: Callable[[Report, int], bytes]) -> dict[str, Any]:
    """One SARIF log with one run. ``read_line`` gives the line of a report's file by its number, without its LF."""
    positions = {rule.code: position for position, rule in enumerate(RULES)}
    results = [
        _result(finding, report, index, positions, read_line)
        for index, report in enumerate(reports)
        for finding in report.findings
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


def _result(
    finding: Finding,
    report: Report,
    artifact: int,
    positions: dict[str, int],
    read_line: Callable[[Report, int], bytes],
) -> dict[str, Any]:
    raw = None if finding.line is None else read_line(report, finding.line)
    physical: dict[str, Any] = {"artifactLocation": {"uri": uri_of(report.file), "index": artifact}}
    if raw is not None:
        physical["region"] = _region(finding, raw)
    location: dict[str, Any] = {"physicalLocation": physical}
    if finding.path:
        location["logicalLocations"] = [{"fullyQualifiedName": finding.path, "kind": "member"}]
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [location],
        # Lines move; a finding stays the same as long as its line does.
        "partialFingerprints": {"findingHash/v1": _fingerprint(finding, raw)},
    }
    if finding.rule in positions:
        result["ruleIndex"] = positions[finding.rule]
    if finding.fix:
        result["properties"] = {"fix": finding.fix}
    return result


def _region(finding: Finding, raw: bytes) -> dict[str, int]:
    region = {"startLine": finding.line or 1}
    span = span_of(raw, finding.path) if finding.path else None
    if finding.column is not None:
        region["startColumn"] = finding.column
    elif span is not None:
        region |= {"startColumn": span[0], "endColumn": span[1]}
    return region


def _fingerprint(finding: Finding, raw: bytes | None) -> str:
    place = f"{finding.rule}\0{finding.path}\0{finding.column}\0".encode()
    return hashlib.sha256(place + (raw or b"")).hexdigest()[:32]

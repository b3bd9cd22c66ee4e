"""``ftdesk check``: everything that is wrong with a dataset, and its tokens.

``--json`` prints the report of the file; for several files ``{"files": [report, …]}``, one report each in the order
given.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import TextIO, get_args

from ftdesk.cli.main import printable
from ftdesk.cli.progress import Progress
from ftdesk.errors import ExitStatus
from ftdesk.validation.checker import Checker, CheckFinished, CheckProgress, MethodChoice
from ftdesk.validation.findings import Finding, Report, Severity
from ftdesk.validation.requirements import OPENAI, REQUIREMENTS, requirements_of
from ftdesk.validation.wording import counted

_MOST_WORKERS = 4
_COLOURS: dict[Severity, str] = {"error": "31", "warning": "33", "hint": "36"}
_DIM = "2"
_BOLD = "1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="a JSONL file with one example on each line"
    )
    parser.add_argument(
        "--method",
        choices=get_args(MethodChoice),
        default="auto",
        help="what the file is to be trained with; auto looks at its first examples (default)",
    )
    parser.add_argument(
        "--host", metavar="NAME", help=f"whose requirements count (default: {OPENAI.host}, or the host of MODEL)"
    )
    parser.add_argument("--model", metavar="MODEL", help="the model to be trained, as MODEL or HOST/MODEL")
    parser.add_argument(
        "--json", action="store_true", help="print one JSON document, for several files one under “files”"
    )
    parser.epilog = "Exit status: 0 no errors, 1 errors were found, 2 a file cannot be used."


def run(arguments: argparse.Namespace) -> int:
    """Check all files. Raises ``InputError`` at the first that cannot be used."""
    host, model = _target(arguments.host, arguments.model)
    requirements = requirements_of(host)
    screen = _Screen(sys.stdout)
    reports = []
    for path in arguments.files:
        report = _check(Checker(arguments.method, model=model, requirements=requirements), path)
        reports.append(report)
        if not arguments.json:
            screen.show(report)
    if arguments.json:
        documents = [report.to_json() for report in reports]
        json.dump(documents[0] if len(documents) == 1 else {"files": documents}, sys.stdout)
        sys.stdout.write("\n")
    return ExitStatus.NO if any(report.count("error") for report in reports) else ExitStatus.GOOD


def _target(host: str | None, model: str | None) -> tuple[str, str | None]:
    """Host and model from ``--host`` and ``--model``.

    A model may itself hold a slash, so only a known host is split off.
    """
    named, slash, rest = (model or "").partition("/")
    if slash and any(requirements.host == named for requirements in REQUIREMENTS):
        return host or named, rest or None
    return host or OPENAI.host, model


def _check(checker: Checker, path: Path) -> Report:
    with Progress(f"Checking {_one_line(path.name)}") as progress:
        for event in checker.check_file(path, workers=min(os.cpu_count() or 1, _MOST_WORKERS)):
            match event:
                case CheckProgress(done, total, lines):
                    progress.show(done, total, counted(lines, "line"))
                case CheckFinished(report):
                    return report
    raise AssertionError("a check ends with a report")


class _Screen:
    """Reports for people: aligned, coloured on a terminal unless NO_COLOR is set."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._colours = stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a console that cannot show a character shows its escape

    def show(self, report: Report) -> None:
        self._write(self._paint(_one_line(report.file), _BOLD))
        places = max((len(_place(finding)) for finding in report.findings), default=0)
        for finding in report.findings:
            self._write(
                f"  {_place(finding):<{places}}  "
                + self._paint(f"{finding.severity:<7}", _COLOURS[finding.severity])
                + f"  {_one_line(_sentence(finding))}  "
                + self._paint(finding.rule, _DIM)
            )
        for line in _summary(report):
            self._write(f"  {line}")

    def _paint(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._colours else text

    def _write(self, line: str) -> None:
        self._stream.write(line + "\n")


def _place(finding: Finding) -> str:
    if finding.line is None:
        return "file"
    return f"{finding.line}" if finding.column is None else f"{finding.line}:{finding.column}"


def _sentence(finding: Finding) -> str:
    return f"{finding.path}: {finding.message}" if finding.path else finding.message


def _summary(report: Report) -> list[str]:
    examples = f"{counted(report.lines, 'line')}, {counted(report.examples, 'example')} ({report.method})"
    counts = [(report.count(severity), severity) for severity in get_args(Severity)]
    findings = ", ".join(counted(count, severity) for count, severity in counts if count)
    lines = [f"{examples}: {findings or 'nothing to complain of'}."]
    tokens = report.tokens
    if tokens and report.example_tokens:
        about = "" if tokens.exact else "about "
        lines.append(
            f"{about}{counted(tokens.total, 'token')}, {tokens.trained:,} of them trained;".capitalize()
            + f" {tokens.min:,} to {tokens.max:,} an example, half of them up to {tokens.median:,}."
        )
    return lines


def _one_line(text: str) -> str:
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")

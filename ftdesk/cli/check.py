"""``ftdesk check``: everything that is wrong with a dataset, its tokens, and what of it can be fixed.

``--json`` prints the report of the file; for several files ``{"files": [report, …]}``, one report each in the order
given. With ``--fix`` the report is about the file that was written, and “fixed” says what was done.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, get_args

from ftdesk.cli.check_report import SHOWN_OF_A_RULE, Screen, Wishes
from ftdesk.cli.checking import check_with_progress
from ftdesk.cli.main import narrate
from ftdesk.cli.target import Target, target_of
from ftdesk.errors import ExitStatus, InputError
from ftdesk.validation.checker import Checker, MethodChoice
from ftdesk.validation.findings import Report
from ftdesk.validation.leaks import read_against
from ftdesk.validation.requirements import DEFAULT_HOST, Requirements, all_requirements, requirements_of
from ftdesk.validation.wording import counted


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
        "--host", metavar="NAME", help=f"whose requirements count (default: {DEFAULT_HOST}, or the host of MODEL)"
    )
    parser.add_argument("--model", metavar="MODEL", help="the model to be trained, as MODEL or HOST/MODEL")
    parser.add_argument(
        "--against", type=Path, metavar="TEST_FILE", help="find examples whose prompt is in this file of held-out ones"
    )
    fixing = parser.add_argument_group("fixing")
    fixing.add_argument(
        "--fix",
        type=Path,
        metavar="OUT",
        help="write FILE to OUT with everything fixed that changes no meaning; OUT may be FILE",
    )
    fixing.add_argument(
        "--fix-all", action="store_true", help="with --fix: also what is worth a look, such as removing copies"
    )
    fixing.add_argument("--force", action="store_true", help="with --fix: replace OUT if there is such a file")
    output = parser.add_argument_group("output")
    output.add_argument(
        "--json", action="store_true", help="print one JSON document, for several files one under “files”"
    )
    output.add_argument(
        "--sarif",
        nargs="?",
        type=Path,
        const=Path("-"),
        metavar="LOG",
        help="write a SARIF 2.1.0 log for code hosts and editors; without LOG it is printed instead of the report",
    )
    output.add_argument("--quiet", action="store_true", help="show errors only, and nothing about a file without any")
    output.add_argument(
        "--most",
        type=int,
        metavar="N",
        help=f"show at most N findings of a rule (default: {SHOWN_OF_A_RULE} on a terminal, else all)",
    )
    parser.epilog = "Exit status: 0 no errors, 1 errors were found, 2 a file cannot be used."


def run(arguments: argparse.Namespace) -> int:
    """Check all files, and fix one. Raises ``InputError`` at the first that cannot be used."""
    _require_sense(arguments)
    target = target_of(arguments.host, arguments.model, {requirements.host for requirements in all_requirements()})
    requirements, model = _requirements(target), target.model
    against = read_against(arguments.against) if arguments.against else None
    printed = arguments.sarif == Path("-")
    screen = Screen(sys.stdout, Wishes(arguments.quiet, arguments.most, model))
    reports: list[Report] = []
    fixed: dict[str, Any] | None = None
    for path in arguments.files:
        checker = Checker(arguments.method, model=model, requirements=requirements, against=against)
        report = check_with_progress(checker, path)
        if arguments.fix:
            fixed = _fix(path, arguments.fix, report, checker, safe_only=not arguments.fix_all)
            report = check_with_progress(checker, arguments.fix)
        reports.append(report)
        if not (arguments.json or printed):
            screen.show(report)
    if arguments.json:
        _print_json(reports, fixed)
    if arguments.sarif:
        _write_sarif(reports, arguments.sarif)
    return ExitStatus.NO if any(report.count("error") for report in reports) else ExitStatus.GOOD


def _require_sense(arguments: argparse.Namespace) -> None:
    if arguments.fix and len(arguments.files) > 1:
        raise InputError("Only one file can be fixed at a time.", hint="Name one FILE with --fix OUT.")
    if arguments.fix_all and not arguments.fix:
        raise InputError("--fix-all says how much to fix, not where to.", hint="Add --fix OUT.")
    if arguments.fix and not arguments.force and _would_replace(arguments.fix, arguments.files[0]):
        raise InputError(f"{arguments.fix} exists already.", hint="Choose another name, or add --force to replace it.")
    if arguments.json and arguments.sarif == Path("-"):
        raise InputError("Both --json and --sarif would be printed.", hint="Name a file: --sarif LOG.")
    if arguments.most is not None and arguments.most < 0:
        raise InputError(f"--most cannot be {arguments.most}.", hint="Give 0 or more.")


def _would_replace(out: Path, file: Path) -> bool:
    """Whether ``out`` is another file than the one that is fixed."""
    return out.exists() and file.exists() and not out.samefile(file)


def _requirements(target: Target) -> Requirements:
    """Those of the host; of the default one where none is named, or nothing is known of the kind of a connection."""
    known = any(requirements.host == target.filed_under for requirements in all_requirements())
    if target.is_connection and not known:
        narrate(f"What “{target.host}” asks is not known; the requirements of {DEFAULT_HOST} count.")
        return requirements_of(DEFAULT_HOST)
    return requirements_of(target.filed_under or DEFAULT_HOST)


def _fix(path: Path, out: Path, report: Report, checker: Checker, *, safe_only: bool) -> dict[str, Any]:
    """Write ``path`` to ``out`` with what can be fixed, say what that was, and return the same for JSON."""
    from ftdesk.dataset.document import Document
    from ftdesk.validation.fixing import any_fix, as_change, fix_all, is_safe

    with Document.open(path) as document:
        fixes = fix_all(checker, document.line, report.findings, is_safe if safe_only else any_fix)
        removed = sum(fix.after is None for fix in fixes)
        if removed == len(document):
            raise InputError(f"No line would remain of {path}.", hint="Nothing was written.")
        if fixes:
            document.apply(as_change(fixes, "Fix"))
        document.export(out)
    repairs = Counter(finding.fix for fix in fixes for finding in fix.fixed if finding.fix)
    number = sum(repairs.values())
    lines = f"{counted(len(fixes) - removed, 'line')} changed, {removed:,} removed"
    narrate(f"{counted(number, 'finding')} fixed in {out}: {lines}." if fixes else f"Nothing to fix: {out} is a copy.")
    for code, times in repairs.most_common():
        narrate(f"  {times:>6,}  {code}")
    return {
        "file": str(out),
        "findings": number,
        "lines_changed": len(fixes) - removed,
        "lines_removed": removed,
        "repairs": dict(repairs.most_common()),
    }


def _print_json(reports: Sequence[Report], fixed: dict[str, Any] | None) -> None:
    documents = [report.to_json() for report in reports]
    document = documents[0] if len(documents) == 1 else {"files": documents}
    json.dump(document | ({} if fixed is None else {"fixed": fixed}), sys.stdout)
    sys.stdout.write("\n")


def _write_sarif(reports: Sequence[Report], out: Path) -> None:
    from ftdesk.dataset.lines import FileLines
    from ftdesk.storage.files import write_atomic
    from ftdesk.validation.sarif import sarif_log

    with ExitStack() as stack:
        files: dict[str, FileLines] = {}
        for report in reports:
            files[report.file] = lines = FileLines(Path(report.file))
            stack.callback(lines.close)
        log = sarif_log(reports, lambda report, line: files[report.file].read(line - 1))
    if out == Path("-"):
        json.dump(log, sys.stdout)
        sys.stdout.write("\n")
    else:
        write_atomic(out, [json.dumps(log, indent=1).encode(), b"\n"])

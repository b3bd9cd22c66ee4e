"""Checks a file for a command, with a progress bar and the memory of earlier checks; words for what it found."""

from __future__ import annotations

import os
from pathlib import Path

from ftdesk.cli.main import printable
from ftdesk.cli.progress import Progress
from ftdesk.storage.folders import Folders
from ftdesk.validation.cache import CheckCache
from ftdesk.validation.checker import Checker, CheckFinished, CheckProgress
from ftdesk.validation.findings import Report
from ftdesk.validation.wording import counted

_MOST_WORKERS = 4


def one_line(text: str) -> str:
    """Text of data or of a file's name as it may be shown on one line of a terminal."""
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")


def dollars(amount: float | None) -> str:
    """An amount as a price is read: small ones with the digits that matter."""
    if amount is None:
        return "unknown"
    if amount == 0:
        return "free"
    return f"${amount:,.2f}" if amount >= 0.1 else f"${amount:.2g}" if amount >= 0.0001 else "< $0.0001"


def check_with_progress(checker: Checker, path: Path) -> Report:
    """The report of ``path``. Raises ``InputError`` for a file that cannot be used."""
    cache = CheckCache(Folders.of_user().checks)
    with Progress(f"Checking {one_line(path.name)}") as progress:
        for event in checker.check_file(path, workers=min(os.cpu_count() or 1, _MOST_WORKERS), cache=cache):
            match event:
                case CheckProgress(done, total, lines):
                    progress.show(done, total, counted(lines, "line"))
                case CheckFinished(report):
                    return report
    raise AssertionError("a check ends with a report")

"""``ftdesk moderate``: which lines a host's moderation would flag, before the file is sent to be trained on."""

from __future__ import annotations

import argparse
import asyncio
from contextlib import aclosing
from dataclasses import asdict
from pathlib import Path

from ftdesk.app import App
from ftdesk.cli.job_output import print_json, print_text
from ftdesk.cli.main import narrate, printable
from ftdesk.cli.progress import Progress
from ftdesk.errors import ExitStatus
from ftdesk.validation.moderation import ModerationFinished, ModerationProgress, moderate_file
from ftdesk.validation.wording import counted


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Ask the moderation endpoint of a host about every message of a file. "
        "This sends the texts to that host; nothing else does so before a launch."
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="a JSONL file with one example on each line")
    parser.add_argument("--host", required=True, metavar="NAME", help="a host that has a moderation endpoint")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.epilog = "Exit status: 0 nothing is flagged, 1 something is, 2 the file cannot be used, 3 the host refused."


def run(arguments: argparse.Namespace) -> int:
    result = asyncio.run(_moderate(arguments.file, arguments.host))
    if arguments.json:
        print_json(
            {
                "file": str(arguments.file),
                "host": arguments.host,
                "examples": result.examples,
                "asked": result.asked,
                "findings": [asdict(finding) for finding in result.findings],
            }
        )
    else:
        for finding in result.findings:
            print_text(printable(f"{arguments.file}:{finding.line}: {finding.path}: {finding.message}"))
        lines = len({finding.line for finding in result.findings})
        flagged = f"{counted(lines, 'line')} flagged" if lines else "nothing is flagged"
        narrate(f"{counted(result.examples, 'example')}, {counted(result.asked, 'text')} asked about: {flagged}.")
    return ExitStatus.NO if result.findings else ExitStatus.GOOD


async def _moderate(path: Path, host: str) -> ModerationFinished:
    async with aclosing(App()) as app:
        client = await app.hosts.client(host)
        with Progress(f"Asking {host} about {printable(path.name)}") as progress:
            async with aclosing(moderate_file(path, client)) as events:
                async for event in events:
                    if isinstance(event, ModerationProgress):
                        progress.show(event.done_bytes, event.total_bytes)
                    else:
                        return event
    raise AssertionError("moderation ends with a result")

"""``ftdesk jobs``: list training jobs, ours and those started elsewhere."""

from __future__ import annotations

import argparse
import asyncio
from contextlib import aclosing

from ftdesk.app import App
from ftdesk.cli.job_output import job_document, job_table, print_json, print_text
from ftdesk.cli.main import narrate
from ftdesk.errors import ExitStatus, FtdeskError
from ftdesk.jobs.types import Job


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", metavar="NAME", help="only the jobs of this host")
    parser.add_argument("--json", action="store_true", help="print one JSON document: a list of jobs")
    parser.epilog = "A host that does not answer is named on stderr, and its jobs are shown as they were last seen."


def run(arguments: argparse.Namespace) -> int:
    jobs = asyncio.run(_jobs(arguments.host))
    if arguments.json:
        print_json([job_document(job) for job in jobs])
    elif jobs:
        print_text(job_table(jobs))
    else:
        narrate("There are no jobs yet. Start one: ftdesk launch FILE --model local/tiny")
    return ExitStatus.GOOD


async def _jobs(host: str | None) -> list[Job]:
    async with aclosing(App()) as app:
        if host is not None:
            return await app.jobs.jobs(host)
        for name in await app.jobs.hosts_in_use():
            try:
                await app.jobs.refresh(name)
            except FtdeskError as error:
                narrate(f"ftdesk jobs: {error.sentence}")
        return await app.jobs.jobs(refresh=False)

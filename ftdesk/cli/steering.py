"""What ``cancel``, ``pause`` and ``resume`` have in common."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing

from ftdesk.app import App
from ftdesk.cli.job_output import job_document, job_summary, print_json, print_text
from ftdesk.errors import ExitStatus
from ftdesk.jobs.service import JobService
from ftdesk.jobs.types import Job


def add_job_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("job", metavar="JOB", help="its id, or the beginning of it")
    parser.add_argument("--json", action="store_true", help="print the job as one JSON document")


def steer(arguments: argparse.Namespace, verb: Callable[[JobService, str], Awaitable[Job]]) -> int:
    """Do it and print the job as it stands then. Raises ``FtdeskError``."""
    job = asyncio.run(_steer(arguments.job, verb))
    if arguments.json:
        print_json(job_document(job))
    else:
        print_text(job_summary(job))
    return ExitStatus.GOOD


async def _steer(job_id: str, verb: Callable[[JobService, str], Awaitable[Job]]) -> Job:
    async with aclosing(App()) as app:
        return await verb(app.jobs, job_id)

"""``ftdesk watch``: follow a training job until it ends."""

from __future__ import annotations

import argparse
import asyncio
from contextlib import aclosing

from ftdesk.app import App
from ftdesk.cli.job_output import follow


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("job", metavar="JOB", help="its id, or the beginning of it")
    parser.add_argument("--host", metavar="NAME", help="where to look for a job that was started elsewhere")
    parser.add_argument("--json", action="store_true", help="print a JSON object on each line as things happen")
    parser.epilog = "Exit status: 0 the job succeeded, 1 it failed or was cancelled, 3 its host cannot be asked."


def run(arguments: argparse.Namespace) -> int:
    return asyncio.run(_watch(arguments))


async def _watch(arguments: argparse.Namespace) -> int:
    async with aclosing(App()) as app:
        return await follow(app, arguments.job, as_json=arguments.json, host=arguments.host)

"""``ftdesk models``: what the hosts offer, and until when."""

from __future__ import annotations

import argparse
import asyncio
from contextlib import aclosing
from dataclasses import asdict

from ftdesk.app import App
from ftdesk.cli.job_output import aligned, print_json, print_text
from ftdesk.cli.main import narrate
from ftdesk.errors import ExitStatus, FtdeskError
from ftdesk.hosts.types import ModelInfo, ModelName


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", metavar="NAME", help="only the models of this host")
    parser.add_argument("--json", action="store_true", help="print one JSON document: a list of models")


def run(arguments: argparse.Namespace) -> int:
    models = asyncio.run(_models(arguments.host))
    if arguments.json:
        print_json([{"host": name.host, **asdict(model)} for name, model in models])
    else:
        rows = [("model", "trainable", "shuts down", "name")]
        rows += [(str(name), _yes_no(model.trainable), model.shutdown_date or "", model.name) for name, model in models]
        print_text(aligned(rows))
    return ExitStatus.GOOD


async def _models(host: str | None) -> list[tuple[ModelName, ModelInfo]]:
    found: list[tuple[ModelName, ModelInfo]] = []
    async with aclosing(App()) as app:
        for name in [host] if host else app.hosts.names():
            try:
                models = await (await app.hosts.client(name)).models()
            except FtdeskError as error:
                if host:
                    raise
                narrate(f"ftdesk models: {error.sentence}")
            else:
                found += [(ModelName(name, model.id), model) for model in models]
    return found


def _yes_no(value: bool | None) -> str:
    return {True: "yes", False: "no", None: ""}[value]

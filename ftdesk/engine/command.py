"""The command line of the engine: its options, and what they set up. Imports little before it is run."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from ftdesk.errors import ExitStatus

if TYPE_CHECKING:
    from ftdesk.engine.folder import DataFolder
    from ftdesk.engine.jobs.worker import Assignment

_PRIVATE = 0o077
# Two BLAS threads on busy cores cost seven times the processor time of one on models of this size.
_ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of ``ftdesk engine``."""
    parser.add_argument("--port", type=int, default=0, metavar="N", help="port on 127.0.0.1 (default: any free one)")
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="folder of files, jobs and models (default: the user's)"
    )
    parser.add_argument(
        "--model-dir", type=Path, metavar="DIR", help="folder of base models (default: those of ftdesk)"
    )
    parser.add_argument("--with-parent", action="store_true", help="stop when standard input ends: the parent is gone")
    parser.add_argument(
        "--trainers", metavar="MODULE:NAME", help="offer these trainers instead of the built-in (for their developers)"
    )
    # What the engine starts itself with, to validate or to train a job in a process of its own.
    parser.add_argument("--phase", choices=("validate", "train"), help=argparse.SUPPRESS)
    parser.add_argument("--job", help=argparse.SUPPRESS)
    parser.add_argument("--run", type=int, help=argparse.SUPPRESS)


def run(arguments: argparse.Namespace) -> int:
    """Run the engine until it is stopped, or one phase of a job. Raises ``FtdeskError``."""
    os.umask(_PRIVATE)
    for name in _ONE_THREAD:
        os.environ.setdefault(name, "1")
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    from ftdesk.engine.folder import DataFolder

    folder = DataFolder(arguments.data.expanduser().absolute()) if arguments.data else DataFolder.of_user()
    if arguments.phase:
        return _work(arguments, folder)
    _serve(arguments, folder)
    return ExitStatus.GOOD


def _stay_importable() -> None:
    """Let processes of jobs find an ftdesk that is not installed but lies in a checkout."""
    root = Path(__file__).resolve().parents[2]
    if root.name not in ("site-packages", "dist-packages"):
        known = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = f"{root}{os.pathsep}{known}" if known else str(root)


def _serve(arguments: argparse.Namespace, folder: DataFolder) -> None:
    from ftdesk.engine.api.context import Engine
    from ftdesk.engine.catalogue import Catalogue, find_entries
    from ftdesk.engine.jobs.scheduler import Scheduler
    from ftdesk.engine.server import listen, serve
    from ftdesk.engine.store import Store

    catalogue = Catalogue(find_entries(arguments.trainers), arguments.model_dir)
    _stay_importable()
    folder.prepare()
    with ExitStack() as stack:
        stack.enter_context(folder.locked())
        folder.forget_endpoint()
        is_new = not folder.database.exists()
        store = Store(folder.database, durable=True)
        stack.callback(store.close)
        # With a lost database every file would look like a left-over; a new one says nothing about files.
        if not is_new:
            folder.sweep(known_files=store.files.ids(), known_parts=store.uploads.part_ids())
        scheduler = Scheduler(store, folder, lambda assignment: _worker_command(arguments, folder, assignment))
        scheduler.recover()

        def announce(base_url: str, api_key: str) -> None:
            stack.enter_context(folder.announced(base_url, api_key))
            sys.stdout.write(json.dumps({"base_url": base_url, "api_key": api_key}) + "\n")
            sys.stdout.flush()

        engine = Engine(store, folder, catalogue, scheduler)
        serve(engine, listen(arguments.port), announce, with_parent=arguments.with_parent)


def _work(arguments: argparse.Namespace, folder: DataFolder) -> int:
    from ftdesk.engine.catalogue import Catalogue, find_entries
    from ftdesk.engine.jobs.worker import Assignment, work

    catalogue = Catalogue(find_entries(arguments.trainers), arguments.model_dir)
    return work(Assignment(arguments.phase, arguments.job, arguments.run), folder, catalogue)


def _worker_command(arguments: argparse.Namespace, folder: DataFolder, assignment: Assignment) -> list[str]:
    """The engine's own command once more. The token is not in it, nor in the environment."""
    frozen = getattr(sys, "frozen", False)
    # -P: the current folder is not searched for modules. It is the user's, and may hold a numpy.py from anywhere.
    program = [sys.executable, "engine"] if frozen else [sys.executable, "-P", "-m", "ftdesk.engine"]
    command = [*program, "--data", str(folder.root)]
    if arguments.model_dir:
        command += ["--model-dir", str(arguments.model_dir.absolute())]
    if arguments.trainers:
        command += ["--trainers", arguments.trainers]
    return [*command, "--phase", assignment.phase, "--job", assignment.job, "--run", str(assignment.run)]

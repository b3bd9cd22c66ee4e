"""Finds the command, runs it, and prints what went wrong in one place."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, cast

from ftdesk.errors import ExitStatus, FtdeskError

if TYPE_CHECKING:
    # The window asks here whether it is meant; it must not wait for what only commands need.
    import argparse

COMMANDS: tuple[tuple[str, str], ...] = (
    ("demo", "run the whole loop on the built-in sample and print the verdict"),
    ("check", "find everything that is wrong with a dataset"),
    ("cost", "tell what training on a dataset will cost, host by host"),
    ("moderate", "ask a host which lines its moderation would flag"),
    ("convert", "turn files of other programs into examples, and examples into files of others"),
    ("split", "split a dataset into training, validation and test files"),
    ("launch", "upload a dataset and start one training job"),
    ("jobs", "list training jobs"),
    ("watch", "follow a training job until it ends"),
    ("cancel", "stop a training job for good"),
    ("pause", "pause a training job"),
    ("resume", "go on with a paused training job"),
    ("compare", "show the answers of several models to one prompt"),
    ("evaluate", "score models on held-out examples"),
    ("hosts", "list, add, test and remove hosts"),
    ("models", "list the models of a host"),
    ("engine", "run the built-in host alone"),
)
"""Name and one line of help of every command. ``ftdesk/cli/NAME.py`` holds the rest and is imported when asked for."""


class Command(Protocol):
    """What a module in ``ftdesk/cli`` offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, arguments: argparse.Namespace) -> int:
        """Do it and return the exit status. Raises ``FtdeskError``, which is printed here."""


def is_command(words: Sequence[str]) -> bool:
    """Whether these arguments are for the command line and not for the window."""
    return bool(words) and (words[0] in {name for name, _ in COMMANDS} or words[0] in {"-h", "--help"})


def run_command(words: Sequence[str]) -> int:
    """Run a command. Errors of the user become one sentence on stderr and an exit status, never a traceback."""
    parser = _parser(words[0])
    arguments = parser.parse_args(list(words))
    command = _command(arguments.command)
    try:
        status = command.run(arguments)
        sys.stdout.flush()
    except FtdeskError as error:
        narrate(f"ftdesk {arguments.command}: {error.sentence}")
        return error.exit_status
    except _interruptions():
        narrate("Interrupted.")
        return ExitStatus.INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (`ftdesk … | head`): no error of ours, so keep Python quiet at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitStatus.GOOD
    else:
        return status


def _interruptions() -> tuple[type[BaseException], ...]:
    from asyncio import CancelledError

    return KeyboardInterrupt, CancelledError


def narrate(text: str) -> None:
    """Say something to the person. stdout is data, so this goes to stderr, with terminal controls made visible."""
    print(printable(text), file=sys.stderr, flush=True)


def printable(text: str) -> str:
    """Text that came from data, a model or a server, safe for a terminal: control characters as escapes, lines kept."""
    return "".join(
        character if character in "\n\t" or character.isprintable() or character == " " else ascii(character)[1:-1]
        for character in text
    )


def _parser(chosen: str) -> argparse.ArgumentParser:
    import argparse

    parser = argparse.ArgumentParser(
        prog="ftdesk",
        description="Write fine-tuning examples, check them, train, compare and score.",
        epilog="ftdesk [FILE] opens the window. ftdesk COMMAND --help tells more about a command.",
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, summary in COMMANDS:
        subparser = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:] + ".")
        if name == chosen:
            _command(name).add_arguments(subparser)
    return parser


def _command(name: str) -> Command:
    return cast("Command", importlib.import_module(f"ftdesk.cli.{name}"))

"""``ftdesk compare``: the answers of several models to one prompt, as they stream in."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import sys
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

from ftdesk.app import App
from ftdesk.cli.main import narrate, printable
from ftdesk.cli.panes import Columns, InTurn, Pane, View
from ftdesk.dataset.lines import unreadable
from ftdesk.errors import ExitStatus, InputError
from ftdesk.evaluation.items import read_held_out
from ftdesk.hosts.types import ChatOptions, Message, ModelName
from ftdesk.playground.diff import word_diff
from ftdesk.playground.service import PlaygroundService, panes_served_alike
from ftdesk.playground.types import PaneFailed, PaneFinished, PaneText


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--model", required=True, action="append", metavar="HOST/MODEL", help="repeat to compare")
    prompt = parser.add_mutually_exclusive_group(required=True)
    prompt.add_argument("--prompt", metavar="TEXT")
    prompt.add_argument(
        "--file", type=Path, metavar="FILE", help="a text file that holds the prompt, or a .jsonl file of examples"
    )
    parser.add_argument("--line", type=int, metavar="N", help="which example of a .jsonl file (default: the first)")
    parser.add_argument("--system", metavar="TEXT", help="the system message")
    output = parser.add_mutually_exclusive_group()
    output.add_argument("--diff", action="store_true", help="show which words differ (two models)")
    output.add_argument("--json", action="store_true", help="print one JSON document")


def run(arguments: argparse.Namespace) -> int:
    panes = [Pane(ModelName.parse(name)) for name in arguments.model]
    if arguments.diff and len(panes) != 2:
        raise InputError("--diff compares two models.", hint="Name exactly two with --model.")
    messages, options = _question(arguments)
    asyncio.run(_compare(panes, messages, options, None if arguments.json else view_of(panes)))
    if arguments.json:
        print(json.dumps({"messages": list(messages), "answers": [_document(pane) for pane in panes]}))
    elif arguments.diff:
        print(_difference(panes[0].text, panes[1].text))
    return _concluded(panes)


async def _compare(panes: Sequence[Pane], messages: Sequence[Message], options: ChatOptions, view: View | None) -> None:
    async with aclosing(App()) as app:
        await stream(app.playground, panes, messages, options, view)


async def stream(
    playground: PlaygroundService,
    panes: Sequence[Pane],
    messages: Sequence[Message],
    options: ChatOptions,
    view: View | None,
) -> None:
    """Ask and fill ``panes``, showing them in ``view`` on the way."""
    async with aclosing(playground.compare([pane.model for pane in panes], messages, options)) as events:
        async for event in events:
            pane = panes[event.pane]
            if isinstance(event, PaneText):
                pane.text += event.text
            elif isinstance(event, PaneFinished):
                pane.text, pane.answer = event.answer.text, event.answer
            elif isinstance(event, PaneFailed):
                pane.error = event.error
            if view is not None:
                view.update()
    if view is not None:
        view.finish()


def _question(arguments: argparse.Namespace) -> tuple[list[Message], ChatOptions]:
    """What is asked. Raises ``InputError``."""
    options = ChatOptions()
    messages: list[Message]
    if arguments.file is not None and arguments.file.suffix == ".jsonl":
        held_out = read_held_out(arguments.file)
        item = next((item for item in held_out.items if arguments.line in {None, item.line}), None)
        if item is None:
            raise InputError(f"Line {arguments.line} of {arguments.file} is not an example with an answer.")
        messages, options = list(item.prompt), ChatOptions(tools=item.tools)
    else:
        text = arguments.prompt if arguments.file is None else _text(arguments.file)
        if not text.strip():
            raise InputError("The prompt is empty.", hint="Write what the models should answer.")
        messages = [{"role": "user", "content": text}]
    if arguments.system is not None:
        rest = messages[1:] if messages[0].get("role") in {"system", "developer"} else messages
        messages = [{"role": "system", "content": arguments.system}, *rest]
    return messages, options


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except OSError as error:
        raise unreadable(path, error) from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not a text in UTF-8.", str(error), "Choose a text file.") from error


def view_of(panes: Sequence[Pane]) -> View:
    """Columns on a terminal that is wide enough, else one answer after the other."""
    size = shutil.get_terminal_size()
    if _can_draw() and Columns.fit(panes, size.columns):
        return Columns(panes, size.columns, size.lines)
    return InTurn(panes)


def _can_draw() -> bool:
    """Whether stdout is a terminal that moves its cursor when told to. The old Windows console does not."""
    if os.name == "nt" and "WT_SESSION" not in os.environ:
        return False
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def _concluded(panes: Sequence[Pane]) -> int:
    """Say what a person must know about the answers, and give the exit status."""
    answers = {number: pane.answer for number, pane in enumerate(panes) if pane.answer is not None}
    for group in panes_served_alike([pane.model for pane in panes], answers):
        names = " and ".join(str(panes[number].model) for number in group)
        narrate(f"Careful: one model, {answers[group[0]].served_model}, has answered for {names}.")
    errors = [pane.error for pane in panes if pane.error is not None]
    for error in errors:
        narrate(f"ftdesk compare: {error.sentence}")
    return max((error.exit_status for error in errors), default=ExitStatus.GOOD)


def _difference(a: str, b: str) -> str:
    """Words that only A says in [-…-], only B in {+…+}; in colours on a terminal."""
    marks = {"same": ("", ""), "only_a": ("[-", "-]"), "only_b": ("{+", "+}")}
    if _can_draw():
        marks = {"same": ("", ""), "only_a": ("\x1b[31m[-", "-]\x1b[0m"), "only_b": ("\x1b[32m{+", "+}\x1b[0m")}
    return "".join(f"{marks[span.kind][0]}{printable(span.text)}{marks[span.kind][1]}" for span in word_diff(a, b))


def _document(pane: Pane) -> dict[str, Any]:
    answer = pane.answer
    return {
        "model": str(pane.model),
        "served_model": answer.served_model if answer else None,
        "text": pane.text,
        "finish_reason": answer.finish_reason if answer else None,
        "complete": answer.complete if answer else False,
        "tool_calls": list(answer.tool_calls) if answer else [],
        "first_token_seconds": answer.first_token_seconds if answer else None,
        "seconds": answer.seconds if answer else None,
        "prompt_tokens": answer.prompt_tokens if answer else None,
        "completion_tokens": answer.completion_tokens if answer else None,
        "request_id": answer.request_id if answer else None,
        "system_fingerprint": answer.system_fingerprint if answer else None,
        "error": pane.error.sentence if pane.error else None,
    }

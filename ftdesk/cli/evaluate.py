"""``ftdesk evaluate``: how many held-out examples each model gets right, and which is better."""

from __future__ import annotations

import argparse
import asyncio
import json
from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path
from typing import Any

from ftdesk.app import App
from ftdesk.cli.main import narrate, printable
from ftdesk.cli.progress import Progress
from ftdesk.cli.table import table
from ftdesk.errors import ExitStatus, HostError
from ftdesk.evaluation.graders import GRADERS
from ftdesk.evaluation.items import read_held_out
from ftdesk.evaluation.types import EvaluationFinished, Interval
from ftdesk.hosts.types import ModelName

_SHOWN_LINES = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", type=Path, help="held-out examples, JSONL")
    parser.add_argument("--model", required=True, action="append", metavar="HOST/MODEL", help="repeat to compare")
    graders = "; ".join(f"{grader.name}: {grader.summary}" for grader in GRADERS)
    parser.add_argument("--grader", default=GRADERS[0].name, metavar="NAME", help=f"{graders} (default: %(default)s)")
    parser.add_argument("--limit", type=int, metavar="N", help="only the first N examples")
    parser.add_argument("--resume", action="store_true", help="take the answers that are kept, ask for the others")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(arguments: argparse.Namespace) -> int:
    models = [ModelName.parse(name) for name in arguments.model]
    skipped = read_held_out(arguments.file).skipped
    _narrate([f"Line {line.line} is not evaluated: {line.reason}" for line in skipped])
    finished = asyncio.run(_evaluate(arguments, models))
    if arguments.json:
        print(json.dumps(document(finished)))
    else:
        print(printable(summary(finished)))
    return ExitStatus.GOOD


async def _evaluate(arguments: argparse.Namespace, models: list[ModelName]) -> EvaluationFinished:
    async with aclosing(App()) as app:
        return await evaluated(
            app,
            arguments.file,
            models,
            grader=arguments.grader,
            limit=arguments.limit,
            resume=arguments.resume,
            can_be_resumed=True,
        )


async def evaluated(
    app: App,
    file: Path,
    models: list[ModelName],
    *,
    grader: str,
    limit: int | None = None,
    resume: bool = False,
    can_be_resumed: bool = False,
) -> EvaluationFinished:
    """Evaluate with progress on stderr; if it breaks off, say how to resume where that is possible."""
    kept = 0
    try:
        with Progress("Asking") as progress:
            async with aclosing(app.evaluation.evaluate(file, models, grader, limit, resume=resume)) as events:
                async for event in events:
                    if isinstance(event, EvaluationFinished):
                        return event
                    if event.error is None:
                        kept += 1
                    else:
                        note = f"Line {event.item.line}, {event.model}, counts as wrong: {event.error}"
                        progress.note(printable(note))
                    progress.show(event.done, event.total, f"{event.done} of {event.total} answers")
    except (HostError, asyncio.CancelledError):
        if kept and can_be_resumed:
            narrate(f"{kept} answers so far are kept. The same command with --resume goes on from there.")
        raise
    raise AssertionError("an evaluation ends with its result")


def summary(finished: EvaluationFinished) -> str:
    """A table of the models and a sentence for every pair."""
    rows = [("model", "right", "score", "95 % interval", "failed")]
    rows += [
        (
            str(score.model),
            f"{score.correct} of {finished.examples}",
            f"{score.score * 100:.1f} %",
            _percents(score.interval),
            str(score.failed),
        )
        for score in finished.models
    ]
    many = len(finished.pairs) > 1
    sentences = [f"{pair.b} against {pair.a}: {pair.sentence}" if many else pair.sentence for pair in finished.pairs]
    return "\n".join([table(rows), *([""] if sentences else []), *sentences])


def document(finished: EvaluationFinished) -> dict[str, Any]:
    """The shape of ``evaluate --json``."""
    return {
        "file": finished.file,
        "grader": finished.grader,
        "examples": finished.examples,
        "models": [
            {
                "model": str(score.model),
                "correct": score.correct,
                "score": score.score,
                "interval": list(score.interval),
                "failed": score.failed,
            }
            for score in finished.models
        ],
        "pairs": [
            {
                "a": str(pair.a),
                "b": str(pair.b),
                "difference": pair.difference,
                "interval": list(pair.interval),
                "p_value": pair.p_value,
                "test": pair.test,
                "only_a": pair.only_a,
                "only_b": pair.only_b,
                "verdict": pair.verdict,
            }
            for pair in finished.pairs
        ],
    }


def _percents(interval: Interval) -> str:
    low, high = interval
    return f"{low * 100:.1f} to {high * 100:.1f} %"


def _narrate(lines: Sequence[str]) -> None:
    for line in lines[:_SHOWN_LINES]:
        narrate(line)
    if len(lines) > _SHOWN_LINES:
        narrate(f"… and {len(lines) - _SHOWN_LINES} more.")

"""``ftdesk demo``: the whole loop on a sample, with the built-in host, without a window or a key.

Everything it makes lies in a folder of its own, so that the user's data, settings and jobs are not touched.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ftdesk import resources
from ftdesk.app import App
from ftdesk.cli.compare import stream, view_of
from ftdesk.cli.evaluate import evaluated, summary
from ftdesk.cli.job_output import job_document
from ftdesk.cli.main import narrate, printable
from ftdesk.cli.panes import Pane
from ftdesk.cli.progress import Progress
from ftdesk.dataset.split import Amount, Split, part_path, split_file
from ftdesk.errors import ExitStatus, FtdeskError, InputError
from ftdesk.evaluation.items import read_held_out
from ftdesk.evaluation.types import EvaluationFinished
from ftdesk.hosts.types import LOCAL, ChatOptions, ModelName
from ftdesk.jobs.types import ContactLost, EventsArrived, Job, JobChanged, LaunchPlan
from ftdesk.storage.folders import Folders, make_folder
from ftdesk.validation.checker import Checker, CheckFinished
from ftdesk.validation.findings import Report

SAMPLE = "medical-coder"
BASE = ModelName(LOCAL, "tiny")
TEST, VALIDATION = Amount(share=0.2), Amount(share=0.1)
SEED = 1

_REMOVAL_ATTEMPTS = 100  # 0.1 s apart: a trainer that was interrupted may still be writing its last state


class TrainingFailedError(FtdeskError):
    """The job ended without a model."""

    exit_status = ExitStatus.NO


@dataclass(slots=True)
class Losses:
    """What the training last told. The loss over the whole validation file goes before that of one batch of it."""

    step: int = 0
    train: float | None = None
    valid: float | None = None

    @property
    def text(self) -> str:
        told = {"training loss": self.train, "validation loss": self.valid}
        return ", ".join(
            [f"{self.step} steps", *(f"{name} {loss:.3f}" for name, loss in told.items() if loss is not None)]
        )

    def add(self, metrics: Mapping[str, Any]) -> None:
        self.step = int(metrics.get("step", self.step))
        self.train = metrics.get("train_loss", self.train)
        self.valid = metrics.get("full_valid_loss", metrics.get("valid_loss", self.valid))


@dataclass(frozen=True, slots=True)
class Outcome:
    report: Report
    split: Split
    job: Job
    losses: Losses
    finished: EvaluationFinished

    @property
    def is_better(self) -> bool:
        return self.finished.pairs[0].verdict == "better"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep everything in DIR, a new or empty folder")
    parser.epilog = "Exit status: 0 only when the tuned model beats the base on examples that it has not seen."


def run(arguments: argparse.Namespace) -> int:
    started = time.monotonic()
    with _home(arguments.keep) as home:
        outcome = asyncio.run(_loop(home, show_answers=not arguments.json))
    seconds = time.monotonic() - started
    if arguments.json:
        print(json.dumps(_document(outcome, seconds)))
    else:
        print(printable(summary(outcome.finished)))
        narrate(f"Done in {seconds:.0f} s.")
    if arguments.keep is not None:
        narrate(f"Everything is kept: FTDESK_HOME={home} ftdesk opens it.")
    return ExitStatus.GOOD if outcome.is_better else ExitStatus.NO


async def _loop(home: Path, *, show_answers: bool) -> Outcome:
    sample, folder = resources.path(f"samples/{SAMPLE}.jsonl"), home / SAMPLE
    report = _checked(sample)
    narrate(f"1. Checked {sample.name}: {report.examples} examples, {report.count('error')} errors.")
    split = split_file(sample, folder, test=TEST, validation=VALIDATION, seed=SEED, replace=True)
    narrate(f"2. Split: {', '.join(f'{len(members)} {part}' for part, members in split.parts.items())}.")
    async with aclosing(App(Folders.under(home))) as app:
        narrate(f"3. Training {BASE} on this computer.")
        job, losses = await _trained(app, folder)
        tuned = ModelName(LOCAL, job.fine_tuned_model or "")
        narrate(f"   {losses.text}.")
        narrate("4. Asking both models an example that neither has seen.")
        await _compare(app, part_path(folder, "test"), [BASE, tuned], show_answers=show_answers)
        narrate("5. Evaluating both on all examples held out.")
        finished = await evaluated(app, part_path(folder, "test"), [BASE, tuned], grader="exact")
    return Outcome(report, split, job, losses, finished)


def _checked(sample: Path) -> Report:
    for event in Checker().check_file(sample):
        if isinstance(event, CheckFinished):
            return event.report
    raise AssertionError("a check ends with its report")


async def _trained(app: App, folder: Path) -> tuple[Job, Losses]:
    plan = LaunchPlan(
        part_path(folder, "train"),
        BASE,
        validation_file=part_path(folder, "validation"),
        suffix=SAMPLE,
        seed=SEED,
    )
    job: Job | None = None
    async with aclosing(app.jobs.launch(plan)) as launch:
        async for step in launch:
            if isinstance(step, JobChanged):
                job = step.job
    if job is None:
        raise AssertionError("a launch ends with its job")
    losses = Losses()
    with Progress("   Training") as progress:
        async with aclosing(app.jobs.watch(job.id)) as watch:
            async for news in watch:
                if isinstance(news, JobChanged):
                    job = news.job
                elif isinstance(news, EventsArrived):
                    for metrics in (event.data for event in news.events if event.type == "metrics"):
                        losses.add(metrics)
                        progress.show(losses.step, metrics.get("total_steps", 0), losses.text)
                elif isinstance(news, ContactLost):
                    progress.note(printable(f"   {news.reason}"))
    if job.fine_tuned_model is None:
        raise TrainingFailedError(f"The training ended as {job.status}: {job.error or 'no reason was given'}")
    return job, losses


async def _compare(app: App, test: Path, models: list[ModelName], *, show_answers: bool) -> None:
    item = read_held_out(test).items[0]
    panes = [Pane(model) for model in models]
    if show_answers:
        print(printable(f"Prompt: {item.prompt[-1]['content']}\nReference: {item.reference}\n"))
    view = view_of(panes) if show_answers else None
    await stream(app.playground, panes, item.prompt, ChatOptions(temperature=0.0), view)
    for pane in panes:
        if pane.error is not None:
            raise pane.error
    if show_answers:
        print()


def _document(outcome: Outcome, seconds: float) -> dict[str, Any]:
    """The shape of ``demo --json``."""
    base, tuned = outcome.finished.models
    return {
        "examples": outcome.report.examples,
        "errors": outcome.report.count("error"),
        "train": len(outcome.split.parts["train"]),
        "test": len(outcome.split.parts["test"]),
        "job": job_document(outcome.job),
        "steps": outcome.losses.step,
        "final_train_loss": outcome.losses.train,
        "final_valid_loss": outcome.losses.valid,
        "base_score": base.score,
        "tuned_score": tuned.score,
        "verdict": outcome.finished.pairs[0].verdict,
        "seconds": round(seconds, 1),
    }


@contextmanager
def _home(keep: Path | None) -> Iterator[Path]:
    """The folder for everything: ``keep`` if it is new or empty, else one that is removed at the end."""
    if keep is not None:
        home = keep.expanduser().absolute()
        if home.exists() and not (home.is_dir() and not any(home.iterdir())):
            raise InputError(f"{home} is not an empty folder.", hint="Name a new one.")
        yield make_folder(home)
        return
    home = Path(tempfile.mkdtemp(prefix="ftdesk-demo-"))
    try:
        yield home
    finally:
        _remove(home)


def _remove(folder: Path) -> None:
    for _ in range(_REMOVAL_ATTEMPTS):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.1)
    narrate(f"{folder} could not be removed.")

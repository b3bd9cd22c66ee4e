"""``ftdesk launch``: upload a dataset and start one training job, exactly once."""

from __future__ import annotations

import argparse
import asyncio
import sys
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from typing import get_args

from ftdesk.app import App
from ftdesk.cli.checking import check_with_progress, dollars
from ftdesk.cli.job_output import event_documents, follow, job_document, print_json, print_text
from ftdesk.cli.main import narrate
from ftdesk.errors import ExitStatus, FtdeskError, InputError
from ftdesk.hosts.types import LOCAL, Method, ModelName
from ftdesk.jobs.datafile import size_of
from ftdesk.jobs.types import Job, JobChanged, LaunchPlan, LaunchStepped
from ftdesk.validation.checker import Checker
from ftdesk.validation.cost import estimate
from ftdesk.validation.cost import size_of as cost_size
from ftdesk.validation.prices import prices_of
from ftdesk.validation.requirements import requirements_or_default, token_limit_of
from ftdesk.validation.wording import counted

Setting = float | int | str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="training examples, JSONL")
    parser.add_argument("--model", required=True, metavar="HOST/MODEL", help="what to train")
    parser.add_argument("--validation-file", type=Path, metavar="F", help="examples to measure on while training")
    parser.add_argument("--method", choices=get_args(Method), default="supervised", help="default: %(default)s")
    settings = parser.add_argument_group("hyperparameters", "A number, or auto; left out they are the host's choice.")
    settings.add_argument("--epochs", dest="n_epochs", type=_setting, metavar="N")
    settings.add_argument("--batch-size", type=_setting, metavar="N")
    settings.add_argument("--learning-rate-multiplier", type=_setting, metavar="X")
    settings.add_argument("--beta", type=_setting, metavar="X", help="for dpo: how closely to keep to the old model")
    settings.add_argument(
        "--hyperparameter", type=_pair, action="append", default=[], metavar="NAME=X", help="any other of the host's"
    )
    parser.add_argument("--suffix", metavar="S", help="becomes part of the new model's name")
    parser.add_argument("--seed", type=int, metavar="N")
    parser.add_argument("--yes", action="store_true", help="do not ask before starting")
    parser.add_argument("--follow", action="store_true", help="stay until the job ends, as ftdesk watch does")
    parser.add_argument("--json", action="store_true", help="print the job as JSON; with --follow, JSON lines")
    parser.epilog = "Prints the id of the job. Exit status with --follow: 0 the job succeeded, 1 it did not."


def run(arguments: argparse.Namespace) -> int:
    return asyncio.run(_launch(arguments))


async def _launch(arguments: argparse.Namespace) -> int:
    plan = LaunchPlan(
        training_file=arguments.file,
        model=ModelName.parse(arguments.model),
        validation_file=arguments.validation_file,
        method=arguments.method,
        hyperparameters=_hyperparameters(arguments),
        suffix=arguments.suffix,
        seed=arguments.seed,
    )
    async with aclosing(App()) as app:
        if not arguments.yes:
            plan = _with_expected_cost(app, plan)
            if not _confirmed(app, plan):
                narrate("Nothing was started.")
                return ExitStatus.NO
        job = await _start(app, plan, as_json=arguments.json, as_lines=arguments.json and arguments.follow)
        if arguments.follow:
            return await follow(app, job.id, as_json=arguments.json)
    if job.host == LOCAL:
        narrate(f"The built-in host trains only while ftdesk runs. Go on with: ftdesk watch {job.id}")
    return ExitStatus.GOOD


async def _start(app: App, plan: LaunchPlan, *, as_json: bool, as_lines: bool) -> Job:
    """Launch, and print the job, even one that did not come about. Raises ``FtdeskError``."""
    job: Job | None = None
    try:
        async with aclosing(app.jobs.launch(plan)) as events:
            async for event in events:
                if isinstance(event, JobChanged):
                    # A second job of the same launch is told of too; ours is the one that was recorded first.
                    job = event.job if job is None or event.job.launch_token == job.launch_token else job
                if as_lines:
                    for document in event_documents(event):
                        print_json(document)
                elif isinstance(event, LaunchStepped):
                    narrate(event.text)
    finally:
        if job is not None and as_json and not as_lines:
            print_json(job_document(job))
    if job is None:
        raise FtdeskError("The launch ended without a word.")
    if not as_json:
        print_text(job.id)
    return job


def _with_expected_cost(app: App, plan: LaunchPlan) -> LaunchPlan:
    """Say what the launch will cost, where anybody can be asked. Raises ``InputError`` for a useless file."""
    host = plan.model.host
    profile = app.hosts.profile(host)
    profile.check(plan.method, plan.hyperparameters, plan.suffix)
    if host == LOCAL or not sys.stdin.isatty():
        return plan
    size_of(plan.training_file)
    checker = Checker(model=plan.model.model, requirements=requirements_or_default(profile.name))
    report = check_with_progress(checker, plan.training_file)
    if report.count("error"):
        narrate(f"{counted(report.count('error'), 'error')} in {plan.training_file}; see ftdesk check.")
    prices = prices_of(profile.name)
    if prices is None:
        return plan
    epochs = plan.hyperparameters.get("n_epochs")
    size = cost_size(report, token_limit_of(profile.name, plan.model.model))
    cost = estimate(prices, size, plan.model.model, epochs if isinstance(epochs, int) else None)
    assumed = " (assumed)" if cost.epochs_assumed else ""
    times = f"{cost.size.tokens:,} tokens × {counted(cost.epochs, 'epoch')}{assumed}"
    price = dollars(cost.training) if cost.training is not None else "at a price that is not known here"
    narrate(f"{times}: {price}, by prices of {cost.as_of:%Y-%m-%d}.")
    return replace(plan, estimated_cost=cost.training)


def _confirmed(app: App, plan: LaunchPlan) -> bool:
    """Ask on the terminal. Raises ``InputError`` where nobody can be asked, or when there is nothing to ask about."""
    profile = app.hosts.profile(plan.model.host)
    profile.check(plan.method, plan.hyperparameters, plan.suffix)
    size = size_of(plan.training_file)
    if not sys.stdin.isatty():
        raise InputError("A launch may cost money, so it has to be confirmed.", hint="Add --yes.")
    settings = ", ".join(f"{name} {value}" for name, value in plan.hyperparameters.items()) or "chosen by the host"
    narrate(f"Train {plan.model} on {plan.training_file} ({size:,} bytes), {plan.method}, settings {settings}.")
    if plan.model.host == LOCAL:
        narrate("This runs on this computer and costs nothing.")
    else:
        address = app.settings.hosts[plan.model.host].base_url
        narrate(f"This sends the file to {profile.title} at {address} and starts one job, which is billed there.")
    print("Start? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _hyperparameters(arguments: argparse.Namespace) -> Mapping[str, Setting]:
    named = {name: getattr(arguments, name) for name in ("n_epochs", "batch_size", "learning_rate_multiplier", "beta")}
    return {name: value for name, value in named.items() if value is not None} | dict(arguments.hyperparameter)


def _setting(text: str) -> Setting:
    if text == "auto":
        return text
    try:
        return int(text) if text.lstrip("+-").isdecimal() else float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a number nor auto") from error


def _pair(text: str) -> tuple[str, Setting]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, _setting(value)

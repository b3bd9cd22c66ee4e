"""``ftdesk cost``: what a training will cost, host by host, before anything is sent.

``--json`` prints ``{"file", "examples", "tokens", "answers", "exact", "estimates": [...]}``, the cheapest first.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from pathlib import Path

from ftdesk.cli.checking import check_with_progress, dollars, one_line
from ftdesk.cli.job_output import print_json, print_text
from ftdesk.cli.main import narrate
from ftdesk.cli.table import table
from ftdesk.cli.target import target_of
from ftdesk.errors import ExitStatus, InputError
from ftdesk.validation.checker import Checker
from ftdesk.validation.cost import CostEstimate, ServingCost, Size, compare, estimate, size_of
from ftdesk.validation.prices import PriceList, all_prices
from ftdesk.validation.requirements import token_limit_of
from ftdesk.validation.wording import counted

_ANSWERS = 1_000
_COUNTED_AS = "gpt-4.1"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="a JSONL file with one example on each line")
    parser.add_argument("--host", metavar="NAME", help="only this host, in detail")
    parser.add_argument("--model", metavar="MODEL", help="the model to be trained, as MODEL or HOST/MODEL")
    parser.add_argument(
        "--epochs", type=int, metavar="N", help="how often the file is read (default: the host's own choice)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.epilog = (
        "Prices are dated data, never asked for over the network. A file HOST.toml in the folder “prices” of the "
        "configuration replaces those that come with ftdesk."
    )


def run(arguments: argparse.Namespace) -> int:
    if arguments.epochs is not None and arguments.epochs < 1:
        raise InputError(f"--epochs cannot be {arguments.epochs}.", hint="Give a whole number from 1.")
    lists = all_prices()
    host, model = _target(arguments.host, arguments.model, lists)
    # Of a model in whose vocabulary everything is counted, so that an estimate is one for another reason.
    report = check_with_progress(Checker(model=_COUNTED_AS), arguments.file)
    sizes = {prices.host: size_of(report, token_limit_of(prices.host, model)) for prices in lists}
    if host is None:
        chosen = [prices for prices in lists if model is None or prices.price_of(model)]
        if model is None:
            estimates = compare(chosen, lambda prices: sizes[prices.host], arguments.epochs)
        else:
            estimates = [
                estimate(prices, sizes[prices.host], model, arguments.epochs, others=lists) for prices in chosen
            ]
            estimates.sort(key=lambda each: (each.training is None, each.training or 0.0, each.host))
    else:
        prices = next(prices for prices in lists if prices.host == host)
        estimates = [estimate(prices, sizes[host], model, arguments.epochs, others=lists)]
    size = estimates[0].size if estimates else size_of(report)
    if arguments.json:
        print_json(
            {
                "file": str(arguments.file),
                "examples": size.examples,
                "tokens": size.tokens,
                "answers": size.answers,
                "exact": size.exact,
                "estimates": [each.to_json() for each in estimates],
            }
        )
        return ExitStatus.GOOD
    _show(arguments.file, size, estimates, in_detail=host is not None)
    return ExitStatus.GOOD


def _target(host: str | None, model: str | None, lists: Sequence[PriceList]) -> tuple[str | None, str | None]:
    """The host whose prices are asked for, and the model. Raises ``InputError`` for a host without prices."""
    known = {prices.host for prices in lists}
    target = target_of(host, model, known)
    if target.filed_under is not None and target.filed_under not in known:
        raise InputError(f"No prices of “{target.host}” are known.", hint=f"Known hosts: {', '.join(sorted(known))}.")
    return target.filed_under, target.model


def _show(path: Path, size: Size, estimates: Sequence[CostEstimate], *, in_detail: bool) -> None:
    about = "" if size.exact else "about "
    print_text(
        one_line(str(path))
        + f": {counted(size.examples, 'example')}, {about}{counted(size.tokens, 'token')},"
        + f" {size.answers:,} of them in answers"
    )
    if not estimates:
        narrate("No prices are known for this model. Name a host with --host, or write its prices into a file.")
    elif in_detail:
        _show_one(estimates[0])
    else:
        _show_table(estimates)


def _show_table(estimates: Sequence[CostEstimate]) -> None:
    rows: list[Sequence[str]] = [
        ("host/model", "epochs", "tokens billed", "training", f"{_ANSWERS:,} answers", "hosting a month", "prices of")
    ]
    rows += [
        (
            one_line(f"{each.host}/{each.model}" if each.model else each.host),
            f"{each.epochs}{'*' if each.epochs_assumed else ''}",
            f"{each.billed_tokens:,}",
            dollars(each.training),
            dollars(None if each.per_request is None else each.per_request * _ANSWERS),
            _cheapest_hosting(each.serving),
            each.as_of.isoformat(),
        )
        for each in estimates
    ]
    print_text(table(rows))
    if any(each.epochs_assumed for each in estimates):
        narrate("* assumed: the host chooses and does not publish how. Give --epochs to be sure.")
    narrate("“answers” are of the tuned model to prompts like these. Details: ftdesk cost FILE --host NAME.")


def _show_one(each: CostEstimate) -> None:
    lines = [
        ("model", each.model or "unknown"),
        ("epochs", f"{each.epochs}{' (assumed)' if each.epochs_assumed else ''}"),
        ("tokens billed", f"{each.billed_tokens:,} = {each.size.tokens:,} × {each.epochs}; validation is free"),
        ("training", _training(each)),
    ]
    if each.per_request is not None:
        lines.append((f"{_ANSWERS:,} answers", dollars(each.per_request * _ANSWERS)))
    lines += [("serving", _serving(cost)) for cost in each.serving]
    if each.seconds is not None:
        lines.append(("time", f"about {_duration(each.seconds)}"))
    lines.append(("prices", f"{each.as_of.isoformat()}, {each.source}"))
    lines += [("note", note) for note in each.notes]
    width = max(len(name) for name, _ in lines)
    for name, text in lines:
        print_text(f"  {name:<{width}}  {one_line(text)}")


def _training(each: CostEstimate) -> str:
    rate = each.price.training if each.price else None
    return dollars(each.training) + (f" at {dollars(rate)} a million tokens" if rate else "")


def _serving(cost: ServingCost) -> str:
    serving = cost.serving
    hourly = "an unknown price" if serving.per_hour is None else f"{dollars(serving.per_hour)} an hour"
    parts = [f"{serving.name}: {hourly if serving.per_hour != 0 else 'no hourly price'}"]
    if cost.per_month:
        parts.append(f"{dollars(cost.per_month)} a month")
    if serving.per_token:
        parts.append("answers by the token")
    if cost.break_even is not None:
        requests = cost.break_even.requests_per_hour
        parts.append(f"pays from {requests:,.0f} requests an hour ({cost.break_even.per_token})")
    return ", ".join(parts) + (f". {serving.note}" if serving.note else "")


def _cheapest_hosting(costs: Iterable[ServingCost]) -> str:
    known = [cost.per_month for cost in costs if cost.per_month is not None]
    return "unknown" if not known else dollars(min(known)) if min(known) else "none"


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds)):,} s"
    return f"{round(seconds / 60):,} min" if seconds < 5_400 else f"{seconds / 3_600:,.1f} h"

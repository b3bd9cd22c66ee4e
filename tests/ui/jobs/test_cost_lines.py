"""What a training will cost and has cost, in the words of the window."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication

from ftdesk.jobs.types import Job
from ftdesk.ui.job_feed import JobStory
from ftdesk.ui.jobs.facts import JobFacts
from ftdesk.ui.jobs.outlook import Outlook
from ftdesk.ui.jobs.training_data import TrainingData
from ftdesk.ui.text import Label
from ftdesk.validation.prices import PriceList, parse_prices, shipped_prices

JOB = Job("ftjob-1", "work", "gpt-4.1-mini-2025-04-14", "succeeded", estimated_cost=0.15, trained_tokens=33_000)
FREE = replace(JOB, host="local")


def shipped(host: str) -> PriceList:
    return next(prices for prices in shipped_prices() if prices.host == host)


def cost_of(job: Job, prices: PriceList | None) -> str:
    facts = JobFacts(lambda _: prices)
    facts.show_story(JobStory(job))
    return next(label.text() for label in facts.findChildren(Label) if label.accessibleName() == "Cost")


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize(
    ("job", "told"),
    [
        (
            JOB,
            (
                "$0.15 estimated · $0.17 billed: 33,000 trained tokens at $5.00 a million (prices of 2026-11-22) · "
                "10 % more than estimated"
            ),
        ),
        (
            replace(JOB, trained_tokens=30_000),
            (
                "$0.15 estimated · $0.15 billed: 30,000 trained tokens at $5.00 a million (prices of 2026-11-22) · "
                "as estimated"
            ),
        ),
        (replace(JOB, trained_tokens=None), "$0.15 estimated"),
        (replace(JOB, model="gpt-99"), "$0.15 estimated"),
        (replace(JOB, estimated_cost=None, trained_tokens=None), "–"),
        (FREE, "free"),
    ],
)
def test_a_job_tells_what_was_expected_and_what_is_billed(job: Job, told: str) -> None:
    assert cost_of(job, shipped("openai")) == told


def test_without_prices_there_is_only_the_estimate(qapp: QApplication) -> None:
    assert cost_of(JOB, None) == "$0.15 estimated"


def outlook(host: str, model: str, prices: PriceList | None, tmp_path: Path, length: int = 200) -> Outlook:
    data = TrainingData(tmp_path / "train.jsonl", None, None, {"train": range(100), "test": range(100, 120)})
    summary = SimpleNamespace(tokens=120 * length, trained=30 * length, exact=True)
    checking: Any = SimpleNamespace(tokens=lambda _: length, summary=summary)
    return Outlook(data, checking, host, host, model, prices)


@pytest.mark.usefixtures("qapp")
@pytest.mark.parametrize(
    ("host", "model", "epochs", "told"),
    [
        (
            "openai",
            "gpt-4.1-mini",
            None,
            (
                "20,000 tokens × perhaps 3 epochs (the host chooses) = 60,000 tokens · "
                "about $0.30 ($5.00 a million tokens, prices of 2026-11-22)"
            ),
        ),
        (
            "nebius",
            "Qwen/Qwen3-8B",
            2,
            (
                "20,000 tokens × 2 epochs = 40,000 tokens · "
                "about $0.016 ($0.40 a million tokens, prices of 2025-12-01) · "
                "then $2.00 an hour while it is deployed"
            ),
        ),
        (
            "together",
            "Qwen3",
            None,
            "20,000 tokens × 1 epoch = 20,000 tokens · billed by the host; its price is not known here",
        ),
        ("local", "tiny", None, "20,000 tokens × 18 epochs = 360,000 tokens · free · about 2 min"),
    ],
)
def test_a_launch_tells_tokens_epochs_price_and_its_day(
    host: str, model: str, epochs: int | None, told: str, tmp_path: Path
) -> None:
    assert outlook(host, model, shipped(host), tmp_path).expectation(epochs, []) == told


def test_only_what_is_trained_on_is_billed(qapp: QApplication, tmp_path: Path) -> None:
    cost = outlook("openai", "gpt-4.1", shipped("openai"), tmp_path).cost(3)
    assert cost is not None
    assert (cost.size.examples, cost.size.answers, cost.training) == (100, 5_000, pytest.approx(1.5))


def test_an_example_is_billed_as_far_as_the_host_reads_it(qapp: QApplication, tmp_path: Path) -> None:
    cost = outlook("openai", "gpt-4.1", shipped("openai"), tmp_path, length=70_000).cost(1)
    assert cost is not None
    assert (cost.billed_tokens, cost.size.answers) == (6_553_600, 1_750_000 - 446_400)


def test_a_host_without_a_list_is_billed_by_the_host(qapp: QApplication, tmp_path: Path) -> None:
    told = outlook("acme", "x", None, tmp_path).expectation(None, [])
    assert told == "20,000 tokens × automatic epochs · billed by the host; its price is not known here"


def test_a_price_of_ones_own_is_used(qapp: QApplication, tmp_path: Path) -> None:
    mine = parse_prices('as_of = 2026-05-06\nsource = "contract"\n[[models]]\nmatch = ["*"]\ntraining = 1', "acme")
    assert "about $0.04 ($1.00 a million tokens, prices of 2026-05-06)" in outlook(
        "a", "b", mine, tmp_path
    ).expectation(2, [])

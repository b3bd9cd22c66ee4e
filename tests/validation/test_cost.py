"""What a training and its model cost, by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from ftdesk.validation.checker import Checker
from ftdesk.validation.cost import Size, compare, estimate, size_of
from ftdesk.validation.prices import PriceList, parse_prices

HEAD = "as_of = 2026-01-02\nsource = 'here'\n"
SIZE = Size(examples=100, tokens=50_000, answers=10_000, exact=True)


def prices(host: str, *parts: str) -> PriceList:
    return parse_prices(HEAD + "\n".join(parts), host)


TOKENS = prices(
    "tokens",
    "training_tokens_per_second = 1_000",
    "[automatic_epochs]\nusual = 3\npublished = true",
    "[[models]]\nmatch = ['dear*']\ntraining = 20.0\ninput = 5.0\noutput = 10.0",
    "[[models]]\nmatch = ['cheap*']\ntraining = 4.0\ninput = 1.0\noutput = 2.0\nas_of = 2026-02-03",
    "[[serving]]\nname = 'none'\nper_hour = 0\nper_token = true",
)
HOURS = prices(
    "hours",
    "[automatic_epochs]\nnote = 'assumed.'",
    "[[models]]\nmatch = ['big']\ntraining = 8.0",
    "[[serving]]\nname = 'card'\nper_hour = 3.0",
    "[[serving]]\nname = 'trial'\nper_hour = 0\nlasts_hours = 24",
    "[[serving]]\nname = 'secret'",
)
UNKNOWN = prices("unknown")


def test_tokens_are_billed_in_every_epoch() -> None:
    cost = estimate(TOKENS, SIZE, "dear-1", 2)
    assert (cost.epochs, cost.epochs_assumed, cost.billed_tokens) == (2, False, 100_000)
    assert cost.training == pytest.approx(2.0)
    assert cost.seconds == pytest.approx(100.0)


def test_a_request_costs_its_prompt_and_its_answer() -> None:
    # 400 tokens of prompt and 100 of answer on average.
    assert estimate(TOKENS, SIZE, "dear").per_request == pytest.approx((400 * 5 + 100 * 10) / 1e6)


def test_a_request_like_a_preference_example_has_one_answer() -> None:
    pairs = replace(SIZE, method="preference")  # 100 tokens are those of both answers
    assert estimate(TOKENS, pairs, "dear").per_request == pytest.approx((400 * 5 + 50 * 10) / 1e6)


def test_without_a_model_the_cheapest_is_taken_and_dated() -> None:
    cost = estimate(TOKENS, SIZE)
    assert (cost.model, cost.training, cost.as_of) == ("cheap", pytest.approx(0.6), date(2026, 2, 3))


def test_epochs_that_the_host_does_not_publish_are_marked() -> None:
    assert estimate(HOURS, SIZE, "big").epochs_assumed
    assert not estimate(HOURS, SIZE, "big", 3).epochs_assumed
    assert not estimate(TOKENS, SIZE).epochs_assumed


@pytest.mark.parametrize("model", ["other", None])
def test_what_is_not_known_stays_unknown(model: str | None) -> None:
    cost = estimate(UNKNOWN, SIZE, model, 1)
    assert (cost.training, cost.per_request, cost.seconds, cost.price) == (None, None, None, None)
    assert cost.billed_tokens == 50_000
    assert cost.as_of == date(2026, 1, 2)


def test_hosting_is_compared_with_the_cheapest_price_by_the_token() -> None:
    card, trial, secret = estimate(HOURS, SIZE, "big", others=(TOKENS, HOURS)).serving
    assert card.per_month == pytest.approx(3.0 * 730)
    assert card.break_even is not None
    assert card.break_even.requests_per_hour == pytest.approx(3.0 / ((400 * 1 + 100 * 2) / 1e6))
    assert card.break_even.per_token == "cheap on tokens"
    assert (trial.per_month, trial.break_even) == (None, None)
    assert (secret.per_month, secret.break_even) == (None, None)


def test_the_hosts_own_price_by_the_token_is_compared_first() -> None:
    own = prices(
        "own",
        "[[models]]\nmatch = ['a']\ninput = 10\noutput = 10",
        "[[serving]]\nname = 'card'\nper_hour = 5",
    )
    cost = estimate(own, SIZE, "a", others=(TOKENS,)).serving[0].break_even
    assert cost is not None
    assert cost.requests_per_hour == pytest.approx(1_000)
    assert cost.per_token == "own"


def test_nothing_to_compare_with_means_no_break_even() -> None:
    assert estimate(HOURS, SIZE, "big").serving[0].break_even is None


def test_all_hosts_stand_side_by_side_the_cheapest_first_and_the_unknown_last() -> None:
    costs = compare((UNKNOWN, HOURS, TOKENS), lambda _: SIZE)
    assert [(cost.host, cost.model) for cost in costs] == [
        ("tokens", "cheap"),
        ("hours", "big"),
        ("tokens", "dear"),
        ("unknown", None),
    ]


def test_an_example_that_the_host_cuts_is_billed_up_to_there() -> None:
    line = b'{"messages": [{"role": "user", "content": "%s"}, {"role": "assistant", "content": "Yes"}]}'
    report = Checker().check_lines([line % b"Hi", line % (b"so" + b" on and" * 400)])
    short, long = report.example_tokens
    assert size_of(report).tokens == short + long > 800
    assert size_of(report, 100).tokens == short + 100
    assert size_of(report).answers == 2
    assert size_of(report, 100).answers == 1


def test_an_answer_is_cut_with_its_example() -> None:
    line = b'{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "%s"}]}'
    report = Checker().check_lines([line % b"Yes", b"{", line % (b"so" + b" on and" * 400)])
    tokens, answers = sum(report.example_tokens), size_of(report).answers
    cut = size_of(report, 100)
    assert answers > 800
    assert tokens - cut.tokens == answers - cut.answers > 700, "what is cut off is all of the answer"
    assert size_of(report, 5).answers == 0


def test_what_makes_the_figure_uncertain_is_said() -> None:
    pairs = Size(100, 50_000, 10_000, exact=False, method="preference")
    notes = " ".join(estimate(TOKENS, pairs, "dear").notes)
    assert "both answers" in notes.lower()
    assert "vocabulary of its own" in notes
    assert "Images and tools are estimated." in notes
    assert not estimate(TOKENS, SIZE, "gpt-4.1").notes

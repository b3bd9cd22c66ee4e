"""Statistics against scipy, against published examples, and against enumeration of all outcomes."""

from __future__ import annotations

import math
from itertools import product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest, multinomial

from ftdesk.evaluation.statistics import (
    PairedCounts,
    adjusted_p_values,
    examples_needed,
    mcnemar_p_value,
    paired_interval,
    paired_verdict,
    verdict_sentence,
    wilson_interval,
)

counts = st.integers(0, 200)
tables = st.builds(PairedCounts, counts, counts, counts, counts).filter(lambda table: table.examples > 0)


@given(st.integers(1, 5000), st.data())
def test_wilson_interval_equals_scipys(examples: int, data: st.DataObject) -> None:
    correct = data.draw(st.integers(0, examples))
    expected = binomtest(correct, examples).proportion_ci(method="wilson")
    assert wilson_interval(correct, examples) == pytest.approx((expected.low, expected.high), abs=1e-12)


@given(st.integers(0, 3000), st.integers(0, 3000))
def test_mcnemar_p_value_equals_scipys_binomial_test(only_a: int, only_b: int) -> None:
    assume(only_a + only_b > 0)
    expected = binomtest(only_a, only_a + only_b).pvalue
    assert mcnemar_p_value(only_a, only_b) == pytest.approx(expected, rel=1e-9)


def test_models_that_never_disagree_have_a_p_value_of_one() -> None:
    assert mcnemar_p_value(0, 0) == 1


@pytest.mark.parametrize(
    ("both", "only_b", "only_a", "neither", "low", "high"),
    [
        # Newcombe 1998, and Altman, Machin, Bryant, Gardner, "Statistics with Confidence", 2000, page 52.
        (14, 5, 0, 22, 0.011, 0.226),
        # Media for culturing tubercle bacilli: Armitage and Berry 1994, page 127.
        (20, 12, 2, 16, 0.056, 0.329),
        # Airway hyper-responsiveness: Fagerland, Lydersen, Laake, Statistics in Medicine 2014; 33: 2850-2875.
        (1, 1, 7, 12, -0.507, -0.026),
    ],
)
def test_paired_interval_equals_published_examples(
    both: int, only_b: int, only_a: int, neither: int, low: float, high: float
) -> None:
    assert paired_interval(PairedCounts(both, only_a, only_b, neither)) == pytest.approx((low, high), abs=0.0005)


def test_mcnemar_p_value_equals_the_published_one_of_the_tubercle_bacilli() -> None:
    assert mcnemar_p_value(2, 12) == pytest.approx(0.0129, abs=0.00005)


@given(tables)
def test_paired_interval_holds_the_difference_and_stays_within_one(table: PairedCounts) -> None:
    low, high = paired_interval(table)
    assert -1 <= low <= table.difference <= high <= 1


@given(tables)
def test_paired_interval_is_mirrored_when_the_models_change_places(table: PairedCounts) -> None:
    swapped = PairedCounts(table.both, table.only_b, table.only_a, table.neither)
    low, high = paired_interval(table)
    assert paired_interval(swapped) == pytest.approx((-high, -low), abs=1e-12)


@given(tables, st.integers(2, 20))
def test_more_examples_of_the_same_kind_narrow_the_interval(table: PairedCounts, times: int) -> None:
    larger = PairedCounts(*(times * part for part in (table.both, table.only_a, table.only_b, table.neither)))
    low, high = paired_interval(table)
    narrow_low, narrow_high = paired_interval(larger)
    assert narrow_high - narrow_low < high - low


@given(tables.filter(lambda table: table.only_a > 0))
def test_an_example_won_by_b_and_not_by_a_moves_the_difference_and_the_p_value_of_b(table: PairedCounts) -> None:
    moved = PairedCounts(table.both, table.only_a - 1, table.only_b + 1, table.neither)
    assert moved.difference > table.difference
    if table.only_b >= table.only_a:
        assert mcnemar_p_value(moved.only_a, moved.only_b) < mcnemar_p_value(table.only_a, table.only_b)


@pytest.mark.parametrize("shares", [(0.6, 0.1, 0.1, 0.2), (0.3, 0.05, 0.35, 0.3), (0.1, 0.2, 0.4, 0.3)])
def test_about_nineteen_of_twenty_paired_intervals_hold_the_truth(shares: tuple[float, ...]) -> None:
    """Enumerates every outcome of 24 examples."""
    examples, truth = 24, shares[2] - shares[1]
    distribution = multinomial(examples, shares)
    covered = 0.0
    for both, only_a, only_b in product(range(examples + 1), repeat=3):
        neither = examples - both - only_a - only_b
        if neither < 0:
            continue
        low, high = paired_interval(PairedCounts(both, only_a, only_b, neither))
        if low <= truth <= high:
            covered += distribution.pmf([both, only_a, only_b, neither])
    assert 0.94 <= covered <= 0.99


@pytest.mark.parametrize("shares", [(0.5, 0.1, 0.1, 0.3), (0.2, 0.25, 0.25, 0.3), (0.0, 0.02, 0.02, 0.96)])
def test_equal_models_are_told_apart_in_fewer_than_one_of_twenty_evaluations(shares: tuple[float, ...]) -> None:
    examples = 20
    distribution = multinomial(examples, shares)
    decided = 0.0
    for both, only_a, only_b in product(range(examples + 1), repeat=3):
        neither = examples - both - only_a - only_b
        if neither < 0:
            continue
        verdict = paired_verdict(PairedCounts(both, only_a, only_b, neither), mcnemar_p_value(only_a, only_b))
        if verdict != "undecided":
            decided += distribution.pmf([both, only_a, only_b, neither])
    assert decided <= 0.05


@pytest.mark.parametrize(
    ("difference", "disagreement"), [(0.05, 0.1), (0.05, 0.2), (0.1, 0.15), (0.1, 0.2), (0.1, 0.4)]
)
def test_the_examples_said_to_be_needed_show_the_difference_in_four_of_five_evaluations(
    difference: float, disagreement: float
) -> None:
    assert power(examples_needed(difference, disagreement), difference, disagreement) == pytest.approx(0.8, abs=0.03)


def power(examples: int, difference: float, disagreement: float) -> float:
    """Exact power of the exact McNemar test when B is ``difference`` better."""
    share_of_b = (disagreement + difference) / (2 * disagreement)
    total = 0.0
    for disagreements in range(examples + 1):
        weight = binom.pmf(disagreements, examples, disagreement)
        if weight < 1e-9:
            continue
        worst = max(
            (a for a in range(disagreements // 2 + 1) if mcnemar_p_value(a, disagreements - a) < 0.05), default=-1
        )
        total += weight * binom.cdf(worst, disagreements, 1 - share_of_b)
    return float(total)


@given(st.floats(0.005, 0.5), st.floats(0, 1), st.floats(0, 1))
def test_more_disagreement_needs_more_examples(difference: float, one: float, other: float) -> None:
    assert examples_needed(difference, min(one, other)) <= examples_needed(difference, max(one, other))


def test_holm_equals_the_textbook() -> None:
    assert adjusted_p_values([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert adjusted_p_values([0.2]) == [0.2]
    assert adjusted_p_values([0.9, 0.8]) == [1.0, 1.0]
    assert adjusted_p_values([]) == []


@given(st.lists(st.floats(0, 1), max_size=10))
def test_holm_never_lowers_a_p_value_and_keeps_their_order(p_values: list[float]) -> None:
    adjusted = adjusted_p_values(p_values)
    assert all(p <= q <= 1 for p, q in zip(p_values, adjusted, strict=True))
    for (p, q), (other_p, other_q) in product(zip(p_values, adjusted, strict=True), repeat=2):
        if p <= other_p:
            assert q <= other_q


@pytest.mark.parametrize(
    ("table", "verdict", "sentence"),
    [
        (PairedCounts(20, 4, 15, 21), "better", "B is better: +18 points, 95 % interval 4 to 31, 60 examples"),
        (PairedCounts(20, 15, 4, 21), "worse", "B is worse: −18 points, 95 % interval −31 to −4, 60 examples"),
        (PairedCounts(0, 0, 1, 0), "undecided", "cannot tell yet: about 2200 examples are needed to see 5 points"),
        (PairedCounts(900, 50, 50, 0), "undecided", "cannot tell yet: about 2100 examples are needed to see 2 points"),
        (PairedCounts(10**6, 50, 50, 0), "undecided", "no difference of 0.5 points or more in 1000100 examples"),
        (
            PairedCounts(500000, 1000, 1100, 300000),
            "better",
            "B is better: +0.01 points, 95 % interval 0.00 to 0.02, 802100 examples",
        ),
    ],
)
def test_the_sentence_says_what_the_numbers_say(table: PairedCounts, verdict: str, sentence: str) -> None:
    decided = paired_verdict(table, mcnemar_p_value(table.only_a, table.only_b))
    assert (decided, verdict_sentence("B", table, decided)) == (verdict, sentence)


def test_a_large_difference_in_few_examples_stays_undecided() -> None:
    table = PairedCounts(0, 0, 5, 0)
    assert paired_interval(table)[0] > 0  # the interval alone would say better
    assert paired_verdict(table, mcnemar_p_value(0, 5)) == "undecided"


def test_a_difference_that_several_comparisons_explain_stays_undecided() -> None:
    table = PairedCounts(20, 4, 15, 21)
    p_value = mcnemar_p_value(4, 15)
    assert p_value < 0.05
    assert paired_verdict(table, adjusted_p_values([p_value, 0.5, 0.5])[0]) == "undecided"


def test_p_values_of_thousands_of_disagreements_are_numbers() -> None:
    assert mcnemar_p_value(0, 5000) == 0
    assert math.isclose(mcnemar_p_value(4900, 5100), binomtest(4900, 10000).pvalue, rel_tol=1e-9)

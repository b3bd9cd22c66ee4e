"""What can be said about scores: intervals, the exact paired test, a verdict, and how many examples would settle it.

Plain Python: the sums are exact integers, and importing scipy would cost more than the whole calculation.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ftdesk.evaluation.types import Interval, Verdict

CONFIDENCE = 0.95
ALPHA = 1 - CONFIDENCE
POWER = 0.80
TEST = "mcnemar-exact"

_Z = 1.959963984540054  # normal quantile of 0.975
_Z_POWER = 0.8416212335729143  # normal quantile of 0.80
_SMALLEST_DIFFERENCES = (0.05, 0.02, 0.01, 0.005)


@dataclass(frozen=True, slots=True)
class PairedCounts:
    """How often two models were right on the same examples."""

    both: int
    only_a: int
    only_b: int
    neither: int

    @property
    def examples(self) -> int:
        return self.both + self.only_a + self.only_b + self.neither

    @property
    def difference(self) -> float:
        """Share of B minus share of A, −1 to 1."""
        return (self.only_b - self.only_a) / self.examples


def wilson_interval(correct: int, examples: int) -> Interval:
    """95 % interval of a proportion (Wilson 1927; Newcombe 1998a, method 3). ``examples`` must be positive."""
    share = correct / examples
    spread = _Z * math.sqrt(share * (1 - share) / examples + _Z**2 / (4 * examples**2))
    scale = 1 + _Z**2 / examples
    centre = share + _Z**2 / (2 * examples)
    # At the ends the limits are 0 and 1 exactly; floating point would leave 1e-17.
    low = 0.0 if correct == 0 else (centre - spread) / scale
    high = 1.0 if correct == examples else (centre + spread) / scale
    return low, high


def paired_interval(counts: PairedCounts) -> Interval:
    """95 % interval of B minus A on the same examples.

    Newcombe RG. Improved confidence intervals for the difference between binomial proportions based on paired data.
    Statistics in Medicine 1998; 17: 2635–2650, method 10: the Wilson limits of both shares, squared and added, less
    their correlation phi, whose numerator is continuity corrected when it is positive.
    """
    examples = counts.examples
    correct_a, correct_b = counts.both + counts.only_a, counts.both + counts.only_b
    share_a, share_b = correct_a / examples, correct_b / examples
    low_a, high_a = wilson_interval(correct_a, examples)
    low_b, high_b = wilson_interval(correct_b, examples)
    phi = _corrected_phi(counts)
    below = _added(share_b - low_b, high_a - share_a, phi)
    above = _added(high_b - share_b, share_a - low_a, phi)
    return max(-1.0, counts.difference - below), min(1.0, counts.difference + above)


def mcnemar_p_value(only_a: int, only_b: int) -> float:
    """Two-sided exact p value: where the models disagree, either is as likely to be right (a sign test)."""
    disagreements = only_a + only_b
    term = tail = 1
    for count in range(1, min(only_a, only_b) + 1):
        term = term * (disagreements - count + 1) // count
        tail += term
    return min(1.0, 2 * tail / (1 << disagreements))


def adjusted_p_values(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjustment for several comparisons, in the order given (Holm 1979). One value stays as it is."""
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    adjusted = [0.0] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = largest
    return adjusted


def paired_verdict(counts: PairedCounts, adjusted_p_value: float) -> Verdict:
    """Whether B differs from A. Both the exact test and the interval must say so: they can disagree near the border."""
    low, high = paired_interval(counts)
    if adjusted_p_value >= ALPHA or low <= 0 <= high:
        return "undecided"
    return "better" if counts.difference > 0 else "worse"


def examples_needed(difference: float, disagreement: float) -> int:
    """How many examples show a true ``difference`` in four of five evaluations.

    ``disagreement`` is the share of examples on which one model is right and the other wrong.

    Sample size of McNemar's test (Miettinen 1968; Connor, Biometrics 1987; 43: 207–211),

        n = (z₀.₉₇₅·√ψ + z₀.₈₀·√(ψ − δ²))² / δ²      δ difference, ψ disagreement,

    plus 1/δ, because the exact test asks for a little more than the normal approximation. Enumeration puts the power at
    that size between 0.79 and 0.82, and higher where ψ is close to δ. Models differ at most where they disagree: ψ ≥ δ.
    """
    disagreement = min(1.0, max(disagreement, difference))
    root = _Z * math.sqrt(disagreement) + _Z_POWER * math.sqrt(disagreement - difference**2)
    return math.ceil(root**2 / difference**2 + 1 / difference)


def verdict_sentence(name_b: str, counts: PairedCounts, verdict: Verdict) -> str:
    """The verdict for a person, about model B."""
    if verdict != "undecided":
        low, high = paired_interval(counts)
        difference, low_text, high_text = _points(counts.difference, low, high)
        return (
            f"{name_b} is {verdict}: {'' if counts.difference < 0 else '+'}{difference} points, "
            f"95 % interval {low_text} to {high_text}, {_plural(counts.examples)}"
        )
    # One disagreement in two more examples: a small set without any must not promise that there never will be.
    disagreement = (counts.only_a + counts.only_b + 1) / (counts.examples + 2)
    for visible in _SMALLEST_DIFFERENCES:
        needed = examples_needed(visible, disagreement)
        if needed > counts.examples:
            return f"cannot tell yet: about {_rounded_up(needed)} examples are needed to see {visible * 100:g} points"
    return f"no difference of {_SMALLEST_DIFFERENCES[-1] * 100:g} points or more in {_plural(counts.examples)}"


def _corrected_phi(counts: PairedCounts) -> float:
    both, only_a, only_b, neither = counts.both, counts.only_a, counts.only_b, counts.neither
    product = (both + only_a) * (only_b + neither) * (both + only_b) * (only_a + neither)
    if product == 0:
        return 0.0
    numerator: float = both * neither - only_a * only_b
    if numerator > 0:
        numerator = max(numerator - counts.examples / 2, 0)
    return numerator / math.sqrt(product)


def _added(one: float, other: float, phi: float) -> float:
    return math.sqrt(max(0.0, one**2 - 2 * phi * one * other + other**2))


def _points(*shares: float) -> list[str]:
    """Shares as points, with as few decimals as tell all of them from zero."""
    decimals = 0
    while decimals < 2 and any(share != 0 and round(share * 100, decimals) == 0 for share in shares):
        decimals += 1
    return [f"{share * 100:.{decimals}f}".replace("-", "−") for share in shares]


def _rounded_up(count: int) -> int:
    """Two significant digits: the estimate is not better than that."""
    step: int = 10 ** max(0, len(str(count)) - 2)
    return math.ceil(count / step) * step


def _plural(examples: int) -> str:
    return f"{examples} example{'' if examples == 1 else 's'}"

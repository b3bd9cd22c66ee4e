"""From the scores of single answers to what an evaluation concludes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from ftdesk.evaluation.statistics import (
    TEST,
    PairedCounts,
    adjusted_p_values,
    mcnemar_p_value,
    paired_interval,
    paired_verdict,
    verdict_sentence,
    wilson_interval,
)
from ftdesk.evaluation.types import ModelScore, PairedDifference
from ftdesk.hosts.types import ModelName

Scores = Sequence[float | None]
"""One model's score of every item, in the order of the items; ``None`` where no answer could be had."""


def model_score(model: ModelName, scores: Scores) -> ModelScore:
    """Share of right answers. Only a full score is right; an answer that could not be had is wrong."""
    correct = sum(map(_is_right, scores))
    return ModelScore(
        model, correct, correct / len(scores), wilson_interval(correct, len(scores)), sum(s is None for s in scores)
    )


def paired_differences(models: Sequence[ModelName], scores: Sequence[Scores]) -> tuple[PairedDifference, ...]:
    """Every model against each before it. ``p_value`` is that of the pair; verdicts allow for the number of pairs."""
    pairs = list(combinations(range(len(models)), 2))
    tables = [_counts(scores[a], scores[b]) for a, b in pairs]
    p_values = [mcnemar_p_value(table.only_a, table.only_b) for table in tables]
    differences = []
    for (a, b), table, p_value, adjusted in zip(pairs, tables, p_values, adjusted_p_values(p_values), strict=True):
        verdict = paired_verdict(table, adjusted)
        differences.append(
            PairedDifference(
                a=models[a],
                b=models[b],
                difference=table.difference,
                interval=paired_interval(table),
                p_value=p_value,
                test=TEST,
                only_a=table.only_a,
                only_b=table.only_b,
                verdict=verdict,
                sentence=verdict_sentence(str(models[b]), table, verdict),
            )
        )
    return tuple(differences)


def _counts(a: Scores, b: Scores) -> PairedCounts:
    outcomes = [(_is_right(one), _is_right(other)) for one, other in zip(a, b, strict=True)]
    return PairedCounts(
        both=outcomes.count((True, True)),
        only_a=outcomes.count((True, False)),
        only_b=outcomes.count((False, True)),
        neither=outcomes.count((False, False)),
    )


def _is_right(score: float | None) -> bool:
    return score is not None and score >= 1

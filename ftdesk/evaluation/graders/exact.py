"""Exact match."""

from __future__ import annotations

from ftdesk.evaluation.graders.grader import Grader


def grade(answer: str, reference: str) -> float:
    """1 when both texts are equal after white space at both ends (Unicode's) is stripped, else 0.

    Nothing else is evened out: case, punctuation, inner white space, line ends and Unicode forms count.
    """
    return float(answer.strip() == reference.strip())


EXACT = Grader("exact", "equal after stripping white space at both ends", grade)

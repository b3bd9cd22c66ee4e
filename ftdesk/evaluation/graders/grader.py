"""What every grader is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Grader:
    """``grade(answer, reference)`` gives a score from 0 (wrong) to 1 (right) and depends on nothing else.

    That makes scores reproducible, and answers that are kept can be scored again without asking a model.
    """

    name: str
    summary: str
    grade: Callable[[str, str], float]

"""How an answer is scored against its reference: one function per module, all listed in ``GRADERS``."""

from __future__ import annotations

from ftdesk.errors import InputError
from ftdesk.evaluation.graders.exact import EXACT
from ftdesk.evaluation.graders.grader import Grader

GRADERS: tuple[Grader, ...] = (EXACT,)


def grader_named(name: str) -> Grader:
    """The grader called ``name``. Raises ``InputError`` that lists those there are."""
    for grader in GRADERS:
        if grader.name == name:
            return grader
    raise InputError(
        f"There is no grader “{name}”.", hint=f"Choose one of: {', '.join(grader.name for grader in GRADERS)}."
    )

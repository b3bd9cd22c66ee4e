"""Graders: each is listed, and says what is documented."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

from ftdesk.errors import InputError
from ftdesk.evaluation import graders
from ftdesk.evaluation.graders import GRADERS, grader_named
from ftdesk.evaluation.graders.grader import Grader


@pytest.mark.parametrize(
    ("answer", "reference", "score"),
    [
        ("I10", "I10", 1),
        (" I10\r\n\u00a0", "I10\n", 1),
        ("i10", "I10", 0),
        ("I10: a\nE78.5: b", "I10: a\r\nE78.5: b", 0),
        ("I10 ", "I10.", 0),
        ("é", "e\u0301", 0),
        ("", "I10", 0),
    ],
)
def test_exact_strips_both_ends_and_evens_out_nothing_else(answer: str, reference: str, score: float) -> None:
    assert grader_named("exact").grade(answer, reference) == score


def test_every_grader_that_is_written_is_listed() -> None:
    modules = [
        importlib.import_module(f"{graders.__name__}.{module.name}")
        for module in pkgutil.iter_modules(graders.__path__)
    ]
    written = [value for module in modules for value in vars(module).values() if isinstance(value, Grader)]
    assert set(map(id, written)) == set(map(id, GRADERS))
    assert len({grader.name for grader in GRADERS}) == len(GRADERS)


def test_an_unknown_grader_is_an_input_error_that_names_those_there_are() -> None:
    with pytest.raises(InputError) as caught:
        grader_named("Exact")
    assert "exact" in caught.value.hint

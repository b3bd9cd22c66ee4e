"""Hostile lines through the reader and all rules. ``FTDESK_FUZZ_LINES=1000000`` makes it many.

How long single lines take is measured by ``tests/benchmarks/bench_hostile.py``.
"""

from __future__ import annotations

import os

import pytest
from mutations import mutated_lines

from ftdesk.validation.checker import Checker, MethodChoice
from ftdesk.validation.rule import RecordRule, TextRule
from ftdesk.validation.rules import RULES

LINES = int(os.environ.get("FTDESK_FUZZ_LINES", "4000"))


@pytest.mark.parametrize("method", ["supervised", "preference", "reinforcement", "auto"])
def test_no_mutated_line_is_too_much_for_the_check(method: MethodChoice) -> None:
    checker = Checker(method).line_checker
    lines = list(mutated_lines(LINES // 4, seed=len(method)))
    found = set()
    for start in range(0, len(lines), 500):
        block = lines[start : start + 500]
        tally = checker.check(block, first=start == 0)
        assert tally.lines == len(block)
        assert all(1 <= (finding.line or 0) <= len(block) for finding in tally.findings)
        assert all("\n" not in finding.message + (finding.path or "") for finding in tally.findings)
        found |= {finding.rule for finding in tally.findings}
    if method == "supervised":
        # The lines get far: a good part of all rules has something to say.
        possible = {rule.code for rule in RULES if isinstance(rule, (RecordRule, TextRule))}
        assert len(found & possible) > len(possible) / 2

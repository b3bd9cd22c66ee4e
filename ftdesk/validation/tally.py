"""What adds up while lines are checked."""

from __future__ import annotations

from array import array
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from ftdesk.validation.findings import Finding, TokenSummary
from ftdesk.validation.requirements import Verdict
from ftdesk.validation.rule import Fact
from ftdesk.validation.tokens import O200K_BASE, ExampleTokens


class RecordResult(NamedTuple):
    """What is known about one line. A named tuple because it takes a third of the time to make.

    ``facts`` is what the dataset rules remember of it. ``tokens`` is ``None`` where nothing was counted.
    ``verdicts`` says of each problem how grave it is for every host, also of those that are none for the chosen one.
    """

    findings: tuple[Finding, ...]
    facts: tuple[Fact, ...]
    blank: bool
    tokens: ExampleTokens | None = None
    verdicts: tuple[Verdict, ...] = ()


@dataclass(slots=True)
class Tally:
    """The sum of results. It crosses process borders, so it holds numbers rather than objects where there are many.

    ``facts`` has an entry for each line of one block; sums of several blocks do not keep them.
    """

    lines: int = 0
    examples: int = 0
    findings: list[Finding] = field(default_factory=list)
    facts: list[tuple[Fact, ...]] = field(default_factory=list)
    example_tokens: array[int] = field(default_factory=lambda: array("Q"))
    trained: int = 0
    over_limit: int = 0
    exact: bool = True
    verdicts: Counter[Verdict] = field(default_factory=Counter)

    def add(self, result: RecordResult, token_limit: int | None) -> None:
        """Take in the result of one more line. ``token_limit`` is the length at which the host cuts an example."""
        self.lines += 1
        self.examples += not result.blank
        self.findings.extend(result.findings)
        self.facts.append(result.facts)
        if result.verdicts:
            self.verdicts.update(result.verdicts)
        if result.tokens is not None:
            self.example_tokens.append(result.tokens.total)
            self.trained += result.tokens.trained
            self.over_limit += token_limit is not None and result.tokens.longest > token_limit
            self.exact = self.exact and result.tokens.exact

    def merge(self, block: Tally) -> None:
        """Take in the sum of the block of lines that follows."""
        self.lines += block.lines
        self.examples += block.examples
        self.findings += block.findings
        self.verdicts.update(block.verdicts)
        self.example_tokens += block.example_tokens
        self.trained += block.trained
        self.over_limit += block.over_limit
        self.exact = self.exact and block.exact

    def token_summary(self, *, exact: bool) -> TokenSummary:
        """Percentiles are counts that occur: the nearest rank. ``exact`` says whether the model's encoding is known."""
        counts = sorted(self.example_tokens) or [0]
        return TokenSummary(
            encoding=O200K_BASE,
            exact=exact and self.exact,
            total=sum(counts),
            trained=self.trained,
            min=counts[0],
            median=counts[_rank(len(counts), 50)],
            p95=counts[_rank(len(counts), 95)],
            max=counts[-1],
            over_limit=self.over_limit,
        )


def _rank(count: int, percent: int) -> int:
    """The index of the smallest value that ``percent`` of ``count`` sorted values do not exceed."""
    return -(-count * percent // 100) - 1

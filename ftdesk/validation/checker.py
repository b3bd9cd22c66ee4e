"""Checks single lines, as they are typed, and whole files, with progress and bounded memory.

Cheap to import; the token vocabulary is loaded when the first example is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from ftdesk.dataset.record import kind_of
from ftdesk.validation.findings import METHODS, Finding, Method, Report
from ftdesk.validation.parallel import check_in_order
from ftdesk.validation.reading import open_training_file, read_blocks
from ftdesk.validation.record import Example, Line, read_example, read_line
from ftdesk.validation.requirements import OPENAI, Requirements
from ftdesk.validation.rule import DatasetRule, Fact, LineRule, Problem, RecordRule, Rule, TokenRule
from ftdesk.validation.rules import RULES
from ftdesk.validation.tally import RecordResult, Tally
from ftdesk.validation.tokens import ExampleTokens, count_example, count_plain, has_known_encoding, shared_counter

__all__ = ["CheckEvent", "CheckFinished", "CheckProgress", "Checker", "MethodChoice", "RecordResult"]

MethodChoice = Literal["auto", "supervised", "preference", "reinforcement"]

# Below this, starting processes costs more than they save: each loads the vocabulary first.
_WORTH_SHARING = 24 << 20

_Kind = TypeVar("_Kind", bound=Rule)


def _of_kind(kind: type[_Kind]) -> tuple[_Kind, ...]:
    return tuple(rule for rule in RULES if isinstance(rule, kind))


_LINE_RULES = _of_kind(LineRule)
_RECORD_RULES = _of_kind(RecordRule)
_TEXT_RULES = tuple(rule for rule in _RECORD_RULES if rule.reads_text)
_TOKEN_RULES = _of_kind(TokenRule)
_DATASET_RULES = _of_kind(DatasetRule)
_PLAIN_METHODS = frozenset({None, "supervised"})


@dataclass(frozen=True, slots=True)
class CheckProgress:
    """So much of the file is checked."""

    done_bytes: int
    total_bytes: int
    lines: int


@dataclass(frozen=True, slots=True)
class CheckFinished:
    report: Report


CheckEvent = CheckProgress | CheckFinished
"""What a check of a file yields: progress, and at the end the report."""


class Checker:
    """Checks lines for one method, one host and one model.

    With ``"auto"`` the method is that of most examples at the beginning of the first file that is checked. A checker
    remembers what the dataset rules must know of that file, so that an edited line is checked against all others with
    ``recheck``.
    """

    def __init__(
        self,
        method: MethodChoice = "auto",
        *,
        model: str | None = None,
        requirements: Requirements = OPENAI,
        count_tokens: bool = True,
    ) -> None:
        self.asked = method != "auto"
        self.method: Method | None = None if method == "auto" else method
        """The method of the file, as soon as it is known."""
        self.model = model
        self.requirements = requirements
        self.count_tokens = count_tokens
        self._token_limit = requirements.token_limit(model)
        self._indexes = [rule.index(requirements) for rule in _DATASET_RULES]

    def check_record(self, line_number: int, raw: bytes) -> RecordResult:
        """Check one line, without its LF, by itself. Never raises, whatever the bytes."""
        line = read_line(raw, first=line_number == 1)
        facts = tuple([rule.fact(line) for rule in _DATASET_RULES])
        if line.plain and self.method in _PLAIN_METHODS and not (line.duplicates or line.first):
            problems, tokens = self._check_plain(line.value)
        else:
            problems, tokens = self._check_with_all_rules(line)
        findings = tuple([_finding(rule, line_number, problem) for rule, problem in problems])
        return RecordResult(findings, facts, line.blank, tokens)

    def recheck(
        self, key: int, line_number: int, before: RecordResult | None, raw: bytes | None
    ) -> RecordResult | None:
        """Check one line again after an edit, and tell the dataset rules, at the cost of one look-up.

        ``key`` is the line's number when its file was checked, or any other number for a new line. ``before`` is the
        result for the old text, ``None`` for a new line; ``raw`` is the new text, ``None`` for a line that was removed.
        """
        if before is not None:
            for index, fact in zip(self._indexes, before.facts, strict=True):
                index.remove(key, fact)
        if raw is None:
            return None
        result = self.check_record(line_number, raw)
        self._remember(key, result.facts)
        return result

    def dataset_findings(self, line_of: Callable[[int], int] = lambda key: key) -> list[Finding]:
        """What is wrong now with the examples as a whole. ``line_of`` gives the present line number of a key."""
        return [
            _finding(rule, None if key is None else line_of(key), problem)
            for rule, index in zip(_DATASET_RULES, self._indexes, strict=True)
            for key, problem in index.problems(line_of)
        ]

    def check_file(self, path: Path, *, workers: int = 1) -> Iterator[CheckEvent]:
        """Check a file: progress on the way and the report at the end. The file is only read.

        A plain generator that may run in any thread; close it to stop. With more than one of ``workers``, a large
        file is shared out to so many processes. Raises ``InputError`` for a file that cannot be read, is empty or is
        not text.
        """
        file, size = open_training_file(path)
        with file:
            blocks = read_blocks(file, path)
            many = workers > 1 and self.count_tokens and size >= _WORTH_SHARING
            yield from self._check_blocks(blocks, str(path), size, workers if many else 1)

    def check_lines(self, lines: Sequence[bytes], name: str = "") -> Report:
        """Check lines that are in memory already, each without its LF."""
        size = sum(len(line) + 1 for line in lines)
        events = self._check_blocks([(lines, size)], name, size, 1)
        return next(event.report for event in events if isinstance(event, CheckFinished))

    def check_block(self, first_line: int, lines: Sequence[bytes]) -> Tally:
        """Check some lines that follow each other. The method must be known."""
        tally = Tally()
        for number, raw in enumerate(lines, first_line):
            tally.add(self.check_record(number, raw), self._token_limit)
        return tally

    def _check_blocks(
        self, blocks: Iterable[tuple[Sequence[bytes], int]], name: str, size: int, workers: int
    ) -> Iterator[CheckEvent]:
        self._indexes = [rule.index(self.requirements) for rule in _DATASET_RULES]
        total, done = Tally(), 0
        for tally, done in check_in_order(self, blocks, workers):
            for key, facts in enumerate(tally.facts, total.lines + 1):
                self._remember(key, facts)
            total.merge(tally)
            yield CheckProgress(done, max(size, done), total.lines)
        yield CheckFinished(self._report(total, name, done))

    def settle_method(self, first_line: int, lines: Iterable[bytes]) -> bool:
        """Whether the method is known. If not yet, it becomes that of most of these lines, if they hold any example."""
        if self.method is None:
            self.method = _prevailing_method(lines, first=first_line == 1)
        return self.method is not None

    def _report(self, tally: Tally, name: str, size: int) -> Report:
        findings = tally.findings + self.dataset_findings()
        findings.sort(key=lambda finding: (finding.line is None, finding.line or 0))
        return Report(
            file=name,
            method=self.method or "supervised",
            lines=tally.lines,
            examples=tally.examples,
            bytes=size,
            host=self.requirements.host,
            findings=tuple(findings),
            tokens=tally.token_summary(exact=has_known_encoding(self.model)) if self.count_tokens else None,
            example_tokens=tally.example_tokens,
        )

    def _remember(self, key: int, facts: tuple[Fact, ...]) -> None:
        for index, fact in zip(self._indexes, facts, strict=True):
            index.add(key, fact)

    def _check_plain(self, value: dict[str, Any]) -> tuple[list[tuple[Rule, Problem]], ExampleTokens | None]:
        """The few rules that a plain supervised example can break: no structural rule is among them."""
        problems: list[tuple[Rule, Problem]] = []
        if _TEXT_RULES:
            example = self._example(value)
            problems += [(rule, problem) for rule in _TEXT_RULES for problem in rule.check(example)]
        if not self.count_tokens:
            return problems, None
        tokens = count_plain(value["messages"], shared_counter())
        return problems + self._token_problems(tokens), tokens

    def _check_with_all_rules(self, line: Line) -> tuple[list[tuple[Rule, Problem]], ExampleTokens | None]:
        problems: list[tuple[Rule, Problem]] = [(rule, problem) for rule in _LINE_RULES for problem in rule.check(line)]
        if not isinstance(line.value, dict):
            return problems, None
        example = self._example(line.value)
        problems += [(rule, problem) for rule in _RECORD_RULES for problem in rule.check(example)]
        if not (self.count_tokens and example.messages):
            return problems, None
        tokens = count_example(example, shared_counter())
        return problems + self._token_problems(tokens), tokens

    def _token_problems(self, tokens: ExampleTokens) -> list[tuple[Rule, Problem]]:
        limit = self._token_limit
        if limit is None:
            return []
        return [(rule, problem) for rule in _TOKEN_RULES for problem in rule.check(tokens, limit)]

    def _example(self, value: dict[str, Any]) -> Example:
        """Read ``value`` as what it was meant to be, which is the file's method unless its keys say otherwise."""
        kind = kind_of(value)
        method: Method = kind if kind in METHODS else "supervised"
        is_conversation = method != "preference"
        if self.method is not None and is_conversation and (self.method != "preference" or "messages" not in value):
            method = self.method
        return read_example(value, method, self.method, asked=self.asked)


def _finding(rule: Rule, line_number: int | None, problem: Problem) -> Finding:
    return Finding(
        line=line_number,
        column=problem.column,
        path=problem.path,
        rule=rule.code,
        severity=problem.severity or rule.severity,
        message=problem.message,
        fix=problem.fix,
    )


def _prevailing_method(lines: Iterable[bytes], *, first: bool) -> Method | None:
    """The method of most of these lines, or ``None`` if none of them is an example."""
    kinds: Counter[Method] = Counter()
    for position, raw in enumerate(lines):
        value = read_line(raw, first=first and position == 0).value
        if isinstance(value, dict):
            kind = kind_of(value)
            kinds[kind if kind in METHODS else "supervised"] += 1
    if not kinds:
        return None
    if kinds["preference"] > kinds["supervised"] + kinds["reinforcement"]:
        return "preference"
    return "reinforcement" if kinds["reinforcement"] > kinds["supervised"] else "supervised"

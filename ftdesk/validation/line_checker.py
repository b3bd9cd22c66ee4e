"""Checks lines by themselves, a block at a time. It knows nothing of other lines, so it can work in any process."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from ftdesk.dataset.record import kind_of
from ftdesk.validation.counters import encoding_for, shared_counter
from ftdesk.validation.findings import METHODS, Finding, Method, Severity
from ftdesk.validation.indexes import INDEXES, facts_of
from ftdesk.validation.problem import Feature
from ftdesk.validation.record import Example, Line, read_example, read_line
from ftdesk.validation.regular import is_regular
from ftdesk.validation.requirements import Requirements, Verdict
from ftdesk.validation.rule import (
    DatasetRule,
    Fact,
    LikenessRule,
    LineRule,
    Problem,
    RecordRule,
    Rule,
    TextRule,
    TokenRule,
)
from ftdesk.validation.rules import RULES
from ftdesk.validation.scanning import Passage
from ftdesk.validation.tally import BLANK, OVER_LIMIT, PlacedVerdict, RecordResult, Tally
from ftdesk.validation.tokens import ExampleTokens, TokenBatch

_Kind = TypeVar("_Kind", bound=Rule)


def _of_kind(kind: type[_Kind]) -> tuple[_Kind, ...]:
    return tuple(rule for rule in RULES if isinstance(rule, kind))


DATASET_RULES = _of_kind(DatasetRule)
LIKENESS_RULES = _of_kind(LikenessRule)
_LINE_RULES = _of_kind(LineRule)
_RECORD_RULES = _of_kind(RecordRule)
_TEXT_RULES = _of_kind(TextRule)
_REGULAR_CODES = frozenset(
    {
        "tool-arguments-not-json",
        "tool-arguments-double-encoded",
        "tool-arguments-schema",
        "tool-schema-invalid",
        "not-supported",
    }
)
_REGULAR_RULES = tuple(rule for rule in _RECORD_RULES if rule.code in _REGULAR_CODES)
"""All that can find anything in a regular example."""
_TOKEN_RULES = _of_kind(TokenRule)
_PLAIN_METHODS = frozenset({None, "supervised"})
_PASSAGE = 16 * 1024
"""Bytes of lines that are looked through at once: many, but few enough that mostly nothing is noticed in any."""

_Problems = list[tuple[Rule, Problem]]


@dataclass(slots=True)
class _Block:
    """What is found in some lines, which are counted from 0. ``tokens`` are those of the lines in ``counted``."""

    findings: list[Finding] = field(default_factory=list)
    verdicts: list[PlacedVerdict] = field(default_factory=list)
    facts: list[tuple[Fact, ...]] = field(default_factory=list)
    blank: list[int] = field(default_factory=list)
    counted: list[int] = field(default_factory=list)
    tokens: list[ExampleTokens] = field(default_factory=list)


class LineChecker:
    """Checks lines for one method, some hosts and one model.

    ``method`` is ``None`` as long as that of the file is not known; ``asked`` says that a person has chosen it.
    Findings are those for the first of ``hosts``; a verdict says how grave a problem is for each.
    """

    def __init__(
        self,
        method: Method | None,
        hosts: tuple[Requirements, ...],
        model: str | None,
        *,
        asked: bool,
        count_tokens: bool,
    ) -> None:
        self.method = method
        self.hosts = hosts
        self.model = model
        self.asked = asked
        self.count_tokens = count_tokens
        self.encoding, self.is_known_encoding = encoding_for(model)
        self._verdicts: dict[tuple[str, Severity | None, Feature | None], Verdict] = {}
        self._token_limit = hosts[0].token_limit(model)
        limits = [limit for host in hosts if (limit := host.token_limit(model)) is not None]
        self._least_token_limit = min(limits, default=None)

    def check(self, lines: Sequence[bytes], *, first: bool) -> Tally:
        """Check lines that follow each other, each without its LF; findings count them from 1. Never raises.

        ``first`` says whether they begin a file, where a byte order mark may stand.
        """
        block = self._check(lines, 1, first=first)
        columns = zip(*block.facts, strict=True) if lines else ((),) * len(INDEXES)
        tally = Tally.of_lines(block.findings, columns, len(lines))
        tally.add_verdicts(block.verdicts)
        for line in block.blank:
            tally.flags[line] = BLANK
        limit = self._token_limit
        for line, tokens in zip(block.counted, block.tokens, strict=True):
            tally.set_tokens(line, tokens)
            if limit is not None and tokens.longest > limit:
                tally.flags[line] |= OVER_LIMIT
        return tally

    def check_one(self, line_number: int, raw: bytes) -> RecordResult:
        """Check one line. Never raises."""
        block = self._check([raw], line_number, first=line_number == 1)
        tokens = block.tokens[0] if block.tokens else None
        return RecordResult(tuple(block.findings), block.facts[0], bool(block.blank), tokens)

    def _check(self, lines: Sequence[bytes], first_line: int, *, first: bool) -> _Block:
        block = _Block()
        batch = TokenBatch()
        at_once = _PASSAGE * len(lines) // (sum(map(len, lines)) + 1) + 1
        text_rules: Sequence[TextRule] = ()
        for number, raw in enumerate(lines, first_line):
            at = number - first_line
            if at % at_once == 0:
                text_rules = _noticing(lines[at : at + at_once])
            line = read_line(raw, first=first and at == 0)
            block.facts.append(facts_of(line))
            if line.plain and self.method in _PLAIN_METHODS and not (line.duplicates or line.first):
                problems = self._check_plain(line, text_rules)
                if self.count_tokens:
                    batch.add_plain(line.value["messages"])
                    block.counted.append(at)
            else:
                if line.blank:
                    block.blank.append(at)
                problems, example = self._check_with_all_rules(line, text_rules)
                if self.count_tokens and example is not None and example.messages:
                    batch.add(example)
                    block.counted.append(at)
            if problems:
                self._judge(block, [(rule, number, problem) for rule, problem in problems])
        if block.counted:
            block.tokens = batch.count(shared_counter(self.encoding))
            self._check_tokens(block, first_line)
        return block

    def _check_tokens(self, block: _Block, first_line: int) -> None:
        limit = self._least_token_limit
        long = [
            (first_line + line, tokens)
            for line, tokens in zip(block.counted, block.tokens, strict=True)
            if limit is not None and tokens.longest > limit
        ]
        if long:
            problems = (
                (rule, number, problem)
                for number, tokens in long
                for rule in _TOKEN_RULES
                for problem in rule.check(tokens)
            )
            self._judge(block, problems)
            block.findings.sort(key=_line_of)

    def _check_plain(self, line: Line, text_rules: Sequence[TextRule]) -> _Problems:
        """The few rules that a plain supervised example can break: no structural rule is among them."""
        problems: _Problems = []
        for rule in text_rules:
            if rule.suspects(line):
                problems += [(rule, problem) for problem in rule.check(self._example(line.value))]
        return problems

    def _check_with_all_rules(self, line: Line, text_rules: Sequence[TextRule]) -> tuple[_Problems, Example | None]:
        problems: _Problems = []
        regular = self.method in _PLAIN_METHODS and not (line.duplicates or line.first) and is_regular(line.value)
        if not regular:
            problems = [(rule, problem) for rule in _LINE_RULES for problem in rule.check(line)]
        if not isinstance(line.value, dict):
            return problems, None
        example = self._example(line.value)
        rules = _REGULAR_RULES if regular else _RECORD_RULES
        problems += [(rule, problem) for rule in rules for problem in rule.check(example)]
        for text_rule in text_rules:
            if not text_rule.reads_bytes or text_rule.suspects(line):
                problems += [(text_rule, problem) for problem in text_rule.check(example)]
        return problems, example

    def judge(self, problems: Iterable[tuple[Rule, int | None, Problem]]) -> tuple[list[Finding], list[PlacedVerdict]]:
        """Findings for the first host, and how grave each problem is for every host, with its line."""
        findings: list[Finding] = []
        verdicts: list[PlacedVerdict] = []
        for rule, line_number, problem in problems:
            verdict = self._verdict(rule, problem)
            if any(verdict):
                verdicts.append((line_number, verdict))
            severity = verdict[0]
            if severity is not None:
                findings.append(self._finding(rule, line_number, problem, severity))
        return findings, verdicts

    def _verdict(self, rule: Rule, problem: Problem) -> Verdict:
        # With nothing to measure or to accept, hosts look at the kind of problem only, and of kinds there are few.
        kind = (rule.code, problem.severity, problem.feature)
        is_usual = problem.measure is None and problem.extra is None
        known = self._verdicts.get(kind) if is_usual else None
        if known is None:
            known = tuple([host.judge(rule.code, rule.severity, problem, self.model) for host in self.hosts])
            if is_usual:
                self._verdicts[kind] = known
        return known

    def _judge(self, block: _Block, problems: Iterable[tuple[Rule, int | None, Problem]]) -> None:
        findings, verdicts = self.judge(problems)
        block.findings += findings
        block.verdicts += verdicts

    def _finding(self, rule: Rule, line_number: int | None, problem: Problem, severity: Severity) -> Finding:
        message = problem.message
        if problem.measure is not None:
            limit = self.hosts[0].limit(problem.measure.limit, self.model)
            message = message.replace("{limit}", f"{limit:,}")
        return Finding(
            line=line_number,
            column=problem.column,
            path=problem.path,
            rule=rule.code,
            severity=severity,
            message=message,
            fix=problem.fix,
        )

    def _example(self, value: dict[str, Any]) -> Example:
        """Read ``value`` as what it was meant to be, which is the file's method unless its keys say otherwise."""
        kind = kind_of(value)
        method: Method = kind if kind in METHODS else "supervised"
        is_conversation = method != "preference"
        if self.method is not None and is_conversation and (self.method != "preference" or "messages" not in value):
            method = self.method
        return read_example(value, method, self.method, asked=self.asked)


def _noticing(lines: Sequence[bytes]) -> list[TextRule]:
    """The text rules that may find anything in these lines."""
    passage = Passage.of(lines)
    return [rule for rule in _TEXT_RULES if rule.notices is None or rule.notices(passage)]


def _line_of(finding: Finding) -> int:
    return finding.line or 0

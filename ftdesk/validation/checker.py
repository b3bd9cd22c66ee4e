"""Checks single lines, as they are typed, and whole files, with progress and bounded memory.

Cheap to import; the token vocabulary is loaded when the first example is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar

from ftdesk.dataset.record import kind_of
from ftdesk.validation.findings import METHODS, Finding, HostVerdict, Method, Report, Severity
from ftdesk.validation.parallel import check_in_order
from ftdesk.validation.reading import open_training_file, read_blocks
from ftdesk.validation.record import Example, Line, read_example, read_line
from ftdesk.validation.requirements import DEFAULT_HOST, Requirements, Verdict, all_requirements, requirements_of
from ftdesk.validation.rule import Against, DatasetRule, Fact, LineRule, Problem, RecordRule, Rule, TextRule, TokenRule
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
_TEXT_RULES = _of_kind(TextRule)
_TOKEN_RULES = _of_kind(TokenRule)
_DATASET_RULES = _of_kind(DatasetRule)
_INDEXES = tuple(dict.fromkeys(rule.index for rule in _DATASET_RULES))
_PLAIN_METHODS = frozenset({None, "supervised"})
_NONE: tuple[tuple[Finding, ...], tuple[Verdict, ...]] = ((), ())


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
    """Checks lines for one method, one host and one model, and counts what is wrong for every other host.

    With ``"auto"`` the method is that of most examples at the beginning of the first file that is checked. A checker
    remembers what the dataset rules must know of that file, so that an edited line is checked against all others with
    ``recheck``. ``against`` is a test file whose prompts must not occur. Raises ``InputError`` when a file with
    requirements that the user wrote cannot be used.
    """

    def __init__(
        self,
        method: MethodChoice = "auto",
        *,
        model: str | None = None,
        requirements: Requirements | None = None,
        count_tokens: bool = True,
        against: Against | None = None,
    ) -> None:
        self.asked = method != "auto"
        self.method: Method | None = None if method == "auto" else method
        """The method of the file, as soon as it is known."""
        self.model = model
        self.requirements = requirements or requirements_of(DEFAULT_HOST)
        others = (other for other in all_requirements() if other.host != self.requirements.host)
        self.hosts: tuple[Requirements, ...] = (self.requirements, *others)
        """The chosen host first. A verdict has a severity for each."""
        self.count_tokens = count_tokens
        self.against = against or Against()
        self._token_limit = self.requirements.token_limit(model)
        limits = [limit for host in self.hosts if (limit := host.token_limit(model)) is not None]
        self._least_token_limit = min(limits, default=None)
        self._clear()

    def check_record(self, line_number: int, raw: bytes) -> RecordResult:
        """Check one line, without its LF, by itself. Never raises, whatever the bytes."""
        line = read_line(raw, first=line_number == 1)
        facts = tuple([index.fact(line) for index in _INDEXES])
        if line.plain and self.method in _PLAIN_METHODS and not (line.duplicates or line.first):
            problems, tokens = self._check_plain(line)
        else:
            problems, tokens = self._check_with_all_rules(line)
        findings, verdicts = (
            self._judge((rule, line_number, problem) for rule, problem in problems) if problems else _NONE
        )
        return RecordResult(findings, facts, line.blank, tokens, verdicts)

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
        return list(self.judge_dataset(line_of)[0])

    def judge_dataset(
        self, line_of: Callable[[int], int] = lambda key: key
    ) -> tuple[tuple[Finding, ...], tuple[Verdict, ...]]:
        """The same, with the verdict on each problem, also of those that are none for the chosen host."""
        indexes = dict(zip(_INDEXES, self._indexes, strict=True))
        return self._judge(
            (rule, None if key is None else line_of(key), problem)
            for rule in _DATASET_RULES
            for key, problem in rule.check(indexes[rule.index], line_of)
        )

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
        self._clear()
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
        of_dataset, verdicts = self.judge_dataset()
        findings = [*tally.findings, *of_dataset]
        tally.verdicts.update(verdicts)
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
            hosts=self.host_verdicts(tally.verdicts),
        )

    def host_verdicts(self, verdicts: Mapping[Verdict, int]) -> dict[str, HostVerdict]:
        """The errors and warnings of every host, the chosen one first, from how often each verdict was given."""
        counts = {}
        for position, host in enumerate(self.hosts):
            graves: Counter[Severity | None] = Counter()
            for verdict, number in verdicts.items():
                graves[verdict[position]] += number
            counts[host.host] = HostVerdict(graves["error"], graves["warning"])
        return counts

    def _clear(self) -> None:
        self._indexes = [index(self.against) for index in _INDEXES]

    def _remember(self, key: int, facts: tuple[Fact, ...]) -> None:
        for index, fact in zip(self._indexes, facts, strict=True):
            index.add(key, fact)

    def _check_plain(self, line: Line) -> tuple[list[tuple[Rule, Problem]], ExampleTokens | None]:
        """The few rules that a plain supervised example can break: no structural rule is among them."""
        problems: list[tuple[Rule, Problem]] = []
        for rule in _TEXT_RULES:
            if rule.suspects(line):
                problems += [(rule, problem) for problem in rule.check(self._example(line.value))]
        if not self.count_tokens:
            return problems, None
        tokens = count_plain(line.value["messages"], shared_counter())
        return problems + self._token_problems(tokens), tokens

    def _check_with_all_rules(self, line: Line) -> tuple[list[tuple[Rule, Problem]], ExampleTokens | None]:
        problems: list[tuple[Rule, Problem]] = [(rule, problem) for rule in _LINE_RULES for problem in rule.check(line)]
        if not isinstance(line.value, dict):
            return problems, None
        example = self._example(line.value)
        problems += [(rule, problem) for rule in _RECORD_RULES for problem in rule.check(example)]
        problems += [(rule, problem) for rule in _TEXT_RULES for problem in rule.check(example)]
        if not (self.count_tokens and example.messages):
            return problems, None
        tokens = count_example(example, shared_counter())
        return problems + self._token_problems(tokens), tokens

    def _token_problems(self, tokens: ExampleTokens) -> list[tuple[Rule, Problem]]:
        least = self._least_token_limit
        if least is None or tokens.longest <= least:
            return []
        return [(rule, problem) for rule in _TOKEN_RULES for problem in rule.check(tokens)]

    def _judge(
        self, problems: Iterable[tuple[Rule, int | None, Problem]]
    ) -> tuple[tuple[Finding, ...], tuple[Verdict, ...]]:
        """Findings for the chosen host, and how grave each problem is for every host."""
        findings, verdicts = [], []
        for rule, line_number, problem in problems:
            verdict = tuple([host.judge(rule.code, rule.severity, problem, self.model) for host in self.hosts])
            if any(verdict):
                verdicts.append(verdict)
            severity = verdict[0]
            if severity is not None:
                findings.append(self._finding(rule, line_number, problem, severity))
        return tuple(findings), tuple(verdicts)

    def _finding(self, rule: Rule, line_number: int | None, problem: Problem, severity: Severity) -> Finding:
        message = problem.message
        if problem.measure is not None:
            limit = self.requirements.limit(problem.measure.limit, self.model)
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

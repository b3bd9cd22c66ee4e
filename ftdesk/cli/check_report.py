"""Shows the report of a check to a person: findings by line, then which rules spoke most, tokens, and every host."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO, get_args

from ftdesk.cli.checking import dollars, one_line
from ftdesk.cli.table import width
from ftdesk.validation.cost import estimate, size_of
from ftdesk.validation.findings import Finding, Report, Severity
from ftdesk.validation.prices import prices_of
from ftdesk.validation.requirements import token_limit_of
from ftdesk.validation.wording import counted

SHOWN_OF_A_RULE = 20
"""On a terminal. A file or another program gets them all."""

_COLOURS: dict[Severity, str] = {"error": "31", "warning": "33", "hint": "36"}
_GREEN = "32"
_DIM = "2"
_BOLD = "1"
_WIDEST_MESSAGE = 88
"""Beyond this the codes of the rules are no longer kept in one column."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """``quiet`` leaves everything out that is no error; ``most`` findings of a rule are shown, ``None`` for all.

    ``model`` is the one whose training is priced, ``None`` for the cheapest of the host.
    """

    quiet: bool = False
    most: int | None = None
    model: str | None = None


class Screen:
    """Aligned, coloured on a terminal unless NO_COLOR is set."""

    def __init__(self, stream: TextIO, wishes: Wishes) -> None:
        self._stream = stream
        terminal = stream.isatty()
        self._colours = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        self._quiet = wishes.quiet
        self._model = wishes.model
        self._most = SHOWN_OF_A_RULE if wishes.most is None and terminal else wishes.most
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a console that cannot show a character shows its escape

    def show(self, report: Report) -> None:
        findings = [finding for finding in report.findings if finding.severity == "error" or not self._quiet]
        if self._quiet and not findings:
            return
        self._write(self._paint(one_line(report.file), _BOLD))
        self._show_findings(findings)
        self._write(f"  {_summary(report)}")
        if self._quiet:
            return
        if len(report.findings) > 1:
            self._show_rules(report)
        for line in _tokens(report):
            self._write(f"  {line}")
        self._show_cost(report)
        self._show_hosts(report)
        self._show_fixes(report)

    def _show_findings(self, findings: list[Finding]) -> None:
        shown, hidden = _first_of_each_rule(findings, self._most)
        places = max((len(_place(finding)) for finding in shown), default=0)
        sentences = [one_line(_sentence(finding)) for finding in shown]
        widest = min(max(map(width, sentences), default=0), _WIDEST_MESSAGE)
        for finding, sentence in zip(shown, sentences, strict=True):
            mark = " *" if finding.fix else ""
            self._write(
                f"  {_place(finding):<{places}}  "
                + self._paint(f"{finding.severity:<7}", _COLOURS[finding.severity])
                + f"  {sentence}{' ' * (widest - width(sentence))}  "
                + self._paint(finding.rule + mark, _DIM)
            )
        for rule, number in hidden.most_common():
            self._write(self._paint(f"  … and {number:,} more of {rule}", _DIM))

    def _show_rules(self, report: Report) -> None:
        """How often each rule spoke, the most frequent first."""
        counts = Counter((finding.rule, finding.severity) for finding in report.findings)
        widest = max(len(f"{number:,}") for number in counts.values())
        for (rule, severity), number in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
            self._write(f"  {number:>{widest},}  " + self._paint(f"{severity:<7}", _COLOURS[severity]) + f"  {rule}")

    def _show_cost(self, report: Report) -> None:
        prices = prices_of(report.host) if report.example_tokens else None
        if prices is None:
            return
        cost = estimate(prices, size_of(report, token_limit_of(report.host, self._model)), self._model)
        if cost.training is None:
            return
        epochs = counted(cost.epochs, "epoch") + (" (assumed)" if cost.epochs_assumed else "")
        self._write(
            f"  Training {one_line(cost.model or '')} at {cost.title} for {epochs}: {dollars(cost.training)},"
            f" by prices of {cost.as_of:%Y-%m-%d}."
        )

    def _show_hosts(self, report: Report) -> None:
        """One line for all hosts that say the same, those without an error first."""
        hosts = report.to_json()["hosts"]
        if len(hosts) < 2:
            return
        alike: dict[tuple[int, int], list[str]] = {}
        for name, verdict in hosts.items():
            alike.setdefault((verdict["errors"], verdict["warnings"]), []).append(one_line(name))
        for (errors, warnings), names in sorted(alike.items()):
            told = [counted(number, noun) for number, noun in ((errors, "error"), (warnings, "warning")) if number]
            mark = self._paint("✗", _COLOURS["error"]) if errors else self._paint("✓", _GREEN)
            self._write(f"  {mark} {', '.join(names)}" + (f": {', '.join(told)}" if told else ""))

    def _show_fixes(self, report: Report) -> None:
        fixable = [finding for finding in report.findings if finding.fix]
        if not fixable:
            return
        from ftdesk.validation.fixing import is_safe

        safe = sum(map(is_safe, fixable))
        ways = ((safe, "with --fix OUT"), (len(fixable) - safe, "with --fix OUT --fix-all"))
        self._write("  * can be fixed: " + ", ".join(f"{number:,} {way}" for number, way in ways if number) + ".")

    def _paint(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._colours else text

    def _write(self, line: str) -> None:
        self._stream.write(line + "\n")


def _first_of_each_rule(findings: list[Finding], most: int | None) -> tuple[list[Finding], Counter[str]]:
    """Those to be shown, and how many of each rule are not."""
    seen: Counter[str] = Counter()
    hidden: Counter[str] = Counter()
    shown = []
    for finding in findings:
        seen[finding.rule] += 1
        if most is None or seen[finding.rule] <= most:
            shown.append(finding)
        else:
            hidden[finding.rule] += 1
    return shown, hidden


def _place(finding: Finding) -> str:
    if finding.line is None:
        return "file"
    return f"{finding.line}" if finding.column is None else f"{finding.line}:{finding.column}"


def _sentence(finding: Finding) -> str:
    return f"{finding.path}: {finding.message}" if finding.path else finding.message


def _summary(report: Report) -> str:
    examples = f"{counted(report.lines, 'line')}, {counted(report.examples, 'example')} ({report.method})"
    counts = [(report.count(severity), severity) for severity in get_args(Severity)]
    findings = ", ".join(counted(count, severity) for count, severity in counts if count)
    return f"{examples}: {findings or 'nothing to complain of'}."


def _tokens(report: Report) -> Iterator[str]:
    tokens = report.tokens
    if tokens and report.example_tokens:
        about = "" if tokens.exact else "about "
        yield (
            f"{about}{counted(tokens.total, 'token')}, {tokens.trained:,} of them trained;".capitalize()
            + f" {tokens.min:,} to {tokens.max:,} an example, half of them up to {tokens.median:,}."
        )

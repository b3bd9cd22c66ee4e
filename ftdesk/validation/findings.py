"""What a check tells: single findings and the report of a whole file, in the shape of ``ftdesk check --json``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, NamedTuple

Severity = Literal["error", "warning", "hint"]
"""``error``: the host refuses the file or the example. ``warning``: it takes it, but ignores, cuts or pays for
something that was hardly meant. ``hint``: advice."""

Fix = Literal[
    "remove-line",
    "remove-duplicate",
    "remove-near-duplicate",
    "remove-example",
    "remove-leak",
    "remove-byte-order-mark",
    "remove-message",
    "remove-key",
    "remove-duplicate-key",
    "rename-key",
    "correct-role",
    "move-system-first",
    "coerce-weight",
    "join-text-parts",
    "trim-text",
    "remove-hidden-characters",
    "encode-arguments",
    "decode-arguments",
    "pair-tool-calls",
    "merge-tool-calls",
]
"""The repair that a program can make; ``ftdesk.validation.fixes`` has them."""

Method = Literal["supervised", "preference", "reinforcement"]
METHODS: tuple[Method, ...] = ("supervised", "preference", "reinforcement")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, and where.

    ``line`` counts physical lines from 1 and is ``None`` for the file as a whole. ``column`` counts characters from
    1, a byte order mark not included; it is known where the text itself is wrong. ``path`` leads to the value, such
    as ``messages[2].content``.
    """

    line: int | None
    column: int | None
    path: str | None
    rule: str
    severity: Severity
    message: str
    fix: Fix | None = None


@dataclass(frozen=True, slots=True)
class TokenSummary:
    """Tokens of a file.

    ``trained`` are those that a model learns to write; ``over_limit`` examples are longer than the model takes.
    ``exact`` is false when the model's own vocabulary is not known or an example holds more than text.
    """

    encoding: str
    exact: bool
    total: int
    trained: int
    min: int
    median: int
    p95: int
    max: int
    over_limit: int


class HostVerdict(NamedTuple):
    """How much of a file a host refuses (``errors``) or takes otherwise than it was meant (``warnings``)."""

    errors: int
    warnings: int


@dataclass(frozen=True, slots=True)
class Report:
    """All that is known about a file after a check.

    ``examples`` are the lines that are not blank. ``findings`` are those for ``host`` in line order, those about the
    whole file last; ``hosts`` has a verdict of every host that is known, ``host`` first.
    ``example_tokens`` has one count for each example that could be counted, in line order, and ``example_answers`` how
    many of those tokens are trained; neither is part of the JSON.
    """

    file: str
    method: Method
    lines: int
    examples: int
    bytes: int
    host: str
    findings: tuple[Finding, ...]
    tokens: TokenSummary | None = None
    example_tokens: Sequence[int] = ()
    example_answers: Sequence[int] = ()
    hosts: Mapping[str, HostVerdict] = field(default_factory=dict)

    def count(self, severity: Severity) -> int:
        """How many findings have this severity."""
        return Counter(finding.severity for finding in self.findings)[severity]

    def to_json(self) -> dict[str, Any]:
        """The document that ``ftdesk check --json`` prints."""
        errors, warnings = self.count("error"), self.count("warning")
        return {
            "file": self.file,
            "method": self.method,
            "lines": self.lines,
            "examples": self.examples,
            "errors": errors,
            "warnings": warnings,
            "bytes": self.bytes,
            "tokens": asdict(self.tokens) if self.tokens else None,
            "hosts": {host: verdict._asdict() for host, verdict in self.hosts.items()},
            "findings": [asdict(finding) for finding in self.findings],
        }

"""The process that checks: it mirrors the open dataset line by line and answers each change with what it found.

Loads no Qt. A request is a JSON line and then the lines it brings, as they stand in the file; an answer is JSON.
"""

from __future__ import annotations

import json
import os
import signal
from collections import Counter
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any

from ftdesk.errors import InputError
from ftdesk.validation.checker import Checker, RecordResult
from ftdesk.validation.findings import Finding
from ftdesk.validation.requirements import DEFAULT_HOST, requirements_of, shipped_requirements

_BARS = 24


def encode_request(do: str, lines: list[bytes] | None = None, **details: Any) -> bytes:
    """A request. A line of a dataset holds no LF, so LF separates."""
    head = json.dumps({"do": do, "lines": len(lines or ()), **details}).encode()
    return b"\n".join([head, *(lines or ())])


def serve(connection: Connection) -> None:
    """Answer requests until the window is gone."""
    # Ctrl+C in the terminal is for the window, which then ends this process.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(OSError, AttributeError):
        os.nice(5)
    mirror = Mirror()
    with suppress(EOFError, OSError):
        while True:
            connection.send_bytes(mirror.answer(connection.recv_bytes()))


class Mirror:
    """The dataset as the window last told it, with the result of every row."""

    def __init__(self) -> None:
        self._checker = Checker()
        self._keys: list[int] = []
        self._results: list[RecordResult] = []
        self._next_key = 1

    def answer(self, request: bytes) -> bytes:
        head, _, rest = request.partition(b"\n")
        asked = json.loads(head)
        lines = rest.split(b"\n") if asked["lines"] else []
        match asked["do"]:
            case "start":
                answer: Any = self._start(asked["method"], asked["host"])
            case "splice":
                answer = self._splice(asked["row"], asked["removed"], lines)
            case _:
                answer = self._summary()
        return json.dumps(answer).encode()

    def _start(self, method: str, host: str) -> dict[str, Any]:
        try:
            requirements = requirements_of(host)
        except InputError:
            requirements = next(known for known in shipped_requirements() if known.host == DEFAULT_HOST)
        self._checker = Checker("auto", requirements=requirements)
        if method in ("supervised", "preference", "reinforcement"):
            self._checker.method = method  # type: ignore[assignment]
        self._keys, self._results = [], []
        return {}

    def _splice(self, row: int, removed: int, lines: list[bytes]) -> dict[str, Any]:
        for key, before in zip(self._keys[row : row + removed], self._results[row : row + removed], strict=True):
            self._checker.recheck(key, 0, before, None)
        keys = list(range(self._next_key, self._next_key + len(lines)))
        self._next_key += len(lines)
        results = []
        for offset, (key, raw) in enumerate(zip(keys, lines, strict=True)):
            result = self._checker.recheck(key, row + offset + 1, None, raw)
            if result is not None:
                results.append(result)
        self._keys[row : row + removed] = keys
        self._results[row : row + removed] = results
        return {"rows": [_row(result) for result in results]}

    def _summary(self) -> dict[str, Any]:
        """The findings that concern the examples as a whole, and the tokens of all."""
        lines = {key: row + 1 for row, key in enumerate(self._keys)}
        findings = self._checker.dataset_findings(lines.__getitem__)
        counted = [result.tokens for result in self._results if result.tokens is not None]
        totals = sorted(tokens.total for tokens in counted)
        limit = self._checker.requirements.token_limit(None)
        return {
            "findings": [[finding.line, _finding(finding)] for finding in findings],
            "method": self._checker.method or "supervised",
            "examples": sum(not result.blank for result in self._results),
            "tokens": sum(totals),
            "trained": sum(tokens.trained for tokens in counted),
            "exact": all(tokens.exact for tokens in counted),
            "median": totals[(len(totals) - 1) // 2] if totals else 0,
            "longest": totals[-1] if totals else 0,
            "limit": limit,
            "over_limit": 0 if limit is None else sum(tokens.longest > limit for tokens in counted),
            "bars": _bars(totals),
        }


def _row(result: RecordResult) -> dict[str, Any]:
    tokens = result.tokens
    return {
        "findings": [_finding(finding) for finding in result.findings],
        "tokens": None if tokens is None else tokens.total,
        "blank": result.blank,
    }


def _finding(finding: Finding) -> list[Any]:
    return [finding.severity, finding.rule, finding.message, finding.path, finding.column, finding.fix]


def _bars(totals: list[int]) -> list[list[int]]:
    """A histogram: ``[from, to, examples]``, with bounds that read well (1, 2 or 5 times a power of ten)."""
    if not totals:
        return []
    wanted = max(1, (totals[-1] - totals[0]) / _BARS)
    scale = 1
    while scale * 10 <= wanted:
        scale *= 10
    width = next(scale * step for step in (1, 2, 5, 10) if scale * step >= wanted)
    counts = Counter(total // width for total in totals)
    return [
        [bar * width, (bar + 1) * width, counts.get(bar, 0)]
        for bar in range(totals[0] // width, totals[-1] // width + 1)
    ]

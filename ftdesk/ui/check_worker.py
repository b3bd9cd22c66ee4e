"""The process that checks: it mirrors the open dataset line by line and answers each change with what it found.

Loads no Qt. A request is a JSON line and then the lines it brings, as they stand in the file, or says where they stand.
"""

from __future__ import annotations

import json
import os
import signal
from array import array
from collections import Counter
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from ftdesk.storage.folders import Folders
from ftdesk.ui.check_numbers import Keys, Lengths, Verdicts
from ftdesk.ui.checked_rows import NOT_COUNTED
from ftdesk.validation.cache import CheckCache, part_key, settings_digest
from ftdesk.validation.checker import Checker
from ftdesk.validation.findings import Finding
from ftdesk.validation.indexes import INDEXES
from ftdesk.validation.parallel import FileIdentity
from ftdesk.validation.reading import split_lines
from ftdesk.validation.requirements import requirements_or_default
from ftdesk.validation.tally import COUNTED, Tally


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
        self._cache = CheckCache(Folders.of_user().checks)
        self._is_lost = False
        self._begin(Checker())

    def answer(self, request: bytes) -> bytes:
        """An answer is a JSON line; after it, for lines that were checked, the tokens of each as 32-bit numbers."""
        head, _, rest = request.partition(b"\n")
        asked = json.loads(head)
        match asked["do"]:
            case "start":
                answer: Any = self._start(asked["method"], asked["host"])
            case "splice" if self._is_lost:
                answer = {"refused": True}
            case "splice":
                lines = rest.split(b"\n") if asked["lines"] else []
                return self._splice(asked["row"], asked["removed"], lines, self._check(lines, asked["row"]))
            case "read":
                read = self._read(asked)
                if read is not None and not self._is_lost:
                    return self._splice(asked["row"], 0, *read)
                # What was asked since then counts on these rows. The window will start again.
                self._is_lost = True
                answer = {"refused": True}
            case "messages":
                answer = self._messages(rest)
            case _:
                answer = self._summary()
        return json.dumps(answer).encode()

    def _start(self, method: str, host: str) -> dict[str, Any]:
        checker = Checker("auto", requirements=requirements_or_default(host))
        if method in ("supervised", "preference", "reinforcement"):
            checker.method = method  # type: ignore[assignment]
        self._begin(checker)
        return {}

    def _begin(self, checker: Checker) -> None:
        self._checker = checker
        self._is_lost = False
        self._settings = settings_digest(checker.line_checker)
        self._keys = Keys()
        self._facts = [array("Q") for _ in INDEXES]
        self._lengths = Lengths()
        self._verdicts = Verdicts()

    def _check(self, lines: list[bytes], row: int) -> Tally:
        return self._checker.line_checker.check(lines, first=row == 0)

    def _read(self, asked: dict[str, Any]) -> tuple[list[bytes], Tally] | None:
        """Lines where they stand in the file, checked; ``None`` when it is no longer the file that the window knows."""
        try:
            content = _content(Path(asked["path"]), tuple(asked["identity"]), asked["start"], asked["end"])
        except OSError:
            return None
        lines = split_lines(content)
        if len(lines) != asked["count"]:
            return None
        key = part_key(self._settings, [content], first=asked["row"] == 0)
        tally = self._cache.find_tally(key)
        if tally is None or tally.lines != len(lines):
            tally = self._check(lines, asked["row"])
            self._cache.keep(key, tally.to_bytes())
        return lines, tally

    def _splice(self, row: int, removed: int, lines: list[bytes], tally: Tally) -> bytes:
        for at in range(row, row + removed):
            self._checker.forget(self._keys[at], [column[at] for column in self._facts])
            self._verdicts.forget(self._keys[at])
        key = self._keys.splice(row, removed, tally.lines)
        self._verdicts.remember(key, tally)
        self._checker.remember(key, tally, lines)
        for column, fresh in zip(self._facts, tally.facts, strict=True):
            column[row : row + removed] = fresh
        self._lengths.splice(row, removed, tally)
        found = [[(finding.line or 1) - 1, _finding(finding)] for finding in tally.findings]
        tokens = array(
            "I",
            (total if flags & COUNTED else NOT_COUNTED for total, flags in zip(tally.totals, tally.flags, strict=True)),
        )
        return json.dumps({"findings": found}).encode() + b"\n" + tokens.tobytes()

    def _messages(self, line: bytes) -> dict[str, Any]:
        """The tokens of each message of one line, and how many of an example the host's models read at most."""
        tokens = self._checker.check_record(1, line).tokens
        counts = list(tokens.messages) if tokens is not None else []
        return {"counts": counts, "limit": self._checker.requirements.token_limit(None)}

    def _summary(self) -> dict[str, Any]:
        """The findings that concern the examples as a whole, and the tokens of all."""
        self._cache.trim()
        findings, across = self._checker.judge_dataset(self._keys.line_of)
        verdicts = self._verdicts.counts + Counter(verdict for _, verdict in across)
        hosts = self._checker.host_verdicts(verdicts)
        return {
            "hosts": [[host, verdict.errors, verdict.warnings] for host, verdict in hosts.items()],
            "findings": [[finding.line, _finding(finding)] for finding in findings],
            "method": self._checker.method or "supervised",
            "limit": self._checker.requirements.token_limit(None),
            "read": {host.host: self._lengths.read_up_to(host.token_limit(None)) for host in self._checker.hosts},
            **self._lengths.summary(),
        }


def _content(path: Path, identity: tuple[int, ...], start: int, end: int) -> bytes:
    """The bytes from ``start`` to ``end`` of the file with this identity. Raises ``OSError`` if it is another now."""
    with path.open("rb") as file:
        if FileIdentity.of(os.fstat(file.fileno())) != identity:
            raise OSError("the file was changed")
        file.seek(start)
        return file.read(end - start)


def _finding(finding: Finding) -> list[Any]:
    return [finding.severity, finding.rule, finding.message, finding.path, finding.column, finding.fix]

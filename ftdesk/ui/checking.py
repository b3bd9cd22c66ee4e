"""What is known about the open dataset: findings and tokens by row, kept up with every edit, in the background."""

from __future__ import annotations

import json
import time
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from ftdesk.ui.open_dataset import OpenDataset
from ftdesk.ui.work import BackgroundWork, Work
from ftdesk.validation.findings import Finding, Severity

if TYPE_CHECKING:
    from ftdesk.ui.check_process import CheckProcess

_BATCH_LINES = 500
_BATCH_BYTES = 1 << 18
_BATCH_SECONDS = 0.008
_SETTLE_MS = 200
_RANK: dict[str, int] = {"error": 3, "warning": 2, "hint": 1}


@dataclass(slots=True)
class RowCheck:
    """What is known of a row. ``checked`` is false while that still is about the text before an edit."""

    findings: tuple[Finding, ...] = ()
    tokens: int | None = None
    blank: bool = False
    checked: bool = False


@dataclass(frozen=True, slots=True)
class Summary:
    """The dataset as a whole. ``bars`` are ``(from, to, examples)`` of a histogram of tokens."""

    method: str
    examples: int
    tokens: int
    trained: int
    exact: bool
    median: int
    longest: int
    limit: int | None
    over_limit: int
    bars: tuple[tuple[int, int, int], ...]


@dataclass(slots=True)
class _Asked:
    """A request under way, and the rows that its answer fills: the rows themselves, since they may move meanwhile."""

    do: str
    rows: list[RowCheck]
    generation: int


class Checking(QObject):
    """Feeds the dataset to the checking process in batches, then every edit, and keeps what comes back.

    Row numbers are those of the document now: the rows move along with every splice, also while answers are under way.
    """

    rows_checked = Signal()
    """Some rows know more than before."""
    summarised = Signal()
    """``summary`` and the findings across examples are new: everything is checked."""
    stopped = Signal()
    """The process died."""

    def __init__(self, dataset: OpenDataset, background: BackgroundWork, parent: QObject) -> None:
        super().__init__(parent)
        self._dataset = dataset
        self._background = background
        self._process: CheckProcess | None = None
        self._running = False
        self._host = "local"
        self._generation = 0
        self._rows: list[RowCheck | None] = []
        self._across: dict[int, list[Finding]] = {}
        self._whole: list[Finding] = []
        self._counts: Counter[str] = Counter()
        self._fed = 0
        self._asked: deque[_Asked] = deque()
        self._work: Work | None = None
        self.summary: Summary | None = None
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MS)
        self._settle.timeout.connect(self._ask_summary)
        dataset.replaced.connect(self.restart)
        dataset.rows_reset.connect(self.restart)
        dataset.spliced.connect(self._spliced)

    def begin(self) -> None:
        """The window is there: start the process, which takes a moment, and check what is open."""
        self._running = True
        self._start_process()
        self.restart()

    def choose_host(self, name: str) -> None:
        """Check for what this host requires."""
        if name != self._host:
            self._host = name
            self.restart()

    def close(self) -> None:
        self._running = False
        self._settle.stop()
        self._end_work()
        if self._process is not None:
            self._process.close()
            self._process = None

    @property
    def checked(self) -> int:
        """How many rows are checked, of all there are."""
        return min(self._fed, len(self._rows)) - sum(len(asked.rows) for asked in self._asked if asked.do == "feed")

    @property
    def is_settled(self) -> bool:
        """Everything there is has been checked and summed up."""
        return self.summary is not None and not self._asked and not self._settle.isActive()

    @property
    def process_id(self) -> int | None:
        """Of the process that checks, while there is one."""
        return self._process.process_id if self._process is not None else None

    def is_checked(self, row: int) -> bool:
        """Whether the row has been checked as it is now."""
        state = self._rows[row] if 0 <= row < len(self._rows) else None
        return state is not None and state.checked

    def tokens(self, row: int) -> int | None:
        """The tokens of a row, once they are counted."""
        state = self._rows[row] if 0 <= row < len(self._rows) else None
        return None if state is None else state.tokens

    def findings(self, row: int) -> list[Finding]:
        """What is wrong with a row, by itself and among the others; the gravest first."""
        state = self._rows[row] if 0 <= row < len(self._rows) else None
        own = [] if state is None else list(state.findings)
        return sorted(own + self._across.get(row, []), key=lambda finding: -_RANK[finding.severity])

    def severity(self, row: int) -> str:
        """The gravest severity among a row's findings; empty when there is none."""
        findings = self.findings(row)
        return findings[0].severity if findings else ""

    def whole_file_findings(self) -> list[Finding]:
        """What is wrong with the dataset and no row in particular."""
        return list(self._whole)

    def all_findings(self) -> Iterator[tuple[int, Finding]]:
        """Row and finding, in the order of the rows; row -1 for the dataset as a whole."""
        for finding in self._whole:
            yield -1, finding
        for row, state in enumerate(self._rows):
            if (state is not None and state.findings) or row in self._across:
                for finding in self.findings(row):
                    yield row, finding

    def count(self, severity: Severity) -> int:
        """How many findings of this severity there are so far."""
        across = sum(finding.severity == severity for findings in self._across.values() for finding in findings)
        return self._counts[severity] + across + sum(finding.severity == severity for finding in self._whole)

    def restart(self) -> None:
        """Forget everything and check the open dataset from its first line."""
        self._generation += 1
        self._settle.stop()
        self._end_work()
        document = self._dataset.document
        self._rows = [None] * (len(document) if document is not None else 0)
        self._across, self._whole, self.summary, self._fed = {}, [], None, 0
        self._counts.clear()
        self.rows_checked.emit()
        self.summarised.emit()
        if not self._running or document is None:
            return
        if self._process is None:
            self._start_process()
        self._ask("start", [], method=self._method(), host=self._host)
        self._feed()

    def _start_process(self) -> None:
        from ftdesk.ui.check_process import CheckProcess

        self._process = CheckProcess(self)
        self._process.answered.connect(self._answered)
        self._process.lost.connect(self._lost)

    def _method(self) -> str:
        """The kind of most examples at the beginning; the whole file is checked for that method."""
        document = self._dataset.document
        if document is None:
            return ""
        end = time.monotonic() + _BATCH_SECONDS
        kinds: Counter[str] = Counter()
        for row in range(min(len(document), 200)):
            kinds[document.record(row).kind] += 1
            if time.monotonic() > end:
                break
        usual = [kind for kind, _ in kinds.most_common() if kind not in ("broken", "blank")]
        return usual[0] if usual else ""

    def _ask(self, do: str, rows: list[RowCheck], lines: list[bytes] | None = None, **details: Any) -> None:
        from ftdesk.ui.check_worker import encode_request

        if self._process is None:
            return
        self._asked.append(_Asked(do, rows, self._generation))
        self._process.ask(encode_request("splice" if do == "feed" else do, lines, **details))

    def _feed(self) -> None:
        """Send the next rows; the answer asks for more. So at most one batch is under way, however large the file."""
        document = self._dataset.document
        if document is None or self._fed >= len(document):
            self._end_work()
            self._settle.start()
            return
        lines: list[bytes] = []
        end, size = time.monotonic() + _BATCH_SECONDS, 0
        while self._fed + len(lines) < len(document) and len(lines) < _BATCH_LINES and size < _BATCH_BYTES:
            lines.append(document.shown_line(self._fed + len(lines)))
            size += len(lines[-1])
            if time.monotonic() > end:
                break
        fresh = [RowCheck() for _ in lines]
        self._rows[self._fed : self._fed + len(lines)] = fresh
        self._ask("feed", fresh, lines, row=self._fed, removed=0)
        self._fed += len(lines)
        self._report_progress(len(document))

    def _spliced(self, row: int, removed: int, inserted: int) -> None:
        document = self._dataset.document
        if document is None:
            return
        if max(removed, inserted) > _BATCH_LINES:
            # The file was read anew, or a whole one was taken in: that is a check of its own.
            self.restart()
            return
        old = self._rows[row : row + removed]
        for state in old:
            self._discount(state)
        if row > self._fed or (row == self._fed and self._fed < len(self._rows)):
            self._rows[row : row + removed] = [None] * inserted
            return
        fresh = [RowCheck() for _ in range(inserted)]
        for state, before in zip(fresh, old, strict=False):
            # Shown until the new result is there, so that nothing flickers while somebody types.
            if before is not None:
                state.findings, state.tokens, state.blank = before.findings, before.tokens, before.blank
                self._counts.update(finding.severity for finding in state.findings)
        removed_fed = min(removed, self._fed - row)
        self._rows[row : row + removed] = fresh
        self._fed += inserted - removed_fed
        if removed != inserted:
            self._across = {
                at if at < row else at + inserted - removed: findings
                for at, findings in self._across.items()
                if at < row or at >= row + removed
            }
        if self._running and self._process is not None:
            lines = [document.shown_line(at) for at in range(row, row + inserted)]
            self._ask("splice", fresh, lines, row=row, removed=removed_fed)

    def _answered(self, reply: bytes) -> None:
        asked = self._asked.popleft()
        if asked.generation != self._generation:
            return
        answer = json.loads(reply)
        if asked.do == "summary":
            self._summarise(answer)
            return
        for state, facts in zip(asked.rows, answer.get("rows", ()), strict=True):
            self._discount(state)
            state.findings = tuple(_finding(None, fields) for fields in facts["findings"])
            state.tokens, state.blank, state.checked = facts["tokens"], facts["blank"], True
            self._counts.update(finding.severity for finding in state.findings)
        if asked.rows:
            self.rows_checked.emit()
        if asked.do == "feed":
            self._feed()
        elif asked.do == "splice":
            self._settle.start()

    def _summarise(self, answer: dict[str, Any]) -> None:
        across: dict[int, list[Finding]] = {}
        self._whole = []
        for line, fields in answer.pop("findings"):
            finding = _finding(line, fields)
            if line is None:
                self._whole.append(finding)
            else:
                across.setdefault(line - 1, []).append(finding)
        self._across = across
        bars = tuple((low, high, examples) for low, high, examples in answer.pop("bars"))
        self.summary = Summary(bars=bars, **answer)
        self.rows_checked.emit()
        self.summarised.emit()

    def _ask_summary(self) -> None:
        if self._running and self._process is not None and not self._asked:
            self._ask("summary", [])
        elif self._asked:
            self._settle.start()

    def _discount(self, state: RowCheck | None) -> None:
        if state is not None:
            self._counts.subtract(finding.severity for finding in state.findings)

    def _report_progress(self, total: int) -> None:
        title = self.tr("Checking {done} of {total}").format(done=self._fed, total=total)
        if self._work is None and total > _BATCH_LINES:
            self._work = self._background.begin(title, self._cancel)
        if self._work is not None:
            self._work.report(title, self._fed / total)

    def _end_work(self) -> None:
        if self._work is not None:
            self._work.end()
            self._work = None

    def _cancel(self) -> None:
        """Stop checking this dataset; what is known stays."""
        self._generation += 1
        self._end_work()

    def _lost(self) -> None:
        self._process = None
        self._asked.clear()
        self._end_work()
        self.stopped.emit()


def _finding(line: int | None, fields: list[Any]) -> Finding:
    severity, rule, message, path, column, fix = fields
    return Finding(line, column, path, rule, severity, message, fix)

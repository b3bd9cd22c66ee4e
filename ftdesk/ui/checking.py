"""What is known about the open dataset: findings and tokens by row, kept up with every edit, in the background."""

from __future__ import annotations

import json
import time
from array import array
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from heapq import merge
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, QTimer, Signal

from ftdesk.ui.check_summary import FindingsAcross, MessageTokens, Summary
from ftdesk.ui.checked_rows import CheckedRows, Stretch, moved
from ftdesk.ui.open_dataset import OpenDataset
from ftdesk.ui.work import BackgroundWork, Work
from ftdesk.validation.findings import Finding, Severity

if TYPE_CHECKING:
    from ftdesk.dataset.document import Document
    from ftdesk.ui.check_process import CheckProcess

_BATCH_LINES = 500
_BATCH_BYTES = 1 << 18
# Lines that stand in the file are read there by the process that checks, in the parts that a check of the file has, so
# that each knows what the other has found before.
_PART = 512 * 1024
_PART_LINES = 4096
_BATCH_SECONDS = 0.008
_SETTLE_MS = 200
_RANK: dict[str, int] = {"error": 3, "warning": 2, "hint": 1}


@dataclass(slots=True)
class _Asked:
    """A request under way, and the rows that its answer fills, where they stand now, or the line that it is about."""

    do: str
    rows: list[Stretch]
    generation: int
    feeds: bool = False
    about: bytes = b""


class Checking(QObject):
    """Feeds the dataset to the checking process in batches, then every edit, and keeps what comes back.

    Row numbers are those of the document now: the rows move along with every splice, also while answers are under way.
    """

    rows_checked = Signal()
    """Some rows know more than before."""
    messages_counted = Signal(object)
    """The ``MessageTokens`` of the line that was asked about last."""
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
        self._rows = CheckedRows()
        self._across = FindingsAcross()
        self._fed = 0
        self._reads_file = True
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
        waiting = sum(stretch.count for asked in self._asked if asked.feeds for stretch in asked.rows)
        return min(self._fed, len(self._rows)) - waiting

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
        return self._rows.is_checked(row)

    def tokens(self, row: int) -> int | None:
        """The tokens of a row, once they are counted."""
        return self._rows.tokens(row)

    def count_messages(self, line: bytes) -> None:
        """Ask for the tokens of each message of ``line``; ``messages_counted`` tells them."""
        if self._running:
            self._ask("messages", [], [line], about=line)

    def findings(self, row: int) -> list[Finding]:
        """What is wrong with a row, by itself and among the others; the gravest first."""
        findings = [*self._rows.findings(row), *self._across.of_row(row)]
        return sorted(findings, key=lambda finding: -_RANK[finding.severity])

    def severity(self, row: int) -> str:
        """The gravest severity among a row's findings; empty when there is none."""
        findings = self.findings(row)
        return findings[0].severity if findings else ""

    def whole_file_findings(self) -> list[Finding]:
        """What is wrong with the dataset and no row in particular."""
        return list(self._across.whole)

    def all_findings(self) -> Iterator[tuple[int, Finding]]:
        """Row and finding, in the order of the rows; row -1 for the dataset as a whole."""
        last = -1
        for finding in self._across.whole:
            yield -1, finding
        for row in merge(self._rows.rows_with_findings(), self._across.rows()):
            if row != last:
                for finding in self.findings(row):
                    yield row, finding
            last = row

    def count(self, severity: Severity) -> int:
        """How many findings of this severity there are so far."""
        return self._rows.counts[severity] + self._across.counts[severity]

    def restart(self) -> None:
        """Forget everything and check the open dataset from its first line."""
        self._check_all(reads_file=True)

    def _check_all(self, *, reads_file: bool) -> None:
        self._generation += 1
        self._settle.stop()
        self._end_work()
        document = self._dataset.document
        self._rows = CheckedRows(len(document) if document is not None else 0)
        self._across, self.summary, self._fed = FindingsAcross(), None, 0
        self._reads_file = reads_file
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

    def _ask(
        self,
        do: str,
        rows: list[Stretch],
        lines: list[bytes] | None = None,
        *,
        feeds: bool = False,
        about: bytes = b"",
        **details: Any,
    ) -> None:
        from ftdesk.ui.check_worker import encode_request

        if self._process is None:
            return
        self._asked.append(_Asked(do, rows, self._generation, feeds, about))
        self._process.ask(encode_request(do, lines, **details))

    def _feed(self) -> None:
        """Ask for the next rows; the answer asks for more. So an edit waits for one batch at most, in any file."""
        document = self._dataset.document
        if document is None or self._fed >= len(document):
            self._end_work()
            self._settle.start()
            return
        self._feed_next(document)
        self._report_progress(len(document))

    def _feed_next(self, document: Document) -> None:
        row = self._fed
        place = document.stretch(row, _PART_LINES, _PART) if self._reads_file else None
        if place is not None:
            stat = place.stat
            self._fed += place.rows
            self._ask(
                "read",
                [Stretch(row, 0, place.rows)],
                feeds=True,
                row=row,
                count=place.rows,
                path=str(place.path),
                identity=[stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns],
                start=place.start,
                end=place.end,
            )
            return
        lines: list[bytes] = []
        end, size = time.monotonic() + _BATCH_SECONDS, 0
        while row + len(lines) < len(document) and len(lines) < _BATCH_LINES and size < _BATCH_BYTES:
            if lines and self._reads_file and document.stretch(row + len(lines), 1, _PART) is not None:
                break
            lines.append(document.shown_line(row + len(lines)))
            size += len(lines[-1])
            if time.monotonic() > end:
                break
        self._fed += len(lines)
        self._ask("splice", [Stretch(row, 0, len(lines))], lines, feeds=True, row=row, removed=0)

    def _spliced(self, row: int, removed: int, inserted: int) -> None:
        document = self._dataset.document
        if document is None:
            return
        if max(removed, inserted) > _BATCH_LINES:
            # The file was read anew, or a whole one was taken in: that is a check of its own.
            self.restart()
            return
        total = len(self._rows)
        self._rows.splice(row, removed, inserted)
        for asked in self._asked:
            asked.rows = moved(asked.rows, row, removed, inserted)
        self._across.splice(row, removed, inserted)
        if row > self._fed or (row == self._fed and self._fed < total):
            return
        removed_fed = min(removed, self._fed - row)
        self._fed += inserted - removed_fed
        if self._running and self._process is not None:
            lines = [document.shown_line(at) for at in range(row, row + inserted)]
            self._ask("splice", [Stretch(row, 0, inserted)], lines, row=row, removed=removed_fed)

    def _answered(self, reply: bytes) -> None:
        asked = self._asked.popleft()
        if asked.generation != self._generation:
            return
        head, _, tokens = reply.partition(b"\n")
        answer = json.loads(head)
        if asked.do == "summary":
            self._summarise(answer)
            return
        if asked.do == "messages":
            self.messages_counted.emit(MessageTokens(asked.about, tuple(answer["counts"]), answer["limit"]))
            return
        if "refused" in answer:
            # Another program has replaced the file: only this process still has what is shown.
            self._check_all(reads_file=False)
            return
        if asked.rows:
            self._rows.fill(asked.rows, array("I", tokens), answer["findings"])
            self.rows_checked.emit()
        if asked.feeds:
            self._feed()
        elif asked.do == "splice":
            self._settle.start()

    def _summarise(self, answer: dict[str, Any]) -> None:
        self._across = FindingsAcross(answer.pop("findings"))
        self.summary = Summary.of(answer)
        self.rows_checked.emit()
        self.summarised.emit()

    def _ask_summary(self) -> None:
        if self._running and self._process is not None and not self._asked:
            self._ask("summary", [])
        elif self._asked:
            self._settle.start()

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

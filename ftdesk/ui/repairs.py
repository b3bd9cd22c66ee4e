"""Fixes for the window: worked out in a thread, done as one change, with a notice that offers to take them back."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QObject

from ftdesk.dataset.document import Document
from ftdesk.errors import InputError
from ftdesk.ui.desk import Desk
from ftdesk.ui.tasks import Tasks
from ftdesk.ui.text import plural
from ftdesk.validation.checker import Checker
from ftdesk.validation.findings import Finding, Fix
from ftdesk.validation.fixing import LineFix, as_change, fix_finding, fix_lines
from ftdesk.validation.requirements import requirements_or_default

_PAUSE_SECONDS = 0.05
_PATIENCE = 100


class Repairs(QObject):
    """Works on the open dataset. What is checked meanwhile is checked by the rules alone: no tokens are counted."""

    def __init__(self, desk: Desk, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk
        self._tasks = Tasks(self, desk.notices.show_error)

    def fix(self, row: int, finding: Finding) -> None:
        """Fix one finding of a row, now."""
        self._tasks.start("fix", self._fix(row, finding))

    @property
    def is_busy(self) -> bool:
        """Whether a fix that was asked for is under way."""
        return self._tasks.is_running("fix")

    async def fixes_of(self, findings: Sequence[tuple[int, Finding]]) -> list[LineFix]:
        """What becomes of the lines that these findings, by row, are about. Nothing is changed yet."""
        document = self._desk.dataset.document
        if document is None:
            return []
        lines = {row: document.shown_line(row) for row, _ in findings}
        placed = [replace(finding, line=row + 1) for row, finding in findings]
        codes = {finding.fix for finding in placed}
        return await asyncio.to_thread(_fixes, self._like(), lines, placed, codes)

    def apply(self, fixes: Sequence[LineFix]) -> bool:
        """Do them as one change, if all lines still are what they were. Whether that worked."""
        document = self._desk.dataset.document
        if document is None or not fixes:
            return False
        number = sum(len(fix.fixed) for fix in fixes)
        title = plural(number, _title_of(fixes), self.tr("Fix {number} findings"))

        def change(target: Document) -> None:
            if any(fix.row >= len(target) or target.line(fix.row) != fix.before for fix in fixes):
                raise InputError(
                    self.tr("The dataset has changed since these fixes were worked out."),
                    hint=self.tr("Look at them again."),
                )
            target.apply(as_change(fixes, title))

        if not self._desk.dataset.attempt(change):
            return False
        self._desk.dataset.offer_undo(plural(number, self.tr("1 finding fixed."), self.tr("{number} findings fixed.")))
        return True

    async def aclose(self) -> None:
        await self._tasks.aclose()

    async def settled(self) -> bool:
        """Wait until what was found is about the dataset as it is now. Whether that was soon; if not, it is said."""
        self._desk.dataset.leaving.emit()
        for _ in range(_PATIENCE):
            if self._desk.checking.is_settled:
                return True
            await asyncio.sleep(_PAUSE_SECONDS)
        self._desk.notices.show_notice(self.tr("Not all examples are checked yet. Try again in a moment."))
        return False

    async def _fix(self, row: int, finding: Finding) -> None:
        dataset = self._desk.dataset
        if not await self.settled():
            return
        document = dataset.document
        # What was typed meanwhile may have settled it.
        still = [found for found in self._desk.checking.findings(row) if _is_same(found, finding)]
        if document is None or not still:
            return
        line = document.shown_line(row)
        fix = await asyncio.to_thread(_fix_one, self._like(), line, replace(finding, line=row + 1))
        if fix is None:
            self._desk.notices.show_notice(self.tr("That would only make another error. It is for you to decide."))
        elif dataset.document is document:
            self.apply([fix])

    def _like(self) -> tuple[str, str]:
        """Host and method that are checked for."""
        summary = self._desk.checking.summary
        return self._desk.profile_of(self._desk.host.name), summary.method if summary else "supervised"


def _is_same(a: Finding, b: Finding) -> bool:
    return (a.rule, a.path, a.fix) == (b.rule, b.path, b.fix)


def checker_for(host: str, method: str) -> Checker:
    """A checker by the rules alone, for a host by its name. It counts no tokens, so that no vocabulary is loaded."""
    checker = Checker("auto", requirements=requirements_or_default(host), count_tokens=False)
    checker.method = method if method in ("preference", "reinforcement") else "supervised"  # type: ignore[assignment]
    return checker


def _fix_one(like: tuple[str, str], line: bytes, finding: Finding) -> LineFix | None:
    return fix_finding(checker_for(*like), line, finding)


def _fixes(
    like: tuple[str, str], lines: dict[int, bytes], findings: Sequence[Finding], codes: set[Fix | None]
) -> list[LineFix]:
    return list(fix_lines(checker_for(*like), lines.__getitem__, findings, lambda finding: finding.fix in codes))


def _title_of(fixes: Sequence[LineFix]) -> str:
    """What the first of them does, as an order."""
    return next((repair.title for fix in fixes for repair in fix.repairs), "")

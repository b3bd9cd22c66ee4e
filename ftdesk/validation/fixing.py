"""Repairs findings: single lines to a fixpoint, and all lines of a dataset as one change that can be undone."""

from __future__ import annotations

import json
from bisect import bisect, insort
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ftdesk.dataset.changes import Change, Splice
from ftdesk.dataset.spans import JsonText
from ftdesk.errors import InputError
from ftdesk.validation.checker import Checker
from ftdesk.validation.findings import Finding
from ftdesk.validation.fixes import Repair, repair_of
from ftdesk.validation.fixes.repair import Edit, Place

__all__ = ["LineFix", "Wanted", "any_fix", "as_change", "fix_all", "fix_finding", "fix_line", "fix_lines", "is_safe"]

_MOST_ROUNDS = 100

Wanted = Callable[[Finding], bool]
"""Whether a finding that could be fixed shall be."""


@dataclass(frozen=True, slots=True)
class LineFix:
    """What becomes of the line at ``row``, counted from 0; ``after`` is ``None`` when it goes.

    ``fixed`` are the findings that made it so, as they were when each was fixed.
    """

    row: int
    before: bytes
    after: bytes | None
    fixed: tuple[Finding, ...]

    @property
    def repairs(self) -> tuple[Repair, ...]:
        """What was done, in order, each once."""
        return tuple(dict.fromkeys(repair_of(finding.fix) for finding in self.fixed if finding.fix))


def any_fix(finding: Finding) -> bool:
    """Whether there is a repair for it."""
    return finding.fix is not None


def is_safe(finding: Finding) -> bool:
    """Whether there is a repair that changes nothing that is trained or was meant."""
    return finding.fix is not None and repair_of(finding.fix).safe


def fix_line(checker: Checker, number: int, raw: bytes, wanted: Wanted = any_fix) -> LineFix | None:
    """Fix what is wanted on one line, or ``None`` if nothing can be done.

    A repair counts only if its rule has less to say afterwards and no rule has more errors than before. Lines never
    come back to what they were, so this ends.
    """
    line = _Mending(checker, number, raw)
    fixed: list[Finding] = []
    for _ in range(_MOST_ROUNDS):
        findings = [finding for finding in line.findings if finding.fix and wanted(finding)]
        dropping = [finding for finding in findings if _drops_line(finding)]
        if dropping:
            return LineFix(number - 1, raw, None, (*fixed, *dropping))
        # All at once, which is mostly right; else the first that can be.
        tries = (line.mend(chosen) for chosen in (findings, *([finding] for finding in findings)))
        mended = next((done for done in tries if done), ())
        if not mended:
            break
        fixed += mended
    return LineFix(number - 1, raw, line.text, tuple(fixed)) if line.text != raw else None


def fix_finding(checker: Checker, raw: bytes, finding: Finding) -> LineFix | None:
    """Fix this finding and nothing else, or ``None`` if that makes its line no better. It must be about a line."""
    number = finding.line or 1
    if _drops_line(finding):
        return LineFix(number - 1, raw, None, (finding,))
    line = _Mending(checker, number, raw)
    return LineFix(number - 1, raw, line.text, (finding,)) if line.mend([finding]) else None


def fix_lines(
    checker: Checker, line: Callable[[int], bytes], findings: Iterable[Finding], wanted: Wanted = any_fix
) -> Iterator[LineFix]:
    """The fixes of all lines that ``findings`` name, in the order of the lines. ``line`` gives a line by its row.

    A line of which a finding about the dataset as a whole says that it should go, goes.
    """
    by_line: dict[int, list[Finding]] = {}
    for finding in findings:
        if finding.line is not None and finding.fix and wanted(finding):
            by_line.setdefault(finding.line, []).append(finding)
    for number in sorted(by_line):
        raw = line(number - 1)
        dropping = [finding for finding in by_line[number] if _drops_line(finding)]
        if dropping:
            yield LineFix(number - 1, raw, None, tuple(dropping))
            continue
        fix = fix_line(checker, number, raw, wanted)
        if fix is not None:
            yield fix


def fix_all(
    checker: Checker, line: Callable[[int], bytes], findings: Iterable[Finding], wanted: Wanted = any_fix
) -> list[LineFix]:
    """The same for a whole file that ``checker`` has just checked, with what only then becomes wrong.

    Two examples may be equal as soon as they are mended; then the second is a copy.
    """
    fixes = {fix.row: fix for fix in fix_lines(checker, line, findings, wanted)}
    fresh = list(fixes.values())
    while fresh:
        for fix in fresh:
            number = fix.row + 1
            checker.recheck(number, number, checker.check_record(number, fix.before), fix.after)
        fresh = []
        for finding in checker.dataset_findings():
            if finding.line is not None and _drops_line(finding) and wanted(finding):
                row = finding.line - 1
                text, fixed = (fixes[row].after, fixes[row].fixed) if row in fixes else (line(row), ())
                if text is not None:
                    fresh.append(LineFix(row, text, None, (finding,)))
                    fixes[row] = LineFix(row, line(row), None, (*fixed, finding))
    return [fixes[row] for row in sorted(fixes)]


def as_change(fixes: Sequence[LineFix], title: str) -> Change:
    """All fixes as one change. Rows keep their numbers because it begins at the end."""
    ordered = sorted(fixes, key=lambda fix: -fix.row)
    return Change(
        title, tuple(Splice(fix.row, (fix.before,), () if fix.after is None else (fix.after,)) for fix in ordered)
    )


class _Mending:
    """A line while it is mended, with what there is to say about it now."""

    def __init__(self, checker: Checker, number: int, raw: bytes) -> None:
        self._checker = checker
        self._number = number
        self.text = raw
        self.findings = self._check(raw)
        self._seen = {raw}

    def mend(self, findings: Sequence[Finding]) -> Sequence[Finding]:
        """Repair these findings at once, as far as they do not overlap, if that makes the line better.

        Returns those that were.
        """
        candidate, mended = _apply(self.text, findings)
        if candidate in self._seen:
            return ()
        after = self._check(candidate)
        if not _is_better(self.findings, after, {finding.rule for finding in mended}):
            return ()
        self._seen.add(candidate)
        self.text, self.findings = candidate, after
        return mended

    def _check(self, raw: bytes) -> Sequence[Finding]:
        return self._checker.check_record(self._number, raw).findings


def _is_better(before: Sequence[Finding], after: Sequence[Finding], rules: set[str]) -> bool:
    said_before, said_after = Counter(finding.rule for finding in before), Counter(finding.rule for finding in after)
    errors = Counter(finding.rule for finding in after if finding.severity == "error")
    errors.subtract(finding.rule for finding in before if finding.severity == "error")
    return all(said_after[rule] < said_before[rule] for rule in rules) and not any(more > 0 for more in errors.values())


def _drops_line(finding: Finding) -> bool:
    return finding.fix is not None and repair_of(finding.fix).edits is None


def _apply(raw: bytes, findings: Sequence[Finding]) -> tuple[bytes, list[Finding]]:
    """The line with the repairs that do not overlap, and the findings that were repaired."""
    try:
        line = JsonText(raw)
        value = json.loads(line.text.removeprefix("\ufeff"))
    except (InputError, ValueError, RecursionError):
        return raw, []
    edits: list[Edit] = []  # in order, none overlapping
    taken: set[Edit] = set()
    mended = []
    for finding in findings:
        make = repair_of(finding.fix).edits if finding.fix else None
        proposed = make(Place(line, value, finding.path)) if make else []
        if proposed and all(edit in taken or _fits(edit, edits) for edit in proposed):
            mended.append(finding)
            for edit in set(proposed) - taken:
                insort(edits, edit)
            taken.update(proposed)
    pieces: list[str] = []
    position = 0
    for edit in edits:
        pieces += (line.text[position : edit.start], edit.text)
        position = edit.end
    return "".join([*pieces, line.text[position:]]).encode("utf-8"), mended


def _fits(edit: Edit, edits: Sequence[Edit]) -> bool:
    """Whether ``edit`` touches no character that one of ``edits``, which are in order, touches."""
    at = bisect(edits, edit)
    after_previous = at == 0 or (edits[at - 1].end <= edit.start and edits[at - 1].start != edit.start)
    before_next = at == len(edits) or (edit.end <= edits[at].start and edits[at].start != edit.start)
    return after_previous and before_next

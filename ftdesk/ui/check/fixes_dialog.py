"""Fix all: what would be done, kind by kind and line by line, to be looked at before it is done as one step."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QDialog, QHBoxLayout, QVBoxLayout, QWidget

from ftdesk.overrides import override
from ftdesk.ui.change_delegate import ROW_HEIGHT, ChangeDelegate
from ftdesk.ui.check.fixes_model import FixesModel
from ftdesk.ui.desk import Desk
from ftdesk.ui.long_list import LongList
from ftdesk.ui.repairs import Repairs
from ftdesk.ui.tasks import Tasks
from ftdesk.ui.text import Label, plural
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Button, Column, Surface
from ftdesk.validation.findings import Finding, Fix
from ftdesk.validation.fixes import REPAIRS, Repair

_BATCH = 50
_KINDS_WIDTH = 80 * UNIT


class FixesDialog(QDialog):
    """What changes no meaning is ticked at first, or only the kind that was asked for."""

    def __init__(self, desk: Desk, repairs: Repairs, parent: QWidget, only: Fix | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("fixes_dialog")
        self.setWindowTitle(self.tr("Fix findings"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(min(270 * UNIT, parent.width() - 8 * UNIT), min(170 * UNIT, parent.height() - 8 * UNIT))
        self._desk = desk
        self._repairs = repairs
        self._tasks = Tasks(self, desk.notices.show_error)
        self._boxes: dict[Fix, QCheckBox] = {}
        self._working = False
        self.model = FixesModel(self)
        self.model.counted.connect(self._show_count)
        self._lay_out(only)
        for changed in (desk.dataset.spliced, desk.dataset.rows_reset, desk.dataset.replaced):
            changed.connect(self.reject)
        self._work_out()
        self._view.setFocus()

    @override
    def done(self, result: int) -> None:
        # Cancelled here and not with the object, which lives until the dialog has faded.
        self._tasks.cancel_all()
        super().done(result)

    def _findings(self) -> list[tuple[int, Finding]]:
        """All that can be fixed, with their rows."""
        return [(row, finding) for row, finding in self._desk.checking.all_findings() if row >= 0 and finding.fix]

    def _lay_out(self, only: Fix | None) -> None:
        self._note = Label("", "caption", wrap=True)
        self._note.setObjectName("fixes_note")
        self._view = _Changes(self.tr("Changes"), ChangeDelegate(), ROW_HEIGHT)
        self._view.setObjectName("fixes_view")
        self._view.setModel(self.model)
        listing = Surface("code", UNIT, 0)
        listing.column.addWidget(self._view)
        body = QHBoxLayout()
        body.setSpacing(4 * UNIT)
        body.addWidget(self._kinds(only))
        body.addWidget(listing, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(6 * UNIT, 5 * UNIT, 6 * UNIT, 5 * UNIT)
        column.setSpacing(3 * UNIT)
        column.addWidget(Label(self.tr("Fix findings"), "title"))
        column.addLayout(body, 1)
        column.addWidget(self._note)
        column.addLayout(self._buttons())

    def _kinds(self, only: Fix | None) -> QWidget:
        counts: Counter[Fix] = Counter(finding.fix for _, finding in self._findings() if finding.fix)
        kinds = Column(self.tr("Kinds of fixes"))
        kinds.setFixedWidth(_KINDS_WIDTH)
        kinds.page.layout().setContentsMargins(0, 0, 2 * UNIT, 0)  # type: ignore[union-attr]
        kinds.column.setSpacing(2 * UNIT)
        for safe, title in ((True, self.tr("Changes no meaning")), (False, self.tr("Worth a look"))):
            fitting = [repair for repair in REPAIRS if repair.safe == safe and counts[repair.code]]
            if fitting:
                kinds.column.addWidget(Label(title, "heading"))
            for repair in fitting:
                chosen = repair.code == only if only else safe
                kinds.column.addWidget(self._box(repair, counts[repair.code], chosen=chosen))
        kinds.column.addStretch()
        return kinds

    def _box(self, repair: Repair, number: int, *, chosen: bool) -> QCheckBox:
        box = self._boxes[repair.code] = QCheckBox(
            self.tr("{title} ({number})").format(title=repair.title, number=f"{number:,}")
        )
        box.setObjectName(f"fix_{repair.code}")
        box.setChecked(chosen)
        box.toggled.connect(lambda _: self._work_out())
        return box

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(2 * UNIT)
        everything = Button(self.tr("Tick all"), lambda: self.model.tick_all(ticked=True), kind="quiet")
        everything.setObjectName("fixes_tick_all")
        nothing = Button(self.tr("Tick none"), lambda: self.model.tick_all(ticked=False), kind="quiet")
        nothing.setObjectName("fixes_tick_none")
        row.addWidget(everything)
        row.addWidget(nothing)
        row.addStretch()
        self._apply = Button(self.tr("Fix"), self._do, kind="primary", icon_name="wand-sparkles")
        self._apply.setObjectName("fixes_apply_button")
        self._apply.setDefault(True)
        row.addWidget(Button(self.tr("Cancel"), self.reject))
        row.addWidget(self._apply)
        return row

    def _work_out(self) -> None:
        codes = {code for code, box in self._boxes.items() if box.isChecked()}
        self.model.clear()
        self._working = True
        self._tasks.start("work out", self._propose([item for item in self._findings() if item[1].fix in codes]))

    async def _propose(self, findings: Sequence[tuple[int, Finding]]) -> None:
        """Work the fixes out in a thread, some lines at a time, and list them as they come."""
        rows: dict[int, list[tuple[int, Finding]]] = {}
        for row, finding in findings:
            rows.setdefault(row, []).append((row, finding))
        lines = [rows[row] for row in sorted(rows)]
        for start in range(0, len(lines), _BATCH):
            batch = [item for line in lines[start : start + _BATCH] for item in line]
            self.model.add(await self._repairs.fixes_of(batch))
            await asyncio.sleep(0)
        self._working = False
        self._show_count()

    def _show_count(self) -> None:
        number = self.model.findings
        lines = plural(self.model.lines, self.tr("1 line"), self.tr("{number} lines"))
        if self._working:
            note = self.tr("Working out… {lines} so far.").format(lines=lines)
        elif not self.model.rowCount():
            note = self.tr("Nothing is chosen, or what is chosen would only make other errors.")
        else:
            findings = plural(number, self.tr("1 finding"), self.tr("{number} findings"))
            note = self.tr("{findings} on {lines} will be fixed, as one step that can be undone.").format(
                findings=findings, lines=lines
            )
        self._note.setText(note)
        self._apply.setText(plural(number, self.tr("Fix 1"), self.tr("Fix {number}")))
        self._apply.setEnabled(bool(number) and not self._working)

    def _do(self) -> None:
        chosen = self.model.chosen()
        self._tasks.cancel_all()
        self.accept()
        self._repairs.apply(chosen)


class _Changes(LongList):
    """The space bar ticks what is selected, or takes its ticks away."""

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        model = self.model()
        if event.key() == Qt.Key.Key_Space and isinstance(model, FixesModel):
            positions = [position for part in self.selected_positions() for position in part]
            if positions:
                model.tick(positions, ticked=not all(map(model.is_ticked, positions)))
            return
        super().keyPressEvent(event)

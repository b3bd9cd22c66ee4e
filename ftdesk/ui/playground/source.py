"""Prompts one by one: from the open dataset, or from examples that no training has seen."""

from __future__ import annotations

import asyncio
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from ftdesk.evaluation.items import read_held_out
from ftdesk.evaluation.types import EvaluationItem
from ftdesk.ui.desk import Desk
from ftdesk.ui.held_out import held_out_parts
from ftdesk.ui.playground.prompts import Question, question_of, question_of_item
from ftdesk.ui.tasks import Tasks
from ftdesk.ui.text import Label, one_line
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Choice, IconButton


class PromptSource(QWidget):
    """``question_chosen`` carries what an example asks."""

    question_chosen = Signal(object)

    def __init__(self, desk: Desk, tasks: Tasks, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._desk = desk
        self._tasks = tasks
        self._items: tuple[EvaluationItem, ...] = ()
        self._path: Path | None = None
        self._at = -1
        self._choice = Choice(self.tr("Where prompts come from"))
        self._choice.setObjectName("prompt_source")
        self._choice.activated.connect(lambda *_: self._choose())
        self._back = IconButton("chevron-left", self.tr("Previous example (Alt+Up)"), lambda: self.step(-1))
        self._next = IconButton("chevron-right", self.tr("Next example (Alt+Down)"), lambda: self.step(1))
        self._where = Label("", "caption")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(UNIT)
        for widget in (self._choice, self._back, self._next, self._where):
            row.addWidget(widget)
        self.refresh()

    def refresh(self) -> None:
        """List what there is now."""
        chosen = self._choice.currentData()
        self._choice.clear()
        self._choice.addItem(self.tr("Examples of the open dataset"), "")
        for part in held_out_parts(self._desk.jobs.jobs):
            self._choice.addItem(one_line(self.tr("Held out: {name}").format(name=part.title), 60), str(part.path))
        self._choice.setCurrentIndex(max(0, self._choice.findData(chosen)))
        self._show_place()

    def step(self, by: int) -> None:
        """The next example that asks something, or the one before."""
        at = self._at + by if self._at >= 0 else self._first()
        while 0 <= at < self._count():
            question = self._question(at)
            if question is not None:
                self._use(at, question)
                return
            at += by
        self._show_place()

    def use_row(self, row: int) -> None:
        """An example of the open dataset."""
        self._choice.setCurrentIndex(0)
        self._path = None
        question = self._question(row)
        if question is not None:
            self._use(row, question)

    def _use(self, at: int, question: Question) -> None:
        self._at = at
        self._show_place()
        self.question_chosen.emit(question)

    def _first(self) -> int:
        """Where stepping begins: at the example that is looked at."""
        return max(0, self._desk.dataset.row) if self._path is None else 0

    def _count(self) -> int:
        document = self._desk.dataset.document
        if self._path is not None:
            return len(self._items)
        return len(document) if document is not None else 0

    def _question(self, at: int) -> Question | None:
        if self._path is not None:
            return question_of_item(self._items[at])
        document = self._desk.dataset.document
        return question_of(document.record(at)) if document is not None and at < len(document) else None

    def _choose(self) -> None:
        named = str(self._choice.currentData() or "")
        self._path, self._items, self._at = Path(named) if named else None, (), -1
        if named:
            self._tasks.start("held-out", self._read(Path(named)))
        else:
            self.step(1)

    async def _read(self, path: Path) -> None:
        held_out = await asyncio.to_thread(read_held_out, path)
        if path == self._path:
            self._items = held_out.items
            self.step(1)

    def _show_place(self) -> None:
        count = self._count()
        self._back.setEnabled(self._at > 0)
        self._next.setEnabled(self._at + 1 < count)
        text = self.tr("{number} of {count}").format(number=f"{self._at + 1:,}", count=f"{count:,}")
        self._where.setText(text if self._at >= 0 else "")

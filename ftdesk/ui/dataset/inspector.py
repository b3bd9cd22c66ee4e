"""The right column: what is wrong with the example, and what it has besides the conversation."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QScrollArea, QSplitter, QVBoxLayout, QWidget

from ftdesk.dataset.changes import Labels
from ftdesk.dataset.record import Record
from ftdesk.dataset.spans import JsonSyntaxError, Path
from ftdesk.dataset.tool_calls import tools_of
from ftdesk.ui.dataset.fields_editor import FieldsEditor, other_fields
from ftdesk.ui.dataset.findings import ExampleFindings
from ftdesk.ui.dataset.labels_editor import LabelsEditor
from ftdesk.ui.dataset.tools_editor import ToolsEditor
from ftdesk.ui.json_editor import JsonEditor
from ftdesk.ui.json_text import gather, spread
from ftdesk.ui.text import Label, visible
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Button, Surface
from ftdesk.validation.findings import Finding

_UNASKED_RAW = 40_000
"""Characters up to which an example's JSON is shown without asking: parsing and colouring more takes a while."""

_AT_ONCE_RAW = 8_000
"""Up to so many it is shown with the example, beyond that when the example has been painted."""


class Inspector(Surface):
    raw_committed = Signal(object)
    """The whole example on one line, as edited."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("right", 0, 0, parent)
        self._line = b""
        self._findings_title = Label(self.tr("Findings"), "heading")
        self._none = Label(self.tr("Nothing to complain about."), "caption", wrap=True)
        self.findings = ExampleFindings()
        self.labels = LabelsEditor()
        self.tools = ToolsEditor()
        self.extra = FieldsEditor(self.tr("Extra fields"), "extra_field")
        self.raw = JsonEditor(self.tr("Raw JSON of the example"))
        self.raw.setObjectName("raw_json_edit")
        self.raw.committed.connect(self._raw_edited)
        self.raw.problem_changed.connect(self._show_problem)
        self._problem = Label("", "error", wrap=True)
        self._problem.setObjectName("raw_json_problem")
        self._problem.hide()
        self.raw.fill_height()
        self.raw.setMinimumHeight(40 * UNIT)
        facts = QWidget()
        facts.setProperty("kind", "page")
        column = QVBoxLayout(facts)
        column.setContentsMargins(4 * UNIT, 4 * UNIT, 4 * UNIT, 2 * UNIT)
        column.setSpacing(2 * UNIT)
        for widget in (self._findings_title, self._none, self.findings, self.labels, self.tools, self.extra):
            column.addWidget(widget)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setAccessibleName(self.tr("Findings and fields"))
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(facts)
        self._json = QWidget()
        column = QVBoxLayout(self._json)
        column.setContentsMargins(4 * UNIT, 2 * UNIT, 4 * UNIT, 4 * UNIT)
        column.setSpacing(2 * UNIT)
        self._too_long = Label("", "caption", wrap=True)
        self._ask_raw = Button(self.tr("Show its JSON"), self._show_raw)
        for widget in (Label(self.tr("Raw JSON"), "heading"), self._too_long, self._problem):
            column.addWidget(widget)
        column.addWidget(self._ask_raw, 0, Qt.AlignmentFlag.AlignLeft)
        column.addWidget(self.raw, 1)
        column.addStretch(0)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(0)
        self._later.timeout.connect(self._show_raw)
        self._splitter = QSplitter(Qt.Orientation.Vertical)
        self._splitter.setHandleWidth(1)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(scroll)
        self._splitter.addWidget(self._json)
        self._splitter.setSizes([95 * UNIT, 85 * UNIT])
        self.tools.opened.connect(self._make_room)
        self.column.addWidget(self._splitter)

    def show_record(self, record: Record, line: bytes) -> None:
        preference = record.kind == "preference"
        self.labels.show()
        self._findings_title.show()
        place: Path = ("input", "tools") if preference else ("tools",)
        self.tools.show_tools(tools_of(record.value, preference=preference), line, place)
        self.tools.setVisible(record.kind not in ("broken", "blank"))
        # Of a reinforcement example they are what counts, and stand with the prompt.
        self.extra.setVisible(record.kind in ("supervised", "preference"))
        if record.kind in ("supervised", "preference"):
            self.extra.show_fields(other_fields(record.value), line)
        readable = record.kind not in ("broken", "blank")
        self._json.setVisible(readable)
        if readable and line != self._line:
            self._line = line
            self._plan_raw()
        elif not readable:
            self._line = b""

    def show_nothing(self) -> None:
        self.tools.hide()
        self.extra.hide()
        self._line = b""
        self._json.setVisible(False)
        self.labels.show_labels(Labels())
        self.show_findings(())
        # Without an example there is nothing to say anything about, and typed tags would have no place to go.
        for part in (self.labels, self._findings_title, self._none):
            part.hide()

    def show_findings(self, findings: Sequence[Finding], *, checked: bool = True) -> None:
        """``checked`` is false while nothing is known yet."""
        number = len(findings)
        self._findings_title.setText(
            self.tr("Findings ({number})").format(number=number) if number else self.tr("Findings")
        )
        self._none.setText(self.tr("Nothing to complain about.") if checked else self.tr("Not checked yet."))
        self._none.setVisible(not number)
        self.findings.setVisible(bool(number))
        self.findings.show_findings(findings)

    def commit(self) -> None:
        self.tools.commit()
        if not self.extra.isHidden():
            self.extra.commit()
        self.raw.commit()
        self.labels.commit()

    def _make_room(self) -> None:
        """Let the fields above have more of the height than the raw JSON, unless they have it already."""
        facts, raw = self._splitter.sizes()
        if facts < raw:
            self._splitter.setSizes([(facts + raw) * 2 // 3, (facts + raw) // 3])

    def _plan_raw(self) -> None:
        """Show the line as JSON, at once if that is nothing, else a moment later or when asked for."""
        size = len(self._line)
        ask = size > _UNASKED_RAW
        self._too_long.setText(self.tr("This example has {size} bytes.").format(size=f"{size:,}"))
        self._too_long.setVisible(ask)
        self._ask_raw.setVisible(ask)
        self.raw.setVisible(not ask)
        self._problem.hide()
        self._later.stop()
        if size <= _AT_ONCE_RAW:
            self._show_raw()
        elif not ask:
            self._later.start()

    def _show_raw(self) -> None:
        text = self._line.decode("utf-8", "replace")
        # What nests deeper than we follow is valid all the same.
        with suppress(JsonSyntaxError):
            text = spread(text)
        self.raw.show_text(text)
        self.raw.setVisible(True)
        self._ask_raw.hide()

    def _raw_edited(self, shown: str) -> None:
        line = self._line.decode("utf-8", "replace")
        try:
            text = gather(shown, line)
        except JsonSyntaxError:
            # Nothing that was typed is lost: the line is broken then, and shown as such until it is repaired.
            text = " ".join(part.strip() for part in shown.split("\n"))
        # What stands before and after the example is the file's, and is not shown.
        mark, end = line[: line.startswith("\ufeff")], line[len(line.rstrip("\r")) :]
        text = mark + text.removeprefix(mark) + end
        if text != line:
            self.raw_committed.emit(text)

    def _show_problem(self, problem: str) -> None:
        self._problem.setText(visible(problem))
        self._problem.setVisible(bool(problem) and self.raw.isVisible())

"""The right column: what is wrong with the example, and what it has besides the conversation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QLineEdit, QScrollArea, QSizePolicy, QSplitter, QVBoxLayout, QWidget

from ftdesk.dataset.record import Record
from ftdesk.dataset.spans import JsonSyntaxError, dump
from ftdesk.ui.dataset.findings import ExampleFindings
from ftdesk.ui.json_editor import JsonEditor
from ftdesk.ui.json_text import gather, spread
from ftdesk.ui.text import Label, one_line, original, visible
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Button, Surface, separator
from ftdesk.validation.findings import Finding

_SHOWN_ELSEWHERE = frozenset({"messages", "tools", "input", "preferred_output", "non_preferred_output"})
_UNASKED_RAW = 40_000
"""Characters up to which an example's JSON is shown without asking: parsing and colouring more takes a while."""

_AT_ONCE_RAW = 8_000
"""Up to so many it is shown with the example, beyond that when the example has been painted."""


class Inspector(Surface):
    raw_committed = Signal(object)
    """The whole example on one line, as edited."""
    tags_committed = Signal(frozenset)
    """The tags as they shall be."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("right", 0, 0, parent)
        self._line = b""
        self._findings_title = Label(self.tr("Findings"), "heading")
        self._none = Label(self.tr("Nothing to complain about."), "caption", wrap=True)
        self.findings = ExampleFindings()
        self._tags = QLineEdit()
        self._tags.setObjectName("tags_edit")
        self._tags.setAccessibleName(self.tr("Tags of the example, separated by commas"))
        self._tags.setPlaceholderText(self.tr("Tags, separated by commas"))
        self._tags.editingFinished.connect(self._tags_edited)
        self._shown_tags: frozenset[str] = frozenset()
        self._tools = _Section(self.tr("Tools"))
        self._extra = _Section(self.tr("Extra fields"))
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
        for widget in (self._findings_title, self._none, self.findings, self._tags, self._tools, self._extra):
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
        splitter = QSplitter(Qt.Orientation.Vertical)
        splitter.setHandleWidth(1)
        splitter.setChildrenCollapsible(False)
        splitter.addWidget(scroll)
        splitter.addWidget(self._json)
        splitter.setSizes([60 * UNIT, 120 * UNIT])
        self.column.addWidget(splitter)

    def show_record(self, record: Record, line: bytes) -> None:
        self._show_tools(record.value.get("tools"))
        self._show_extra({key: value for key, value in record.value.items() if key not in _SHOWN_ELSEWHERE})
        readable = record.kind not in ("broken", "blank")
        self._json.setVisible(readable)
        if readable and line != self._line:
            self._line = line
            self._plan_raw()
        elif not readable:
            self._line = b""

    def show_nothing(self) -> None:
        self._show_tools(None)
        self._show_extra({})
        self._line = b""
        self._json.setVisible(False)
        self.show_tags(frozenset())
        self.show_findings(())

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

    def show_tags(self, tags: frozenset[str]) -> None:
        if tags != self._shown_tags or not self._tags.hasFocus():
            self._shown_tags = tags
            self._tags.setText(", ".join(sorted(map(visible, tags), key=str.casefold)))

    def commit(self) -> None:
        self.raw.commit()
        self._tags_edited()

    def _tags_edited(self) -> None:
        tags = frozenset(tag for part in self._tags.text().split(",") if (tag := original(part.strip())))
        if tags != self._shown_tags:
            self._shown_tags = tags
            self.tags_committed.emit(tags)

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
        if text != line:
            self.raw_committed.emit(text)

    def _show_problem(self, problem: str) -> None:
        self._problem.setText(visible(problem))
        self._problem.setVisible(bool(problem) and self.raw.isVisible())

    def _show_tools(self, tools: Any) -> None:
        rows = []
        for tool in tools if isinstance(tools, list) else ():
            function = tool.get("function") if isinstance(tool, Mapping) else None
            function = function if isinstance(function, Mapping) else {}
            name, about = function.get("name"), function.get("description")
            rows.append(
                (
                    one_line(name) if isinstance(name, str) else self.tr("(no name)"),
                    one_line(about) if isinstance(about, str) else "",
                )
            )
        self._tools.show_rows(rows)

    def _show_extra(self, fields: Mapping[str, Any]) -> None:
        self._extra.show_rows([(one_line(key), one_line(dump(value))) for key, value in fields.items()])


class _Section(QWidget):
    """Names with a line of text each; hidden while there are none."""

    def __init__(self, title: str) -> None:
        super().__init__()
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, UNIT, 0, 0)
        self._column.setSpacing(UNIT)
        self._column.addWidget(separator())
        self._column.addWidget(Label(title, "heading"))
        self._shown: list[tuple[str, str]] | None = None
        self._labels: list[Label] = []

    def show_rows(self, rows: list[tuple[str, str]]) -> None:
        if rows == self._shown:
            return
        self._shown = rows
        for label in self._labels:
            self._column.removeWidget(label)
            label.hide()
            label.deleteLater()
        self._labels = []
        for name, about in rows[:50]:
            for text, tone in ((name, ""), (about, "caption")):
                if text:
                    label = Label(text, tone, wrap=True)
                    self._column.addWidget(label)
                    self._labels.append(label)
        self.setVisible(bool(rows))

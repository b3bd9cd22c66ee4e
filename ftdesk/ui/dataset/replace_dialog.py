"""Find and replace over many examples, with every change to be seen before it is made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QDialog, QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from ftdesk.dataset.fields import PARTS, Part
from ftdesk.dataset.record import read_record
from ftdesk.dataset.spans import JsonText, Path
from ftdesk.errors import InputError
from ftdesk.overrides import override
from ftdesk.ui.change_delegate import ROW_HEIGHT, ChangeDelegate
from ftdesk.ui.dataset.bulk import BulkEdits, RowEdit
from ftdesk.ui.dataset.pattern import GaveUpError, Pattern
from ftdesk.ui.dataset.replace_model import ReplaceModel
from ftdesk.ui.long_list import LongList
from ftdesk.ui.open_dataset import OpenDataset
from ftdesk.ui.text import Label, one_line, plural, set_tooltip, visible
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Button, Choice, Surface, restyle

_PAUSE_MS = 200
_PARTS_IN_A_ROW = 4
_USUAL: frozenset[Part] = frozenset({"system", "user", "assistant", "tool"})


@dataclass(frozen=True, slots=True)
class Scope:
    """Examples to look through, with what a person calls them."""

    title: str
    rows: Callable[[], Sequence[int]]


class ReplaceDialog(QDialog):
    """Counts again soon after every key. *Replace* makes what is ticked, as one step of undo."""

    def __init__(self, dataset: OpenDataset, bulk: BulkEdits, scopes: Sequence[Scope], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("replace_dialog")
        self.setWindowTitle(self.tr("Find and replace"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(min(180 * UNIT, parent.width()), min(180 * UNIT, parent.height() - 8 * UNIT))
        self._bulk = bulk
        self._scopes = scopes
        self._pattern = Pattern("", "")
        self._title = ""
        self.model = ReplaceModel(dataset, self)
        self.model.counted.connect(self._show_count)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(_PAUSE_MS)
        self._soon.timeout.connect(self._look)
        for changed in (dataset.spliced, dataset.rows_reset):
            changed.connect(self._soon.start)
        dataset.replaced.connect(self.reject)
        column = QVBoxLayout(self)
        column.setContentsMargins(6 * UNIT, 5 * UNIT, 6 * UNIT, 5 * UNIT)
        column.setSpacing(3 * UNIT)
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(3 * UNIT)
        self._grid.setVerticalSpacing(2 * UNIT)
        self._grid.setColumnStretch(1, 1)
        self._add_fields()
        self._add_places()
        column.addLayout(self._grid)
        self._note = Label("", "caption", wrap=True)
        self._note.setObjectName("replace_note")
        column.addWidget(self._note)
        column.addWidget(self._list(), 1)
        column.addLayout(self._buttons())
        self._look()
        self._find.setFocus()

    def _add_fields(self) -> None:
        self._find = self._line(self.tr("Find"), "replace_find")
        self._put = self._line(self.tr("Replace with"), "replace_with")
        self._regex = self._box(
            self.tr("Pattern"),
            "replace_regex",
            self.tr(
                "A regular expression. In the replacement, $1 or \\1 is what its first group found, \\n a new line."
            ),
        )
        self._case = self._box(self.tr("Match case"), "replace_case", self.tr("Capital and small letters differ."))
        self._whole = self._box(self.tr("Whole words"), "replace_whole", self.tr("Not inside of longer words."))
        for row, (name, field) in enumerate(((self.tr("Find"), self._find), (self.tr("Replace with"), self._put))):
            label = Label(name)
            label.setBuddy(field)
            self._grid.addWidget(label, row, 0)
            self._grid.addWidget(field, row, 1)
        options = QHBoxLayout()
        options.setSpacing(4 * UNIT)
        for box in (self._regex, self._case, self._whole):
            options.addWidget(box)
        options.addStretch()
        self._grid.addLayout(options, 2, 1)

    def _add_places(self) -> None:
        self._scope = Choice(self.tr("Examples to look through"))
        self._scope.setObjectName("replace_scope")
        for scope in self._scopes:
            self._scope.addItem(scope.title)
        self._scope.currentIndexChanged.connect(lambda _: self._soon.start())
        words = (
            self.tr("System"),
            self.tr("User"),
            self.tr("Assistant"),
            self.tr("Tool"),
            self.tr("Tool calls"),
            self.tr("Tool definitions"),
            self.tr("Other fields"),
        )
        # In two rows: one would be wider than a small window.
        boxes = QGridLayout()
        boxes.setHorizontalSpacing(4 * UNIT)
        boxes.setVerticalSpacing(UNIT)
        boxes.setColumnStretch(_PARTS_IN_A_ROW, 1)
        self._parts: dict[Part, QCheckBox] = {}
        for at, (part, title) in enumerate(zip(PARTS, words, strict=True)):
            box = self._parts[part] = self._box(title, f"replace_in_{part}", "")
            box.setChecked(part in _USUAL)
            boxes.addWidget(box, at // _PARTS_IN_A_ROW, at % _PARTS_IN_A_ROW)
        self._grid.addWidget(Label(self.tr("In")), 3, 0, Qt.AlignmentFlag.AlignTop)
        self._grid.addLayout(boxes, 3, 1)
        self._grid.addWidget(Label(self.tr("Of")), 4, 0)
        self._grid.addWidget(self._scope, 4, 1, Qt.AlignmentFlag.AlignLeft)

    def _list(self) -> Surface:
        self._view = _Changes(self.tr("Changes"), ChangeDelegate(), ROW_HEIGHT)
        self._view.setObjectName("replace_changes")
        self._view.setModel(self.model)
        frame = Surface("code", UNIT, 0)
        frame.column.addWidget(self._view)
        return frame

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(2 * UNIT)
        everything = Button(self.tr("Tick all"), lambda: self._tick_all(True), kind="quiet")
        everything.setObjectName("replace_tick_all")
        nothing = Button(self.tr("Tick none"), lambda: self._tick_all(False), kind="quiet")
        nothing.setObjectName("replace_tick_none")
        self._replace = Button(self.tr("Replace"), self._do, kind="primary")
        self._replace.setObjectName("replace_button")
        self._replace.setDefault(True)
        row.addWidget(everything)
        row.addWidget(nothing)
        row.addStretch()
        row.addWidget(Button(self.tr("Cancel"), self.reject))
        row.addWidget(self._replace)
        return row

    def _line(self, name: str, object_name: str) -> QLineEdit:
        field = QLineEdit()
        field.setObjectName(object_name)
        field.setAccessibleName(name)
        field.textChanged.connect(lambda _: self._soon.start())
        return field

    def _box(self, title: str, name: str, tip: str) -> QCheckBox:
        box = QCheckBox(title)
        box.setObjectName(name)
        set_tooltip(box, tip)
        box.toggled.connect(lambda _: self._soon.start())
        return box

    def _look(self) -> None:
        """Count what the fields say now."""
        self._soon.stop()
        find, put = self._find.text(), self._put.text()
        self._pattern = Pattern(
            find,
            put,
            regex=self._regex.isChecked(),
            case=self._case.isChecked(),
            whole=self._whole.isChecked(),
        )
        self._title = self.tr("Replace “{find}” with “{put}”").format(find=one_line(find, 40), put=one_line(put, 40))
        usable = bool(find) and not self._pattern.problem
        restyle(self._find, "broken", "true" if self._pattern.problem else "false")
        parts = frozenset(part for part, box in self._parts.items() if box.isChecked())
        rows = self._scopes[self._scope.currentIndex()].rows() if usable else ()
        self.model.start(self._pattern, parts, rows)

    def _show_count(self) -> None:
        places, counting = self.model.replacements, self.model.counting
        if self._pattern.problem:
            note = visible(self._pattern.problem)
        elif not self._find.text():
            note = self.tr("Type what to find.")
        elif not self.model.rowCount():
            note = self.tr("Looking…") if counting else self.tr("Nothing found.")
        else:
            words = self.tr("{places} in {examples} so far…") if counting else self.tr("{places} in {examples}.")
            note = words.format(
                places=plural(places, self.tr("1 replacement"), self.tr("{number} replacements")),
                examples=plural(self.model.examples, self.tr("1 example"), self.tr("{number} examples")),
            )
        if self.model.gave_up:
            note += " " + plural(
                self.model.gave_up,
                self.tr("In 1 text the pattern takes too long; it is left as it is."),
                self.tr("In {number} texts the pattern takes too long; they are left as they are."),
            )
        self._note.setText(note)
        restyle(self._note, "tone", "error" if self._pattern.problem else "caption")
        self._replace.setEnabled(places > 0 and not counting and not self._soon.isActive())
        self._replace.setText(plural(places, self.tr("Replace 1"), self.tr("Replace {number}")))

    def _tick_all(self, ticked: bool) -> None:
        self.model.tick_all(ticked=ticked)

    def _do(self) -> None:
        if self._soon.isActive():  # What is ticked was found with other words.
            self._look()
            return
        chosen, places = self.model.chosen(), self.model.replacements
        if self.model.counting or not chosen:
            return
        self.model.stop()
        self.accept()
        words = plural(places, self.tr("1 replacement"), self.tr("{number} replacements"))

        def said(examples: int) -> str:
            where = plural(examples, self.tr("1 example"), self.tr("{number} examples"))
            return self.tr("{places} in {examples}.").format(places=words, examples=where)

        self._bulk.rewrite(list(chosen), _edit(chosen, self._pattern), self._title, said)


class _Changes(LongList):
    """The space bar ticks what is selected, or takes its ticks away."""

    @override
    def keyPressEvent(self, event: QKeyEvent) -> None:
        model = self.model()
        if event.key() == Qt.Key.Key_Space and isinstance(model, ReplaceModel):
            positions = [position for part in self.selected_positions() for position in part]
            if positions:
                model.tick(positions, ticked=not all(map(model.is_ticked, positions)))
            return
        super().keyPressEvent(event)


def _edit(chosen: Mapping[int, Sequence[Path]], pattern: Pattern) -> RowEdit:
    def edit(row: int, line: bytes) -> bytes:
        text, value = JsonText(line), read_record(line).value
        values: dict[Path, str] = {}
        for path in chosen[row]:
            found: object = value
            for step in path:
                found = found[step]  # type: ignore[index]  # the path was found in this very line
            try:
                values[path] = pattern.apply(str(found))
            except GaveUpError as error:
                raise InputError("The pattern takes too long on this text.") from error
        return text.with_values(values)

    return edit

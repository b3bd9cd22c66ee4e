"""How a file is read: as a shape that was recognised, or by columns that the user chooses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFormLayout, QWidget

from ftdesk.dataset.formats.importing import ColumnMapping, Part, Recognition
from ftdesk.dataset.formats.shapes import SHAPES, Shape
from ftdesk.ui.text import Label, one_line
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Choice

_ANSWER: tuple[Part, ...] = ("system", "user", "assistant")
_PREFERENCE: tuple[Part, ...] = ("system", "user", "preferred", "non_preferred")
_USUAL: Mapping[Part, tuple[str, ...]] = {
    "system": ("system", "system_prompt", "context"),
    "user": ("user", "prompt", "question", "query", "instruction", "input", "text"),
    "assistant": ("assistant", "completion", "answer", "response", "reply", "output", "label", "target"),
    "preferred": ("preferred", "chosen", "better", "accepted", "winner"),
    "non_preferred": ("non_preferred", "rejected", "worse", "loser"),
}


class ImportForm(QWidget):
    """``changed`` tells that rows mean something else now."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._columns: Sequence[str] = ()
        self._fields: dict[Part, Choice] = {}
        self._reading = Choice(self.tr("Read as"))
        self._reading.setObjectName("import_shape")
        self._reading.activated.connect(lambda _: self._choose())
        self._rows = QFormLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setHorizontalSpacing(4 * UNIT)
        self._rows.setVerticalSpacing(2 * UNIT)
        self._rows.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self._rows.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        self.add_row(self.tr("Read as"), self._reading)
        self._titles: dict[Part, str] = {
            "system": self.tr("System prompt"),
            "user": self.tr("Prompt"),
            "assistant": self.tr("Answer"),
            "preferred": self.tr("Better answer"),
            "non_preferred": self.tr("Worse answer"),
        }
        for part, title in self._titles.items():
            field = self._fields[part] = Choice(title)
            field.setObjectName(f"import_column_{part}")
            field.activated.connect(lambda _: self.changed.emit())
            self.add_row(title, field)

    @property
    def shape(self) -> Shape | None:
        """The shape that was chosen; ``None`` where columns are."""
        name = self._reading.currentData()
        return next((shape for shape in SHAPES if shape.name == name), None)

    @property
    def mapping(self) -> ColumnMapping | None:
        """The columns, if they make an example."""
        parts = self._parts()
        columns = {part: str(self._fields[part].currentData()) for part in parts if self._fields[part].currentData()}
        return ColumnMapping(columns) if parts and set(parts) - {"system"} <= set(columns) else None

    def add_row(self, title: str, field: QWidget) -> None:
        """Add a field with its name beside it, on one line with the field's text."""
        label = Label(title)
        label.setMinimumHeight(field.sizeHint().height())
        self._rows.addRow(label, field)

    def show_row(self, field: QWidget, *, visible: bool) -> None:
        """Show or hide a field with its name."""
        self._rows.setRowVisible(field, visible)

    def show_recognition(self, found: Recognition) -> None:
        """Offer the shapes that any of the rows could have, the recognised one first, and the columns."""
        self._columns = found.columns
        values = [row.value for row in found.sample if isinstance(row.value, Mapping)]
        shapes = [shape for shape in SHAPES if any(shape.recognise(value) for value in values)]
        if found.shape is not None:
            shapes.sort(key=lambda shape: shape is not found.shape)
        self._reading.clear()
        for shape in shapes:
            self._reading.addItem(shape.title, shape.name)
        self._reading.addItem(self.tr("Columns: a prompt and its answer"), _ANSWER)
        self._reading.addItem(self.tr("Columns: a prompt, a better and a worse answer"), _PREFERENCE)
        for part, field in self._fields.items():
            field.clear()
            field.addItem(self.tr("None") if part == "system" else self.tr("Choose a column"), "")
            for column in self._columns:
                field.addItem(one_line(column, 60) or self.tr("(no name)"), column)
            usual = [column for name in _USUAL[part] for column in self._columns if column.casefold().strip() == name]
            field.setCurrentIndex(max(0, field.findData(usual[0])) if usual else 0)
        self._choose()

    def _parts(self) -> tuple[Part, ...]:
        chosen = self._reading.currentData()
        return tuple(chosen) if isinstance(chosen, tuple | list) else ()

    def _choose(self) -> None:
        parts = self._parts()
        for part, field in self._fields.items():
            self.show_row(field, visible=part in parts)
        self.changed.emit()

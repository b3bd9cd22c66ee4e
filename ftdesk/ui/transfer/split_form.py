"""What a split is made by: amounts, seed, the field that keeps examples together."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QIntValidator
from PySide6.QtWidgets import QCheckBox, QFormLayout, QHBoxLayout, QLineEdit, QWidget

from ftdesk.dataset.split import Amount
from ftdesk.errors import InputError
from ftdesk.ui.text import ElidedLabel, Label
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Button, Choice, restyle

_LARGEST_SEED = 1_000_000_000


class SplitForm(QWidget):
    """``changed`` tells that another split is wanted."""

    changed = Signal()

    def __init__(self, fields: Sequence[str], choose_folder: Callable[[], None], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._test = self._amount(self.tr("Test"), "split_test", "20%", self.tr("A share like 20% or a number like 30"))
        self._validation = self._amount(
            self.tr("Validation"), "split_validation", "10%", self.tr("None; or a share or a number")
        )
        self._seed = self._amount(self.tr("Seed"), "split_seed", "0", "0")
        self._seed.setValidator(QIntValidator(0, _LARGEST_SEED, self))
        self._seed.setFixedWidth(24 * UNIT)
        self._group = Choice(self.tr("Keep together"))
        self._group.setObjectName("split_group")
        self._group.setEditable(True)
        self._group.addItem(self.tr("What asks the same"))
        self._group.addItems([*fields])
        self._group.editTextChanged.connect(lambda _: self.changed.emit())
        self._similar = QCheckBox(self.tr("Near duplicates too"))
        self._similar.setObjectName("split_near_duplicates")
        self._similar.setChecked(True)
        self._similar.toggled.connect(lambda _: self.changed.emit())
        self._folder = ElidedLabel("", "caption")
        choose = Button(self.tr("Choose…"), choose_folder, kind="link")
        choose.setAccessibleName(self.tr("Choose the folder of the new files"))
        where = QWidget()
        folder = QHBoxLayout(where)
        folder.setContentsMargins(0, 0, 0, 0)
        folder.addWidget(self._folder, 1)
        folder.addWidget(choose)
        amounts = QWidget()
        row = QHBoxLayout(amounts)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(3 * UNIT)
        row.addWidget(self._test, 1)
        row.addWidget(Label(self.tr("Validation")))
        row.addWidget(self._validation, 1)
        row.addWidget(Label(self.tr("Seed")))
        row.addWidget(self._seed)
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setHorizontalSpacing(4 * UNIT)
        form.setVerticalSpacing(2 * UNIT)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        for title, field in (
            (self.tr("Test"), amounts),
            (self.tr("Keep together"), self._group),
            ("", self._similar),
            (self.tr("Folder"), where),
        ):
            label = Label(title)
            label.setMinimumHeight(field.sizeHint().height())
            form.addRow(label, field)

    def amounts(self) -> tuple[Amount, Amount | None]:
        """Test and validation. Raises ``InputError``, with the field marked."""
        test = _parsed(self._test)
        if self._validation.text().strip():
            return test, _parsed(self._validation)
        restyle(self._validation, "broken", "false")
        return test, None

    @property
    def seed(self) -> int:
        return int(self._seed.text() or 0)

    @property
    def group_by(self) -> str | None:
        """The field that was chosen or typed."""
        text = self._group.currentText().strip()
        return text if text and text != self._group.itemText(0) else None

    @property
    def near_duplicates(self) -> bool:
        return self._similar.isChecked()

    def show_folder(self, folder: str) -> None:
        self._folder.setText(folder)

    def _amount(self, title: str, name: str, text: str, hint: str) -> QLineEdit:
        field = QLineEdit(text)
        field.setObjectName(name)
        field.setAccessibleName(title)
        field.setPlaceholderText(hint)
        field.textChanged.connect(lambda _: self.changed.emit())
        return field


def _parsed(field: QLineEdit) -> Amount:
    try:
        amount = Amount.parse(field.text())
    except InputError:
        restyle(field, "broken", "true")
        raise
    restyle(field, "broken", "false")
    return amount

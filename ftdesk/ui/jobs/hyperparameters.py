"""The settings that a host offers for a method, each automatic until somebody fills it in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLineEdit, QWidget

from ftdesk.errors import InputError
from ftdesk.hosts.profiles.profile import Hyperparameter
from ftdesk.ui.text import Label
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import restyle

_SEED = Hyperparameter("seed", "Seed", "integer", 0, 2**31 - 1, help="The same seed and data give the same training.")


class HyperparameterForm(QWidget):
    """``values`` and ``seed`` raise ``InputError`` for what the host would refuse."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._form = QFormLayout(self)
        self._form.setContentsMargins(0, 0, 0, 0)
        self._form.setHorizontalSpacing(4 * UNIT)
        self._form.setVerticalSpacing(UNIT)
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self._fields: dict[str, tuple[Hyperparameter, QLineEdit]] = {}

    @property
    def is_automatic(self) -> bool:
        return not any(field.text().strip() for _, field in self._fields.values())

    def show_parameters(self, parameters: Sequence[Hyperparameter], like: Mapping[str, object] | None = None) -> None:
        """Offer these, and a seed. What was filled in stays where the host knows it."""
        typed = {name: field.text() for name, (_, field) in self._fields.items()}
        if like:
            typed |= {name: f"{value:g}" for name, value in like.items() if isinstance(value, int | float)}
        while self._form.rowCount():
            self._form.removeRow(0)
        self._fields = {}
        for parameter in (*parameters, _SEED):
            field = QLineEdit(typed.get(parameter.name, ""))
            field.setObjectName(f"hyperparameter_{parameter.name}")
            field.setAccessibleName(parameter.label)
            field.setAccessibleDescription(parameter.help)
            field.setPlaceholderText(self.tr("automatic"))
            field.setFixedWidth(32 * UNIT)
            field.textChanged.connect(lambda *_: self._tell())
            help_text = Label(parameter.help, "caption", wrap=True)
            row = QWidget()
            beside = QHBoxLayout(row)
            beside.setContentsMargins(0, 0, 0, 0)
            beside.setSpacing(3 * UNIT)
            beside.addWidget(field)
            beside.addWidget(help_text, 1)
            self._form.addRow(Label(parameter.label, "mute"), row)
            self._fields[parameter.name] = (parameter, field)
        self._tell()

    def values(self) -> dict[str, float | int | str]:
        """What was filled in, by OpenAI's names."""
        return {name: value for name in self._fields if name != "seed" and (value := self._value(name)) is not None}

    def seed(self) -> int | None:
        value = self._value("seed") if "seed" in self._fields else None
        return None if value is None else int(value)

    def epochs(self) -> int | None:
        try:
            value = self._value("n_epochs") if "n_epochs" in self._fields else None
        except InputError:
            return None
        return None if value is None else int(value)

    def _value(self, name: str) -> float | int | None:
        parameter, field = self._fields[name]
        text = field.text().strip()
        if not text or text == "auto":
            return None
        try:
            number = float(text.replace(",", "."))
        except ValueError:
            raise InputError(
                f"{parameter.label} cannot be “{text}”.", hint="Give a number, or leave it empty."
            ) from None
        value = int(number) if parameter.kind == "integer" and number.is_integer() else number
        parameter.check(value)
        return value

    def _tell(self) -> None:
        for name, (_, field) in self._fields.items():
            try:
                self._value(name)
            except InputError:
                restyle(field, "broken", "true")
            else:
                restyle(field, "broken", "false")
        self.changed.emit()

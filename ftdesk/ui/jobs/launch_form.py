"""The fields of the launch sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QFormLayout, QHBoxLayout, QLayout, QLineEdit, QScrollArea, QVBoxLayout, QWidget

from ftdesk.hosts.profiles.profile import Hyperparameter
from ftdesk.hosts.types import Method, ModelInfo
from ftdesk.ui.jobs.hyperparameters import HyperparameterForm
from ftdesk.ui.jobs.training_data import Shares
from ftdesk.ui.text import ElidedLabel, Label, one_line
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Button, Choice

_TEST, _VALIDATION = 20, 10
_SETTINGS_HEIGHT = 64 * UNIT
_PERCENTAGES = (0, 5, 10, 15, 20, 25, 30, 40, 50)


class LaunchForm(QWidget):
    """What a person may choose. Holds no knowledge of its own: the dialog fills it in."""

    shares_changed = Signal()
    shares_chosen = Signal()
    """The user has chosen what is held back."""
    host_chosen = Signal()
    method_chosen = Signal()
    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._models: Sequence[ModelInfo] = ()
        self.settings = HyperparameterForm()
        self.settings.changed.connect(self.changed)
        self._settings_room = QScrollArea()
        self._settings_room.setWidgetResizable(True)
        self._settings_room.setFixedHeight(_SETTINGS_HEIGHT)
        self._settings_room.setAccessibleName(self.tr("Advanced settings"))
        self._settings_room.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._settings_room.setWidget(self.settings)
        self._settings_room.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(3 * UNIT)
        column.addLayout(self._make_fields())
        self._more = Button(self.tr("Advanced settings"), self._toggle_more, kind="link", icon_name="chevron-right")
        self._more.setObjectName("advanced_button")
        line = QHBoxLayout()
        line.addWidget(self._more)
        line.addStretch()
        column.addLayout(line)
        column.addWidget(self._settings_room)

    @property
    def shares(self) -> Shares:
        if not self._hold_back.isChecked():
            return Shares()
        return Shares(int(self._test.currentData()), int(self._validation.currentData()))

    @property
    def host(self) -> str:
        return str(self._host.currentData() or "")

    @property
    def model(self) -> str:
        """The chosen model's id, or what was typed."""
        return str(self._model.currentData() or self._model.currentText()).strip()

    @property
    def method(self) -> Method | None:
        method: Method | None = self._method.currentData()
        return method

    @property
    def suffix(self) -> str | None:
        return self._suffix.text().strip() or None

    def show_file(self, text: str) -> None:
        self.file.setText(text)

    def offer_shares(self, *, enough: bool, text: str) -> None:
        """``text`` says how many examples each part gets, or why there are no parts."""
        self._hold_back.setEnabled(enough)
        for box in (self._test, self._validation):
            box.setEnabled(enough and self._hold_back.isChecked())
        self._parts.setText(text)

    def hold_back(self, *, on: bool) -> None:
        self._hold_back.setChecked(on)

    def offer_hosts(self, titles: Mapping[str, str], chosen: str) -> None:
        for name, title in titles.items():
            self._host.addItem(one_line(title, 60), name)
        self._host.setCurrentIndex(max(0, self._host.findData(chosen)))

    def offer_models(self, models: Sequence[ModelInfo], chosen: str, *, may_type: bool) -> None:
        """With ``may_type``, the host may know models that it does not list."""
        self._models = models
        self._model.clear()
        self._model.setEditable(may_type)
        for info in models:
            self._model.addItem(one_line(info.id, 120), info.id)
        at = self._model.findData(chosen)
        if at >= 0:
            self._model.setCurrentIndex(at)
        elif may_type:
            self._model.setCurrentText(chosen)
        self._describe_model()

    def say_of_models(self, text: str) -> None:
        self._model_note.setText(text)
        self._model_note.setVisible(bool(text))

    def offer_methods(self, methods: Sequence[tuple[Method, str]], chosen: Method) -> None:
        self._method.clear()
        for method, title in methods:
            self._method.addItem(title, method)
        self._method.setCurrentIndex(max(0, self._method.findData(chosen)))

    def offer_settings(self, parameters: Sequence[Hyperparameter], like: Mapping[str, object]) -> None:
        known = {parameter.name for parameter in parameters}
        self.settings.show_parameters(parameters, {name: value for name, value in like.items() if name in known})

    def suggest_suffix(self, suffix: str) -> None:
        self._suffix.setText(suffix)

    def _make_fields(self) -> QFormLayout:
        self.file = ElidedLabel("")
        self._host = Choice(self.tr("Host"))
        self._host.setObjectName("launch_host")
        self._host.activated.connect(lambda *_: self.host_chosen.emit())
        self._model = Choice(self.tr("Base model"))
        self._model.setObjectName("launch_model")
        self.setFocusProxy(self._model)
        self._model.currentTextChanged.connect(lambda *_: self._describe_model())
        self._model_note = Label("", "caption", wrap=True)
        model = QVBoxLayout()
        model.setSpacing(UNIT)
        model.addWidget(self._model)
        model.addWidget(self._model_note)
        self._method = Choice(self.tr("Method"))
        self._method.setObjectName("launch_method")
        self._method.activated.connect(lambda *_: self.method_chosen.emit())
        self._suffix = QLineEdit()
        self._suffix.setObjectName("launch_suffix")
        self._suffix.setAccessibleName(self.tr("Name of the new model"))
        self._suffix.textChanged.connect(lambda *_: self.changed.emit())
        fields = QFormLayout()
        fields.setHorizontalSpacing(5 * UNIT)
        fields.setVerticalSpacing(2 * UNIT)
        fields.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        fields.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for title, field in (
            (self.tr("Data"), self.file),
            (self.tr("Hold back"), self._make_shares()),
            (self.tr("Host"), self._host),
            (self.tr("Base model"), model),
            (self.tr("Method"), self._method),
            (self.tr("Name"), self._suffix),
        ):
            label = Label(title, "mute")
            label.setFixedHeight(8 * UNIT)
            if isinstance(field, QLayout):
                fields.addRow(label, field)
            else:
                fields.addRow(label, field)
        return fields

    def _make_shares(self) -> QVBoxLayout:
        self._hold_back = QCheckBox()
        self._hold_back.setObjectName("hold_back")
        self._hold_back.setAccessibleName(self.tr("Hold examples back"))
        self._test = self._percentage(self.tr("Per cent for the test"), _TEST)
        self._test.setObjectName("launch_test_share")
        self._validation = self._percentage(self.tr("Per cent for validation"), _VALIDATION)
        self._validation.setObjectName("launch_validation_share")
        self._hold_back.toggled.connect(lambda *_: self.shares_changed.emit())
        self._hold_back.clicked.connect(lambda *_: self.shares_chosen.emit())
        row = QHBoxLayout()
        row.setSpacing(2 * UNIT)
        row.addWidget(self._hold_back)
        row.addWidget(self._test)
        row.addWidget(Label(self.tr("to test"), "mute"))
        row.addSpacing(2 * UNIT)
        row.addWidget(self._validation)
        row.addWidget(Label(self.tr("to validate"), "mute"))
        row.addStretch()
        self._parts = Label("", "caption", wrap=True)
        self._parts.setObjectName("launch_parts_label")
        column = QVBoxLayout()
        column.setSpacing(UNIT)
        column.addLayout(row)
        column.addWidget(self._parts)
        return column

    def _percentage(self, name: str, value: int) -> Choice:
        box = Choice(name)
        for percent in _PERCENTAGES:
            box.addItem(f"{percent} %", percent)
        box.setCurrentIndex(box.findData(value))
        box.currentIndexChanged.connect(lambda *_: self.shares_changed.emit())
        box.activated.connect(lambda *_: self.shares_chosen.emit())
        return box

    def _describe_model(self) -> None:
        info = next((info for info in self._models if info.id == self.model), None)
        told = ": ".join(part for part in (info.name, info.description) if part) if info is not None else ""
        if info is not None and info.shutdown_date:
            told += self.tr(" Stops answering on {date}.").format(date=info.shutdown_date)
        self.say_of_models(one_line(told))
        self.changed.emit()

    def _toggle_more(self) -> None:
        self._settings_room.setVisible(self._settings_room.isHidden())
        self._more.set_icon("chevron-right" if self._settings_room.isHidden() else "chevron-down")
        self.changed.emit()

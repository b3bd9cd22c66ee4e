"""The six places at the left edge, and the settings below them."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QToolButton, QVBoxLayout

from ftdesk.overrides import override
from ftdesk.ui.icons import icon
from ftdesk.ui.panels import PANELS, Place
from ftdesk.ui.text import set_tooltip
from ftdesk.ui.tokens import UNIT, tokens

_ICON = 20


class Rail(QFrame):
    place_chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "rail")
        self.setFixedWidth(21 * UNIT)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(UNIT, 2 * UNIT, UNIT, 2 * UNIT)
        self.column.setSpacing(UNIT)
        self._buttons = {place.name: self._button(place, number) for number, place in enumerate(PANELS, start=1)}
        self.column.addStretch()
        self._colour()

    def show_place(self, name: str) -> None:
        for place, button in self._buttons.items():
            button.setChecked(place == name)
        self._colour()

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._colour()

    def _button(self, place: Place, number: int) -> QToolButton:
        title = QCoreApplication.translate("Places", place.title)
        button = QToolButton()
        button.setObjectName(f"place_{place.name}")
        button.setProperty("kind", "rail")
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setText(title)
        button.setAccessibleName(title)
        button.setIconSize(QSize(_ICON, _ICON))
        button.setFixedSize(19 * UNIT, 14 * UNIT)
        button.setCheckable(True)
        set_tooltip(button, f"{title}  Ctrl+{number}")
        button.clicked.connect(lambda: self.place_chosen.emit(place.name))
        self.column.addWidget(button)
        return button

    def _colour(self) -> None:
        table = tokens(self.palette())
        for place in PANELS:
            if place.name in self.__dict__.get("_buttons", {}):
                button = self._buttons[place.name]
                button.setIcon(icon(place.icon, table.accent if button.isChecked() else table.mute, _ICON))

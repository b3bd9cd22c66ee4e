"""Settings: the look, and the hosts."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from ftdesk.errors import FtdeskError
from ftdesk.settings import Theme as ThemeChoice
from ftdesk.ui.desk import Desk
from ftdesk.ui.hosts_editor import HostsEditor
from ftdesk.ui.text import Label
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Button, Choice, Column, separator


class SettingsDialog(QDialog):
    """Every change takes effect and is kept at once; there is nothing to confirm."""

    def __init__(self, desk: Desk, parent: QWidget) -> None:
        super().__init__(parent)
        self._desk = desk
        self.setObjectName("settings_dialog")
        self.setWindowTitle(self.tr("Settings"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(150 * UNIT, min(160 * UNIT, parent.height() - 16 * UNIT))
        page = Column(self.tr("Settings"))
        page.column.addWidget(Label(self.tr("Appearance"), "heading"))
        page.column.addLayout(self._appearance())
        page.column.addWidget(separator())
        page.column.addWidget(Label(self.tr("Hosts"), "heading"))
        self.hosts = HostsEditor(desk)
        page.column.addWidget(self.hosts)
        page.column.addWidget(separator())
        page.column.addWidget(Label(self.tr("Folders"), "heading"))
        for name, folder in (
            (self.tr("Data and edits that are not saved"), desk.app.folders.data),
            (self.tr("Settings"), desk.app.folders.config),
            (self.tr("Log"), desk.app.folders.logs),
        ):
            where = Label(f"{name}: {folder}", "caption", wrap=True)
            where.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            page.column.addWidget(where)
        page.column.addStretch(1)
        close = Button(self.tr("Close"), self.accept)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(4 * UNIT, 0, 6 * UNIT, 4 * UNIT)
        buttons.addStretch()
        buttons.addWidget(close)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(page)
        column.addLayout(buttons)

    def _appearance(self) -> QHBoxLayout:
        theme = Choice(self.tr("Theme"))
        theme.setObjectName("theme_choice")
        for choice, title in (
            ("system", self.tr("As the system")),
            ("light", self.tr("Light")),
            ("dark", self.tr("Dark")),
        ):
            theme.addItem(title, choice)
        theme.setCurrentIndex(theme.findData(self._desk.theme.choice))
        theme.activated.connect(lambda index: self._choose_theme(theme.itemData(index)))
        row = QHBoxLayout()
        row.addWidget(Label(self.tr("Theme")))
        row.addStretch()
        row.addWidget(theme)
        return row

    def _choose_theme(self, choice: str) -> None:
        chosen = cast("ThemeChoice", choice)
        self._desk.theme.choose(chosen)
        try:
            self._desk.app.save_settings(replace(self._desk.app.settings, theme=chosen))
        except FtdeskError as error:
            self._desk.notices.show_error(error)

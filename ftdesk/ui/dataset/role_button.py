"""The role of a message, and the way to change it."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QMenu, QPushButton, QWidget

from ftdesk.dataset.record import ROLES
from ftdesk.ui.text import one_line, visible


class RoleButton(QPushButton):
    """The role of a message, and a menu of all there are."""

    role_chosen = Signal(str)

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self.setProperty("kind", "role")
        self.clicked.connect(self._choose)

    def show_role(self, role: Any) -> None:
        known = self.titles().get(role) if isinstance(role, str) else None
        title = known or (one_line(role, 40) if isinstance(role, str) and role else self.tr("no role"))
        self.setText(visible(title).replace("&", "&&") + "  ▾")
        self.setAccessibleName(f"{self._name}: {title}")

    def titles(self) -> dict[str, str]:
        """What a person calls each role."""
        words = (self.tr("System"), self.tr("Developer"), self.tr("User"), self.tr("Assistant"), self.tr("Tool"))
        return dict(zip(ROLES, words, strict=True))

    def _choose(self) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for role, title in self.titles().items():
            menu.addAction(title).triggered.connect(lambda _=False, role=role: self.role_chosen.emit(role))
        menu.popup(self.mapToGlobal(self.rect().bottomLeft()))

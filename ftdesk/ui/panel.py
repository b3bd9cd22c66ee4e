"""What a place of the window is."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QWidget

from ftdesk.ui.desk import Desk

if TYPE_CHECKING:
    from ftdesk.ui.tasks import Tasks


class Panel(QWidget):
    """Base of the six places. The window makes one when its place is first shown.

    A subclass names its ``place`` (the object name becomes ``{place}_panel``), builds its widgets in ``__init__``, and
    starts work in ``activated``: only there and later the event loop is sure to run. What it can do goes into actions
    (``command``), which the command palette and the list of shortcuts read. It imports no other panel: what it wants of
    one is a signal in ``desk.requests``.
    """

    place: ClassVar[str] = ""

    def __init__(self, desk: Desk, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.desk = desk
        self.setObjectName(f"{self.place}_panel")

    @cached_property
    def tasks(self) -> Tasks:
        """The panel's coroutines. Their errors become notices, and they are cancelled with the panel."""
        from ftdesk.ui.tasks import Tasks

        return Tasks(self, self.desk.notices.show_error)

    def command(self, text: str, do: Callable[[], object], keys: str | QKeySequence = "", name: str = "") -> QAction:
        """An action of this place. Its shortcut ``keys`` works while the place is shown."""
        action = QAction(text, self)
        action.setObjectName(name)
        action.setShortcut(QKeySequence(keys))
        action.setShortcutContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        action.triggered.connect(lambda *_: do())
        self.addAction(action)
        return action

    def activated(self) -> None:
        """The place was opened by the user, or is the first one and the event loop runs now."""

    def focus_first(self) -> None:
        """Put the keyboard where work begins."""
        self.setFocus()

    async def aclose(self) -> None:
        """The window goes: stop what runs."""
        if "tasks" in self.__dict__:
            await self.tasks.aclose()

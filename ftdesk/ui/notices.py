"""What the window tells the user in passing: toasts below the header, with a thing or two to do about it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ftdesk.errors import FtdeskError
from ftdesk.overrides import override
from ftdesk.ui.text import Label, visible
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Button, Surface

_TOP = UNIT
_AT_ONCE = 3
_SECONDS = 7.0

log = logging.getLogger(__name__)


class Notices(QWidget):
    """A stack of toasts near the upper edge of its parent. Errors stay until they are closed, the rest goes by itself.

    The one place where the window shows an error: call ``show_error`` with whatever was raised.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("notices")
        self._window = parent
        self._toasts: list[Surface] = []
        self._lasting: set[Surface] = set()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(2 * UNIT)
        parent.installEventFilter(self)
        self.hide()

    @property
    def texts(self) -> list[str]:
        """What is shown at present, oldest first."""
        return [toast.accessibleName() for toast in self._toasts]

    def show_notice(
        self,
        text: str,
        action: str = "",
        act: Callable[[], object] | None = None,
        *,
        others: Sequence[tuple[str, Callable[[], object]]] = (),
        lasting: bool = False,
        until_done: bool = False,
    ) -> None:
        """Say ``text``. ``action`` names the button that calls ``act``, ``others`` are further choices.

        ``lasting`` stays until it is closed, and with ``until_done`` no choice closes it, but ``close_notice``.
        """
        text = visible(text)
        if text in self.texts:
            return
        toast = Surface("toast", 3 * UNIT, 0, self)
        toast.setAccessibleName(text)
        toast.column.setContentsMargins(4 * UNIT, 2 * UNIT, 2 * UNIT, 2 * UNIT)
        row = QHBoxLayout()
        row.setSpacing(3 * UNIT)
        words = Label(text, wrap=True)
        words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row.addWidget(words, 1)
        toast.column.addLayout(row)
        if others:  # beside the words there is no room for so many
            toast.column.setSpacing(2 * UNIT)
            row = QHBoxLayout()
            row.setSpacing(2 * UNIT)
            row.addStretch()
            toast.column.addLayout(row)

        def close() -> None:
            self._remove(toast)

        for name, do in ((action, act), *others):
            if do is not None:
                row.addWidget(Button(name, do if until_done else _both(close, do), kind="toast"))
        row.addWidget(Button(self.tr("Close"), close, kind="toast"))
        self._toasts.append(toast)
        self._column.addWidget(toast)
        while len(self._toasts) > _AT_ONCE:
            self._remove(self._toasts[0])
        if lasting:
            self._lasting.add(toast)
        else:
            QTimer.singleShot(int(_SECONDS * 1000), toast, close)
        self.show()
        self._place()
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(toast, text))

    def show_error(self, error: BaseException) -> None:
        """Tell of ``error``: a known one in its own words, a bug as a bug, with its trace in the log."""
        if isinstance(error, FtdeskError):
            detail = error.detail if error.detail and error.detail not in error.title else ""
            log.warning("%s %s", error.sentence, detail)
            self.show_notice(error.sentence, lasting=True)
            return
        log.error("unexpected error", exc_info=error)
        self.show_notice(
            self.tr(
                "Something went wrong inside ftdesk ({kind}). Your file is untouched and your edits are kept; "
                "the log has the details."
            ).format(kind=type(error).__name__),
            lasting=True,
        )

    def close_notice(self, text: str) -> None:
        """Close the one that says ``text``, if it is still there: what it tells of is over."""
        text = visible(text)
        for toast in [toast for toast in self._toasts if toast.accessibleName() == text]:
            self._remove(toast)

    def close_passing(self) -> None:
        """Close all that would go by itself."""
        for toast in [toast for toast in self._toasts if toast not in self._lasting]:
            self._remove(toast)

    def close_all(self) -> None:
        while self._toasts:
            self._remove(self._toasts[0])

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._window and event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def _remove(self, toast: Surface) -> None:
        if toast in self._toasts:
            self._toasts.remove(toast)
            self._lasting.discard(toast)
            self._column.removeWidget(toast)
            toast.hide()
            toast.deleteLater()
            self._place()
        if not self._toasts:
            self.hide()

    def _place(self) -> None:
        room = self._window.rect()
        width = min(560, room.width() - 8 * UNIT)
        self.setFixedWidth(width)
        height = sum(_height(toast, width) for toast in self._toasts) + 2 * UNIT * max(0, len(self._toasts) - 1)
        self.setFixedHeight(height)
        # Over the header, whose middle is empty: further down it would cover what one works with, at the lower edge
        # what is written next.
        self.move((room.width() - width) // 2, _TOP)
        self.raise_()


def _height(toast: Surface, width: int) -> int:
    """The height that the words need. A layout inside a layout does not pass it on by itself."""
    toast.ensurePolished()
    toast.column.activate()
    height = toast.column.totalHeightForWidth(width)
    toast.setFixedHeight(max(height, 10 * UNIT))
    return toast.height()


def _both(first: Callable[[], object], second: Callable[[], object]) -> Callable[[], None]:
    def do() -> None:
        first()
        second()

    return do

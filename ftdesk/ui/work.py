"""What runs in the background, for the status bar: what it is, how far it is, and how to stop it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal


class Work(QObject):
    """One piece of background work. ``share`` is 0 to 1, or -1 while nobody knows."""

    changed = Signal()
    ended = Signal()

    def __init__(self, title: str, cancel: Callable[[], object] | None, parent: QObject) -> None:
        super().__init__(parent)
        self.title = title
        self.share = -1.0
        self.can_cancel = cancel is not None
        self._cancel = cancel

    def report(self, title: str, share: float = -1.0) -> None:
        self.title, self.share = title, share
        self.changed.emit()

    def cancel(self) -> None:
        if self._cancel is not None:
            self._cancel()

    def end(self) -> None:
        """Take it off the status bar. Call it exactly once, from a ``finally``."""
        self.ended.emit()
        self.deleteLater()


class BackgroundWork(QObject):
    """All of it. Panels ``begin`` a work, ``report`` and ``end`` it; the status bar shows it with its cancel button."""

    begun = Signal(Work)

    def begin(self, title: str, cancel: Callable[[], object] | None = None) -> Work:
        work = Work(title, cancel, self)
        self.begun.emit(work)
        return work

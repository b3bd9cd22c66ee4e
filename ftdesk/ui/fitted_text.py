"""A read-only text that is as high as it needs to be, up to a limit, and then scrolls."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from ftdesk.overrides import override
from ftdesk.ui.text import SafeText


class FittedText(SafeText):
    """Breaks long words, as paths and model names are."""

    def __init__(self, name: str, most_height: int, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._most_height = most_height
        self.document().documentLayout().documentSizeChanged.connect(lambda *_: self._fit())
        self._fit()

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        wanted = min(round(self.document().size().height()) + 2, self._most_height)
        if wanted != self.height() or wanted != self.minimumHeight():
            self.setFixedHeight(wanted)

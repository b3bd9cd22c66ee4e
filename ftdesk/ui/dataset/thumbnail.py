"""A small picture that takes less room where there is less."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from ftdesk.overrides import override
from ftdesk.ui.tokens import UNIT

_LARGEST = QSize(40 * UNIT, 30 * UNIT)
_LEAST = 12 * UNIT


class Thumbnail(QWidget):
    """Never larger than the image itself, and never wider than its place."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage()
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMinimumWidth(_LEAST)

    def show_image(self, image: QImage) -> None:
        self._image = image
        self.setMaximumWidth(max(1, self.sizeHint().width()))
        self.setMinimumWidth(min(_LEAST, self.maximumWidth()))
        self.updateGeometry()
        self.update()

    @override
    def sizeHint(self) -> QSize:
        size = self._image.size()
        small = size.width() <= _LARGEST.width() and size.height() <= _LARGEST.height()
        return size if small else size.scaled(_LARGEST, Qt.AspectRatioMode.KeepAspectRatio)

    @override
    def hasHeightForWidth(self) -> bool:
        return True

    @override
    def heightForWidth(self, width: int) -> int:
        size = self.sizeHint()
        return size.height() * min(width, size.width()) // max(1, size.width())

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        if self._image.isNull():
            return
        room = QSize(min(self.width(), self.sizeHint().width()), self.height())
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        size = self._image.size().scaled(room, Qt.AspectRatioMode.KeepAspectRatio)
        painter.drawImage(QRect(0, 0, size.width(), size.height()), self._image)

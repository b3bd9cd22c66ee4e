"""The loss chart as a file: picture, drawing or values."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QBuffer, QIODevice, QRectF, QSize
from PySide6.QtGui import QColor, QImage, QPainter

from ftdesk.ui.loss import LossCurves
from ftdesk.ui.loss_picture import LossPicture, frame_of
from ftdesk.ui.tokens import Tokens

_SIZE = QSize(1200, 600)
_DENSITY = 2


@dataclass(frozen=True, slots=True)
class LossExport:
    """The chart as it is shown, without pointer and buttons. ``text`` is the chart in words."""

    curves: LossCurves
    view: tuple[float, float]
    log: bool
    table: Tokens
    text: str

    def content(self, ending: str) -> bytes:
        """SVG or CSV by the ending of the file's name, else PNG."""
        writers = {".csv": self.curves.csv, ".svg": self.svg}
        return writers.get(ending.lower(), self.png)()

    def image(self) -> QImage:
        image = QImage(_SIZE * _DENSITY, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(_DENSITY)
        painter = QPainter(image)
        self._draw(painter)
        painter.end()
        return image

    def png(self) -> bytes:
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        self.image().save(buffer, "PNG")  # type: ignore[call-overload]  # the stub wants bytes, Qt wants a str
        return bytes(buffer.data().data())

    def svg(self) -> bytes:
        from PySide6.QtSvg import QSvgGenerator

        buffer = QBuffer()
        generator = QSvgGenerator()
        generator.setOutputDevice(buffer)
        generator.setSize(_SIZE)
        generator.setViewBox(QRectF(0, 0, _SIZE.width(), _SIZE.height()))
        generator.setTitle("Loss")
        generator.setDescription(self.text)
        painter = QPainter(generator)
        self._draw(painter)
        painter.end()
        return bytes(buffer.data().data())

    def _draw(self, painter: QPainter) -> None:
        room = QRectF(0, 0, _SIZE.width(), _SIZE.height())
        painter.fillRect(room, QColor(self.table.window))
        picture = LossPicture(painter, self.curves, self.table)
        if self.curves.is_empty:
            picture.draw_empty(room, self.text)
        else:
            picture.draw(frame_of(self.curves, room, self.view, log=self.log))

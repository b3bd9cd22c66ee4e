"""Icons from one set (Lucide), coloured by the theme and sharp on every screen."""

from __future__ import annotations

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from ftdesk import resources

_DENSITIES = (1, 2, 3)


@lru_cache(maxsize=512)
def icon(name: str, colour: str, size: int = 18) -> QIcon:
    """The icon ``name`` (a file in ``resources/icons``) in ``colour``, ``size`` pixels at 100 %."""
    made = QIcon()
    for density in _DENSITIES:
        made.addPixmap(pixmap(name, colour, size, density))
    return made


def pixmap(name: str, colour: str, size: int, density: float = 1) -> QPixmap:
    """One picture of the icon for a screen with ``density`` device pixels per pixel."""
    # Qt's SVG renderer knows no currentColor.
    svg = resources.path(f"icons/{name}.svg").read_bytes().replace(b"currentColor", colour.encode())
    drawn = QPixmap(round(size * density), round(size * density))
    drawn.setDevicePixelRatio(density)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    QSvgRenderer(QByteArray(svg)).render(painter, QRectF(0, 0, size, size))
    painter.end()
    return drawn

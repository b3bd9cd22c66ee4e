from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication

import ftdesk.ui
from ftdesk import resources
from ftdesk.ui.icons import icon, pixmap
from ftdesk.ui.panels import PANELS

_USE = re.compile(r'(?:IconButton|EmptyState|pixmap|icon)\(\s*"([a-z0-9-]+)"|icon_name="([a-z0-9-]+)"')


def test_every_icon_that_the_sources_name_is_there() -> None:
    sources = Path(ftdesk.ui.__file__).parent.rglob("*.py")
    named = {one or other for source in sources for one, other in _USE.findall(source.read_text("utf-8"))}
    named |= {place.icon for place in PANELS}
    assert len(named) > 12
    assert [name for name in sorted(named) if not (resources.folder() / "icons" / f"{name}.svg").exists()] == []


@pytest.mark.parametrize("density", [1, 2, 3])
def test_an_icon_is_drawn_sharp_in_its_colour(qapp: QApplication, density: int) -> None:
    picture = pixmap("square", "#ff0000", 18, density)
    assert picture.width() == 18 * density
    image = picture.toImage()
    colours = {
        image.pixelColor(x, y).name()
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).alpha() == 255
    }
    assert QColor("#ff0000").name() in colours


def test_an_icon_has_a_picture_for_each_density(qapp: QApplication) -> None:
    assert {size.width() for size in icon("plus", "#000000", 18).availableSizes()} == {18, 36, 54}

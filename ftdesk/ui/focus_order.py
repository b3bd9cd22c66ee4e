"""The order in which Tab goes through widgets: as they are read, whenever they were made."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLayout, QScrollArea, QSplitter, QStackedWidget, QWidget


def set_reading_order(root: QWidget) -> None:
    """Let Tab follow the layouts below ``root``. Qt's own order is that in which widgets were made."""
    for before, after in pairwise(list(reading_order(root))):
        QWidget.setTabOrder(before, after)


def reading_order(widget: QWidget) -> Iterator[QWidget]:
    """Widgets that take the keyboard by Tab, from above to below as the layouts have them."""
    if widget.focusPolicy() & Qt.FocusPolicy.TabFocus:
        yield widget
    if isinstance(widget, QStackedWidget):
        yield from _of(widget.currentWidget())
    elif isinstance(widget, QScrollArea):
        yield from _of(widget.widget())
    elif isinstance(widget, QSplitter):
        for index in range(widget.count()):
            yield from _of(widget.widget(index))
    else:
        layout = widget.layout()
        if layout is not None:
            yield from _in_layout(layout)


def _in_layout(layout: QLayout) -> Iterator[QWidget]:
    for index in range(layout.count()):
        item = layout.itemAt(index)
        inner = item.layout() if item is not None else None
        if inner is not None:
            yield from _in_layout(inner)
        elif item is not None:
            yield from _of(item.widget())


def _of(widget: QWidget | None) -> Iterator[QWidget]:
    if widget is not None:
        yield from reading_order(widget)

"""The place Dataset in a real window, for tests: finding its widgets, clicking, and reading what is open."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot

from ftdesk.dataset.document import Document
from ftdesk.ui.dataset.panel import DatasetPanel
from ftdesk.ui.window import Window

MakeWindow = Callable[..., Window]
Found = TypeVar("Found", bound=QWidget)


def find(window: Window, kind: type[Found], name: str) -> Found:
    """The widget with this object name that belongs to the shown card: old cards go with the next events."""
    widgets = [widget for widget in window.findChildren(kind, name) if not widget.isHidden()]
    assert widgets, name
    return widgets[-1]


def panel_of(window: Window) -> DatasetPanel:
    panel = window.panel("dataset")
    assert isinstance(panel, DatasetPanel)
    return panel


def opened(window: Window) -> Document:
    document = window.desk.dataset.document
    assert document is not None
    return document


def example(window: Window, row: int | None = None) -> dict[str, Any]:
    shown = window.desk.dataset.row if row is None else row
    return dict(json.loads(opened(window).line(shown)))


def click(qtbot: QtBot, window: Window, name: str, kind: type[QWidget] = QPushButton) -> None:
    qtbot.mouseClick(find(window, kind, name), Qt.MouseButton.LeftButton)


def write(path: Path, *lines: object) -> Path:
    path.write_bytes(b"".join(json.dumps(value).encode() + b"\n" for value in lines))
    return path

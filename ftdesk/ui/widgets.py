"""The small parts that every place is made of."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from ftdesk.overrides import override
from ftdesk.ui.icons import icon, pixmap
from ftdesk.ui.text import Label, one_line, set_tooltip
from ftdesk.ui.tokens import TEXT_WIDTH, UNIT, tokens

_EMPTY_TEXT_WIDTH = 105 * UNIT


def restyle(widget: QWidget, name: str, value: str) -> None:
    """Change a dynamic property and let the style sheet see it."""
    if widget.property(name) != value:
        widget.setProperty(name, value)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


class Button(QPushButton):
    """A button with words. ``kind``: ``primary`` (one per view), ``quiet``, ``link``, or plain."""

    def __init__(
        self,
        text: str,
        clicked: Callable[[], object] | None = None,
        *,
        kind: str = "",
        icon_name: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, parent)
        self._icon_name = icon_name
        if kind:
            self.setProperty("kind", kind)
        self.setAccessibleName(text)
        self.setAutoDefault(False)
        if clicked is not None:
            self.clicked.connect(lambda *_: clicked())
        self._colour()

    def set_icon(self, icon_name: str) -> None:
        self._icon_name = icon_name
        self._colour()

    @override
    def setText(self, text: str) -> None:
        super().setText(text)
        self.setAccessibleName(text)

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.EnabledChange):
            self._colour()

    def _colour(self) -> None:
        if self._icon_name:
            table = tokens(self.palette())
            primary = self.property("kind") == "primary" and self.isEnabled()
            self.setIcon(icon(self._icon_name, table.on_accent if primary else table.mute, 16))
            # Wider than the picture: Qt leaves hardly any room between it and the words.
            self.setIconSize(QSize(20, 16))


class IconButton(QToolButton):
    """A button with an icon only; ``name`` is its tooltip and what a screen reader says."""

    def __init__(
        self,
        icon_name: str,
        name: str,
        clicked: Callable[[], object] | None = None,
        *,
        size: int = 16,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._icon_name = icon_name
        self._size = size
        self.setAccessibleName(name)
        set_tooltip(self, name)
        self.setIconSize(QSize(size, size))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        if clicked is not None:
            self.clicked.connect(lambda *_: clicked())
        self._colour()

    def set_icon(self, icon_name: str) -> None:
        self._icon_name = icon_name
        self._colour()

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._colour()

    def _colour(self) -> None:
        table = tokens(self.palette())
        checked = self.isCheckable() and self.isChecked()
        self.setIcon(icon(self._icon_name, table.accent if checked else table.mute, self._size))


class Choice(QComboBox):
    """A combo box with the set's own arrow. Ignores the wheel unless focused, so that scrolling changes nothing."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        arrow = pixmap("chevron-down", tokens(self.palette()).mute, 14, self.devicePixelRatioF())
        painter.drawPixmap(self.width() - 20, (self.height() - 14) // 2, arrow)

    @override
    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()


class Surface(QFrame):
    """A frame with a column inside. ``kind``: card, bubble, tile, left, right, side, bottom … (see ``stylesheet``)."""

    def __init__(
        self, kind: str, margins: int = 4 * UNIT, spacing: int = 2 * UNIT, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setProperty("kind", kind)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(margins, margins, margins, margins)
        self.column.setSpacing(spacing)


class Chip(QLabel):
    """A short state. ``look``: plain, accent, warning, error."""

    def __init__(self, text: str = "", look: str = "plain", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("chip", look)
        self.setFixedHeight(5 * UNIT)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setText(text)

    def show_state(self, text: str, look: str) -> None:
        self.setText(one_line(text))
        restyle(self, "chip", look)


class Tile(Surface):
    """A figure with its name below."""

    def __init__(self, name: str, figure: str = "–", parent: QWidget | None = None) -> None:
        super().__init__("tile", 3 * UNIT, 0, parent)
        self._name = name
        self.figure = Label(figure, "figure")
        self._caption = Label(name, "caption")
        self.column.addWidget(self.figure)
        self.column.addWidget(self._caption)
        self.show_figure(figure)

    def show_figure(self, figure: str, note: str = "", tone: str = "") -> None:
        """``note`` follows the name, for a unit or a share. ``tone`` colours a figure that is not zero."""
        self.figure.setText(figure)
        restyle(self.figure, "level", tone if figure != "0" else "")
        self._caption.setText(f"{self._name} {note}".rstrip())
        self.setAccessibleName(f"{self._name}: {figure} {note}".rstrip())


class EmptyState(QWidget):
    """Says what belongs in an empty place and offers the first step."""

    def __init__(self, icon_name: str, title: str, text: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._icon_name = icon_name
        self._picture = QLabel()
        self._picture.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._title = Label(title, "title")
        self._title.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._text = Label(text, "mute", wrap=True)
        self._text.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self._text.setFixedWidth(_EMPTY_TEXT_WIDTH)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(2 * UNIT)
        column = QVBoxLayout(self)
        column.setSpacing(3 * UNIT)
        column.addStretch(2)
        column.addWidget(self._picture)
        column.addWidget(self._title)
        column.addWidget(self._text, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(UNIT)
        row = QHBoxLayout()
        row.addStretch()
        row.addLayout(self._buttons)
        row.addStretch()
        column.addLayout(row)
        column.addStretch(3)
        self.say(title, text)
        self._colour()

    def say(self, title: str, text: str) -> None:
        self._title.setText(title)
        self._text.setText(text)
        # A wrapped label in an aligned cell does not ask its layout for the height it needs.
        self._text.setFixedHeight(max(0, self._text.heightForWidth(_EMPTY_TEXT_WIDTH)))

    def offer(self, text: str, clicked: Callable[[], object], *, primary: bool = False, icon_name: str = "") -> Button:
        button = Button(text, clicked, kind="primary" if primary else "", icon_name=icon_name)
        self._buttons.addWidget(button)
        return button

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._colour()

    def _colour(self) -> None:
        self._picture.setPixmap(
            pixmap(self._icon_name, tokens(self.palette()).mute, 40, self._picture.devicePixelRatioF())
        )


class Column(QScrollArea):
    """A scrolling column of at most ``width`` pixels in the middle of whatever room there is."""

    def __init__(self, name: str, width: int = TEXT_WIDTH, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setAccessibleName(name)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.page = QWidget()
        self.page.setProperty("kind", "page")
        outer = QHBoxLayout(self.page)
        outer.setContentsMargins(6 * UNIT, 4 * UNIT, 6 * UNIT, 6 * UNIT)
        self.body = QWidget()
        self.body.setMaximumWidth(width)
        self.column = QVBoxLayout(self.body)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(3 * UNIT)
        outer.addStretch(1)
        outer.addWidget(self.body, 1000)
        outer.addStretch(1)
        self.setWidget(self.page)


def separator() -> QFrame:
    """A thin horizontal line."""
    line = QFrame()
    line.setProperty("kind", "line")
    return line


def count(number: int) -> str:
    """A number as a person reads it in a narrow place: 61, 8.4k, 1.2M."""
    for unit, size in (("M", 1_000_000), ("k", 1_000)):
        if number >= size * 10:
            return f"{number / size:.0f}{unit}" if number >= size * 100 else f"{number / size:.1f}{unit}"
        if number >= size:
            return f"{number / size:.1f}{unit}"
    return str(number)

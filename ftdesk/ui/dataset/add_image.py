"""Adding an image from a file: chosen, shown with its size, scaled down if wished, and embedded."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QDialog, QFileDialog, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from ftdesk.dataset.content_parts import image_part
from ftdesk.errors import InputError
from ftdesk.ui.dataset.image_part import DETAILS, size_words
from ftdesk.ui.dataset.pictures import MOST_BYTES, Picture, Pictures, data_url, read_picture, scaled_down
from ftdesk.ui.dataset.thumbnail import Thumbnail
from ftdesk.ui.text import Label
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Button, Choice

_SIDES = (2048, 1024, 512)
"""Longest sides that are offered. OpenAI itself scales an image into a square of 2,048 pixels."""


@dataclass(frozen=True, slots=True)
class Version:
    """The image as it could be embedded."""

    longest: int
    content: bytes


@dataclass(frozen=True, slots=True)
class LoadedImage:
    """What was read from a file; ``problem`` is a sentence where it is no image that can be embedded."""

    picture: Picture
    versions: Sequence[Version] = ()
    problem: str = ""


def load_image(path: Path) -> LoadedImage:
    """Read a file and make its smaller versions. Runs in a thread, and raises nothing."""
    try:
        size = path.stat().st_size
        if size > MOST_BYTES:
            return LoadedImage(Picture(), problem=f"{path.name} has {size_words(size)}; a host takes 50 MB at most.")
        content = path.read_bytes()
    except OSError as error:
        return LoadedImage(Picture(), problem=f"Cannot read {path.name}: {error.strerror or error}.")
    picture = read_picture(content)
    if picture.trouble:
        return LoadedImage(picture, problem=f"{path.name} is not an image that can be embedded (PNG, JPEG, WEBP, GIF).")
    longest = max(picture.width, picture.height)
    versions = [Version(longest, content)]
    for side in _SIDES:
        smaller = scaled_down(content, side) if side < longest else b""
        if smaller and len(smaller) < len(versions[-1].content):
            versions.append(Version(side, smaller))
    return LoadedImage(picture, versions)


class AddImage(QObject):
    """From the wish to the part: asks for a file, reads it in a thread, and asks how to embed it."""

    part_made = Signal(int, object)
    """The message's index, and the part for it."""

    def __init__(self, pictures: Pictures, show_error: Callable[[BaseException], None], panel: QWidget) -> None:
        super().__init__(panel)
        self._pictures = pictures
        self._show_error = show_error
        self._panel = panel
        pictures.done.connect(self._loaded)

    def choose(self, message: int) -> None:
        """Ask for a file for the message with this index."""
        kinds = self.tr("Images (*.png *.jpg *.jpeg *.webp *.gif)")
        dialog = QFileDialog(self._panel.window(), self.tr("Add an image"), "", kinds)
        dialog.setObjectName("image_file_dialog")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda name: self.load(message, Path(name)))
        dialog.open()

    def load(self, message: int, path: Path) -> None:
        """Read the file for the message with this index, and then ask how to embed it."""
        self._pictures.run((self, message), lambda: load_image(path))

    def _loaded(self, asked: object, image: object) -> None:
        if not (isinstance(asked, tuple) and asked[0] is self and isinstance(image, LoadedImage)):
            return
        if image.problem:
            self._show_error(InputError(image.problem))
            return
        dialog = ImageDialog(image, self._panel.window())
        dialog.chosen.connect(lambda part: self.part_made.emit(asked[1], part))
        dialog.open()


class ImageDialog(QDialog):
    """How large the image shall be in the file, and how closely the model looks at it."""

    chosen = Signal(object)

    def __init__(self, image: LoadedImage, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("image_dialog")
        self.setWindowTitle(self.tr("Add an image"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._image = image
        picture = Thumbnail()
        picture.setAccessibleName(self.tr("The image"))
        if image.picture.image is not None:
            picture.show_image(image.picture.image)
            picture.setFixedSize(picture.sizeHint())
        self._size = Choice(self.tr("Size in the file"))
        self._size.setObjectName("image_size")
        for version in image.versions:
            self._size.addItem(self._words(version))
        # Not more than the host looks at.
        fitting = [at for at, version in enumerate(image.versions) if version.longest <= _SIDES[0]]
        self._size.setCurrentIndex(fitting[0] if fitting else 0)
        self._detail = Choice(self.tr("How closely the model looks"))
        self._detail.setObjectName("image_detail")
        for detail, words in zip(DETAILS, (self.tr("Automatic"), self.tr("Low"), self.tr("High")), strict=True):
            self._detail.addItem(words, detail)
        grid = QGridLayout()
        grid.setHorizontalSpacing(3 * UNIT)
        grid.setVerticalSpacing(3 * UNIT)
        grid.setColumnStretch(1, 1)
        for row, (title, field) in enumerate(((self.tr("Size"), self._size), (self.tr("Detail"), self._detail))):
            grid.addWidget(Label(title), row, 0)
            grid.addWidget(field, row, 1)
        add = Button(self.tr("Add image"), self._choose, kind="primary")
        add.setObjectName("image_add_button")
        add.setDefault(True)
        buttons = QHBoxLayout()
        buttons.setSpacing(2 * UNIT)
        buttons.addStretch()
        buttons.addWidget(Button(self.tr("Cancel"), self.reject))
        buttons.addWidget(add)
        column = QVBoxLayout(self)
        column.setContentsMargins(6 * UNIT, 5 * UNIT, 6 * UNIT, 5 * UNIT)
        column.setSpacing(4 * UNIT)
        column.addWidget(picture, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addWidget(
            Label(
                self.tr("The image becomes part of the file, with the size that is named here."), "caption", wrap=True
            )
        )
        column.addLayout(grid)
        column.addLayout(buttons)
        self.setMinimumWidth(100 * UNIT)

    def _words(self, version: Version) -> str:
        embedded = size_words(len(data_url(version.content)))
        if version is self._image.versions[0]:
            width, height = self._image.picture.width, self._image.picture.height
            return self.tr("As it is: {width} × {height}, {size}").format(width=width, height=height, size=embedded)
        return self.tr("Scaled to {side} pixels: {size}").format(side=f"{version.longest:,}", size=embedded)

    def _choose(self) -> None:
        version = self._image.versions[self._size.currentIndex()]
        self.accept()
        self.chosen.emit(image_part(data_url(version.content), self._detail.currentData()))

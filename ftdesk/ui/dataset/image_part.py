"""An image in a message: a thumbnail of one that is embedded; an address stays text, and nothing fetches it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ftdesk.dataset.content_parts import set_image
from ftdesk.ui.dataset.pictures import Picture, Pictures
from ftdesk.ui.dataset.text_line import TextLine
from ftdesk.ui.dataset.thumbnail import Thumbnail
from ftdesk.ui.text import Label, one_line
from ftdesk.ui.tokens import UNIT
from ftdesk.ui.widgets import Choice, restyle

DETAILS = ("auto", "low", "high")


class ImagePart(QWidget):
    edited = Signal(str, object)

    def __init__(self, message: int, place: int, pictures: Pictures, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._message, self._place = message, place
        self._pictures = pictures
        self._address = ""
        self._picture = Thumbnail()
        self._picture.setObjectName(f"message_{message}_image_{place}")
        self._facts = Label("", "caption", wrap=True)
        self._facts.setObjectName(f"message_{message}_image_{place}_facts")
        number = place + 1
        self.address = TextLine(
            self.tr("Address of image {number}").format(number=number),
            f"message_{message}_image_{place}_address",
            self.tr("https://…"),
        )
        self.address.committed.connect(self._set_address)
        self.detail = Choice(self.tr("How closely the model looks at image {number}").format(number=number))
        self.detail.setObjectName(f"message_{message}_image_{place}_detail")
        for detail, words in zip(DETAILS, self._detail_words(), strict=True):
            self.detail.addItem(words, detail)
        self.detail.setSizeAdjustPolicy(Choice.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.detail.setMinimumContentsLength(10)
        self.detail.activated.connect(self._set_detail)
        pictures.decoded.connect(self._decoded)
        side = QVBoxLayout()
        side.setSpacing(2 * UNIT)
        for widget in (self.address, self._facts):
            side.addWidget(widget)
        side.addWidget(self.detail, 0, Qt.AlignmentFlag.AlignLeft)
        side.addStretch()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(3 * UNIT)
        row.addWidget(self._picture, 1, Qt.AlignmentFlag.AlignTop)
        row.addLayout(side, 1)

    def show_part(self, part: Mapping[str, Any]) -> None:
        image = part.get("image_url")
        address = image.get("url") if isinstance(image, Mapping) else image
        address = address if isinstance(address, str) else ""
        detail = image.get("detail", "auto") if isinstance(image, Mapping) else "auto"
        self.detail.setCurrentIndex(DETAILS.index(detail) if detail in DETAILS else -1)
        if address == self._address and self._facts.text():
            return
        self._address = address
        restyle(self._facts, "tone", "caption")
        embedded = address.startswith("data:")
        self.address.setVisible(not embedded)
        self._picture.hide()
        if embedded:
            picture = self._pictures.known(address)
            if picture is None:
                self._facts.setText(self.tr("Reading the image…"))
            else:
                self._show_picture(picture)
        else:
            self.address.show_text(address)
            self._facts.setText(self.tr("An image at an address. The host fetches it; ftdesk does not."))

    def commit(self) -> None:
        if not self.address.isHidden():
            self.address.commit()

    def _decoded(self, address: str, picture: Picture) -> None:
        if address == self._address:
            self._show_picture(picture)

    def _show_picture(self, picture: Picture) -> None:
        if picture.image is not None:
            self._picture.show_image(picture.image)
            facts = self.describe(picture)
        else:
            facts = self.tr("This image cannot be shown: {trouble}").replace("{trouble}", self._trouble(picture))
        self._picture.setVisible(picture.image is not None)
        restyle(self._facts, "tone", "caption" if picture.image is not None else "error")
        self._picture.setAccessibleName(facts)
        said = {"jpg": "jpeg"}.get(picture.said, picture.said)
        if picture.format and said and said != picture.format:
            wrong = self.tr("Its address says {said}, but it is {format}.")
            facts += "\n" + wrong.format(said=one_line(said, 20).upper(), format=picture.format.upper())
        self._facts.setText(facts)

    def describe(self, picture: Picture) -> str:
        """Format, pixels and size, for a person."""
        return self.tr("{format}, {width} × {height}, {size}").format(
            format=picture.format.upper(), width=picture.width, height=picture.height, size=size_words(picture.bytes)
        )

    def _trouble(self, picture: Picture) -> str:
        pixels = self.tr("it has {width} × {height} pixels, too many to decode here.")
        return {
            "not-base64": self.tr("what follows its comma is not Base64."),
            "too-many-bytes": self.tr("it is {size}, more than a host takes.").format(size=size_words(picture.bytes)),
            "unknown-format": self.tr("it is neither PNG, JPEG, WEBP nor GIF."),
            "too-many-pixels": pixels.format(width=f"{picture.width:,}", height=f"{picture.height:,}"),
        }.get(picture.trouble, self.tr("its data is damaged."))

    def _detail_words(self) -> tuple[str, str, str]:
        return (self.tr("Detail: automatic"), self.tr("Detail: low"), self.tr("Detail: high"))

    def _set_address(self, address: str) -> None:
        title = self.tr("Change an image of message {number}").format(number=self._message + 1)
        self.edited.emit(title, lambda line: set_image(line, self._message, self._place, address=address))

    def _set_detail(self) -> None:
        detail = self.detail.currentData()
        title = self.tr("Change the detail of an image of message {number}").format(number=self._message + 1)
        self.edited.emit(title, lambda line: set_image(line, self._message, self._place, detail=detail))


def size_words(size: int) -> str:
    """Bytes as a person reads them."""
    if size < 1000:
        return f"{size} B"
    return f"{size / 1e3:.0f} kB" if size < 1e6 else f"{size / 1e6:.1f} MB"

"""Embedded images: decoded in a thread, within limits, from their own bytes alone. No address is ever followed."""

from __future__ import annotations

import base64
import binascii
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, QSize, Qt, QThreadPool, Signal
from PySide6.QtGui import QImage, QImageReader

Trouble = Literal["", "not-base64", "too-many-bytes", "unknown-format", "too-many-pixels", "damaged"]

MOST_BYTES = 50 << 20
"""A host takes no more in one request (OpenAI: 50 MB)."""

MOST_PIXELS = 50_000_000
"""200 MB in memory; a small file may hold far more."""

THUMBNAIL = QSize(320, 240)
"""Pixels of the thumbnails: twice what is shown at 100 %."""

_KEPT = 64
_QUALITY = 90

_SIGNATURES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"\xff\xd8\xff", "jpeg"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
)


@dataclass(frozen=True, slots=True)
class Picture:
    """What is known of an embedded image; ``image`` is a thumbnail, and missing where there is ``trouble``.

    ``format`` is png, jpeg, gif or webp by the bytes themselves, whatever the data URL says (``said``).
    """

    trouble: Trouble = ""
    format: str = ""
    said: str = ""
    width: int = 0
    height: int = 0
    bytes: int = 0
    image: QImage | None = None


class Pictures(QObject):
    """Decodes one after the other, and keeps the last thumbnails."""

    decoded = Signal(str, object)
    """A data URL and its ``Picture``."""
    done = Signal(object, object)
    """What was asked with ``run``, and its result."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(1)
        self._kept: OrderedDict[int, Picture] = OrderedDict()
        self._waiting: set[int] = set()
        self.decoded.connect(self._keep)

    def known(self, address: str) -> Picture | None:
        """The picture of a data URL; if it is not known yet, ``decoded`` tells soon."""
        key = hash(address)
        if key in self._kept:
            return self._kept[key]
        if key not in self._waiting:
            self._waiting.add(key)
            self._start(lambda: self.decoded.emit(address, read_data_url(address)))
        return None

    def run(self, asked: object, work: Callable[[], object]) -> None:
        """Do ``work`` in the thread; ``done`` tells its result. It must not raise."""
        self._start(lambda: self.done.emit(asked, work()))

    def _start(self, work: Callable[[], None]) -> None:
        def safely() -> None:
            try:
                work()
            except RuntimeError:  # the window has gone meanwhile
                return

        self._pool.start(safely)

    def _keep(self, address: str, picture: Picture) -> None:
        key = hash(address)
        self._waiting.discard(key)
        self._kept[key] = picture
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)


def read_data_url(address: str) -> Picture:
    """Decode a data URL of an image. Runs in any thread."""
    head, _, body = address.partition(",")
    said = head.removeprefix("data:").partition(";")[0].removeprefix("image/").lower()
    if not head.endswith(";base64"):
        return Picture("not-base64", said=said)
    if len(body) > MOST_BYTES * 4 // 3 + 4:
        return Picture("too-many-bytes", said=said, bytes=len(body) * 3 // 4)
    try:
        content = base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        return Picture("not-base64", said=said)
    return replace(read_picture(content), said=said)


def read_picture(content: bytes) -> Picture:
    """Decode an image's bytes to a thumbnail. Runs in any thread."""
    picture = _look(content)
    if picture.trouble:
        return picture
    image = _decode(content, picture, THUMBNAIL)
    return replace(picture, trouble="damaged") if image.isNull() else replace(picture, image=image)


def scaled_down(content: bytes, longest: int) -> bytes:
    """The image with no side over ``longest`` pixels, as JPEG, or as PNG where it is transparent; empty if it fails."""
    picture = _look(content)
    image = QImage() if picture.trouble else _decode(content, picture, QSize(longest, longest))
    if image.isNull():
        return b""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    kind, quality = ("PNG", -1) if image.hasAlphaChannel() else ("JPEG", _QUALITY)
    written = image.save(buffer, kind, quality)  # type: ignore[call-overload]  # the stubs want bytes, Qt takes text
    return bytes(buffer.data().data()) if written else b""


def data_url(content: bytes) -> str:
    """An image's bytes as an address that holds them."""
    return f"data:image/{format_of(content)};base64,{base64.b64encode(content).decode()}"


def format_of(content: bytes) -> str:
    """By the first bytes; empty where they are those of no image that a host may take."""
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        return "webp"
    return next((kind for signature, kind in _SIGNATURES if content.startswith(signature)), "")


def _look(content: bytes) -> Picture:
    """What the head of the image says, without decoding it."""
    picture = Picture(format=format_of(content), bytes=len(content))
    if not picture.format:
        return replace(picture, trouble="unknown-format")
    if len(content) > MOST_BYTES:
        return replace(picture, trouble="too-many-bytes")
    with _Reading(content, picture.format) as reader:
        size = reader.size()
    if not size.isValid() or size.isEmpty():
        return replace(picture, trouble="damaged")
    picture = replace(picture, width=size.width(), height=size.height())
    return replace(picture, trouble="too-many-pixels") if size.width() * size.height() > MOST_PIXELS else picture


def _decode(content: bytes, picture: Picture, bounds: QSize) -> QImage:
    with _Reading(content, picture.format) as reader:
        size = QSize(picture.width, picture.height)
        if size.width() > bounds.width() or size.height() > bounds.height():
            reader.setScaledSize(size.scaled(bounds, Qt.AspectRatioMode.KeepAspectRatio).expandedTo(QSize(1, 1)))
        return reader.read()


class _Reading:
    """A reader of bytes in memory. The format is given: of itself Qt would also try SVG, which may name files."""

    def __init__(self, content: bytes, kind: str) -> None:
        self._buffer = QBuffer()
        self._buffer.setData(QByteArray(content))
        self._buffer.open(QIODevice.OpenModeFlag.ReadOnly)
        self._reader = QImageReader(self._buffer, QByteArray(kind.encode()))
        self._reader.setAutoDetectImageFormat(False)
        self._reader.setAutoTransform(True)

    def __enter__(self) -> QImageReader:
        return self._reader

    def __exit__(self, *_: object) -> None:
        self._buffer.close()

"""How many tokens an image has, by the formula that OpenAI publishes, from its size where it is in the example.

Vision guide, “Calculating costs”, for GPT-4o and GPT-4.1: 85 tokens in low detail; else the image is made to fit into
2048 × 2048, its shorter side to 768 at most, and each square of 512 that it covers costs 170 tokens more.
"""

from __future__ import annotations

from base64 import b64decode
from binascii import Error
from collections.abc import Mapping
from struct import error as StructError  # noqa: N812 - it is an exception
from struct import unpack_from
from typing import Any

_BASE = 85
_TILE = 170
_TILE_SIDE = 512
_LONGEST_SIDE = 2048
_SHORTEST_SIDE = 768
_UNKNOWN = (1024, 1024)
"""The size that is taken where an address leads elsewhere, or the format is not known."""
_HEAD = 1 << 18
"""Base64 characters that are looked at: photographs may carry much before their size."""
_JPEG_SIZES = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_JPEG_ALONE = frozenset({0x01, *range(0xD0, 0xD9)})


def tokens_of_image(image: Mapping[str, Any]) -> int:
    """The tokens of an ``image_url`` object; an estimate, as hosts may count otherwise."""
    if image.get("detail") == "low":
        return _BASE
    url = image.get("url")
    size = (size_of_image(url) if isinstance(url, str) else None) or _UNKNOWN
    shrink = min(1.0, _LONGEST_SIDE / max(size))
    shrink *= min(1.0, _SHORTEST_SIDE / (min(size) * shrink))
    across, down = (-(-max(1, round(side * shrink)) // _TILE_SIDE) for side in size)
    return _BASE + _TILE * across * down


def size_of_image(url: str) -> tuple[int, int] | None:
    """Width and height in pixels of the image in a data URL, read from its head; ``None`` where it does not tell."""
    head, comma, data = url[: _HEAD + 100].partition(";base64,")
    if not comma or not head.startswith("data:image/"):
        return None
    data = data[:_HEAD]
    try:
        width, height = _size_in(b64decode(data[: len(data) // 4 * 4]))
    except (Error, ValueError, StructError, IndexError):
        return None
    return (width, height) if width and height else None


def _size_in(head: bytes) -> tuple[int, int]:
    """Raises ``ValueError`` or ``struct.error`` where there is none."""
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        width, height = unpack_from(">II", head, 16)
    elif head.startswith((b"GIF87a", b"GIF89a")):
        width, height = unpack_from("<HH", head, 6)
    elif head.startswith(b"\xff\xd8"):
        width, height = _size_in_jpeg(head)
    elif head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        width, height = _size_in_webp(head)
    else:
        raise ValueError("the format is not known")
    return width, height


def _size_in_jpeg(head: bytes) -> tuple[int, int]:
    at = 2
    while head[at] == 0xFF:
        kind = head[at + 1]
        if kind in _JPEG_SIZES:
            height, width = unpack_from(">HH", head, at + 5)
            return width, height
        at += 1 if kind == 0xFF else 2 if kind in _JPEG_ALONE else 2 + max(2, unpack_from(">H", head, at + 2)[0])
    raise ValueError("this is no JPEG segment")


def _size_in_webp(head: bytes) -> tuple[int, int]:
    match head[12:16]:
        case b"VP8X":
            return 1 + int.from_bytes(head[24:27], "little"), 1 + int.from_bytes(head[27:30], "little")
        case b"VP8L":
            (bits,) = unpack_from("<I", head, 21)
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        case b"VP8 ":
            width, height = unpack_from("<HH", head, 26)
            return width & 0x3FFF, height & 0x3FFF
    raise ValueError("this is no WebP chunk with a size")

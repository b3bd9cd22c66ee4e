"""Tokens of images: the examples of OpenAI's vision guide, every format, and hostile data."""

from __future__ import annotations

import struct
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftdesk.validation.image_tokens import size_of_image, tokens_of_image


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + b"\x08\x02\0\0\0"


def jpeg(width: int, height: int, before: bytes = b"") -> bytes:
    return b"\xff\xd8" + before + struct.pack(">HHBHH", 0xFFC2, 17, 8, height, width) + b"\x03" + bytes(12)


def segment(kind: int, size: int) -> bytes:
    return struct.pack(">BBH", 0xFF, kind, size + 2) + b"\xff" * size


def webp(chunk: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", len(chunk) + 4) + b"WEBP" + chunk


def url(data: bytes, kind: str = "png") -> str:
    return f"data:image/{kind};base64,{b64encode(data).decode()}"


@pytest.mark.parametrize(
    ("width", "height", "detail", "tokens"),
    [
        (1024, 1024, "high", 765),
        (2048, 4096, "high", 1105),
        (4096, 8192, "low", 85),
        (512, 512, "high", 255),
        (100, 100, "auto", 255),
        (513, 10, "high", 425),
        (1, 100_000, "high", 85 + 4 * 170),
    ],
)
def test_the_published_examples_come_out(width: int, height: int, detail: str, tokens: int) -> None:
    assert tokens_of_image({"url": url(png(width, height)), "detail": detail}) == tokens


@pytest.mark.parametrize(
    "data",
    [
        png(300, 200),
        b"GIF89a" + struct.pack("<HH", 300, 200) + b"\0\0\0",
        jpeg(300, 200),
        jpeg(300, 200, segment(0xE0, 14) + segment(0xE1, 60_000) + b"\xff" + segment(0xDB, 65) + segment(0xC4, 30)),
        webp(b"VP8X" + struct.pack("<I", 10) + bytes(4) + (299).to_bytes(3, "little") + (199).to_bytes(3, "little")),
        webp(b"VP8L" + struct.pack("<IBI", 5, 0x2F, 299 | 199 << 14)),
        webp(b"VP8 " + struct.pack("<I", 10) + b"\0\0\0\x9d\x01\x2a" + struct.pack("<HH", 300, 200)),
    ],
    ids=["PNG", "GIF", "JPEG", "JPEG with data before", "WebP extended", "WebP lossless", "WebP"],
)
def test_the_size_is_read_from_every_format(data: bytes) -> None:
    assert size_of_image(url(data)) == (300, 200)


@pytest.mark.parametrize(
    "address",
    ["https://example.org/a.png", "", "data:image/png;base64,", "data:image/png;base64,!!!!", url(b"BM" * 40)],
)
def test_where_the_size_is_not_known_a_usual_one_is_taken(address: str) -> None:
    assert tokens_of_image({"url": address}) == 765


def test_an_image_without_an_address_is_an_estimate_too() -> None:
    assert tokens_of_image({}) == tokens_of_image({"url": 5, "detail": []}) == 765


HEADS = st.sampled_from([png(9, 9), jpeg(9, 9), webp(b"VP8X" + bytes(20)), b"GIF89a", b"\xff\xd8\xff", b""])


@given(HEADS, st.integers(0, 40), st.binary(max_size=40))
def test_no_data_is_too_hostile(head: bytes, kept: int, rest: bytes) -> None:
    assert tokens_of_image({"url": url(head[:kept] + rest)}) >= 85

"""Rules about images in user messages. Hosts skip an image, or the whole example, without a word."""

from __future__ import annotations

import re
from binascii import Error, a2b_base64
from collections.abc import Iterator
from typing import Any

from ftdesk.validation.problem import Measure
from ftdesk.validation.record import Example
from ftdesk.validation.rule import Problem, record_rule
from ftdesk.validation.wording import kind_of, quoted

# One white pixel, RGB.
_PIXEL_DATA = b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4//8/AAX+Av4N70a4AAAAAElFTkSuQmCC"
_PIXEL = b"data:image/png;base64," + _PIXEL_DATA
_GOOD = (
    b'{"messages": [{"role": "user", "content": [{"type": "text", "text": "Which colour?"},'
    b' {"type": "image_url", "image_url": {"url": "' + _PIXEL + b'", "detail": "low"}}]},'
    b' {"role": "assistant", "content": "White."}]}\n'
)
_PART = b'{"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}'

_DATA = re.compile(r"data:([a-z0-9.+-]+/[a-z0-9.+-]+)?(?:;[a-z0-9=-]+)*;base64,", re.IGNORECASE)
_TYPES = {"image/jpeg": "JPEG", "image/jpg": "JPEG", "image/png": "PNG", "image/webp": "WebP"}
_OTHER_ENDING = re.compile(r"\.(gif|svg|bmp|tiff?|heic|avif|ico|pdf)(?:[?#]|$)", re.IGNORECASE)
_DETAILS = frozenset({"low", "high", "auto"})
_HEAD = 4096
_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_COLOURS = {0: "grey", 3: "a palette", 4: "grey"}


@record_rule(
    "image-limit",
    "error",
    "An example holds too many images",
    why="Hosts limit the images of one example: OpenAI takes 10, Azure 64.",
    good=_GOOD,
    bad=_GOOD.replace(b'{"type": "image_url"', b", ".join([_PART] * 10) + b', {"type": "image_url"', 1),
)
def image_limit(example: Example) -> Iterator[Problem]:
    count = sum(1 for _ in _images(example))
    if count:
        yield Problem(
            f"The example holds {count:,} images; the host takes {{limit}}.",
            example.prompt.path,
            measure=Measure("max_images", count),
        )


@record_rule(
    "image-too-large",
    "warning",
    "An image is larger than the host takes",
    why="An image above the host's limit is left out, and the example is learned without it or not at all.",
    good=_GOOD.replace(_PIXEL, b"https://example.com/a.png"),
    bad=_GOOD,  # for a host that takes less
)
def image_too_large(example: Example) -> Iterator[Problem]:
    for path, image in _images(example):
        url = image.get("url")
        head = _DATA.match(url) if isinstance(url, str) else None
        if head is not None:
            size = (len(image["url"]) - head.end()) * 3 // 4
            yield Problem(
                f"The image has {size:,} bytes; the host takes {{limit}}.",
                f"{path}.url",
                measure=Measure("max_image_bytes", size),
            )


@record_rule(
    "image-format",
    "warning",
    "An image is not of a kind that hosts read",
    why="Hosts read JPEG, PNG and WebP in RGB or RGBA, at a web address or as a data URL. They leave others out "
    "without a word.",
    good=_GOOD,
    bad=_GOOD.replace(_PIXEL, b"data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="),
)
def image_format(example: Example) -> Iterator[Problem]:
    for path, image in _images(example):
        detail = image.get("detail", "auto")
        if detail not in _DETAILS if isinstance(detail, str) else True:
            given = quoted(detail) if isinstance(detail, str) else kind_of(detail)
            yield Problem(f"The detail of an image is low, high or auto, not {given}.", f"{path}.detail")
        url = image.get("url")
        reason = _url_problem(url) if isinstance(url, str) else None
        if reason:
            yield Problem(reason, f"{path}.url")


def _images(example: Example) -> Iterator[tuple[str, dict[str, Any]]]:
    for message in example.messages:
        if message.role == "user" and isinstance(message.content, list):
            for index, part in enumerate(message.content):
                image = part.get("image_url") if isinstance(part, dict) else None
                if isinstance(image, dict):
                    yield f"{message.content_path}[{index}].image_url", image


def _url_problem(url: str) -> str | None:
    if url[:5].lower() == "data:":
        return _data_problem(url)
    if not url.lower().startswith(("https://", "http://")):
        return f"An image needs a web address or a data URL, not {quoted(url)}."
    ending = _OTHER_ENDING.search(url[:2048].partition("?")[0])
    return f"The image seems to be {ending.group(1).upper()}; hosts read JPEG, PNG and WebP." if ending else None


def _data_problem(url: str) -> str | None:
    head = _DATA.match(url)
    if head is None:
        return "The data URL of the image is not in base64."
    kind = _TYPES.get((head.group(1) or "").lower())
    if kind is None:
        return f"The image is {quoted(head.group(1) or 'of no type')}; hosts read JPEG, PNG and WebP."
    try:
        data = a2b_base64(url[head.end() :], strict_mode=True)
    except (Error, ValueError):
        return "The base64 text of the image is damaged."
    real = _kind_of_image(data)
    if real is None:
        return f"The data of the image is no {kind} image."
    if real != kind:
        return f"The image says that it is {kind}, but is {real}."
    colours = _colours(data[:_HEAD]) if kind == "PNG" else None
    return f"The colours of the image are {colours}; hosts read RGB and RGBA." if colours else None


def _kind_of_image(data: bytes) -> str | None:
    if data.startswith(_PNG):
        return "PNG"
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    return "WebP" if data[:4] == b"RIFF" and data[8:12] == b"WEBP" else None


def _colours(head: bytes) -> str | None:
    """What a PNG has instead of RGB or RGBA: the colour type stands in the 26th byte (PNG specification, 11.2.1)."""
    return _PNG_COLOURS.get(head[25]) if len(head) > 25 else None

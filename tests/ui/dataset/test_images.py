"""Images in messages, with the widgets that a person uses."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from dataset_window import MakeWindow, click, example, find, opened, panel_of, write
from PySide6.QtCore import QBuffer, QIODevice, QSize
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QComboBox, QToolButton
from pytestqt.qtbot import QtBot

from ftdesk.ui.dataset.add_image import load_image
from ftdesk.ui.dataset.card import MessageCard
from ftdesk.ui.dataset.pictures import data_url, read_data_url, read_picture, scaled_down
from ftdesk.ui.dataset.text_line import TextLine
from ftdesk.ui.dataset.thumbnail import Thumbnail
from ftdesk.ui.editor import TextEditor
from ftdesk.ui.text import Label
from ftdesk.ui.window import Window

# The smallest GIF there is: Qt reads the format and does not write it.
GIF = base64.b64decode("R0lGODlhAQABAIAAAP///wAAACwAAAAAAQABAAACAkQBADs=")


def encoded(kind: str, width: int = 10, height: int = 10) -> bytes:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor("red"))
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    assert image.save(buffer, kind)  # type: ignore[call-overload]
    return bytes(buffer.data().data())


def image(address: str, **more: Any) -> dict[str, Any]:
    return {"type": "image_url", "image_url": {"url": address, **more}}


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def asks(*content: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": list(content)}]}


def facts(window: Window, place: int) -> str:
    return find(window, Label, f"message_0_image_{place}_facts").text()


def thumbnail(window: Window, place: int) -> Thumbnail:
    picture = window.findChild(Thumbnail, f"message_0_image_{place}")
    assert isinstance(picture, Thumbnail)
    return picture


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_an_embedded_image_is_shown_small_with_its_facts(
    make_window: MakeWindow, qtbot: QtBot, tmp_path: Path, kind: str
) -> None:
    content = encoded(kind, 1000, 500)
    window = make_window(write(tmp_path / "images.jsonl", asks(text("look"), image(data_url(content)))))
    qtbot.waitUntil(lambda: not thumbnail(window, 1).isHidden(), timeout=60_000)
    assert thumbnail(window, 1).sizeHint() == QSize(160, 80)
    assert facts(window, 1).startswith(f"{kind}, 1000 × 500, ")


def test_an_address_is_text_that_can_be_edited_and_never_fetched(
    make_window: MakeWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window = make_window(write(tmp_path / "images.jsonl", asks(image("file:///etc/passwd", detail="low"), text("x"))))
    before = opened(window).line(0)
    field = find(window, TextLine, "message_0_image_0_address")
    assert field.text() == "file:///etc/passwd"
    assert thumbnail(window, 0).isHidden()
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, "https://x.org/a.png")
    window.desk.dataset.leaving.emit()
    assert opened(window).line(0) == before.replace(b"file:///etc/passwd", b"https://x.org/a.png")


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("data:image/png;base64,%%%", "not Base64"),
        ("data:image/png,AAAA", "not Base64"),
        ("data:image/svg+xml;base64," + base64.b64encode(b"<svg/>").decode(), "neither PNG"),
        ("data:image/gif;base64," + base64.b64encode(GIF[:6]).decode(), "damaged"),
    ],
)
def test_an_image_that_cannot_be_shown_says_what_is_wrong(
    make_window: MakeWindow, qtbot: QtBot, tmp_path: Path, address: str, words: str
) -> None:
    window = make_window(write(tmp_path / "images.jsonl", asks(image(address))))
    qtbot.waitUntil(lambda: words in facts(window, 0), timeout=60_000)
    assert thumbnail(window, 0).isHidden()


def test_an_address_that_names_another_format_is_told_of() -> None:
    picture = read_data_url("data:image/png;base64," + base64.b64encode(encoded("JPEG")).decode())
    assert (picture.trouble, picture.said, picture.format) == ("", "png", "jpeg")
    assert read_picture(GIF).format == "gif"
    assert read_picture(GIF).image is not None


def test_an_image_of_too_many_pixels_is_not_decoded() -> None:
    content = bytearray(encoded("PNG"))
    content[16:24] = (20_000).to_bytes(4, "big") * 2
    content[29:33] = crc32(content[12:29]).to_bytes(4, "big")
    picture = read_picture(bytes(content))
    assert (picture.image, picture.trouble, picture.width) == (None, "too-many-pixels", 20_000)


def test_detail_is_chosen_and_the_default_is_not_written(make_window: MakeWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window = make_window(write(tmp_path / "images.jsonl", asks(image("https://x"))))
    before = opened(window).line(0)
    for at, written in ((2, {"url": "https://x", "detail": "high"}), (0, {"url": "https://x"})):
        box = find(window, QComboBox, "message_0_image_0_detail")
        box.setCurrentIndex(at)
        box.activated.emit(at)
        assert example(window)["messages"][0]["content"][0]["image_url"] == written
    assert opened(window).line(0) == before


def test_parts_are_moved_and_removed_with_what_is_typed_in_them(
    make_window: MakeWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    window = make_window(write(tmp_path / "images.jsonl", asks(text("one"), image("https://x"), text("two"))))
    first = find(window, TextEditor, "message_0_part_0")
    first.setFocus()
    qtbot.keyClicks(first, "At ")
    click(qtbot, window, "message_0_part_2_arrow-up", QToolButton)
    assert example(window) == asks(text("At one"), text("two"), image("https://x"))
    click(qtbot, window, "message_0_part_0_x", QToolButton)
    assert example(window) == asks(text("two"), image("https://x"))
    assert find(window, TextEditor, "message_0_part_0").text == "two"


def test_an_image_is_added_from_a_file_as_large_as_chosen(
    make_window: MakeWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "large.png"
    path.write_bytes(encoded("PNG", 3000, 1500))
    window = make_window(write(tmp_path / "images.jsonl", {"messages": [{"role": "user", "content": "look"}]}))
    panel = panel_of(window)
    # Of one colour: at 2,048 pixels a JPEG would be larger, so that is not offered.
    for at, side in ((0, 3000), (1, 1024)):
        panel.images.load(0, path)
        qtbot.waitUntil(
            lambda: any(not box.isHidden() for box in window.findChildren(QComboBox, "image_size")), timeout=60_000
        )
        size = find(window, QComboBox, "image_size")
        assert size.itemText(0).startswith("As it is: 3000 × 1500, ")
        assert size.currentIndex() == 1
        size.setCurrentIndex(at)
        click(qtbot, window, "image_add_button")
        part = example(window)["messages"][0]["content"][-1]
        assert read_data_url(part["image_url"]["url"]).width == side
        qtbot.waitUntil(lambda: not window.findChildren(QComboBox, "image_size"), timeout=60_000)
    assert example(window)["messages"][0]["content"][0] == text("look")


def test_a_file_that_is_no_image_is_explained(make_window: MakeWindow, qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "words.png"
    path.write_text("no image")
    assert "not an image" in load_image(path).problem
    assert "Cannot read" in load_image(tmp_path / "missing.png").problem
    window = make_window(write(tmp_path / "images.jsonl", asks(text("look"))))
    panel_of(window).images.load(0, path)
    qtbot.waitUntil(
        lambda: any("words.png is not an image" in said for said in window.desk.notices.texts), timeout=60_000
    )
    assert example(window) == asks(text("look"))


def test_the_menu_of_a_user_message_offers_images(make_window: MakeWindow, qtbot: QtBot, tmp_path: Path) -> None:
    window = make_window(write(tmp_path / "images.jsonl", {"messages": [{"role": "user", "content": "look"}]}))
    menu = find(window, MessageCard, "message_0").additions()
    names = [action.text() for action in menu.actions()]
    assert names == ["Image from a file…", "Image at an address", "Name of the speaker"]
    menu.actions()[1].trigger()
    menu.deleteLater()
    assert example(window) == asks(text("look"), image(""))


def test_scaling_keeps_transparency_and_proportions() -> None:
    clear = QImage(400, 200, QImage.Format.Format_ARGB32)
    clear.fill(QColor(0, 0, 0, 0))
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    clear.save(buffer, "PNG")  # type: ignore[call-overload]
    small = read_picture(scaled_down(bytes(buffer.data().data()), 100))
    assert (small.format, small.width, small.height) == ("png", 100, 50)
    assert read_picture(scaled_down(encoded("PNG", 400, 200), 100)).format == "jpeg"
    assert scaled_down(b"nothing", 100) == b""


def test_walking_over_examples_with_images_changes_nothing(make_window: MakeWindow, tmp_path: Path) -> None:
    odd = [1, None, {"type": "image_url"}, {"type": "image_url", "image_url": 3}, {"type": "input_audio"}, text("x")]
    window = make_window(
        write(tmp_path / "odd.jsonl", asks(*odd), asks(image(data_url(encoded("PNG")))), asks({"type": "text"}))
    )
    for row in (1, 2, 0):
        window.desk.dataset.choose(row)
    window.desk.dataset.leaving.emit()
    assert not opened(window).is_modified

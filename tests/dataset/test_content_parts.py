from __future__ import annotations

import json
from typing import Any

import pytest

from ftdesk.dataset.content_parts import add_part, image_part, move_part, remove_part, set_image, text_part
from ftdesk.errors import InputError

FIRST, SECOND, THIRD = (
    b'{ "type":"text", "text" :"caf\\u00e9" }',
    b'{"type": "image_url","image_url":{"url":"https://x/1e0","detail":"low", "extra":1.0}}',
    b'{"text":"three","type":"text"}',
)
LINE = b'{"messages":[{"role":"user","content":[' + b" , ".join((FIRST, SECOND, THIRD)) + b']}],"id":1.0}'


def content(line: bytes) -> Any:
    return json.loads(line)["messages"][0]["content"]


def test_parts_that_are_moved_keep_their_bytes() -> None:
    after = move_part(LINE, 0, 0, 2)
    assert content(after) == [json.loads(part) for part in (SECOND, THIRD, FIRST)]
    assert all(part in after for part in (FIRST, SECOND, THIRD))
    assert after.endswith(b'],"id":1.0}')


def test_a_part_is_appended_and_the_others_keep_their_bytes() -> None:
    after = add_part(LINE, 0, image_part("data:image/png;base64,AA==", "high"))
    assert after.startswith(LINE[: LINE.index(THIRD) + len(THIRD)])
    assert content(after)[3] == {
        "type": "image_url",
        "image_url": {"url": "data:image/png;base64,AA==", "detail": "high"},
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [("look", [text_part("look"), text_part("x")]), ("", [text_part("x")]), (None, [text_part("x")])],
)
def test_a_text_becomes_the_first_part(before: str | None, after: list[Any]) -> None:
    line = json.dumps({"messages": [{"role": "user", "content": before}]}).encode()
    assert content(add_part(line, 0, text_part("x"))) == after


def test_without_any_part_the_content_is_an_empty_text() -> None:
    after = remove_part(remove_part(LINE, 0, 1), 0, 0)
    assert content(after) == [json.loads(THIRD)]
    assert THIRD in after
    assert content(remove_part(after, 0, 0)) == ""


def test_address_and_detail_change_alone() -> None:
    assert set_image(LINE, 0, 1, detail="high") == LINE.replace(b'"low"', b'"high"')
    assert set_image(LINE, 0, 1, address="https://y") == LINE.replace(b"https://x/1e0", b"https://y")
    assert "detail" not in content(set_image(LINE, 0, 1, detail="auto"))[1]["image_url"]


def test_an_address_that_stands_alone_becomes_an_object() -> None:
    line = json.dumps({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": "u"}]}]}).encode()
    assert content(set_image(line, 0, 0, detail="low"))[0]["image_url"] == {"url": "u", "detail": "low"}


def test_what_is_not_there_is_refused_in_words() -> None:
    for edit in (
        lambda: remove_part(LINE, 0, 9),
        lambda: move_part(LINE, 3, 0, 1),
        lambda: add_part(LINE, 4, text_part()),
        lambda: set_image(b'{"messages": [{"content": [1]}]}', 0, 0, detail="low"),
    ):
        with pytest.raises(InputError):
            edit()

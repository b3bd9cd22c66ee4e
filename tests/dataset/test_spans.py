"""An edit changes the bytes of one value and no others."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftdesk.dataset.spans import MAX_DEPTH, JsonSyntaxError, JsonText, dump, find, parse
from ftdesk.errors import InputError

ODD_LINE = (
    rb'{"messages" :[ {"role":"user",  "content":"caf\u00e9 \/ \ud83d\ude00", "n": 1.0, "big": 123456789012345678901},'
    rb'{"content": "x", "role": "assistant"} ] , "k": 1, "k": 1e2}'
)

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def test_replacing_a_value_leaves_every_other_byte() -> None:
    text = JsonText(ODD_LINE)
    text.replace(("messages", 1, "content"), "new")
    assert bytes(text) == ODD_LINE.replace(b'"x"', b'"new"')


def test_new_text_escapes_only_where_the_line_does() -> None:
    escaping, plain = JsonText(b'{"a": "\\u00e9"}'), JsonText('{"a": "é"}'.encode())
    escaping.replace(("a",), "ü")
    plain.replace(("a",), "ü")
    assert bytes(escaping) == b'{"a": "\\u00fc"}'
    assert bytes(plain) == '{"a": "ü"}'.encode()


def test_a_lone_surrogate_is_written_as_an_escape() -> None:
    text = JsonText('{"a": "é"}'.encode())
    text.replace(("a",), "\ud800")
    assert bytes(text) == b'{"a": "\\ud800"}'
    assert json.loads(bytes(text))["a"] == "\ud800"


def test_a_new_member_follows_the_spacing_of_the_line() -> None:
    compact, spaced, empty = JsonText(b'{"a":1,"b":2}'), JsonText(b'{"a": 1, "b": 2}'), JsonText(b"{}")
    for text in (compact, spaced, empty):
        text.set_key((), "c", [1, 2])
    assert bytes(compact) == b'{"a":1,"b":2,"c":[1,2]}'
    assert bytes(spaced) == b'{"a": 1, "b": 2, "c": [1, 2]}'
    assert bytes(empty) == b'{"c": [1, 2]}'


def test_of_duplicate_keys_the_last_is_edited() -> None:
    text = JsonText(ODD_LINE)
    text.set_key((), "k", 7)
    assert bytes(text) == ODD_LINE.replace(b'"k": 1e2', b'"k": 7')


@pytest.mark.parametrize("index", [0, 1, 2])
def test_removing_an_item_takes_its_comma_along(index: int) -> None:
    text = JsonText(b'{"a": [10, 20, 30]}')
    text.remove(("a", index))
    assert json.loads(bytes(text))["a"] == [item for item in [10, 20, 30] if item != [10, 20, 30][index]]


def test_a_moved_item_keeps_its_bytes() -> None:
    text = JsonText(b'{"a": [ {"x":  1.0}, {"y":2},3 ]}')
    text.move(("a",), 0, 2)
    assert b'{"x":  1.0}' in bytes(text)
    assert json.loads(bytes(text))["a"] == [{"y": 2}, 3, {"x": 1.0}]


@pytest.mark.parametrize(
    ("text", "position", "reason"),
    [
        ('{"a": 1 "b": 2}', 8, "comma"),
        ('{"a" 1}', 5, "colon"),
        ("{a: 1}", 1, "key in double quotes"),
        ('{"a": }', 6, "value is missing"),
        ('{"a": 1,}', 8, "key in double quotes"),
        ('{"a": [1, ]}', 10, "value is missing"),
        ('{"a": NaN}', 6, "does not begin a value"),
        ('{"a": 1} x', 9, "more text"),
        ('{"a": 1٣}', 7, "comma"),
        ('{"a": "b', 6, "unterminated"),
        ("[" * (MAX_DEPTH + 2), MAX_DEPTH + 1, "nests deeper"),
    ],
)
def test_a_syntax_error_says_where_and_what(text: str, position: int, reason: str) -> None:
    with pytest.raises(JsonSyntaxError, match=reason) as caught:
        parse(text)
    assert caught.value.position == position


def test_a_broken_line_is_not_edited_by_value() -> None:
    with pytest.raises(InputError, match="not valid JSON"):
        JsonText(b"{")
    with pytest.raises(InputError, match="not valid UTF-8"):
        JsonText(b'{"a": "\xff"}')


@given(values)
def test_what_json_writes_parses(value: Any) -> None:
    text = dump(value)
    assert parse(text).end == len(text)


@given(st.dictionaries(st.text(), values, min_size=1), values, st.data())
def test_an_edit_is_what_json_would_have_done(example: dict[str, Any], value: Any, data: st.DataObject) -> None:
    key = data.draw(st.sampled_from(sorted(example)))
    text = JsonText(dump(example).encode("utf-8"))
    text.replace((key,), value)
    assert json.loads(bytes(text)) == json.loads(dump({**example, key: value}))
    text.remove((key,))
    assert json.loads(bytes(text)) == json.loads(dump({k: v for k, v in example.items() if k != key}))


@given(st.lists(values, min_size=1, max_size=6), st.data())
def test_moves_and_inserts_are_those_of_a_list(items: list[Any], data: st.DataObject) -> None:
    source = data.draw(st.integers(0, len(items) - 1))
    to = data.draw(st.integers(0, len(items) - 1))
    text = JsonText(dump({"a": items}).encode("utf-8"))
    text.move(("a",), source, to)
    expected = list(items)
    expected.insert(to, expected.pop(source))
    assert json.loads(bytes(text))["a"] == json.loads(dump(expected))


def test_a_path_that_is_not_there_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        find(parse('{"a": [1]}'), ("a", 1))

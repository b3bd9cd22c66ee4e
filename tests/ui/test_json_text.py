from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftdesk.dataset.spans import JsonSyntaxError
from ftdesk.ui.json_text import gather, spread

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES, st.sampled_from([(", ", ": "), (",", ":")]))
def test_json_spread_and_gathered_is_the_same_bytes(value: object, separators: tuple[str, str]) -> None:
    line = json.dumps(value, ensure_ascii=False, separators=separators)
    assert json.loads(spread(line)) == value
    # A line without a comma or colon does not tell how it would write them, and needs not.
    assert gather(spread(line), line) == line


@pytest.mark.parametrize("line", ['{"a":1.0,"b":1e5,"c":12345678901234567890,"d":"\\u00e9\\/"}', '{"a": 1, "a": 2}'])
def test_values_keep_their_characters(line: str) -> None:
    assert gather(spread(line), line) == line


def test_spread_json_reads_like_json() -> None:
    assert spread('{"a":[1,{"b":[]}],"c":{}}') == (
        '{\n  "a": [\n    1,\n    {\n      "b": []\n    }\n  ],\n  "c": {}\n}'
    )


def test_broken_json_is_refused() -> None:
    with pytest.raises(JsonSyntaxError):
        spread("{")
    with pytest.raises(JsonSyntaxError):
        gather("[1,]")

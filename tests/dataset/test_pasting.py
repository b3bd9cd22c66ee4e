from __future__ import annotations

import json
from typing import Any

import pytest

from ftdesk.dataset.pasting import MOST_CHARACTERS, examples_from_text
from ftdesk.errors import InputError

USER, REPLY = {"role": "user", "content": "Rain?"}, {"role": "assistant", "content": "No.\nNot today."}


def pasted(text: str) -> list[Any]:
    return [json.loads(line) for line in examples_from_text(text)]


def test_json_lines_stay_as_they_are() -> None:
    first, second = (
        '{ "messages":[{"role":"user","content":"caf\\u00e9"}],"id":1.0}',
        '{"input":{},"preferred_output":[]}',
    )
    assert examples_from_text(f"\n{first}\r\n\n{second}\n") == [first.encode(), second.encode()]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"messages": [USER, REPLY]}, indent=2),
        json.dumps([USER, REPLY], indent=2),
        json.dumps([{"messages": [USER, REPLY]}]),
        f"{json.dumps(USER)}\n{json.dumps(REPLY)}",
        "User: Rain?\n\nAssistant: No.\nNot today.",
        "**Human:** Rain?\n**AI:** No.\nNot today.\n",
        "You said:\nRain?\nChatGPT said:\nNo.\nNot today.",
        "# User: Rain?\n# Assistant: No.\nNot today.",
    ],
)
def test_a_conversation_becomes_one_example(text: str) -> None:
    assert pasted(text) == [{"messages": [USER, REPLY]}]


def test_a_list_of_examples_becomes_as_many_lines() -> None:
    assert pasted(json.dumps([{"messages": [USER]}, {"messages": [REPLY]}])) == [
        {"messages": [USER]},
        {"messages": [REPLY]},
    ]


@pytest.mark.parametrize(
    "text", ["", "just words", "Note: this\nUser: hi", "[1, 2]", '{"a": 1}', "[" * 100_000, "x" * (MOST_CHARACTERS + 1)]
)
def test_what_is_no_example_is_refused_in_words(text: str) -> None:
    with pytest.raises(InputError):
        examples_from_text(text)

"""Which lines of a file can be evaluated, as what, and what is said about the others."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from ftdesk import resources
from ftdesk.errors import InputError
from ftdesk.evaluation.items import HeldOutFile, prompt_sha256, read_held_out

USER = {"role": "user", "content": "q"}
ANSWER = {"role": "assistant", "content": "a"}


def held_out(folder: Path, *lines: Any) -> HeldOutFile:
    path = folder / "test.jsonl"
    path.write_bytes(b"".join(_bytes(line) + b"\n" for line in (*lines, {"messages": [USER, ANSWER]})))
    return read_held_out(path)


def _bytes(line: Any) -> bytes:
    return line if isinstance(line, bytes) else json.dumps(line).encode()


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"", "The line is blank."),
        (b"{", "Not valid JSON"),
        (b"[1]", "not an object"),
        (b'{"messages": [{"role": "user", "content": "\xff"}]}', "not valid UTF-8"),
        ({"prompt": "q", "completion": "a"}, "There are no messages."),
        ({"messages": []}, "There are no messages."),
        ({"messages": [USER, "a"]}, "A message is not an object."),
        ({"messages": [ANSWER, USER]}, "The last message is not the assistant’s."),
        ({"messages": [USER, {"role": "assistant", "content": " \n"}]}, "The last answer has no text."),
        (
            {"messages": [USER, {"role": "assistant", "content": None, "tool_calls": []}]},
            "The last answer has no text.",
        ),
        ({"messages": [USER, {"role": "assistant", "content": 5}]}, "The last answer has no text."),
        ({"messages": [ANSWER]}, "Nothing is asked before the answer."),
    ],
)
def test_a_line_that_cannot_be_scored_is_told_with_its_number_and_the_reason(
    tmp_path: Path, line: Any, reason: str
) -> None:
    found = held_out(tmp_path, line)
    assert [item.line for item in found.items] == [2]
    assert [skipped.line for skipped in found.skipped] == [1]
    assert reason in found.skipped[0].reason


def test_text_in_parts_is_a_reference(tmp_path: Path) -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    assert (
        held_out(tmp_path, {"messages": [USER, {"role": "assistant", "content": parts}]}).items[0].reference == "a\nb"
    )


def test_of_a_preference_example_the_preferred_answer_is_the_reference(tmp_path: Path) -> None:
    tools = [{"type": "function", "function": {"name": "f"}}]
    item = held_out(
        tmp_path,
        {
            "input": {"messages": [USER], "tools": tools},
            "preferred_output": [{"role": "assistant", "content": "good"}],
            "non_preferred_output": [{"role": "assistant", "content": "bad"}],
        },
    ).items[0]
    assert (item.prompt, item.reference, item.tools) == ((USER,), "good", tuple(tools))


def test_the_hash_is_of_the_bytes_of_the_file(tmp_path: Path) -> None:
    for content in (b'{"messages": []}\r\n\n{', b'{"messages": []}\n', b""):
        path = tmp_path / "test.jsonl"
        line = json.dumps({"messages": [USER, ANSWER]}).encode()
        path.write_bytes(line + b"\n" + content)
        assert read_held_out(path).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_prompt_is_known_by_what_is_asked_and_not_by_its_answer(tmp_path: Path) -> None:
    other = {**USER, "content": "other"}
    tools = {"tools": [{"type": "function", "function": {"name": "f"}}]}
    items = held_out(
        tmp_path,
        {"messages": [USER, {**ANSWER, "content": "b"}]},
        {"messages": [{"content": "q", "role": "user", "weight": 1}, ANSWER]},
        {"messages": [other, ANSWER]},
        {"messages": [USER, ANSWER], **tools},
    ).items
    hashes = [prompt_sha256(item) for item in items]
    assert hashes[0] == hashes[1] == hashes[4]
    assert len(set(hashes)) == 3


@pytest.mark.parametrize("content", [b"", b"\n\n", b"\x00\xff\x13" * 100, b'{"messages": []}\n'])
def test_a_file_without_a_single_item_is_an_input_error(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "test.jsonl"
    path.write_bytes(content)
    with pytest.raises(InputError, match="no example to evaluate"):
        read_held_out(path)


def test_a_missing_file_or_a_folder_is_an_input_error(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.jsonl", tmp_path):
        with pytest.raises(InputError, match="Cannot read"):
            read_held_out(path)


def test_the_sample_is_evaluated_whole() -> None:
    found = read_held_out(resources.path("samples/medical-coder.jsonl"))
    assert (len(found.items), found.skipped) == (160, ())
    assert found.items[0].reference == "J20.9: Acute bronchitis, unspecified"

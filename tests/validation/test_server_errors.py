"""What OpenAI's servers say of training files, and the rule that foresees it; and JSON itself."""

from __future__ import annotations

import json
from typing import Any

import pytest
from data.json_cases import json_cases

from ftdesk.validation.checker import Checker, MethodChoice
from ftdesk.validation.findings import Report

USER = {"role": "user", "content": "Rain in Oslo?"}
ANSWER = {"role": "assistant", "content": "No."}
CALL = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}


def example(number: int) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": f"{number}?"}, {"role": "assistant", "content": f"{number}!"}]}


def preference(number: int) -> dict[str, Any]:
    return {
        "input": {"messages": [{"role": "user", "content": f"{number}?"}]},
        "preferred_output": [ANSWER],
        "non_preferred_output": [{"role": "assistant", "content": "Perhaps."}],
    }


def lines(*wrong: Any, count: int = 12) -> list[bytes]:
    """A good file, with ``wrong`` from line 4 on: values, or bytes as they are."""
    good = [example(number) for number in range(count - len(wrong))]
    return [
        value if isinstance(value, bytes) else json.dumps(value).encode() for value in (*good[:3], *wrong, *good[3:])
    ]


# The server's words, the file, the method of the job, and rule and line of the finding.
FORESEEN: list[tuple[str, list[bytes], MethodChoice, str, int | None]] = [
    (
        "Expected file to have JSONL format, where every line is a JSON dictionary. Line 4 is not a dictionary.",
        lines(["prompt", "completion"]),
        "auto",
        "not-an-object",
        4,
    ),
    (
        "Expected file to have JSONL format, where every line is a valid JSON dictionary.",
        lines(b"Rain in Oslo? No."),
        "auto",
        "invalid-json",
        4,
    ),
    (
        "Example 4 cannot be parsed. Error: line contains invalid json: Expecting ',' delimiter: line 1 column 79",
        lines(b'{"messages": [{"role": "user" "content": "Hi"}]}'),
        "auto",
        "invalid-json",
        4,
    ),
    (
        "Training file has 7 example(s), but must have at least 10 examples",
        lines(count=7),
        "auto",
        "too-few-examples",
        None,
    ),
    (
        "Example 4, message 2 Discriminator 'role' is missing in value",
        lines({"messages": [USER, {"content": "No."}]}),
        "auto",
        "missing-role",
        4,
    ),
    (
        'Line 4, message 3, key "content": Input should be a valid string',
        lines(
            {
                "messages": [
                    USER,
                    {"role": "assistant", "tool_calls": [CALL]},
                    {"role": "tool", "tool_call_id": "c1", "content": [{"type": "text", "text": "dry"}]},
                    ANSWER,
                ],
                "tools": [TOOL],
            }
        ),
        "auto",
        "content-not-text",
        4,
    ),
    ('Example 4 contains an extra "weight".', lines({**example(99), "weight": 1}), "auto", "unknown-key", 4),
    (
        "Example 4 message contains an invalid token: <|fim_suffix|>.",
        lines({"messages": [USER, {"role": "assistant", "content": "a<|fim_suffix|>b"}]}),
        "auto",
        "special-token-text",
        4,
    ),
    ("Example 4 is missing key 'messages'", lines({"message": [USER, ANSWER]}), "auto", "missing-messages", 4),
    ("Example 1 is missing key 'input'", lines(), "preference", "method-mismatch", 1),
    (
        "Input file is in the fine-tune-chat format, but the job is not using 'supervised' (provided method=dpo).",
        lines(),
        "preference",
        "method-mismatch",
        12,
    ),
    (
        "Unexpected file format, expected either prompt/completion pairs or chat messages.",
        lines({"text": "Rain in Oslo?"}),
        "auto",
        "missing-messages",
        4,
    ),
]


def check(raw: list[bytes], method: MethodChoice = "auto") -> Report:
    return Checker(method, count_tokens=False).check_lines(raw)


@pytest.mark.parametrize(("words", "raw", "method", "rule", "line"), FORESEEN, ids=[row[0][:40] for row in FORESEEN])
def test_what_a_server_refuses_is_an_error_before(
    words: str, raw: list[bytes], method: MethodChoice, rule: str, line: int | None
) -> None:
    errors = {(finding.rule, finding.line) for finding in check(raw, method).findings if finding.severity == "error"}
    assert (rule, line) in errors
    if line is not None and method == "auto":
        assert {at for _, at in errors} == {line}


def test_a_file_that_servers_take_has_no_error() -> None:
    assert check(lines()).findings == ()
    assert check([json.dumps(preference(number)).encode() for number in range(10)]).findings == ()


def test_texts_that_are_no_json_are_errors_and_all_others_are_not_called_so() -> None:
    checker = Checker("supervised", count_tokens=False)
    wrong = []
    for name, raw in json_cases().items():
        findings = checker.check_record(3, raw).findings
        refused = any(finding.severity == "error" for finding in findings)
        called_invalid = any(finding.rule in {"invalid-json", "invalid-utf8"} for finding in findings)
        if (name[0] == "n" and raw.strip() and not refused) or (name[0] == "y" and called_invalid):
            wrong.append(name)
    assert wrong == []

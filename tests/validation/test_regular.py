"""Regular examples are those about which only a few rules can say anything."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mutations import mutated_lines

from ftdesk import resources
from ftdesk.validation.line_checker import _REGULAR_CODES
from ftdesk.validation.record import is_plain, read_example, read_line
from ftdesk.validation.regular import is_regular
from ftdesk.validation.rule import LineRule, RecordRule
from ftdesk.validation.rules import RULES

OTHERS = [rule for rule in RULES if isinstance(rule, RecordRule) and rule.code not in _REGULAR_CODES]
LINE_RULES = [rule for rule in RULES if isinstance(rule, LineRule) and rule.code != "byte-order-mark-missing"]


def call(identity: str = "c1", name: str = "f", **more: Any) -> dict[str, Any]:
    return {"id": identity, "type": "function", "function": {"name": name, "arguments": "{}"}, **more}


def tool(name: str = "f") -> dict[str, Any]:
    return {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}


USER = {"role": "user", "content": "Rain?"}
CALLS = {"role": "assistant", "tool_calls": [call()]}
RESULT = {"role": "tool", "tool_call_id": "c1", "content": "dry"}
SAYS = {"role": "assistant", "content": "No."}
REGULAR = {"messages": [USER, CALLS, RESULT, SAYS], "tools": [tool()]}


def said_by_others(value: dict[str, Any], method: Any) -> list[str]:
    line = read_line(json.dumps(value).encode())
    example = read_example(value, "supervised", method, asked=method is not None)
    return [rule.code for rule in OTHERS if list(rule.check(example))] + [
        rule.code for rule in LINE_RULES if list(rule.check(line))
    ]


def test_a_usual_example_with_tools_is_regular() -> None:
    assert is_regular(REGULAR)
    assert not is_plain(REGULAR)
    lines = resources.path("samples/tool-calling.jsonl").read_bytes().splitlines()
    assert sum(is_regular(json.loads(line)) for line in lines) > len(lines) / 2


ODD_CALLS = st.sampled_from([call("c2"), call(name="g"), call(id=""), call(type="x"), call(extra=1), {}, None, "c1"])
MESSAGES = st.sampled_from(
    [
        *(USER, CALLS, RESULT, SAYS, SAYS, RESULT, {"role": "system", "content": "Be brief."}, None, {}),
        *({**CALLS, "content": None}, {**CALLS, "content": "Let me see."}, {**CALLS, "content": ""}),
        *({**RESULT, "tool_call_id": "c2"}, {**RESULT, "tool_call_id": []}, {**RESULT, "content": " "}),
        *({**RESULT, "name": "f"}, {**SAYS, "content": []}, {**SAYS, "weight": 0}, {**SAYS, "role": []}),
        *({**SAYS, "weight": weight} for weight in (1, 0, 2, True, 0.0, None)),
        {**USER, "weight": 1},
        *({**CALLS, "tool_calls": []}, {**CALLS, "tool_calls": {}}, {**CALLS, "tool_calls": [call(), call("c2")]}),
        *({**CALLS, "weight": 1}, {"role": "developer", "content": "x"}, {"role": "assistant", "refusal": "No."}),
    ]
) | ODD_CALLS.map(lambda odd: {**CALLS, "tool_calls": [call(), odd]})
TOOLS = st.sampled_from(
    [[tool()], [tool(), tool("g")], [tool(), tool()], [], {}, None, [{}], [{"function": {"name": "f"}}]]
)


MORE = st.sampled_from([{}, {"parallel_tool_calls": True}, {"parallel_tool_calls": "no"}, {"metadata": {}}])


@given(st.lists(MESSAGES, max_size=6), st.none() | TOOLS, MORE, st.sampled_from([None, "supervised"]), st.booleans())
@settings(max_examples=600)
def test_no_other_rule_has_anything_to_say_about_a_regular_example(
    messages: list[Any], tools: Any, more: dict[str, Any], method: Any, ends_well: bool
) -> None:
    value = {"messages": [USER, *messages, *([SAYS] if ends_well else [])], **more}
    if tools is not None:
        value["tools"] = tools
    if is_regular(value):
        assert said_by_others(value, method) == []


@pytest.mark.parametrize("seed", [3, 4])
def test_no_other_rule_has_anything_to_say_about_mutated_regular_examples(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same lines in every run
    values = [line.value for line in map(read_line, mutated_lines(3000, seed))]
    regular = [value for value in values if is_regular(value)]
    assert len(regular) > 20
    for value in regular:
        assert said_by_others(value, chance.choice([None, "supervised"])) == []

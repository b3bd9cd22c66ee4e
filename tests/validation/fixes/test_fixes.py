"""Every repair by exact bytes, and what must hold for all of them."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ftdesk.validation.rules as rules_package
from ftdesk.dataset.spans import JsonText
from ftdesk.validation.checker import Checker
from ftdesk.validation.findings import Finding, Fix
from ftdesk.validation.fixes import REPAIRS, repair_of
from ftdesk.validation.fixes.repair import Place
from ftdesk.validation.fixing import LineFix, any_fix, as_change, fix_finding, fix_line, fix_lines, is_safe
from ftdesk.validation.rules import RULES

SYSTEM = '{"role": "system", "content": "a"}'
USER = '{"role": "user", "content": "Hi"}'
ANSWER = '{"content": "H\\u00e9 \\/ caf\u00e9", "role":"assistant"}'


def checker(method: Any = "supervised") -> Checker:
    made = Checker("auto", count_tokens=False)
    made.method = method
    return made


def call(identifier: str, arguments: str = '"{}"') -> str:
    return f'{{"id": "{identifier}", "type": "function", "function": {{"name": "f", "arguments": {arguments}}}}}'


def calling(*calls: str) -> str:
    return f'{{"role": "assistant", "tool_calls": [{", ".join(calls)}]}}'


def answering(identifier: str, content: str = '"1"') -> str:
    return f'{{"role": "tool", "tool_call_id": "{identifier}", "content": {content}}}'


ONCE = json.dumps('{"x": 1.0}')
TOOLS = '"tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}}}]'
PARTS = '[{"type": "text", "text": "b"}, {"type": "text", "text": "c"}]'


def with_tools(*messages: str) -> str:
    return f'{{"messages": [{", ".join(messages)}], {TOOLS}}}'


MENDED: dict[str, tuple[Fix, str, str]] = {
    "a key that nobody knows, among others": (
        "remove-key",
        f'{{"id":1.0,"messages": [{USER}, {ANSWER}], "source" : {{"a": [1]}} }}',
        f'{{"messages": [{USER}, {ANSWER}] }}',
    ),
    "a key with an unusual name": (
        "remove-key",
        f'{{"a.b[0] \\u00fc”": 1, "messages": [{USER}, {ANSWER}]}}',
        f'{{"messages": [{USER}, {ANSWER}]}}',
    ),
    "a weight on a user's message": (
        "remove-key",
        f'{{"messages": [{{"role": "user", "weight": 1, "content": "Hi"}}, {ANSWER}]}}',
        f'{{"messages": [{USER}, {ANSWER}]}}',
    ),
    "a key that stands twice": (
        "remove-duplicate-key",
        f'{{"messages": [{{"role": "user", "content": "no", "content": "Hi"}}, {ANSWER}]}}',
        f'{{"messages": [{USER}, {ANSWER}]}}',
    ),
    "a weight in words": (
        "coerce-weight",
        f'{{"messages": [{USER}, {{"role": "assistant", "content": "a", "weight":  "1"}}]}}',
        f'{{"messages": [{USER}, {{"role": "assistant", "content": "a", "weight":  1}}]}}',
    ),
    "a weight with a decimal point": (
        "coerce-weight",
        f'{{"messages": [{USER}, {ANSWER}, {USER}, {{"role": "assistant", "content": "a", "weight": 0.0}}]}}',
        f'{{"messages": [{USER}, {ANSWER}, {USER}, {{"role": "assistant", "content": "a", "weight": 0}}]}}',
    ),
    "a role of another program": (
        "correct-role",
        f'{{"messages": [{{"role": "human", "content": "Hi"}}, {ANSWER}]}}',
        f'{{"messages": [{USER}, {ANSWER}]}}',
    ),
    "a system message in the middle": (
        "move-system-first",
        f'{{"messages": [{USER}, {{"content": "\\u0041",  "role": "system"}}, {ANSWER}]}}',
        f'{{"messages": [{{"content": "\\u0041",  "role": "system"}}, {USER}, {ANSWER}]}}',
    ),
    "an empty message": (
        "remove-message",
        f'{{"messages": [{USER}, {{"role": "assistant", "content": " "}}, {USER}, {ANSWER}]}}',
        f'{{"messages": [{USER}, {USER}, {ANSWER}]}}',
    ),
    "a question without an answer at the end": (
        "remove-message",
        f'{{"messages": [{USER}, {ANSWER}, {USER}]}}',
        f'{{"messages": [{USER}, {ANSWER}]}}',
    ),
    "arguments that are an object": (
        "encode-arguments",
        with_tools(USER, calling(call("c", '{"x":1.0}'))),
        with_tools(USER, calling(call("c", '"{\\"x\\":1.0}"'))),
    ),
    "an answer with the wrong id": (
        "pair-tool-calls",
        with_tools(USER, calling(call("c")), answering("x"), ANSWER),
        with_tools(USER, calling(call("c")), answering("c"), ANSWER),
    ),
    "one of two answers with the wrong id": (
        "pair-tool-calls",
        with_tools(USER, calling(call("a"), call("b")), answering("b"), answering("b"), ANSWER),
        with_tools(USER, calling(call("a"), call("b")), answering("b"), answering("a"), ANSWER),
    ),
    "parallel calls in messages of their own": (
        "merge-tool-calls",
        with_tools(USER, calling(call("a")), calling(call("b")), answering("a"), answering("b"), ANSWER),
        with_tools(USER, calling(call("a"), call("b")), answering("a"), answering("b"), ANSWER),
    ),
    "a tool's answer in parts": (
        "join-text-parts",
        with_tools(USER, calling(call("a")), answering("a", PARTS), ANSWER),
        with_tools(USER, calling(call("a")), answering("a", '"bc"'), ANSWER),
    ),
}

PREFERENCE = (
    f'{{"input": {{"messages": [{USER}]}}, "preferred_completion": [{ANSWER}], '
    f'"non_preferred_output": [{{"role": "assistant", "content": "b"}}]}}'
)


def fixable(line: str, code: Fix, number: int = 7) -> list[Finding]:
    return [finding for finding in checker().check_record(number, line.encode()).findings if finding.fix == code]


@pytest.mark.parametrize("case", MENDED)
def test_a_repair_changes_exactly_the_bytes_that_are_wrong(case: str) -> None:
    code, before, after = MENDED[case]
    fix = fix_line(checker(), 7, before.encode(), lambda finding: finding.fix == code)
    assert fix is not None
    assert fix.after == after.encode()
    assert [repair.code for repair in fix.repairs] == [code]
    assert fixable(after, code) == []


def test_an_older_name_of_a_key_becomes_the_present_one() -> None:
    fix = fix_line(checker("preference"), 7, PREFERENCE.encode())
    assert fix is not None
    assert fix.after == PREFERENCE.replace("preferred_completion", "preferred_output").encode()


def test_the_byte_order_mark_goes_and_nothing_else() -> None:
    line = f'{{"messages": [{USER}, {ANSWER}]}}'.encode()
    fix = fix_line(checker(), 1, b"\xef\xbb\xbf" + line, is_safe)
    assert fix is not None
    assert fix.after == line


NOT_MENDED = {
    "the only answer is empty": f'{{"messages": [{USER}, {{"role": "assistant", "content": ""}}]}}',
    "more calls than answers": with_tools(USER, calling(call("a"), call("b")), answering("x"), ANSWER),
    "two system messages": f'{{"messages": [{SYSTEM}, {USER}, {SYSTEM}, {ANSWER}]}}',
    "a weight between 0 and 1": f'{{"messages": [{USER}, {{"role": "assistant", "content": "a", "weight": 0.5}}]}}',
    "no JSON": '{"messages": [}',
    "the words stand under a name of other programs": (
        f'{{"messages": [{USER}, {{"role": "assistant", "text": "The answer"}}]}}'
    ),
    "the form of another program": (
        '{"messages": [{"from": "human", "value": "Hi"}, {"from": "gpt", "value": "Hello"}]}'
    ),
    "a key in capitals": f'{{"messages": [{USER}, {{"Role": "assistant", "content": "Hello"}}]}}',
    "another name beside the right one": (
        f'{{"messages": [{USER}, {{"role": "assistant", "content": "a", "Content": "The answer"}}]}}'
    ),
    "a call with a slip in its key": with_tools(
        USER, f'{{"role": "assistant", "content": null, "tool_call": [{call("c")}]}}'
    ),
    "an answer of a preference beside a conversation": (
        f'{{"messages": [{USER}, {ANSWER}], "chosen": "good", "rejected": "bad"}}'
    ),
    "no messages, but words elsewhere": '{"messages": [], "prompt": "Hi", "completion": "Hello"}',
    "no messages, and a key that nobody knows": '{"messages": [], "dialogue": "Hi"}',
    "no messages, but tools": f'{{"messages": [], {TOOLS}}}',
    "two keys that look alike when they are clipped": (
        f'{{"{"?" * 50}a": 1, "{"?" * 50}b": 2, "messages": [{USER}, {ANSWER}]}}'
    ),
}


@pytest.mark.parametrize("case", NOT_MENDED)
def test_what_only_a_person_can_decide_stays(case: str) -> None:
    assert fix_line(checker(), 7, NOT_MENDED[case].encode()) is None


def test_a_finding_is_fixed_alone() -> None:
    line = f'{{"a": 1, "messages": [{USER}, {ANSWER}], "b": 2}}'.encode()
    first, second = fixable(line.decode(), "remove-key")
    fix = fix_finding(checker(), line, second)
    assert fix is not None
    assert fix.row == 6
    assert fix.after == f'{{"a": 1, "messages": [{USER}, {ANSWER}]}}'.encode()
    assert fix.fixed == (second,)
    assert first.path == "a"


def test_safe_repairs_leave_alone_what_needs_a_look() -> None:
    weight = ', "weight": "1"}'
    line = f'{{"messages": [{USER}, {{"role": "assistant", "content": " "}}, {ANSWER[:-1]}{weight}], "b": 2}}'
    fix = fix_line(checker(), 7, line.encode(), is_safe)
    assert fix is not None
    assert fix.after == line.replace('"1"', "1").encode()


@pytest.mark.parametrize(
    "line", ['{"messages": []}', '{"input": {"messages": []}, "preferred_output": [], "non_preferred_output": []}']
)
def test_a_line_goes_only_if_its_empty_list_is_all_that_it_holds(line: str) -> None:
    fix = fix_line(checker(), 7, line.encode(), is_safe)
    assert (fix is not None and fix.after is None) == (line == '{"messages": []}')


def test_lines_that_go_and_lines_that_change_are_one_change_undone_at_once() -> None:
    good = f'{{"messages": [{USER}, {ANSWER}]}}'.encode()
    extra = good[:-1] + b', "x": 1}'
    lines = [good, b"", extra, b" ", good]
    whole = checker()
    report = whole.check_lines(lines)
    fixes = list(fix_lines(whole, lines.__getitem__, report.findings))
    assert [(fix.row, fix.after) for fix in fixes] == [(1, None), (2, good), (3, None), (4, None)]
    change = as_change(fixes, "Fix")
    now = list(lines)
    for splice in change.splices:
        assert tuple(now[splice.row : splice.row + len(splice.removed)]) == splice.removed
        now[splice.row : splice.row + len(splice.removed)] = splice.inserted
    assert now == [good, good]
    for splice in change.inverse.splices:
        now[splice.row : splice.row + len(splice.removed)] = splice.inserted
    assert now == lines


def test_every_repair_that_rules_name_is_there() -> None:
    assert {repair.code for repair in REPAIRS} == set(get_args(Fix))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_the_bad_example_of_a_rule_is_mended_where_it_says_so(rule: Any) -> None:
    lines = rule.bad.removesuffix(b"\n").split(b"\n")
    whole = checker(rule.method)
    findings = [finding for finding in whole.check_lines(lines).findings if finding.rule == rule.code and finding.fix]
    for fix in fix_lines(whole, lines.__getitem__, findings, lambda finding: finding.rule == rule.code):
        if fix.after is not None:
            left = whole.check_record(fix.row + 1, fix.after).findings
            assert rule.code not in {finding.rule for finding in left if finding.fix}
            assert json.loads(fix.after.removeprefix(b"\xef\xbb\xbf"))


# What people and programs write, and what they write wrongly.
TEXTS = st.sampled_from(["Hi", "", " ", "caf\u00e9", "\u4f60\u597d", 'a "b"', "\U0001f600", "a\\nb"])
CONTENTS = st.one_of(TEXTS, st.none(), st.just([{"type": "text", "text": "part"}]), st.just(3))
CALLS = st.builds(
    lambda identifier, arguments: {
        **({"id": identifier} if identifier else {}),
        "type": "function",
        "function": {"name": "f", "arguments": arguments},
    },
    st.sampled_from(["a", "b", "c", None]),
    st.sampled_from(["{}", {"x": 1}, '"{\\"x\\": 1}"', "no"]),
)
MESSAGES = st.builds(
    lambda role, content, weight, calls, answer, extra: {
        "role": role,
        "content": content,
        **({} if weight == "none" else {"weight": weight}),
        **({"tool_calls": calls} if calls else {}),
        **({"tool_call_id": answer} if answer else {}),
        **extra,
    },
    st.sampled_from(["system", "user", "assistant", "assistant", "tool", "human", "developer"]),
    CONTENTS,
    st.sampled_from(["none", "none", "none", 0, 1, 1.0, "1", True, 0.5]),
    st.lists(CALLS, max_size=2),
    st.sampled_from([None, "a", "b", "z"]),
    st.sampled_from([{}, {}, {"x": 1}, {"odd key.": [1]}]),
)
EXAMPLES = st.builds(
    lambda messages, extra: {"messages": messages, **extra},
    st.lists(MESSAGES, max_size=6),
    st.sampled_from([{}, {"tools": []}, {"id": 1, "": 2}]),
)


def errors_of(line: bytes) -> Counter[str]:
    return Counter(finding.rule for finding in checker().check_record(7, line).findings if finding.severity == "error")


def said_of(line: bytes, rule: str) -> int:
    return sum(finding.rule == rule for finding in checker().check_record(7, line).findings)


@settings(deadline=None)
@given(EXAMPLES, st.booleans())
def test_a_repair_removes_its_finding_and_brings_no_error(example: dict[str, Any], ascii_only: bool) -> None:
    line = json.dumps(example, ensure_ascii=ascii_only).encode()
    for finding in checker().check_record(7, line).findings:
        fix = fix_finding(checker(), line, finding) if finding.fix else None
        if fix is not None and fix.after is not None:
            assert said_of(fix.after, finding.rule) < said_of(line, finding.rule)
            assert errors_of(fix.after) <= errors_of(line)


@settings(deadline=None)
@given(EXAMPLES)
def test_fixing_ends_and_has_nothing_to_add(example: dict[str, Any]) -> None:
    line = json.dumps(example).encode()
    fix = fix_line(checker(), 7, line)
    assert fix is None or fix.after is None or fix_line(checker(), 7, fix.after) is None


@settings(deadline=None)
@given(EXAMPLES)
def test_messages_without_a_finding_keep_their_bytes(example: dict[str, Any]) -> None:
    line = json.dumps(example).encode()
    found = checker().check_record(7, line).findings
    fix = fix_line(checker(), 7, line, any_fix)
    if fix is None or fix.after is None:
        return
    # A pair of tool calls concerns the messages beside the finding as well.
    others = [item for item in example["messages"] if item.get("role") in {"user", "system"}]
    untouched = [
        message
        for index, message in enumerate(example["messages"])
        if message in others and not any((finding.path or "").startswith(f"messages[{index}]") for finding in found)
    ]
    after = fix.after.decode()
    assert all(json.dumps(message) in after for message in untouched)


def test_many_findings_on_one_line_are_fixed_in_a_few_rounds() -> None:
    messages = ", ".join([USER, '{"role": "user", "content": ""}'] * 400)
    line = f'{{"messages": [{messages}, {ANSWER}]}}'.encode()
    asked = _Asked()
    fix = fix_line(asked, 7, line)
    assert fix is not None
    assert fix.after == f'{{"messages": [{", ".join([USER] * 400)}, {ANSWER}]}}'.encode()
    assert len(fix.fixed) == 400
    assert asked.times < 5


class _Asked(Checker):
    """Counts how often a line was checked."""

    def __init__(self) -> None:
        super().__init__("auto", count_tokens=False)
        self.method = "supervised"
        self.times = 0

    def check_record(self, line_number: int, raw: bytes) -> Any:
        self.times += 1
        return super().check_record(line_number, raw)


def test_a_fix_knows_its_repairs_once() -> None:
    found = fixable(f'{{"a": 1, "b": 2, "messages": [{USER}, {ANSWER}]}}', "remove-key")
    assert [repair.code for repair in LineFix(0, b"", b"", tuple(found)).repairs] == ["remove-key"]


def applied(code: Fix, line: str, path: str) -> str:
    """What the repair alone makes of a line."""
    edits = repair_of(code).edits
    assert edits is not None
    text = line
    for edit in sorted(edits(Place(JsonText(line.encode()), json.loads(line), path)), reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


@pytest.mark.parametrize("times", [1, 2, 3])
def test_arguments_are_unwrapped_to_the_object_however_often_they_were_wrapped(times: int) -> None:
    wrapped = '{"x": 1.0}'
    for _ in range(times):
        wrapped = json.dumps(wrapped)
    line = f'{{"messages": [{calling(call("a", json.dumps(wrapped)))}]}}'
    assert applied("decode-arguments", line, "messages[0].tool_calls[0].function.arguments") == (
        f'{{"messages": [{calling(call("a", ONCE))}]}}'
    )


@pytest.mark.parametrize("arguments", ['"no"', '"\\"no\\""', "3", '"[1]"'])
def test_arguments_that_are_no_wrapped_object_stay(arguments: str) -> None:
    line = f'{{"messages": [{calling(call("a", arguments))}]}}'
    assert applied("decode-arguments", line, "messages[0].tool_calls[0].function.arguments") == line


@pytest.mark.parametrize(
    ("written", "trimmed"),
    [
        (r"\n \u00e9 a\t", r"\u00e9 a"),
        (r"\u00a0\/ b\\", r"\/ b\\"),
        (" ", " "),
        ("a  b", "a  b"),
    ],
)
def test_trimming_keeps_the_escapes_between(written: str, trimmed: str) -> None:
    line = '{"messages": [{"role": "assistant", "content": "%s"}]}'
    assert applied("trim-text", line % written, "messages[0].content") == line % trimmed


@pytest.mark.parametrize(
    ("written", "cleaned"),
    [
        ("a\u200bb", "ab"),
        (r"a\u200b\u00e9\ufeff\/", r"a\u00e9\/"),
        (r"\ud83d\ude00\udb40\udc41 x", r"\ud83d\ude00 x"),
        ("one\u2028two", r"one\ntwo"),
        (r"one\u2029two", r"one\ntwo"),
        ("\u4f60\u597d \U0001f468\u200d\U0001f469", "\u4f60\u597d \U0001f468\u200d\U0001f469"),
    ],
)
def test_invisible_characters_go_and_those_that_a_script_needs_stay(written: str, cleaned: str) -> None:
    line = '{"messages": [{"role": "user", "content": "%s"}]}'
    assert applied("remove-hidden-characters", line % written, "messages[0].content") == line % cleaned


def test_only_rules_about_lines_without_words_have_them_removed_as_safe() -> None:
    safe = {repair.code for repair in REPAIRS if repair.edits is None and repair.safe}
    assert safe == {"remove-line"}
    users = {
        Path(module.__file__).stem
        for module in vars(rules_package).values()
        if getattr(module, "__file__", None) and '"remove-line"' in Path(module.__file__).read_text(encoding="utf-8")
    }
    assert users == {"lines", "structure"}


@pytest.mark.parametrize("weight", ["1.00", "1e0", '" 1.0"', "true", '"True"'])
def test_a_weight_is_read_however_it_was_written(weight: str) -> None:
    line = '{"messages": [%s, {"role": "assistant", "content": "a", "weight": %s}]}'
    fix = fix_line(checker(), 7, (line % (USER, weight)).encode())
    assert fix is not None
    assert fix.after == (line % (USER, "1")).encode()

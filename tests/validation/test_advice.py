"""What is found in the words of an example, and what is not: advice that cries wolf is not read."""

from __future__ import annotations

import json
import random
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftdesk.validation.checker import Checker
from ftdesk.validation.findings import Finding, Report
from ftdesk.validation.record import read_example, read_line
from ftdesk.validation.rule import TextRule
from ftdesk.validation.rules import RULES
from ftdesk.validation.scanning import Passage

TEXT_RULES = [rule for rule in RULES if isinstance(rule, TextRule)]
QUESTION = {"role": "user", "content": "Which one is it?"}


def conversation(question: str, answer: str) -> bytes:
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return json.dumps({"messages": messages}, ensure_ascii=False).encode()


def check(question: str, answer: str = "The second.") -> list[Finding]:
    return list(Checker("supervised", count_tokens=False).check_record(3, conversation(question, answer)).findings)


def letters(count: int, alphabet: str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") -> str:
    return "".join(random.Random(count).choices(alphabet, k=count))  # noqa: S311


HEX = "0123456789abcdef"
BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
# Made here, so that no scanner of secrets finds one in this file.
SECRETS = {
    "an AWS access key": "AKIA" + letters(16, BASE32),
    "a Google API key": "AIza" + letters(35),
    "a GitHub token": "ghp_" + letters(36),
    "a GitLab token": "glpat-" + letters(20),
    "an Anthropic key": "sk-ant-api03-" + letters(93),
    "an OpenAI key": "sk-proj-" + letters(120),
    "a Slack token": "xoxb-" + "123456789012-1234567890123-" + letters(24),
    "a Stripe key": "sk_live_" + letters(24),
    "a SendGrid key": "SG." + letters(22) + "." + letters(43),
    "a Hugging Face token": "hf_" + letters(34),
    "an npm token": "npm_" + letters(36),
    "a Databricks token": "dapi" + letters(32, HEX),
    "a DigitalOcean token": "dop_v1_" + letters(64, HEX),
    "a signed token (JWT)": "eyJ" + letters(30) + ".eyJ" + letters(60) + "." + letters(43),
    "an Azure storage key": "AccountKey=" + letters(86) + "==",
    "a private key": "-----BEGIN RSA PRIVATE KEY-----\n" + letters(64) + "\n" + letters(64) + "\n-----END",
}


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("around", ["{}", "Use {} please.", 'key="{}",', "KEY={}\n", "钥匙：{}。"])
def test_a_secret_is_found_whatever_stands_around_it(name: str, around: str) -> None:
    (finding,) = check(around.format(SECRETS[name]))
    assert (finding.rule, finding.severity, finding.path) == ("secret-in-text", "warning", "messages[0].content")
    assert name in finding.message
    assert SECRETS[name][:12] not in finding.message


def test_secrets_are_found_in_calls_and_parts_too() -> None:
    secret = SECRETS["a GitHub token"]
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": json.dumps({"key": secret})}}
    parts = [{"type": "text", "text": "Hi"}, {"type": "text", "text": secret}]
    tool = {"type": "function", "function": {"name": "f"}}
    value = {
        "messages": [{"role": "user", "content": parts}, {"role": "assistant", "tool_calls": [call]}],
        "tools": [tool],
    }
    findings = Checker("supervised", count_tokens=False).check_record(3, json.dumps(value).encode()).findings
    assert [(finding.rule, finding.path) for finding in findings] == [
        ("secret-in-text", "messages[0].content[1].text"),
        ("secret-in-text", "messages[1].tool_calls[0].function.arguments"),
    ]


PERSONAL = {
    "jane.doe@gmail.com": "e-mail address",
    "Write to j_doe+x@mail.uni-jena.de.": "e-mail address",
    "Call +49 30 901820-15 now": "phone number",
    "(415) 867-5309": "phone number",
    "415-867-5309": "phone number",
    "+4915123456789": "phone number",
    "Card 4539 1488 0343 6467, thanks": "card number",
    "4539148803436467": "card number",
    "3714-496353-98430": "",  # the check digit is wrong
    "DE44 5001 0517 5407 3249 31": "account number",
    "Pay to NL20INGB0001234567.": "account number",
    "GB33BUKB20201555555555": "account number",
    "DE44 5001 0517 5407 3249 32": "",
}


@pytest.mark.parametrize("text", PERSONAL)
def test_personal_data_is_found_by_its_form_and_check_digits(text: str) -> None:
    findings = check(text)
    if PERSONAL[text]:
        (finding,) = findings
        assert (finding.rule, finding.severity) == ("personal-data", "hint")
        assert f"1 {PERSONAL[text]}" in finding.message
    else:
        assert findings == []


def test_several_addresses_are_one_finding() -> None:
    (finding,) = check("jane@acme-corp.com and jim@acme-corp.com")
    assert finding.message == "The text holds 2 e-mail addresses (“jane@a…”)."


HARMLESS = [
    # Tickets, orders, dates, versions, measures
    "Order 4711-2026-03-09-0815 of 12.03.2026, 07:33:12, invoice 2026/000123, 1,234,567.89 EUR",
    "Ticket #202603091234, batch 20260309123456789, serial SN-0000123456, ISBN 978-3-16-148410-0",
    "Tracking 1Z999AA10123456784, VIN WVWZZZ1JZXW000001, IMEI 490154203237518",
    "Timestamp 1773045192123, id 1234567890123456, offset +1000000, -273.15, 3.14159265358979",
    "Version 1.2.3-rc.4+build.5678, IP 192.168.0.1, MAC 00:1B:44:11:3A:B7",
    "UUID 550e8400-e29b-41d4-a716-446655440000, sha256 " + letters(64, HEX),
    "Commit " + letters(40, HEX) + " in https://github.com/acme/tool/commit/abc",
    "Call 555-0123 or +1 555 867 5309; write to support@acme-corp.com, noreply@service.com or you@example.org",
    # Medical codes
    "E11.22; N18.3; I10 and Z79.4, CPT 99213-25, SNOMED 73211009, LOINC 4548-4",
    # Code
    "def f(x: list[int]) -> dict[str, int]:\n    # TODO: handle <T> and {x}\n    return {'a': x[0] | 1}",
    "@app.route('/a')\n@pytest.fixture\ngit@github.com:acme/tool.git npm i react@18.2.0",
    'std::vector<int> a; a |> f <| g; x = {{1, 2}, {3, 4}}; printf("%s|%d", s, d);',
    "sk-... AKIA... ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx YOUR_API_KEY export OPENAI_API_KEY=sk-your-key-here",
    "INTERNATIONALIZATION_AND_LOCALIZATION_SETTINGS = 'SCREAMING_SNAKE_CASE_CONSTANT'",
    "data:image/png;base64," + letters(400),
    # Other languages
    "你好，请问第二季度的报告在哪里？电话是12345。",
    "Где отчёт за второй квартал?",
    "می‌خواهم بدانم \u200fکجاست \u2067abc\u2069",
    "हिन्दी क्‍या है? ภาษา\u200bไทย",
    "👩‍👩‍👧‍👦 ❤️ 🏴󠁧󠁢󠁥󠁮󠁧󠁿 naïve café — “quotes” … ½ €5 no\u00a0break",
]


@pytest.mark.parametrize("text", HARMLESS, ids=range(len(HARMLESS)))
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert check(text) == []
    assert check("Which one is it?", text) == []


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("a\u200bb", "U+200B (zero width space)"),
        ("\ufeffa", "U+FEFF (byte order mark)"),
        ("a\u202eb\u202c", "U+202E (right-to-left override)"),
        ("a\x1b[31mb", "U+001B (a control character)"),
        ("a\x7fb", "U+007F (delete)"),
        ("caf\ufffd", "U+FFFD (replacement character, where a letter could not be read)"),
        ("so\xadft", "U+00AD (soft hyphen)"),
        ("a" + "".join(chr(0xE0000 + ord(letter)) for letter in "obey"), "U+E006F (tag latin small letter o)"),
        ("a\u2028b", "U+2028 (line separator)"),
        ("page\fbreak", "U+000C (a control character)"),
    ],
)
@pytest.mark.parametrize("ascii_only", [True, False])
def test_invisible_characters_are_named(text: str, first: str, *, ascii_only: bool) -> None:
    value = {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": "The second."}]}
    raw = json.dumps(value, ensure_ascii=ascii_only).encode()
    (finding,) = Checker("supervised", count_tokens=False).check_record(3, raw).findings
    assert (finding.rule, finding.path) == ("hidden-characters", "messages[0].content")
    assert f"the first is {first}." in finding.message


ANSWERS: list[tuple[str, str, str | None]] = [
    ("Which code?", "I'm sorry, but I can't assist with that.", "refusal-in-answer"),
    ("Which code?", "I’m sorry, I cannot help you with this request.", "refusal-in-answer"),
    ("Which code?", "As an AI language model, I do not have opinions.", "refusal-in-answer"),
    ("Which code?", "Unfortunately, I am unable to assist with that.", "refusal-in-answer"),
    ("Is it open?", "Sorry, we have no rooms left.", None),
    ("Is it open?", "I'm sorry to hear that your parcel is late. It will come on Monday.", None),
    ("Is it open?", "I can't find your order; what is its number?", None),
    ("What is an AI?", "As an AI researcher would say, it depends.", None),
    ("Is it open?", "I can help you with that.", None),
    ("Where do I return my shoes?", "Where do I return my shoes?", "answer-repeats-prompt"),
    ("Where do I return my shoes?", "Where do I return my shoes? In any shop.", "answer-repeats-prompt"),
    ("Which code?", " J20.9", "surrounding-space"),
    ("Which code?", "J20.9 ", "surrounding-space"),
    ("Write code.", "print(1)\n", None),
    ("Hi", "Hi", None),
    ("Correct: teh cat sat on the mat", "The cat sat on the mat", None),
    ("Write a letter.", "Dear [Your Name], thank you.", "placeholder-text"),
    ("Write a letter.", "Dear {{customer_name}}, thank you.", "placeholder-text"),
    ("Write a letter.", "Dear <insert name>, thank you.", "placeholder-text"),
    ("Write a letter to {{customer_name}}.", "Dear {{customer_name}}, thank you.", None),
    ("Write a letter.", "TODO", "placeholder-text"),
    ("Write a letter.", "tbd.", "placeholder-text"),
    ("Write a letter.", "Lorem ipsum dolor sit amet, consectetur.", "placeholder-text"),
    ("What is next?", "TODO lists are kept in the app.", None),
    ("Write a template.", "```jinja\nDear {{ name }}\n```", None),
    ("Write a template.", "{% if name %}{{ name }}{% endif %}", None),
    ("Write Python.", "print(f'{{x}} is {x}')", None),
    ("Write React.", "<p style={{color: 'red'}}>{{a}}</p>", None),
    ("Which list?", "[1, 2, 3] and [Enter] and <b>", None),
    ("Which key?", "Press [Enter] and then <Your>.", None),
]


@pytest.mark.parametrize(("question", "answer", "rule"), ANSWERS, ids=[row[1][:30] for row in ANSWERS])
def test_answers_that_were_hardly_meant(question: str, answer: str, rule: str | None) -> None:
    found = [(finding.rule, finding.severity, finding.path) for finding in check(question, answer)]
    assert found == ([(rule, "hint", "messages[1].content")] if rule else [])


def test_an_answer_that_is_not_learned_may_be_anything() -> None:
    turns = [
        QUESTION,
        {"role": "assistant", "content": "I can't help with that.", "weight": 0},
        QUESTION,
        {"role": "assistant", "content": "The second."},
    ]
    raw = json.dumps({"messages": turns}).encode()
    assert Checker("supervised", count_tokens=False).check_record(3, raw).findings == ()


@pytest.mark.parametrize(
    ("token", "severity"),
    [("<|endoftext|>", "error"), ("<|im_start|>", "error"), ("<|fim_prefix|>", "error"), ("<|eot_id|>", "hint")],
)
def test_special_tokens_are_as_grave_as_what_openai_refuses(token: str, severity: str) -> None:
    (finding,) = check(f"a{token}b")
    assert (finding.rule, finding.severity, finding.path) == ("special-token-text", severity, "messages[0].content")
    assert token in finding.message


PIECES = [*SECRETS.values(), *PERSONAL, *HARMLESS, *(text for row in ANSWERS for text in row[:2])]
PIECES += [
    "<|im_end|>",
    "\u200b",
    "\x1b",
    "\f",
    "\b",
    "\x7f",
    "{{a}}",
    "[Your name]",
    "a@b.cd",
    "0" * 9,
    " ",
    "\n",
    "é",
    "\u3000",
    "\u2028",
    "\t",
    "TODO",
    "lorem ipsum",
    "<inſert date>",
    "I’m an AI.",
]
TEXTS = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), min_size=1, max_size=3).map("".join)


def overlooked(rules: list[TextRule], raw: bytes) -> list[str]:
    """Those of ``rules`` that would not be asked about a line, alone or among others."""
    passages = [Passage.of(lines) for lines in ((raw,), (b"[1]", raw, b"[2]"))]
    return [rule.code for rule in rules if rule.notices and not all(map(rule.notices, passages))]


@given(question=TEXTS, answer=TEXTS, ascii_only=st.booleans())
def test_no_rule_suspects_too_little(question: str, answer: str, *, ascii_only: bool) -> None:
    value = {"messages": [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]}
    try:
        line = read_line(json.dumps(value, ensure_ascii=ascii_only).encode())
    except UnicodeEncodeError:
        return
    if line.plain:
        example = read_example(line.value, "supervised", "supervised", asked=True)
        found = [rule for rule in TEXT_RULES if list(rule.check(example))]
        assert [rule.code for rule in found if not rule.suspects(line)] == []
        assert overlooked(found, line.raw) == []


@given(question=TEXTS, answer=TEXTS, ascii_only=st.booleans())
def test_no_rule_that_reads_bytes_suspects_too_little_of_any_example(
    question: str, answer: str, *, ascii_only: bool
) -> None:
    function = {"name": "f", "arguments": json.dumps({"q": question}, ensure_ascii=ascii_only)}
    said = {
        "role": "assistant",
        "refusal": answer,
        "tool_calls": [{"id": "c", "type": "function", "function": function}],
    }
    value = {"messages": [{"role": "user", "content": [{"type": "text", "text": question}], "name": "a"}, said]}
    try:
        line = read_line(json.dumps(value, ensure_ascii=ascii_only).encode())
    except UnicodeEncodeError:
        return
    if isinstance(line.value, dict):
        example = read_example(line.value, "supervised", "supervised", asked=True)
        found = [rule for rule in TEXT_RULES if list(rule.check(example))]
        assert [rule.code for rule in found if rule.reads_bytes and not rule.suspects(line)] == []
        assert overlooked(found, line.raw) == []


@pytest.mark.parametrize(
    "unit",
    [
        *(
            "-eyJ",
            "sk-",
            "@a.",
            "AKIA",
            "-----BEGIN PRIVATE KEY-----",
            "4111 ",
            "DE12 ",
            "(222) 222-",
            "a@",
            "<|",
            "{{a ",
        ),
        *(
            "[Your ",
            "eyJaaaaaaaaaaaa.",
            "A1",
            " sk-proj-aaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "+1234567890123456789x",
            "\u200b",
        ),
    ],
)
def test_no_text_makes_a_pattern_slow(unit: str) -> None:
    """Twice the text takes about twice the time; a pattern that tries all ways to match takes four times as long."""
    seconds = []
    for length in (40_000, 160_000):
        value = {"messages": [{"role": "user", "content": unit * (length // len(unit))}, QUESTION]}
        example = read_example(value, "supervised", "supervised", asked=True)
        rounds = []
        for _ in range(3):
            start = time.thread_time()
            for rule in TEXT_RULES:
                list(rule.check(example))
            rounds.append(time.thread_time() - start)
        seconds.append(min(rounds))
    assert seconds[1] < 10 * seconds[0] + 0.1


def report_of(lines: list[bytes], **options: Any) -> Report:
    return Checker(count_tokens=False, **options).check_lines(lines)


def rows(report: Report) -> list[tuple[int | None, str, str]]:
    return [(finding.line, finding.rule, finding.severity) for finding in report.findings]


def with_system(number: int, system: str | None, answer: str | None = None) -> bytes:
    messages = [{"role": "system", "content": system}] if system else []
    messages.append({"role": "user", "content": f"{number}?"})
    messages.append({"role": "assistant", "content": answer or f"It is the number {number}, as one can read above."})
    return json.dumps({"messages": messages}).encode()


def test_a_slip_in_the_system_message_is_found_and_deliberate_ones_are_not() -> None:
    slips = [with_system(number, "Be brief.") for number in range(40)]
    slips[7], slips[9] = with_system(7, "Be breif."), with_system(9, None)
    report = report_of(slips)
    assert rows(report) == [(8, "system-prompt-varies", "hint"), (10, "system-prompt-varies", "hint")]
    assert report.findings[0].message == "Nearly all examples have the same system message as line 1; here is another."
    assert [finding.path for finding in report.findings] == ["messages[0].content", "messages"]
    for share in (2, 3, 40):
        assert rows(report_of([with_system(number, f"Task {number % share}.") for number in range(40)])) == []


def test_labels_that_are_nearly_all_the_same_are_named_once() -> None:
    labels = [conversation(f"Mail {number}?", "spam" if number == 3 else "fine") for number in range(40)]
    report = report_of(labels)
    assert rows(report) == [(None, "unbalanced-answers", "hint")]
    assert report.findings[0].message == "Of 40 answers 39 are the same as on line 1."
    balanced = [conversation(f"Mail {number}?", ["spam", "fine", "work"][number % 3]) for number in range(40)]
    assert rows(report_of(balanced)) == []


def test_an_answer_in_another_script_is_found_unless_many_are() -> None:
    foreign = "这是一个完全不同的回答，用中文写成，没有人期待它。"
    lines = [with_system(number, None) for number in range(40)]
    lines[12] = with_system(12, None, foreign)
    assert rows(report_of(lines)) == [(13, "script-mixed", "hint")]
    mixed = [with_system(number, None, f"{number} {foreign}" if number % 2 else None) for number in range(40)]
    assert rows(report_of(mixed)) == []


def test_a_length_of_its_own_is_found_unless_lengths_vary() -> None:
    lines = [with_system(number, None, f"{number} is a number." * 10) for number in range(40)]
    lines[5] = with_system(5, None, "5 goes on and on." * 1_000)
    lines[6] = with_system(6, None, "6")
    assert rows(report_of(lines)) == [(6, "unusual-length", "hint"), (7, "unusual-length", "hint")]
    wide = [with_system(number, None, f"{number} is a number." * 2 ** (number % 12)) for number in range(48)]
    assert rows(report_of(wide)) == []


def test_labels_that_contradict_are_graver_than_texts_that_differ() -> None:
    lines = [with_system(number, None) for number in range(12)]
    assert rows(report_of([*lines, conversation("A?", "yes"), conversation("A?", "no")])) == [
        (14, "contradicting-examples", "warning")
    ]
    long = [conversation("A?", f"It is {word} that anybody would ever come to know about it.") for word in "ab"]
    assert rows(report_of([*lines, *long])) == [(14, "contradicting-examples", "hint")]
    assert rows(report_of([*lines, long[0], long[0]])) == [(14, "duplicate-example", "warning")]


def test_answers_to_nobody_do_not_contradict() -> None:
    texts = [{"messages": [{"role": "assistant", "content": f"Page {number}."}]} for number in range(12)]
    report = report_of([json.dumps(text).encode() for text in texts])
    assert {rule for _, rule, _ in rows(report)} == {"no-user"}


def test_several_preferences_for_one_prompt_do_not_contradict() -> None:
    def preference(number: int, other: str) -> bytes:
        outputs = {
            name: [{"role": "assistant", "content": content}]
            for name, content in (("preferred_output", "Yes."), ("non_preferred_output", other))
        }
        return json.dumps({"input": {"messages": [{"role": "user", "content": f"{number}?"}]}, **outputs}).encode()

    lines = [preference(number, "No.") for number in range(12)]
    assert rows(report_of([*lines, preference(3, "Never."), preference(3, "No.")])) == [
        (14, "duplicate-example", "warning")
    ]

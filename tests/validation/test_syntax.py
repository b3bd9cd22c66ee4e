"""Lines that are not JSON: decided strictly, with the column and a reason that a person understands."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftdesk.validation.checker import Checker
from ftdesk.validation.record import ABSENT, read_line

GOOD = b'{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}'


def syntax(raw: bytes) -> tuple[int, str]:
    problem = read_line(raw).syntax
    assert problem is not None
    return problem.column, problem.reason


REASONS = [
    (b'{"a" 1}', 6, "a colon is missing"),
    (b'{"a": 1 "b": 2}', 9, "a comma is missing before this"),
    (b'{"a": "x" "b": 2}', 11, "a comma is missing before this"),
    (b"[1 2]", 4, "a comma is missing before this"),
    (b'{"a": 1,}', 8, "a comma stands after the last item"),
    (b"[1, 2 , ]", 7, "a comma stands after the last item"),
    (b"[1,,2]", 4, "a value is missing"),
    (b'{"a": }', 7, "a value is missing"),
    (b'{"a": 1},', 9, "a comma follows the object; in JSONL nothing stands between lines"),
    (b'{"a": 1} {"b": 2}', 10, "a second object follows on the same line; each example needs a line of its own"),
    (b'{"a": 1} x', 10, "there is more text after the end of the object"),
    (b"[", 2, "the line ends before the object is closed; an example must stand on one line"),
    (b'{"a": 1 \r', 8, "the line ends before the object is closed; an example must stand on one line"),
    (b'{"a": "x', 7, "the text that begins here has no closing quote"),
    (
        b'{"a": "He said "hi" to me"}',
        17,
        'the text ended at the quote before this; a quote inside a text is written \\"',
    ),
    (b'{"a": ["x"}', 11, "a comma or ] is missing"),
    (b'{"a": "x"]', 10, "a comma or } is missing"),
    (b'{"a": "x"; "b": 2}', 10, "a comma or } is missing"),
    (b"{'a': 1}", 2, "JSON takes straight double quotes, not single ones"),
    ("{“a”: 1}".encode(), 2, "JSON takes straight double quotes, not “"),
    (b"{a: 1}", 2, "a key in double quotes is missing"),
    (b'{"a": NaN}', 7, "JSON has no NaN"),
    (b'{"a": -Infinity}', 7, "JSON has no Infinity"),
    (b'{"a": True}', 7, "true is written in small letters"),
    (b'{"a": None}', 7, "None is Python; JSON writes null"),
    (b'{"a": 1} // why', 10, "JSON has no comments"),
    (b'{"a": "x\ty"}', 9, "a tab in a text is written \\t"),
    (b'{"a": "x\x00y"}', 9, "a NUL character in a text is written \\u0000"),
    (b'{"a": "x\x1by"}', 9, "the control character U+001B in a text is written \\u001b"),
    (b"\x0b{}", 1, "the control character U+000B stands outside a text"),
    (rb'{"a": "\x41"}', 8, "this backslash begins no escape that JSON knows; a backslash itself is written \\\\"),
    (rb'{"a": "\ud800"}', 8, "\\ud800 is half of a character pair, and the other half is missing"),
    (rb'{"a": "\ud83d\ude00\udc00"}', 20, "\\udc00 is half of a character pair, and the other half is missing"),
    (rb'{"a": "\\ud83d\ud83dx"}', 15, "\\ud83d is half of a character pair, and the other half is missing"),
    (b'{"a": 012}', 8, "a number does not begin with 0"),
    (b'{"a": +1}', 7, "a number begins with a digit or a minus sign, not with a plus sign"),
    (b'{"a": .5}', 7, "a number begins with a digit; write 0 before the decimal point"),
    (b'{"a": 1.}', 8, "a digit must follow the decimal point"),
    (b'{"a": ' + b"9" * 5000 + b"}", 7, "the number “99999999999…” has too many digits"),
    (b"[" * 100_000, 202, "it nests deeper than 200 levels"),
    (b'{"a":' * 100_000, 1006, "it nests deeper than 200 levels"),
    (b"\xef\xbb\xbf{}", 1, "the line begins with an invisible byte order mark (U+FEFF)"),
    ('{"ä€😀": 1 "b": 2}'.encode(), 11, "a comma is missing before this"),
]


@pytest.mark.parametrize(("raw", "column", "reason"), REASONS, ids=[str(raw[:24]) for raw, _, _ in REASONS])
def test_a_reason_is_plain_and_the_column_is_exact(raw: bytes, column: int, reason: str) -> None:
    assert syntax(raw) == (column, reason)


# What RFC 8259 allows, refuses, and leaves open, with our decision. The third kind is where programs disagree.
VALID = [
    b"{}", b"[]", b'""', b"0", b"-0", b"-1.5e+10", b"1E-2", b"true", b"false", b"null", b' {"a":1} ', b'\t{"a":1}\r',
    rb'"\"\\\/\b\f\n\r\t\u00e9"', rb'"\ud83d\ude00"', '"é\u2028\u2029\u0085😀\uffff\ufdd0"'.encode(), b'"\x7f"',
    b'{"":0}', b'{"a":{"a":{"a":1}}}', b"[[[[]]]]", b"123456789012345678901234567890", b'"' + b"x" * 100_000 + b'"',
    b"[" * 150 + b"]" * 150,
]  # fmt: skip
INVALID = [
    b"[1,]", b"[,1]", b"[1 true]", b'["x"', b"[1:2]", b"]", b"}", b"{", b",", b":", b'{"a"}', b'{"a":}', b'{"a":1,,}',
    b"{1:1}", b'{"a":"b"/**/}', b"{null:1}", b'{"a" b}', b"nul", b"truE", b"TRUE", b"NaN", b"[Infinity]", b"-Infinity",
    b"-", b"--1", b"+1", b"01", b"-01", b"1.", b".1", b"1e", b"1e+", b"1.e1", b"0x1", b"1_000", b"1 000", b"\xd9\xa1",
    b'"\t"', b'"\x00"', b'"\x1f"', rb'"\a"', rb'"\x00"', rb'"\u12"', rb'"\U0000"', b'"\\', b'"', b'"a" "b"', b"{}{}",
    b"[]x", b"\x0c[]", b"[\x0b]", b"[\xc2\xa0]", b"\xe2\x81\xa0{}", b"\x00", b"{\x00}", b"undefined", b"<html>",
    b"a,b,c", b"...", b"1\xd9\xa3",
]  # fmt: skip
OPEN = [
    (b"1e400", True),  # too large for a double, but well written
    (b"-1e-400", True),
    (b"9" * 4000, True),
    (b"9" * 5000, False),  # no Python program reads it
    (rb'"\ud800"', False),  # has no UTF-8
    (rb'"\udc00\ud800"', False),
    (b'{"a":1,"a":2}', True),  # has a finding of its own
    (b"[" * 201 + b"]" * 201, True),
    (b"[" * 202 + b"]" * 202, False),
    (b"\xef\xbb\xbf{}", False),  # only at the beginning of a file
]


@pytest.mark.parametrize("raw", VALID, ids=lambda raw: str(raw[:20]))
def test_valid_json_is_taken(raw: bytes) -> None:
    line = read_line(raw)
    assert line.syntax is None
    assert line.value == json.loads(raw)


@pytest.mark.parametrize("raw", INVALID, ids=lambda raw: str(raw[:20]))
def test_invalid_json_is_refused(raw: bytes) -> None:
    column, reason = syntax(raw)
    assert 1 <= column <= len(raw.decode()) + 1
    assert reason


@pytest.mark.parametrize(("raw", "taken"), OPEN, ids=[str(raw[:20]) for raw, _ in OPEN])
def test_what_the_standard_leaves_open_is_decided(raw: bytes, taken: bool) -> None:
    assert (read_line(raw).value is not ABSENT) == taken


@pytest.mark.parametrize("raw", [*VALID, *INVALID, *(raw for raw, _ in OPEN)], ids=lambda raw: str(raw[:20]))
def test_only_the_line_that_holds_it_is_flagged(raw: bytes) -> None:
    odd = [GOOD, b"  " + GOOD + b"\t", raw, GOOD.replace(b'"Hi"', rb'"\u0048i\u2028"'), GOOD + b"\r"]
    report = Checker("supervised", count_tokens=False).check_lines(odd)
    flagged = {finding.line for finding in report.findings if finding.severity == "error" and finding.line}
    assert flagged == {3}


MISREAD = [
    (b'{"a": "caf\xe9"}', 10, 11),
    (b'{"a": "\xc0\xaf"}', 7, 8),  # overlong
    (b'{"a": "\xed\xa0\x80"}', 7, 8),  # a surrogate
    (b'{"a": "\xe2\x82"}', 7, 8),  # cut short
    (b'{"a": "\xf5\x80\x80\x80"}', 7, 8),  # beyond Unicode
    (b'{"a": "\x80"}', 7, 8),  # a continuation alone
    ("{é€".encode() + b"\xff", 6, 4),
]


@pytest.mark.parametrize(("raw", "offset", "column"), MISREAD)
def test_a_byte_that_is_not_utf8_is_named_by_offset_and_column(raw: bytes, offset: int, column: int) -> None:
    (finding,) = Checker(count_tokens=False).check_record(2, raw).findings
    assert (finding.rule, finding.column) == ("invalid-utf8", column)
    assert f"Byte {offset + 1} of the line (0x{raw[offset]:02X})" in finding.message


def test_duplicate_keys_are_all_found_with_path_and_column() -> None:
    raw = rb'{"messages": [{"role": "user", "role": "user", "content": "Hi"}], "mess\u0061ges": []}'
    findings = [finding for finding in Checker().check_record(2, raw).findings if finding.rule == "duplicate-key"]
    assert [(finding.path, finding.column) for finding in findings] == [
        ("messages[0].role", 1 + raw.rindex(b'"role"')),
        ("messages", 1 + raw.rindex(b'"mess')),
    ]


def test_a_byte_order_mark_does_not_shift_columns() -> None:
    findings = Checker(count_tokens=False).check_record(1, b'\xef\xbb\xbf{"a" 1}').findings
    assert [(finding.rule, finding.column) for finding in findings] == [("byte-order-mark", 1), ("invalid-json", 6)]


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
SLIPS = st.sampled_from(["", ",", '"', "}", "]", "{", ":", "\\", "\0", "NaN", "'", "1", " ", "\u00a0", "٣"])


@given(JSON_VALUES, st.booleans(), SLIPS, st.integers(0, 1000), st.integers(0, 3))
def test_a_line_is_either_read_as_every_parser_reads_it_or_explained(
    value: object, ascii_only: bool, slip: str, at: int, cut: int
) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    at = at % (len(text) + 1)
    text = text[:at] + slip + text[at + cut :]
    line = read_line(text.encode("utf-8", "replace"))
    if line.syntax is not None:
        assert 1 <= line.syntax.column <= len(text) + 1
        assert line.syntax.reason
    elif not line.blank:
        assert line.value == json.loads(text)

"""JSON texts with a verdict, for everything that reads a line: ``y_`` must be read, ``n_`` refused; ``i_`` is open.

The classes are those of RFC 8259 and of nst/JSONTestSuite (MIT); the texts are made here. Where a copy of that suite is
at hand, ``FTDESK_JSON_TEST_SUITE=…/test_parsing`` lets its own 318 files take part as well.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_SUITE = "FTDESK_JSON_TEST_SUITE"

_NUMBERS = """
0 -0 1 -1 7 12 123 -123 1234567890 0.0 0.5 -0.5 -0.0 1.5 3.141592653589793 0e0 0E0 0e+0 0e-0 1e5 1E5 1e+5 1E+5 1e-5 1E-5
-1e5 12.5e3 -12.5E-3 0.1e1 1e00 1e-007 1.000000000000000000000000000001 123456789012345678 -9223372036854775808
18446744073709551615 -0.000000000000000000000000000000000000000000000000000000000000000000000000000001
1.7976931348623157e308 5e-324
"""

_NOT_NUMBERS = """
+1 ++1 --1 -+1 +-1 - + -- -a -. .5 -.5 +.5 5. -5. 5.e1 5.e+1 .e1 .1e1 1.5. 1..5 1.2.3 1e 1E 1e+ 1e- 1E+ 1e1.5 1e1e1 1ee1
1e++1 1e+-1 e1 E5 00 01 -01 -00 007 0x0 0x1F -0x1 0b1 0o7 1a 1_000 1,000.5e 1e5x 0.3e 0.3e+ 0e 0e+ 1.e1x 2.e3 -2. -.123
NaN -NaN nan Infinity -Infinity +Infinity Inf -Inf inf 1.0e 1.0e- 1f 1L 1d 0.1.2 12-3 1+1 1/2 (1) $1 1% 1.2e1,2.3.
"""

_ESCAPES = r"""
\" \\ \/ \b \f \n \r \t \u0000 \u0001 \u001f \u0020 \u0022 \u005C \u007f \u0080 \u00e9 \u00E9 \u0FfF \u2028 \u2029
\u200b \ufeff \uFDD0 \uFFFE \uFFFF \uD83D\uDE00 \uDBFF\uDFFF \ud800\udc00 a\u0062c \\u0041 \\n \\\\ \"\" \u0060\u012a
\u12AB \u005Cn \u2064 \u0821 \uD834\uDD1E
"""

_NOT_ESCAPES = r"""
\ \a \c \e \v \x \x00 \x41 \0 \1 \8 \U0001F600 \u \u1 \u12 \u123 \u00G0 \uZZZZ \u{41} \u+041 \u-041 \u00é9 \uD83D\uDE0
\uD83D\u \uD83D\x \q \' \( \é \😀 \N
"""

_TEXTS = (
    *("", " ", "a", "/", "é", "ß", "中文", "😀", "\U0001f469\u200d\U0001f469\u200d\U0001f467", "עברית", "e\u0301", "π"),
    *("\x7f", "\x80", "\x9f", "\xa0", "\u2028", "\u2029", "\u200b", "\u202e", "\ufdd0", "\ufffe", "\uffff"),
    *("\U0010ffff", "\U0001fffe", "', {} [] : //"),
)
_TORN = (
    *(
        b"\x80",
        b"\xbf",
        b"\xc3",
        b"\xe4\xb8",
        b"\xf0\x9f\x98",
        b"\xff",
        b"\xfe",
        b"\xc0\xaf",
        b"\xe0\x80\xaf",
        b"\xc3\x28",
    ),
    *(b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xf4\x90\x80\x80", b"\xfc\x80\x80\x80\x80\x80", b"\xe9", b"\x81"),
)
"""Bytes that are no UTF-8: cut off, too long, surrogates, beyond the last character, Latin-1."""
_FAR = {"huge": "1e400", "tiny": "1e-400", "minus": "-1e9999", "digits": "9" * 400, "exponent": "0.4e" + "6" * 60}

_STRUCTURES = """
true|false|null|0|"a"|[]|{}| [] |[ ]|{ }|[[]]|[[[]],[]]|[{}]|{"a":[]}|{"a":{}}|{"":0}|{"a":1}|{"a":1,"b":2}
{"a":1,"a":1}|{"a":1,"a":2}|{ "a" : 1 , "b" : [ ] }|[1,2]|[1 , 2]|[null]|[true,false,null]|["a"]|["a",1,{}]
[1,null,null,null,2]|[""]|{"a":"b","c":[1,{"d":null}]}|[ 4]|[4 ]|{"\\u0000":1}|{"a\\u0000b":1}|{"é":"é"}|[0,0,0,0]
{"messages":[]}|\t[]|\t{\t"a"\t:\t1\t}\t|[[1],[2],[3]]|{"a":{"b":{"c":{"d":[]}}}}|[-0.0]|{"min":-1.0e+28,"max":1.0e+28}
"""

_NOT_STRUCTURES = """
[|]|{|}|[[|[]]|[}|{]|]]|[{|{[|[{}|{"a"|{"a":|{"a":1|{"a":1,|{"a":1]|{"a":[}|["a"|["a|["a,"b|["a":1]|[1|[1,|[1,,2]|[,]|[,1]
[1,]|[1,,]|[1 2]|[1:2]|[1;2]|["a" "b"]|["a"b]|[a]|[a,b]|[1]]|[1],|[1]1|[1]x|[][]|[1]{}|{}{}|{}}|{},|{},{}|{}x|{}#|{}//
{}/**/|{:1}|{"a"}|{"a" 1}|{"a":1 "b":2}|{"a":1,,"b":2}|{"a":1,}|{,}|{,"a":1}|{"a":}|{"a"::1}|{"a":1:2}|{"a",1}|{a:1}
{'a':1}|{1:1}|{null:1}|{true:1}|{[]:1}|{"a":a}|{"a":'b'}|{"a":1}}|{"a"=1}|{"a"=>1}|{"a":1;"b":2}|{"a":/*x*/1}|[/*x*/]|[//x]|[#x]
True|False|None|TRUE|nul|nulll|tru|truee|fals|t|undefined|[True]|[tru]|[nul]|[fals]|[undefined]|'a'|[‘a’]|[“a”]|`a`|<a>|<null>
"|a|"a|a"|"a""b"|"a"b|*|&|@|\\|\\n|["\\"]|[\\u0041]|[\\"a\\"]|å|[å]|[…]|*[]|;[]|[];|,|:|,[]|:{}|()|[()]|@{"a":1}
[1,2,|[{"a":1},|{"a":{"b":|[[[[[[|{"a":{"a":{"a":|["",|["\\|["\\u00|["\\uD83D|[1e|[-|{"a"x}|{"a":1}x|{"a":"b"}/**/|abc|[false
"""


def json_cases() -> dict[str, bytes]:
    """All cases by name; the first letter of a name is its verdict."""
    cases = dict(_made())
    if folder := os.environ.get(_SUITE):
        cases |= {
            f"{path.stem[0]}_suite{path.stem[1:]}": path.read_bytes()
            for path in sorted(Path(folder).glob("[yni]_*.json"))
        }
    return cases


def _made() -> Iterator[tuple[str, bytes]]:
    for verdict, numbers in (("y", _NUMBERS), ("n", _NOT_NUMBERS)):
        for number in numbers.split():
            yield f"{verdict}_number_{number}", f"[{number}]".encode()
    for verdict, escapes in (("y", _ESCAPES), ("n", _NOT_ESCAPES)):
        for escape in escapes.split():
            yield f"{verdict}_escape_{escape}", f'["{escape}"]'.encode()
    for number, text in enumerate(_TEXTS):
        yield f"y_string_{number}", f'["{text}"]'.encode()
    for verdict, structures in (("y", _STRUCTURES), ("n", _NOT_STRUCTURES)):
        for line in structures.strip().splitlines():
            for structure in line.split("|"):
                yield f"{verdict}_structure_{structure}", structure.replace("\\\\", "\\").encode()
    yield from _controls()
    yield from _encodings()
    yield from _sizes()


def _controls() -> Iterator[tuple[str, bytes]]:
    """Control characters as they are: no part of JSON, but for three between values in one line."""
    for code in range(0x20):
        yield f"n_control_in_string_{code:02x}", b'["a' + bytes([code]) + b'b"]'
        space = bytes([code]) in b"\t\n\r"
        yield f"{'y' if space else 'n'}_control_between_{code:02x}", b"[1," + bytes([code]) + b"2]"
    for space in ("\xa0", "\u2028", "\u3000", "\u200b", "\ufeff"):
        yield f"n_space_{ord(space):04x}", f"[{space}1]".encode()


def _encodings() -> Iterator[tuple[str, bytes]]:
    for piece in _TORN:
        yield f"i_utf8_in_string_{piece.hex()}", b'["' + piece + b'"]'
        yield f"n_utf8_in_number_{piece.hex()}", b"[1" + piece + b"]"
    for escape in ("d800", "dbff", "dc00", "dfff", "D83D\\uD83D", "DE00\\uD83D", "D83Dx\\uDE00", "d83d\\n"):
        yield f"i_lone_surrogate_{escape}", f'["\\u{escape}"]'.encode()
    text = '{"é":"中"}'
    for name in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"):
        yield f"i_encoding_{name}", text.encode(name)
    yield "n_byte_order_mark_alone", b"\xef\xbb\xbf"
    yield "n_byte_order_mark_torn", b"\xef\xbb[]"
    yield "n_latin_1", '["é"]x'.encode("latin-1")
    yield "n_nul_after", b"[]\x00"
    yield "n_nul_in_number", b"[1\x002]"


def _sizes() -> Iterator[tuple[str, bytes]]:
    yield "y_string_long", b'["' + b"a" * 100_000 + b'"]'
    yield "y_array_long", b"[" + b",".join([b"1"] * 10_000) + b"]"
    yield "y_object_wide", b"{" + b",".join(b'"k%d":0' % number for number in range(2_000)) + b"}"
    yield "y_depth_100", b"[" * 100 + b"]" * 100
    yield "i_depth_500", b"[" * 500 + b"]" * 500
    yield "i_depth_100000", b"[" * 100_000 + b"]" * 100_000
    yield "n_depth_open_arrays", b"[" * 100_000
    yield "n_depth_open_objects", b'[{"":' * 50_000
    for name, number in _FAR.items():
        yield f"i_number_{name}", f"[{number}]".encode()
    yield "i_number_5000_digits", b"[" + b"7" * 5_000 + b"]"

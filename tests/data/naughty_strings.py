"""Texts that make programs stumble: reserved words, false numbers, markup, injections, Unicode's corners.

The classes are those of the Big List of Naughty Strings (MIT); the texts are made here. Where a copy of that list is at
hand, ``FTDESK_NAUGHTY_STRINGS=…/blns.json`` lets its own strings take part as well.
"""

from __future__ import annotations

import json
import os
import unicodedata
from pathlib import Path

_LIST = "FTDESK_NAUGHTY_STRINGS"

_WORDS = """
undefined undef null NULL (null) nil NIL true false True False TRUE FALSE None NaN -NaN Infinity -Infinity INF
1#INF hasOwnProperty then constructor __proto__ \\ \\\\ 0 1 1.00 $1.00 1/2 1E2 1E+02 -1 -1.00 -$1.00 -1/2 0/0
1/0 -2147483648/-1 9223372036854775808 -9223372036854775809 0.00 0..0 . 0.0.0 0,00 0,,0 , 0,0,0 --1 - -. -,
1,000.00 1'000,00 0x0 0xffffffff 0xabad1dea 123456789012345678901234567890123456789 01000 08 09
2.2250738585072011e-308 =1+1 +1+1 -1+1 @SUM(A1) ,./;'[]\\-= <>?:"{}|_+ !@#$%^&*()`~ " ' "" '' '"' "''''"'" <foo>
%s %d %n %x%x%x {0} {} ${HOME} $(id) `id` $USER *.* CON PRN AUX NUL COM1 LPT1 ../../../../etc/passwd
file:///etc/passwd C:\\Windows\\x javascript:alert(1) http://a/%%30%30 data:text/html,x
<script>alert(1)</script> <img\tsrc=x\tonerror=alert(1)> &lt;b&gt; <svg/onload=x> ]]> <!-- --> <![CDATA[x]]>
</textarea> 1;DROP\tTABLE\tusers 1'\tOR\t1=1-- ';EXEC\tx-- {{7*7}} <%=1%> %00 %0a \\u0000 \\n \\x41
<|endoftext|> <|im_start|>system <|fim_prefix|> ![x](/dev/zero) [x](file:///dev/zero) <img\tsrc="/dev/zero">
@import\turl(x) -----BEGIN\tKEY----- sk-none AKIA0000 a@b c:d
"""

_SCRIPTS = (
    "Ω≈ç√∫˜µ≤≥÷",
    "åß∂ƒ©˙∆˚¬…æ",
    "œ∑´®†¥¨ˆøπ“‘",
    "¡™£¢∞§¶•ªº–≠",
    "¸˛Ç◊ı˜Â¯˘¿",
    "⁰⁴⁵₀₁₂",
    "田中さんにあげて下さい",
    "和製漢語",
    "사회과학원",
    "찦차를 타고",
    "𠜎𠜱𠝹𠱓",
    "表ポあA鷗ŒéＢ逍Üßªąñ丂㐀𠀀",
    "Ⱥ",
    "ȺȾ",
    "ヽ༼ຈل͜ຈ༽ﾉ",
    "(｡◕ ∀ ◕｡)",
    "｀ｨ(´∀｀∩",
    "ﾟ･✿ヾ╲(｡◕‿◕｡)╱✿･ﾟ",
    "😍",
    "👾 🙇 💁 🙅",
    "🐵 🙈 🙉 🙊",
    "🇺🇸🇷🇺🇸",
    "🇺🇸🇷🇺🇸 🇦🇫",
    "1️⃣",
    "👩\u200d🚀",
    "👨\u200d👩\u200d👧\u200d👦",
    "👋🏿",
    "❤\ufe0f",
    "１２３",
    "١٢٣",
    "हिन्दी",
    "ไทย",
    "בְּרֵאשִׁית",
    "הָיְתָה test",
    "مُنَاقَشَةُ",
    "الكل في المجمو عة",
    "﷽",
    "ﷺ",
    "᚛ᚄᚓᚐᚋ᚜",
    "∀x∈ℝ",
    "𝐓𝐡𝐞",
    "𝕋𝕙𝕖",
    "⒯⒣⒠",
    "Ｔｈｅ",
    "ǅ",
    "ﬁ",
    "ß",
    "İ",
    "ı",
    "ſ",
    "K",
    "ẞ",
    "Ω",
    "Å",
    "e\u0301",
    "\u0301",
    "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324A",
    "\u202ereversed\u202c",
    "\u2066a\u2069",
    "a\u2067b\u2068",
    "test\u2060test",
    "\u2028",
    "\u2029",
    "a\u2028b\u2029c",
    "\x85",
    "a\xadb",
    "\u180e",
    "\u3000",
    "\u1680",
    "\ufeff",
    "\ufffe",
    "\uffff",
    "\ufdd0",
    "￼",
    "\u200b\u200c\u200d",
    "\U000e0001tag\U000e007f",
    "\U0010ffff",
    "\r",
    "\r\n",
    "a\rb\r\nc\nd",
    "\n",
    "\n\n",
    "\t",
    " ",
    "  a  ",
    "\v\f",
    "\x1b[31mred\x07",
    "a" * 10_000,
    "😀" * 3_000,
    "\u0301" * 2_000,
    "\ud800",
    "\udfff",
    "a\udc00b\ud83d",
    "⟦U+200B⟧",
    "⟦U+27E6⟧U+41⟧",
    "⟦U+110000⟧",
    "⟦⟦U+200B⟧⟧",
    "",
)


def naughty_strings() -> list[str]:
    """All of them. Lone surrogates are among them: in JSON they are escapes, and nothing else can hold them."""
    strings = [*_WORDS.split(), *_SCRIPTS, *_of_every_category(), *map(chr, range(0x20)), *map(chr, range(0x7F, 0xA1))]
    if path := os.environ.get(_LIST):
        strings += json.loads(Path(path).read_text("utf-8"))
    return strings


def _of_every_category() -> list[str]:
    """The last and the first characters of every category of Unicode, sixteen of each; so no two surrogates pair up."""
    found: dict[str, list[str]] = {}
    for code in range(0x110000):
        found.setdefault(unicodedata.category(chr(code)), []).append(chr(code))
    return ["".join(characters[-16:]) + "".join(characters[:16]) for characters in found.values()]

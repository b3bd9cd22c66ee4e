"""Rules about characters that a reader does not see, or that a model reads as something else than text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from ftdesk.validation.record import Example, Line
from ftdesk.validation.rule import Problem, text_rule
from ftdesk.validation.scanning import Passage, Scanner
from ftdesk.validation.texts import texts_of
from ftdesk.validation.wording import counted, quoted

_GOOD = (
    '{"messages": [{"role": "user", "content": "Was ist | hier <b>neu</b>? 谢谢 👩‍👩‍👧 می‌خواهم"},'
    ' {"role": "assistant", "content": "Naïve “quotes” – and\\ttabs\\n"}]}\n'
).encode()

_SPECIAL = re.compile(r"<\|[a-z][a-z0-9_]{1,30}\|>")
# Those of OpenAI's own encodings (tiktoken) and chat format: its fine-tuning refuses them as invalid tokens.
_REFUSED = frozenset({
    "<|endoftext|>", "<|endofprompt|>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|im_start|>",
    "<|im_sep|>", "<|im_end|>", "<|start|>", "<|end|>", "<|message|>", "<|channel|>", "<|constrain|>", "<|return|>",
    "<|call|>",
})  # fmt: skip

# Not among them: joiners, which emoji, Persian and Indian scripts need; marks of direction, which belong to Arabic and
# Hebrew; no-break spaces.
_HIDDEN = re.compile(
    "[\0-\b\v\f\x0e-\x1f\x7f-\x9f\xad\u115f\u1160\u180e\u200b\u2028\u2029\u202a-\u202e\u2060-\u2064\u2066-\u2069"
    "\u3164\ufeff\uffa0\ufff9-\ufffb\ufffd\U000e0000-\U000e007f]"
)
_BIDIRECTIONAL = re.compile("[\u202a-\u202e\u2066-\u2069]")
_RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
# Scripts without spaces mark the ends of words with U+200B.
_SPACELESS = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
# The flags of England, Scotland and Wales are a black flag and tag characters.
_FLAG = re.compile("\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f")
_PRINTED = bytes((*b"\t\n\r", *range(0x20, 0x7F)))
# Bytes with which the UTF-8 of no hidden character begins; Cyrillic, say, consists of them.
_BEGINS_NO_HIDDEN = bytes({*range(0x80, 0x100)} - {0xC2, 0xE1, 0xE2, 0xE3, 0xEF, 0xF3})
_BARS = Scanner(r"<\|")
_ESCAPED = Scanner(r"\\[ubf]")
_NAMES = {
    "\x7f": "delete",
    "\ufeff": "byte order mark",
    "\ufffd": "replacement character, where a letter could not be read",
}


def _notices_bars(passage: Passage) -> bool:
    return _BARS.found_in(passage.ascii) or passage.escapes_ascii


def _has_bars(line: Line) -> bool:
    return b"<|" in line.raw or (b"\\u00" in line.raw and Passage.of((line.raw,)).escapes_ascii)


@text_rule(
    "special-token-text",
    "error",
    "The text holds a special token",
    why="Tokens such as <|endoftext|> end a text or a turn. OpenAI refuses a file that spells one out; other hosts may "
    "read it as the end of the answer.",
    good=_GOOD,
    bad=_GOOD.replace(b"neu", b"<|fim_suffix|>"),
    suspects=_has_bars,
    notices=_notices_bars,
    reads_bytes=True,
)
def special_token_text(example: Example) -> Iterator[Problem]:
    for path, text in texts_of(example):
        for token in sorted(set(_SPECIAL.findall(text))) if "<|" in text else ():
            if token in _REFUSED:
                yield Problem(f"The text holds the special token {quoted(token)}.", path)
            else:
                yield Problem(
                    f"The text holds {quoted(token)}, which some models read as a special token.",
                    path,
                    severity="hint",
                )


def _notices_hidden(passage: Passage) -> bool:
    return _ESCAPED.found_in(passage.ascii) or _shows_hidden(passage.raw)


def _may_hide(line: Line) -> bool:
    passage = Passage.of((line.raw,))
    if _ESCAPED.found_in(passage.ascii):
        return not line.plain or any(_hides(message["content"]) for message in line.value["messages"])
    return _shows_hidden(line.raw)


def _shows_hidden(raw: bytes) -> bool:
    """Whether one stands there unescaped. What is not UTF-8 counts as one."""
    if raw.isascii() and b"\x7f" not in raw:
        return False
    rest = raw.translate(None, _PRINTED)
    return bool(rest.translate(None, _BEGINS_NO_HIDDEN)) and _HIDDEN.search(rest.decode(errors="replace")) is not None


def _hides(text: str) -> bool:
    """Whether the pattern is found. Most of a text in Latin script is ASCII, and left out a dozen times as fast."""
    encoded = text.encode()
    rest = encoded.translate(None, _PRINTED).decode() if 2 * len(encoded) < 3 * len(text) else text
    return _HIDDEN.search(rest) is not None


@text_rule(
    "hidden-characters",
    "hint",
    "The text holds invisible characters",
    why="Nobody sees zero-width, control or direction characters, yet the model learns to write them. They come from "
    "web pages and PDF files, and can hide instructions.",
    good=_GOOD,
    bad=_GOOD.replace(b"tabs", "ta\u200bbs".encode()),
    suspects=_may_hide,
    notices=_notices_hidden,
    reads_bytes=True,
)
def hidden_characters(example: Example) -> Iterator[Problem]:
    for path, text in texts_of(example):
        found = hidden_in(text)
        if found:
            first = text[found[0]]
            name = _NAMES.get(first) or unicodedata.name(first, "a control character").lower()
            yield Problem(
                f"The text has {counted(len(found), 'invisible character')}; the first is U+{ord(first):04X} ({name}).",
                path,
                # What a replacement character once was, only a person may know.
                fix=None if "\ufffd" in text else "remove-hidden-characters",
            )


def hidden_in(text: str) -> list[int]:
    """Where in ``text`` characters are that nobody sees, and that belong neither to its script nor to a flag."""
    if not _hides(text):
        return []
    return list(_without_usual([match.start() for match in _HIDDEN.finditer(text)], text))


def _without_usual(found: list[int], text: str) -> Iterator[int]:
    in_flags = sum(len(flag) - 1 for flag in _FLAG.findall(text))
    right_to_left = _RIGHT_TO_LEFT.search(text) is not None
    spaceless = _SPACELESS.search(text) is not None
    tags = 0
    for position in found:
        character = text[position]
        if character >= "\U000e0000":
            tags += 1
            if tags > in_flags:
                yield position
        elif not ((right_to_left and _BIDIRECTIONAL.match(character)) or (spaceless and character in "\u200b\u2060")):
            yield position

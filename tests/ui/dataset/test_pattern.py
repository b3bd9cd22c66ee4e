from __future__ import annotations

import json

import pytest

from ftdesk.ui.dataset.pattern import GaveUpError, Pattern


@pytest.mark.parametrize(
    ("find", "put", "options", "text", "after"),
    [
        ("colour", "color", {}, "Colour colours", "color colors"),
        ("colour", "color", {"case": True}, "Colour colours", "Colour colors"),
        ("cat", "dog", {"whole": True}, "cat concat cats cat.", "dog concat cats dog."),
        ("a.c", "x", {}, "abc a.c", "abc x"),
        ("$1", r"\1 $& \n", {}, "price $1", r"price \1 $& \n"),
        (r"(\w+) (\w+)", "$2 \\1", {"regex": True}, "one two", "two one"),
        (r"(?<first>\w)\w*", "${first}.\\g<first>", {"regex": True}, "ab", "a.a"),
        (r"\d", "<$&>", {"regex": True}, "a1b2", "a<1>b<2>"),
        (r"x", "a\\n\\t\\\\$$b", {"regex": True}, "x", "a\n\t\\$b"),
        (r"^", "> ", {"regex": True}, "a\nb", "> a\n> b"),
        (r"(a)|(b)", "[$2]", {"regex": True}, "ab", "[][b]"),
        ("b", "B", {"case": True}, "🎉b\ud800b🎉b", "🎉B\ud800B🎉B"),
        ("(.)b", "$1", {"regex": True, "case": True}, "🎉b\ud800b", "🎉\ud800"),
        ("⟦U+200B⟧", "", {}, "a\u200bb", "ab"),
        ("é", "e", {}, "É", "e"),
    ],
)
def test_what_is_found_becomes_what_shall_stand_there(
    find: str, put: str, options: dict[str, bool], text: str, after: str
) -> None:
    pattern = Pattern(find, put, **options)
    assert pattern.problem == ""
    assert pattern.apply(text) == after


@pytest.mark.parametrize(("find", "put"), [("(", ""), ("(*LIMIT_MATCH=9)a", ""), ("(a)", "$2"), ("a", "${name}")])
def test_a_pattern_or_a_replacement_that_cannot_be_used_is_explained(find: str, put: str) -> None:
    assert Pattern(find, put, regex=True).problem


def test_what_stays_the_same_is_no_change() -> None:
    assert [found.start for found in Pattern("a", "a").changes("aAa")] == [1]


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*c$", "(a*)*c$"])
def test_a_pattern_that_would_take_for_ever_gives_up(pattern: str) -> None:
    with pytest.raises(GaveUpError):
        Pattern(pattern, "", regex=True).apply("a" * 5_000 + "cb")


@pytest.mark.parametrize(
    ("find", "text"),
    [('say "hi"', 'say "hi"'), ("a/b", "a/b"), ("é", "é"), ("K", "\u212a"), ("back\\slash", "BACK\\slash")],
)
def test_no_line_that_has_it_is_passed_over(find: str, text: str) -> None:
    for ascii_only in (True, False):
        line = json.dumps({"messages": [{"content": text}]}, ensure_ascii=ascii_only).encode()
        assert Pattern(find, "").may_be_in(line)
    assert Pattern("a/b", "").may_be_in(b'{"content": "a\\/b"}')
    assert not Pattern("needle", "").may_be_in(b'{"content": "hay"}')

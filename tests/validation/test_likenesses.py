"""Examples that are almost the same: found in files, in memory and while they are edited."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from ftdesk.validation.cache import CheckCache
from ftdesk.validation.checker import Checker, CheckFinished
from ftdesk.validation.findings import Finding
from ftdesk.validation.likenesses import Likenesses

SENTENCE = (
    "parcel order shop week way number street door bell driver note neighbour cellar garden bridge river window table"
    " lamp paper letter stamp market bread butter cheese kitchen bottle glass water summer winter snow rain cloud storm"
)


def text(seed: int, count: int = 40) -> str:
    return " ".join(random.Random(seed).choices(SENTENCE.split(), k=count))  # noqa: S311


def example(question: str, answer: str = "Yes.", system: str = "Be brief.") -> bytes:
    messages = [
        {"role": "system", "content": system},
        {"role": "user", "content": question},
        {"role": "assistant", "content": answer},
    ]
    return json.dumps({"messages": messages}).encode()


LINES = [example(text(number), f"{number}.") for number in range(12)]
ALMOST = example(text(4).replace(text(4).split()[7], "boat", 1), "4.")


def near(findings: list[Finding] | tuple[Finding, ...]) -> list[tuple[int | None, str]]:
    return [(finding.line, finding.message) for finding in findings if finding.rule == "near-duplicate-example"]


FOUND = [(13, "The example is almost the same as on line 5.")]


def test_an_example_that_differs_in_a_word_is_found() -> None:
    report = Checker(count_tokens=False).check_lines([*LINES, ALMOST])
    assert near(report.findings) == FOUND
    assert {finding.rule for finding in report.findings} == {"near-duplicate-example"}
    assert near(Checker(count_tokens=False).check_lines(LINES).findings) == []


def test_of_a_chain_no_example_goes_without_one_that_stays() -> None:
    words = text(50).split()
    chain = [example(" ".join(["boat"] * changed + words[changed:]), "50.") for changed in (0, 3, 6)]
    first, ends, last = (
        near(Checker(count_tokens=False).check_lines([*LINES, *pair]).findings)
        for pair in (chain[:2], [chain[0], chain[2]], chain[1:])
    )
    assert first == last == [(14, "The example is almost the same as on line 13.")]
    assert ends == []
    assert near(Checker(count_tokens=False).check_lines([*LINES, *chain]).findings) == first


def test_a_role_that_is_no_text_is_a_finding_and_no_end() -> None:
    line = b'{"messages": [{"role": [], "content": "Rain?"}, {"role": {}, "content": "No."}]}'
    report = Checker(count_tokens=False).check_lines([line, *LINES])
    assert [finding.rule for finding in report.findings if finding.line == 1][:1] == ["unknown-role"]


def test_it_is_found_in_a_file_and_again_in_the_cache(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + b"\n".join([*LINES, ALMOST]))
    cache = CheckCache(tmp_path / "cache")
    for _ in range(2):
        *_, last = Checker(count_tokens=False).check_file(path, cache=cache)
        assert isinstance(last, CheckFinished)
        assert near(last.report.findings) == FOUND


def test_a_file_that_the_cache_knows_can_be_edited(tmp_path: Path) -> None:
    path = tmp_path / "train.jsonl"
    path.write_bytes(b"\n".join(LINES))
    for _ in range(2):
        checker = Checker("supervised", count_tokens=False)
        list(checker.check_file(path, cache=CheckCache(tmp_path / "cache")))
    checker.recheck(99, 13, None, ALMOST)
    assert near(checker.dataset_findings({**{key: key for key in range(1, 13)}, 99: 13}.__getitem__)) == FOUND


def test_an_edit_finds_it_and_takes_it_back() -> None:
    checker = Checker("supervised", count_tokens=False)
    results = [checker.recheck(key, key, None, raw) for key, raw in enumerate(LINES, 1)]
    assert near(checker.dataset_findings()) == []
    result = checker.recheck(99, 13, None, ALMOST)
    line_of = {**{key: key for key in range(1, 13)}, 99: 13}.__getitem__
    assert near(checker.dataset_findings(line_of)) == FOUND
    assert near(checker.dataset_findings({**{key: key + 1 for key in range(1, 13)}, 99: 1}.__getitem__)) == [
        (6, "The example is almost the same as on line 1.")
    ]
    changed = checker.recheck(99, 13, result, LINES[0])
    assert near(checker.dataset_findings(line_of)) == []
    checker.recheck(99, 13, changed, ALMOST)
    assert near(checker.dataset_findings(line_of)) == FOUND
    checker.recheck(5, 5, results[4], None)
    assert near(checker.dataset_findings(line_of)) == []


def test_copies_are_left_to_the_rule_for_copies() -> None:
    report = Checker(count_tokens=False).check_lines([*LINES, LINES[4], ALMOST, ALMOST])
    assert [(finding.line, finding.rule) for finding in report.findings] == [
        (13, "duplicate-example"),
        (14, "near-duplicate-example"),
        (15, "duplicate-example"),
    ]


def test_a_template_that_all_share_makes_no_example_like_another() -> None:
    lines = [example(f"{text(99, 60)} Now sort: {text(number, 25)}.", f"{number}.") for number in range(60)]
    assert near(Checker(count_tokens=False).check_lines(lines).findings) == []


def test_short_examples_are_alike_only_but_for_case_and_punctuation() -> None:
    lines = [example(f"Convert {number} miles to kilometres", f"{number}!") for number in range(12)]
    assert near(Checker(count_tokens=False).check_lines(lines).findings) == []
    lines.append(example("convert 3  miles to kilometres.", "3"))
    assert near(Checker(count_tokens=False).check_lines(lines).findings) == [
        (13, "The example is almost the same as on line 4.")
    ]


def test_what_a_picture_or_a_call_may_tell_apart_is_not_compared() -> None:
    image = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
    lines = list(LINES)
    for address in ("a", "b"):
        parts = [{"type": "text", "text": text(50)}, {**image, "image_url": {"url": f"https://example.org/{address}"}}]
        answer = {"role": "assistant", "content": address}
        lines.append(json.dumps({"messages": [{"role": "user", "content": parts}, answer]}).encode())
    assert near(Checker(count_tokens=False).check_lines(lines).findings) == []


@pytest.mark.parametrize("order", [list(range(13)), list(reversed(range(13)))])
def test_the_order_of_lines_makes_no_difference(order: list[int]) -> None:
    lines = [*LINES, ALMOST]
    report = Checker(count_tokens=False).check_lines([lines[number] for number in order])
    first, second = sorted((order.index(4) + 1, order.index(12) + 1))
    assert near(report.findings) == [(second, f"The example is almost the same as on line {first}.")]


def test_too_much_text_is_not_compared_and_edits_use_nothing_up() -> None:
    likenesses = Likenesses(most_characters=3 * len(text(4)))
    for _ in range(20):
        likenesses.add(1, LINES[4])
        likenesses.remove(1)
    likenesses.add(1, LINES[4])
    likenesses.add(2, ALMOST)
    ((one, other),) = likenesses.alike()
    assert {one, other} == {frozenset({1}), frozenset({2})}
    for key in range(3, 8):
        likenesses.add(key, LINES[key])
    assert not likenesses.compares
    assert list(likenesses.alike()) == []

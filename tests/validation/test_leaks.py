"""Questions of a test file that are in the training file: the same, the same in other words, and others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ftdesk.errors import InputError
from ftdesk.validation.cache import CheckCache
from ftdesk.validation.checker import Checker, CheckFinished
from ftdesk.validation.findings import Finding
from ftdesk.validation.leaks import Leaks, read_against

LONG = (
    "My parcel with the order number 4711 has not come yet, although the shop wrote a week ago that it was on its way."
    " Where is it now, and when will it be here at last?"
)


def example(question: str, answer: str = "Yes.", system: str = "", **more: Any) -> bytes:
    messages = [{"role": "system", "content": system}] if system else []
    messages += [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return json.dumps({"messages": messages, **more}).encode()


TRAIN = [example(f"What is {number} and {number}, counted in apples?", f"{2 * number}.") for number in range(12)]


def leaks(findings: list[Finding] | tuple[Finding, ...]) -> list[tuple[int | None, str, str]]:
    return [
        (finding.line, finding.severity, finding.message) for finding in findings if finding.rule == "leaked-into-test"
    ]


def check(tmp_path: Path, train: list[bytes], test: list[bytes]) -> list[tuple[int | None, str, str]]:
    path = tmp_path / "test.jsonl"
    path.write_bytes(b"\n".join(test))
    return leaks(Checker(count_tokens=False, against=read_against(path)).check_lines(train).findings)


def said(line: int) -> str:
    return f"The question is also on line {line} of the test file."


def test_questions_of_the_test_file_are_found_with_their_lines(tmp_path: Path) -> None:
    test = [b"\xef\xbb\xbf" + TRAIN[3], b"", b"{]", b"[]", TRAIN[7], TRAIN[3], example("Something else?")]
    assert check(tmp_path, TRAIN, test) == [(4, "error", said(1)), (8, "error", said(5))]


def test_nothing_leaks_from_other_questions(tmp_path: Path) -> None:
    assert check(tmp_path, TRAIN, [example(LONG), example("What is 12 and 12, counted in apples?")]) == []


@pytest.mark.parametrize(
    "asked",
    [
        example("What is 3 and 3, counted in apples?", "Another answer."),
        example("What is 3 and 3, counted in apples?", system="Count."),
        b' {"messages":[{"content":"What is 3 and 3, counted in apples\\u003f","role":"user","name":"ann"}]} ',
        example("what is 3 and 3 - counted  in APPLES"),
        json.dumps(
            {
                "input": {"messages": [{"role": "user", "content": "What is 3 and 3, counted in apples?"}]},
                "preferred_output": [{"role": "assistant", "content": "6."}],
                "non_preferred_output": [{"role": "assistant", "content": "7."}],
            }
        ).encode(),
    ],
)
def test_the_same_question_leaks_however_it_is_written(tmp_path: Path, asked: bytes) -> None:
    assert check(tmp_path, TRAIN, [asked]) == [(4, "error", said(1))]


def test_a_question_that_differs_in_a_word_is_a_warning(tmp_path: Path) -> None:
    train = [*TRAIN, example(LONG.replace("week", "month"))]
    assert check(tmp_path, train, [example("?"), example(LONG)]) == [
        (13, "warning", "The question is almost the same as on line 2 of the test file.")
    ]


def test_earlier_turns_belong_to_the_question(tmp_path: Path) -> None:
    def talk(first: str) -> bytes:
        turns = [("user", first), ("assistant", "Yes."), ("user", "And in pears?"), ("assistant", "No.")]
        return json.dumps({"messages": [{"role": role, "content": text} for role, text in turns]}).encode()

    assert check(tmp_path, [*TRAIN, talk("In apples?")], [talk("In plums?")]) == []
    assert check(tmp_path, [*TRAIN, talk("In apples?")], [talk("In apples?")]) == [(13, "error", said(1))]


def test_images_and_calls_tell_questions_apart_and_ids_do_not(tmp_path: Path) -> None:
    def shown(address: str) -> bytes:
        parts = [{"type": "text", "text": "What is it?"}, {"type": "image_url", "image_url": {"url": address}}]
        return json.dumps({"messages": [{"role": "user", "content": parts}]}).encode()

    def called(identifier: str, city: str) -> bytes:
        function = {"name": "weather", "arguments": json.dumps({"city": city})}
        call = {"id": identifier, "type": "function", "function": function}
        turns = [
            {"role": "user", "content": "Rain?"},
            {"role": "assistant", "tool_calls": [call]},
            {"role": "tool", "tool_call_id": identifier, "content": "dry"},
        ]
        return json.dumps({"messages": turns}).encode()

    train = [*TRAIN, shown("https://a.org/1.png"), called("c1", "Oslo")]
    assert check(tmp_path, train, [shown("https://a.org/2.png"), called("c2", "Bergen")]) == []
    assert check(tmp_path, train, [shown("https://a.org/1.png"), called("c2", "Oslo")]) == [
        (13, "error", said(1)),
        (14, "error", said(2)),
    ]


def test_a_template_that_all_questions_share_is_no_leak(tmp_path: Path) -> None:
    def sort(number: int) -> bytes:
        words = " ".join(f"{letter}{number}" for letter in "abcdefghijkl")
        return example(f"{LONG} Sort this into one of our classes: {words}")

    assert check(tmp_path, [sort(number) for number in range(40)], [sort(number) for number in range(100, 140)]) == []


def test_an_edit_leaks_and_takes_it_back(tmp_path: Path) -> None:
    path = tmp_path / "test.jsonl"
    path.write_bytes(TRAIN[3])
    checker = Checker("supervised", count_tokens=False, against=read_against(path))
    result = checker.recheck(1, 1, None, TRAIN[3])
    assert leaks(checker.dataset_findings()) == [(1, "error", said(1))]
    checker.recheck(1, 1, result, TRAIN[4])
    assert leaks(checker.dataset_findings()) == []


def test_another_test_file_is_not_answered_from_the_cache(tmp_path: Path) -> None:
    train, test = tmp_path / "train.jsonl", tmp_path / "test.jsonl"
    train.write_bytes(b"\n".join(TRAIN))
    found = []
    for asked in (TRAIN[3], TRAIN[5], TRAIN[5]):
        test.write_bytes(asked)
        checker = Checker(count_tokens=False, against=read_against(test))
        *_, last = checker.check_file(train, cache=CheckCache(tmp_path / "cache"))
        assert isinstance(last, CheckFinished)
        found.append([line for line, _, _ in leaks(last.report.findings)])
    assert found == [[4], [6], [6]]


def test_in_a_large_dataset_the_same_questions_are_still_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "test.jsonl"
    path.write_bytes(b"\n".join([TRAIN[3], example(LONG)]))
    monkeypatch.setattr("ftdesk.validation.leaks.MOST_CHARACTERS", 0)
    leaking = Leaks(read_against(path))
    leaking.add(1, TRAIN[3])
    leaking.add(2, example(LONG.replace("week", "month")))
    assert leaking.found == {1: (1, True)}


def test_a_test_file_that_cannot_be_used_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_against(tmp_path / "missing.jsonl")

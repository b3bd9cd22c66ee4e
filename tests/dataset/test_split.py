"""Splits: nothing lost, nothing changed, nothing asked on both sides, the same every time."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from answering import example
from hypothesis import assume, given
from hypothesis import strategies as st

from ftdesk.dataset.folding import folded
from ftdesk.dataset.split import (
    PARTS,
    Amount,
    Part,
    Split,
    SplitStoppedError,
    WatchedLines,
    part_path,
    split_examples,
    split_file,
)
from ftdesk.errors import InputError, StorageError

questions = st.sampled_from(["a", "A!", " a ", "b", "b?", "c", "d", "e", "+1", "-1", "?", "!"])
lines = st.lists(
    st.builds(lambda question, answer: example(question, answer).rstrip(b"\n"), questions, st.text(max_size=3))
    | st.sampled_from([b"", b"{", b"[]", b'{"x": 1}', b'{"x": 2}']),
    min_size=2,
    max_size=40,
)
amounts = st.integers(1, 20).map(lambda count: Amount(count=count)) | st.floats(0.01, 0.9).map(
    lambda share: Amount(share=share)
)


def split_or_skip(content: list[bytes], **options: object) -> Split:
    try:
        return split_examples(content, **options)  # type: ignore[arg-type]
    except InputError:
        assume(False)
        raise


@given(lines, amounts, st.none() | amounts, st.integers())
def test_every_line_is_in_one_part_or_left_out_with_a_reason(
    content: list[bytes], test: Amount, validation: Amount | None, seed: int
) -> None:
    split = split_or_skip(content, test=test, validation=validation, seed=seed)
    members = [index for part in split.parts.values() for index in part]
    assert sorted([*members, *(line.line - 1 for line in split.left_out)]) == list(range(len(content)))
    assert all(line.reason for line in split.left_out)
    assert all(list(part) == sorted(part) and part for part in split.parts.values())
    assert set(split.parts) == {"train", "test"} | ({"validation"} if validation else set())


@given(lines, amounts, st.none() | amounts, st.integers())
def test_what_asks_the_same_is_on_one_side(
    content: list[bytes], test: Amount, validation: Amount | None, seed: int
) -> None:
    split = split_or_skip(content, test=test, validation=validation, seed=seed)
    sides: dict[str, set[str]] = {}
    for part, members in split.parts.items():
        for index in members:
            value = json.loads(content[index])
            asked = folded(value["messages"][0]["content"]) if "messages" in value else content[index].decode()
            sides.setdefault(asked, set()).add(part)
    assert all(len(parts) == 1 for parts in sides.values())


@given(lines, amounts, st.none() | amounts, st.integers(), st.randoms(use_true_random=False))
def test_the_order_of_the_lines_decides_nothing(
    content: list[bytes], test: Amount, validation: Amount | None, seed: int, shuffling: random.Random
) -> None:
    options = {"test": test, "validation": validation, "seed": seed}
    shuffled = shuffling.sample(content, len(content))
    first, second = split_or_skip(content, **options), split_or_skip(shuffled, **options)
    for part in first.parts:
        assert sorted(content[index] for index in first.parts[part]) == sorted(
            shuffled[index] for index in second.parts[part]
        )


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 9)), min_size=12, max_size=40),
    st.integers(),
    st.randoms(use_true_random=False),
)
def test_the_order_decides_nothing_where_questions_and_groups_tie_examples_together(
    pairs: list[tuple[int, int]], seed: int, shuffling: random.Random
) -> None:
    content = [example(f"question {question}", "a", patient=patient) for question, patient in pairs]
    shuffled = shuffling.sample(content, len(content))
    tests = []
    for lines_in_order in (content, shuffled):
        split = split_or_skip(lines_in_order, test=Amount(share=0.3), seed=seed, group_by="patient")
        tests.append(sorted(lines_in_order[index] for index in split.parts["test"]))
    assert tests[0] == tests[1]


@given(st.integers(3, 60), st.integers(1, 50), st.none() | st.integers(1, 50), st.integers())
def test_examples_that_are_all_different_are_split_exactly(
    examples: int, test: int, validation: int | None, seed: int
) -> None:
    assume(test + (validation or 0) < examples)
    content = [example(f"question {number}", "a") for number in range(examples)]
    wanted = Amount(count=validation) if validation else None
    parts = split_examples(content, test=Amount(count=test), validation=wanted, seed=seed).parts
    assert len(parts["test"]) == test
    assert len(parts.get("validation", ())) == (validation or 0)


def test_asking_for_validation_does_not_change_the_test_set() -> None:
    content = [example(f"question {number}", "a") for number in range(50)]
    without = split_examples(content, test=Amount(share=0.2))
    with_validation = split_examples(content, test=Amount(share=0.2), validation=Amount(share=0.1))
    assert without.parts["test"] == with_validation.parts["test"]


def test_another_seed_deals_out_anew() -> None:
    content = [example(f"question {number}", "a") for number in range(50)]
    tests = {split_examples(content, test=Amount(count=10), seed=seed).parts["test"] for seed in range(20)}
    assert len(tests) == 20


def message(role: str, content: object, **more: object) -> dict[str, object]:
    return {"role": role, "content": content, **more}


ASKED = [message("system", "Be brief."), message("user", "What is it?")]
PARTS_OF_TEXT = [{"type": "text", "text": "what is it"}]
IMAGE = {"type": "image_url", "image_url": {"url": "data:,1"}}
OTHER_IMAGE = {"type": "image_url", "image_url": {"url": "data:,2"}}
CALL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}


def called(call_id: str, arguments: str = "{}") -> list[object]:
    """A question, a call and its answer."""
    call = {"id": call_id, "type": "function", "function": {"name": "f", "arguments": arguments}}
    return [
        message("user", "q"),
        message("assistant", None, tool_calls=[call]),
        message("tool", "42", tool_call_id=call_id),
    ]


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ([*ASKED, message("assistant", "a")], [*ASKED, message("assistant", "b", weight=0)], True),
        (ASKED, [message("system", "be  BRIEF"), message("user", "what is it?!")], True),
        (ASKED, [message("system", "be\u200b brief"), message("user", "ｗｈａｔ is it")], True),
        (ASKED, [message("developer", "Be brief."), message("user", PARTS_OF_TEXT)], True),
        (ASKED, [message("system", "Be long."), message("user", "What is it?")], True),
        (ASKED, [message("user", "What is it?")], True),
        ([*ASKED, message("assistant", "a")], [*ASKED, message("assistant", "a"), message("user", "And?")], True),
        ([*ASKED, message("assistant", "a"), message("user", "And?")], [message("user", "And?")], False),
        ([message("user", "q", name="bob")], [message("user", "q")], True),
        (called("1"), called("2"), True),
        (called("1"), called("1", arguments='{"x": 1}'), True),
        ([{"role": [], "content": "q"}], [{"role": [], "content": "q"}], True),
        ([message("user", "2+3")], [message("user", "2=3")], False),
        ([message("user", "?")], [message("user", "!")], False),
        ([message("user", [*PARTS_OF_TEXT, IMAGE])], [message("user", [*PARTS_OF_TEXT, OTHER_IMAGE])], False),
        ([message("user", "q"), message("assistant", None, tool_calls=[CALL]), message("tool", "1")], ASKED, False),
        (["not a message"], ["not a message"], True),
    ],
)
def test_what_counts_as_asking_the_same(one: list[object], other: list[object], is_same: bool) -> None:
    content = [json.dumps({"messages": messages}).encode() for messages in (one, other)]
    filler = [example(f"filler {number}", "a") for number in range(3)]
    assert split_examples([*content, *filler], test=Amount(count=1)).joined == (2 if is_same else 0)


def sentences(count: int, words: int, seed: int = 1) -> list[str]:
    chosen = random.Random(seed)  # noqa: S311 - the same words each time
    return [" ".join(f"word{chosen.randrange(2_000)}" for _ in range(words)) for _ in range(count)]


def near_pairs() -> list[bytes]:
    """Twenty long questions, each asked again with one word more."""
    return [example(text, "a") for one in sentences(20, 40) for text in (one, f"{one} please")]


@pytest.mark.parametrize("seed", range(3))
def test_near_duplicates_are_on_one_side(seed: int) -> None:
    split = split_examples(near_pairs(), test=Amount(share=0.3), seed=seed)
    test = set(split.parts["test"])
    assert {index ^ 1 for index in test} == test
    assert (split.joined, len(split.together), split.similar) == (40, 20, 40)
    assert {index ^ 1 for one in split.together for index in one} == set(range(40))


def test_near_duplicates_may_be_on_different_sides_on_wish() -> None:
    split = split_examples(near_pairs(), test=Amount(share=0.3), near_duplicates=False)
    test = set(split.parts["test"])
    assert {index ^ 1 for index in test} != test
    assert (split.joined, split.together, split.similar) == (0, (), 0)


def test_the_order_of_near_duplicates_decides_nothing() -> None:
    content = near_pairs()
    first, second = (split_examples(lines, test=Amount(count=7)) for lines in (content, content[::-1]))
    assert {content[index] for index in first.parts["test"]} == {content[::-1][index] for index in second.parts["test"]}


@pytest.mark.parametrize("role", ["system", "user"])
def test_a_long_prompt_that_all_examples_have_does_not_make_them_one_group(role: str) -> None:
    (frame,) = sentences(1, 300, seed=2)
    content = [
        json.dumps({"messages": [message(role, frame), message("user", text), message("assistant", "a")]}).encode()
        for text in sentences(50, 20)
    ]
    split = split_examples(content, test=Amount(count=10))
    assert (len(split.parts["test"]), split.joined) == (10, 0)


def test_copies_of_one_question_are_no_template() -> None:
    (question,) = sentences(1, 60, seed=3)
    words = question.split()
    copies = [" ".join([*words[:place], "changed", *words[place + 1 :]]) for place in range(0, 50, 2)]
    content = [example(text, "a") for text in (*sentences(275, 40), *copies)]
    split = split_examples(content, test=Amount(share=0.3))
    assert split.together == (tuple(range(275, 300)),)


@pytest.mark.parametrize("examples", [8, 50])
def test_a_prompt_below_one_document_after_another_ties_nothing(examples: int) -> None:
    content = [
        json.dumps({"messages": [message("system", text), message("user", "Summarise."), message("assistant", "a")]})
        for text in sentences(examples, 20)
    ]
    split = split_examples([line.encode() for line in content], test=Amount(count=4))
    assert (len(split.parts["test"]), split.joined) == (4, 0)


@pytest.mark.parametrize("depth", [900, 960, 980, 100_000])
def test_an_example_that_nests_deeply_is_split_or_left_out(depth: int) -> None:
    deep = b'{"x": ' + b"[" * depth + b"]" * depth + b"}"
    split = split_examples([deep, example("q", "a"), example("r", "a"), example("s", "a")], test=Amount(count=1))
    assert len(split.left_out) + sum(map(len, split.parts.values())) == 4


def test_a_split_is_stopped_while_it_reads() -> None:
    watched = WatchedLines(near_pairs())
    assert split_examples(watched, test=Amount(count=7)).joined == 40
    assert watched.read == 80
    watched.stop()
    with pytest.raises(SplitStoppedError):
        split_examples(watched, test=Amount(count=7))


def test_long_questions_about_different_images_are_no_near_duplicates() -> None:
    (text,) = sentences(1, 30)
    asked = {"type": "text", "text": text}
    content = [
        json.dumps({"messages": [message("user", [asked, image]), message("assistant", "a")]}).encode()
        for image in (IMAGE, OTHER_IMAGE)
    ]
    assert split_examples(content, test=Amount(count=1)).joined == 0


def test_preference_examples_ask_what_their_input_asks() -> None:
    content = [
        json.dumps(
            {
                "input": {"messages": [message("user", text)]},
                "preferred_output": [message("assistant", answer)],
                "non_preferred_output": [message("assistant", "no")],
            }
        ).encode()
        for text, answer in [("q", "1"), ("Q?", "2"), ("r", "3")]
    ]
    assert split_examples(content, test=Amount(count=1)).joined == 2


def grouped(value: object, number: int) -> bytes:
    return example(f"question {number}", "a", metadata={"patient": {"id": value}})


@given(st.lists(st.integers(0, 6), min_size=4, max_size=40), st.integers())
def test_a_group_is_on_one_side_and_ties_chain_through_equal_prompts(values: list[int], seed: int) -> None:
    content = [grouped(value, number) for number, value in enumerate(values)]
    content.append(grouped("other", 0))  # asks what the first asks, so their groups belong together
    try:
        split = split_examples(content, test=Amount(share=0.3), seed=seed, group_by="metadata.patient.id")
    except InputError:
        assert len(set(values)) == 1
        return
    side = {index: part for part, members in split.parts.items() for index in members}
    assert all(side[index] == side[values.index(value)] for index, value in enumerate(values))
    assert side[len(values)] == side[0]


def test_a_key_with_a_dot_in_its_name_goes_before_a_path() -> None:
    content = [example(f"q{number}", "a", **{"a.b": number % 2, "a": {"b": number}}) for number in range(10)]
    assert split_examples(content, test=Amount(count=5), group_by="a.b").joined == 10


def test_examples_without_the_field_are_dealt_out_one_by_one_and_counted() -> None:
    missing: list[dict[str, object]] = [{}, {"patient": None}, {"patient": " "}]
    content = [example(f"q{n}", "a", **({"patient": "x"} if n < 4 else missing[n % 3])) for n in range(10)]
    split = split_examples(content, test=Amount(count=2), group_by="patient")
    assert (split.ungrouped, split.joined) == (6, 4)


def test_values_to_group_by_are_compared_as_text() -> None:
    values: list[object] = [7, "7", 7.0, " 7 ", 8, True, "true"]
    content = [example(f"q{n}", "a", patient=value) for n, value in enumerate(values)]
    assert split_examples(content, test=Amount(count=1), group_by="patient").together == ((0, 1, 2, 3), (5, 6))


def test_large_groups_come_as_near_to_the_amount_as_they_can() -> None:
    content = [example(f"q{number}", "a", patient=number % 3) for number in range(99)]
    for share, test in [(0.2, 33), (0.4, 33), (0.5, 66), (0.6, 66), (0.9, 66)]:
        assert len(split_examples(content, test=Amount(share=share), group_by="patient").parts["test"]) == test


@given(
    st.lists(
        st.sampled_from([b'{"x": 1.0}', b'{ "x":\t2 }\r', b'{"x":"\\u00e9"}', b'\xef\xbb\xbf{"y": 1}', b"", b"{"])
    ),
    st.booleans(),
)
def test_files_hold_the_bytes_of_the_lines_in_their_order(
    tmp_path_factory: pytest.TempPathFactory, content: list[bytes], final_newline: bool
) -> None:
    folder = tmp_path_factory.mktemp("split")
    source = folder / "data.jsonl"
    whole = b"\n".join([*content, b'{"z": 1}', b'{"z": 2}', b'{"z": 3}']) + (b"\n" if final_newline else b"")
    source.write_bytes(whole)
    split = split_file(source, folder / "out", test=Amount(count=1), validation=Amount(count=1))
    originals = _lines(whole)
    for part, members in split.parts.items():
        assert part_path(folder / "out", part).read_bytes() == b"".join(originals[index] for index in members)
    assert source.read_bytes() == whole


def _lines(whole: bytes) -> list[bytes]:
    pieces = whole.split(b"\n")
    return [piece + b"\n" for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "train.jsonl"
    path.write_bytes(b"".join(example(f"question {number}", "a") for number in range(10)))
    return path


def test_the_source_is_never_overwritten(tmp_path: Path, source: Path) -> None:
    before = source.read_bytes()
    with pytest.raises(InputError, match="would be overwritten"):
        split_file(source, tmp_path, test=Amount(count=2))
    assert (source.read_bytes(), [path.name for path in tmp_path.iterdir()]) == (before, ["train.jsonl"])


def test_a_part_of_another_split_is_not_left_beside_the_new_ones(tmp_path: Path, source: Path) -> None:
    out = tmp_path / "out"
    split_file(source, out, test=Amount(count=2), validation=Amount(count=2))
    with pytest.raises(InputError, match="left from another split"):
        split_file(source, out, test=Amount(count=5))


def test_splitting_again_gives_the_same_files(tmp_path: Path, source: Path) -> None:
    written = []
    for _ in range(2):
        split_file(source, tmp_path / "out", test=Amount(count=2), validation=Amount(count=2), seed=3, replace=True)
        written.append({part: part_path(tmp_path / "out", part).read_bytes() for part in PARTS})
    assert written[0] == written[1]


def test_files_that_are_there_are_replaced_on_wish_only(tmp_path: Path, source: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "test.jsonl").write_bytes(b"mine")
    with pytest.raises(InputError, match="exists already"):
        split_file(source, out, test=Amount(count=2))
    assert [(path.name, path.read_bytes()) for path in out.iterdir()] == [("test.jsonl", b"mine")]
    split_file(source, out, test=Amount(count=2), replace=True)
    assert len((out / "test.jsonl").read_bytes().splitlines()) == 2


def test_a_folder_that_cannot_be_made_is_a_storage_error(tmp_path: Path, source: Path) -> None:
    with pytest.raises(StorageError):
        split_file(source, source / "out", test=Amount(count=2))


def test_the_parts_are_listed_as_they_are_named() -> None:
    parts: tuple[Part, ...] = ("train", "validation", "test")
    assert parts == PARTS

"""Whole files: counting, methods, edits, hostile bytes, and the fast way for plain examples."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ftdesk.errors import InputError
from ftdesk.validation import parallel
from ftdesk.validation.checker import Checker, CheckFinished, CheckProgress, MethodChoice, RecordResult
from ftdesk.validation.findings import Report
from ftdesk.validation.record import is_plain, read_example, read_line
from ftdesk.validation.requirements import requirements_of
from ftdesk.validation.rule import RecordRule
from ftdesk.validation.rules import RULES


def example(question: str, answer: str = "Yes.") -> bytes:
    messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
    return json.dumps({"messages": messages}).encode()


def preference(question: str) -> bytes:
    return json.dumps(
        {
            "input": {"messages": [{"role": "user", "content": question}]},
            "preferred_output": [{"role": "assistant", "content": "Yes."}],
            "non_preferred_output": [{"role": "assistant", "content": "No."}],
        }
    ).encode()


def reinforcement(question: str) -> bytes:
    return json.dumps({"messages": [{"role": "user", "content": question}], "reference": "Yes."}).encode()


def check(path: Path, checker: Checker | None = None) -> Report:
    *_, last = (checker or Checker(count_tokens=False)).check_file(path)
    assert isinstance(last, CheckFinished)
    return last.report


def rules(report: Report) -> list[tuple[int | None, str]]:
    return [(finding.line, finding.rule) for finding in report.findings]


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    path = tmp_path / "train.jsonl"
    path.write_bytes(b"".join(example(f"Question {number}?") + b"\n" for number in range(12)))
    return path


@pytest.mark.parametrize("ending", [b"", b"\n"])
def test_a_file_as_large_as_the_limit_is_not_too_large(dataset: Path, ending: bytes) -> None:
    dataset.write_bytes(dataset.read_bytes().rstrip() + ending)
    size = dataset.stat().st_size
    for limit, expected in ((size, []), (size - 1, [f"The file has {size:,} bytes; the host takes {size - 1:,}."])):
        openai = requirements_of("openai")
        host = replace(openai, limits={**openai.limits, "max_file_bytes": limit})
        report = check(dataset, Checker(requirements=host, count_tokens=False))
        assert [finding.message for finding in report.findings] == expected


def test_a_clean_file_has_no_findings(dataset: Path) -> None:
    report = check(dataset)
    assert (report.lines, report.examples, report.bytes) == (12, 12, dataset.stat().st_size)
    assert report.findings == ()
    assert report.method == "supervised"


@pytest.mark.parametrize("name", ["medical-coder", "support-tickets", "tool-calling"])
def test_the_shipped_samples_are_clean(name: str) -> None:
    from ftdesk import resources

    report = check(resources.path(f"samples/{name}.jsonl"))
    assert report.findings == ()


@pytest.mark.parametrize(
    ("ending", "lines", "findings"),
    [
        (b"", 12, []),
        (b"\n", 12, []),
        (b"\r\n", 12, []),
        (b"\n\n", 13, [(13, "blank-line")]),
        (b"\n \t\r\n", 13, [(13, "blank-line")]),
        (b"\n\n" + example("Last?"), 14, [(13, "blank-line")]),
    ],
)
def test_lines_are_counted_as_an_editor_counts_them(
    tmp_path: Path, ending: bytes, lines: int, findings: list[tuple[int, str]]
) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n".join(example(f"{number}?") for number in range(12)) + ending)
    report = check(path)
    assert (report.lines, rules(report)) == (lines, findings)


def test_only_a_line_feed_ends_a_line(tmp_path: Path) -> None:
    text = "a\u2028b\u2029c\u0085d\x0be\x0cf\x1cg"
    line = '{"messages": [{"role": "user", "content": "%s"}, {"role": "assistant", "content": "x"}]}'
    odd = (line % text.replace("\x0b", "\\u000b").replace("\x0c", "\\f").replace("\x1c", "\\u001c")).encode()
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n".join([odd, *(example(f"{number}?") for number in range(11)), b"{]"]))
    report = check(path)
    assert (report.lines, rules(report)) == (13, [(1, "hidden-characters"), (13, "invalid-json")])


def test_a_carriage_return_alone_ends_no_line(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(example("1?") + b"\r" + example("2?"))
    assert (1, "invalid-json") in rules(check(path))


def test_findings_come_in_line_order_and_those_of_the_file_last(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n".join([example("a?"), b"{}", example("a?"), b"", b"[]"]))
    assert rules(check(path)) == [
        (2, "missing-messages"),
        (3, "duplicate-example"),
        (4, "blank-line"),
        (5, "not-an-object"),
        (None, "too-few-examples"),
    ]


def test_copies_are_found_whatever_their_spaces_escapes_and_order_of_keys(tmp_path: Path) -> None:
    lines = [example(f"{number}?") for number in range(10)]
    lines += [
        b' {"messages":[{"content":"3?","role":"user"},{"content":"\\u0059es.","role":"assistant"}]}\r',
        b'{"messages": [{"role": "user", "content": "3?"}, {"role": "assistant", "content": "Yes.", "weight": 1}]}',
        b'{"messages": [{"weight": 1, "role": "assistant", "content": "Yes."}, {"content": "3?", "role": "user"}]}',
        b'{"messages": [{"role": "user", "content": "3?"}, {"weight": 1, "content": "Yes.", "role": "assistant"}]}',
    ]
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n".join(lines))
    copies = [finding for finding in check(path).findings if finding.rule == "duplicate-example"]
    assert [(finding.line, finding.message) for finding in copies] == [
        (11, "The example is the same as on line 4."),
        (14, "The example is the same as on line 12."),
    ]


def test_among_thousands_of_answers_to_one_prompt_only_a_copy_is_one() -> None:
    codes = random.Random(1)  # noqa: S311
    lines = [example("Which code is free?", f"{codes.getrandbits(200):x} is free.") for _ in range(3000)]
    report = Checker("supervised", count_tokens=False).check_lines([*lines, lines[1500]])
    copies = [(finding.line, finding.message) for finding in report.findings if finding.rule == "duplicate-example"]
    assert copies == [(3001, "The example is the same as on line 1,501.")]


@pytest.mark.parametrize("number", [0, 1, 9])
def test_fewer_than_ten_examples_are_too_few(number: int) -> None:
    report = Checker(count_tokens=False).check_lines([example(f"{index}?") for index in range(number)] + [b""])
    (finding,) = [finding for finding in report.findings if finding.severity == "error"]
    assert (finding.rule, finding.line) == ("too-few-examples", None)
    assert f" {number} example" in finding.message


@pytest.mark.parametrize(
    ("lines", "method"),
    [
        ([example("1?")] * 3 + [preference("1?")], "supervised"),
        ([example("1?")] + [preference("1?")] * 3, "preference"),
        ([reinforcement("1?")] * 3 + [example("1?")], "reinforcement"),
        ([b"{]", b"", b"[]"], "supervised"),
        ([], "supervised"),
    ],
)
def test_the_method_is_that_of_most_examples(lines: list[bytes], method: str) -> None:
    assert Checker(count_tokens=False).check_lines(lines).method == method


def test_a_line_of_another_kind_is_named_and_checked_as_what_it_is() -> None:
    odd = preference("1?").replace(b'"No."', b'""')
    report = Checker(count_tokens=False).check_lines([*(example(f"{number}?") for number in range(10)), odd])
    assert rules(report) == [(11, "mixed-methods"), (11, "empty-content")]


def test_the_method_is_known_as_soon_as_one_example_is(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b" " * 600_000 + b"\n" + b"\n".join(preference(f"{number}?") for number in range(12)))
    assert check(path).method == "preference"


def test_a_file_is_read_in_bounded_steps_and_tells_how_far_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n".join(example(f"{number}?" + "x" * 3000) for number in range(1000)))
    *progress, last = Checker(count_tokens=False).check_file(path)
    assert len(progress) > 5
    assert all(isinstance(event, CheckProgress) and event.total_bytes == path.stat().st_size for event in progress)
    done = [event.done_bytes for event in progress if isinstance(event, CheckProgress)]
    assert done == sorted(done)
    assert done[-1] == path.stat().st_size
    assert isinstance(last, CheckFinished)
    assert last.report.lines == 1000


def test_a_line_longer_than_a_block_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b"\n".join([example("x" * 1_000_000), b"{]", example("y" * 1_000_000)]))
    assert [row for row in rules(check(path)) if row[0]] == [(2, "invalid-json")]


def test_a_check_that_is_given_up_lets_go_of_the_file(dataset: Path) -> None:
    events = Checker(count_tokens=False).check_file(dataset)
    next(events)
    assert isinstance(events, Iterator)
    events.close()  # type: ignore[attr-defined]  # a generator; a file left open would warn, and warnings are errors


def test_a_file_is_not_touched(dataset: Path) -> None:
    dataset.chmod(0o440)
    before = (dataset.read_bytes(), dataset.stat().st_mtime_ns, sorted(dataset.parent.iterdir()))
    check(dataset)
    assert (dataset.read_bytes(), dataset.stat().st_mtime_ns, sorted(dataset.parent.iterdir())) == before


def test_processes_find_what_one_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.jsonl"
    lines = [example(f"{number}?" + " word" * 400, f"{number}.") for number in range(600)]
    lines[5], lines[450], lines[590], lines[599] = b"{]", b"\xff", lines[3], preference("1?")
    path.write_bytes(b"\n".join(lines))
    monkeypatch.setattr(parallel, "_WORTH_SHARING", 0)
    reports = []
    for workers in (1, 2):
        *_, last = Checker(model="gpt-4.1").check_file(path, workers=workers)
        assert isinstance(last, CheckFinished)
        reports.append(last.report)
    assert reports[0] == reports[1]
    assert [row[0] for row in rules(reports[0])] == [6, 451, 591, 600]


UNUSABLE: list[tuple[str, bytes | None, str]] = [
    ("missing", None, "there is no such file"),
    ("empty", b"", "is empty"),
    ("only a byte order mark", b"\xef\xbb\xbf", "is empty"),
    ("UTF-16", "{}\n".encode("utf-16"), "is UTF-16 text"),
    ("UTF-16 without a mark", '{"messages": []}\n'.encode("utf-16-le"), "is UTF-16 text"),
    ("gzip", b"\x1f\x8b\x08\x00rest", "a gzip archive"),
    ("Parquet", b"PAR1\x15\x04", "a Parquet file"),
    ("Excel", b"PK\x03\x04\x14\x00", "an Excel workbook"),
    ("a picture", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "is not a text file"),
    ("a program", b"\x7fELF\x02\x01\x01\x00", "is not a text file"),
]


@pytest.mark.parametrize(("name", "content", "reason"), UNUSABLE, ids=[name for name, _, _ in UNUSABLE])
def test_what_is_no_training_file_is_refused_in_one_sentence(
    tmp_path: Path, name: str, content: bytes | None, reason: str
) -> None:
    path = tmp_path / "a.jsonl"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError) as error:
        check(path)
    assert reason in error.value.title
    assert str(path) in error.value.title
    assert "\n" not in error.value.sentence
    assert error.value.hint


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="folder"):
        check(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jsonl")
    with pytest.raises(InputError, match="not a regular file"):
        check(tmp_path / "pipe.jsonl")


@pytest.mark.skipif(sys.platform == "win32", reason="permissions are another thing there")
def test_a_file_without_permission_is_refused(dataset: Path) -> None:
    dataset.chmod(0)
    program = (
        "import os, pathlib, sys\n"
        "from ftdesk.errors import InputError\n"
        "from ftdesk.validation.checker import Checker\n"
        "if os.geteuid() == 0: os.setuid(65534)\n"  # permissions do not bind the superuser
        "try: list(Checker().check_file(pathlib.Path(sys.argv[1])))\n"
        "except InputError as error: print(error.sentence)"
    )
    done = subprocess.run([sys.executable, "-c", program, dataset], capture_output=True, text=True, check=True)
    assert "you have no permission" in done.stdout


def test_a_name_that_cannot_be_one_is_refused() -> None:
    with pytest.raises(InputError, match="no file"):
        check(Path("a\0b.jsonl"))


HOSTILE_VALUES: list[Any] = [
    {"messages": [[[[[{}]]]], {}, [], 0]},
    {
        "messages": [
            {"role": "assistant", "tool_calls": [{"id": {}, "function": []}, 0, None, {"function": {"name": []}}]}
        ]
    },
    {
        "messages": [{"role": "tool", "tool_call_id": [], "content": {}}],
        "tools": [0, {"function": 3}, {"function": {}}],
    },
    {"messages": [{"role": "user", "content": [None, {"type": []}, {"type": "text", "text": []}]}], "tools": {"a": 1}},
    {
        "messages": [{"role": "assistant", "content": [{"type": "image_url", "image_url": {"detail": {}}}], "name": 5}],
        "tools": [
            {"function": {"name": 0, "parameters": {"properties": {"a": 0, "b": {"enum": [[], {}], "description": 1}}}}}
        ],
    },
    {"input": [], "preferred_output": {}, "non_preferred_output": 0},
    {"input": {"messages": {}}, "preferred_output": [0]},
    {"messages": [{"function_call": 0, "refusal": [], "role": "assistant"}, {"function_call": {"arguments": 0}}]},
    {"messages": [{"role": "user", "content": "\u202e\ufeff\u200b\U000e0001\0"}]},
    {"messages": [{"role": "user", "content": " " * 1_200_000}]},
]
HOSTILE = [
    b"\x00",
    b"\x00" * 100_000,
    bytes(range(256)),
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"messages":' + b"[" * 190 + b"]" * 190 + b"}",
    b'{"messages": [' + b"9" * 5000 + b"]}",
    b'{"messages": [{"role": 1e400, "content": 1e400, "weight": 1e400}]}',
    b'{"messages": [{"role": "assistant", "content": "x", "weight": -' + b"9" * 4000 + b"}]}",
    *(json.dumps(value).encode() for value in HOSTILE_VALUES),
]


@pytest.mark.parametrize("raw", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("method", ["auto", "supervised", "preference", "reinforcement"])
def test_no_line_is_too_hostile(raw: bytes, method: Any) -> None:
    result = Checker(method, model="gpt-4o").check_record(1, raw)
    assert all(finding.line == 1 for finding in result.findings)


NOISE = st.binary(max_size=60)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
KEYS = st.sampled_from(
    [
        *(
            "messages",
            "input",
            "preferred_output",
            "non_preferred_output",
            "tools",
            "role",
            "content",
            "name",
            "weight",
        ),
        *("refusal", "tool_calls", "function_call", "tool_call_id", "id", "type", "function", "arguments"),
        *("text", "image_url", "url", "detail", "parameters", "properties", "enum", "other"),
    ]
)
WORDS = st.sampled_from(["user", "assistant", "system", "tool", "function", "text", "image_url", "c1", "", "{}"])
TREES = st.recursive(
    SCALARS | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=25,
)
MESSAGES = st.lists(st.dictionaries(KEYS, TREES, max_size=5) | TREES, max_size=4)
RECORDS = (
    st.fixed_dictionaries({}, optional={"messages": MESSAGES, "tools": TREES, "preferred_output": MESSAGES}) | TREES
)


@given(raw=NOISE | RECORDS.map(lambda value: json.dumps(value).encode()), data=st.data())
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow], deadline=None)
def test_nothing_a_line_holds_raises(raw: bytes, data: st.DataObject) -> None:
    method: MethodChoice = data.draw(st.sampled_from(["auto", "supervised", "preference", "reinforcement"]))
    result = Checker(method).check_record(data.draw(st.integers(1, 2)), raw)
    for finding in result.findings:
        assert "\n" not in finding.message + (finding.path or "")
        assert finding.message.endswith(".")


TEXTS = st.text(max_size=4)
TURNS = st.lists(
    st.fixed_dictionaries({"role": st.sampled_from(["user", "assistant", "system"]), "content": TEXTS}), max_size=4
)


@given(st.fixed_dictionaries({"messages": TURNS}), st.sampled_from([None, "supervised"]))
def test_no_structural_rule_has_anything_to_say_about_a_plain_example(value: dict[str, Any], method: Any) -> None:
    example = read_example(value, "supervised", method, asked=method is not None)
    found = [problem for rule in RULES if isinstance(rule, RecordRule) for problem in rule.check(example)]
    assert is_plain(value) == (not found)


def test_a_usual_example_is_plain() -> None:
    assert read_line(example("Hi")).plain


class EditedDataset(RuleBasedStateMachine):
    """Edits, one after the other, leave what a check of the whole file would find."""

    @initialize(texts=st.lists(st.sampled_from("abc"), max_size=6))
    def open(self, texts: list[str]) -> None:
        self.checker = Checker("supervised", count_tokens=False)
        self.rows: list[tuple[int, bytes, RecordResult]] = []
        self.key = 0
        for text in texts:
            self.insert(len(self.rows), text)

    def line(self, text: str) -> bytes:
        return {"": b"", "x": b"{]"}.get(text, example(text))

    @rule(at=st.integers(0, 20), text=st.sampled_from(["a", "b", "c", "", "x"]))
    def insert(self, at: int, text: str) -> None:
        self.key += 1
        at = min(at, len(self.rows))
        raw = self.line(text)
        result = self.checker.recheck(self.key, at + 1, None, raw)
        assert result is not None
        self.rows.insert(at, (self.key, raw, result))

    @rule(at=st.integers(0, 20), text=st.sampled_from(["a", "b", "c", "", "x"]))
    def edit(self, at: int, text: str) -> None:
        if self.rows:
            at %= len(self.rows)
            key, _, before = self.rows[at]
            raw = self.line(text)
            result = self.checker.recheck(key, at + 1, before, raw)
            assert result is not None
            self.rows[at] = (key, raw, result)

    @rule(at=st.integers(0, 20))
    def remove(self, at: int) -> None:
        if self.rows:
            key, _, before = self.rows.pop(at % len(self.rows))
            assert self.checker.recheck(key, at + 1, before, None) is None

    @invariant()
    def the_dataset_rules_know_what_a_whole_check_finds(self) -> None:
        if not hasattr(self, "rows"):
            return
        lines = {key: number for number, (key, _, _) in enumerate(self.rows, 1)}
        whole = Checker("supervised", count_tokens=False)
        whole.check_lines([raw for _, raw, _ in self.rows])
        found = self.checker.dataset_findings(lines.__getitem__)
        assert sorted(map(repr, found)) == sorted(map(repr, whole.dataset_findings()))


TestEditedDataset = EditedDataset.TestCase
TestEditedDataset.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)

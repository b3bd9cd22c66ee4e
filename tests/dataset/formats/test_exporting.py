"""What goes out comes back the same, or is listed."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from ftdesk.dataset.formats.exporting import export_rows
from ftdesk.dataset.formats.importing import ColumnMapping, import_rows
from ftdesk.errors import InputError

ASK = {"role": "user", "content": "q"}
ANSWER = {"role": "assistant", "content": "a"}
OTHER = {"role": "assistant", "content": "b"}
TOOL = {"type": "function", "function": {"name": "f"}}


def lines(*rows: Any) -> list[bytes]:
    return [json.dumps(row, ensure_ascii=False).encode() for row in rows]


@pytest.mark.parametrize("suffix", [".jsonl", ".csv", ".tsv", ".parquet"])
def test_texts_survive_the_way_out_and_back(tmp_path: Path, suffix: str) -> None:
    examples = [
        {"messages": [{"role": "system", "content": "s"}, ASK, ANSWER]},
        {"messages": [{"role": "system", "content": 'a,"b"\t'}, {"role": "user", "content": "中文\n😀"}, ANSWER]},
    ]
    path = tmp_path / f"out{suffix}"
    result = export_rows(lines(*examples), path)
    assert (result.written, result.skipped) == (2, ())
    assert [json.loads(row.line or b"null") for row in import_rows(path)] == examples


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet"])
def test_a_table_of_preferences_is_recognised_again(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"out{suffix}"
    assert export_rows(lines(preference()), path, "columns").skipped == ()
    assert [json.loads(row.line or b"null") for row in import_rows(path)] == [preference()]


def test_preferences_become_trl_rows(tmp_path: Path) -> None:
    example = {"input": {"messages": [ASK]}, "preferred_output": [ANSWER], "non_preferred_output": [OTHER]}
    export_rows(lines(example), tmp_path / "out.jsonl", "trl")
    assert json.loads((tmp_path / "out.jsonl").read_text()) == {
        "prompt": [ASK],
        "chosen": [ANSWER],
        "rejected": [OTHER],
    }


def test_arguments_of_calls_become_objects_for_trl(tmp_path: Path) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}}
    export_rows(
        lines({"messages": [ASK, {"role": "assistant", "tool_calls": [call]}], "tools": [{"type": "function"}]}),
        tmp_path / "out.jsonl",
        "trl",
    )
    row = json.loads((tmp_path / "out.jsonl").read_text())
    assert row["messages"][1]["tool_calls"][0]["function"]["arguments"] == {"x": 1}
    assert row["tools"] == [{"type": "function"}]


def test_what_has_no_place_in_a_format_is_listed_with_its_line(tmp_path: Path) -> None:
    broken = [b"{", b"", *lines({"messages": [ASK, {**ANSWER, "weight": 0}]}, {"messages": [ASK]})]
    result = export_rows(broken, tmp_path / "out.jsonl", "trl")
    assert result.written == 0
    assert [row.number for row in result.skipped] == [1, 3, 4]
    long = export_rows(lines({"messages": [ASK, ANSWER, ASK, ANSWER]}), tmp_path / "out.csv")
    assert "room for one question" in long.skipped[0].reason


def preference(**more: Any) -> dict[str, Any]:
    return {"input": {"messages": [ASK]}, "preferred_output": [ANSWER], "non_preferred_output": [OTHER], **more}


@pytest.mark.parametrize(
    ("example", "reason"),
    [
        ({"messages": [ASK, ANSWER], "tools": [TOOL]}, "no column for “tools”"),
        ({"messages": [ASK, ANSWER], "patient": 7}, "no column for “patient”"),
        ({"messages": [ASK, {**ANSWER, "weight": 0}]}, "the weight of an answer"),
        ({"messages": [{**ASK, "name": "bob"}, ANSWER]}, "no column for “name”"),
        ({"messages": [{"role": "developer", "content": "s"}, ASK, ANSWER]}, "developer"),
        ({"messages": [ASK, {"role": "system", "content": "s"}, ANSWER]}, "this is a conversation"),
        ({"messages": [ANSWER]}, "this is a conversation"),
        ({"messages": [{"role": [], "content": "q"}, ANSWER]}, "this is a conversation"),
        ({"messages": [{"role": "user", "content": ""}, ANSWER]}, "a message is empty"),
        ({"messages": [{"role": "user", "content": "\ud800"}, ANSWER]}, "half of a character"),
        (preference(input={"messages": [ASK], "tools": [TOOL]}), "no column for “tools”"),
        (preference(preferred_output=None), "not exactly one answer"),
    ],
)
@pytest.mark.parametrize("name", ["a.csv", "a.parquet"])
def test_what_a_table_has_no_room_for_is_refused(
    tmp_path: Path, name: str, example: dict[str, Any], reason: str
) -> None:
    result = export_rows([json.dumps(example).encode()], tmp_path / name, "columns")
    assert result.written == 0
    assert reason in result.skipped[0].reason


@pytest.mark.parametrize(
    ("example", "reason"),
    [
        (preference(preferred_output=None), "one better and one worse answer"),
        (preference(preferred_output=5), "one better and one worse answer"),
        (preference(input=5), "one better and one worse answer"),
        (preference(prompt="p"), "“prompt” would be there twice"),
        ({"messages": [{**ANSWER, "weight": 0.5}, ANSWER]}, "weight 0.5"),
    ],
)
def test_what_trl_has_no_room_for_is_refused(tmp_path: Path, example: dict[str, Any], reason: str) -> None:
    (skipped,) = export_rows(lines(example), tmp_path / "a.jsonl", "trl").skipped
    assert reason in skipped.reason


def test_other_fields_stand_beside_the_conversation_for_trl(tmp_path: Path) -> None:
    both = [
        {"messages": [ASK, ANSWER], "tools": [TOOL], "patient": 7},
        preference(input={"messages": [ASK], "tools": [TOOL]}, patient=7),
    ]
    export_rows(lines(*both), tmp_path / "a.jsonl", "trl")
    rows = [json.loads(line) for line in (tmp_path / "a.jsonl").read_bytes().splitlines()]
    assert rows == [
        both[0],
        {"prompt": [ASK], "chosen": [ANSWER], "rejected": [OTHER], "patient": 7, "tools": [TOOL]},
    ]


def test_a_number_that_json_has_no_digits_for_stays_only_where_the_line_does(tmp_path: Path) -> None:
    line = lines({"messages": [ASK, ANSWER]})[0].replace(b'"messages"', b'"n": 1e400, "messages"')
    assert export_rows([line], tmp_path / "a.jsonl").written == 1
    for name, layout in (("b.jsonl", "trl"), ("b.parquet", "openai")):
        assert "too large" in export_rows([line], tmp_path / name, layout).skipped[0].reason


@pytest.mark.parametrize("payload", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_of_a_table_runs_as_a_formula(tmp_path: Path, payload: str) -> None:
    export_rows(lines({"messages": [{"role": "user", "content": payload}, ANSWER]}), tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        cell = next(csv.DictReader(file))["user"]
    assert cell == "'" + payload


def test_parquet_keeps_messages_nested_and_tools_as_text(tmp_path: Path) -> None:
    tools = [{"type": "function", "function": {"name": "f"}}]
    export_rows(lines({"messages": [ASK, ANSWER], "tools": tools}, {"messages": [ASK, ANSWER]}), tmp_path / "a.parquet")
    rows = parquet.read_table(tmp_path / "a.parquet").to_pylist()
    assert rows == [
        {"messages": [ASK, ANSWER], "tools": json.dumps(tools)},
        {"messages": [ASK, ANSWER], "tools": None},
    ]


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet"])
@pytest.mark.parametrize("text", ["- item", "=1", "'- item", "''=", "'quoted'", '"', "\t", "a\r\nb", " a "])
def test_a_text_comes_back_as_it_was_whatever_it_begins_with(tmp_path: Path, suffix: str, text: str) -> None:
    example = {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": text}]}
    export_rows(lines(example), tmp_path / f"a{suffix}", "columns")
    mapping = ColumnMapping({"user": "user", "assistant": "assistant"})
    assert [json.loads(row.line or b"0") for row in import_rows(tmp_path / f"a{suffix}", mapping=mapping)] == [example]


texts = st.text(st.characters(codec="utf-8"), min_size=1) | st.text("'=-\t\r\n\",ab", min_size=1)


@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=5), st.sampled_from([".csv", ".tsv", ".parquet"]))
def test_any_texts_come_back_as_they_were(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, str]], suffix: str
) -> None:
    examples = [
        {"messages": [{"role": "user", "content": asked}, {"role": "assistant", "content": answer}]}
        for asked, answer in pairs
    ]
    path = tmp_path_factory.mktemp("texts") / f"a{suffix}"
    assert export_rows(lines(*examples), path, "columns").skipped == ()
    assert [json.loads(row.line or b"0") for row in import_rows(path)] == examples


def test_values_come_back_from_parquet_with_their_types(tmp_path: Path) -> None:
    base = {"messages": [ASK, ANSWER]}
    tool = {"type": "function", "function": {"name": "f", "parameters": {"default": None, "x": 1.0}}}
    examples: list[dict[str, Any]] = [
        {**base, "answer": 5, "is": True, "text": "5", "mixed": 5, "big": 1 << 70, "tools": [tool]},
        {**base, "answer": 6, "is": False, "text": "x", "mixed": "5", "big": 1},
        {"messages": [{"role": "user", "content": "\ud800"}, ANSWER], "mixed": [1, None]},
    ]
    source = [json.dumps(example).encode() for example in examples]
    export_rows(source, tmp_path / "a.parquet")
    assert [json.loads(row.line or b"0") for row in import_rows(tmp_path / "a.parquet")] == examples
    types = {field.name: str(field.type) for field in parquet.read_schema(tmp_path / "a.parquet")}
    assert (types["answer"], types["is"], types["text"], types["mixed"]) == ("int64", "bool", "string", "string")


@pytest.mark.parametrize("name", ["a.csv", "a.parquet", "a.jsonl"])
def test_a_file_is_not_replaced_by_an_empty_one(tmp_path: Path, name: str) -> None:
    target = tmp_path / name
    target.write_text("old")
    result = export_rows([b"{broken"], target)
    assert (result.written, len(result.skipped), target.read_text()) == (0, 1, "old")
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_refused_export_leaves_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("old")
    mixed = lines(
        {"messages": [ASK, ANSWER]},
        {"input": {"messages": [ASK]}, "preferred_output": [ANSWER], "non_preferred_output": [ANSWER]},
    )
    with pytest.raises(InputError, match="one table"):
        export_rows(mixed, target)
    assert target.read_text() == "old"
    for path, layout in ((tmp_path / "out.xyz", ""), (tmp_path / "out.csv", "trl"), (tmp_path / "out.jsonl", "nope")):
        with pytest.raises(InputError):
            export_rows(mixed, path, layout)
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]

"""Every row of another program's file becomes an example or has a reason why not."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from ftdesk.dataset.formats.importing import ColumnMapping, import_rows, recognise, shape_named
from ftdesk.errors import InputError

ASK = {"role": "user", "content": "q"}
ANSWER = {"role": "assistant", "content": "a"}
OTHER = {"role": "assistant", "content": "b"}
SYSTEM = {"role": "system", "content": "s"}
TOOL = {"type": "function", "function": {"name": "f"}}


def imported(path: Path, **options: Any) -> list[Any]:
    """What each row became: an example, or the text of the reason."""
    return [json.loads(row.line) if row.line else row.reason for row in import_rows(path, **options)]


def json_lines(folder: Path, *rows: Any) -> Path:
    path = folder / "data.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return path


@pytest.mark.parametrize(
    ("shape", "row", "example"),
    [
        ("openai", {"messages": [ASK, ANSWER], "answer": None}, {"messages": [ASK, ANSWER], "answer": None}),
        (
            "openai",
            {"input": {"messages": [ASK]}, "preferred_output": [ANSWER], "non_preferred_output": [OTHER]},
            {"input": {"messages": [ASK]}, "preferred_output": [ANSWER], "non_preferred_output": [OTHER]},
        ),
        (
            "sharegpt",
            {"system": "s", "conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}]},
            {"messages": [{"role": "system", "content": "s"}, ASK, ANSWER]},
        ),
        (
            "sharegpt",
            {
                "conversations": [
                    {"from": "human", "value": "q", "weight": 0},
                    {"from": "gpt", "value": "a", "weight": 0},
                    {"from": "gpt", "value": "b", "weight": 1},
                ],
                "tools": '[{"name": "f"}]',
            },
            {
                "messages": [ASK, {**ANSWER, "weight": 0}, {**OTHER, "weight": 1}],
                "tools": [{"type": "function", "function": {"name": "f"}}],
            },
        ),
        (
            "alpaca",
            {"instruction": "q", "input": "more", "output": "a", "history": [["old q", "old a"]]},
            {
                "messages": [
                    {"role": "user", "content": "old q"},
                    {"role": "assistant", "content": "old a"},
                    {"role": "user", "content": "q\n\nmore"},
                    ANSWER,
                ]
            },
        ),
        ("prompt-completion", {"prompt": "q", "completion": "a"}, {"messages": [ASK, ANSWER]}),
        ("prompt-completion", {"question": "q", "answer": "a"}, {"messages": [ASK, ANSWER]}),
        ("prompt-completion", {"prompt": [ASK], "completion": [ANSWER]}, {"messages": [ASK, ANSWER]}),
        (
            "trl-preference",
            {"prompt": "q", "chosen": "a", "rejected": "b"},
            {"input": {"messages": [ASK]}, "preferred_output": [ANSWER], "non_preferred_output": [OTHER]},
        ),
        (
            "trl-preference",
            {"chosen": [ASK, ANSWER], "rejected": [ASK, OTHER]},
            {"input": {"messages": [ASK]}, "preferred_output": [ANSWER], "non_preferred_output": [OTHER]},
        ),
        (
            "trl-preference",
            {"prompt": "q", "chosen": [SYSTEM, ASK, ANSWER], "rejected": [SYSTEM, ASK, OTHER], "tools": [TOOL]},
            {
                "input": {"messages": [SYSTEM, ASK], "tools": [TOOL]},
                "preferred_output": [ANSWER],
                "non_preferred_output": [OTHER],
            },
        ),
        (
            "prompt-completion",
            {"prompt": [ASK], "completion": [ANSWER], "tools": [TOOL]},
            {"messages": [ASK, ANSWER], "tools": [TOOL]},
        ),
        (
            "log",
            {
                "request": {"model": "m", "messages": [ASK], "tools": []},
                "response": {"choices": [{"message": {**ANSWER, "refusal": None}}]},
            },
            {"messages": [ASK, ANSWER], "tools": []},
        ),
        (
            "log",
            {"body": {"messages": [ASK]}, "response": {"body": {"choices": [{"message": ANSWER}]}}},
            {"messages": [ASK, ANSWER]},
        ),
    ],
)
def test_a_shape_is_recognised_and_converted(
    tmp_path: Path, shape: str, row: dict[str, Any], example: dict[str, Any]
) -> None:
    path = json_lines(tmp_path, row)
    recognition = recognise(path)
    assert recognition.shape is shape_named(shape)
    assert recognition.shape.title in recognition.why
    assert imported(path) == [example]


def test_of_a_chatgpt_export_the_branch_that_was_shown_last_is_taken(tmp_path: Path) -> None:
    def node(role: str, text: str, parent: str | None) -> dict[str, Any]:
        content = {"content_type": "text", "parts": [text]}
        return {"message": {"author": {"role": role}, "content": content}, "parent": parent}

    conversation = {
        "title": "t",
        "current_node": "new",
        "mapping": {
            "root": {"message": None, "parent": None},
            "hidden": node("system", "", "root"),
            "ask": node("user", "q", "hidden"),
            "old": node("assistant", "dismissed", "ask"),
            "new": node("assistant", "a", "ask"),
        },
    }
    path = tmp_path / "conversations.json"
    path.write_text(json.dumps([conversation, {**conversation, "current_node": "ask"}]))
    assert imported(path) == [{"messages": [ASK, ANSWER]}, "the conversation has no answer in text"]


def test_rows_that_do_not_map_are_listed_and_none_is_dropped(tmp_path: Path) -> None:
    path = json_lines(
        tmp_path,
        {"conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}]},
        {"conversations": [{"from": "narrator", "value": "q"}]},
        {"conversations": [{"from": "human"}]},
        {"other": 1},
        [1],
    )
    with path.open("ab") as file:
        file.write(b"\n{broken\n")
    results = imported(path)
    assert len(results) == 6
    assert results[1] == "turn 1 is from “narrator”, which is no role"
    assert results[2] == "turn 1 has no text"
    assert "“conversations” is not a list" in results[3]
    assert results[4] == "it is not an object"
    assert results[5].startswith("not valid JSON")
    assert [row.number for row in import_rows(path)] == [1, 2, 3, 4, 5, 7]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"chosen": [ASK, ANSWER, ASK, OTHER], "rejected": [ASK, OTHER, ASK, ANSWER]}, "“chosen” has 3 messages"),
        ({"prompt": [ASK], "chosen": [ANSWER, ASK, OTHER], "rejected": [OTHER]}, "“chosen” has 3 messages"),
        ({"prompt": "other", "chosen": [ASK, ANSWER], "rejected": [ASK, OTHER]}, "not what both answers begin with"),
        ({"context": "It is Paris.", "question": "q", "answer": "a"}, "nothing without “context”"),
        (
            {"images": ["a.png"], "conversations": [{"from": "human", "value": "<image>"}]},
            "nothing without “images”",
        ),
        ({"instruction": "q", "output": "a", "history": [[None, "hi"]]}, "entry 1 of “history”"),
        ({"instruction": "q", "output": "a", "history": ["ab"]}, "entry 1 of “history”"),
        ({"instruction": "q", "output": "a", "system": {"a": 1}}, "“system” is not a text"),
        ({"instruction": "q", "output": "a", "input": 5}, "“input” is not a text"),
        ({"conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a", "weight": 0.5}]}, "weight"),
        (
            {"request": {"messages": [ASK]}, "response": {"choices": [{"message": ANSWER}, {"message": OTHER}]}},
            "the response has 2 answers",
        ),
    ],
)
def test_what_would_mean_something_else_as_an_example_is_refused(
    tmp_path: Path, row: dict[str, Any], reason: str
) -> None:
    (said,) = imported(json_lines(tmp_path, row))
    assert isinstance(said, str)
    assert reason in said


@pytest.mark.parametrize(
    ("row", "left_out"),
    [
        ({"id": 7, "prompt": "q", "completion": "a", "note": "", "tags": []}, ("id",)),
        ({"prompt": "q", "chosen": "a", "rejected": "b", "score_chosen": 0}, ("score_chosen",)),
        (
            {
                "id": "x",
                "conversations": [{"from": "human", "value": "q", "lang": "en"}, {"from": "gpt", "value": "a"}],
            },
            ("id", "conversations.lang"),
        ),
        ({"messages": [ASK, ANSWER], "id": 7}, ()),
    ],
)
def test_fields_that_an_example_has_no_place_for_are_named(
    tmp_path: Path, row: dict[str, Any], left_out: tuple[str, ...]
) -> None:
    (result,) = import_rows(json_lines(tmp_path, row))
    assert result.line is not None
    assert result.left_out == left_out


def test_nulls_of_json_stay_and_only_those_that_fill_a_table_go(tmp_path: Path) -> None:
    schema = {"type": "object", "properties": {"a": {"default": None}}}
    example = {
        "messages": [
            ASK,
            {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{}"}},
        ],
        "tools": [{"type": "function", "function": {"name": "f", "parameters": schema}}],
        "answer": None,
    }
    assert imported(json_lines(tmp_path, example)) == [example]
    table = pa.table({"messages": [[ASK, {**ANSWER, "name": "n"}]], "tools": pa.nulls(1)})
    parquet.write_table(table, tmp_path / "a.parquet")
    assert imported(tmp_path / "a.parquet") == [{"messages": [ASK, {**ANSWER, "name": "n"}]}]


def test_numbers_that_json_cannot_hold_and_values_that_nest_too_deeply_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    rows = ['{"a": NaN, %s', '{"a": 1e400, %s', '{"a": ' + "[" * 900 + "]" * 900 + ", %s", "{%s"]
    path.write_text("\n".join(row % json.dumps({"messages": [ASK, ANSWER]})[1:] for row in rows))
    nan, infinite, deep, good = imported(path)
    assert (nan, good) == ("not valid JSON: NaN is no JSON", {"messages": [ASK, ANSWER]})
    assert "too large" in infinite
    assert isinstance(deep, str) or "a" in deep  # how deep is too deep is for the version of Python to say


def test_of_two_values_of_one_key_none_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text('{"prompt": "q", "completion": "a", "prompt": "r"}\n{"prompt": "q", "completion": "a"}\n')
    assert imported(path) == ["not valid JSON: the key “prompt” stands there twice", {"messages": [ASK, ANSWER]}]


def test_arguments_of_calls_become_text_again(tmp_path: Path) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": {"x": 1}}}
    (example,) = imported(json_lines(tmp_path, {"messages": [ASK, {"role": "assistant", "tool_calls": [call]}]}))
    assert example["messages"][1]["tool_calls"][0]["function"]["arguments"] == '{"x": 1}'


def test_of_a_chatgpt_export_what_is_no_text_is_refused_in_questions_and_named_elsewhere(tmp_path: Path) -> None:
    def node(role: str, content: dict[str, Any], parent: str | None, **metadata: Any) -> dict[str, Any]:
        return {"message": {"author": {"role": role}, "content": content, "metadata": metadata}, "parent": parent}

    def text(content: str) -> dict[str, Any]:
        return {"content_type": "text", "parts": [content]}

    image = {"content_type": "multimodal_text", "parts": [{"content_type": "image_asset_pointer"}, "q"]}
    code = {"content_type": "code", "text": "1 + 1"}
    questions = [node("user", image, None), node("user", text("q"), None, attachments=[{"name": "a.pdf"}])]
    conversations: list[dict[str, Any]] = [
        {"mapping": {"ask": ask, "end": node("assistant", text("a"), "ask")}, "current_node": "end"}
        for ask in (*questions, node("user", text("q"), None))
    ]
    conversations[2]["mapping"] |= {"run": node("assistant", code, "ask"), "end": node("assistant", text("a"), "run")}
    path = tmp_path / "conversations.json"
    path.write_text(json.dumps(conversations))
    rows = list(import_rows(path))
    assert all("an image or a file" in row.reason for row in rows[:2])
    assert json.loads(rows[2].line or b"") == {"messages": [ASK, ANSWER]}
    assert rows[2].left_out == ("mapping.assistant.code",)


def test_a_table_with_other_columns_is_mapped_by_hand(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('Frage,Antwort,Regel\n"a, b","x\ny",s\nnur Frage,,\nzu,viele,Zellen,hier\n', "utf-8")
    assert recognise(path).shape is None
    with pytest.raises(InputError, match="no shape that is known"):
        list(import_rows(path))
    mapping = ColumnMapping({"system": "Regel", "user": "Frage", "assistant": "Antwort"})
    results = imported(path, mapping=mapping)
    assert results[0]["messages"] == [
        {"role": "system", "content": "s"},
        {"role": "user", "content": "a, b"},
        {"role": "assistant", "content": "x\ny"},
    ]
    assert results[1] == "the column “Antwort” is empty"
    assert results[2] == "4 cells, but only 3 columns have a name"


def test_parquet_and_saved_datasets_are_read_without_the_nulls_of_their_tables(tmp_path: Path) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    table = pa.table({"messages": [[ASK, {"role": "assistant", "content": None, "tool_calls": [call]}], [ASK, ANSWER]]})
    parquet.write_table(table, tmp_path / "a.parquet")
    expected = [
        {"messages": [ASK, {"role": "assistant", "content": None, "tool_calls": [call]}]},
        {"messages": [ASK, ANSWER]},
    ]
    assert imported(tmp_path / "a.parquet") == expected
    folder = tmp_path / "saved"
    folder.mkdir()
    with (
        pa.OSFile(str(folder / "data-00000-of-00001.arrow"), "wb") as sink,
        pa.ipc.new_stream(sink, table.schema) as out,
    ):
        out.write_table(table)
    assert imported(folder) == expected


QUESTION = {"prompt": "q", "completion": "a"}
CONVERTED = {"messages": [ASK, ANSWER]}


@pytest.mark.parametrize(
    ("name", "content", "count"),
    [
        ("a.jsonl", json.dumps([QUESTION], indent=2), 1),
        ("a.json", json.dumps([QUESTION]), 1),
        ("long.json", json.dumps([QUESTION] * 3_000), 3_000),
        ("long.jsonl", json.dumps([QUESTION] * 3_000), 3_000),
        ("a.json", f"{json.dumps(QUESTION)}\n" * 2, 2),
        ("a.json", json.dumps(QUESTION), 1),
        ("a.json", json.dumps({"version": 1, "data": [QUESTION] * 2}), 2),
        ("a.json", json.dumps({"version": 1, "data": [QUESTION] * 2}, indent=1), 2),
        ("long.json", json.dumps({"version": "1", "train": [QUESTION] * 3_000}), 3_000),
        ("a.json", json.dumps({**QUESTION, "tags": ["x"]}, indent=1), 1),
        ("a.json", json.dumps(CONVERTED, indent=1), 1),
        ("a.json", json.dumps({**CONVERTED, "data": [{"x": 1}]}, indent=1)[:-1] + "}", None),
        ("long.jsonl", json.dumps({"prompt": "q", "completion": "a", "note": "x" * 70_000}), 1),
    ],
)
def test_a_file_of_json_is_known_by_its_content_where_its_name_misleads(
    tmp_path: Path, name: str, content: str, count: int | None
) -> None:
    path = tmp_path / name
    path.write_text(content)
    assert imported(path) == ([CONVERTED] * count if count else [{**CONVERTED, "data": [{"x": 1}]}])


def test_one_bad_first_line_refuses_that_line_and_not_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(f"{{broken\n{json.dumps(QUESTION)}\n")
    refused, good = imported(path)
    assert refused.startswith("not valid JSON")
    assert good == CONVERTED


def test_an_object_with_several_lists_of_rows_is_asked_about(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"train": [QUESTION], "test": [QUESTION]}))
    with pytest.raises(InputError, match="several lists: train, test"):
        recognise(path)


def test_what_rows_share_beside_them_is_not_dropped(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps({"system": "Be brief.", "data": [QUESTION]}))
    with pytest.raises(InputError, match="“system” beside its rows"):
        recognise(path)


def test_a_bad_record_of_a_table_takes_no_other_with_it(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text('prompt,completion\nq,a\n"q "x" y",a\nq,a\n"q,a\nq"r,a\nq,a\nq,a\n', "utf-8")
    good, bad, other, cut = imported(path)
    assert (good, other) == (CONVERTED, CONVERTED)
    assert bad.startswith("not valid CSV in line 3: ")
    assert "so 2 were not read" in cut


def test_quotes_are_text_in_a_tsv_that_makes_no_sense_with_them(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text('prompt\tcompletion\n"q" he said\ta\n"q"\ta\nq\t"a\n', "utf-8")
    first, second, third = imported(path)
    assert first["messages"][0]["content"] == '"q" he said'
    assert "stands in quotes" in second
    assert third["messages"][1]["content"] == '"a'
    path.write_text('prompt\tcompletion\n"q"\ta\n', "utf-8")
    assert imported(path) == [CONVERTED]


@pytest.mark.parametrize(
    ("header", "reason"), [('pro"mpt,"com" pletion', "not valid CSV in line 1"), ("a,b,a", "several columns named “a”")]
)
def test_a_header_that_cannot_be_used_is_one_sentence(tmp_path: Path, header: str, reason: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"{header}\nq,a,b\n")
    with pytest.raises(InputError, match=reason):
        recognise(path)


def test_columns_without_a_name_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(",prompt,completion,\n0,q,a,x\n")
    (row,) = import_rows(path)
    assert row.left_out == ("column 1", "column 4")


def test_an_apostrophe_of_another_program_is_text(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("prompt,completion\n'-5,a\n")
    assert imported(path)[0]["messages"][0]["content"] == "'-5"


def test_of_two_columns_with_one_name_none_is_read(tmp_path: Path) -> None:
    table = pa.Table.from_arrays(
        [pa.array(["q"]), pa.array(["a"]), pa.array(["b"])], ["prompt", "completion", "prompt"]
    )
    parquet.write_table(table, tmp_path / "a.parquet")
    with pytest.raises(InputError, match="“prompt”"):
        recognise(tmp_path / "a.parquet")


def test_a_cell_of_parquet_that_cannot_be_read_refuses_its_row(tmp_path: Path) -> None:
    bad = pa.Array.from_buffers(pa.string(), 2, [*pa.array(["q", "r"]).buffers()[:2], pa.py_buffer(b"q\xff")])
    parquet.write_table(pa.table({"prompt": bad, "completion": ["a", "a"]}), tmp_path / "a.parquet")
    good, refused = imported(tmp_path / "a.parquet")
    assert good == CONVERTED
    assert refused.startswith("a cell cannot be read")


def arrow_file(path: Path) -> None:
    table = pa.table({"prompt": ["q"], "completion": ["a"]})
    path.parent.mkdir(parents=True, exist_ok=True)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as out:
        out.write_table(table)


def test_of_a_saved_dataset_the_data_is_read_and_several_splits_are_asked_about(tmp_path: Path) -> None:
    for name in ("data-00000-of-00002.arrow", "data-00001-of-00002.arrow", "cache-0123456789abcdef.arrow"):
        arrow_file(tmp_path / "train" / name)
    assert imported(tmp_path / "train") == imported(tmp_path) == [CONVERTED] * 2
    arrow_file(tmp_path / "test" / "data-00000-of-00001.arrow")
    with pytest.raises(InputError, match="several sets: test/data, train/data"):
        recognise(tmp_path)


def test_parquet_files_of_several_splits_in_one_folder_are_asked_about(tmp_path: Path) -> None:
    table = pa.table({"prompt": ["q"], "completion": ["a"]})
    for name in ("train-00000-of-00002", "train-00001-of-00002"):
        parquet.write_table(table, tmp_path / f"{name}.parquet")
    assert imported(tmp_path) == [CONVERTED] * 2
    parquet.write_table(table, tmp_path / "test-00000-of-00001.parquet")
    with pytest.raises(InputError, match="several sets: test, train"):
        recognise(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_refused_before_anything_is_read_from_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    with pytest.raises(InputError, match="not a regular file"):
        recognise(tmp_path / "a.csv")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.csv", b"", "nothing to import"),
        ("a.csv", b"caf\xe9,b\n1,2\n", "not UTF-8"),
        ("a.json", b'{"a": [', "not valid JSON"),
        ("a.json", b"[1, 2]", "nothing to import"),
        ("a.parquet", b"PAR1 but nothing else", "cannot be read"),
        ("a.jsonl", b"\x00\xff\n", "nothing to import"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_sentence(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError, match=reason):
        recognise(path)


@pytest.mark.parametrize(
    "parts", [("user",), ("assistant",), ("user", "assistant", "preferred"), ("user", "preferred")]
)
def test_columns_that_make_no_example_are_refused(parts: tuple[Any, ...]) -> None:
    with pytest.raises(InputError, match="user's column and an answer's"):
        ColumnMapping(dict.fromkeys(parts, "column"))


def test_a_cell_that_is_no_text_is_refused_in_every_column(tmp_path: Path) -> None:
    path = json_lines(tmp_path, {"s": {"a": 1}, "q": "q", "a": "a"}, {"q": 5, "a": "a"}, {"q": "q", "a": None})
    assert imported(path, mapping=ColumnMapping({"system": "s", "user": "q", "assistant": "a"})) == [
        "the column “s” is not a text",
        "the column “q” is not a text",
        "the column “a” is empty",
    ]


def test_a_folder_without_data_and_a_missing_file_are_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="without Arrow or Parquet"):
        recognise(tmp_path)
    with pytest.raises(InputError, match="no such file"):
        recognise(tmp_path / "missing.csv")

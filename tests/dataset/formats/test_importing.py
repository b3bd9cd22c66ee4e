"""Every row of another program's file becomes an example or has a reason why not."""

from __future__ import annotations

import json
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
        ({"context": "It is Paris.", "question": "q", "answer": "a"}, "may depend on “context”"),
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
    assert "infinite" in infinite
    assert isinstance(deep, str) or "a" in deep  # how deep is too deep is for the version of Python to say


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


def test_a_file_is_known_by_its_content_where_its_name_misleads(tmp_path: Path) -> None:
    pretty = tmp_path / "a.jsonl"
    pretty.write_text(json.dumps([{"prompt": "q", "completion": "a"}], indent=2))
    assert imported(pretty) == [{"messages": [ASK, ANSWER]}]
    lines = tmp_path / "b.json"
    lines.write_text('{"prompt": "q", "completion": "a"}\n' * 2)
    assert len(imported(lines)) == 2
    wrapped = tmp_path / "c.json"
    wrapped.write_text(json.dumps({"version": 1, "data": [{"prompt": "q", "completion": "a"}]}, indent=1))
    assert imported(wrapped) == [{"messages": [ASK, ANSWER]}]


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

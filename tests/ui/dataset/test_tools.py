"""Tool calls, their answers and their definitions, with the widgets that a person uses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from dataset_window import MakeWindow, click, example, find, opened, panel_of, write
from PySide6.QtWidgets import QPushButton, QToolButton
from pytestqt.qtbot import QtBot

from ftdesk.ui.dataset.card import MessageCard
from ftdesk.ui.dataset.text_line import TextLine
from ftdesk.ui.dataset.tool_schema import ToolSchema, tool_schema
from ftdesk.ui.editor import TextEditor
from ftdesk.ui.json_editor import JsonEditor
from ftdesk.ui.text import Label
from ftdesk.ui.window import Window

SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city"],
    "additionalProperties": False,
}
TOOL = {"type": "function", "function": {"name": "weather", "description": "Rain?", "parameters": SCHEMA}}


def call(call_id: str, arguments: str, name: str = "weather") -> dict[str, Any]:
    return {"id": call_id, "type": "function", "function": {"name": name, "arguments": arguments}}


def value(*calls: dict[str, Any], answered: bool = True) -> dict[str, Any]:
    messages: list[Any] = [{"role": "user", "content": "Rain?"}, {"role": "assistant", "tool_calls": list(calls)}]
    if answered:
        messages += [{"role": "tool", "tool_call_id": item["id"], "content": "dry"} for item in calls]
    return {"messages": messages, "tools": [TOOL]}


@pytest.fixture
def make_tools(make_window: MakeWindow, tmp_path: Path) -> Any:
    return lambda *lines: make_window(write(tmp_path / "tools.jsonl", *lines))


def commit(window: Window) -> None:
    window.desk.dataset.leaving.emit()


def type_into(window: Window, qtbot: QtBot, name: str, text: str) -> None:
    field = find(window, TextLine, name)
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)
    commit(window)


def test_arguments_are_checked_against_the_schema_while_they_are_typed(make_tools: Any, qtbot: QtBot) -> None:
    window = make_tools(value(call("a", '{"city": "Oslo"}')))
    arguments = find(window, JsonEditor, "tool_call_1_arguments")
    problem = window.findChild(Label, "tool_call_1_problem")
    assert problem.isHidden()
    arguments.setPlainText('{"days": "two", "x": 1}')
    qtbot.waitUntil(lambda: not problem.isHidden(), timeout=60_000)
    assert set(problem.text().split("\n")) == {
        '"city" is a required property',
        "Additional properties are not allowed ('x' was unexpected)",
        'days: the value is not of type "integer"',
    }
    assert len(arguments.extraSelections()) == 1
    arguments.setPlainText('{"city": "Bergen", "days": 2}')
    qtbot.waitUntil(problem.isHidden, timeout=60_000)
    assert arguments.extraSelections() == []


def test_a_mistake_in_the_json_comes_before_the_schema(make_tools: Any) -> None:
    window = make_tools(value(call("a", '{"city": ')))
    assert find(window, Label, "tool_call_1_problem").text().startswith("At line 1")


def test_an_id_and_its_answer_are_renamed_as_one_step(make_tools: Any, qtbot: QtBot) -> None:
    window = make_tools(value(call("a", "{}"), call("b", "{}")))
    before = opened(window).line(0)
    type_into(window, qtbot, "tool_call_2_id", "call_x")
    assert opened(window).line(0) == before.replace(b'"b"', b'"call_x"')
    assert find(window, TextLine, "message_3_call_id").text() == "call_x"
    window.desk.dataset.undo()
    assert opened(window).line(0) == before
    assert find(window, TextLine, "tool_call_2_id").text() == "b"


def test_links_lead_from_a_call_to_its_answer_and_back(make_tools: Any, qtbot: QtBot) -> None:
    window = make_tools(value(call("a", "{}"), call("b", "{}")))
    link = find(window, QPushButton, "tool_call_2_answer")
    assert link.text() == "Answered by message 4"
    link.click()
    assert find(window, TextEditor, "message_3_text").hasFocus()
    back = find(window, QPushButton, "message_3_call")
    assert back.text() == "Answers weather in message 2"
    back.click()
    assert find(window, MessageCard, "message_1").isAncestorOf(window.focusWidget())


def test_an_answer_is_added_where_it_belongs_and_written_at_once(make_tools: Any, qtbot: QtBot) -> None:
    window = make_tools(value(call("a", "{}"), answered=False))
    link = find(window, QPushButton, "tool_call_1_answer")
    assert link.text() == "Add answer"
    link.click()
    assert example(window)["messages"][2] == {"role": "tool", "tool_call_id": "a", "content": ""}
    text = find(window, TextEditor, "message_2_text")
    assert text.hasFocus()
    qtbot.keyClicks(text, "dry")
    commit(window)
    assert example(window)["messages"][2]["content"] == "dry"
    assert link.text() == "Answered by message 3"


def test_calls_are_added_and_removed(make_tools: Any, qtbot: QtBot) -> None:
    window = make_tools(value(call("a", "{}"), answered=False))
    card = find(window, MessageCard, "message_1")
    menu = card.additions()
    next(action for action in menu.actions() if action.text() == "Tool call").trigger()
    menu.deleteLater()
    assert [item["id"] for item in example(window)["messages"][1]["tool_calls"]] == ["a", "call_1"]
    click(qtbot, window, "tool_call_1_remove", QToolButton)
    assert [item["id"] for item in example(window)["messages"][1]["tool_calls"]] == ["call_1"]
    click(qtbot, window, "tool_call_1_remove", QToolButton)
    assert example(window)["messages"][1] == {"role": "assistant", "content": ""}


def test_what_is_typed_stays_with_its_call_when_another_is_removed(make_tools: Any, qtbot: QtBot) -> None:
    window = make_tools(value(call("a", "{}"), call("b", '{"city": "Oslo"}'), answered=False))
    arguments = find(window, JsonEditor, "tool_call_2_arguments")
    arguments.setFocus()
    arguments.setPlainText('{"city": "Rome"}')
    click(qtbot, window, "tool_call_1_remove", QToolButton)
    assert example(window)["messages"][1]["tool_calls"] == [call("b", '{"city": "Rome"}')]


def test_a_tool_that_is_called_but_not_defined_is_defined_from_its_call(make_tools: Any, qtbot: QtBot) -> None:
    window = make_tools(value(call("a", '{"code": "J20.9", "n": 2}', "look_up")))
    define = find(window, QPushButton, "tool_call_1_define")
    define.click()
    tools = example(window)["tools"]
    assert tools[1]["function"]["name"] == "look_up"
    assert tools[1]["function"]["parameters"]["properties"] == {"code": {"type": "string"}, "n": {"type": "integer"}}
    assert define.isHidden()
    assert len(panel_of(window).inspector.tools.views) == 2


def test_a_tool_is_edited_in_the_inspector(make_tools: Any, qtbot: QtBot) -> None:
    window = make_tools(value(call("a", '{"city": "Oslo"}')))
    click(qtbot, window, "tool_0_toggle", QToolButton)
    type_into(window, qtbot, "tool_0_name", "forecast")
    about = find(window, TextEditor, "tool_0_description")
    about.setFocus()
    qtbot.keyClicks(about, "Sun or ")
    commit(window)
    changed = example(window)
    assert changed["tools"][0]["function"]["name"] == "forecast"
    assert changed["tools"][0]["function"]["description"] == "Sun or Rain?"
    assert changed["messages"][1]["tool_calls"][0]["function"]["name"] == "forecast"


def test_a_changed_schema_checks_the_arguments_of_the_cards_anew(make_tools: Any, qtbot: QtBot) -> None:
    window = make_tools(value(call("a", '{"city": "Oslo"}')))
    before = opened(window).line(0)
    click(qtbot, window, "tool_0_toggle", QToolButton)
    parameters = find(window, JsonEditor, "tool_0_parameters")
    parameters.setFocus()
    parameters.setPlainText(parameters.toPlainText().replace('"string"', '"number"'))
    commit(window)
    assert opened(window).line(0) == before.replace(b'"string"', b'"number"')
    assert find(window, Label, "tool_call_1_problem").text() == 'city: the value is not of type "number"'


def test_an_edit_of_a_schema_keeps_the_characters_of_the_rest(
    make_window: MakeWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    path = tmp_path / "odd.jsonl"
    schema = b'{"properties": {"a": {"maximum": 1.50, "title": "caf\\u00e9"}}}'
    line = b'{"messages": [], "tools": [{"function": {"name": "f", "parameters": ' + schema + b"}}]}"
    path.write_bytes(line + b"\n")
    window = make_window(path)
    click(qtbot, window, "tool_0_toggle", QToolButton)
    parameters = find(window, JsonEditor, "tool_0_parameters")
    parameters.setFocus()
    parameters.setPlainText(parameters.toPlainText().replace('"a"', '"b"'))
    commit(window)
    assert opened(window).line(0) == line.replace(b'"a"', b'"b"')


def test_a_schema_that_is_none_is_explained_and_half_of_one_is_not_written(make_tools: Any, qtbot: QtBot) -> None:
    window = make_tools(value(call("a", "{}")))
    before = opened(window).line(0)
    click(qtbot, window, "tool_0_toggle", QToolButton)
    parameters = find(window, JsonEditor, "tool_0_parameters")
    parameters.setFocus()
    parameters.setPlainText('{"type": "nonsense"}')
    parameters.look()
    assert "nonsense" in find(window, Label, "tool_0_problem").text()
    parameters.setPlainText('{"type": ')
    parameters.commit()
    assert opened(window).line(0) == before


def test_half_a_schema_is_kept_when_the_example_is_left(make_tools: Any, qtbot: QtBot) -> None:
    window = make_tools(value(call("a", "{}")), value(call("b", "{}")))
    click(qtbot, window, "tool_0_toggle", QToolButton)
    parameters = find(window, JsonEditor, "tool_0_parameters")
    parameters.setFocus()
    parameters.setPlainText('{"type": "objec')
    window.desk.dataset.choose(1)
    assert b'"parameters": {"type": "objec' in opened(window).line(0)
    assert opened(window).record(0).kind == "broken"
    window.desk.dataset.undo()
    assert opened(window).record(0).kind == "supervised"


def test_tools_are_added_and_removed(make_tools: Any, qtbot: QtBot) -> None:
    window = make_tools({"messages": [{"role": "user", "content": "q"}]})
    click(qtbot, window, "add_tool_button", QToolButton)
    name = find(window, TextLine, "tool_0_name")
    assert name.hasFocus()
    qtbot.keyClicks(name, "weather")
    commit(window)
    assert example(window)["tools"][0]["function"]["name"] == "weather"
    click(qtbot, window, "tool_0_remove", QToolButton)
    assert "tools" not in example(window)


def test_a_call_without_a_function_gets_one_with_its_name(make_tools: Any, qtbot: QtBot) -> None:
    window = make_tools({"messages": [{"role": "assistant", "tool_calls": [{"id": "a"}]}]})
    type_into(window, qtbot, "tool_call_1_name", "weather")
    assert example(window)["messages"][0]["tool_calls"] == [{"id": "a", "function": {"name": "weather"}}]


def test_walking_over_examples_with_tools_changes_nothing(make_tools: Any) -> None:
    odd = {
        "messages": [{"role": "assistant", "tool_calls": [{"id": 3}, "x", call("a", "{ }")]}],
        "tools": [1, {}, TOOL],
    }
    window = make_tools(odd, {"messages": [{"role": "tool", "tool_call_id": 5}], "tools": "x"}, value(call("a", "[]")))
    before = list(opened(window).lines())
    for row in (1, 2, 0):
        window.desk.dataset.choose(row)
        for view in panel_of(window).inspector.tools.views:
            view.toggle()
    commit(window)
    assert list(opened(window).lines()) == before
    assert not opened(window).is_modified


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "https://example.org/schema.json"},
        {"$ref": "file:///etc/passwd"},
        {"$ref": "#/$defs/missing"},
        {"type": "nonsense"},
        [],
        None,
    ],
)
def test_a_schema_that_cannot_be_used_is_explained_and_nothing_is_fetched(schema: Any) -> None:
    assert ToolSchema(schema).problem
    assert ToolSchema(schema).problems({}) == []


def test_a_schema_whose_references_double_is_not_followed_for_ever() -> None:
    steps = {f"a{n}": {"allOf": [{"$ref": f"#/$defs/a{n - 1}"}] * 2} for n in range(1, 60)}
    schema = {"$defs": {"a0": {"type": "integer"}, **steps}, "$ref": "#/$defs/a59"}
    assert "refers to itself" in tool_schema(json.dumps(schema)).problem
    shared = {"$defs": {"n": {"type": "integer"}}, "properties": {"a": {"$ref": "#/$defs/n"}}}
    assert tool_schema(json.dumps(shared)).problems({"a": "x"})[0].path == ("a",)


def test_a_pattern_in_a_schema_that_would_take_for_ever_gives_up() -> None:
    schema = ToolSchema({"type": "string", "pattern": "^(?=x*)(a+)+$"})
    assert schema.problem == ""
    schema.problems("a" * 5_000 + "!")


@pytest.mark.parametrize(
    ("schema", "arguments"),
    [
        ('{"type": "string", "pattern": "\\ud800"}', "x"),
        ('{"properties": {"a": {"enum": ["\\ud800"]}}}', {"a": "\ud800"}),
        ('{"properties": {"\\ud800": {}}}', {"\ud800": 1}),
        ('{"type": "integer", "maximum": 1e400}', 10**400),
        ('{"a": ' * 150 + "1" + "}" * 150, {}),
        ("[" * 100_000, {}),
    ],
)
def test_no_schema_and_no_arguments_bring_the_check_down(schema: str, arguments: Any) -> None:
    tool_schema(schema).problems(arguments)

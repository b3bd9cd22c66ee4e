"""Comparing models in the window: real streams over HTTP, and the built-in host."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from answering import AnsweringServer, example, make_home, write_examples
from openai_server import refuse, send, stream_of
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication, QInputMethodEvent
from PySide6.QtWidgets import QApplication
from window_driver import Driver, play, quick_engine

from ftdesk.dataset.document import Document
from ftdesk.hosts.types import ModelName
from ftdesk.jobs.types import LaunchPlan
from ftdesk.ui.models import ModelChoice
from ftdesk.ui.playground.pane import Pane
from ftdesk.ui.playground.panel import PlaygroundPanel
from ftdesk.ui.prompt_edit import PromptEdit
from ftdesk.ui.streamed_text import StreamedText

BIGRAM = ModelName("local", "bigram")


def answer(model: str, question: str) -> str:
    return {"good": f"The answer to {question} is 42.", "bad": f"The answer to {question} is wrong."}.get(model, "Hm.")


@pytest.fixture
def acme(home: Path) -> Iterator[AnsweringServer]:
    with AnsweringServer(answer) as server, quick_engine(home):
        make_home(home, {"acme": server})
        yield server


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "data.jsonl"
    system = {"role": "system", "content": "Be brief."}
    lines = []
    for number in range(3):
        line = json.loads(example(f"Q{number}", f"The answer to Q{number} is 42.", tools=[{"type": "function"}]))
        line["messages"].insert(0, system)
        lines.append(json.dumps(line).encode() + b"\n")
    path.write_bytes(b"".join(lines))
    return path


def panel(user: Driver) -> PlaygroundPanel:
    return user.find("playground_panel", PlaygroundPanel)


def choose(user: Driver, *models: str) -> None:
    for number, model in enumerate(models):
        user.find(f"pane_{number}_model", ModelChoice).setEditText(model)


def write(user: Driver, prompt: str) -> None:
    user.find("prompt_edit", PromptEdit).show_text(prompt)


async def ask(user: Driver, prompt: str) -> None:
    write(user, prompt)
    user.click("send_button")
    await user.until(lambda: not user.is_shown("stop_button"))


def document(user: Driver) -> Document:
    shown = user.window.desk.dataset.document
    assert shown is not None
    return shown


def last_line(user: Driver) -> dict[str, Any]:
    return dict(json.loads(document(user).line(len(document(user)) - 1)))


def test_two_models_answer_and_say_who_they_are(qapp: QApplication, acme: AnsweringServer, data: Path) -> None:
    async def scenario(user: Driver) -> None:
        user.window.desk.files.open(data)
        choose(user, "acme/good", "acme/bad")
        assert user.text("system_edit") == "Be brief."
        await ask(user, "Q0")
        assert user.text("pane_0_text") == "The answer to Q0 is 42."
        assert user.text("pane_1_text") == "The answer to Q0 is wrong."
        assert (user.text("pane_0_served"), user.text("pane_1_served")) == ("answered by good", "answered by bad")
        assert "7 + 6 tokens" in user.find("pane_0_figures").accessibleName()
        asked = acme.asked("POST", "/chat/completions")[0].json
        assert asked["messages"] == [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Q0"}]
        assert asked["temperature"] == 0
        assert not user.is_shown("same_model_warning")
        user.find("diff_toggle").click()  # type: ignore[attr-defined]
        await user.until(lambda: _underlined(user, 0) and _underlined(user, 1))
        assert (_underlined(user, 0), _underlined(user, 1)) == ("42", "wrong")
        user.find("diff_toggle").click()  # type: ignore[attr-defined]
        assert _underlined(user, 0) == ""

    play(qapp, scenario, place="playground")


def _underlined(user: Driver, pane: int) -> str:
    cursor = user.find(f"pane_{pane}_text", StreamedText).textCursor()
    cursor.movePosition(cursor.MoveOperation.Start)
    marked = ""
    while cursor.movePosition(cursor.MoveOperation.NextCharacter, cursor.MoveMode.KeepAnchor):
        marked += cursor.selectedText() if cursor.charFormat().fontUnderline() else ""
        cursor.clearSelection()
    return marked


def test_a_failing_pane_disturbs_no_other_and_a_broken_answer_is_marked(
    qapp: QApplication, acme: AnsweringServer
) -> None:
    broken = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n" + b"".join(
        stream_of("Half an answer", None)[:2]
    )

    async def scenario(user: Driver) -> None:
        choose(user, "acme/good", "nowhere/x")
        await ask(user, "Q")
        assert user.text("pane_0_text") == "The answer to Q is 42."
        assert "There is no host “nowhere”" in user.text("pane_1_error")
        acme.next("POST", "/chat/completions", refuse(404, "no such model"))
        choose(user, "acme/good", "acme/good")
        await ask(user, "Q")
        errors = [user.text(f"pane_{number}_error") for number in (0, 1) if user.is_shown(f"pane_{number}_error")]
        assert len(errors) == 1
        assert "no such model" in errors[0]
        acme.next("POST", "/chat/completions", send(broken))
        choose(user, "acme/good", "")
        await ask(user, "Q")
        assert "Half an" in user.text("pane_0_text")
        assert "incomplete" in user.text("pane_0_state")

    play(qapp, scenario, place="playground")


def test_one_model_behind_two_names_is_told(qapp: QApplication, acme: AnsweringServer) -> None:
    acme.on_request = None

    async def scenario(user: Driver) -> None:
        choose(user, "acme/good", "acme/bad")
        await ask(user, "Q")
        assert user.label("same_model_warning").startswith("A and B were answered by the same model, served-1")

    play(qapp, scenario, place="playground")


def test_stopping_ends_the_requests_and_keeps_what_came(qapp: QApplication, acme: AnsweringServer) -> None:
    acme.on_request = None
    acme.answer, acme.chunk_pause = stream_of("word " * 500), 0.01

    async def scenario(user: Driver) -> None:
        choose(user, "acme/good", "acme/bad")
        write(user, "Q")
        user.find("prompt_edit").setFocus()
        user.press("prompt_edit", Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        await user.until_text("pane_1_text", "word")
        user.press("prompt_edit", Qt.Key.Key_Escape)
        assert not user.is_shown("stop_button")
        await user.until(lambda: acme.open_answers == 0)
        assert acme.whole_answers == 0
        assert user.text("pane_0_state") == "stopped"
        assert user.text("pane_1_text").startswith("word")

    play(qapp, scenario, place="playground")


def test_a_prompt_comes_from_an_example_and_its_answer_stands_below(
    qapp: QApplication, acme: AnsweringServer, data: Path
) -> None:
    async def scenario(user: Driver) -> None:
        user.window.desk.files.open(data)
        choose(user, "acme/good", "acme/bad")
        user.press("prompt_edit", Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
        user.press("prompt_edit", Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
        assert user.text("prompt_edit") == "Q1"
        assert user.text("reference_text") == "The answer to Q1 is 42."
        user.click("send_button")
        await user.until(lambda: not user.is_shown("stop_button"))
        assert (user.text("pane_0_state"), user.text("pane_1_state")) == ("= reference", "≠ reference")
        assert acme.asked("POST", "/chat/completions")[0].json["tools"] == [{"type": "function"}]
        user.window.desk.requests.prompt_requested.emit(2)
        assert user.text("prompt_edit") == "Q2"
        user.type("prompt_edit", " and more")
        user.click("send_button")
        await user.until(lambda: not user.is_shown("stop_button"))
        assert not user.is_shown("reference_text")
        assert not user.is_shown("pane_0_state")

    play(qapp, scenario, place="playground")


@pytest.mark.usefixtures("acme")
def test_an_answer_becomes_an_example_and_can_be_taken_back(qapp: QApplication, data: Path) -> None:
    async def scenario(user: Driver) -> None:
        user.window.desk.files.open(data)
        choose(user, "acme/bad", "acme/good")
        await ask(user, "Q9")
        assert user.text("save_example_button") == "Save B as example"
        user.press("prompt_edit", Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
        assert last_line(user) == {
            "messages": [
                {"role": "system", "content": "Be brief."},
                {"role": "user", "content": "Q9"},
                {"role": "assistant", "content": "The answer to Q9 is 42."},
            ]
        }
        user.window.desk.dataset.undo()
        assert len(document(user)) == 3
        user.find("pane_1", Pane).prefer.click()
        user.click("save_preference_button")
        saved = last_line(user)
        assert saved["preferred_output"] == [{"role": "assistant", "content": "The answer to Q9 is 42."}]
        assert saved["non_preferred_output"] == [{"role": "assistant", "content": "The answer to Q9 is wrong."}]
        assert saved["input"]["messages"][-1] == {"role": "user", "content": "Q9"}

    play(qapp, scenario, place="playground")


@pytest.mark.usefixtures("acme")
def test_without_a_dataset_a_new_one_takes_the_answer(qapp: QApplication) -> None:
    async def scenario(user: Driver) -> None:
        choose(user, "acme/good")
        await ask(user, "Q")
        user.click("save_example_button")
        assert len(document(user)) == 1
        assert document(user).path is None

    play(qapp, scenario, place="playground")


def test_a_conversation_goes_on_with_the_chosen_answer_and_turns_can_be_edited(
    qapp: QApplication, acme: AnsweringServer
) -> None:
    async def scenario(user: Driver) -> None:
        choose(user, "acme/good", "acme/bad")
        await ask(user, "One")
        user.find("pane_0", Pane).continue_wanted.emit()
        assert user.is_shown("turns_view")
        assert user.text("prompt_edit") == ""
        await ask(user, "Two")
        contents = [message["content"] for message in acme.asked("POST", "/chat")[-1].json["messages"]]
        assert contents == ["One", "The answer to One is 42.", "Two"]
        panel(user)._turns.taken_back.emit(0)
        assert user.text("prompt_edit") == "One"
        assert not user.is_shown("turns_view")

    play(qapp, scenario, place="playground")


@pytest.mark.usefixtures("acme")
def test_blind_answers_hide_their_models_until_one_is_preferred(qapp: QApplication) -> None:
    async def scenario(user: Driver) -> None:
        choose(user, "acme/good", "acme/bad")
        user.find("blind_toggle").click()  # type: ignore[attr-defined]
        await ask(user, "Q")
        for name in ("pane_0_model", "pane_1_model", "pane_0_served", "pane_1_served", "pane_0_figures"):
            assert not user.is_shown(name)
        user.find("pane_0", Pane).prefer.click()
        assert user.is_shown("pane_0_model")
        told = {
            user.find(f"pane_{pane}_model", ModelChoice).currentText(): user.text(f"pane_{pane}_text")
            for pane in (0, 1)
        }
        assert told == {"acme/good": "The answer to Q is 42.", "acme/bad": "The answer to Q is wrong."}

    play(qapp, scenario, place="playground")


def test_up_to_four_panes_are_asked_alike(qapp: QApplication, acme: AnsweringServer) -> None:
    async def scenario(user: Driver) -> None:
        answers = panel(user)._answers
        for _ in range(3):
            answers.add_pane()
        assert len(answers.panes) == 4
        choose(user, "acme/a", "acme/b", "acme/c", "acme/d")
        await ask(user, "Q")
        assert sorted(model for model, _ in acme.questions) == ["a", "b", "c", "d"]
        answers.remove_pane()
        answers.remove_pane()
        answers.remove_pane()
        assert len(answers.panes) == 2

    play(qapp, scenario, place="playground")


def test_enter_during_composition_sends_nothing(qapp: QApplication, acme: AnsweringServer) -> None:
    async def scenario(user: Driver) -> None:
        choose(user, "acme/good")
        edit = user.find("prompt_edit", PromptEdit)
        edit.setFocus()
        QGuiApplication.sendEvent(edit, QInputMethodEvent("にほ", []))
        user.press("prompt_edit", Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
        assert not user.is_shown("stop_button")
        assert not acme.asked("POST", "/chat")

    play(qapp, scenario, place="playground")


def test_an_option_that_is_no_number_is_told_before_anything_is_sent(qapp: QApplication, acme: AnsweringServer) -> None:
    async def scenario(user: Driver) -> None:
        choose(user, "acme/good")
        user.click("options_button")
        user.type("temperature_edit", "9")
        await ask(user, "Q")
        assert any(text.startswith("Temperature cannot be “09”.") for text in user.window.desk.notices.texts)
        assert not acme.asked("POST", "/chat")

    play(qapp, scenario, place="playground")


@pytest.mark.usefixtures("acme")
def test_a_model_chosen_by_hand_is_still_there_when_the_place_is_shown_again(qapp: QApplication, data: Path) -> None:
    async def scenario(user: Driver) -> None:
        jobs = user.window.desk.jobs
        jobs.launch(LaunchPlan(write_examples(data, [(f"q{number}", "a") for number in range(10)]), BIGRAM))
        await user.until(lambda: jobs.jobs and jobs.jobs[0].fine_tuned_model)
        await user.until(lambda: user.find("pane_0_model", ModelChoice).chosen == BIGRAM)
        assert user.find("pane_1_model", ModelChoice).currentText() == f"local/{jobs.jobs[0].fine_tuned_model}"
        user.choose("pane_0_model", "acme/gpt-4.1-mini-2025-04-14")
        user.click("place_jobs")
        user.click("place_playground")
        assert user.find("pane_0_model", ModelChoice).currentText() == "acme/gpt-4.1-mini-2025-04-14"

    play(qapp, scenario, place="playground")


def test_undo_in_the_prompt_is_not_undo_in_the_dataset(qapp: QApplication, data: Path) -> None:
    async def scenario(user: Driver) -> None:
        user.window.desk.files.open(data)
        document(user).remove([0], "Remove")
        user.find("prompt_edit").setFocus()
        user.type("prompt_edit", "abc")
        user.press("prompt_edit", Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
        assert user.text("prompt_edit") == ""
        assert len(document(user)) == 2

    play(qapp, scenario, place="playground")

"""Scoring models in the window: questions over HTTP, kept answers, a verdict, and failures that go into training."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from answering import AnsweringServer, make_home, write_examples
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QCheckBox, QLineEdit
from window_driver import Driver, play, quick_engine

from ftdesk.hosts.types import ModelName
from ftdesk.jobs.types import LaunchPlan
from ftdesk.ui.evaluation.item_detail import ItemDetail
from ftdesk.ui.evaluation.items_view import ItemsView
from ftdesk.ui.evaluation.panel import EvaluationPanel
from ftdesk.ui.evaluation.score_bars import ScoreBars
from ftdesk.ui.models import ModelChoice

COUNT = 24


def answer(model: str, question: str) -> str:
    """``good`` knows all but every eighth, ``bad`` only every eighth, ``same`` as ``good``."""
    number = int(question[1:])
    knows = (number % 8 != 0) if model in ("good", "same") else (number % 8 == 0)
    return f"right answer {number}" if knows else f"wrong answer {number}"


@pytest.fixture
def acme(home: Path) -> Iterator[AnsweringServer]:
    with AnsweringServer(answer) as server, quick_engine(home):
        make_home(home, {"acme": server})
        yield server


@pytest.fixture
def held_out(tmp_path: Path) -> Path:
    return write_examples(
        tmp_path / "test.jsonl", [(f"q{number}", f"right answer {number}") for number in range(COUNT)]
    )


def choose(user: Driver, file: Path, *models: str) -> None:
    user.find("evaluation_panel", EvaluationPanel)._setup.choose_file(file)
    for letter, model in zip("ab", models, strict=False):
        user.find(f"evaluation_model_{letter}", ModelChoice).setEditText(model)


async def run(user: Driver) -> None:
    user.click("evaluation_run_button")
    await user.until(lambda: not user.is_shown("evaluation_stop_button"))


def rows(user: Driver) -> int:
    return user.find("evaluation_items", ItemsView).items.rowCount()


def test_a_run_ends_with_scores_and_one_sentence(qapp: QApplication, acme: AnsweringServer, held_out: Path) -> None:
    async def scenario(user: Driver) -> None:
        choose(user, held_out, "acme/bad", "acme/good")
        await run(user)
        assert user.label("evaluation_verdict") == (
            "acme/good is better: +75 points, 95 % interval 38 to 91, 24 examples."
        )
        assert "Only A right: 3. Only B right: 21. Same: 0." in user.label("evaluation_figures")
        assert "p = 0.00028 (exact McNemar test)" in user.label("evaluation_figures")
        told = user.find("evaluation_results", ScoreBars).text
        assert told.startswith("acme/bad: 12% right, 3 of 24, ")
        assert "acme/good: 88% right, 21 of 24, " in told
        assert sum(acme.questions.values()) == 2 * COUNT

    play(qapp, scenario, place="evaluation")


@pytest.mark.usefixtures("acme")
def test_every_example_can_be_found_by_how_both_did(qapp: QApplication, held_out: Path) -> None:
    async def scenario(user: Driver) -> None:
        choose(user, held_out, "acme/bad", "acme/good")
        await run(user)
        assert rows(user) == COUNT
        for name, count in (("only_a", 3), ("only_b", 21), ("both_right", 0), ("both_wrong", 0)):
            user.click(f"filter_{name}")
            assert rows(user) == count
        user.click("filter_only_a")
        user.find("evaluation_items", ItemsView).selectRow(1)
        detail = user.find("evaluation_panel", EvaluationPanel).findChild(ItemDetail)
        assert detail is not None
        assert user.text("evaluation_reference") == "right answer 8"
        assert user.text("evaluation_answer_a") == "right answer 8"
        await user.until(lambda: user.text("evaluation_answer_b") == "rightwrong answer 8")

    play(qapp, scenario, place="evaluation")


def test_a_stopped_run_goes_on_without_asking_again(qapp: QApplication, acme: AnsweringServer, held_out: Path) -> None:
    acme.chunk_pause = 0.01

    async def scenario(user: Driver) -> None:
        choose(user, held_out, "acme/bad", "acme/good")
        user.click("evaluation_run_button")
        await user.until(lambda: user.find("evaluation_panel", EvaluationPanel)._outcomes.done >= 4)
        assert rows(user) == COUNT
        user.press("evaluation_stop_button", Qt.Key.Key_Escape)
        await user.until_shown("evaluation_run_button")
        assert user.text("evaluation_run_button") == "Resume"
        asked = sum(acme.questions.values())
        assert asked < 2 * COUNT
        acme.chunk_pause = 0
        await run(user)
        # Those that were under way when it stopped had no whole answer.
        assert 2 * COUNT <= sum(acme.questions.values()) <= 2 * COUNT + 4
        assert user.label("evaluation_verdict").startswith("acme/good is better")
        before = sum(acme.questions.values())
        await run(user)
        assert sum(acme.questions.values()) == before
        user.find("evaluation_reuse", QCheckBox).click()
        await run(user)
        assert sum(acme.questions.values()) == before + 2 * COUNT

    play(qapp, scenario, place="evaluation")


@pytest.mark.usefixtures("acme")
def test_too_few_examples_give_no_verdict_but_how_many_would(qapp: QApplication, held_out: Path) -> None:
    async def scenario(user: Driver) -> None:
        choose(user, held_out, "acme/same", "acme/good")
        user.find("evaluation_limit", QLineEdit).setText("6")
        await run(user)
        assert rows(user) == 6
        assert user.label("evaluation_verdict").startswith("Cannot tell yet: about ")
        user.find("evaluation_limit", QLineEdit).setText("six")
        user.click("evaluation_run_button")
        assert "“six” is no number of examples." in user.window.desk.notices.texts[-1]

    play(qapp, scenario, place="evaluation")


@pytest.mark.usefixtures("acme")
def test_lines_that_ask_nothing_are_told_and_not_scored(qapp: QApplication, held_out: Path) -> None:
    held_out.write_bytes(b'{"messages": []}\n' + held_out.read_bytes())

    async def scenario(user: Driver) -> None:
        choose(user, held_out, "acme/good", "")
        await run(user)
        told = user.find("evaluation_skipped_label").accessibleName()
        assert told == "1 line is not scored, line 1: There are no messages."
        assert rows(user) == COUNT

    play(qapp, scenario, place="evaluation")


@pytest.mark.usefixtures("acme")
def test_one_model_alone_gets_a_score(qapp: QApplication, held_out: Path) -> None:
    async def scenario(user: Driver) -> None:
        choose(user, held_out, "acme/good", "")
        await run(user)
        assert user.label("evaluation_verdict") == "acme/good is right in 21 of 24: 88%."
        assert not user.is_shown("filter_only_a")

    play(qapp, scenario, place="evaluation")


@pytest.mark.usefixtures("acme")
def test_failures_move_into_training_and_leave_the_held_out_set(
    qapp: QApplication, held_out: Path, tmp_path: Path
) -> None:
    training = write_examples(tmp_path / "train.jsonl", [("t", "a")])
    original = held_out.read_bytes()

    async def scenario(user: Driver) -> None:
        user.window.desk.files.open(training)
        document = user.window.desk.dataset.document
        assert document is not None
        choose(user, held_out, "acme/bad", "acme/good")
        await run(user)
        user.click("filter_only_a")
        items = user.find("evaluation_items", ItemsView)
        items.selectAll()
        assert user.text("add_failures_button") == "Add 3 to the training data"
        user.click("add_failures_button")
        await user.until(lambda: len(document) == 4)
        questions = [json.loads(document.line(row))["messages"][0]["content"] for row in range(1, 4)]
        assert questions == ["q0", "q8", "q16"]
        setup = user.find("evaluation_panel", EvaluationPanel)._setup
        rest = setup.file
        assert rest is not None
        assert rest != held_out
        assert len(lines_of(rest)) == COUNT - 3
        assert set(lines_of(rest)).isdisjoint(document.lines())
        assert any("have left the held-out set" in text for text in user.window.desk.notices.texts)
        await run(user)
        assert rows(user) == COUNT - 3
        user.window.desk.dataset.undo()
        assert len(document) == 1

    play(qapp, scenario, place="evaluation")
    assert held_out.read_bytes() == original


def lines_of(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines()


@pytest.mark.usefixtures("acme")
def test_a_model_that_does_not_answer_at_all_is_an_error_and_no_score(qapp: QApplication, held_out: Path) -> None:
    async def scenario(user: Driver) -> None:
        choose(user, held_out, "acme/good", "nowhere/x")
        await run(user)
        assert any("There is no host “nowhere”" in text for text in user.window.desk.notices.texts)
        assert "better" not in user.label("evaluation_verdict")

    play(qapp, scenario, place="evaluation")


@pytest.mark.usefixtures("acme")
def test_the_last_training_brings_its_models_and_its_held_out_part(qapp: QApplication, tmp_path: Path) -> None:
    training = write_examples(tmp_path / "train.jsonl", [(f"q{number}", "a") for number in range(10)])
    write_examples(training.with_name("test.jsonl"), [("q", "a")])

    async def scenario(user: Driver) -> None:
        jobs = user.window.desk.jobs
        jobs.launch(LaunchPlan(training, ModelName("local", "bigram"), suffix="coder"))
        await user.until(lambda: jobs.jobs and jobs.jobs[0].fine_tuned_model)
        setup = user.find("evaluation_panel", EvaluationPanel)._setup
        await user.until(lambda: len(setup.models) == 2)
        assert setup.models == [
            ModelName("local", "bigram"),
            ModelName("local", jobs.jobs[0].fine_tuned_model or ""),
        ]
        assert setup.file == training.with_name("test.jsonl")
        await run(user)
        assert rows(user) == 1
        jobs.launch(LaunchPlan(training, ModelName("local", "bigram"), suffix="second"))
        await user.until(lambda: len(jobs.jobs) == 2 and jobs.jobs[0].fine_tuned_model)
        await user.until(lambda: setup.models[1].model == jobs.jobs[0].fine_tuned_model)
        user.choose("evaluation_model_b", "acme/gpt-4.1-mini-2025-04-14")
        user.click("place_jobs")
        user.click("place_evaluation")
        assert setup.models[1] == ModelName("acme", "gpt-4.1-mini-2025-04-14")

    play(qapp, scenario, place="evaluation")

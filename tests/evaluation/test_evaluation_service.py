"""Evaluations over real HTTP and a real database: what is asked, what is kept, what is concluded."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import aclosing, closing
from pathlib import Path
from typing import Any

import pytest
from answering import CHAT, NOBODY, AnsweringServer, connections, until, write_examples
from openai_server import Fault, hang, refuse, reset, say, stream_of

from ftdesk.errors import HostRefusedError, HostUnreachableError, InputError
from ftdesk.evaluation import asking
from ftdesk.evaluation.service import EvaluationService
from ftdesk.evaluation.types import EvaluationEvent, EvaluationFinished, ItemScored
from ftdesk.hosts.types import ModelName
from ftdesk.storage.database import Database
from ftdesk.storage.folders import Folders

BASE, TUNED = ModelName("one", "base"), ModelName("one", "tuned")
PAIRS = [(f"question {number}", f"answer {number}") for number in range(12)]


def answering(model: str, question: str) -> str:
    """The tuned model knows all answers, the base model every fourth."""
    number = int(question.split()[1])
    return f"answer {number}" if model == "tuned" or number % 4 == 0 else "I do not know"


@pytest.fixture
def one() -> Iterator[AnsweringServer]:
    with AnsweringServer(answering) as server:
        yield server


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_examples(tmp_path / "test.jsonl", PAIRS)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many attempts as ever, without the pauses between them."""
    monkeypatch.setattr(asking, "_UNSENT_PAUSES", (0.0,) * len(asking._UNSENT_PAUSES))
    monkeypatch.setattr(asking, "_BUSY_PAUSES", (0.0,) * len(asking._BUSY_PAUSES))


def evaluate(
    home: Path,
    file: Path,
    server: AnsweringServer | str,
    models: tuple[ModelName, ...] = (BASE, TUNED),
    stop_after: int | None = None,
    **options: Any,
) -> list[EvaluationEvent]:
    """All events, or the first ``stop_after`` of them."""

    async def collect() -> list[EvaluationEvent]:
        events: list[EvaluationEvent] = []
        async with aclosing(connections(home, {"one": server})) as hosts:
            with closing(Database(Folders.under(home).database)) as database:
                service = EvaluationService(database, hosts)
                async with aclosing(service.evaluate(file, models, **options)) as stream:
                    async for event in stream:
                        events.append(event)
                        if len(events) == stop_after:
                            break
        return events

    return asyncio.run(collect())


def result(events: list[EvaluationEvent]) -> EvaluationFinished:
    finished = events[-1]
    assert isinstance(finished, EvaluationFinished)
    return finished


def scored(events: list[EvaluationEvent]) -> list[ItemScored]:
    return [event for event in events if isinstance(event, ItemScored)]


def test_every_model_is_asked_every_item_once_and_scored(tmp_path: Path, file: Path, one: AnsweringServer) -> None:
    events = evaluate(tmp_path, file, one)
    finished = result(events)
    assert (finished.file, finished.grader, finished.examples) == (str(file), "exact", 12)
    assert [(score.model, score.correct, score.failed) for score in finished.models] == [(BASE, 3, 0), (TUNED, 12, 0)]
    (pair,) = finished.pairs
    assert (pair.a, pair.b, pair.only_a, pair.only_b, pair.difference) == (BASE, TUNED, 0, 9, 0.75)
    assert (pair.verdict, pair.p_value, pair.test) == ("better", 2 / 2**9, "mcnemar-exact")
    assert [event.done for event in scored(events)] == list(range(1, 25))
    assert set(one.questions.values()) == {1}
    assert len(one.questions) == 24


def test_questions_are_asked_at_temperature_zero_without_the_answer_and_without_weights(
    tmp_path: Path, one: AnsweringServer
) -> None:
    tools = [{"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}}]
    file = tmp_path / "test.jsonl"
    file.write_text(
        '{"messages": [{"role": "system", "content": "s"}, {"role": "user", "content": "question 1"}, '
        '{"role": "assistant", "content": "first", "weight": 0}, {"role": "user", "content": "question 2"}, '
        '{"role": "assistant", "content": "answer 2", "weight": 1}], "tools": '
        '[{"type": "function", "function": {"name": "look_up", "parameters": {"type": "object"}}}]}'
    )
    finished = result(evaluate(tmp_path, file, one, (TUNED,)))
    assert finished.models[0].correct == 1
    (request,) = one.asked("POST", CHAT)
    assert request.json["temperature"] == 0
    assert request.json["tools"] == tools
    assert request.json["messages"] == [
        {"role": "system", "content": "s"},
        {"role": "user", "content": "question 1"},
        {"role": "assistant", "content": "first"},
        {"role": "user", "content": "question 2"},
    ]


def test_no_more_questions_are_open_than_allowed(tmp_path: Path, file: Path, one: AnsweringServer) -> None:
    one.next("POST", CHAT, *[hang] * 24)

    async def count_open() -> int:
        async with aclosing(connections(tmp_path, {"one": one})) as hosts:
            with closing(Database(Folders.under(tmp_path).database)) as database:
                events = EvaluationService(database, hosts).evaluate(file, [BASE, TUNED], concurrency=3)

                async def read() -> None:
                    async with aclosing(events):
                        async for _ in events:
                            pass

                reading = asyncio.create_task(read())
                await until(lambda: len(one.asked("POST", CHAT)) >= 3)
                await asyncio.sleep(0.2)
                count = len(one.asked("POST", CHAT))
                reading.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await reading
                assert asyncio.all_tasks() == {asyncio.current_task()}
                return count

    assert asyncio.run(count_open()) == 3


def test_resuming_asks_nothing_twice_and_concludes_the_same(tmp_path: Path, file: Path, one: AnsweringServer) -> None:
    first = scored(evaluate(tmp_path, file, one, stop_after=7))
    events = evaluate(tmp_path, file, one, resume=True)
    announced = {(event.model.model, f"question {event.item.line - 1}") for event in first}
    assert all(one.questions[question] == 1 for question in announced)
    assert len(scored(events)) == 24
    assert result(events) == result(evaluate(tmp_path, file, one))


def test_resuming_a_finished_evaluation_asks_nothing(tmp_path: Path, file: Path, one: AnsweringServer) -> None:
    first = result(evaluate(tmp_path, file, one))
    assert result(evaluate(tmp_path, file, NOBODY, resume=True)) == first
    assert set(one.questions.values()) == {1}


def test_resuming_takes_the_answers_of_all_earlier_evaluations(
    tmp_path: Path, file: Path, one: AnsweringServer
) -> None:
    """A short trial in between must not hide what a long evaluation before it has paid for."""
    evaluate(tmp_path, file, one)
    evaluate(tmp_path, file, one, limit=1)
    asked = one.questions.total()
    evaluate(tmp_path, file, one, resume=True)
    assert one.questions.total() == asked


def test_of_several_kept_answers_the_latest_counts(tmp_path: Path, file: Path, one: AnsweringServer) -> None:
    evaluate(tmp_path, file, one, (TUNED,))
    one.answering = lambda _model, _question: "wrong"
    evaluate(tmp_path, file, one, (TUNED,))
    assert result(evaluate(tmp_path, file, NOBODY, (TUNED,), resume=True)).models[0].correct == 0


def test_without_resume_everything_is_asked_again(tmp_path: Path, file: Path, one: AnsweringServer) -> None:
    evaluate(tmp_path, file, one)
    evaluate(tmp_path, file, one)
    assert set(one.questions.values()) == {2}


def test_a_changed_file_is_another_evaluation(tmp_path: Path, file: Path, one: AnsweringServer) -> None:
    evaluate(tmp_path, file, one)
    write_examples(file, PAIRS[:-1])
    evaluate(tmp_path, file, one, resume=True)
    assert sorted(one.questions.values()) == [1] * 2 + [2] * 22


def test_more_items_and_models_of_the_same_file_resume_what_is_there(
    tmp_path: Path, file: Path, one: AnsweringServer
) -> None:
    evaluate(tmp_path, file, one, (BASE,), limit=5)
    finished = result(evaluate(tmp_path, file, one, resume=True))
    assert finished.examples == 12
    assert set(one.questions.values()) == {1}


def test_equal_prompts_are_asked_once_and_scored_each_by_its_own_reference(
    tmp_path: Path, one: AnsweringServer
) -> None:
    file = write_examples(tmp_path / "test.jsonl", [("question 1", "answer 1"), ("question 1", "something else")])
    finished = result(evaluate(tmp_path, file, one, (TUNED,)))
    assert (finished.models[0].correct, finished.examples) == (1, 2)
    assert sum(one.questions.values()) == 1


@pytest.mark.parametrize(
    "fault",
    [refuse(400, "too long"), refuse(500, "oops"), reset, say(200, b""), refuse(504, "late")],
    ids=["400", "500", "reset", "empty", "504"],
)
def test_an_item_that_fails_is_asked_once_counts_as_wrong_and_is_told(
    tmp_path: Path, file: Path, one: AnsweringServer, fault: Fault
) -> None:
    one.next("POST", CHAT, fault)
    events = evaluate(tmp_path, file, one, (TUNED,), concurrency=1)
    (failed,) = [event for event in scored(events) if event.error]
    assert (failed.score, failed.item.line) == (None, 1)
    assert (result(events).models[0].correct, result(events).models[0].failed) == (11, 1)
    assert one.questions["tuned", "question 0"] == 1


def test_an_answer_that_breaks_off_is_a_failure_and_not_a_wrong_answer(
    tmp_path: Path, file: Path, one: AnsweringServer
) -> None:
    prepare = one.on_request
    assert prepare

    def break_off(request: Any) -> None:
        prepare(request)
        if "question 3" in request.body.decode():
            one.answer = stream_of("answer", finish=None)

    one.on_request = break_off
    (failed,) = [event for event in scored(evaluate(tmp_path, file, one, (TUNED,))) if event.error]
    assert failed.item.line == 4


def test_failed_items_are_asked_again_by_resume(tmp_path: Path, file: Path, one: AnsweringServer) -> None:
    one.next("POST", CHAT, refuse(500))
    assert result(evaluate(tmp_path, file, one, (TUNED,))).models[0].failed == 1
    assert result(evaluate(tmp_path, file, one, (TUNED,), resume=True)).models[0].failed == 0
    assert sum(one.questions.values()) == 13


@pytest.mark.parametrize("status", [429, 503, 529])
def test_a_busy_host_is_asked_again(tmp_path: Path, file: Path, one: AnsweringServer, status: int) -> None:
    one.next("POST", CHAT, refuse(status), refuse(status), refuse(status))
    assert result(evaluate(tmp_path, file, one, (TUNED,))).models[0].correct == 12
    assert sum(one.questions.values()) == 15


@pytest.mark.parametrize(
    ("fault", "most_questions"),
    [
        (refuse(401), 4),
        (refuse(403), 4),
        (refuse(404, "no such model", "model_not_found"), 4),
        (refuse(429, "spent", "insufficient_quota"), 4),
    ],
    ids=["401", "403", "404", "quota"],
)
def test_an_account_or_model_that_does_not_answer_gets_no_score(
    tmp_path: Path, file: Path, one: AnsweringServer, fault: Fault, most_questions: int
) -> None:
    one.next("POST", CHAT, *[fault] * 100)
    with pytest.raises(HostRefusedError):
        evaluate(tmp_path, file, one)
    assert sum(one.questions.values()) <= most_questions


def test_a_model_that_fails_at_every_item_gets_no_score(tmp_path: Path, file: Path, one: AnsweringServer) -> None:
    one.next("POST", CHAT, *[refuse(400, "temperature is not supported")] * 100)
    with pytest.raises(HostRefusedError, match="temperature is not supported"):
        evaluate(tmp_path, file, one, (TUNED,), concurrency=1)
    assert sum(one.questions.values()) == 5


def test_a_host_that_goes_away_ends_the_evaluation_and_resume_goes_on(tmp_path: Path, file: Path) -> None:
    with AnsweringServer(answering) as server:
        evaluate(tmp_path, file, server, limit=4)
    with pytest.raises(HostUnreachableError) as caught:
        evaluate(tmp_path, file, server, resume=True)
    assert caught.value.never_sent
    with AnsweringServer(answering) as again:
        assert result(evaluate(tmp_path, file, again, resume=True)).examples == 12
        assert sum(again.questions.values()) == 16


def test_an_answer_is_on_disk_when_it_is_told(tmp_path: Path, file: Path, one: AnsweringServer) -> None:
    async def watch() -> None:
        path = Folders.under(tmp_path).database
        async with aclosing(connections(tmp_path, {"one": one})) as hosts:
            with closing(Database(path)) as database:
                async with aclosing(EvaluationService(database, hosts).evaluate(file, [TUNED])) as events:
                    async for event in events:
                        if isinstance(event, ItemScored):
                            with closing(sqlite3.connect(path)) as other:
                                (count,) = other.execute("SELECT count(*) FROM evaluation_answers").fetchone()
                            assert count >= event.done

    asyncio.run(watch())


def test_half_of_a_surrogate_pair_survives_storage(tmp_path: Path, one: AnsweringServer) -> None:
    one.answering = lambda _model, _question: "\ud83d"
    file = write_examples(tmp_path / "test.jsonl", [("question 1", "\ud83d"), ("question 2", "x")])
    assert result(evaluate(tmp_path, file, one, (TUNED,))).models[0].correct == 1
    assert result(evaluate(tmp_path, file, NOBODY, (TUNED,), resume=True)).models[0].correct == 1


def test_of_three_models_every_pair_is_told_and_verdicts_allow_for_their_number(
    tmp_path: Path, one: AnsweringServer
) -> None:
    """Six of six is p = 0.031 for one pair and no longer enough for three."""
    file = write_examples(tmp_path / "test.jsonl", [(f"question {4 * n + 1}", f"answer {4 * n + 1}") for n in range(6)])
    other = ModelName("one", "other")
    (alone,) = result(evaluate(tmp_path, file, one)).pairs
    pairs = result(evaluate(tmp_path, file, one, (BASE, other, TUNED))).pairs
    assert [(pair.a, pair.b) for pair in pairs] == [(BASE, other), (BASE, TUNED), (other, TUNED)]
    assert (alone.p_value, alone.verdict) == (pairs[1].p_value, "better")
    assert pairs[1].verdict == "undecided"


@pytest.mark.parametrize(
    ("models", "options"),
    [
        ((), {}),
        ((BASE, BASE), {}),
        ((BASE,), {"grader": "nice"}),
        ((BASE,), {"limit": 0}),
        ((BASE,), {"concurrency": 0}),
        ((ModelName("nobody", "x"),), {}),
    ],
)
def test_what_cannot_be_evaluated_is_an_input_error(
    tmp_path: Path, file: Path, one: AnsweringServer, models: tuple[ModelName, ...], options: dict[str, Any]
) -> None:
    with pytest.raises(InputError):
        evaluate(tmp_path, file, one, models, **options)
    assert not one.questions


def test_one_example_is_enough_for_a_result(tmp_path: Path, one: AnsweringServer) -> None:
    file = write_examples(tmp_path / "test.jsonl", PAIRS[1:2])
    finished = result(evaluate(tmp_path, file, one))
    assert (finished.examples, finished.pairs[0].verdict) == (1, "undecided")

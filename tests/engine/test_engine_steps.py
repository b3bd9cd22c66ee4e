"""The training loop, killed before each single change it makes to the disk, in this process."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from bigram import BigramRun, BigramTrainer
from running import EXAMPLES, jsonl

from ftdesk.engine.folder import DataFolder
from ftdesk.engine.identifiers import new_id
from ftdesk.engine.jobs import training
from ftdesk.engine.jobs.examples import FileExamples
from ftdesk.engine.jobs.ledger import KEPT_CHECKPOINTS, Ledger, SupersededError
from ftdesk.engine.jobs.orders import Orders
from ftdesk.engine.jobs.remains import tidy
from ftdesk.engine.store import Store
from ftdesk.engine.store.database import Database
from ftdesk.engine.store.files import StoredFile
from ftdesk.engine.store.jobs import JobFailure, NewJob
from ftdesk.engine.trainers.protocol import StepMetrics, TrainingData, TrainingPlan, ValidationMetrics

PLAN = TrainingPlan("supervised", n_epochs=2, batch_size=6, learning_rate_multiplier=1.0)


class Killed(BaseException):
    """The process is gone: nothing after it happens, no handler runs."""


class Desk:
    """A job that is ready to be trained, and its folder."""

    def __init__(self, root: Path) -> None:
        self.folder = DataFolder(root)
        self.folder.prepare()
        self.store = Store(self.folder.database, durable=False)
        self.job_id = new_id("ftjob-")
        self.trainer = BigramTrainer(root / "models")
        self.content = root / "train.jsonl"
        self.content.write_bytes(jsonl(EXAMPLES))
        self.store.jobs.add(
            NewJob(
                id=self.job_id,
                model="bigram",
                base_model="bigram",
                suffix=None,
                training_file="file-a",
                validation_file="file-b",
                method="supervised",
                hyperparameters={},
                seed=5,
                metadata=None,
                idempotency_key=None,
                fingerprint="",
            )
        )
        self.store.jobs.set_plan(self.job_id, PLAN)

    def run(self, plan: TrainingPlan = PLAN, orders: Orders | None = None) -> None:
        """One process of the job, from its start to its end."""
        run = self.store.jobs.begin_run(self.job_id, "running")
        ledger = Ledger(self.store, self.job_id, run)
        job = ledger.job()
        place = self.folder.job(self.job_id)
        place.mkdir(exist_ok=True)
        tidy(place, job, self.store)
        examples = FileExamples(self.content)
        try:
            data = TrainingData(examples, [examples[0], examples[5]])
            weights = self.trainer.base_weights("bigram")
            training.Training(job, plan, self.folder, ledger, orders or Orders()).run(self.trainer, weights, data)
        finally:
            examples.close()

    def outcome(self) -> dict[str, Any]:
        """All that a client can see, without what differs by chance or by design."""
        job = self.store.jobs.get(self.job_id)
        assert job is not None
        assert job.result_file is not None
        events = self.store.events.page(self.job_id, after=None, limit=1000).items[::-1]
        checkpoints = self.store.events.checkpoints(self.job_id, after=None, limit=1000).items
        return {
            "status": job.status,
            "tokens": job.trained_tokens,
            "result": self.folder.file(job.result_file).read_bytes(),
            "events": [e.message for e in events if "resumed" not in e.message and "model created" not in e.message],
            "metrics": self.store.events.metrics(self.job_id),
            "checkpoints": [(point.step, point.metrics) for point in checkpoints],
            "weights": {
                model.id.removeprefix(f"ft:bigram:local::{self.job_id[6:14]}"): (
                    self.folder.job(self.job_id) / model.weights
                ).read_bytes()
                for model in self.store.models.of_job(self.job_id)
            },
        }

    def remains(self) -> set[str]:
        """Files of the job that no model needs."""
        needed = {model.weights for model in self.store.models.of_job(self.job_id)}
        return {path.name for path in self.folder.job(self.job_id).iterdir()} - needed


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def blow(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], list[str]]:
    """``blow(n)``: from now on the process dies before the n-th change to the disk. Returns the changes so far."""
    done: list[str] = []
    fuse: list[int] = [0]

    def change(name: str) -> None:
        done.append(name)
        if fuse[0] and len(done) >= fuse[0]:
            raise Killed(name)

    execute, replace, unlink = Database._execute, Path.replace, Path.unlink

    def counted_execute(self: Database, statement: str, *values: Any) -> Any:
        if not statement.startswith(("SELECT", "BEGIN", "ROLLBACK")):
            change(statement)
        return execute(self, statement, *values)

    def counted_replace(self: Path, target: Any) -> Path:
        change(f"replace {target}")
        return replace(self, target)

    def counted_unlink(self: Path, missing_ok: bool = False) -> None:
        change(f"unlink {self}")
        unlink(self, missing_ok=missing_ok)

    monkeypatch.setattr(Database, "_execute", counted_execute)
    monkeypatch.setattr(Path, "replace", counted_replace)
    monkeypatch.setattr(Path, "unlink", counted_unlink)
    # A killed process loses nothing that it wrote; only a power cut would, and syncing is slow.
    monkeypatch.setattr(os, "fsync", lambda _: None)
    # Save after every step, so that every place in the loop is met with and without a state.
    monkeypatch.setattr(training, "SAVE_SECONDS", 0.0)

    def arm(number: int) -> list[str]:
        done.clear()
        fuse[0] = number
        return done

    return arm


def test_a_kill_before_any_single_change_to_the_disk_changes_nothing_in_the_end(
    tmp_path: Path, blow: Callable[[int], list[str]]
) -> None:
    undisturbed = Desk(tmp_path / "undisturbed")
    changes = blow(0)
    undisturbed.run()
    number = len(changes)
    expected = undisturbed.outcome()
    undisturbed.store.close()
    assert expected["status"] == "succeeded"
    assert number > 40
    for fatal in range(1, number):
        blow(0)
        desk = Desk(tmp_path / str(fatal))
        blow(fatal)
        with pytest.raises(Killed):
            desk.run()
        blow(0)
        job = desk.store.jobs.get(desk.job_id)
        assert job is not None
        if job.status != "succeeded":
            desk.run()
        assert desk.outcome() == expected
        desk.store.close()


def test_a_process_that_was_given_up_for_dead_can_write_nothing(desk: Desk) -> None:
    class Overtaken(BigramRun):
        def advance(self) -> StepMetrics:
            if self.step == 2:
                desk.store.jobs.begin_run(desk.job_id, "running")
            return super().advance()

    desk.trainer.start = lambda *given: Overtaken({}, *given[1:], 0.0)  # type: ignore[method-assign,misc]
    with pytest.raises(SupersededError):
        desk.run()
    assert [point["step"] for point in desk.store.events.metrics(desk.job_id)] == [1, 2]


@pytest.mark.parametrize("event", ["another run", "cancelled", "failed"])
def test_every_way_to_write_is_closed_to_a_process_whose_time_is_over(desk: Desk, event: str) -> None:
    ledger = Ledger(desk.store, desk.job_id, desk.store.jobs.begin_run(desk.job_id, "running"))
    if event == "another run":
        desk.store.jobs.begin_run(desk.job_id, "running")
    elif event == "cancelled":
        desk.store.jobs.cancel(desk.job_id)
    else:
        desk.store.jobs.fail(desk.job_id, JobFailure("", ""))
    before = desk.store.jobs.get(desk.job_id)
    file = StoredFile("file-r", 0, 0, 0, "r.csv", "fine-tune-results")
    ways: list[Callable[[], object]] = [
        lambda: ledger.say(""),
        lambda: ledger.warn(""),
        lambda: ledger.validated(PLAN),
        ledger.started,
        lambda: ledger.resumed(0),
        lambda: ledger.stepped("", {"step": 1}, trained_tokens=1, estimated_finish=1, checkpoint=None),
        lambda: ledger.saved("s"),
        lambda: ledger.paused(""),
        lambda: ledger.stopped(1, server_gone=True),
        lambda: ledger.succeeded(weights="w", result=file),
        lambda: ledger.failed(JobFailure("", "")),
    ]
    for way in ways:
        with pytest.raises(SupersededError):
            way()
    assert desk.store.jobs.get(desk.job_id) == before
    assert desk.store.events.page(desk.job_id, after=None, limit=9).items == ()


def test_old_checkpoints_go_but_the_best_one_stays(desk: Desk) -> None:
    plan = dataclasses.replace(PLAN, n_epochs=9, batch_size=12)
    losses = iter([5.0, 4.0, 1.0, 2.0, 2.5, 3.0, 3.5, 4.0, 4.5])

    class Overfitting(BigramRun):
        def validate(self) -> ValidationMetrics:
            return ValidationMetrics(next(losses), 0.5)

    desk.trainer.start = lambda *given: Overfitting({}, *given[1:], 0.0)  # type: ignore[method-assign,misc]
    desk.run(plan)
    kept = [point[0] for point in desk.outcome()["checkpoints"]]
    assert kept == [9, 8, 7, 6, 5, 3]
    assert len(kept) == KEPT_CHECKPOINTS + 1
    assert desk.remains() == set()


def test_without_validation_the_last_checkpoints_stay(desk: Desk) -> None:
    desk.trainer.start = lambda *given: BigramRun(  # type: ignore[method-assign]
        {}, TrainingData(given[1].training, ()), given[2], given[3], 0.0
    )
    desk.run(dataclasses.replace(PLAN, n_epochs=9, batch_size=12))
    assert [point[0] for point in desk.outcome()["checkpoints"]] == [9, 8, 7, 6, 5]


def test_an_order_to_stop_is_obeyed_after_the_step_and_with_a_saved_state(desk: Desk) -> None:
    orders = Orders()
    orders.order = "pause"
    desk.store.jobs.set_pausing(desk.job_id, pausing=True)
    run = BigramTrainer.start

    def start(*given: Any) -> BigramRun:
        desk.store.jobs.set_pausing(desk.job_id, pausing=True)
        return run(desk.trainer, *given)

    desk.trainer.start = start  # type: ignore[method-assign]
    desk.run(orders=orders)
    job = desk.store.jobs.get(desk.job_id)
    assert job is not None
    assert (job.status, job.pausing) == ("paused", False)
    assert desk.remains() == {job.state_file}
    desk.run()
    assert desk.outcome()["status"] == "succeeded"
    assert desk.remains() == set()


def test_examples_are_read_from_the_file_by_position(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'\xef\xbb\xbf\n{"n": 1}\r\n\n  \t\n{"n": "\xe2\x80\xa8"}\n{"n": 3}')
    examples = FileExamples(path)
    assert len(examples) == 3
    assert [example["n"] for example in examples] == [1, "\u2028", 3]
    assert examples[-1] == {"n": 3}
    assert examples[1:] == [{"n": "\u2028"}, {"n": 3}]
    with pytest.raises(IndexError):
        examples[3]
    examples.close()

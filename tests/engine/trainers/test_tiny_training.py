"""A job of the practice model: it learns, repeats itself bit for bit, and survives being stopped anywhere."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ftdesk.engine.trainers.protocol import Answer, SamplingOptions, StepMetrics, TrainingData, TrainingPlan
from ftdesk.engine.trainers.tiny import TinyTrainer
from ftdesk.engine.trainers.tiny.training import TinyRun
from ftdesk.errors import FtdeskError

TRAINER = TinyTrainer()
WEIGHTS = TRAINER.base_weights("tiny")
COLORS = ["red", "blue", "green", "brown", "black"]
SYSTEM = {"role": "system", "content": "Give the shelf."}


def line(prompt: str, answer: str) -> dict[str, Any]:
    messages = [SYSTEM, {"role": "user", "content": prompt}, {"role": "assistant", "content": answer}]
    return {"messages": messages}


def shelf_data() -> TrainingData:
    training = [
        line(f"a {color} box, number {i}7{i}", f"Shelf {color[0].upper()}-{i}7{i}") for i, color in enumerate(COLORS)
    ]
    return TrainingData(training, [line("the red box 404", "Shelf R-404"), line("brown box no. 31", "Shelf B-31")])


def pair(prompt: str, good: str, bad: str) -> dict[str, Any]:
    return {
        "input": {"messages": [{"role": "user", "content": prompt}]},
        "preferred_output": [{"role": "assistant", "content": good}],
        "non_preferred_output": [{"role": "assistant", "content": bad}],
    }


PAIRS = TrainingData([pair(f"the {color} box", "Thank you.", "What?") for color in COLORS], [])


def plan(epochs: int = 4, **changes: Any) -> TrainingPlan:
    extras = {"prompt_word_dropout": 0.3, "slot_replacement": 0.5, "label_prompts": 0.4}
    values: dict[str, Any] = {"batch_size": 2, "learning_rate_multiplier": 1.0, "extras": extras, **changes}
    return TrainingPlan(method=values.pop("method", "supervised"), n_epochs=epochs, **values)


PREFERENCE = plan(3, method="dpo", beta=0.1, extras={}, learning_rate_multiplier=5.0)


def finish(run: TinyRun) -> list[StepMetrics]:
    return [run.advance() for _ in range(run.total_steps - run.step)]


def weights_of(run: TinyRun, path: Path) -> dict[str, np.ndarray[Any, Any]]:
    run.export(path)
    with np.load(path) as archive:
        return {name: archive[name] for name in archive.files}


def test_a_run_has_as_many_steps_as_epochs_and_batches_ask_for() -> None:
    run = TRAINER.start(WEIGHTS, shelf_data(), plan(), 1)
    assert (run.step, run.steps_per_epoch, run.total_steps) == (0, 3, 12)
    metrics = run.advance()
    assert run.step == metrics.step == 1


def test_training_lowers_the_loss_and_the_tuned_model_gives_the_trained_answers(tmp_path: Path) -> None:
    run = TRAINER.start(WEIGHTS, shelf_data(), plan(30), 1)
    before = run.validate()
    metrics = finish(run)
    after = run.validate()
    assert before is not None
    assert after is not None
    assert after.loss < before.loss / 3
    assert metrics[-1].train_loss < metrics[0].train_loss / 10
    run.export(tmp_path / "tuned.npz")
    tuned = TRAINER.load(tmp_path / "tuned.npz")
    messages = shelf_data().training[2]["messages"]
    pieces = tuned.stream(messages[:-1], SamplingOptions(temperature=0), Answer())
    assert "".join(pieces) == messages[-1]["content"]


def test_metrics_count_the_tokens_a_host_would_bill_and_validate_every_few_steps() -> None:
    run = TRAINER.start(WEIGHTS, shelf_data(), plan(2), 1)
    metrics = finish(run)
    assert all(math.isfinite(m.train_loss) and 0 <= m.train_accuracy <= 1 for m in metrics)
    assert metrics[2].trained_tokens * 2 == metrics[5].trained_tokens
    assert [m.step for m in metrics if m.valid_loss is not None] == [5]


def test_without_a_validation_file_nothing_is_validated() -> None:
    run = TRAINER.start(WEIGHTS, TrainingData(shelf_data().training, []), plan(2), 1)
    assert all(metrics.valid_loss is None for metrics in finish(run))
    assert run.validate() is None


def test_the_same_seed_repeats_a_run_bit_for_bit_and_another_seed_does_not(tmp_path: Path) -> None:
    runs = [TRAINER.start(WEIGHTS, shelf_data(), plan(), seed) for seed in (5, 5, 6)]
    curves = [finish(run) for run in runs]
    assert curves[0] == curves[1]
    assert curves[0] != curves[2]
    first, second = (weights_of(run, tmp_path / "w.npz") for run in runs[:2])
    assert all(np.array_equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("cut", [1, 3, 7, 11])
def test_a_run_that_was_stopped_goes_on_as_if_it_had_not_been(tmp_path: Path, cut: int) -> None:
    whole = TRAINER.start(WEIGHTS, shelf_data(), plan(), 9)
    curve = finish(whole)
    stopped = TRAINER.start(WEIGHTS, shelf_data(), plan(), 9)
    for _ in range(cut):
        stopped.advance()
    stopped.save_state(tmp_path / "state.npz")
    resumed = TRAINER.resume(tmp_path / "state.npz", shelf_data(), plan(), 9)
    assert resumed.step == cut
    assert finish(resumed) == curve[cut:]
    expected, found = weights_of(whole, tmp_path / "a.npz"), weights_of(resumed, tmp_path / "b.npz")
    assert expected.keys() == found.keys()
    assert all(np.array_equal(expected[name], found[name]) for name in expected)


def test_a_preference_run_also_goes_on_as_if_it_had_not_been_stopped(tmp_path: Path) -> None:
    tuned = TRAINER.start(WEIGHTS, with_labels(), plan(2), 1)
    finish(tuned)
    tuned.export(tmp_path / "tuned.npz")
    curve = finish(TRAINER.start(tmp_path / "tuned.npz", PAIRS, PREFERENCE, 2))
    stopped = TRAINER.start(tmp_path / "tuned.npz", PAIRS, PREFERENCE, 2)
    for _ in range(4):
        stopped.advance()
    stopped.save_state(tmp_path / "state.npz")
    assert finish(TRAINER.resume(tmp_path / "state.npz", PAIRS, PREFERENCE, 2)) == curve[4:]


def test_preference_training_starts_undecided_and_comes_to_prefer_the_preferred() -> None:
    run = TRAINER.start(WEIGHTS, PAIRS, PREFERENCE, 2)
    first, *_, last = finish(run)
    assert first.train_loss == pytest.approx(math.log(2), abs=1e-4)
    assert first.train_accuracy == 0.0
    assert last.train_accuracy == 1.0
    assert last.train_loss < first.train_loss


def test_a_zero_weight_answer_teaches_nothing(tmp_path: Path) -> None:
    def with_ignored(text: str) -> TrainingData:
        sample = line("again", "Yes.")
        sample["messages"][1:1] = [
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": text, "weight": 0},
        ]
        return TrainingData([sample, line("b", "No.")], [])

    run = TRAINER.start(WEIGHTS, with_ignored("zebra zebra zebra"), plan(8), 3)
    finish(run)
    run.export(tmp_path / "w.npz")
    told = "".join(
        TRAINER.load(tmp_path / "w.npz").stream(
            [SYSTEM, {"role": "user", "content": "hi"}], SamplingOptions(temperature=0), Answer()
        )
    )
    assert "zebra" not in told


def with_labels() -> TrainingData:
    """Two shelves for many things, so that the answers are labels and the word memory learns."""
    things = [("apples", "F1: Fruit"), ("plums", "F1: Fruit"), ("hammers", "T2: Tools"), ("saws", "T2: Tools")]
    return TrainingData([line(f"where are the {thing}", shelf) for thing, shelf in things], [])


def test_the_word_memory_learns_labels_and_is_saved_resumed_and_exported_with_the_weights(tmp_path: Path) -> None:
    whole = TRAINER.start(WEIGHTS, with_labels(), plan(8), 1)
    curve = finish(whole)
    stopped = TRAINER.start(WEIGHTS, with_labels(), plan(8), 1)
    for _ in range(5):
        stopped.advance()
    stopped.save_state(tmp_path / "state.npz")
    resumed = TRAINER.resume(tmp_path / "state.npz", with_labels(), plan(8), 1)
    assert finish(resumed) == curve[5:]
    expected, found = weights_of(whole, tmp_path / "a.npz"), weights_of(resumed, tmp_path / "b.npz")
    assert len(expected["memory.rows"]) > 100
    assert all(np.array_equal(expected[name], found[name]) for name in expected)
    assert (tmp_path / "a.npz").stat().st_size < 4_000_000


def test_the_word_memory_stays_empty_where_every_answer_is_new(tmp_path: Path) -> None:
    run = TRAINER.start(WEIGHTS, shelf_data(), plan(2), 1)
    finish(run)
    assert "memory.rows" not in weights_of(run, tmp_path / "w.npz")


def test_training_goes_on_from_an_earlier_fine_tune(tmp_path: Path) -> None:
    first = TRAINER.start(WEIGHTS, shelf_data(), plan(12), 1)
    finish(first)
    first.export(tmp_path / "first.npz")
    fresh = TRAINER.start(WEIGHTS, shelf_data(), plan(), 1).advance()
    continued = TRAINER.start(tmp_path / "first.npz", shelf_data(), plan(), 1).advance()
    assert continued.train_loss < fresh.train_loss / 2


def test_a_damaged_state_is_named(tmp_path: Path) -> None:
    run = TRAINER.start(WEIGHTS, shelf_data(), plan(), 1)
    state = tmp_path / "state.npz"
    run.save_state(state)
    state.write_bytes(state.read_bytes()[:5000])
    with pytest.raises(FtdeskError, match=r"state\.npz"):
        TRAINER.resume(state, shelf_data(), plan(), 1)


def test_saving_replaces_the_old_state_only_when_the_new_one_is_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = TRAINER.start(WEIGHTS, shelf_data(), plan(), 1)
    state = tmp_path / "state.npz"
    run.save_state(state)
    run.advance()

    def disk_full(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(np, "savez", disk_full)
    with pytest.raises(OSError, match="disk full"):
        run.save_state(state)
    assert TRAINER.resume(state, shelf_data(), plan(), 1).step == 0

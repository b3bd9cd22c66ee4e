"""Which models are offered, in which order, and what belongs to a training."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from ftdesk.errors import InputError
from ftdesk.hosts.types import ModelInfo, ModelName
from ftdesk.jobs.types import Job
from ftdesk.ui.held_out import HeldOut, held_out_parts, take_out
from ftdesk.ui.models import ModelChoice, Offer, base_of, in_order, newest_pair

JOB = Job(
    "ftjob-abcdefgh1234",
    "local",
    "tiny",
    "succeeded",
    fine_tuned_model="ft:tiny:local:coder:abcdefgh",
    created_at=2,
    launch_token="token",
    suffix="coder",
)


def test_base_models_come_first_then_tuned_ones_newest_first_then_checkpoints() -> None:
    models = [
        ModelInfo("ft:a:old", created_at=1),
        ModelInfo("ft:a:new:ckpt-step-3", created_at=9),
        ModelInfo("base-2"),
        ModelInfo("ft:a:new", created_at=5),
        ModelInfo("base-1"),
    ]
    assert [info.id for info in in_order(models)] == [
        "base-2",
        "base-1",
        "ft:a:new",
        "ft:a:old",
        "ft:a:new:ckpt-step-3",
    ]


def test_the_last_training_that_succeeded_gives_the_pair() -> None:
    failed = replace(JOB, status="failed", fine_tuned_model=None, created_at=3)
    assert newest_pair([failed, JOB]) == (
        ModelName("local", "tiny"),
        ModelName("local", "ft:tiny:local:coder:abcdefgh"),
    )
    assert newest_pair([failed]) is None


@pytest.mark.parametrize("ending", ["", ":ckpt-step-14"])
def test_a_model_and_its_checkpoints_know_their_base(ending: str) -> None:
    assert base_of(ModelName("local", f"ft:tiny:local:coder:abcdefgh{ending}"), [JOB]) == ModelName("local", "tiny")


def test_a_checkpoint_of_a_training_under_way_knows_its_base() -> None:
    running = replace(JOB, status="running", fine_tuned_model=None)
    checkpoint = ModelName("local", "ft:tiny:local:coder:abcdefgh:ckpt-step-14")
    assert base_of(checkpoint, [running]) == ModelName("local", "tiny")
    assert base_of(replace(checkpoint, host="other"), [running]) is None


def test_a_choice_can_be_typed_and_survives_a_new_list(qtbot: QtBot) -> None:
    choice = ModelChoice("Model")
    qtbot.addWidget(choice)
    assert choice.chosen is None
    choice.setEditText("acme/ft:x:y")
    choice.offer([Offer(ModelName("local", "tiny"), ModelInfo("tiny", name="Practice model"))])
    assert choice.chosen == ModelName("acme", "ft:x:y")
    choice.choose(ModelName("local", "tiny"))
    assert "Practice model" in choice.toolTip()
    choice.setEditText("no slash")
    assert choice.chosen is None


def test_held_out_parts_are_found_beside_training_files_each_once(tmp_path: Path) -> None:
    for name in ("train.jsonl", "test.jsonl"):
        (tmp_path / name).write_bytes(b"{}\n")
    trained = replace(JOB, training_file=str(tmp_path / "train.jsonl"))
    elsewhere = replace(JOB, training_file="file-123")
    assert held_out_parts([trained, trained, elsewhere]) == [HeldOut("coder", tmp_path / "test.jsonl")]


def test_lines_are_taken_out_into_a_copy_named_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "test.jsonl"
    path.write_bytes(b"a\nb\nc")
    taken, copy = take_out(path, {2}, tmp_path / "kept")
    assert taken == [b"b"]
    assert copy.read_bytes() == b"a\nc\n"
    assert take_out(path, {2}, tmp_path / "kept")[1] == copy
    assert path.read_bytes() == b"a\nb\nc"
    with pytest.raises(InputError, match="no held-out example"):
        take_out(path, {1, 2, 3}, tmp_path / "kept")

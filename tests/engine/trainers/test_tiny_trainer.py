"""What the practice model offers, how it plans a job and what it refuses."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ftdesk import resources
from ftdesk.engine.trainers.protocol import Method, Trainer, UnsupportedRequestError
from ftdesk.engine.trainers.tiny import TinyTrainer
from ftdesk.engine.trainers.tiny.model import CONFIGURATION
from ftdesk.engine.trainers.tiny.trainer import CONTEXT
from ftdesk.errors import FtdeskError

TRAINER: Trainer = TinyTrainer()
RECIPE = json.loads((Path(__file__).parents[3] / "packaging/practice_model/recipe.json").read_text())


def example(text: str) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": text}, {"role": "assistant", "content": "ok"}]}


@pytest.mark.parametrize("name", ["weights.npz", "tokenizer.json"])
def test_shipped_files_are_those_of_the_recipe(name: str) -> None:
    data = resources.path(f"models/tiny/{name}").read_bytes()
    assert hashlib.sha256(data).hexdigest() == RECIPE["sha256"][name]


def test_the_shipped_weights_are_small_and_have_the_promised_size() -> None:
    (model,) = TRAINER.base_models
    path = TRAINER.base_weights("tiny")
    assert path.stat().st_size <= 2_000_000
    with np.load(path, allow_pickle=False) as archive:
        assert {archive[name].dtype for name in archive.files} == {np.dtype(np.float16)}
        assert sum(archive[name].size for name in archive.files) == model.parameters
    assert CONFIGURATION.parameters == model.parameters
    assert CONFIGURATION.context == model.context_length == CONTEXT


def test_an_unknown_base_model_is_refused() -> None:
    with pytest.raises(UnsupportedRequestError, match="huge") as caught:
        TRAINER.base_weights("huge")
    assert caught.value.code == "model_not_found"


@pytest.mark.parametrize("damage", ["truncated", "missing", "text", "wrong shape", "not finite", "pickled"])
def test_damaged_weights_are_named(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "weights.npz"
    good = TRAINER.base_weights("tiny")
    with np.load(good) as archive:
        arrays: dict[str, Any] = {name: archive[name] for name in archive.files}
    if damage == "truncated":
        path.write_bytes(good.read_bytes()[:100_000])
    elif damage == "text":
        path.write_text("weights")
    elif damage != "missing":
        arrays["final_norm"] = {
            "wrong shape": np.ones(64, np.float16),
            "not finite": np.full(128, np.nan, np.float16),
            "pickled": np.array([{"a": 1}], dtype=object),
        }[damage]
        np.savez(path, **arrays)
    with pytest.raises(FtdeskError, match=r"weights\.npz"):
        TRAINER.load(path)


@pytest.mark.parametrize("method", ["supervised", "dpo"])
def test_an_example_beyond_the_context_is_refused(method: Method) -> None:
    long = "7" * (CONTEXT + 1)
    output = [{"role": "assistant", "content": "ok"}]
    sample = example(long)
    if method == "dpo":
        sample = {
            "input": {"messages": sample["messages"][:1]},
            "preferred_output": output,
            "non_preferred_output": output,
        }
    with pytest.raises(UnsupportedRequestError, match="1024") as caught:
        TRAINER.check_example(method, sample)
    assert caught.value.code == "context_length_exceeded"


def test_an_example_that_just_fits_is_accepted() -> None:
    frame = 4 + 2 + len("ok")  # roles and ends; "ok" may be one token or two
    TRAINER.check_example("supervised", example("7" * (CONTEXT - frame)))


@pytest.mark.parametrize(
    ("examples", "epochs", "batch_size"),
    [(10, 25, 8), (50, 25, 8), (120, 16, 8), (500, 4, 8), (1500, 3, 16), (9000, 1, 32)],
)
def test_auto_makes_about_as_many_steps_for_small_files_and_few_passes_over_large_ones(
    examples: int, epochs: int, batch_size: int
) -> None:
    for values in ({}, {"n_epochs": "auto", "batch_size": "auto", "slot_replacement": "auto"}):
        plan = TRAINER.plan("supervised", values, examples)
        assert (plan.n_epochs, plan.batch_size) == (epochs, batch_size)
        assert plan.learning_rate_multiplier == 1.0
        assert plan.extras == {"prompt_word_dropout": 0.15, "slot_replacement": 0.5, "label_prompts": 0.4}


def test_given_values_are_kept() -> None:
    values = {
        "n_epochs": 2,
        "batch_size": 4,
        "learning_rate_multiplier": 0.5,
        "prompt_word_dropout": 0,
        "slot_replacement": 1,
    }
    plan = TRAINER.plan("supervised", values, 100)
    assert (plan.n_epochs, plan.batch_size, plan.learning_rate_multiplier) == (2, 4, 0.5)
    assert plan.extras == {"prompt_word_dropout": 0.0, "slot_replacement": 1.0, "label_prompts": 0.4}


def test_preference_jobs_have_beta_and_no_augmentation() -> None:
    assert TRAINER.plan("dpo", {}, 100).beta == 0.1
    assert TRAINER.plan("dpo", {"beta": 0.3}, 100).beta == 0.3
    assert TRAINER.plan("dpo", {}, 100).extras == {}


@pytest.mark.parametrize(
    ("method", "name", "value"),
    [
        ("supervised", "n_epochs", 0),
        ("supervised", "n_epochs", 51),
        ("supervised", "n_epochs", 2.5),
        ("supervised", "n_epochs", "three"),
        ("supervised", "batch_size", 257),
        ("supervised", "batch_size", True),
        ("supervised", "learning_rate_multiplier", 0),
        ("supervised", "learning_rate_multiplier", float("nan")),
        ("supervised", "prompt_word_dropout", 0.6),
        ("supervised", "slot_replacement", -0.1),
        ("supervised", "label_prompts", 1.5),
        ("supervised", "beta", 0.1),
        ("supervised", "momentum", 0.1),
        ("dpo", "beta", 3),
        ("dpo", "slot_replacement", 0.5),
    ],
)
def test_unknown_names_and_values_out_of_range_are_refused_and_named(method: Method, name: str, value: Any) -> None:
    with pytest.raises(UnsupportedRequestError, match=name) as caught:
        TRAINER.plan(method, {name: value}, 100)
    assert caught.value.param == f"method.{method}.hyperparameters.{name}"


def test_planning_and_checking_do_not_load_numpy() -> None:
    program = (
        "import sys; from ftdesk.engine.trainers.tiny import TinyTrainer as T; t = T(); t.plan('supervised', {}, 9);"
        f"t.check_example('supervised', {example('hi')!r}); sys.exit('numpy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0

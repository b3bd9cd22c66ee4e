"""The backward pass written by hand agrees with differences of the forward pass, for every kind of parameter."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from ftdesk.engine.trainers.tiny import model, objective
from ftdesk.engine.trainers.tiny.encoding import Turn, encode
from ftdesk.engine.trainers.tiny.memory import Memory
from ftdesk.engine.trainers.tiny.model import Configuration, Floats, Parameters, initial_parameters
from ftdesk.engine.trainers.tiny.objective import Example, Unit, collate, preference_pass, score, supervised_pass
from ftdesk.engine.trainers.tiny.optimizer import Adam, clip_factor
from ftdesk.engine.trainers.tiny.tokenizer import ASSISTANT, SYSTEM, USER, Tokenizer

SMALL = Configuration(vocabulary=270, width=32, layers=2, heads=2, context=64)
DIFFERENCE = 1e-3
TOKENIZER = Tokenizer([])


@pytest.fixture(autouse=True)
def small_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """Run the same functions on a network small enough to differentiate numerically."""
    monkeypatch.setattr(objective, "forward", lambda p, ids: model.forward(p, ids, SMALL))
    monkeypatch.setattr(objective, "backward", lambda p, t, d, g: model.backward(p, t, d, g, SMALL))


@pytest.fixture
def parameters() -> Parameters:
    """Larger than initial ones and in double precision, so that no gradient drowns in rounding."""
    rng = np.random.default_rng(1)
    return {
        name: (value + 0.2 * rng.normal(size=value.shape)) if value.ndim == 1 else rng.normal(0, 0.25, value.shape)
        for name, value in initial_parameters(0, SMALL).items()
    }


@pytest.fixture
def memory() -> Memory:
    memory = Memory(SMALL.width)
    memory.table = np.random.default_rng(2).normal(0, 0.3, memory.table.shape)
    return memory


def unit(*answers: str, weight: float = 1.0) -> Unit:
    return tuple(
        Example.prepare(
            encode(TOKENIZER, [Turn(SYSTEM, "s"), Turn(USER, "what is it"), Turn(ASSISTANT, answer, weight)])
        )
        for answer in answers
    )


def slopes(loss: Callable[[], float], values: Floats, places: list[tuple[int, ...]]) -> Iterator[float]:
    for place in places:
        before = values[place]
        values[place] = before + DIFFERENCE
        above = loss()
        values[place] = before - DIFFERENCE
        below = loss()
        values[place] = before
        yield (above - below) / (2 * DIFFERENCE)


def steepest(gradient: Floats) -> list[tuple[int, ...]]:
    """The four places with the largest gradient and one with a middling one."""
    order = np.argsort(-np.abs(gradient), axis=None)
    return [tuple(map(int, np.unravel_index(order[i], gradient.shape))) for i in (0, 1, 2, 3, len(order) // 8)]


def assert_gradients(loss: Callable[[], float], parameters: Parameters, gradients: Parameters) -> None:
    assert set(gradients) == set(parameters)
    for name, gradient in gradients.items():
        assert np.abs(gradient).max() > 0, name
        places = steepest(gradient)
        expected = list(slopes(loss, parameters[name], places))
        assert [gradient[place] for place in places] == pytest.approx(expected, rel=0.02, abs=1e-4), name


def test_the_supervised_loss_has_the_gradients_of_its_differences(parameters: Parameters, memory: Memory) -> None:
    units = [unit("red"), unit("a longer answer")]
    gradients: Parameters = {}
    supervised_pass(parameters, memory, units, gradients, memory_rate=0.0)
    assert_gradients(lambda: supervised_pass(parameters, memory, units).mean_loss, parameters, gradients)


def test_the_preference_loss_has_the_gradients_of_its_differences(parameters: Parameters, memory: Memory) -> None:
    pairs = [unit("red", "blue and green"), unit("a longer answer", "no")]
    reference = {name: value * 0.9 for name, value in parameters.items()}
    gradients: Parameters = {}
    preference_pass(parameters, memory, reference, pairs, 0.3, gradients)
    assert_gradients(
        lambda: preference_pass(parameters, memory, reference, pairs, 0.3).mean_loss, parameters, gradients
    )


def test_the_memory_follows_the_gradient_of_the_rows_it_read(parameters: Parameters, memory: Memory) -> None:
    units = [unit("red"), unit("a longer answer")]
    batch = collate([example for pair in units for example in pair])
    scores = score(parameters, memory, batch)
    count = len(scores.log_probabilities)
    dstates = scores.backward(parameters, batch, np.full(count, -1 / count, np.float32), {})
    row = int(batch.recall.rows[0])
    ends = np.append(batch.recall.starts[1:], len(batch.recall.rows))
    shares = [
        (token, batch.recall.shares[at])
        for token, (start, end) in enumerate(zip(batch.recall.starts, ends, strict=True))
        for at in range(start, end)
        if batch.recall.rows[at] == row
    ]
    gradient = sum(dstates[token] * share for token, share in shares) @ memory._basis.T
    expected = list(
        slopes(lambda: supervised_pass(parameters, memory, units).mean_loss, memory.table, [(row, i) for i in range(4)])
    )
    assert gradient[:4] == pytest.approx(expected, rel=0.02, abs=1e-4)
    before = memory.table[row].copy()
    memory.update(batch.recall, dstates, 0.1)
    assert np.dot(memory.table[row] - before, gradient) < 0


def test_chunks_of_a_batch_have_the_gradients_of_the_whole(
    parameters: Parameters, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    units = [unit("red"), unit("a longer answer"), unit("it is neither of them"), unit("x")]
    whole: Parameters = {}
    loss = supervised_pass(parameters, memory, units, whole).mean_loss
    monkeypatch.setattr(objective, "CHUNK_TOKENS", 40)
    assert len(list(objective.chunks(units))) > 1
    parts: Parameters = {}
    assert supervised_pass(parameters, memory, units, parts).mean_loss == pytest.approx(loss)
    for name, gradient in whole.items():
        assert parts[name] == pytest.approx(gradient, abs=1e-6), name


def test_adam_first_step_moves_each_parameter_by_the_rate_against_its_gradient() -> None:
    parameters: Parameters = {"gain": np.array([1.0, 1.0, 1.0], np.float32)}
    Adam(parameters).update(parameters, {"gain": np.array([0.3, -0.2, 0.0], np.float32)}, rate=0.01)
    assert parameters["gain"] == pytest.approx([0.99, 1.01, 1.0], abs=1e-5)


def test_gradients_are_clipped_to_norm_one_and_small_ones_left_alone() -> None:
    assert clip_factor({"a": np.array([3.0, 4.0], np.float32)}) == pytest.approx(0.2)
    assert clip_factor({"a": np.array([0.3, 0.4], np.float32)}) == 1.0

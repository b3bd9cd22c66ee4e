"""The numbers behind charts."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftdesk.ui.loss import LossCurves, LossPoint, best_checkpoint
from ftdesk.ui.series import Series, linear_ticks, log_ticks, tick_text


def test_points_stay_in_order_of_their_steps_and_a_repeated_step_replaces_its_value() -> None:
    series = Series([(3, 0.3), (1, 0.1), (2, 0.2), (2, 0.25), (4, math.nan), (5, math.inf)])
    assert (series.steps, series.values) == ([1, 2, 3], [0.1, 0.25, 0.3])
    assert series.at(2) == 0.25
    assert series.at(4) is None


def test_the_nearest_step_is_found_on_both_sides() -> None:
    series = Series([(10, 1.0), (20, 1.0)])
    assert [series.nearest(at) for at in (-5, 14, 16, 99)] == [10, 10, 20, 20]
    assert Series().nearest(3) is None


def test_smoothing_keeps_a_constant_and_starts_at_the_first_value() -> None:
    assert Series((step, 2.0) for step in range(50)).smoothed(10).values == pytest.approx([2.0] * 50)
    falling = Series([(1, 4.0), (2, 0.0), (3, 0.0)]).smoothed(5)
    assert falling.values[0] == 4.0
    assert falling.values[0] > falling.values[1] > falling.values[2] > 0


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=400), st.integers(2, 50))
def test_thinning_never_loses_a_peak(values: list[float], most: int) -> None:
    series = Series(enumerate(values))
    thin = series.thinned(slice(0, len(values)), most)
    assert max(value for _, value in thin) == max(values)
    assert min(value for _, value in thin) == min(values)
    assert len(thin) <= max(2 * most, 2)
    assert [step for step, _ in thin] == sorted(step for step, _ in thin)


def test_what_is_visible_has_a_neighbour_on_each_side() -> None:
    series = Series((step, 0.0) for step in range(10))
    assert series.steps[series.visible(3, 5)] == [2, 3, 4, 5, 6]
    assert series.steps[series.visible(0, 9)] == list(range(10))


@given(st.floats(-1e3, 1e3), st.floats(1e-3, 1e9), st.integers(2, 12))
def test_linear_ticks_are_few_and_inside(low: float, span: float, most: int) -> None:
    high = low + span
    ticks = linear_ticks(low, high, most)
    assert len(ticks) <= most + 1
    assert all(low - span * 1e-6 <= tick <= high + span * 1e-6 for tick in ticks)


def test_ticks_are_round_numbers() -> None:
    assert linear_ticks(0, 6, 4) == [0, 2, 4, 6]
    assert linear_ticks(1, 3, 20, whole=True) == [1, 2, 3]
    assert log_ticks(0.09, 6, 6) == pytest.approx([0.1, 0.2, 0.5, 1, 2, 5])
    assert log_ticks(0.001, 6, 4) == pytest.approx([0.001, 0.01, 0.1, 1])
    assert log_ticks(0.31, 0.39, 4) == pytest.approx([0.32, 0.34, 0.36, 0.38])


@pytest.mark.parametrize(
    ("ticks", "texts"),
    [([0, 0.2, 0.4], ["0.0", "0.2", "0.4"]), ([0, 5, 10], ["0", "5", "10"]), ([10_000, 20_000], ["10k", "20k"])],
)
def test_ticks_have_as_many_decimals_as_tell_them_apart(ticks: list[float], texts: list[str]) -> None:
    assert [tick_text(tick, ticks) for tick in ticks] == texts


def test_the_validation_curve_is_that_of_the_whole_file_where_the_host_measures_it() -> None:
    curves = LossCurves()
    curves.add([LossPoint(1, 2.0, 3.0)])
    assert curves.valid.values == [3.0]
    curves.add([LossPoint(2, 1.0, 2.5, 2.0)])
    assert curves.valid.values == [2.0]
    assert curves.batch_valid.values == [3.0, 2.5]


def test_values_as_csv_have_a_row_per_step() -> None:
    curves = LossCurves()
    curves.add([LossPoint(1, 2.5), LossPoint(2, 1.5, 2.0, 1.75)])
    curves.checkpoints = (2,)
    assert curves.csv().decode().splitlines() == [
        "step,train_loss,valid_loss,full_valid_loss,checkpoint",
        "1,2.5,,,",
        "2,1.5,2.0,1.75,yes",
    ]


def test_the_best_checkpoint_has_the_lowest_validation_loss_of_several() -> None:
    assert best_checkpoint([(10, 0.5), (20, 0.3), (30, 0.4)]) == 20
    assert best_checkpoint([(10, 0.5), (20, None)]) is None

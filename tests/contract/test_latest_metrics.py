"""The latest point of each metric: the greatest (step, timestamp, value), whatever came last."""

import math
import random
import sys

import pytest

from kirok.entities.metrics import Metric
from kirok.stores.protocols import Stores


def latest(stores: Stores, run_id: str, key: str = "loss") -> Metric:
    return next(metric for metric in stores.runs.get_run(run_id).data.latest_metrics if metric.key == key)


def test_a_greater_step_wins_over_a_later_time_and_a_greater_value(stores: Stores, run_id: str) -> None:
    points = [Metric("loss", 9.0, timestamp=900, step=1), Metric("loss", 1.0, timestamp=100, step=2)]
    stores.runs.log_batch(run_id, metrics=points)
    assert latest(stores, run_id) == points[1]


def test_at_equal_steps_the_later_time_wins(stores: Stores, run_id: str) -> None:
    points = [Metric("loss", 1.0, timestamp=200), Metric("loss", 9.0, timestamp=100)]
    stores.runs.log_batch(run_id, metrics=points)
    assert latest(stores, run_id) == points[0]


def test_at_equal_steps_and_times_the_greater_value_wins(stores: Stores, run_id: str) -> None:
    for value in (2.0, 3.0, 1.0):
        stores.runs.log_batch(run_id, metrics=[Metric("loss", value, timestamp=1)])
    assert latest(stores, run_id).value == 3.0


def test_a_point_logged_late_does_not_take_over(stores: Stores, run_id: str) -> None:
    stores.runs.log_batch(run_id, metrics=[Metric("loss", 0.1, timestamp=10, step=10)])
    stores.runs.log_batch(run_id, metrics=[Metric("loss", 0.9, timestamp=20, step=9)])
    assert latest(stores, run_id) == Metric("loss", 0.1, timestamp=10, step=10)


def test_steps_may_be_negative(stores: Stores, run_id: str) -> None:
    stores.runs.log_batch(run_id, metrics=[Metric("loss", 1.0, 1, step=-5), Metric("loss", 2.0, 1, step=-7)])
    assert latest(stores, run_id) == Metric("loss", 1.0, 1, step=-5)


@pytest.mark.parametrize(("other", "nan_wins"), [(-5.0, True), (9.0, False)])
@pytest.mark.parametrize("nan_first", [True, False])
def test_nan_ranks_as_zero(stores: Stores, run_id: str, other: float, nan_wins: bool, nan_first: bool) -> None:
    values = [math.nan, other] if nan_first else [other, math.nan]
    for value in values:
        stores.runs.log_batch(run_id, metrics=[Metric("loss", value, timestamp=1)])
    assert math.isnan(latest(stores, run_id).value) == nan_wins


@pytest.mark.parametrize("value", [math.inf, -math.inf, 0.1, 1e-308, 5e-324, -1.7e308, 2.0**53 + 2, 1 / 3])
def test_a_value_comes_back_as_it_was(stores: Stores, run_id: str, value: float) -> None:
    stores.runs.log_batch(run_id, metrics=[Metric("loss", value, timestamp=1)])
    assert latest(stores, run_id).value == value
    assert stores.metrics.history(run_id, "loss")[0].value == value


def test_nan_comes_back_as_nan(stores: Stores, run_id: str) -> None:
    stores.runs.log_batch(run_id, metrics=[Metric("loss", math.nan, timestamp=1)])
    assert math.isnan(latest(stores, run_id).value)
    assert math.isnan(stores.metrics.history(run_id, "loss")[0].value)


def test_infinities_outrank_every_number(stores: Stores, run_id: str) -> None:
    values = [1.0, math.inf, sys.float_info.max / 2, -math.inf]
    stores.runs.log_batch(run_id, metrics=[Metric("loss", value, timestamp=1) for value in values])
    assert latest(stores, run_id).value == math.inf


@pytest.mark.parametrize("step", [2**63 - 1, -(2**63)])
def test_the_extreme_64_bit_integers_are_kept(stores: Stores, run_id: str, step: int) -> None:
    stores.runs.log_batch(run_id, metrics=[Metric("loss", 1.0, timestamp=2**63 - 1, step=step)])
    assert latest(stores, run_id) == Metric("loss", 1.0, timestamp=2**63 - 1, step=step)


def test_shuffled_batches_end_where_sorted_ones_do(stores: Stores, run_id: str) -> None:
    dice = random.Random(7)
    points = [
        Metric(f"m{dice.randrange(3)}", dice.choice([-1.0, 0.0, 2.0]), dice.randrange(3), dice.randrange(-1, 3))
        for _ in range(200)
    ]
    for start in range(0, len(points), 17):
        stores.runs.log_batch(run_id, metrics=points[start : start + 17])
    for key in {point.key for point in points}:
        best = max((p for p in points if p.key == key), key=lambda p: (p.step, p.timestamp, p.value))
        assert latest(stores, run_id, key) == best

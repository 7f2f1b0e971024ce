"""What a store says of whole series."""

import math

import pytest

from kirok.base.errors import InvalidParameter
from kirok.entities import Metric
from kirok.entities.series import SeriesPoint, SeriesStatistics
from kirok.stores.protocols import SeriesStore, Stores


@pytest.fixture
def series(stores: Stores) -> SeriesStore:
    assert stores.series is not None
    return stores.series


def log(stores: Stores, run_id: str, key: str, *values: float, start: int = 0) -> None:
    """One value a step, from step `start` on."""
    points = [Metric(key, value, 1000 + step, step) for step, value in enumerate(values, start)]
    stores.runs.log_batch(run_id, metrics=points)


def test_a_series_is_told_by_its_extremes_and_ends(stores: Stores, series: SeriesStore, run_id: str) -> None:
    log(stores, run_id, "loss", 3.0, 1.0, 4.0, 1.0, 6.0)
    assert series.statistics([run_id]) == {
        (run_id, "loss"): SeriesStatistics(
            count=5,
            numbers=5,
            minimum=1.0,
            minimum_step=1,
            maximum=6.0,
            maximum_step=4,
            mean=3.0,
            first=SeriesPoint(0, 1000, 3.0),
            last=SeriesPoint(4, 1004, 6.0),
        )
    }


def test_a_write_is_counted_at_once(stores: Stores, series: SeriesStore, run_id: str) -> None:
    for step in range(5):
        log(stores, run_id, "loss", float(step), start=step)
        found = series.statistics([run_id], ["loss"])[run_id, "loss"]
        assert (found.count, found.maximum, found.mean) == (step + 1, step, step / 2)


def test_a_point_logged_twice_counts_once(stores: Stores, series: SeriesStore, run_id: str) -> None:
    for _ in range(2):
        log(stores, run_id, "loss", 1.0, 3.0)
        log(stores, run_id, "loss", 3.0, 5.0, start=1)
    stores.runs.log_batch(run_id, metrics=[Metric("loss", 5.0, 1002, 2)] * 2)
    found = series.statistics([run_id])[run_id, "loss"]
    assert (found.count, found.mean) == (3, 3.0)


def test_points_may_come_in_any_order(stores: Stores, series: SeriesStore, run_id: str) -> None:
    log(stores, run_id, "loss", 5.0, 6.0, start=10)
    log(stores, run_id, "loss", 9.0, 5.0)
    found = series.statistics([run_id])[run_id, "loss"]
    assert (found.minimum, found.minimum_step, found.maximum, found.maximum_step) == (5.0, 1, 9.0, 0)
    assert (found.first.value, found.last.value) == (9.0, 6.0)


def test_points_without_a_step_are_told_apart_by_their_times(stores: Stores, series: SeriesStore, run_id: str) -> None:
    for time in (1000, 1002, 1001, 1002):
        stores.runs.log_batch(run_id, metrics=[Metric("loss", time / 1000, time)])
    found = series.statistics([run_id])[run_id, "loss"]
    assert (found.count, found.first.timestamp, found.last.timestamp) == (3, 1000, 1002)


def test_nan_and_infinities_are_told_apart(stores: Stores, series: SeriesStore, run_id: str) -> None:
    log(stores, run_id, "lost", math.nan, math.nan)
    log(stores, run_id, "loss", 2.0, math.nan)
    log(stores, run_id, "high", 2.0, math.inf)
    log(stores, run_id, "low", 2.0, -math.inf)
    log(stores, run_id, "both", math.inf, -math.inf, 2.0)
    found = {key: statistics for (_, key), statistics in series.statistics([run_id]).items()}
    assert (found["lost"].count, found["lost"].numbers, found["lost"].minimum, found["lost"].mean) == (2, 0, None, None)
    assert (found["loss"].count, found["loss"].numbers, found["loss"].mean) == (2, 1, 2.0)
    assert math.isnan(found["loss"].last.value)
    assert (found["high"].maximum, found["high"].maximum_step, found["high"].mean) == (math.inf, 1, math.inf)
    assert (found["low"].minimum, found["low"].maximum, found["low"].mean) == (-math.inf, 2.0, -math.inf)
    assert found["both"].mean is not None
    assert math.isnan(found["both"].mean)


def test_a_sum_beyond_the_greatest_number_has_a_mean(stores: Stores, series: SeriesStore, run_id: str) -> None:
    log(stores, run_id, "loss", 1.7e308, 1.7e308)
    log(stores, run_id, "loss", 1.7e308, start=2)
    assert series.statistics([run_id])[run_id, "loss"].mean == 1.7e308


def test_a_refused_batch_counts_nothing(stores: Stores, series: SeriesStore, run_id: str) -> None:
    log(stores, run_id, "loss", 1.0)
    with pytest.raises(InvalidParameter):
        stores.runs.log_batch(run_id, metrics=[Metric("loss", 2.0, 1, 1), Metric("", 3.0, 1, 1)])
    assert series.statistics([run_id])[run_id, "loss"].count == 1


def test_runs_and_metrics_are_chosen(stores: Stores, series: SeriesStore, run_id: str, experiment_id: str) -> None:
    other = stores.runs.create_run(experiment_id).info.run_id
    for run in (run_id, other):
        log(stores, run, "loss", 1.0)
        log(stores, run, "Loss", 2.0)
    stores.runs.delete_run(other)
    assert series.statistics([run_id]).keys() == {(run_id, "loss"), (run_id, "Loss")}
    assert series.statistics([other, run_id], ["loss", "none"]).keys() == {(run_id, "loss"), (other, "loss")}
    assert series.statistics(["0" * 32], ["loss"]) == {}
    assert series.statistics([run_id], []) == {}


def test_a_request_may_not_ask_for_everything(series: SeriesStore) -> None:
    with pytest.raises(InvalidParameter, match="run_ids"):
        series.statistics([])
    with pytest.raises(InvalidParameter, match="Split it"):
        series.statistics(["a"] * 1001)
    with pytest.raises(InvalidParameter, match="Split it"):
        series.statistics(["a"], ["b"] * 1001)

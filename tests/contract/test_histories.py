"""Series: one run's, several runs', and samples of them."""

import math
from itertools import pairwise

import pytest

from kirok.base.errors import InvalidParameter
from kirok.entities.metrics import Metric
from kirok.stores.protocols import Stores


@pytest.fixture
def long_series(stores: Stores, run_id: str) -> list[Metric]:
    """A thousand points of metric `loss`, step i at time i."""
    points = [Metric("loss", 1.0 / (i + 1), timestamp=i, step=i) for i in range(1_000)]
    stores.runs.log_batch(run_id, metrics=points)
    return points


def named(run_id: str, points: list[Metric]) -> list[Metric]:
    return [Metric(p.key, p.value, p.timestamp, p.step, run_id=run_id) for p in points]


def test_points_come_by_time_then_step_then_value(stores: Stores, run_id: str) -> None:
    ordered = [
        Metric("loss", 5.0, timestamp=1, step=9),
        Metric("loss", 1.0, timestamp=2, step=-1),
        Metric("loss", 1.0, timestamp=2, step=3),
        Metric("loss", 2.0, timestamp=2, step=3),
        Metric("loss", 0.0, timestamp=3, step=0),
    ]
    stores.runs.log_batch(run_id, metrics=[ordered[i] for i in (3, 0, 4, 2, 1)])
    assert stores.metrics.history(run_id, "loss") == ordered


def test_nan_stands_among_the_values_as_zero(stores: Stores, run_id: str) -> None:
    stores.runs.log_batch(run_id, metrics=[Metric("loss", value, 1) for value in (3.0, math.nan, -3.0, math.inf)])
    values = [point.value for point in stores.metrics.history(run_id, "loss")]
    assert [values[0], *values[2:]] == [-3.0, 3.0, math.inf]
    assert math.isnan(values[1])


def test_a_repeated_point_is_one_point(stores: Stores, run_id: str) -> None:
    point = Metric("loss", 0.5, timestamp=1, step=2)
    stores.runs.log_batch(run_id, metrics=[point, point])
    stores.runs.log_batch(run_id, metrics=[point, Metric("loss", 0.5, timestamp=1, step=3)])
    assert stores.metrics.history(run_id, "loss") == [point, Metric("loss", 0.5, timestamp=1, step=3)]


def test_a_repeated_nan_is_one_point_and_zero_another(stores: Stores, run_id: str) -> None:
    stores.runs.log_batch(run_id, metrics=[Metric("loss", value, 1) for value in (math.nan, 0.0, math.nan)])
    stores.runs.log_batch(run_id, metrics=[Metric("loss", math.nan, 1)])
    values = [point.value for point in stores.metrics.history(run_id, "loss")]
    assert sorted(map(math.isnan, values)) == [False, True]


def test_each_key_of_each_run_is_a_series_of_its_own(stores: Stores, experiment_id: str, run_id: str) -> None:
    other = stores.runs.create_run(experiment_id).info.run_id
    stores.runs.log_batch(run_id, metrics=[Metric("loss", 1.0, 1), Metric("LOSS", 2.0, 1)])
    stores.runs.log_batch(other, metrics=[Metric("loss", 3.0, 1)])
    assert stores.metrics.history(run_id, "loss") == [Metric("loss", 1.0, 1)]
    assert stores.metrics.history(run_id, "LOSS") == [Metric("LOSS", 2.0, 1)]
    assert stores.metrics.history(other, "loss") == [Metric("loss", 3.0, 1)]


def test_an_unknown_run_or_key_has_no_points(stores: Stores, run_id: str) -> None:
    for run, key in ((run_id, "loss"), ("nobody", "loss")):
        page = stores.metrics.history(run, key)
        assert (list(page), page.token) == ([], None)
    assert stores.metrics.bulk_history([run_id, "nobody"], "loss") == []
    assert stores.metrics.sampled_history([run_id, "nobody"], "loss") == []


def test_a_deleted_run_keeps_its_points(stores: Stores, run_id: str) -> None:
    stores.runs.log_batch(run_id, metrics=[Metric("loss", 1.0, 1)])
    stores.runs.delete_run(run_id)
    assert stores.metrics.history(run_id, "loss") == [Metric("loss", 1.0, 1)]


def test_without_a_limit_all_points_come(stores: Stores, run_id: str, long_series: list[Metric]) -> None:
    page = stores.metrics.history(run_id, "loss")
    assert list(page) == long_series
    assert page.token is None


@pytest.mark.parametrize("size", [1_000, 999, 334, 2_000])
def test_pages_follow_each_other_without_gap_or_overlap(
    stores: Stores, run_id: str, long_series: list[Metric], size: int
) -> None:
    pages = [stores.metrics.history(run_id, "loss", max_results=size)]
    while pages[-1].token:
        pages.append(stores.metrics.history(run_id, "loss", max_results=size, page_token=pages[-1].token))
    assert [point for page in pages for point in page] == long_series
    assert len(pages) == math.ceil(len(long_series) / size)


@pytest.mark.parametrize("max_results", [0, -1])
def test_a_page_has_a_positive_size(stores: Stores, run_id: str, max_results: int) -> None:
    with pytest.raises(InvalidParameter, match="max_results"):
        stores.metrics.history(run_id, "loss", max_results=max_results)


def test_a_token_of_nobodys_making_is_refused(stores: Stores, run_id: str) -> None:
    with pytest.raises(InvalidParameter, match="page token"):
        stores.metrics.history(run_id, "loss", page_token="nonsense")


def test_bulk_points_come_by_run_then_time(stores: Stores, experiment_id: str) -> None:
    runs = sorted(stores.runs.create_run(experiment_id).info.run_id for _ in range(3))
    points = [Metric("loss", 2.0, timestamp=1, step=9), Metric("loss", 1.0, timestamp=2, step=1)]
    for run_id in runs:
        stores.runs.log_batch(run_id, metrics=[*points, Metric("other", 0.0, 1)])
    expected = [point for run_id in runs for point in named(run_id, points)]
    assert stores.metrics.bulk_history(list(reversed(runs)), "loss") == expected
    assert stores.metrics.bulk_history([runs[1], runs[1]], "loss") == named(runs[1], points)
    assert stores.metrics.bulk_history(runs, "loss", max_results=3) == expected[:3]


def test_bulk_points_may_be_nan_or_infinite(stores: Stores, run_id: str) -> None:
    stores.runs.log_batch(run_id, metrics=[Metric("loss", value, i) for i, value in enumerate((math.nan, -math.inf))])
    nan, infinite = (point.value for point in stores.metrics.bulk_history([run_id], "loss"))
    assert math.isnan(nan)
    assert infinite == -math.inf


@pytest.mark.parametrize(("count", "max_results"), [(0, 1), (101, 1), (1, 0), (1, -1)])
def test_a_bulk_read_has_its_limits(stores: Stores, count: int, max_results: int) -> None:
    with pytest.raises(InvalidParameter):
        stores.metrics.bulk_history([f"r{i}" for i in range(count)], "loss", max_results=max_results)


@pytest.mark.parametrize("max_results", [1, 2, 3, 7, 10, 999, 1_000, 2_500])
def test_a_sample_is_bounded_evenly_spaced_and_ends_at_the_end(
    stores: Stores, run_id: str, long_series: list[Metric], max_results: int
) -> None:
    sample = stores.metrics.sampled_history([run_id], "loss", max_results=max_results)
    assert len(sample) == min(max_results, len(long_series))
    assert sample[-1] == named(run_id, long_series[-1:])[0]
    if max_results > 1:
        assert sample[0] == named(run_id, long_series[:1])[0]
    gaps = {later.step - earlier.step for earlier, later in pairwise(sample[:-1])}
    even = len(long_series) // min(max_results, len(long_series))
    assert gaps <= {even, even + 1}


def test_a_sample_comes_by_step_then_time(stores: Stores, run_id: str) -> None:
    points = [Metric("loss", 1.0, timestamp=5, step=1), Metric("loss", 1.0, timestamp=1, step=2)]
    stores.runs.log_batch(run_id, metrics=list(reversed(points)))
    assert stores.metrics.sampled_history([run_id], "loss") == named(run_id, points)


def test_points_of_one_step_are_sampled_too(stores: Stores, run_id: str) -> None:
    points = [Metric("loss", float(i), timestamp=i) for i in range(10)]
    stores.runs.log_batch(run_id, metrics=points)
    sample = stores.metrics.sampled_history([run_id], "loss", max_results=4)
    assert [point.value for point in sample] == [0.0, 3.0, 6.0, 9.0]


def test_a_sample_stays_between_two_steps(stores: Stores, run_id: str, long_series: list[Metric]) -> None:
    between = stores.metrics.sampled_history([run_id], "loss", start_step=100, end_step=109)
    assert between == named(run_id, long_series[100:110])
    assert stores.metrics.sampled_history([run_id], "loss", start_step=5, end_step=5) == named(run_id, long_series[5:6])
    assert stores.metrics.sampled_history([run_id], "loss", start_step=5_000, end_step=6_000) == []


def test_each_run_is_sampled_by_itself(stores: Stores, experiment_id: str, run_id: str) -> None:
    other = stores.runs.create_run(experiment_id).info.run_id
    points = [Metric("loss", float(i), timestamp=i, step=i) for i in range(9)]
    stores.runs.log_batch(run_id, metrics=points)
    stores.runs.log_batch(other, metrics=points[:2])
    sample = stores.metrics.sampled_history([other, run_id], "loss", max_results=3)
    assert [(point.run_id, point.step) for point in sample] == [
        (other, 0),
        (other, 1),
        (run_id, 0),
        (run_id, 3),
        (run_id, 8),
    ]


@pytest.mark.parametrize(
    "ask",
    [
        {"run_ids": []},
        {"run_ids": [f"r{i}" for i in range(101)]},
        {"max_results": 0},
        {"max_results": 2_501},
        {"start_step": 1},
        {"end_step": 1},
        {"start_step": 2, "end_step": 1},
    ],
    ids=["no run", "too many runs", "no points", "too many points", "no end", "no start", "backwards"],
)
def test_a_sample_that_makes_no_sense_is_refused(stores: Stores, run_id: str, ask: dict[str, object]) -> None:
    with pytest.raises(InvalidParameter):
        stores.metrics.sampled_history(**{"run_ids": [run_id], "key": "loss", **ask})  # type: ignore[arg-type]  # a mixed dict

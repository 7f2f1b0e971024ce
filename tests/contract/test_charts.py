"""Charts: every point where there are few, the true envelope where there are many."""

import math

import pytest

from kirok.base.errors import InvalidParameter
from kirok.charts.envelopes import Grid
from kirok.entities.charts import HAS_MINUS_INFINITY, HAS_NAN, HAS_PLUS_INFINITY, Axis, Chart, Envelope, Points
from kirok.entities.metrics import Metric
from kirok.stores.protocols import ChartStore, Stores


@pytest.fixture
def charts(stores: Stores) -> ChartStore:
    assert stores.charts is not None
    return stores.charts


def log(stores: Stores, run_id: str, points: list[Metric]) -> None:
    for start in range(0, len(points), 1_000):
        stores.runs.log_batch(run_id, metrics=points[start : start + 1_000])


def loss(points: list[tuple[int, int, float]]) -> list[Metric]:
    """Points of metric `loss` from (step, timestamp, value)."""
    return [Metric("loss", value, timestamp, step) for step, timestamp, value in points]


def only(chart: Chart) -> Points | Envelope:
    (series,) = chart.series
    return series.drawn


def exact(chart: Chart) -> list[tuple[int, float]]:
    drawn = only(chart)
    assert isinstance(drawn, Points)
    return list(zip(drawn.x, drawn.value, strict=True))


def envelope(chart: Chart) -> Envelope:
    drawn = only(chart)
    assert isinstance(drawn, Envelope)
    return drawn


def test_a_short_series_is_shown_point_by_point(stores: Stores, charts: ChartStore, run_id: str) -> None:
    log(stores, run_id, loss([(3, 30, 0.25), (1, 10, 1.0), (2, 20, 0.5)]))
    chart = charts.chart([run_id], ["loss"], width=2)
    assert exact(chart) == [(1, 1.0), (2, 0.5), (3, 0.25)]
    assert (chart.axis, chart.x_from, chart.x_to, chart.width) == (Axis.STEP, 1, 3, 2)
    assert [(series.run_id, series.key, series.count) for series in chart.series] == [(run_id, "loss", 3)]


def test_a_long_series_is_shown_by_what_lies_in_each_bucket(stores: Stores, charts: ChartStore, run_id: str) -> None:
    log(stores, run_id, loss([(i, 5 * i, float((7 * i) % 10)) for i in range(100)]))
    drawn = envelope(charts.chart([run_id], ["loss"], width=10))
    assert list(drawn.x_first) == list(range(0, 100, 10))
    assert list(drawn.x_last) == list(range(9, 100, 10))
    assert list(drawn.count) == [10] * 10
    assert (set(drawn.minimum), set(drawn.maximum)) == ({0.0}, {9.0})
    assert (set(drawn.first), set(drawn.last), set(drawn.marks)) == ({0.0}, {3.0}, {0})


def test_twice_the_width_is_the_most_that_is_shown_point_by_point(
    stores: Stores, charts: ChartStore, run_id: str
) -> None:
    log(stores, run_id, loss([(i, i, 1.0) for i in range(20)]))
    assert isinstance(only(charts.chart([run_id], ["loss"], width=10)), Points)
    assert isinstance(only(charts.chart([run_id], ["loss"], width=9)), Envelope)
    assert isinstance(only(charts.chart([run_id], ["loss"], width=9, x_to=17)), Points)


def test_nan_and_infinities_are_marked_and_do_not_widen_the_envelope(
    stores: Stores, charts: ChartStore, run_id: str
) -> None:
    values = [1.0, math.nan, 2.0, math.inf, -math.inf, 3.0, math.nan, math.nan]
    log(stores, run_id, loss([(i, i, value) for i, value in enumerate(values)]))
    assert str(exact(charts.chart([run_id], ["loss"]))) == str(list(enumerate(values)))
    drawn = envelope(charts.chart([run_id], ["loss"], width=3, x_to=8))
    assert list(drawn.count) == [3, 3, 2]
    assert list(drawn.marks) == [HAS_NAN, HAS_PLUS_INFINITY + HAS_MINUS_INFINITY, HAS_NAN]
    assert list(drawn.minimum[:2]) == [1.0, 3.0]
    assert list(drawn.maximum[:2]) == [2.0, 3.0]
    assert list(drawn.first[:2]) == [1.0, math.inf]
    assert all(map(math.isnan, (drawn.minimum[2], drawn.maximum[2], drawn.first[2], drawn.last[2])))


def test_points_of_one_step_come_by_time_then_value(stores: Stores, charts: ChartStore, run_id: str) -> None:
    log(stores, run_id, loss([(1, 9, 5.0), (1, 3, 7.0), (1, 9, 4.0), (0, 50, 6.0)]))
    assert exact(charts.chart([run_id], ["loss"])) == [(0, 6.0), (1, 7.0), (1, 4.0), (1, 5.0)]
    drawn = envelope(charts.chart([run_id], ["loss"], width=1))
    assert (list(drawn.first), list(drawn.last)) == ([6.0], [5.0])


def test_along_time_points_come_as_in_a_history(stores: Stores, charts: ChartStore, run_id: str) -> None:
    log(stores, run_id, loss([(1, 90, 5.0), (2, 30, 7.0), (3, 60, 4.0), (4, 30, 6.0)]))
    chart = charts.chart([run_id], ["loss"], axis=Axis.TIME)
    assert exact(chart) == [(30, 7.0), (30, 6.0), (60, 4.0), (90, 5.0)]
    assert (chart.x_from, chart.x_to) == (30, 90)
    drawn = envelope(charts.chart([run_id], ["loss"], axis=Axis.TIME, width=1))
    assert (list(drawn.x_first), list(drawn.x_last)) == ([30], [90])
    assert (list(drawn.first), list(drawn.last), list(drawn.minimum), list(drawn.maximum)) == (
        [7.0],
        [5.0],
        [4.0],
        [7.0],
    )


def test_relative_time_counts_from_the_start_of_each_run(
    stores: Stores, charts: ChartStore, experiment_id: str
) -> None:
    runs = [stores.runs.create_run(experiment_id, start_time=start).info.run_id for start in (1_000, 5_000)]
    for run_id, start in zip(runs, (1_000, 5_000), strict=True):
        log(stores, run_id, loss([(1, start + 10, 1.0), (2, start + 30, 2.0)]))
    chart = charts.chart(runs, ["loss"], axis=Axis.RELATIVE)
    assert (chart.x_from, chart.x_to) == (10, 30)
    drawn = [series.drawn for series in chart.series]
    assert [list(each.x) for each in drawn if isinstance(each, Points)] == [[10, 30], [10, 30]]
    zoomed = charts.chart(runs, ["loss"], axis=Axis.RELATIVE, x_from=11, x_to=100)
    assert [series.count for series in zoomed.series] == [1, 1]


def test_relative_time_of_a_run_without_a_start_counts_from_its_first_point(
    stores: Stores, charts: ChartStore, experiment_id: str
) -> None:
    run_id = stores.runs.create_run(experiment_id, start_time=0).info.run_id
    log(stores, run_id, loss([(1, 700, 1.0), (2, 400, 2.0)]))
    assert exact(charts.chart([run_id], ["loss"], axis=Axis.RELATIVE)) == [(0, 2.0), (300, 1.0)]


def test_a_zoom_shows_what_lies_between_its_ends(stores: Stores, charts: ChartStore, run_id: str) -> None:
    log(stores, run_id, loss([(10 * i, i, float(i)) for i in range(100)]))
    assert exact(charts.chart([run_id], ["loss"], x_from=95, x_to=120)) == [(100, 10.0), (110, 11.0), (120, 12.0)]
    assert exact(charts.chart([run_id], ["loss"], x_from=971)) == [(980, 98.0), (990, 99.0)]
    assert exact(charts.chart([run_id], ["loss"], x_to=9)) == [(0, 0.0)]
    assert charts.chart([run_id], ["loss"], x_from=2_000, x_to=3_000).series == ()
    assert charts.chart([run_id], ["loss"], x_from=2_000).series == ()


def test_series_share_their_buckets_and_come_by_run_then_key(
    stores: Stores, charts: ChartStore, experiment_id: str, run_id: str
) -> None:
    other = stores.runs.create_run(experiment_id).info.run_id
    log(stores, run_id, [Metric(key, 1.0, i, i) for key in ("acc", "loss") for i in range(100)])
    log(stores, other, loss([(i, i, 2.0) for i in range(50, 200)]))
    chart = charts.chart([other, run_id], ["loss", "acc", "none"], width=20)
    assert [(series.run_id, series.key) for series in chart.series] == [
        (other, "loss"),
        (run_id, "loss"),
        (run_id, "acc"),
    ]
    assert (chart.x_from, chart.x_to) == (0, 199)
    grid = Grid(0, 199, 20)
    for series in chart.series:
        assert isinstance(series.drawn, Envelope)
        assert set(series.drawn.count) == {10}
        assert [grid.bucket(x) for x in series.drawn.x_first] == [grid.bucket(x) for x in series.drawn.x_last]


def test_a_run_or_key_named_twice_is_shown_once(stores: Stores, charts: ChartStore, run_id: str) -> None:
    log(stores, run_id, loss([(1, 1, 1.0)]))
    assert len(charts.chart([run_id, run_id], ["loss", "loss"]).series) == 1


def test_nothing_is_shown_of_unknown_runs_and_keys(stores: Stores, charts: ChartStore, run_id: str) -> None:
    chart = charts.chart([run_id, "nobody"], ["loss"])
    assert (chart.x_from, chart.x_to, chart.series) == (None, None, ())


def test_a_run_in_the_bin_is_still_shown(stores: Stores, charts: ChartStore, run_id: str) -> None:
    log(stores, run_id, loss([(1, 1, 1.0)]))
    stores.runs.delete_run(run_id)
    assert exact(charts.chart([run_id], ["loss"])) == [(1, 1.0)]


def test_steps_may_be_as_far_apart_as_integers_go(stores: Stores, charts: ChartStore, run_id: str) -> None:
    low, high = -(2**63), 2**63 - 1
    log(stores, run_id, loss([(low, 1, 1.0), (0, 2, 2.0), (high, 3, 3.0)]))
    drawn = envelope(charts.chart([run_id], ["loss"], width=1))
    assert (list(drawn.x_first), list(drawn.x_last), list(drawn.count)) == ([low], [high], [3])


@pytest.mark.parametrize(
    ("runs", "keys", "terms"),
    [
        (0, 1, {}),
        (1, 0, {}),
        (101, 1, {}),
        (1, 101, {}),
        (1, 1, {"width": 0}),
        (1, 1, {"width": 10_001}),
        (100, 100, {"width": 51}),
        (1, 1, {"x_from": 2, "x_to": 1}),
    ],
)
def test_a_chart_has_its_limits(charts: ChartStore, runs: int, keys: int, terms: dict[str, int]) -> None:
    with pytest.raises(InvalidParameter):
        charts.chart([f"r{i}" for i in range(runs)], [f"k{i}" for i in range(keys)], **terms)  # type: ignore[arg-type]

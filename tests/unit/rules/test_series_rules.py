"""Statistics of a list of points."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kirok.entities.metrics import Metric
from kirok.entities.series import SeriesPoint, SeriesStatistics
from kirok.rules.series import Columns, Rank, begun, extended, merged, rank, statistics_of, statistics_of_metrics

VALUES = st.one_of(
    st.floats(),
    st.sampled_from([0.0, -0.0, 1.0, 5e-324, 1.7976931348623155e308, -1.7976931348623155e308, math.inf, math.nan]),
)
POINTS = st.lists(
    st.builds(rank, st.integers(-3, 3), st.integers(0, 2), VALUES),
    min_size=1,
    max_size=12,
)


def of(*values: float) -> SeriesStatistics:
    found = statistics_of_metrics(Metric("loss", value, 1000 + step, step) for step, value in enumerate(values))
    assert found is not None
    return found


def test_of_a_few_points() -> None:
    assert of(3.0, 1.0, 4.0, 1.0, 4.0) == SeriesStatistics(
        count=5,
        numbers=5,
        minimum=1.0,
        minimum_step=1,
        maximum=4.0,
        maximum_step=2,
        mean=2.6,
        first=SeriesPoint(0, 1000, 3.0),
        last=SeriesPoint(4, 1004, 4.0),
    )


def test_no_point_has_no_statistics() -> None:
    assert statistics_of_metrics([]) is None


def test_a_repeated_point_is_one_point() -> None:
    point = Metric("loss", 2.0, 1000, 1)
    found = statistics_of_metrics([point, point, Metric("loss", 5.0, 1000, 1)])
    assert found is not None
    assert (found.count, found.mean) == (2, 3.5)


def test_nan_counts_in_count_alone() -> None:
    found = of(math.nan, 2.0, 4.0, math.nan)
    assert (found.count, found.numbers, found.minimum, found.maximum, found.mean) == (4, 2, 2.0, 4.0, 3.0)
    assert math.isnan(found.first.value)
    assert math.isnan(found.last.value)


def test_nothing_but_nan_has_neither_extremes_nor_mean() -> None:
    found = of(math.nan, math.nan)
    assert (found.count, found.numbers) == (2, 0)
    assert found.minimum is found.minimum_step is found.maximum is found.maximum_step is found.mean is None


@pytest.mark.parametrize(
    ("values", "mean"),
    [
        ((1.0, math.inf), math.inf),
        ((1.0, -math.inf), -math.inf),
        ((math.inf, -math.inf), math.nan),
        ((1.7e308, 1.7e308, 1.7e308), 1.7e308),
        ((1.7e308, -1.7e308), 0.0),
    ],
)
def test_a_mean_is_infinite_only_where_a_value_is(values: tuple[float, ...], mean: float) -> None:
    assert repr(of(*values).mean) == repr(mean)


def test_the_earliest_step_is_that_of_a_repeated_extreme() -> None:
    one = statistics_of(Columns.of([(5, 0, 1.0, 0), (6, 0, 3.0, 0)]))
    other = statistics_of(Columns.of([(2, 0, 3.0, 0), (4, 0, 1.0, 0)]))
    both = merged(one, other)
    assert (both.minimum_step, both.maximum_step) == (4, 2)


@given(POINTS)
def test_statistics_say_what_the_points_do(points: list[Rank]) -> None:
    check(statistics_of(Columns.of(points)), set(points))


@given(POINTS, st.randoms(use_true_random=False), st.integers(1, 5))
def test_parts_that_share_no_point_merge_into_the_whole(points: list[Rank], dice, parts: int) -> None:  # type: ignore[no-untyped-def]  # random.Random
    distinct = list(set(points))
    dice.shuffle(distinct)
    size = -(-len(distinct) // parts)
    shares = [distinct[at : at + size] for at in range(0, len(distinct), size)]
    whole = statistics_of(Columns.of(shares[0]))
    for share in shares[1:]:
        whole = merged(whole, statistics_of(Columns.of(share)))
    check(whole, set(points))


@given(POINTS)
def test_a_series_grows_point_by_point(points: list[Rank]) -> None:
    first, *rest = sorted(set(points))
    whole = begun(first)
    for point in rest:
        whole = extended(whole, point)
    check(whole, set(points))


def check(found: SeriesStatistics, points: set[Rank]) -> None:
    """`found` against the definitions, word by word."""
    ordered = sorted(points)
    numbers = [(step, value) for step, _, value, is_nan in ordered if not is_nan]
    assert found.count == len(points)
    assert found.numbers == len(numbers)
    for point, expected in ((found.first, ordered[0]), (found.last, ordered[-1])):
        assert rank(point.step, point.timestamp, point.value) == expected
    if not numbers:
        assert found.minimum is None
        assert found.mean is None
        return
    assert found.minimum is not None
    assert found.maximum is not None
    assert found.mean is not None
    values = [value for _, value in numbers]
    assert rank(0, 0, found.minimum)[2] == min(values)
    assert rank(0, 0, found.maximum)[2] == max(values)
    assert found.minimum_step == min(step for step, value in numbers if value == min(values))
    assert found.maximum_step == min(step for step, value in numbers if value == max(values))
    if math.isinf(found.minimum) or math.isinf(found.maximum):
        assert repr(found.mean) == repr(found.minimum + found.maximum)
    else:
        mean = sum(map(Fraction, values), Fraction()) / len(values)
        # The least double above 0 cannot be halved: a mean below it is 0 or it.
        allowed = Fraction(max(map(abs, values))) / 10**12 + Fraction(5e-324) * len(values)
        assert abs(Fraction(found.mean) - mean) <= allowed

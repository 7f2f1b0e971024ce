"""Charts of any series, from rows and from packed chunks: what the definition says, computed the long way."""

import math
from collections.abc import Iterator
from itertools import groupby

from hypothesis import given
from hypothesis import strategies as st

from kirok.charts.drawing import draw_chart, source_of
from kirok.charts.envelopes import Grid, drawn
from kirok.charts.segments import Segment
from kirok.entities.charts import HAS_MINUS_INFINITY, HAS_NAN, HAS_PLUS_INFINITY, Axis, Envelope, Points
from kirok.rules.values import stored_value
from kirok.stores.sql.charts.packing import packed, unpacked

Point = tuple[int, int, float]
"""step, timestamp, value"""

STEPS = st.one_of(st.integers(0, 300), st.sampled_from([-(2**63), -1, 2**40, 2**63 - 1]))
TIMES = st.one_of(st.integers(0, 300), st.sampled_from([2**41, 2**62]))
VALUES = st.one_of(
    st.floats(allow_nan=True, allow_infinity=True), st.sampled_from([0.0, 1.0, math.nan, math.inf, -math.inf])
)


def rank(point: Point) -> tuple[int, int, float, bool]:
    step, timestamp, value = point
    return step, timestamp, *stored_value(value)


@st.composite
def series(draw: st.DrawFn) -> list[Point]:
    """Points in order of rank, no two of one rank; steps and times run evenly, jump, repeat, or go back."""
    count = draw(st.integers(1, 400))
    if draw(st.booleans()):
        stride, pace = draw(st.sampled_from([1, 1, 3, 1_000])), draw(st.integers(0, 50))
        points = [(i * stride, i * pace, draw(VALUES) if i % 7 == 0 else math.sin(i)) for i in range(count)]
    else:
        points = draw(st.lists(st.tuples(STEPS, TIMES, VALUES), min_size=1, max_size=count))
    points += draw(st.lists(st.tuples(STEPS, TIMES, VALUES), max_size=5))
    return sorted({rank(point): point for point in points}.values(), key=rank)


def in_segments(points: list[Point], cuts: set[int], packs: bool) -> list[Segment]:
    """The points cut where a step ends, at about the places asked for."""
    steps = [list(group) for _, group in groupby(points, key=lambda point: point[0])]
    segments: list[list[Point]] = [[]]
    for group in steps:
        if len(segments[-1]) and sum(map(len, segments)) in cuts:
            segments.append([])
        segments[-1] += group
    made = [Segment.of(each) for each in segments if each]
    return [unpacked(packed(each)) for each in made] if packs else made


def by_definition(points: list[Point], axis: Axis, low: int, high: int, width: int, origin: int) -> str:
    """The chart's one series as text, in which NaN equals NaN."""
    placed = [
        (step if axis is Axis.STEP else timestamp - origin, step, timestamp, value) for step, timestamp, value in points
    ]
    if axis is not Axis.STEP:
        placed.sort(key=lambda point: (point[2], point[1], *stored_value(point[3])))
    inside = [(x, value) for x, _, _, value in placed if low <= x <= high]
    if len(inside) <= 2 * width:
        return str([list(column) for column in zip(*inside, strict=True)])
    rows = []
    for _, group in groupby(inside, key=lambda point: (point[0] - low) * width // (high - low + 1)):
        bucket = list(group)
        values = [value for _, value in bucket]
        finite = [value for value in values if math.isfinite(value)]
        marks = (
            any(map(math.isnan, values)) * HAS_NAN
            + (math.inf in values) * HAS_PLUS_INFINITY
            + (-math.inf in values) * HAS_MINUS_INFINITY
        )
        least, greatest = (min(finite), max(finite)) if finite else (math.nan, math.nan)
        rows.append((bucket[0][0], bucket[-1][0], len(bucket), least, greatest, values[0], values[-1], marks))
    return str([list(column) for column in zip(*rows, strict=True)])


def as_text(shape: Points | Envelope) -> str:
    return str([list(getattr(shape, name)) for name in shape.__struct_fields__])


def windows(points: list[Point], axis: Axis) -> Iterator[tuple[int, int]]:
    """The whole range, and zooms to and beyond its ends."""
    xs = sorted(point[0] if axis is Axis.STEP else point[1] for point in points)
    yield xs[0], xs[-1]
    yield xs[len(xs) // 3], xs[len(xs) // 2]
    yield xs[len(xs) // 4] - 1, xs[-1] + 10


@given(
    points=series(),
    axis=st.sampled_from([Axis.STEP, Axis.TIME]),
    width=st.one_of(st.integers(1, 12), st.integers(1, 300)),
    cuts=st.sets(st.integers(1, 400)),
    packs=st.booleans(),
)
def test_a_chart_is_what_its_definition_says(
    points: list[Point], axis: Axis, width: int, cuts: set[int], packs: bool
) -> None:
    segments = in_segments(points, cuts, packs)
    for low, high in windows(points, axis):
        source = source_of("r", "k", None, points)
        whole = draw_chart([source], axis, low, high, width).series[0]
        expected = by_definition(points, axis, low, high, width, 0)
        assert as_text(whole.drawn) == expected
        assert as_text(drawn(segments, axis, Grid(low, high, width))[1]) == expected


@given(points=series(), width=st.integers(1, 20), started=st.one_of(st.none(), st.integers(0, 500)))
def test_relative_time_is_time_from_the_start(points: list[Point], width: int, started: int | None) -> None:
    origin = started or min(timestamp for _, timestamp, _ in points)
    chart = draw_chart([source_of("r", "k", started, points)], Axis.RELATIVE, None, None, width)
    assert chart.x_from is not None
    assert chart.x_to is not None
    expected = by_definition(points, Axis.RELATIVE, chart.x_from, chart.x_to, width, origin)
    assert as_text(chart.series[0].drawn) == expected


@given(points=series(), width=st.integers(1, 20))
def test_an_envelope_holds_every_point(points: list[Point], width: int) -> None:
    (found,) = draw_chart([source_of("r", "k", None, points)], Axis.STEP, None, None, width).series
    assert found.count == len(points)
    if isinstance(found.drawn, Points):
        return
    assert sum(found.drawn.count) == len(points)
    buckets = iter(zip(*(getattr(found.drawn, name) for name in found.drawn.__struct_fields__), strict=True))
    x_last = None
    for step, _, value in points:
        if x_last is None or step > x_last:
            x_first, x_last, _, least, greatest, _, _, marks = next(buckets)
        assert x_first <= step <= x_last
        assert marks if not math.isfinite(value) else least <= value <= greatest


@given(points=series())
def test_a_packed_chunk_unpacks_to_the_same_points(points: list[Point]) -> None:
    segment = unpacked(packed(Segment.of(points)))
    count = len(segment)
    rows = zip(segment.steps.values(0, count), segment.times.values(0, count), segment.values, strict=True)
    assert str(list(rows)) == str(points)
    assert list(segment.specials) == [i for i, (_, _, value) in enumerate(points) if not math.isfinite(value)]

"""A chart of several series, each read when its turn comes, so that only one is in memory at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct

from kirok.charts.envelopes import Grid, drawn
from kirok.charts.segments import Segment
from kirok.entities.charts import Axis, Chart, ChartSeries

Extent = tuple[int, int]
"""The least and the greatest x."""


class Source(Struct, frozen=True):
    """One series that a chart may show. `extent` and `load` speak of steps for Axis.STEP, of timestamps otherwise."""

    run_id: str
    key: str
    started: int | None
    """When the run started; None or 0 where it does not say."""
    extent: Callable[[Axis], Extent | None]
    """None for a series without points."""
    load: Callable[[Axis, Extent], Sequence[Segment]]
    """Segments, in order of rank, that hold every point between two x; they may hold others."""
    is_stale: bool = False


def source_of(run_id: str, key: str, started: int | None, points: Iterable[tuple[int, int, float]]) -> Source:
    """A series whose points, each (step, timestamp, value) and ordered by rank, are all there."""
    segment = Segment.of(points)

    def extent(axis: Axis) -> Extent | None:
        if not len(segment):
            return None
        column = (segment.steps if axis is Axis.STEP else segment.times).values(0, len(segment))
        return min(column), max(column)

    return Source(run_id, key, started, extent, lambda *_: [segment])


def draw_chart(sources: Sequence[Source], axis: Axis, x_from: int | None, x_to: int | None, width: int) -> Chart:
    """The chart of `sources`, in their order; a series without points in the range is left out.

    An end of the range that is None is that of the points.
    """
    origins = [_origin(source, axis) for source in sources]
    if x_from is None or x_to is None:
        extents = [
            (low - origin, high - origin)
            for source, origin in zip(sources, origins, strict=True)
            for low, high in filter(None, [source.extent(axis)])
        ]
        low = min((low for low, _ in extents), default=None) if x_from is None else x_from
        high = max((high for _, high in extents), default=None) if x_to is None else x_to
    else:
        low, high = x_from, x_to
    if low is None or high is None or low > high:
        return Chart(axis, low, high, width, ())
    grid = Grid(low, high, width)
    series: list[ChartSeries] = []
    for source, origin in zip(sources, origins, strict=True):
        shifted = grid.shifted(origin)
        count, shape = drawn(source.load(axis, (shifted.low, shifted.high)), axis, shifted, origin)
        if count:
            series.append(ChartSeries(source.run_id, source.key, count, shape, source.is_stale))
    return Chart(axis, low, high, width, tuple(series))


def _origin(source: Source, axis: Axis) -> int:
    if axis is not Axis.RELATIVE:
        return 0
    if source.started:
        return source.started
    extent = source.extent(axis)
    return extent[0] if extent else 0
